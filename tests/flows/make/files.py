"""The blueprints that ship, as files: for the tests that look at them; `stack` is for those that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sidecar.flows.catalogue import shipped_flows
from sidecar.flows.make import Blueprint, Module

if TYPE_CHECKING:
    from sidecar.flows.catalogue import ShippedFlow

SHIPPED: Final = {flow.stem: flow for flow in shipped_flows() if flow.document.platform == "make"}
ROUTER: Final = "builtin:BasicRouter"


def graph(flow: ShippedFlow) -> Blueprint:
    """One of them as a graph."""
    return Blueprint(flow.document)


def is_directive(module: Module) -> bool:
    """Whether it is what an error route ends with: Ignore, Break."""
    return module.app == "builtin" and module.module != ROUTER


def is_bound(parameter: str) -> bool:
    """Whether it names something in one account: it is chosen after the import."""
    return parameter in {"hook", "__IMTCONN__", "auth"} or parameter.endswith("Keychain")
