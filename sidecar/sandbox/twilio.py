"""Twilio's REST API as its SDK calls it: messages, calls, numbers, the account, and Lookup v2.

``api.twilio.com`` and ``lookups.twilio.com`` stand side by side on one base URL; the paths do not clash.
Refusals carry Twilio's codes in its shape (``code message more_info status``).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sidecar.sandbox.listener import Answer, Incoming, json_answer
from sidecar.sandbox.record import SentText
from sidecar.sandbox.twilio_log import Message, TwilioBooks, new_sid, page_of, rfc2822, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.faults import Fault
    from sidecar.sandbox.record import Journal, SeenRequest
    from sidecar.sandbox.vendor import Handler

E164 = re.compile(r"\+[1-9]\d{6,14}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_WEB_URL = re.compile(r"https?://[^/\s]+(/\S*)?")
_MAX_BODY = 1600
_MAX_VALIDITY = 36_000
_CREATE_FIELDS = frozenset(
    [
        "To",
        "From",
        "MessagingServiceSid",
        "Body",
        "MediaUrl",
        "ContentSid",
        "ContentVariables",
        "StatusCallback",
        "ApplicationSid",
        "MaxPrice",
        "ProvideFeedback",
        "Attempt",
        "ValidityPeriod",
        "ForceDelivery",
        "ContentRetention",
        "AddressRetention",
        "SmartEncoded",
        "PersistentAction",
        "TrafficType",
        "ShortenUrls",
        "ScheduleType",
        "SendAt",
        "SendAsMms",
        "MessageIntent",
        "RiskCheck",
        "FallbackFrom",
    ]
)
_MESSAGE_FILTERS = frozenset(["To", "From", "DateSent", "DateSent<", "DateSent>", "PageToken", "Page", "PageSize"])
_CALL_FILTERS = frozenset(
    [
        "To",
        "From",
        "ParentCallSid",
        "Status",
        "StartTime",
        "StartTime<",
        "StartTime>",
        "EndTime",
        "EndTime<",
        "EndTime>",
        "PageToken",
        "Page",
        "PageSize",
    ]
)
_CALL_STATUSES = frozenset(["queued", "ringing", "in-progress", "canceled", "completed", "failed", "busy", "no-answer"])


class Refused(Exception):
    """A Twilio error answer on its way to the client."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """``status`` is HTTP's, ``code`` Twilio's own."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def answer(self, headers: Mapping[str, str] | None = None) -> Answer:
        """The error as Twilio writes it."""
        return json_answer(
            self.status,
            {
                "code": self.code,
                "message": self.message,
                "status": self.status,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            },
            headers or {},
        )


_FAULT_MESSAGES = {
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
}


