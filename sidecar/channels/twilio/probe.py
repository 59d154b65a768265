"""``check --live``: ask Twilio whether the business file and the account agree. Reads only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sidecar.channels.port import ChannelError
from sidecar.channels.twilio.errors import TwilioError, channel_error
from sidecar.channels.twilio.log import reading
from sidecar.domain.phones import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twilio.rest import Client
    from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance

    from sidecar.channels.twilio.client import TwilioClients
    from sidecar.config.business import Business, Number


class LiveFinding(NamedTuple):
    """One thing that was asked of a vendor."""

    ok: bool
    sentence: str
    remedy: str = ""


def probe(clients: TwilioClients, business: Business, public_url: str) -> list[LiveFinding]:
    """What Twilio says of the account and of each number. Never raises for a vendor's fault.

    Args:
        clients: shared with all that speaks to Twilio.
        business: whose file is checked.
        public_url: where the sidecar is reached from outside, without a trailing slash.
    """
    try:
        client = clients.of(business)
        return [_account(client, business), *_numbers(client, business, public_url.rstrip("/"))]
    except ChannelError as error:
        return [LiveFinding(ok=False, sentence=str(error), remedy=error.remedy)]
    except TwilioError as failure:
        decision = channel_error(failure)
        return [LiveFinding(ok=False, sentence=str(decision), remedy=decision.remedy or "try again in a minute")]


def _account(client: Client, business: Business) -> LiveFinding:
    sid = business.twilio.account_sid if business.twilio else ""
    status = str(reading(client.api.v2010.accounts(sid).fetch).status)
    if status == "active":
        return LiveFinding(ok=True, sentence="Twilio: the account is active")
    return LiveFinding(
        ok=False, sentence=f"Twilio: the account is {status}", remedy="reactivate it in Twilio's console"
    )


def _numbers(client: Client, business: Business, public_url: str) -> Iterator[LiveFinding]:
    for number in business.numbers:
        owned = reading(partial(client.incoming_phone_numbers.list, phone_number=number.e164, limit=1))
        who = f"Twilio: {mask(number.e164)}"
        if owned:
            yield LiveFinding(ok=True, sentence=f"{who} belongs to the account")
            yield from _settings(who, owned[0], number, business, public_url)
        else:
            yield LiveFinding(
                ok=False,
                sentence=f"{who} does not belong to the account",
                remedy="correct it under numbers in the business file, or buy or port it",
            )


def _settings(
    who: str, owned: IncomingPhoneNumberInstance, number: Number, business: Business, public_url: str
) -> Iterator[LiveFinding]:
    wanted = [("status callback", owned.status_callback, "/twilio/call-status")]
    if number.can_text:
        wanted.append(("message webhook", owned.sms_url, "/twilio/sms"))
        yield _can_text(who, owned)
    if business.flow is None and number.mode != "status":
        wanted.append(("voice webhook", owned.voice_url, "/twilio/voice"))
    elif not owned.voice_url:
        yield LiveFinding(
            ok=False,
            sentence=f"{who} has no voice webhook",
            remedy=f"set its voice URL to the flow's webhook, and its voice fallback URL to {public_url}/twilio/voice",
        )
    for name, found, path in wanted:
        yield _address(who, name, str(found or ""), public_url + path)


def _can_text(who: str, owned: IncomingPhoneNumberInstance) -> LiveFinding:
    able = owned.capabilities
    can = able.get("sms") if isinstance(able, dict) else getattr(able, "sms", None)
    if can:
        return LiveFinding(ok=True, sentence=f"{who} can text")
    return LiveFinding(
        ok=False,
        sentence=f"{who} cannot text",
        remedy="set can_text: false and text_from to a number that can",
    )


def _address(who: str, name: str, found: str, wanted: str) -> LiveFinding:
    if found == wanted:
        return LiveFinding(ok=True, sentence=f"{who}: its {name} is {wanted}")
    shown = found.split("?", 1)[0] or "not set"
    return LiveFinding(
        ok=False, sentence=f"{who}: its {name} is {shown}", remedy=f"set it to {wanted} in Twilio's console"
    )
