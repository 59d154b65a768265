"""Phone numbers: read them, hide them, and say where and what kind a number is.

Everything here is E.164 (``+447700900001``) once :func:`parse` has read it. Only metadata that ships with
``phonenumbers`` is used; its geocoder costs 98 MB and is not loaded (see :mod:`sidecar.domain.area_codes`),
its time zone data 0.5 MB and is read when the first number outside North America is asked about.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

import phonenumbers
from phonenumbers import PhoneNumberType, ValidationResult

from sidecar.domain.area_codes import area_of

LineType = Literal["mobile", "landline", "voip", "toll_free", "premium", "unknown"]

_HIDDEN: Final = "•••"
_NANP: Final = 1
_NON_GEOGRAPHIC: Final = "001"
"""The region that phonenumbers gives to +800, +870, +88x: toll-free everywhere, satellites, networks."""


class BadPhone(ValueError):
    """A phone number that cannot exist. The message says what to do and never holds the whole number."""


# ---------------------------------------------------------------- reading

_SCHEME = re.compile(r"^\s*(?:tel|sips?|sms|whatsapp)\s*:\s*", re.IGNORECASE)
_AFTER_USER = re.compile(r"[@;>].*$", re.DOTALL)
_REGION_ALIASES: Final = {"UK": "GB"}

_REMEDY: Final = {
    ValidationResult.TOO_SHORT: "has too few digits: check it, and give it with its country (+44 …)",
    ValidationResult.TOO_LONG: "has too many digits: check it, and give one number only",
    ValidationResult.INVALID_LENGTH: "has a number of digits that its country does not use: check it",
    ValidationResult.INVALID_COUNTRY_CODE: "has a country code that does not exist: check what follows the +",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code: give it with country and area code (+1 …)",
}


def parse(raw: str, region: str | None) -> str:
    """E.164 of a number as a person, a CRM or a provider wrote it.

    ``region`` (ISO 3166 alpha-2, ``GB``) is the country of a number without one; with ``None`` such a
    number is refused. Accepts ``tel:``, ``sip:`` and ``whatsapp:`` forms, ``00`` for ``+``, and drops an
    extension. Only what is *impossible* is refused: reserved and unassigned numbers pass, since a number
    plan changes faster than a library.

    Raises :class:`BadPhone`.
    """
    home = _known_region(region)
    number = _AFTER_USER.sub("", _SCHEME.sub("", raw)).strip()
    if is_anonymous(number):
        problem = "no phone number: the caller's number is withheld or empty; answering needs a number"
        raise BadPhone(problem)
    if home is None and number.startswith("00"):
        number = f"+{number[2:]}"
    try:
        parsed = phonenumbers.parse(number, home)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(_not_readable(number, home, error)) from None
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason != ValidationResult.IS_POSSIBLE:
        problem = f"phone number {mask(number)} {_REMEDY[reason]}"
        raise BadPhone(problem)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _known_region(region: str | None) -> str | None:
    if region is None:
        return None
    code = region.strip().upper()
    code = _REGION_ALIASES.get(code, code)
    if code not in phonenumbers.SUPPORTED_REGIONS:
        problem = f"region {region[:12]!r} is not known: use a two-letter country code such as GB, US or CA"
        raise BadPhone(problem)
    return code


def _not_readable(number: str, home: str | None, error: phonenumbers.NumberParseException) -> str:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        if home is None and not number.lstrip().startswith("+"):
            return f"phone number {mask(number)} has no country: start it with + and the country's code (+44 …)"
        return f"phone number {mask(number)} {_REMEDY[ValidationResult.INVALID_COUNTRY_CODE]}"
    if error.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return f"phone number {mask(number)} {_REMEDY[ValidationResult.TOO_LONG]}"
    return f"phone number {mask(number)} is not a phone number: give its digits with the country (+44 …)"


# ---------------------------------------------------------------- withheld numbers

_WITHHELD: Final = frozenset(
    "anonymous unknown restricted private unavailable blocked withheld hidden nocallerid outofarea "
    "notavailable none null".split()
)
_KEYPAD: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD_DIALLED: Final = frozenset(word.translate(_KEYPAD) for word in _WITHHELD - {"none", "null"})
"""Words spelt on a keypad: Twilio sends +266696687 for "anonymous", +7378742833 for "restricted"."""
_NOISE = re.compile(r"caller|number|phone|\bid\b|[\W\d_]+")


def is_anonymous(raw: str | None) -> bool:
    """Whether ``From`` names nobody: empty, "Private Number", ``sip:anonymous@…``, +266696687."""
    if raw is None:
        return True
    text = _AFTER_USER.sub("", _SCHEME.sub("", raw)).strip().lower()
    digits = _digits(text)
    if digits:
        return not digits.strip("0") or digits in _WITHHELD_DIALLED
    words = _NOISE.sub("", text.partition("<")[0] or text)
    return not words or words in _WITHHELD or text == "no caller id"


# ---------------------------------------------------------------- hiding


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


def mask(number: str) -> str:
    """``+44 •••001``: the country and the last two or three digits at most. Works for any text, never raises.

    What is too short to be a number (fewer than seven digits: names, e-mail addresses) is hidden altogether.
    """
    plain = _ENCODED_PLUS.sub("+", number)
    digits = _digits(plain)
    if len(digits) < _SHORTEST:
        return _HIDDEN
    tail = digits[-3:] if len(digits) >= _ENOUGH_FOR_THREE else digits[-2:]
    country = _country_code(digits) if plain.lstrip().startswith("+") else ""
    return f"+{country} {_HIDDEN}{tail}" if country else f"{_HIDDEN}{tail}"


_ENCODED_PLUS = re.compile("%2[Bb]")
_SHORTEST: Final = 7
_ENOUGH_FOR_THREE: Final = 10
_LONGEST_COUNTRY_CODE: Final = 3


def _country_code(digits: str) -> str:
    for length in range(1, _LONGEST_COUNTRY_CODE + 1):
        if int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""


_PHONE_LIKE = re.compile(
    r"""(?P<keep>
          (?<![0-9A-Za-z]) (?:
            \d{4}-(?:0\d|1[0-2])-[0-3]\d   # a date, perhaps with a time
            (?:[T\ ][0-2]\d:[0-5]\d(?::[0-6]\d(?:[.,]\d{1,9})?)?)?
          | (?:\d{1,3}\.){3}\d{1,3}  # an IPv4 address
          | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}  # a UUID
          | (?:[A-Z]{2})?(?=[0-9]*[a-f])[0-9a-f]{16,64}  # a SID or a hash
          ) (?![0-9A-Za-z]) )
      | (?P<phone> (?:%2[Bb]\s?|\+\s?)? (?:\(\d{1,5}\)|\d) (?:[\s.\-/()\u00a0\u2010-\u2015]{0,3}\d){6,} )""",
    re.VERBOSE,
)


def mask_in(text: str) -> str:
    """Free text with every phone-like run of seven or more digits masked; for logs and errors.

    Dates, IPv4 addresses, UUIDs, SIDs and hashes stay readable. Masking twice changes nothing more.
    """
    return _PHONE_LIKE.sub(lambda found: found["keep"] or mask(found["phone"]), text)


# ---------------------------------------------------------------- what a number is

_LINE_TYPES: Final[dict[int, LineType]] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.UAN: "landline",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "premium",
    PhoneNumberType.PERSONAL_NUMBER: "premium",
}
"""What costs somebody more than a usual call is ``premium`` (UK 084, 087, 070; US 500)."""


def _parsed(e164: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None


def national_digits(e164: str) -> str:
    """The digits after the country code (``7700900001``), as a CRM's calculated search field holds them.

    Raises :class:`BadPhone` when ``e164`` is not E.164.
    """
    number = _parsed(e164)
    if number is None:
        problem = f"{mask(e164)} is not in E.164 form: read it with parse() first"
        raise BadPhone(problem)
    return phonenumbers.national_significant_number(number)


def region_of(e164: str) -> str | None:
    """ISO 3166 alpha-2 country of a number; ``None``: it has none (+800, satellite) or is not E.164.

    Reserved numbers belong to the main country of their code (+44 7700 900xxx is ``GB``), since no rule
    depends on the islands that share it; +1 is told apart by area code.
    """
    number = _parsed(e164)
    if number is None:
        return None
    if _country(number) == _NANP and (area := area_of(_area_code(number))):
        return _territory(area.subdivisions[0])
    region: str | None = phonenumbers.region_code_for_number(number)
    if region is None:
        region = phonenumbers.region_code_for_country_code(_country(number))
    return None if region in {None, "ZZ", _NON_GEOGRAPHIC} else region


def _territory(subdivision: str) -> str:
    """ISO gives Puerto Rico a country code of its own beside ``US-PR``; the law that counts is the US's."""
    return subdivision[:2]


