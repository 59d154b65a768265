"""Practice in Make: handlers, waits, statuses, and what a blueprint should not carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.findings import Edit, Found, shown
from sidecar.flows.make_requests import request_of, stops_at_errors
from sidecar.flows.rules import rule
from sidecar.flows.strings import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.make import Blueprint, Module

_ERRORS: Final = "https://help.make.com/overview-of-error-handling"
_SETTINGS: Final = "https://help.make.com/scenario-settings"
_CALM: Final = frozenset(
    {"builtin", "util", "gateway", "json", "regexp", "set", "placeholder", "flow", "markdown", "xml"}
)
"""Apps whose modules ask nobody."""
_SLEEPS: Final = frozenset({"util:FunctionSleep", "builtin:Sleep"})
_LONGEST_SLEEP: Final = 300
_BOUND: Final = re.compile(r"^(?:__IMTCONN__|__IMTKEY__|hook|datastore|makeConnectionId|\w*Keychain)$")
_IN_QUOTES: Final = re.compile(r'"[^"{}]*\{\{')


@rule(
    "P301",
    "a module that can fail, and no handler",
    on="make",
    reason="An instant scenario is switched off at its first unhandled error, and every later call is lost.",
    remedy="give it an error handler: Ignore where the sidecar covers it, Break where a fact would be lost",
    source=_ERRORS,
)
def unhandled(blueprint: Blueprint) -> Iterator[Found]:
    """Each module that asks somebody over the network, in an instant scenario, without `onerror`."""
    if not blueprint.main.modules or blueprint.main.modules[0].app not in {"gateway", "webhook"}:
        return
    for module in blueprint.modules[1:]:
        if module.app not in _CALM and not module.handlers and module.flow.kind not in {"onerror", "tools"}:
            edits = _handler(blueprint, module)
            yield Found(module.place, "when it fails the scenario is switched off", module.name, edits=edits)


_FACTS: Final = frozenset({"/v1/calls", "/v1/messages/inbound", "/v1/outcomes", "/v1/contacts/opt-out"})
"""Calls that carry what nobody else knows: it is kept and told again. All others the sidecar's own time covers."""


def _handler(blueprint: Blueprint, module: Module) -> tuple[Edit, ...]:
    """The handler that is right for a call of the sidecar; of others only a person knows."""
    request = request_of(blueprint, module)
    path = request.paths[0] if request is not None else ""
    if not path:
        return ()
    handler: dict[str, Any] = {
        "id": max(blueprint.by_id) + 1 + module.position,
        "module": "builtin:Break" if path in _FACTS else "builtin:Ignore",
        "version": 1,
        "parameters": {},
        "mapper": {"retry": True, "count": "3", "interval": "15"} if path in _FACTS else {},
        "metadata": {"designer": {"x": 0, "y": 0}},
    }
    edit = Edit((*module.place, "onerror"), [handler])
    return (edit, _with_dlq(blueprint)) if path in _FACTS else (edit,)


def _with_dlq(blueprint: Blueprint) -> Edit:
    return Edit((*blueprint.place, "metadata", "scenario", "dlq"), value=True)


@rule(
    "P302",
    "Break without a place for incomplete executions",
    on="make",
    reason="Break keeps the execution to try it again; with incomplete executions off there is nowhere to keep it.",
    remedy="set scenario.dlq to true",
    source="https://help.make.com/break-error-handler",
)
def break_without_dlq(blueprint: Blueprint) -> Iterator[Found]:
    """Each Break, where `dlq` is off."""
    for module in blueprint.of("builtin:Break"):
        if blueprint.scenario.get("dlq") is not True:
            said = "incomplete executions are off, so Break keeps nothing"
            yield Found(module.place, said, module.name, edits=(_with_dlq(blueprint),))


@rule(
    "P303",
    "one bad call stops all others",
    on="make",
    reason="A sequential scenario with incomplete executions waits until the incomplete one is solved, by a person.",
    remedy="set scenario.sequential to false: the sidecar makes order and duplicates harmless",
    source=_SETTINGS + "#sequential-processing",
)
def sequential_with_dlq(blueprint: Blueprint) -> Iterator[Found]:
    """`sequential` and `dlq` together."""
    if blueprint.scenario.get("sequential") is True and blueprint.scenario.get("dlq") is True:
        place = (*blueprint.place, "metadata", "scenario", "sequential")
        yield Found(place, "the scenario stops while one execution is incomplete", shown(blueprint.name))


@rule(
    "P304",
    "a Sleep that Make does not sleep",
    on="make",
    reason="A Sleep takes 1 to 300 seconds, a scenario runs for 40 minutes: longer timers cannot live in Make.",
    remedy="let the sidecar keep the time; it sends step.ready when a step is due",
    source="https://help.make.com/tools#sleep",
)
def long_sleeps(blueprint: Blueprint) -> Iterator[Found]:
    """Each Sleep outside 1 to 300 seconds."""
    for module in blueprint.of(*_SLEEPS):
        for key in ("duration", "delay"):
            value = str(module.mapper.get(key, ""))
            if value.isdecimal() and not 1 <= int(value) <= _LONGEST_SLEEP:
                yield Found((*module.place, "mapper", key), f"{value} seconds; 1 to 300 are taken", module.name)


