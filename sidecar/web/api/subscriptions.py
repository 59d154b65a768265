"""Events to a URL, whether a flow has taken one before, and what a flow's error workflow reports."""

from __future__ import annotations

from flask import Response

from sidecar.domain.phones import mask_in
from sidecar.web import rows
from sidecar.web.models.answers import (
    DoneAnswer,
    NewSubscriptionAnswer,
    SubscriptionAnswer,
    SubscriptionsAnswer,
    TakenAnswer,
)
from sidecar.web.models.requests import BusinessQuery, FlowErrorIn, SubscriptionIn, TakeIn
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem


def add(asked: Asked) -> Answer:
    """Events go to this URL from now on."""
    given, business = asked.given(SubscriptionIn), asked.business()
    made, secret = asked.sidecar.subscriptions.add(business, given.url, given.events, given.headers)
    return Answer(NewSubscriptionAnswer(id=made, url=given.url, events=given.events, secret=secret), 201)


def listing(asked: Asked) -> Answer:
    """Who listens. The headers are not shown: they may hold secrets."""
    found = asked.sidecar.subscriptions.list(asked.business())
    return Answer(
        SubscriptionsAnswer(
            subscriptions=[
                SubscriptionAnswer(
                    id=row["subscription_id"],
                    url=row["url"],
                    events=row["events"],
                    created_at=row["created_at"],
                )
                for row in found
            ]
        )
    )


def remove(asked: Asked) -> Response:
    """No more events go there."""
    subscription_id = asked.path["subscription_id"]
    business = asked.business(owner=rows.owner_of_subscription(asked.sidecar.store, subscription_id))
    if not asked.sidecar.subscriptions.remove(business, subscription_id):
        raise Problem("not-found", "There is no such subscription", remedy="take the id from the list")
    return Response(status=204)


def take(asked: Asked) -> Answer:
    """A flow that remembers nothing itself asks whether it has heard this before."""
    given, event_id, store = asked.given(TakeIn), asked.path["event_id"], asked.sidecar.store
    owner = rows.owner_of_event(store, event_id)
    business = asked.business(owner=owner)
    if owner([business.id]) is None:
        raise Problem("not-found", "There is no such event", remedy="send the `id` of the event as it came")
    now = asked.sidecar.clock.now()
    first = store.write(lambda tx: rows.take_event(tx, business.id, event_id, by=given.by, now=now))
    return Answer(TakenAnswer(event=event_id, by=given.by, already=not first))


def flow_error(asked: Asked) -> Answer:
    """A flow broke: the record and the staff are told."""
    given = asked.given(FlowErrorIn)
    owner = rows.owner_of_sequence(asked.sidecar.store, given.sequence_id) if given.sequence_id else None
    business = asked.business(owner=owner)
    said = f"{given.node}: {given.message}" if given.node else given.message
    asked.sidecar.flow_errors(business, workflow=given.workflow, execution_id=given.execution_id, message=mask_in(said))
    return Answer(DoneAnswer())


_SUBSCRIPTION = {
    "id": "sub_019ab5c2f0050005a1b2c3d4e5f6",
    "url": "https://hook.eu2.make.com/abc",
    "events": ["step.ready", "sequence.closed"],
    "created_at": None,
}

_TAKEN = {"event": "evt_019ab5c2f0060006a1b2c3d4e5f6", "by": "replies", "already": False}

OPERATIONS = (
    Operation(
        id="addSubscription",
        method="POST",
        path="/v1/subscriptions",
        tag="Events",
        summary="Send events to a URL",
        description="CloudEvents 1.0 as JSON, signed by Standard Webhooks with `secret`, retried for 24 h. "
        "The URL must "
        "be on the business's allow-list (`event_hosts`) and must not resolve to a private address.",
        view=add,
        scope="operate",
        body=Body(
            (SubscriptionIn,),
            examples={"make": {"url": "https://hook.eu2.make.com/abc", "events": ["step.ready", "sequence.closed"]}},
        ),
        answers=(
            Possible(
                201,
                "The subscription; the secret is shown this once.",
                NewSubscriptionAnswer,
                {"made": _SUBSCRIPTION | {"secret": "whsec_bm90IGEgcmVhbCBzZWNyZXQ="}},
            ),
        ),
    ),
    Operation(
        id="listSubscriptions",
        method="GET",
        path="/v1/subscriptions",
        tag="Events",
        summary="Who listens",
        description="Subscriptions of one business, without secrets and headers.",
        view=listing,
        scope="operate",
        query=BusinessQuery,
        answers=(Possible(200, "All of them.", SubscriptionsAnswer, {"one": {"subscriptions": [_SUBSCRIPTION]}}),),
    ),
    Operation(
        id="removeSubscription",
        method="DELETE",
        path="/v1/subscriptions/{subscription_id}",
        tag="Events",
        summary="Stop sending events",
        description="What is owed and not delivered yet is dropped.",
        view=remove,
        scope="operate",
        query=BusinessQuery,
        parameters={"subscription_id": "From the list."},
        answers=(Possible(204, "It is gone."),),
        problems=("not-found",),
    ),
    Operation(
        id="takeEvent",
        method="POST",
        path="/v1/events/{event_id}/take",
        tag="Events",
        summary="Is this event new to a flow?",
        description="Events come at least once. A flow that keeps nothing between its runs takes an event before it "
        "does what must not be done twice (telling the team): the first time answers `already: false`, each repeat "
        "`true`, for 48 hours. `run` and `claim` need it not: they are done once by themselves.",
        view=take,
        scope="drive",
        body=Body((TakeIn,), form=TakeIn, examples={"make": {"by": "replies"}}),
        parameters={"event_id": "The CloudEvent's `id`; the same in each repeat of it."},
        answers=(Possible(200, "Taken, now or before.", TakenAnswer, {"first": _TAKEN}),),
        problems=("not-found",),
    ),
    Operation(
        id="reportFlowError",
        method="POST",
        path="/v1/flow-errors",
        tag="Facts",
        summary="A flow broke",
        description="For the flow's error workflow: the failure goes on record and the staff are alerted. "
        "The leads "
        "are not lost: their steps go out when their time comes.",
        view=flow_error,
        scope="calls",
        body=Body(
            (FlowErrorIn,),
            form=FlowErrorIn,
            examples={
                "n8n": {
                    "platform": "n8n",
                    "workflow": "Missed call",
                    "execution_id": "231",
                    "node": "Text the caller",
                    "message": "ECONNREFUSED",
                }
            },
        ),
        answers=(Possible(200, "It is noted.", DoneAnswer, {"done": {"done": True}}),),
        problems=("not-found",),
    ),
)
