"""What a person allowed: consents put on record, listed, taken back. No phone stands in a URL, hence three POSTs."""

from __future__ import annotations

from sidecar.domain.consent import Consent
from sidecar.web.api import people
from sidecar.web.models.answers import ConsentAnswer, ConsentsAnswer, ConsentShown, WithdrawnAnswer
from sidecar.web.models.requests import ConsentIn, PersonIn, WithdrawIn
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem


def add(asked: Asked) -> Answer:
    """Put a consent on record."""
    given, business = asked.given(ConsentIn), asked.business()
    whom = people.person(business, phone_=given.phone, email_=given.email)
    if given.given_at > asked.sidecar.clock.now():
        raise Problem("invalid", "`given_at` lies in the future", remedy="say when it was given", pointer="/given_at")
    try:
        value = Consent(
            given.basis,
            frozenset(given.channels),
            given.purpose,
            given.given_at,
            given.expires_at,
            given.evidence,
        )
    except ValueError as error:
        field = str(error).partition(":")[0]
        pointer = f"/{field}"
        raise Problem("invalid", str(error), remedy="correct the field", pointer=pointer) from None
    return Answer(ConsentAnswer(consent_id=asked.sidecar.intake.consent(business, **whom, consent=value)), 201)


def listed(asked: Asked) -> Answer:
    """Every consent of a person."""
    given, business = asked.given(PersonIn), asked.business()
    whom = people.person(business, phone_=given.phone, email_=given.email)
    timeline = asked.sidecar.timeline
    contact_id = timeline.contact_with(business.id, whom.get("phone"), email=whom.get("email"))
    if contact_id is None:
        raise Problem("not-found", "Nobody with this address is on record", pointer=f"/{next(iter(whom))}")
    found = timeline.consents(business, contact_id, asked.sidecar.clock.now())
    return Answer(ConsentsAnswer(contact_id=contact_id, consents=[ConsentShown.model_validate(one) for one in found]))


def withdraw(asked: Asked) -> Answer:
    """Take consents back."""
    given, business = asked.given(WithdrawIn), asked.business()
    whom = people.person(business, phone_=given.phone, email_=given.email)
    taken = asked.sidecar.intake.withdraw(
        business,
        **whom,
        consent_id=given.consent_id,
        channels=frozenset(given.channels) if given.channels else None,
        evidence=given.evidence,
        source="api",
    )
    return Answer(WithdrawnAnswer(withdrawn=taken))


_SHOWN = {
    "consent_id": "cns_019ab5c2f0040004a1b2c3d4e5f6",
    "basis": "express",
    "channels": ["sms", "voice"],
    "purpose": "service",
    "given_at": "2026-11-20T10:00:00Z",
    "expires_at": None,
    "ends_at": "2028-05-20T10:00:00Z",
    "withdrawn_at": None,
    "standing": "holds",
    "evidence": "web form 4711",
}

OPERATIONS = (
    Operation(
        id="addConsent",
        method="POST",
        path="/v1/contacts/consents",
        tag="People",
        summary="Record a consent",
        description="A ground for writing to a person, with what shows it. The gate `consent` reads it. The same "
        "consent again is the one that is there; one that was given before their last STOP was taken back by it.",
        view=add,
        scope="operate",
        body=Body(
            (ConsentIn,),
            examples={
                "express": {
                    "phone": "+447700900123",
                    "basis": "express",
                    "channels": ["sms", "voice"],
                    "purpose": "service",
                    "given_at": "2026-11-20T10:00:00Z",
                    "evidence": "web form 4711",
                }
            },
        ),
        answers=(
            Possible(
                201,
                "It is on record.",
                ConsentAnswer,
                {"added": {"consent_id": "cns_019ab5c2f0040004a1b2c3d4e5f6"}},
            ),
        ),
    ),
    Operation(
        id="listConsents",
        method="POST",
        path="/v1/contacts/consents/list",
        tag="People",
        summary="What a person consented to",
        description="Every consent on record, newest first, with what has become of it. A missed call is one, too: "
        "an inquiry.",
        view=listed,
        scope="read",
        body=Body((PersonIn,), examples={"person": {"phone": "+447700900123"}}),
        answers=(
            Possible(
                200,
                "What is on record.",
                ConsentsAnswer,
                {"one": {"contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6", "consents": [_SHOWN]}},
            ),
        ),
        problems=("not-found",),
    ),
    Operation(
        id="withdrawConsents",
        method="POST",
        path="/v1/contacts/consents/withdraw",
        tag="People",
        summary="A person takes consent back",
        description="One consent by its id, or all that they gave, on some channels or on every one. This is no "
        "STOP: what another consent allows goes on, and their next missed call is a new inquiry. Use "
        "`/v1/contacts/opt-out` where they want to hear nothing more.",
        view=withdraw,
        scope="calls",
        body=Body(
            (WithdrawIn,),
            examples={
                "calls": {"phone": "+447700900123", "channels": ["voice"], "evidence": "told Sam on the phone"},
            },
        ),
        answers=(
            Possible(
                200,
                "They hold no longer.",
                WithdrawnAnswer,
                {"one": {"withdrawn": ["cns_019ab5c2f0040004a1b2c3d4e5f6"]}},
            ),
        ),
        problems=("not-found",),
    ),
)
