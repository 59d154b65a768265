"""Twilio, HubSpot, Retell, SMTP and a webhook receiver as local servers: what demo and tests talk to."""

from __future__ import annotations

from sidecar.sandbox.faults import Fault
from sidecar.sandbox.posting import HttpAnswer
from sidecar.sandbox.record import (
    PlacedCall,
    PostedWebhook,
    ReceivedHook,
    SeenRequest,
    SentEmail,
    SentText,
)
from sidecar.sandbox.remote import RemoteSandbox
from sidecar.sandbox.retell_callee import VoiceScript
from sidecar.sandbox.twilio_caller import Ways
from sidecar.sandbox.twilio_stories import CallPlan, CallStory
from sidecar.sandbox.world import Sandbox

__all__ = [
    "CallPlan",
    "CallStory",
    "Fault",
    "HttpAnswer",
    "PlacedCall",
    "PostedWebhook",
    "ReceivedHook",
    "RemoteSandbox",
    "Sandbox",
    "SeenRequest",
    "SentEmail",
    "SentText",
    "VoiceScript",
    "Ways",
]