@rule(
    "P305",
    "a refusal passes for success",
    on="make",
    reason="Without “evaluate all states as errors” a 409 or a 500 is an ordinary answer, and the scenario goes on.",
    remedy="set handleErrors (version 3) or stopOnHttpError (version 4), or ask for statusCode in the next filter",
    source="https://help.make.com/http",
)
def unchecked_status(blueprint: Blueprint) -> Iterator[Found]:
    """Each HTTP module that takes every status, and whose status no filter asks for."""
    asked = {number for module in blueprint.modules for number in _asked(module)}
    for module in blueprint.modules:
        if module.app != "http" or "url" not in module.mapper or module.kind == "ActionGetFile":
            continue
        if not stops_at_errors(module) and module.id not in asked:
            said = "a status of 400 or 500 is taken for success"
            yield Found(module.place, said, module.name, edits=_stopping(blueprint, module))


def _stopping(blueprint: Blueprint, module: Module) -> tuple[Edit, ...]:
    """Where a handler takes the error, or is put there too (P301), it may be one."""
    key = {3: ("parameters", "handleErrors"), 4: ("mapper", "stopOnHttpError")}.get(int(module.version))
    if key is None or not isinstance(module.raw.get(key[0]), dict):
        return ()
    handled = bool(module.handlers) or bool(_handler(blueprint, module))
    return (Edit((*module.place, *key), value=True),) if handled else ()


def _asked(module: Module) -> Iterator[int]:
    """The modules whose status its filter asks for."""
    for place, text in module.texts:
        if len(place) > len(module.place) and place[len(module.place)] == "filter":
            yield from (one.module for one in text.references if one.path[:1] == ("statusCode",))


@rule(
    "P314",
    "a field is read of an answer that nobody parses",
    on="make",
    reason="Without “parse response” the answer is one text: its fields are empty, and a filter on them stops all.",
    remedy="switch “parse response” on (parseResponse), or read it with “Parse JSON”",
    source="https://help.make.com/http",
)
def unparsed_answers(blueprint: Blueprint) -> Iterator[Found]:
    """Each expression that reads a field of `data` of a request whose `parseResponse` is off."""
    for module in blueprint.modules:
        for place, text in module.texts:
            for reference in text.references:
                call = blueprint.by_id.get(reference.module)
                named = len(reference.path) > 1 and reference.path[0] == "data" and isinstance(reference.path[1], str)
                if named and call is not None and call.app == "http" and call.mapper.get("parseResponse") is False:
                    yield Found(place, f"the answer of {shown(call.name)} is not parsed", module.name)


@rule(
    "P306",
    "people's text in JSON that is written by hand",
    on="make",
    reason="A quote or a line break in it breaks the body: the STOP of somebody who wrote in two lines is lost.",
    remedy="send a form (urlEncoded), or build the body with “Create JSON”",
    source="https://help.make.com/http; https://help.make.com/json#create-json",
)
def raw_json(blueprint: Blueprint) -> Iterator[Found]:
    """Each body of JSON with an expression within quotes."""
    for module in blueprint.modules:
        if module.app != "http":
            continue
        for key in ("data", "jsonStringBodyContent"):
            body = module.mapper.get(key)
            if isinstance(body, str) and body.lstrip().startswith(("{", "[")) and _IN_QUOTES.search(body):
                yield Found((*module.place, "mapper", key), "a quote in what is put in breaks this JSON", module.name)


@rule(
    "P307",
    "a filter without a condition",
    on="make",
    reason="It lets everything through, whatever its name promises.",
    remedy="give it its condition, or take the filter away",
    source="https://help.make.com/filtering; seen in genuine exports",
)
def empty_filters(blueprint: Blueprint) -> Iterator[Found]:
    """Each filter whose conditions are empty."""
    for module in blueprint.modules:
        given = module.raw.get("filter")
        if isinstance(given, dict) and given and not any(module.conditions):
            name = shown(given["name"]) if given.get("name") else "its filter"
            yield Found((*module.place, "filter"), f"{name} lets everything through", module.name)


@rule(
    "P309",
    "an id of one account",
    on="make",
    reason="Connections, hooks and keychains are numbers of one account: elsewhere they name nothing.",
    remedy="leave it out of what is passed on; Make asks for it on import",
    source="https://help.make.com/blueprints",
)
def account_ids(blueprint: Blueprint) -> Iterator[Found]:
    """Each parameter that is bound to an account."""
    for module in blueprint.modules:
        for key, value in module.parameters.items():
            if (
                _BOUND.match(key)
                and isinstance(value, (int, str))
                and value not in {"", 0}
                and not isinstance(value, bool)
            ):
                place = (*module.place, "parameters", key)
                yield Found(place, f"{key} is that of one account", module.name, edits=(Edit(place, remove=True),))


@rule(
    "P310",
    "an expression that Make cannot read",
    on="make",
    reason="What cannot be read goes out as it stands, braces and all.",
    remedy="mend it at the place that the message names; arguments are parted by ; and texts stand in quotes",
    source="https://help.make.com/functions",
)
def broken_expressions(blueprint: Blueprint) -> Iterator[Found]:
    """Each text that the parser refuses."""
    for module in blueprint.modules:
        for place, text in module.texts:
            if text.broken:
                yield Found(place, text.broken, module.name)


@rule(
    "P311",
    "a full store of incomplete executions switches the scenario off",
    on="make",
    reason="With data loss off, a full store stops the scenario, and with it every later call.",
    remedy="set scenario.dataloss to true: what drives the sidecar is covered by its own time",
    source=_SETTINGS + "#enable-data-loss",
)
def dataloss_off(blueprint: Blueprint) -> Iterator[Found]:
    """`dlq` without `dataloss`."""
    scenario = blueprint.scenario
    if scenario.get("dlq") is True and at(scenario, "dataloss") is False:
        place = (*blueprint.place, "metadata", "scenario", "dataloss")
        yield Found(place, "a full store of incomplete executions stops everything", shown(blueprint.name))
