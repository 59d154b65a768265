"""A blueprint, run as Make runs it: bundles flow depth-first through the routes, in the routes' order.

- A filter that does not hold stops its route; the fallback route (`parameters.else`) runs if no other has passed
  (https://help.make.com/router).
- A module that fails hands the bundle to its error route, whose directive decides
  (https://help.make.com/quick-error-handling-reference); an error route without one ignores the error.
  A filter in front of it that does not hold leaves the error unhandled; modules on it may have error routes of their
  own (https://help.make.com/advanced-error-handling). What it may read of the error is documented by no example, so
  it reads nothing.
- An error that nothing handles ends the run, and an instant scenario is switched off.
- Of a bundle that Break puts aside, what follows the module on its own route is stored; routes beside it go on
  (that they do is not documented: our blueprints' routes exclude each other).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from sidecar.flows.documents import Document
from sidecar.flows.make import Blueprint
from tests.flows.make.conditions import passes
from tests.flows.make.expressions import evaluated
from tests.flows.make.functions import FUNCTIONS
from tests.flows.make.modules import DIRECTIVES, FEEDER, MODULES, ROUTER, TRIGGER, Execution
from tests.flows.make.values import BundleError, NotKnown, is_true, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sidecar.flows.make import Module
    from tests.flows.make.modules import Account

    Outputs = Mapping[int, Any]


@dataclass(slots=True)
class Incomplete:
    """An incomplete execution: a bundle, the module at which it failed, and what would have followed."""

    module: Module
    rest: Sequence[Module]
    outputs: Outputs
    error: BundleError
    left: int
    """Attempts that Make makes by itself; 0 leaves it to a person."""
    interval: timedelta
    due_at: datetime | None


class _Directive(Exception):
    """An error route has come to its directive."""

    def __init__(self, module: Module, mapper: dict[str, Any]) -> None:
        super().__init__(module.kind)
        self.kind = module.kind
        self.mapper = mapper


class _Over(Exception):
    """The run ends here."""

    def __init__(self, status: str, error: str = "", *, fatal: bool = False) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.fatal = fatal


class Scenario:
    """An imported blueprint with its connections, switched on. One run at a time a thread."""

    def __init__(self, document: dict[str, Any], account: Account) -> None:
        """Raises :class:`NotKnown` for what the interpreter does not know, wherever it stands."""
        self.blueprint = Blueprint(Document(str(document.get("name")), "make", document, ()))
        self.account = account
        self.active = True
        self.executions: list[Execution] = []
        self.incomplete: list[Incomplete] = []
        self._numbers = itertools.count(1)
        self._check()

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.blueprint.name

    @property
    def is_sequential(self) -> bool:
        """One run after the other; else in parallel."""
        return self.blueprint.scenario.get("sequential") is True

    @property
    def responds(self) -> bool:
        """Whether the webhook's answer is the scenario's to give."""
        return next(self.blueprint.of("gateway:WebhookRespond"), None) is not None

    def run(self, bundle: Any) -> Execution:
        """What a webhook's bundle sets off, to its end."""
        trigger, *rest = self.blueprint.main.modules
        execution = Execution(str(next(self._numbers)), self.account, operations=1)
        _Run(self, execution).whole(rest, {trigger.id: bundle})
        return execution

    def replay(self, incomplete: Incomplete) -> Execution:
        """Try a stored execution again, from the module that failed; it is resolved where that succeeds now."""
        self.incomplete.remove(incomplete)
        execution = Execution(str(next(self._numbers)), self.account)
        _Run(self, execution, again=incomplete).whole([incomplete.module, *incomplete.rest], incomplete.outputs)
        if execution.status == "error":
            self.incomplete.append(replace(incomplete, left=0, due_at=None))
        return execution

    def next_due(self) -> datetime | None:
        """When Make tries a stored execution again."""
        return min((each.due_at for each in self.incomplete if each.due_at is not None), default=None)

    def retry_due(self) -> None:
        """The attempts whose time has come."""
        for each in list(self.incomplete):
            if each.due_at is not None and each.due_at <= self.account.now():
                self.replay(each)

    def _check(self) -> None:
        modules = self.blueprint.modules
        if not modules or _key(modules[0]) != TRIGGER:
            self._refuse("a scenario that does not begin with gateway:CustomWebHook v1")
        for module in modules[1:]:
            if _key(module) not in {*MODULES, *DIRECTIVES, ROUTER, FEEDER}:
                self._refuse(f"the module {module.module} version {module.version} ({module.name})")
            if _key(module) in DIRECTIVES and module.flow.kind != "onerror" and not _in_error_route(module):
                self._refuse(f"{module.module} outside an error route ({module.name})")
            if module.module == "builtin:Break" and self.blueprint.scenario.get("dlq") is not True:
                self._refuse(f"{module.name} without incomplete executions (scenario.dlq)")
        for module in modules:
            for _, iml in module.texts:
                unknown = set(iml.functions) - set(FUNCTIONS)
                if iml.broken or unknown:
                    self._refuse(f"{iml.broken or ', '.join(sorted(unknown))} in {module.name}")

    def _refuse(self, what: str) -> NoReturn:
        raise NotKnown(f"{self.name}: {what}")


