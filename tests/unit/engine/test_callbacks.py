"""Addresses that others give us to call: only where the business allows."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import PoolManager
from urllib3.util import parse_url

from sidecar.config.business import Flow
from sidecar.engine.callbacks import allowed, checked, named, read
from sidecar.engine.posting import is_public
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
    paths = ("/rest/login", "/webhook/x", "/webhook-waiting/../rest/login", "/webhook-waiting/%2e%2e/rest",
             "/webhook-waiting/%2e%2e%5crest", "/webhook-waiting/\\..\\rest")  # fmt: skip
    for path in paths:
        with pytest.raises(Invalid):
            checked(house, f"https://n8n.example.com{path}")


def test_without_a_flow_there_is_nothing_to_call() -> None:
    with pytest.raises(Invalid):
        checked(replace(business(), flow=None), WAIT)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254\\@n8n.example.com/x",
        "http://169.254.169.254\\.n8n.example.com/x",
        "http://n8n.example.com\t@169.254.169.254/x",
        "http://n8n.example.com@169.254.169.254/x",
        "http://user:word@n8n.example.com/x",
        "http://n8n.example.com/a b",
        " http://n8n.example.com/x",
        "http://n8n.example.com/x\r\nHost: evil.example",
        "http://n8n.example.com/x\0",
        "http://n8n.example.com\u3002evil.example/x",
        "http://evil%2f.n8n.example.com/x",
        "http://n8n.example.com:99999/x",
        "http://[fe80::1%25eth0]/x",
        "http:///x",
        "http:n8n.example.com/x",
    ],
)
def test_what_two_parsers_may_read_differently_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        allowed(url, ("n8n.example.com", "*.n8n.example.com"), field="url", setting="event_hosts")


_PIECES = st.sampled_from(
    ["http://", "https://", "n8n.example.com", "169.254.169.254", "[::1]", "evil.example", "\\", "@", "/", "//", ":",
     ":80", "?", "#", "%", "%40", "%5c", "%2e", ".", "..", "\t", "\n", "\0", " ", "*", ";", "&", "=", "a", "N8N",
     "\u3002", "\uff0f", "ß"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=8).map("".join), st.booleans())
def test_the_host_that_is_allowed_is_the_host_that_is_connected_to(tail: str, whole: bool) -> None:
    """Whatever is let through goes where the list says, by both ways in which an HTTP client may read it."""
    hosts = ("n8n.example.com", "*.n8n.example.com")
    try:
        url = allowed(f"http://n8n.example.com{tail}" if whole else f"http://{tail}", hosts, field="url", setting="x")
    except Invalid:
        return
    prepared = requests.Request("POST", url).prepare().url
    assert prepared is not None
    for way in (url, prepared):
        assert parse_url(way).host == urlsplit(way).hostname
        pool = PoolManager().connection_from_url(way)
        assert pool.host == "n8n.example.com" or pool.host.endswith(".n8n.example.com")
    assert allowed(url, hosts, field="url", setting="x") == url


def test_a_host_may_be_private_only_where_it_is_named() -> None:
    def known(url: str, *hosts: str) -> bool:
        return named(read(url, field="url"), hosts)

    assert known("http://n8n:5678/x", "n8n:5678")
    assert known("http://N8N/x", "n8n")
    assert known("http://[::1]:80/x", "::1")
    assert not known("http://n8n.example.com/x", "*.example.com")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:93.184.215.14", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
