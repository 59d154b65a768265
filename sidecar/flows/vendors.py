"""Who carries messages to people: hosts, nodes and modules by which a flow could send past the gates.

From the vendors' API references (Twilio, Retell, VAPI, Meta's WhatsApp Cloud, SendGrid, Mailgun, Postmark, Resend,
Brevo, Mailjet, Mandrill, Vonage, Plivo, Bird, Telnyx, Sinch, ClickSend, RingCentral, OpenPhone, Bland, Synthflow) and
from the node types of n8n and the modules in genuine blueprints.
"""

from __future__ import annotations

import re
from typing import Final

HOSTS: Final = {
    "twilio.com": "Twilio",
    "retellai.com": "Retell",
    "vapi.ai": "VAPI",
    "bland.ai": "Bland",
    "synthflow.ai": "Synthflow",
    "elevenlabs.io": "ElevenLabs",
    "graph.facebook.com": "WhatsApp",
    "sendgrid.com": "SendGrid",
    "mailgun.net": "Mailgun",
    "postmarkapp.com": "Postmark",
    "resend.com": "Resend",
    "brevo.com": "Brevo",
    "sendinblue.com": "Brevo",
    "mailjet.com": "Mailjet",
    "mandrillapp.com": "Mandrill",
    "nexmo.com": "Vonage",
    "vonage.com": "Vonage",
    "plivo.com": "Plivo",
    "messagebird.com": "Bird",
    "bird.com": "Bird",
    "telnyx.com": "Telnyx",
    "sinch.com": "Sinch",
    "clicksend.com": "ClickSend",
    "textmagic.com": "TextMagic",
    "ringcentral.com": "RingCentral",
    "openphone.com": "OpenPhone",
    "infobip.com": "Infobip",
    "bandwidth.com": "Bandwidth",
    "leadconnectorhq.com": "HighLevel",
    "gmail.googleapis.com": "Gmail",
    "graph.microsoft.com": "Outlook",
    "api.telegram.org": "Telegram",
    "amazonaws.com": "Amazon SES or SNS",
}
"""A domain, and whose it is; its subdomains too."""

ONLY: Final = {
    "graph.microsoft.com": re.compile(r"/sendmail|/messages", re.IGNORECASE),
    "graph.facebook.com": re.compile(r"/messages", re.IGNORECASE),
    "elevenlabs.io": re.compile(r"outbound|batch-calling", re.IGNORECASE),
    "leadconnectorhq.com": re.compile(r"/conversations", re.IGNORECASE),
    "amazonaws.com": re.compile(r"//(?:email|sns)\.", re.IGNORECASE),
}
"""Hosts that do much else: only these addresses send."""

READING: Final = re.compile(r"/(?:v\d/)?(?:list|search|lookups?|get)-?[a-z-]*(?:[/?]|$)", re.IGNORECASE)
"""Addresses that are asked by POST and send nothing, such as Retell's `/v2/list-calls`."""

READS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})

NODES: Final = {
    "twilio": ("Twilio", ("to",)),
    "plivo": ("Plivo", ("to",)),
    "vonage": ("Vonage", ("to",)),
    "messagebird": ("Bird", ("recipients",)),
    "sms77": ("seven", ("to",)),
    "mocean": ("Mocean", ("to",)),
    "msg91": ("MSG91", ("mobiles",)),
    "awssns": ("Amazon SNS", ("phoneNumber", "topic")),
    "whatsapp": ("WhatsApp", ("recipientPhoneNumber",)),
    "gmail": ("Gmail", ("sendTo", "toList")),
    "emailsend": ("email", ("toEmail",)),
    "sendgrid": ("SendGrid", ("toEmail",)),
    "mailgun": ("Mailgun", ("toEmail",)),
    "mailjet": ("Mailjet", ("toEmail",)),
    "mandrill": ("Mandrill", ("toEmail",)),
    "awsses": ("Amazon SES", ("toAddresses",)),
    "sendinblue": ("Brevo", ("receipients",)),
    "microsoftoutlook": ("Outlook", ("toRecipients",)),
    "line": ("LINE", ()),
}
"""n8n's own nodes, in small letters: whose they are, and the parameters that name the recipient."""

CHATS: Final = {
    "slack": ("Slack", ("channelId", "channel", "user")),
    "telegram": ("Telegram", ("chatId",)),
    "discord": ("Discord", ("channelId", "userId")),
    "mattermost": ("Mattermost", ("channelId",)),
    "microsoftteams": ("Teams", ("chatId", "channelId")),
    "rocketchat": ("Rocket.Chat", ("channel",)),
    "googlechat": ("Google Chat", ("spaceId",)),
}
"""Rooms of a business's own people, as long as the room is named and not computed."""

WORDS: Final = re.compile(
    r"twilio|retell|vapi|vonage|nexmo|whatsapp|sms|plivo|messagebird|telnyx|sinch|clicksend|ringcentral|openphone|"
    r"blandai|synthflow|evolution|waha|zapi|sendgrid|mailgun|mandrill|mailjet|postmark|resend|brevo|sendinblue|smtp",
    re.IGNORECASE,
)
"""In the names of other people's nodes and of Make's apps."""

MAIL_APPS: Final = frozenset({"email", "gmail", "google-email", "microsoft-email", "amazon-ses", "amazon-sns"})
CHAT_APPS: Final = frozenset({"slack", "telegram", "telegram-bot", "discord", "microsoft-teams", "google-chat"})

READING_WORDS: Final = re.compile(
    r"^(?:Action)?(?:get|list|search|find|watch|trigger|download|read|lookup|delete|add|remove|mark|move|update|"
    r"trash|untrash|create(?:A)?Draft|endOfCall|verify|count)",
    re.IGNORECASE,
)
"""Beginnings of operations that send nothing."""

QUIET_RESOURCES: Final = frozenset({"label", "draft", "folder", "contact", "event", "calendar", "list", "file", "chat"})

RECIPIENTS: Final = frozenset(
    {"to", "to_number", "tonumber", "recipient", "recipients", "phone_number", "phone", "number", "chat_id", "channel"}
)
"""Fields of a body that name the recipient, in small letters."""

CALLING: Final = re.compile(
    r"^(?:fetch|axios|got|request|needle|superagent|\$http)\b|helpers\.(?:http)?request|XMLHttpRequest|\.sendMail$|"
    r"\.(?:messages|calls)\.create$|createPhoneCall$",
    re.IGNORECASE,
)
"""Functions of JavaScript by which code reaches the network."""

PYTHON_CALLING: Final = re.compile(r"\b(?:requests|httpx|aiohttp|urllib|http\.client|smtplib|socket)\b|\bpyfetch\b")


def vendor_of(url: str) -> str:
    """Whose address it is; empty where it is nobody's who carries messages."""
    found = re.match(r"\s*(?:https?:)?//([^/?#\x00]+)", url, re.IGNORECASE)
    host = found[1].lower().rpartition("@")[2].split(":")[0] if found is not None else ""
    for domain, name in HOSTS.items():
        if host == domain or host.endswith("." + domain):
            only = ONLY.get(domain)
            return name if only is None or only.search(url) else ""
    return ""
