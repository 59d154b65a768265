"""One n8n and one sidecar for the scenarios that do not kill them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from sidecar.clock import SystemClock
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


@pytest.fixture(scope="session")
def n8n_installation() -> Installation:
    """n8n, installed if it is not there yet; where it cannot be, every test here fails and says why."""
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


@contextlib.contextmanager
def a_stack(installation: Installation, folder: Path) -> Iterator[Stack]:
    """Start everything, import the workflow, point the numbers at it; stop everything."""
    with Sandbox(SystemClock().now) as sandbox, contextlib.ExitStack() as ends:
        write_businesses(folder / "businesses", sandbox, WAITS)
        write_two_text_businesses(folder / "businesses", sandbox)
        front = ends.enter_context(TwilioFront(sandbox.twilio_url, folder))
        sidecar, n8n = Sidecar(folder, sandbox), N8n(installation, folder, more=front.environment)
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
