"""The real HubSpot SDK against the sandbox."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock

THEIRS = "+447700900123"


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    from hubspot import Client

    return Client.create(
        access_token=sandbox.hubspot_token,
        host=sandbox.hubspot_url,
        base_url=sandbox.hubspot_url,
        retry=False,
    )


@pytest.fixture
def contacts(client: Any) -> Any:
    return client.crm.contacts


def group(name: str, operator: str, value: str | None = None) -> dict[str, Any]:
    one = {"propertyName": name, "operator": operator}
    return {"filters": [one if value is None else {**one, "value": value}]}


def names(found: Any) -> list[str]:
    return [hit.properties["firstname"] for hit in found.results]


def search(contacts: Any, *groups: dict[str, Any], **rest: Any) -> Any:
    return contacts.search_api.do_search({"filterGroups": list(groups), "properties": ["firstname", "phone"], **rest})


@pytest.mark.parametrize(
    ("typed", "found_by"),
    [
        ("+447700900123", {"calculated", "e164", "token"}),
        ("07700 900123", {"calculated"}),
        ("07700900123", {"calculated", "token"}),
        ("(07700) 900-123", {"calculated"}),
        ("+44 7700 900 123", {"calculated"}),
        ("447700900123", {"calculated", "token"}),
    ],
)
def test_a_phone_is_found_as_people_typed_it(sandbox: Sandbox, contacts: Any, typed: str, found_by: set[str]) -> None:
    sandbox.hubspot_contact("Maya", "Osei", typed)
    sandbox.hubspot_contact("Other", None, "07700 900999")
    ways = {
        "calculated": group("hs_searchable_calculated_phone_number", "EQ", "7700900123"),
        "e164": group("phone", "EQ", THEIRS),
        "token": group("phone", "CONTAINS_TOKEN", "*7700900123"),
    }

    assert {way for way, one in ways.items() if names(search(contacts, one)) == ["Maya"]} == found_by
    assert names(search(contacts, *ways.values())) == ["Maya"]


def test_mobile_numbers_email_and_sorts(sandbox: Sandbox, contacts: Any, clock: ManualClock) -> None:
    sandbox.hubspot_contact("Old", "One", THEIRS, last_activity=clock.now() - timedelta(days=9))
    sandbox.hubspot_contact("New", "One", mobilephone="07700900123", email="new@example.com")

    both = (group("phone", "EQ", THEIRS), group("mobilephone", "CONTAINS_TOKEN", "*7700900123"))
    newest = [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]
    assert names(search(contacts, *both, sorts=newest)) == ["New", "Old"]
    assert names(search(contacts, *both, sorts=["lastmodifieddate"])) == ["Old", "New"]
    assert names(search(contacts, group("email", "EQ", "NEW@example.com"))) == ["New"]
    assert names(search(contacts, group("email", "HAS_PROPERTY"))) == ["New"]
    assert names(search(contacts, group("email", "NOT_HAS_PROPERTY"))) == ["Old"]
    assert names(search(contacts, query="old one")) == ["Old"]


def test_pages_are_followed(sandbox: Sandbox, contacts: Any) -> None:
    for number in range(3):
        sandbox.hubspot_contact(f"N{number}", None, email=f"n{number}@example.com")

    first = search(contacts, group("email", "HAS_PROPERTY"), limit=2)
    rest = search(contacts, group("email", "HAS_PROPERTY"), limit=2, after=first.paging.next.after)
    assert (first.total, names(first), names(rest), rest.paging) == (3, ["N0", "N1"], ["N2"], None)


@pytest.mark.parametrize(
    "request_body",
    [
        {"filterGroups": [group("phone", "EQ", THEIRS)] * 6},
        {"filterGroups": [group("phone_number", "EQ", THEIRS)]},
        {"filterGroups": [group("phone", "EQ")]},
        {"filterGroups": [group("phone", "LIKE", THEIRS)]},
        {"filterGroups": [group("email", "HAS_PROPERTY", "x")]},
        {"filterGroups": [{"filters": []}]},
        {"filter_groups": []},
        {"limit": 201},
    ],
)
def test_searches_that_hubspot_would_refuse(contacts: Any, request_body: dict[str, Any]) -> None:
    from hubspot.crm.contacts.exceptions import ApiException

    with pytest.raises(ApiException) as caught:
        contacts.search_api.do_search(request_body)
    assert caught.value.status == 400
    assert json.loads(caught.value.body)["category"] == "VALIDATION_ERROR"


def test_the_deal_stage_of_a_contact(sandbox: Sandbox, client: Any) -> None:
    from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
    from hubspot.crm.deals import BatchReadInputSimplePublicObjectId

    contact = sandbox.hubspot_contact("Maya", "Osei", THEIRS, deal_stage="Quote sent")
    nobody = sandbox.hubspot_contact("Sam", None)

    links = client.crm.associations.v4.batch_api.get_page(
        "contacts",
        "deals",
        BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": contact}, {"id": nobody}]),
    )
    (link,) = links.results
    assert (link._from.id, len(link.to)) == (contact, 1)
    deal_id = str(link.to[0].to_object_id)
    basic = client.crm.associations.v4.basic_api.get_page("contact", contact, "deal")
    assert [str(one.to_object_id) for one in basic.results] == [deal_id]
    deals = client.crm.deals.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            inputs=[{"id": deal_id}], properties=["dealstage", "pipeline"], properties_with_history=[]
        )
    )
    stage = deals.results[0].properties["dealstage"]
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert {one.id: one.label for one in pipeline.stages}[stage] == "Quote sent"


def test_deals_that_were_won_are_read_back(sandbox: Sandbox, client: Any, clock: ManualClock) -> None:
    contact = sandbox.hubspot_contact("Maya", "Osei", THEIRS)
    deal = sandbox.hubspot_deal(contact, "contractsent")
    sandbox.hubspot_deal(contact, "closedlost")
    clock.advance(hours=1)
    since = clock.now()
    sandbox.hubspot_move_deal(deal, "closedwon", amount="1250.50", closedate="2026-11-18T11:00:00Z")

    found = client.crm.deals.search_api.do_search(
        {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"},
                        {
                            "propertyName": "hs_lastmodifieddate",
                            "operator": "GTE",
                            "value": str(int(since.timestamp() * 1000)),
                        },
                        {"propertyName": "associations.contact", "operator": "EQ", "value": contact},
                    ]
                }
            ],
            "properties": ["amount", "dealstage"],
        }
    )
    assert [(one.id, one.properties["amount"]) for one in found.results] == [(deal, "1250.50")]


def touch(contact: str, **properties: str) -> dict[str, Any]:
    return {
        "properties": {
            "hs_communication_channel_type": "SMS",
            "hs_communication_logged_from": "CRM",
            "hs_communication_body": "Hello",
            "hs_timestamp": "2026-11-18T10:00:00Z",
            **properties,
        },
        "associations": [
            {
                "to": {"id": contact},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}],
            }
        ],
    }


def test_touches_are_logged_on_the_contact(sandbox: Sandbox, client: Any) -> None:
    contact = sandbox.hubspot_contact("Maya", "Osei", THEIRS)
    created = client.crm.objects.communications.basic_api.create(touch(contact))
    client.crm.objects.calls.basic_api.create(
        {
            "properties": {
                "hs_timestamp": "1795000000000",
                "hs_call_duration": "45000",
                "hs_call_status": "NO_ANSWER",
            },
            "associations": [
                {
                    "to": {"id": contact},
                    "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}],
                }
            ],
        }
    )

    assert created.properties["hs_communication_body"] == "Hello"
    linked = client.crm.associations.v4.basic_api.get_page("communications", created.id, "contacts")
    assert [str(one.to_object_id) for one in linked.results] == [contact]
    assert [seen.operation for seen in sandbox.requests("hubspot")][:2] == [
        "communications.create",
        "calls.create",
    ]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"hs_communication_channel_type": "EMAIL"}, "INVALID_OPTION"),
        ({"colour": "red"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_timestamp": "yesterday"}, "INVALID_LONG"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
        ({"hs_timestamp": ""}, "required properties"),
    ],
)
def test_property_values_that_hubspot_would_refuse(
    sandbox: Sandbox, client: Any, properties: dict[str, str], code: str
) -> None:
    from hubspot.crm.objects.communications.exceptions import ApiException

    contact = sandbox.hubspot_contact("Maya", None, THEIRS)
    with pytest.raises(ApiException) as caught:
        client.crm.objects.communications.basic_api.create(touch(contact, **properties))
    assert caught.value.status == 400
    assert code in json.loads(caught.value.body)["message"]


def test_an_association_of_the_wrong_type_is_refused(sandbox: Sandbox, client: Any) -> None:
    from hubspot.crm.objects.communications.exceptions import ApiException

    contact = sandbox.hubspot_contact("Maya", None, THEIRS)
    wrong = touch(contact)
    wrong["associations"][0]["types"][0]["associationTypeId"] = 194
    with pytest.raises(ApiException, match="not a valid association"):
        client.crm.objects.communications.basic_api.create(wrong)


def test_opt_out_properties_must_exist_first(sandbox: Sandbox, client: Any) -> None:
    from hubspot.crm.contacts.exceptions import ApiException

    contact = sandbox.hubspot_contact("Maya", None, THEIRS)
    change = {"properties": {"recovery_opt_out": "true"}}
    with pytest.raises(ApiException, match="PROPERTY_DOESNT_EXIST"):
        client.crm.contacts.basic_api.update(contact, change)
    client.crm.properties.core_api.create(
        "contacts",
        {
            "name": "recovery_opt_out",
            "label": "Recovery opt-out",
            "type": "bool",
            "fieldType": "booleancheckbox",
            "groupName": "contactinformation",
            "options": [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}],
        },
    )
    client.crm.contacts.basic_api.update(contact, change)

    assert sandbox.hubspot_properties_of(contact)["recovery_opt_out"] == "true"
    fetched = client.crm.contacts.basic_api.get_by_id(contact, properties=["recovery_opt_out"])
    assert fetched.properties["recovery_opt_out"] == "true"
    assert client.crm.properties.core_api.get_by_name("contacts", "recovery_opt_out").type == "bool"
    assert "recovery_opt_out" in [one.name for one in client.crm.properties.core_api.get_all("contacts").results]


def test_out_of_all_emails(sandbox: Sandbox, client: Any) -> None:
    contact = sandbox.hubspot_contact("Maya", None, THEIRS, "Maya@example.com")
    path = "/communication-preferences/v4/statuses/maya%40example.com/unsubscribe-all"

    before = client.api_request({"path": path, "qs": {"channel": "EMAIL"}}).json()
    answer = client.api_request({"method": "POST", "path": path, "qs": {"channel": "EMAIL"}})
    assert before["results"][0]["status"] == "SUBSCRIBED"
    assert answer.json()["results"][0]["status"] == "UNSUBSCRIBED"
    assert sandbox.hubspot_properties_of(contact)["hs_email_optout"] == "true"
    assert client.api_request({"method": "POST", "path": path}).status_code == 400
    (_, seen, _) = sandbox.requests("hubspot")
    assert seen.operation == "preferences.unsubscribe_all"


def test_contacts_are_created_once_per_email(sandbox: Sandbox, client: Any) -> None:
    from hubspot.crm.contacts.exceptions import ApiException

    body = {"properties": {"email": "sam@example.com", "phone": THEIRS}}
    created = client.crm.contacts.basic_api.create(body)
    with pytest.raises(ApiException) as caught:
        client.crm.contacts.basic_api.create(body)
    assert (caught.value.status, f"Existing ID: {created.id}" in caught.value.body) == (409, True)


def test_tokens_and_rate_limits(sandbox: Sandbox, client: Any, contacts: Any) -> None:
    from hubspot import Client
    from hubspot.crm.contacts.exceptions import ApiException

    stranger = Client.create(access_token="wrong", host=sandbox.hubspot_url, retry=False)
    with pytest.raises(ApiException) as caught:
        search(stranger.crm.contacts, group("email", "HAS_PROPERTY"))
    assert caught.value.status == 401
    sandbox.fault("hubspot", "contacts.search", "status", status=429, retry_after=1)
    with pytest.raises(ApiException) as caught:
        search(contacts, group("email", "HAS_PROPERTY"))
    answer = json.loads(caught.value.body)
    assert (caught.value.status, answer["errorType"], answer["policyName"]) == (429, "RATE_LIMIT", "SECONDLY")
    assert client.api_request({"path": "/account-info/v3/details"}).json()["portalId"] == 1001
