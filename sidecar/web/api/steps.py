"""Driving: *run*, *skip* and *claim* a step, and report what became of a claim (design §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.engine.results import ClaimRefused
from sidecar.web import rows
from sidecar.web.models.answers import ClaimAnswer, RunAnswer
from sidecar.web.models.requests import ClaimResultIn, RunIn, SkipIn
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.engine.results import RunResult

WAIT_SECONDS = 5.0
"""How long ``run`` waits for the runner, where a thread is free to wait."""


def run(asked: Asked) -> Answer:
    """*Now*. Only some threads may wait for the runner; the others answer at once."""
    given, business = asked.given(RunIn), _business(asked)
    may_wait = asked.ground.waiting.acquire(blocking=False)
    try:
        result = asked.sidecar.driving.run(
            business,
            asked.path["sequence_id"],
            asked.path["name"],
            resume_url=given.resume_url,
            execution_id=given.flow.execution_id if given.flow else "",
            wait_seconds=WAIT_SECONDS if may_wait else 0.0,
        )
    finally:
        if may_wait:
            asked.ground.waiting.release()
    return Answer(run_answer(result))


def skip(asked: Asked) -> Answer:
    """Leave a step out."""
    given, business = asked.given(SkipIn), _business(asked)
    return Answer(
        run_answer(asked.sidecar.driving.skip(business, asked.path["sequence_id"], asked.path["name"], given.reason))
    )


def claim(asked: Asked) -> Answer:
    """Let a flow send this one text by itself, if the gates allow it."""
    given, business = asked.given(RunIn), _business(asked)
    claimed = asked.sidecar.claims.claim(
        business,
        asked.path["sequence_id"],
        asked.path["name"],
        resume_url=given.resume_url,
        execution_id=given.flow.execution_id if given.flow else "",
    )
    if isinstance(claimed, ClaimRefused):
        more = {
            "reason": claimed.reason,
            "until": claimed.until.isoformat() if claimed.until else None,
            "wake_by": claimed.wake_by.isoformat() if claimed.wake_by else None,
        }
        raise Problem("claim-refused", f"The step may not be sent now: {claimed.reason}", more=more)
    return Answer(
        ClaimAnswer(
            claim_id=claimed.claim_id,
            touch_id=claimed.touch_id,
            channel=claimed.channel,
            to=claimed.to,
            sender=claimed.sender,
            body=claimed.body,
            subject=claimed.subject,
            status_url=claimed.status_url,
            expires_at=claimed.expires_at,
        )
    )


def claim_result(asked: Asked) -> Answer:
    """What became of a claimed text."""
    given = asked.given(ClaimResultIn)
    claim_id = asked.path["claim_id"]
    business = asked.business(owner=rows.owner_of_claim(asked.sidecar.store, claim_id))
    result = asked.sidecar.claims.result(
        business, claim_id, sent=given.sent, provider_id=given.provider_id, code=given.code
    )
    return Answer(run_answer(result))


def _business(asked: Asked) -> Business:
    return asked.business(owner=rows.owner_of_sequence(asked.sidecar.store, asked.path["sequence_id"]))


def run_answer(result: RunResult) -> RunAnswer:
    """The engine's result in the API's words."""
    return RunAnswer(
        result=result.result,
        reason=result.reason,
        until=result.until,
        wake_by=result.wake_by,
        touch_id=result.touch_id,
        already=result.already,
    )


RUN_EXAMPLE = {
    "result": "sent",
    "reason": "",
    "until": None,
    "wake_by": None,
    "touch_id": "tch_019ab5c2f0020002a1b2c3d4e5f6",
    "already": False,
}
_DEFERRED = {
    "result": "deferred",
    "reason": "early",
    "until": "2026-11-22T09:03:04Z",
    "wake_by": "2026-11-22T09:04:04Z",
    "touch_id": None,
    "already": False,
}
_RUN = {
    "resume_url": "https://n8n.example.com/webhook-waiting/231/callback?signature=0f3a",
    "flow": {"platform": "n8n", "execution_id": "231"},
}
_CLAIM = {
    "claim_id": "clm_019ab5c2f0030003a1b2c3d4e5f6",
    "touch_id": "tch_019ab5c2f0020002a1b2c3d4e5f6",
    "channel": "sms",
    "to": "+447700900123",
    "sender": "+441174960001",
    "body": "Hi Alex, it's Sam at Harbour Plumbing. Sorry we missed your call. What can we help with? Reply "
    "STOP to opt out.",
    "subject": "",
    "status_url": "https://recovery.example.com/twilio/message-status?touch=tch_019ab5c2f0020002a1b2c3d4e5f6",
    "expires_at": "2026-11-22T09:00:34Z",
}
_STEP = {
    "sequence_id": "From the answer to `POST /v1/calls`.",
    "name": "The step's name in the playbook, e.g. `acknowledge`.",
}

OPERATIONS = (
    Operation(
        id="runStep",
        method="POST",
        path="/v1/sequences/{sequence_id}/steps/{name}/run",
        tag="Driving",
        summary="Say *now* to a step",
        description="Waits up to 5 s for the runner, which asks the gates and sends. Idempotent by itself: "
        "repeats "
        "answer `already: true`. On `deferred`, wait until `resume_url` is called or `wake_by` has come, and "
        "ask "
        "again: the answer, not the wake-up, says what happened.",
        view=run,
        scope="drive",
        body=Body((RunIn,), optional=True, examples={"n8n": _RUN}),
        parameters=_STEP,
        answers=(Possible(200, "What became of the step.", RunAnswer, {"sent": RUN_EXAMPLE, "deferred": _DEFERRED}),),
        problems=("not-found", "conflict"),
    ),
    Operation(
        id="skipStep",
        method="POST",
        path="/v1/sequences/{sequence_id}/steps/{name}/skip",
        tag="Driving",
        summary="Leave a step out",
        description="The steps that count from it count from now.",
        view=skip,
        scope="drive",
        body=Body((SkipIn,), examples={"skip": {"reason": "booked_by_phone"}}),
        parameters=_STEP,
        answers=(
            Possible(
                200,
                "What became of the step.",
                RunAnswer,
                {"skipped": RUN_EXAMPLE | {"result": "skipped", "reason": "booked_by_phone", "touch_id": None}},
            ),
        ),
        problems=("not-found", "conflict"),
    ),
    Operation(
        id="claimStep",
        method="POST",
        path="/v1/sequences/{sequence_id}/steps/{name}/claim",
        tag="Driving",
        summary="Ask to send a step by yourself",
        description="Only a 200 is a yes: send `body` to `to` from `sender` once, before `expires_at`, and "
        "report it "
        "with `POST /v1/claims/{claim_id}/result`. Unreported, it becomes `unknown`, and a person sees it.",
        view=claim,
        scope="drive",
        body=Body((RunIn,), optional=True, examples={"n8n": _RUN}),
        parameters=_STEP,
        answers=(Possible(200, "Granted: the rendered text.", ClaimAnswer, {"granted": _CLAIM}),),
        problems=("not-found", "conflict", "claim-refused"),
    ),
    Operation(
        id="reportClaim",
        method="POST",
        path="/v1/claims/{claim_id}/result",
        tag="Driving",
        summary="Report what became of a claim",
        description="Say whether the claimed text was sent, with the provider's id or its error code.",
        view=claim_result,
        scope="drive",
        body=Body(
            (ClaimResultIn,),
            form=ClaimResultIn,
            examples={"sent": {"sent": True, "provider_id": "SM00000000000000000000000000000002"}},
        ),
        parameters={"claim_id": "From the answer to the claim."},
        answers=(Possible(200, "What became of the step.", RunAnswer, {"sent": RUN_EXAMPLE}),),
        problems=("not-found", "conflict"),
    ),
)