def _country(number: phonenumbers.PhoneNumber) -> int:
    """The country code; the library's type allows a number that has none, which parsing never gives."""
    return number.country_code or 0


def _area_code(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)[:3]


def line_type(e164: str) -> LineType:
    """What kind of line the number plan says this is.

    ``unknown`` where the plan does not tell (all of North America, reserved numbers) or the number is not
    E.164.
    """
    number = _parsed(e164)
    return "unknown" if number is None else _LINE_TYPES.get(phonenumbers.number_type(number), "unknown")


def can_receive_texts(kind: LineType) -> bool:
    """Whether a text is worth trying: a number of unknown kind is (Twilio answers 21614 if it cannot be)."""
    return kind in {"mobile", "voip", "unknown"}


# ---------------------------------------------------------------- where a number is

_NOWHERE: Final = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.UAN,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
_SAME_CLOCK: Final = {
    "Europe/Guernsey": "Europe/London",
    "Europe/Isle_of_Man": "Europe/London",
    "Europe/Jersey": "Europe/London",
}
"""Names for one and the same clock in the tz database; one of them is enough."""


def zones_of(e164: str) -> tuple[str, ...]:
    """Every IANA zone in which the owner of this number may live, the likeliest first.

    A time is right for this person when it is right in *all* of them. ``()``: the number belongs to no place
    (toll-free, +800, satellite, a code that is not known): use the business's own zone.
    """
    number = _parsed(e164)
    if number is None:
        return ()
    kind = phonenumbers.number_type(number)
    if kind in _NOWHERE or phonenumbers.region_code_for_country_code(_country(number)) == _NON_GEOGRAPHIC:
        return ()
    if _country(number) == _NANP and (area := area_of(_area_code(number))):
        return area.zones
    return _library_zones(number, kind)


