"""The typed filters of ``POST /v3/list-calls``: ``{"type": "string", "op": "eq", "value": …}`` and kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.sandbox.retell_agents import RetellRefused

if TYPE_CHECKING:
    from sidecar.sandbox.record import Json

_FIELDS = frozenset(
    [
        "agent_tag",
        "batch_call_id",
        "call_id",
        "call_status",
        "call_successful",
        "call_type",
        "combined_cost",
        "data_storage_setting",
        "direction",
        "disconnection_reason",
        "duration_ms",
        "e2e_latency_p50",
        "end_timestamp",
        "from_number",
        "in_voicemail",
        "start_timestamp",
        "to_number",
        "user_sentiment",
    ]
)
_KEYED = {
    "metadata": ("metadata",),
    "dynamic_variables": ("retell_llm_dynamic_variables",),
    "custom_analysis_data": ("call_analysis", "custom_analysis_data"),
    "custom_attributes": ("custom_attributes",),
}
_IN_ANALYSIS = frozenset(("call_successful", "in_voicemail", "user_sentiment"))
_OPS: dict[str, frozenset[str]] = {
    "string": frozenset(("eq", "ne", "sw", "ew", "co")),
    "boolean": frozenset(("eq",)),
    "number": frozenset(("eq", "ne", "gt", "ge", "lt", "le")),
    "range": frozenset(("bt",)),
    "enum": frozenset(("in",)),
    "present": frozenset(("pr", "np")),
}


def matches(call: Json, criteria: object) -> bool:
    """Whether a call meets all criteria. Raises `RetellRefused` (400) for criteria Retell would not take."""
    if not isinstance(criteria, dict):
        raise RetellRefused(400, "filter_criteria must be an object.")
    return all(_meets(call, name, given) for name, given in criteria.items())


def check_filter(name: str, given: object, *, keyed: bool) -> Json:
    """One filter object, checked: known type and op, a value, and a key where the field has keys."""
    if not isinstance(given, dict) or given.get("type") not in _OPS:
        raise RetellRefused(400, f"filter_criteria.{name} must be a filter with a type of {', '.join(_OPS)}.")
    kind = given["type"]
    if given.get("op") not in _OPS[kind]:
        raise RetellRefused(400, f"filter_criteria.{name}.op must be one of {', '.join(sorted(_OPS[kind]))}.")
    if kind != "present" and "value" not in given:
        raise RetellRefused(400, f"filter_criteria.{name}.value is required.")
    if keyed and not isinstance(given.get("key"), str):
        raise RetellRefused(400, f"filter_criteria.{name}.key is required.")
    return given


def _meets(call: Json, name: str, given: object) -> bool:
    if name == "agent":
        chosen = given if isinstance(given, list) else []
        return any(call["agent_id"] == one.get("agent_id") for one in chosen)
    if name in _KEYED:
        if not isinstance(given, list):
            raise RetellRefused(400, f"filter_criteria.{name} must be a list of filters.")
        holder: Any = call
        for step in _KEYED[name]:
            holder = (holder or {}).get(step)
        values = holder or {}
        checked = [check_filter(name, one, keyed=True) for one in given]
        return all(_holds(one, values.get(one["key"])) for one in checked)
    if name not in _FIELDS:
        raise RetellRefused(400, f"filter_criteria.{name} is not a known filter.")
    source = call.get("call_analysis") or {} if name in _IN_ANALYSIS else call
    return _holds(check_filter(name, given, keyed=False), source.get(name))


def _holds(given: Json, actual: Any) -> bool:
    op, value = given["op"], given.get("value")
    if op in ("pr", "np"):
        return (actual is not None) is (op == "pr")
    if op == "ne":
        return bool(actual != value)
    if actual is None:
        return False
    if op == "eq":
        return bool(actual == value)
    if op == "in":
        return actual in (value or ())
    if op == "bt":
        low, high = value or (0, 0)
        return bool(low <= actual <= high)
    if op in ("sw", "ew", "co"):
        text, part = str(actual), str(value)
        return text.startswith(part) if op == "sw" else text.endswith(part) if op == "ew" else part in text
    limit = float(value or 0)
    return bool({"gt": actual > limit, "ge": actual >= limit, "lt": actual < limit, "le": actual <= limit}[op])
