"""The shipped blueprints as files: the shape of genuine exports, the fields that Make's modules have, our own rules."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.flows.documents import Document
from sidecar.flows.http_v3 import with_http_v3
from sidecar.flows.loading import load
from sidecar.flows.make import Blueprint
from sidecar.flows.stamping import settings_of
from sidecar.flows.suppressions import written
from sidecar.flows.tidying import tidy_file
from sidecar.shipped import shipped
from tests.flows.make.files import ROUTER, SHIPPED, graph, is_bound, is_directive
from tests.support.flows import exports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sidecar.flows.make import Module

STEMS: Final = ("any-phone-system", "own-sender", "replies", "sequence-driver", "voice-outcomes")
each = pytest.mark.parametrize("stem", STEMS)


def test_all_of_them_ship() -> None:
    assert tuple(sorted(SHIPPED)) == STEMS


# -- as Make's editor writes them ----------------------------------------------------------------------------------


def shapes(value: dict[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """The members of each object that the editor gives a meaning to, by what the object is."""
    metadata = value["metadata"]
    yield "blueprint", frozenset(value)
    yield "metadata", frozenset(metadata)
    yield "scenario", frozenset(metadata["scenario"])
    notes = metadata.get("notes")
    for note in notes if isinstance(notes, list) else ():
        yield "note", frozenset(note)
    for module in Blueprint(Document("", "make", value, ())).modules:
        yield "module", frozenset(module.raw)
        yield "module's metadata", frozenset(module.raw["metadata"])
        yield "designer", frozenset(module.raw["metadata"]["designer"])
        yield "filter", frozenset(module.raw.get("filter") or ())
        for condition in (one for group in module.conditions for one in group):
            yield "condition", frozenset(condition)
        for route in module.raw.get("routes") or ():
            yield "route", frozenset(route)


@each
def test_it_has_the_members_that_genuine_exports_have(stem: str) -> None:
    found = exports("make/valid")
    seen: dict[str, Counter[str]] = {}
    for path in found:
        for kind, names in shapes(json.loads(path.read_text(encoding="utf-8"))):
            seen.setdefault(kind, Counter()).update(names)
    for kind, names in shapes(SHIPPED[stem].document.value) if found else ():
        assert names <= set(seen[kind]), f"no editor writes that in a {kind}"
        if kind in {"blueprint", "metadata", "scenario"}:
            usual = {name for name, count in seen[kind].items() if count > len(found) * 0.7}
            assert usual <= names, f"a {kind} has these"


@each
def test_its_settings_have_the_types_of_genuine_ones(stem: str) -> None:
    types: dict[str, set[type]] = {}
    for path in exports("make/valid"):
        for name, value in json.loads(path.read_text(encoding="utf-8"))["metadata"]["scenario"].items():
            types.setdefault(name, set()).add(type(value))
    ours = SHIPPED[stem].document.value["metadata"]["scenario"]
    assert all(type(value) in types.get(name, {type(value)}) for name, value in ours.items())


# -- as Make's modules take it -------------------------------------------------------------------------------------

FIELDS: Final = json.loads((shipped("schemas") / "make-modules.json").read_text(encoding="utf-8"))
NOT_OURS: Final = {"inputMethod", "jsonStringBodyContent", "keepTrackOfResponses"}
"""Required of a request of version 4 whose body is JSON (ours are forms), and by some older editor of version 3."""


def versions() -> Iterator[tuple[str, Blueprint]]:
    """Each file, and the copy that `--http v3` makes of it."""
    for stem, flow in sorted(SHIPPED.items()):
        older = with_http_v3(flow.document.value, flow.document.file)
        yield stem, graph(flow)
        yield f"{stem} v3", Blueprint(Document(flow.document.file, "make", older, ()))


@pytest.mark.parametrize(
    "module", [pytest.param(one, id=f"{name}: {one.name}") for name, bp in versions() for one in bp.modules]
)
def test_a_module_has_the_fields_that_make_knows(module: Module) -> None:
    facts = FIELDS[f"{module.module}@{module.version:g}"]
    for part in ("parameters", "mapper"):
        given = module.raw.get(part) or {}
        known = {field["name"]: field for field in facts[part]}
        if module.module != ROUTER:
            assert set(given) <= set(known)
        for name, field in known.items():
            if field.get("required") and not is_bound(name) and name not in NOT_OURS:
                assert given.get(name) not in {None, ""}, f"{name} is required"
            if "enum" in field and given.get(name):
                assert given[name] in field["enum"]


@each
def test_a_module_describes_each_field_that_it_fills_in(stem: str) -> None:
    for module in graph(SHIPPED[stem]).modules:
        described = {one["name"] for one in module.raw["metadata"].get("expect", ())}
        assert set(module.mapper) <= described, module.name


# -- as we want them -----------------------------------------------------------------------------------------------

HANDLERS: Final = {
    ("any-phone-system", "Report the missed call"): "Break",
    ("any-phone-system", "Answer the phone system"): "Ignore",
    ("own-sender", "Claim the text"): "Ignore",
    ("own-sender", "Send with your own Twilio"): "MakeRequest Ignore",
    ("own-sender", "Report that it failed"): "Resume",
    ("own-sender", "Report it as sent"): "Break",
    ("replies", "First time?"): "Resume",
    ("replies", "Tell the team"): "Break",
    ("replies", "Tell the team: STOP"): "Break",
    ("replies", "Answer once"): "Ignore",
    ("sequence-driver", "Send the text"): "Ignore",
    ("sequence-driver", "Place the call"): "Ignore",
    ("sequence-driver", "Write the email"): "Ignore",
    ("sequence-driver", "Ask the staff"): "Ignore",
    ("sequence-driver", "First time?"): "Resume",
    ("sequence-driver", "Tell the team: a reply"): "Break",
    ("sequence-driver", "Tell the team: the end"): "Break",
    ("voice-outcomes", "First time?"): "Resume",
    ("voice-outcomes", "Tell the team: booked"): "Break",
    ("voice-outcomes", "Tell the team: transferred"): "Break",
    ("voice-outcomes", "Write the email"): "Ignore",
    ("voice-outcomes", "Tell the team: never again"): "Break",
}
"""Ignore where the sidecar covers it by itself: a step's own time comes, a claim that nobody reports is shown to a
person and its text never sent twice. Break where a fact would be lost. Resume where the next module acts all the same:
whoever was not asked whether the team knows tells it, and a failure that could not be reported shows by its claim."""
CANNOT_FAIL: Final = {"gateway:CustomWebHook", "util:SetVariables", ROUTER}


def test_what_can_fail_has_an_error_handler() -> None:
    found = {
        (stem, module.name): " ".join(one.kind for one in module.handlers)
        for stem, flow in SHIPPED.items()
        for module in graph(flow).modules
        if module.module not in CANNOT_FAIL and not is_directive(module)
    }
    assert found == HANDLERS


@each
def test_one_bad_call_stops_no_other(stem: str) -> None:
    blueprint = graph(SHIPPED[stem])
    stores = next(blueprint.of("builtin:Break"), None) is not None
    settings = ("sequential", "dataloss", "dlq", "maxErrors")
    assert [blueprint.scenario[name] for name in settings] == [False, True, stores, 3]
    assert blueprint.value["metadata"]["instant"] is True


@each
def test_a_request_sends_a_form_and_takes_a_refusal_for_an_error(stem: str) -> None:
    for module in graph(SHIPPED[stem]).of("http:MakeRequest"):
        assert module.mapper["stopOnHttpError"] is True
        assert module.mapper["contentType"] in {"", "urlEncoded"}
        ours = module.mapper["url"].startswith("{{2.sidecar_url}}/v1/")
        assert ours or module.mapper["url"] == "{{2.team_webhook}}"
        assert module.parameters["authenticationType"] == ("apiKey" if ours else "noAuth"), "the key goes to us alone"


@each
def test_nothing_in_it_belongs_to_an_account(stem: str) -> None:
    for module in graph(SHIPPED[stem]).modules:
        assert not [name for name in module.parameters if is_bound(name)], module.name


@each
def test_its_modules_have_names_of_their_own(stem: str) -> None:
    named = [module for module in graph(SHIPPED[stem]).modules if not is_directive(module)]
    names = [module.raw["metadata"]["designer"].get("name") for module in named]
    assert all(names)
    assert len(set(names)) == len(names)


@each
def test_a_note_says_what_to_choose_and_fill_in(stem: str) -> None:
    blueprint = graph(SHIPPED[stem])
    for module in blueprint.modules:
        asks = [one["name"] for one in module.raw["metadata"].get("parameters", ()) if one.get("required")]
        if module.name == "Settings" or any(is_bound(name) for name in asks):
            assert blueprint.notes.get(module.id), f"no note at {module.name}"
    assert "x-make-apikey" in blueprint.notes[1][0] or stem == "any-phone-system"
    assert blueprint.notes[0], "and one for the whole"


@each
def test_settings_hold_the_address_and_no_client(stem: str) -> None:
    settings = {one["name"]: one["value"] for one in settings_of("make", SHIPPED[stem].document.value)}
    assert settings.pop("sidecar_url") == "https://recovery.example.com"
    assert (
        settings.items() <= {"team_webhook": "", "first_answer": "", "email_step": "email", "provider": "other"}.items()
    )


@each
def test_fmt_changes_nothing(stem: str) -> None:
    file = load(SHIPPED[stem].document.file)
    assert tidy_file(file) == file.data


@pytest.mark.parametrize("http", ["v4", "v3"])
def test_the_lint_has_nothing_to_say(http: str, tmp_path: Path) -> None:
    """Nor is anything kept from it: no blueprint holds an exception."""
    for stem, flow in SHIPPED.items():
        value = flow.document.value if http == "v4" else with_http_v3(flow.document.value, flow.document.file)
        (tmp_path / f"{stem}.json").write_text(json.dumps(value), encoding="utf-8")
        assert not list(written(graph(flow)))
    result = CliRunner().invoke(recovery, ["lint", str(tmp_path), "--max-warnings", "0"])
    assert (result.exit_code, "5 files" in result.output) == (0, True), result.output