class _Run:
    """One execution under way."""

    def __init__(self, scenario: Scenario, execution: Execution, again: Incomplete | None = None) -> None:
        self._scenario = scenario
        self._execution = execution
        self._again = again

    def whole(self, modules: Sequence[Module], outputs: Outputs) -> None:
        """To its end, whatever that is."""
        self._scenario.executions.append(self._execution)
        try:
            self._flow(modules, outputs)
        except _Over as over:
            self._execution.status, self._execution.error = over.status, over.error
            if over.fatal:
                self._scenario.active = False
        except NotKnown as error:
            self._execution.status, self._execution.error = "error", f"NOT KNOWN to the interpreter: {error}"
            self._scenario.active = False
            raise

    def _flow(self, modules: Sequence[Module], outputs: Outputs) -> bool:
        """Send a bundle through modules; whether the filter in front of the first let it pass."""
        for position, module in enumerate(modules):
            if not passes(module.conditions, outputs, self._now):
                return position > 0
            if _key(module) == ROUTER:
                self._routes(module, outputs)
                continue
            for output in self._outputs_of(module, modules[position + 1 :], outputs):
                self._flow(modules[position + 1 :], {**outputs, module.id: output})
            return True
        return True

    @property
    def _now(self) -> datetime:
        return self._scenario.account.now()

    def _routes(self, router: Module, outputs: Outputs) -> None:
        routes = [flow for flow in router.flows if flow.kind == "routes"]
        fallback = router.parameters.get("else")
        passed = [self._flow(flow.modules, outputs) for flow in routes if flow.index != fallback]
        if fallback is not None and not any(passed):
            for flow in routes:
                if flow.index == fallback:
                    self._flow(flow.modules, outputs)

    def _outputs_of(self, module: Module, rest: Sequence[Module], outputs: Outputs) -> list[Any]:
        """What a module gives for a bundle: one bundle, several from a feeder, none where the bundle is dropped."""
        if _key(module) in DIRECTIVES:
            raise _Directive(module, evaluated(module.mapper, outputs, self._now))
        self._execution.operations += 1
        self._execution.ran.append(module.name)
        given = self._execution.outputs.setdefault(module.name, [])
        try:
            mapper = evaluated(module.mapper, outputs, self._now)
            if _key(module) == FEEDER:
                return [value if isinstance(value, dict) else {"value": value} for value in mapper["array"] or ()]
            given.append(MODULES[_key(module)](module, mapper, self._execution))
        except BundleError as error:
            given.append(error)
            return self._handled(module, rest, outputs, error)
        return given[-1:]

    def _handled(self, module: Module, rest: Sequence[Module], outputs: Outputs, error: BundleError) -> list[Any]:
        """The module's error route; what the module gives out instead, if anything."""
        try:
            handled = bool(module.handlers) and self._flow(module.handlers, outputs)
        except _Directive as directive:
            if directive.kind == "Resume":
                self._execution.outputs[module.name].append(directive.mapper)
                return [directive.mapper]
            if directive.kind in {"Commit", "Rollback"}:
                raise _Over("success" if directive.kind == "Commit" else "error", error.message) from error
            if directive.kind == "Break":
                self._store(module, rest, outputs, error, directive.mapper)
            return []
        if not handled:
            raise _Over("error", f"{module.name}: {error.kind}: {error.message}", fatal=True) from error
        return []

    def _store(
        self, module: Module, rest: Sequence[Module], outputs: Outputs, error: BundleError, mapper: dict[str, Any]
    ) -> None:
        """https://help.make.com/break-error-handler: kept, and tried again by itself where it says so."""
        self._execution.status = "warning"
        repeated = self._again is not None and self._again.module is module
        given = int(number_of(mapper.get("count")) or 0) if is_true(mapper.get("retry")) else 0
        left = self._again.left - 1 if self._again is not None and repeated else given
        interval = timedelta(minutes=number_of(mapper.get("interval")) or 0)
        due = self._now + interval if left > 0 else None
        self._scenario.incomplete.append(Incomplete(module, rest, outputs, error, max(left, 0), interval, due))


def _key(module: Module) -> tuple[str, float]:
    return module.module, module.version


def _in_error_route(module: Module) -> bool:
    """Whether an error route lies somewhere around it: routes of a router within one."""
    owner = module.flow.owner
    return owner is not None and (owner.flow.kind == "onerror" or _in_error_route(owner))