def _library_zones(number: phonenumbers.PhoneNumber, kind: int) -> tuple[str, ...]:
    """Zones by prefix where the number (or its part of a shared code) has a place; else all of its country.

    Outside the table +1 is never all of North America: a Caribbean island by its prefix, or nowhere.
    """
    from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number
    from phonenumbers.tzdata import TIMEZONE_DATA

    whole_code = TIMEZONE_DATA.get(str(_country(number)), ())
    shares_code = len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(_country(number), ())) > 1
    main = phonenumbers.region_code_for_country_code(_country(number))
    elsewhere = shares_code and phonenumbers.region_code_for_number(number) not in {main, None}
    zones = whole_code
    if elsewhere or phonenumbers.is_number_type_geographical(kind, _country(number)):
        zones = time_zones_for_geographical_number(number)
    if _country(number) == _NANP and zones == whole_code:
        return ()
    return tuple(dict.fromkeys(_SAME_CLOCK.get(zone, zone) for zone in zones if zone != UNKNOWN_TIMEZONE))


def states_of(e164: str) -> tuple[str, ...]:
    """ISO 3166-2 codes of a US or Canadian number, ``("CA-NS", "CA-PE")`` where in doubt; else ``()``."""
    number = _parsed(e164)
    if number is None or _country(number) != _NANP:
        return ()
    area = area_of(_area_code(number))
    return area.subdivisions if area else ()
