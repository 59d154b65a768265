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
    "twil.io": "Twilio",
    "hubapi.com": "HubSpot",
    "gupshup.io": "Gupshup",
    "wati.io": "WATI",
    "360dialog.io": "360dialog",
    "z-api.io": "Z-API",
    "ultramsg.com": "UltraMsg",
    "callrail.com": "CallRail",
    "aircall.io": "Aircall",
    "justcall.io": "JustCall",
    "dialpad.com": "Dialpad",
    "sms.to": "SMS.to",
    "46elks.com": "46elks",
    "gatewayapi.com": "GatewayAPI",
    "smsapi.com": "SMSAPI",
    "bulksms.com": "BulkSMS",
    "mailersend.com": "MailerSend",
    "smtp2go.com": "SMTP2GO",
    "sparkpost.com": "SparkPost",
    "elasticemail.com": "Elastic Email",
}
"""A domain, and whose it is; its subdomains too."""

ONLY: Final = {
    "graph.microsoft.com": re.compile(r"/sendmail|/messages", re.IGNORECASE),
    "graph.facebook.com": re.compile(r"/messages", re.IGNORECASE),
    "elevenlabs.io": re.compile(r"outbound|batch-calling", re.IGNORECASE),
    "leadconnectorhq.com": re.compile(r"/conversations", re.IGNORECASE),
    "hubapi.com": re.compile(r"/transactional/|/conversations/|/single-?email", re.IGNORECASE),
    "callrail.com": re.compile(r"/text-messages|/calls", re.IGNORECASE),
    "aircall.io": re.compile(r"/messages|/calls", re.IGNORECASE),
    "justcall.io": re.compile(r"/texts|/messages|/calls", re.IGNORECASE),
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
    r"bland-?ai|synthflow|evolution|waha|zapi|aircall|justcall|dialpad|textlocal|bulksms|esendex|messenger|viber|wechat|"
    r"sendgrid|mailgun|mandrill|mailjet|postmark|resend|brevo|sendinblue|smtp",
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

SENDING_WORDS: Final = re.compile(
    r"^(?:Action)?(?:send|createAndSend)(?:An?)?(?:Text|Template)?(?:sms|text|whatsapp|e?mail|message)|^createAMessage",
    re.IGNORECASE,
)
"""Beginnings of operations that send, in whose-ever app: HighLevel's, Mautic's, that of a phone system."""

RECIPIENT: Final = re.compile(
    r"(?:to|recipients?|receivers?|destinations?|phones?|numbers?|msisdn|mobiles?)(?:_?(?:numbers?|phones?|emails?|ids?))?|"
    r"(?:phone|mobile|contact|customer|chat)_?(?:numbers?|ids?)|toRecipients|emails?|cc|bcc",
    re.IGNORECASE,
)
"""Fields of a body that name the recipient."""

COPY: Final = re.compile(r"^(?:cc|bcc)", re.IGNORECASE)
"""Fields of a mail that name who gets it besides."""

TWIML: Final = re.compile(r"<\s*(?:Message|Sms)\b")
"""Verbs of TwiML that send a text (https://www.twilio.com/docs/messaging/twiml/message)."""

SENT_BY_GET: Final = re.compile(
    r"api\.telegram\.org/.*/send|nexmo\.com/sms/|/(?:http/)?send(?:sms|msg|message)?(?:\.php|/json)?\?", re.IGNORECASE
)
"""Addresses that send when they are only looked at."""

SENDING_PATHS: Final = re.compile(
    r"/send-?_?(?:sms|text|whatsapp|message|template|mail|email)s?\b|"
    r"/(?:send|create|make|start)-?_?(?:sms|whatsapp|(?:outbound-?|phone-?)call)s?\b|"
    r"/(?:sms|whatsapp|messages?)/(?:send|text|template)|/outbound-?calls?\b",
    re.IGNORECASE,
)
"""Addresses that say what they do, whoever's they are: a gateway of one's own, such as Evolution or WAHA."""

MAILING: Final = re.compile(r"\bgmail|\boutlook|send_?(?:e?mail|message|text)", re.IGNORECASE)

CALLING: Final = re.compile(
    r"^(?:(?:globalThis|global|window|self)\W+)?(?:fetch|axios|got|request|needle|superagent|\$http|https?\.request)\b|"
    r"^require\W+(?:node:)?https?\W+request$|helpers\W*(?:http)?request|XMLHttpRequest|"
    r"WebSocket|(?:^|\.)httpRequest|\.sendMail$|\.(?:messages|calls)\.create$|createPhoneCall$|(?:^|child_process\.)exec(?:Sync)?$",
    re.IGNORECASE,
)
"""Functions of JavaScript by which code reaches the network."""

CALLING_WORDS: Final = re.compile(r"\bfetch\s*\(|axios|httpRequest|twilio", re.IGNORECASE)
EVALUATING: Final = re.compile(r"^(?:eval|Function|setTimeout\(['\"])$")
MODULES: Final = re.compile(r"(?:node:)?(?:child_process|net|tls|dgram|http2|nodemailer|twilio|ssh2|ws|undici)$|\?$")
"""Modules of Node that have no other use, and one whose name is put together."""
HIDDEN: Final = frozenset({"fetch", "axios", "XMLHttpRequest", "WebSocket", "eval"})
"""Names that need no call of their own: ``const post = fetch``."""

PYTHON_CALLING: Final = re.compile(
    r"\b(?:requests|httpx|aiohttp|urllib\d?|http\.client|smtplib|socket|subprocess|importlib|pycurl|twilio)\b|\bpyfetch\b|"
    r"\bpyodide\.http\b|\bfrom\s+js\b|\bjs\.|\bos\.(?:system|popen)|__import__|\b(?:exec|eval)\s*\("
)
SHELL_CALLING: Final = re.compile(
    r"\b(?:curl|wget|httpie|https?|sendmail|mailx?|mutt|nc|ncat|telnet|openssl|twilio|aws|"
    r"python3?|node|php|ruby|perl|pwsh|powershell|Invoke-(?:WebRequest|RestMethod))\b",
    re.IGNORECASE,
)
"""Words of a command that reaches the network, or runs a program that may."""


def vendor_of(url: str) -> str:
    """Whose address it is; empty where it is nobody's who carries messages."""
    found = re.match(r"\s*(?:(?:https?:)?//)?([^/?#]+)", url, re.IGNORECASE)
    parts = found[1].lower().split("\0") if found is not None else []
    hosts = [f".{part.rpartition('@')[2].split(':')[0].rstrip('.')}" for part in (*parts[:1], *parts[-1:])]
    for domain, name in HOSTS.items():
        if any(host.endswith("." + domain) for host in hosts):
            only = ONLY.get(domain)
            return name if only is None or only.search(url) else ""
    return ""
