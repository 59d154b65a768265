"""Addresses that others give us to call: only where the business allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sidecar.config.business import Flow
from sidecar.engine.callbacks import allowed, checked, refuse_private
from sidecar.engine.results import Invalid
from tests.unit.channels.example import business

WAIT = "https://n8n.example.com/webhook-waiting/7/callback?signature=abc"


def test_only_hosts_on_the_list_with_their_port_or_below_a_star() -> None:
    def ok(url: str, *hosts: str) -> bool:
        try:
            return allowed(url, hosts, field="url", setting="event_hosts") == url
        except Invalid:
            return False

    assert ok(WAIT, "n8n.example.com")
    assert ok("http://10.0.0.5:5678/x", "10.0.0.5:5678")
    assert ok("https://a.b.example.com/x", "*.example.com")
    assert not ok("https://example.com/x", "*.example.com")
    assert not ok("https://evilexample.com/x", "*.example.com")
    assert not ok(WAIT)
    assert not ok(WAIT, "example.com")
    assert not ok("https://n8n.example.com@evil.example/x", "n8n.example.com")
    assert not ok("ftp://n8n.example.com/x", "n8n.example.com")
    assert not ok("n8n.example.com/x", "n8n.example.com")


def test_an_internal_address_replaces_n8ns_own_for_its_waits_only() -> None:
    house = replace(business(), flow=Flow("n8n", callback_base="http://n8n:5678"))
    assert checked(house, WAIT) == "http://n8n:5678/webhook-waiting/7/callback?signature=abc"
    for path in ("/rest/login", "/webhook/x", "/webhook-waiting/../rest/login", "/webhook-waiting/%2e%2e/rest"):
        with pytest.raises(Invalid):
            checked(house, f"https://n8n.example.com{path}")


def test_without_a_flow_there_is_nothing_to_call() -> None:
    with pytest.raises(Invalid):
        checked(replace(business(), flow=None), WAIT)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "0.0.0.0", "localhost"])
def test_a_private_address_is_refused_unless_that_host_is_named(host: str) -> None:
    url = f"http://{host}:8080/x"
    with pytest.raises(Invalid):
        refuse_private(url, ("*.example.com",))
    refuse_private(url, (host.strip("[]"), f"{host}:8080"))
