"""Email addresses: which may stand in an envelope and a header, and the token inside a reply address.

Nothing here tries to know every address that RFC 5321 allows: quoted local parts, comments and groups are
refused, and with them every way to smuggle a second recipient or a line into a message.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Final

_LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?")
_TOKEN = re.compile(r"[A-Za-z0-9_\-]{4,48}")


class AddressError(ValueError):
    """An email address that cannot be written to. The message holds the fault and never the address."""


def checked(address: str) -> str:
    """The address as it may stand in an envelope, its domain in ASCII; raises :class:`AddressError`."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local:
        raise AddressError("the email address has no @ with a name before it")
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise AddressError("the part before the @ holds characters that cannot be written to, or is too long")
    ascii_domain = _ascii(domain)
    labels = ascii_domain.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError("the part after the @ is no domain name")
    whole = f"{local}@{ascii_domain}"
    if len(whole) > _LONGEST:
        raise AddressError(f"the email address is longer than {_LONGEST} characters")
    return whole


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise AddressError("the part after the @ is no domain name") from None


def domain_of(address: str) -> str:
    """What stands after the @."""
    return address.rpartition("@")[2]


def reply_address(mailbox: str, token: str) -> str:
    """``office+token@example.org``: where an answer must go, so that it finds its sequence.

    Local parts have 64 characters at most, and some servers put them in lower case: tokens should be short
    and in one case. Raises :class:`AddressError`.
    """
    if not _TOKEN.fullmatch(token):
        raise AddressError("a reply token has 4 to 48 letters, digits, - or _")
    local, _, domain = mailbox.rpartition("@")
    return checked(f"{local}+{token}@{domain}")


def reply_token_of(address: str) -> str | None:
    """The token of a reply address, with or without a display name; ``None`` where there is none.

    >>> reply_token_of("Office <office+k7f3a9@example.org>")
    'k7f3a9'
    """
    local = parseaddr(address)[1].rpartition("@")[0]
    token = local.rpartition("+")[2] if "+" in local else ""
    return token if _TOKEN.fullmatch(token) else None


def mailbox_of(address: str) -> str:
    """The bare address in lower case without its token: ``Office <office+k7f3a9@…>`` → ``office@…``."""
    bare = parseaddr(address)[1].strip().lower()
    local, at, domain = bare.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def bare(address: str) -> str:
    """The address without display name, in lower case; '' where there is none."""
    return parseaddr(address)[1].strip().lower()
