"""Claims: a flow that must send with its own node asks first. Only a granted claim is a yes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.channels.port import Accepted, ChannelError, Fault
from sidecar.channels.twilio.errors import Meaning, meaning_of
from sidecar.domain.gates import Decision
from sidecar.engine import driving, gating, sending
from sidecar.engine.context import Turn
from sidecar.engine.gating import Intent, Key
from sidecar.engine.results import ClaimGranted, ClaimRefused, Conflict, Invalid, NotFound, RunResult
from sidecar.store import touches
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.engine.context import Context
    from sidecar.engine.driving import Driving
    from sidecar.engine.runner import Runner

_TWILIO_CODE = re.compile("[0-9]{5}")

CLAIM_SECONDS = 30.0
"""A claim is good for this long; unreported it becomes ``unknown`` and is never sent twice by us."""


class Claims:
    """``claim`` and ``result``."""

    def __init__(self, context: Context, driving: Driving, runner: Runner) -> None:
        self._context = context
        self._driving = driving
        self._runner = runner

    def claim(
        self,
        business: Business,
        sequence_id: str,
        step: str,
        *,
        resume_url: str | None = None,
        execution_id: str = "",
    ) -> ClaimGranted | ClaimRefused:
        """The rendered touch and the permission to send it, or why not and until when.

        Raises:
            NotFound: no such sequence or step in this business.
            Invalid: the resume URL is not on the business's allow-list, or the step is one for staff.
        """
        key = Key(business.id, sequence_id, step)
        _, row = self._context.store.read(lambda tx: driving.find_step(Turn(self._context, tx, business), key))
        if row["channel"] == "staff":
            message = "a step for staff cannot be claimed"
            raise Invalid(message, field="name", remedy="run it: it goes to the business's own people")
        self._runner.meet(business, key)
        decided = self._context.store.write(lambda tx: self._claim(Turn(self._context, tx, business), key))
        if isinstance(decided, ClaimGranted):
            return decided
        answer = self._driving.run(
            business, sequence_id, step, resume_url=resume_url, execution_id=execution_id, look_only=True
        )
        if isinstance(decided, Decision):
            return ClaimRefused(decided.reason, decided.until, answer.wake_by)
        return ClaimRefused(answer.reason or answer.result, answer.until, answer.wake_by)

    def _claim(self, turn: Turn, key: Key) -> ClaimGranted | Decision | None:
        decided = gating.gate(turn, key, lease_seconds=CLAIM_SECONDS, claimed=True)
        if not isinstance(decided, Intent):
            return decided
        out, ref = decided.outgoing, decided.ref
        claim_id = new_id("clm", turn.now)
        expires = turn.now + timedelta(seconds=CLAIM_SECONDS)
        touches.add_claim(
            turn.tx, business_id=turn.business.id, claim_id=claim_id, touch_id=ref.touch_id,
            sequence_id=ref.sequence_id, step=ref.step, state="granted", granted_at=turn.now, expires_at=expires,
        )  # fmt: skip
        turn.tx.due.append(expires)
        turn.record(
            "claim.granted", contact_id=ref.contact_id, sequence_id=ref.sequence_id, step=ref.step,
            touch_id=ref.touch_id, claim_id=claim_id,
        )  # fmt: skip
        return ClaimGranted(
            claim_id, ref.touch_id, ref.channel, out.to, out.sender, out.body, out.subject,
            out.status_url or "", expires,
        )  # fmt: skip

    def result(
        self, business: Business, claim_id: str, *, sent: bool, provider_id: str = "", code: str = ""
    ) -> RunResult:
        """What the flow's own node reported. A late report still counts; a second one changes nothing.

        Raises:
            NotFound: no such claim in this business.
            Conflict: the claim was reported otherwise before.
        """
        return self._context.store.write(
            lambda tx: _result(
                Turn(self._context, tx, business), claim_id, sent=sent, provider_id=provider_id, code=code
            )
        )


def _result(turn: Turn, claim_id: str, *, sent: bool, provider_id: str, code: str) -> RunResult:
    row = touches.claim(turn.tx, turn.business.id, claim_id)
    touch = touches.get(turn.tx, turn.business.id, row["touch_id"]) if row is not None else None
    if row is None or touch is None:
        message = f"no claim {claim_id}"
        raise NotFound(message, field="claim_id", remedy="take the id from the answer to …/claim")
    state = "sent" if sent else "failed"
    if row["state"] in ("sent", "failed"):
        if row["state"] != state:
            message = f"the claim was reported as {row['state']} before"
            raise Conflict(message, field="sent", remedy="report each claim once")
        return RunResult(state, touch_id=row["touch_id"], already=True)  # type: ignore[arg-type]
    touches.change_claim(turn.tx, turn.business.id, claim_id, was=row["state"], state=state)
    ref = gating.ref_of(touch)
    if sent:
        sending.record_accepted(turn, ref, Accepted(provider_id or f"flow:{claim_id}"))
    else:
        sending.record_fault(turn, ref, _refusal(touch["channel"], code))
    return RunResult(state, code, touch_id=row["touch_id"])  # type: ignore[arg-type]


def _refusal(channel: str, code: str) -> ChannelError:
    """The flow's node was refused: Twilio's code means what it means to us (21610 is a STOP, whoever was told it)."""
    meaning = meaning_of(int(code)) if channel == "sms" and _TWILIO_CODE.fullmatch(code) else Meaning()
    return ChannelError(
        "the flow's own node did not send", fault=Fault.REFUSED, code=code or "flow_failed",
        effect=meaning.effect, remedy=meaning.remedy,
    )  # fmt: skip