class TwilioApi:
    """The side of Twilio that our SDK talks to."""

    name = "twilio"

    def __init__(self, books: TwilioBooks, journal: Journal, after_create: Callable[[Message], None]) -> None:
        """``after_create`` is told of every accepted message (it posts the status callbacks)."""
        self.books = books
        self._journal = journal
        self._after_create = after_create
        account = r"/2010-04-01/Accounts/(?P<account>\w+)"
        self._routes: list[tuple[str, re.Pattern[str], str, Handler]] = [
            (method, re.compile(path), operation, handler)
            for method, path, operation, handler in (
                ("POST", rf"{account}/Messages\.json", "messages.create", self._create_message),
                ("GET", rf"{account}/Messages\.json", "messages.list", self._list_messages),
                ("GET", rf"{account}/Messages/(?P<sid>\w+)\.json", "messages.fetch", self._fetch_message),
                ("GET", rf"{account}/Calls\.json", "calls.list", self._list_calls),
                ("GET", rf"{account}/Calls/(?P<sid>\w+)\.json", "calls.fetch", self._fetch_call),
                ("GET", rf"{account}/IncomingPhoneNumbers\.json", "numbers.list", self._list_numbers),
                ("GET", rf"{account}\.json", "account.fetch", self._fetch_account),
                ("GET", r"/v2/PhoneNumbers/(?P<sid>[^/]+)", "lookups.fetch", self._lookup),
            )
        ]

    def route(self, incoming: Incoming) -> tuple[str, Handler]:
        """The operation of this path, guarded by authentication; else Twilio's 404."""
        for method, pattern, operation, handler in self._routes:
            if method == incoming.method and (match := pattern.fullmatch(incoming.path)):
                return operation, self._guarded(handler, match.groupdict())
        missing = Refused(404, 20404, f"The requested resource {incoming.path} was not found")
        return "unknown", lambda _incoming, _seen: missing.answer()

    def refuse(self, fault: Fault) -> Answer:
        """A scripted refusal; 429 without a code is 20429, others 20000 + status (20503 …)."""
        code = int(fault.code) if fault.code is not None else 20_000 + fault.status
        message = fault.message or _FAULT_MESSAGES.get(code, "An error that the sandbox was told to give")
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return Refused(fault.status, code, message).answer(headers)

    def _guarded(self, handler: Handler, parts: Mapping[str, str | None]) -> Handler:
        def answer(incoming: Incoming, seen: SeenRequest) -> Answer:
            user = self._who(incoming)
            account = parts.get("account")
            if user is None or account not in (None, user):
                return Refused(401, 20003, "Authenticate").answer()
            request = Incoming(
                incoming.method,
                incoming.path,
                {**incoming.query, "@account": user, "@sid": parts.get("sid") or ""},
                incoming.headers,
                incoming.raw,
            )
            try:
                return handler(request, seen)
            except Refused as refused:
                return refused.answer()

        return answer

    def _who(self, incoming: Incoming) -> str | None:
        scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(token).decode().partition(":")
        except ValueError:
            return None
        return user if self.books.accounts.get(user) == password else None

    def _create_message(self, incoming: Incoming, seen: SeenRequest) -> Answer:
        form = incoming.body if isinstance(incoming.body, dict) else {}
        account = incoming.query["@account"]
        self._check_create(form, account)
        message = Message(
            sid=new_sid("SM"),
            account_sid=account,
            to=form["To"],
            from_=form.get("From"),
            body=form.get("Body", ""),
            direction="outbound-api",
            created=seen.at,
            status="accepted" if form.get("MessagingServiceSid") else "queued",
            messaging_service_sid=form.get("MessagingServiceSid"),
            status_callback=form.get("StatusCallback"),
        )
        self.books.messages.add(message, message.from_)
        self._journal.note(
            SentText(
                sid=message.sid,
                to=message.to,
                from_=message.from_,
                body=message.body,
                at=seen.at,
                validity_period=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
                status_callback=message.status_callback,
                messaging_service_sid=message.messaging_service_sid,
                account_sid=account,
                received_monotonic=seen.received_monotonic,
            )
        )
        answer = json_answer(201, message.as_json())
        self._after_create(message)
        return answer

    def _check_create(self, form: Mapping[str, str], account: str) -> None:
        _only(form, _CREATE_FIELDS)
        to, sender = form.get("To"), form.get("From")
        if not to:
            raise Refused(400, 21604, "A 'To' phone number is required.")
        if not E164.fullmatch(to):
            raise Refused(400, 21211, f"Invalid 'To' Phone Number: {to[:4]}XXXX")
        if not sender and not form.get("MessagingServiceSid"):
            raise Refused(400, 21603, "A 'From' phone number is required.")
        if sender:
            self._check_sender(sender, to, account)
        body = form.get("Body", "")
        if not body and not form.get("MediaUrl") and not form.get("ContentSid"):
            raise Refused(400, 21602, "Message body is required.")
        if len(body) > _MAX_BODY:
            raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        callback = form.get("StatusCallback")
        if callback is not None and not _WEB_URL.fullmatch(callback):
            raise Refused(400, 21609, f"The StatusCallback URL {callback} is not a valid URL.")
        validity = form.get("ValidityPeriod")
        if validity is not None and not (validity.isdigit() and 1 <= int(validity) <= _MAX_VALIDITY):
            raise Refused(400, 21624, "Invalid validity period value")

    def _check_sender(self, sender: str, to: str, account: str) -> None:
        if not (E164.fullmatch(sender) or _ALPHANUMERIC.fullmatch(sender)):
            raise Refused(400, 21212, f"Invalid 'From' Phone Number: {sender[:4]}")
        if sender == to:
            raise Refused(400, 21266, "'To' and 'From' number cannot be the same")
        own = any(number.account_sid == account for number in self.books.numbers.values())
        number = self.books.numbers.get(sender)
        if own and sender.startswith("+") and (number is None or number.account_sid != account):
            raise Refused(400, 21659, "'From' is not a Twilio phone number of this account")
        if number is not None and not number.sms:
            raise Refused(400, 21661, "'From' is not an SMS-capable phone number")
        if (sender, to) in self.books.blocked:
            raise Refused(400, 21610, "Attempt to send to unsubscribed recipient")

    def _list_messages(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        query = _filters(incoming, _MESSAGE_FILTERS)
        check = _dated("DateSent", query)
        entries = (
            entry
            for entry in self.books.messages.newest_first(
                incoming.query["@account"], query.get("To"), query.get("From")
            )
            if query.get("From") in (None, entry.from_) and check(entry.at)
        )
        return json_answer(200, page_of("messages", incoming.path, query, entries))

    def _fetch_message(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        message = self.books.messages.get(incoming.query["@account"], incoming.query["@sid"])
        if message is None:
            raise Refused(404, 20404, f"The requested resource {incoming.path} was not found")
        return json_answer(200, message.as_json())

    def _list_calls(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        query = _filters(incoming, _CALL_FILTERS)
        if query.get("Status") not in (None, *_CALL_STATUSES):
            raise Refused(400, 20001, f"Invalid Status: {query['Status']}")
        check = _dated("StartTime", query)
        entries = (
            entry
            for entry in self.books.calls.newest_first(incoming.query["@account"], query.get("To"), query.get("From"))
            if query.get("From") in (None, entry.from_)
            and query.get("Status") in (None, entry.status)
            and query.get("ParentCallSid") in (None, entry.parent_call_sid)
            and check(entry.at)
        )
        return json_answer(200, page_of("calls", incoming.path, query, entries))

    def _fetch_call(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        call = self.books.calls.get(incoming.query["@account"], incoming.query["@sid"])
        if call is None:
            raise Refused(404, 20404, f"The requested resource {incoming.path} was not found")
        return json_answer(200, call.as_json())

    def _list_numbers(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        query = _filters(
            incoming,
            frozenset(["Beta", "FriendlyName", "PhoneNumber", "Origin", "Page", "PageSize", "PageToken"]),
        )
        entries = (
            number
            for number in list(self.books.numbers.values())
            if number.account_sid == incoming.query["@account"]
            and query.get("PhoneNumber") in (None, number.phone_number)
        )
        return json_answer(200, page_of("incoming_phone_numbers", incoming.path, query, entries))

    def _fetch_account(self, incoming: Incoming, seen: SeenRequest) -> Answer:
        account = incoming.query["@account"]
        return json_answer(
            200,
            {
                "sid": account,
                "friendly_name": "Sandbox",
                "status": "active",
                "type": "Full",
                "owner_account_sid": account,
                "auth_token": None,
                "date_created": rfc2822(seen.at),
                "date_updated": rfc2822(seen.at),
                "uri": incoming.path,
                "subresource_uris": {},
            },
        )

    def _lookup(self, incoming: Incoming, _seen: SeenRequest) -> Answer:
        number = incoming.query["@sid"]
        valid = bool(E164.fullmatch(number))
        wanted = incoming.query.get("Fields", "").split(",")
        line_type = None
        if valid and "line_type_intelligence" in wanted:
            line_type = {
                "type": self.books.line_types.get(number, "mobile"),
                "carrier_name": "Sandbox Mobile",
                "mobile_country_code": None,
                "mobile_network_code": None,
                "error_code": None,
            }
        return json_answer(
            200,
            {
                "phone_number": number,
                "valid": valid,
                "validation_errors": [] if valid else ["NOT_A_NUMBER"],
                "calling_country_code": None,
                "country_code": None,
                "national_format": None,
                "caller_name": None,
                "line_type_intelligence": line_type,
                "url": f"https://lookups.twilio.com{incoming.path}",
            },
        )


def _only(given: Mapping[str, str], allowed: frozenset[str]) -> None:
    for name in given:
        if name not in allowed:
            raise Refused(400, 20001, f"Invalid parameter {name}: no such parameter of this resource")


def _filters(incoming: Incoming, allowed: frozenset[str]) -> Mapping[str, str]:
    query = {name: value for name, value in incoming.query.items() if not name.startswith("@")}
    _only(query, allowed)
    return query


def _dated(name: str, query: Mapping[str, str]) -> Callable[..., bool]:
    try:
        return within(name, query)
    except ValueError:
        raise Refused(400, 20001, f"Invalid {name}: expected YYYY-MM-DD or ISO 8601") from None
