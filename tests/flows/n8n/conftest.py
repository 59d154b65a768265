"""One n8n and one sidecar for the scenarios that leave them alone, and one of each for those that do not."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from sidecar.clock import FileClock, SystemClock, from_environment
from sidecar.sandbox import Sandbox
from tests.flows.n8n.api import Api
from tests.flows.n8n.installation import NotInstallableError, installed
from tests.flows.n8n.servers import N8n, Sidecar
from tests.flows.n8n.stack import (
    CREDENTIAL,
    EVENTS,
    QUICK,
    TWO_TEXTS,
    WAITS,
    Stack,
    business_id,
    secret_of,
    write_businesses,
    write_two_text_businesses,
)
from tests.flows.n8n.twilio_front import TwilioFront
from tests.flows.n8n.workflows import for_client, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.n8n.installation import Installation


_TELL_TIMERS = {"N8N_LOG_LEVEL": "debug", "N8N_LOG_SCOPES": "waiting-executions"}
"""Has n8n log the timers that it sets for the limits of waits."""


@pytest.fixture(scope="session")
def n8n_installation() -> Installation:
    """n8n, installed if it is not there yet; where it cannot be, every test that asks for it fails and says why."""
    return installed_or_fail()


def installed_or_fail() -> Installation:
    """Never a skip: workflows that were not played are not proven."""
    try:
        return installed()
    except NotInstallableError as error:
        pytest.fail(f"n8n cannot be installed here, so the workflows are not proven: {error}", pytrace=False)


@pytest.fixture(scope="session")
def stack(n8n_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack that scenarios share; each has a caller of its own."""
    with a_stack(n8n_installation, tmp_path_factory.mktemp("stack")) as built:
        yield built


@pytest.fixture(scope="session")
def events_key(stack: Stack) -> dict[str, str]:
    """What the sidecar sends with its events, so that the workflows' webhooks take them."""
    return stack.key_header(EVENTS)


@pytest.fixture(scope="session")
def _own_stack(n8n_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("own")
    FileClock.create(folder / "clock", SystemClock().now())
    with a_stack(n8n_installation, folder, str(folder / "clock")) as built:
        yield built


@pytest.fixture
def own_clock(own_stack: Stack) -> FileClock:
    """The clock of the vendors and the sidecar in `own_stack`; n8n keeps the machine's. To be turned forward only."""
    return FileClock(own_stack.sidecar.environment["RECOVERY_CLOCK_FILE"])


@pytest.fixture
def own_stack(_own_stack: Stack) -> Iterator[Stack]:
    """A stack whose servers may be killed and whose clock may be turned; what is down afterwards is started again."""
    yield _own_stack
    for server in (_own_stack.sidecar, _own_stack.n8n):
        if not server.runs:
            server.start()


@contextlib.contextmanager
def a_stack(installation: Installation, folder: Path, clock_file: str | None = None) -> Iterator[Stack]:
    """Start everything, import the workflow, point the numbers at it; stop everything."""
    follow = {"RECOVERY_CLOCK_FILE": clock_file} if clock_file else {}
    with Sandbox(from_environment(clock_file).now) as sandbox, contextlib.ExitStack() as ends:
        write_businesses(folder / "businesses", sandbox, WAITS)
        write_two_text_businesses(folder / "businesses", sandbox)
        front = ends.enter_context(TwilioFront(sandbox.twilio_url, folder))
        sidecar = Sidecar(folder, sandbox, follow)
        n8n = N8n(installation, folder, front.environment | (_TELL_TIMERS if clock_file else {}))
        sidecar.command("db", "upgrade")
        key = secret_of(sidecar.command("keys", "create", "n8n", "--every-business"))
        operator = secret_of(sidecar.command("keys", "create", "tests", "--every-business", "--all-scopes"))
        ends.callback(sidecar.stop)
        sidecar.start()
        sandbox.point_at(sidecar.url)
        ends.callback(n8n.stop)
        n8n.start()
        n8n.import_credential(CREDENTIAL, key)
        api = Api(n8n)
        settings = {"sidecar_url": sidecar.url, "team_webhook": f"{sandbox.receiver_url}/hooks/team"}
        errors = for_client("recovery-errors", **settings, business=business_id(QUICK))
        workflow = for_client("missed-call-recovery", **settings)
        # The API gives out ids; `import:workflow` keeps the shipped ones, by which the one names the other.
        workflow["settings"]["errorWorkflow"] = api.create_workflow(errors)
        api.create_workflow(workflow)
        n8n.wait_for_webhook(path_of(workflow))
        for number in WAITS:
            sandbox.twilio_number(number, voice_url=n8n.url + path_of(workflow))
        for number in TWO_TEXTS:
            sandbox.twilio_number(number)
        yield Stack(sandbox, sidecar, n8n, api, operator, front)
