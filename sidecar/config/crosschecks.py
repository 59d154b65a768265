"""What a business file must not say although each field of it is sound."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from sidecar.domain.compliance import needs_assessment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.config.business import Number, StaffMember
    from sidecar.config.documents import Document, Field
    from sidecar.domain.compliance import Preset
    from sidecar.domain.playbooks import Channel, Playbook


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a business that must fit together, with where each stands; ``None``: refused already."""

    numbers: Mapping[Field, Number]
    staff: Mapping[Field, StaffMember]
    preset: Preset | None
    playbook: Playbook | None

    def uses(self, channel: Channel, number: Number | None = None) -> bool:
        """Whether callers (of that number, or of any) get a step on this channel."""
        asked = [number] if number is not None else list(self.numbers.values())
        playbooks = [one.playbook or self.playbook for one in asked]
        return any(step.channel == channel for book in playbooks if book is not None for step in book.steps)


def cross_check(document: Document, parts: Parts) -> None:
    """Note every contradiction of a business file as a mistake."""
    own = _own_numbers(document, parts)
    for where, number in parts.numbers.items():
        _check_sender(document, where, number, own, needed=parts.uses("sms", number))
        _check_ring(document, where, number, own)
    _check_staff(document, parts, own)
    _check_webhook(document)


def _own_numbers(document: Document, parts: Parts) -> dict[str, Number]:
    own: dict[str, Number] = {}
    for where, number in parts.numbers.items():
        if own.setdefault(number.e164, number) is not number:
            document.complain((*where, "number"), "this number is listed twice", "keep one of the two entries")
    return own


def _check_sender(document: Document, where: Field, number: Number, own: Mapping[str, Number], *, needed: bool) -> None:
    """A text that cannot be answered is worse than none: it comes from a number of the business."""
    if number.text_from is not None:
        sender = own.get(number.text_from)
        if sender is None or not sender.can_text:
            said = "is not a number of this business" if sender is None else "cannot text either"
            remedy = "give one of the numbers of this file that can text, so that an answer arrives here"
            document.complain((*where, "text_from"), f"the sender {said}", remedy)
        if number.can_text:
            said = "this number can text by itself, so text_from would never be used"
            document.complain((*where, "text_from"), said, "leave it out, or write `can_text: false`")
    elif not number.can_text and needed and document.at((*where, "text_from")) is None:
        said = "this number cannot text, and the playbook texts its callers"
        document.complain((*where, "can_text"), said, "add `text_from:` with another number of this business")


def _check_ring(document: Document, where: Field, number: Number, own: Mapping[str, Number]) -> None:
    if any(phone in own for phone in number.ring):
        said = "a number of the business itself rings here: the call would come back to it"
        document.complain((*where, "ring"), said, "give the phones of the people who answer")
    if number.ring and number.mode != "ring_staff":
        document.complain((*where, "ring"), f"nobody rings in mode {number.mode}", "leave it out, or use ring_staff")


def _check_staff(document: Document, parts: Parts, own: Mapping[str, Number]) -> None:
    for where, member in parts.staff.items():
        if member.phone in own:
            said = "this is a number of the business itself: alerts would never reach a person"
            document.complain((*where, "phone"), said, "give the person's own mobile phone")
        raw = document.at(where)
        if isinstance(raw, dict) and not raw.keys() & {"phone", "email", "webhook"} and not document.spoilt(*where):
            document.complain(where, "nothing says how to reach this person", "add `phone:`, `email:` or `webhook:`")
    if not parts.staff and not document.spoilt("staff") and parts.uses("staff"):
        said = "the playbook gives tasks to staff, and there are none"
        document.complain(("staff",), said, "add `staff:` with a name and a phone")


def check_assessed(document: Document, preset: Preset | None, region: str | None) -> None:
    """Note it as a mistake where the GDPR holds and no assessment has been reviewed."""
    field = "legitimate_interest"
    if preset is None or not needs_assessment(preset, region) or document.spoilt(field):
        return
    if document.at((field,)) is None:
        said = "no reviewed legitimate-interest assessment is named, on which answering a missed call rests here"
        command = f"recovery lia {quote(document.file)} --output assessment.md"
        remedy = f"`{command}` writes the draft; have a person review it, then add `{field}:` as its last lines say"
        document.complain((), said, remedy)


def _check_webhook(document: Document) -> None:
    """HubSpot's webhook needs both: whose it is, and what proves it."""
    pair = ("client_secret", "portal_id")
    given = [name for name in pair if document.at(("hubspot", name)) is not None]
    if len(given) == 1 and not document.spoilt("hubspot"):
        missing = pair[1 - pair.index(given[0])]
        said = f"the CRM's webhook needs {missing} too"
        document.complain(("hubspot", given[0]), said, f"add `{missing}:`, or leave both out")
