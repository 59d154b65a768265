"""One HubSpot private app: clients built once, requests bounded in time, reads repeated and writes never.

``Client.create`` keeps its settings, and each property such as ``client.crm.objects.basic_api`` builds a new
`Configuration`, `ApiClient` and connection pool from them at every access. So the host and the token go into
``create`` (each setting is put on each `Configuration`), every API object is taken once, and all of them are
built by a factory of ours: it gives them one pool, so that a look-up's three requests share one connection, and
leaves out what the SDK's own does each time, reading its version from the disk (12 of 14 ms).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sidecar.crm.hubspot.limits import Deadline, SearchRate, TtlCache
from sidecar.crm.hubspot.refusals import refusal_of
from sidecar.crm.port import CrmError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import urllib3

    from sidecar.config.business import HubSpot

LONGEST_REQUEST_SECONDS = 10.0
"""Of one request outside a look-up's budget (deliveries, read-back)."""
_LEAST_TIME_SECONDS = 0.02
"""With less than this left a request is not begun."""
_SEARCHES_PER_SECOND = 4.0
_SEARCH_BURST = 2
_READ_ATTEMPTS = 2
_REPEATED = frozenset({"unreachable", "broken", "http_500", "http_502", "http_503", "http_504"})

CONTACTS_READ = "crm.objects.contacts.read"
CONTACTS_WRITE = "crm.objects.contacts.write"
DEALS_READ = "crm.objects.deals.read"
SCHEMA_WRITE = "crm.schemas.contacts.write"
SUBSCRIPTIONS_WRITE = "communication_preferences.read_write"


class Account:
    """What one access token opens. Thread-safe; kept for the life of the process."""

    def __init__(
        self,
        settings: HubSpot,
        monotonic: Callable[[], float],
        *,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``monotonic`` ages what is cached; ``timer`` and ``sleep`` are real time, for the network."""
        self._settings = settings
        self._timer = timer
        self._sleep = sleep
        self._lock = threading.RLock()
        self.searches = SearchRate(_SEARCHES_PER_SECOND, _SEARCH_BURST, timer)
        self.stages: TtlCache[str, dict[tuple[str, str], str]] = TtlCache(1, monotonic)
        """Labels of deal stages by pipeline and stage: they change a few times a year."""
        self.has_properties = False
        """Our own contact properties are known to exist."""

    # -------------------------------------------------------------- the SDK

    @cached_property
    def _sdk(self) -> tuple[Any, urllib3.PoolManager]:
        import urllib3
        from hubspot import HubSpot as Sdk

        pool = urllib3.PoolManager(num_pools=2, maxsize=8, retries=False)
        client = Sdk.create(
            access_token=self._settings.access_token,
            host=self._settings.base_url.rstrip("/"),
            retry=False,  # left out, urllib3 repeats three times and follows redirects, writes included
            api_factory=lambda package, name, settings: _api(package, name, settings, pool),
        )
        return client, pool

    def _shared(self, take: Callable[[Any], Any]) -> Any:
        with self._lock:
            return take(self._sdk[0].crm)

    @cached_property
    def objects(self) -> Any:
        """Contacts, deals and logged touches, one at a time."""
        return self._shared(lambda crm: crm.objects.basic_api)

    @cached_property
    def batches(self) -> Any:
        """The same, many at once."""
        return self._shared(lambda crm: crm.objects.batch_api)

    @cached_property
    def search(self) -> Any:
        """Search over objects; go through :attr:`searches` first."""
        return self._shared(lambda crm: crm.objects.search_api)

    @cached_property
    def associations(self) -> Any:
        """Which records belong to which."""
        return self._shared(lambda crm: crm.associations.v4.basic_api)

    @cached_property
    def association_batches(self) -> Any:
        """The same, for many records at once."""
        return self._shared(lambda crm: crm.associations.v4.batch_api)

    @cached_property
    def pipelines(self) -> Any:
        """Pipelines with the labels of their stages."""
        return self._shared(lambda crm: crm.pipelines.pipelines_api)

    @cached_property
    def properties(self) -> Any:
        """Definitions of properties."""
        return self._shared(lambda crm: crm.properties.core_api)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        if "_sdk" in self.__dict__:
            self._sdk[1].clear()

    # -------------------------------------------------------------- requests

    def deadline(self, seconds: float = LONGEST_REQUEST_SECONDS) -> Deadline:
        """So many seconds from now."""
        return Deadline(seconds, self._timer)

    def wait_for_search(self, deadline: Deadline) -> None:
        """Wait for a turn to search, at most half of what is left; :class:`CrmError` where none comes."""
        wait = self.searches.reserve(deadline.remaining() / 2)
        if wait is None:
            said = "too many HubSpot searches at once with this token: no turn within the time allowed"
            raise CrmError(said, temporary=True, code="rate_limited")
        if wait > 0:
            self._sleep(wait)

    def read(
        self,
        call: Callable[..., Any],
        *args: object,
        doing: str,
        scope: str,
        deadline: Deadline,
        **options: object,
    ) -> Any:
        """Ask, and ask once more where HubSpot stumbled and time is left. Raises :class:`CrmError`."""
        import stamina

        request = _Request(call, args, options, doing, scope)
        caller = stamina.RetryingCaller(
            attempts=_READ_ATTEMPTS, timeout=deadline.remaining(), wait_initial=0.05, wait_max=0.2
        )
        # Without arguments: stamina logs the arguments of what it repeats, and these hold phone numbers.
        return caller.on(_worth_repeating)(lambda: self._ask(request, deadline))

    def write(self, call: Callable[..., Any], *args: object, doing: str, scope: str, **options: object) -> Any:
        """Write once: whether it is tried again is decided by whoever owes it. Raises :class:`CrmError`."""
        return self._ask(_Request(call, args, options, doing, scope), self.deadline())

    def _ask(self, request: _Request, deadline: Deadline) -> Any:
        seconds = min(deadline.remaining(), LONGEST_REQUEST_SECONDS)
        if seconds < _LEAST_TIME_SECONDS:
            said = f"no time was left for {request.doing}"
            raise CrmError(said, temporary=True, code="timeout")
        try:
            return request.call(*request.args, _request_timeout=seconds, **request.options)
        except Exception as problem:  # noqa: BLE001 - the SDK's classes have no common ancestor of their own
            refusal = refusal_of(problem, request.doing, request.scope)
        if refusal.pause:
            self.searches.pause(refusal.pause)
        # Raised out of the handler: the SDK's own error holds the whole answer, people's details included.
        raise refusal.error


def _api(package: Any, name: str, settings: Mapping[str, Any], pool: urllib3.PoolManager) -> Any:
    """One API object of the SDK (``api_factory`` of ``Client.create``)."""
    configuration = package.Configuration()
    for setting, value in settings.items():
        setattr(configuration, "retries" if setting == "retry" else setting, value)
    client = package.ApiClient(configuration=configuration)
    client.rest_client.pool_manager = pool
    return getattr(package, name)(api_client=client)


@dataclass(frozen=True, slots=True)
class _Request:
    """One call of the SDK, what it is for in words, and the scope that it needs."""

    call: Callable[..., Any]
    args: tuple[object, ...]
    options: dict[str, object]
    doing: str
    scope: str


def _worth_repeating(problem: Exception) -> bool:
    return isinstance(problem, CrmError) and problem.code in _REPEATED
