"""How many examples a property test tries: few at the desk, many in CI."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, settings

IN_CI: Final = bool(os.environ.get("CI"))


def register_profiles() -> None:
    """Register `dev` and `ci`, and load the one that HYPOTHESIS_PROFILE names (else `ci` where CI is set)."""
    settings.register_profile(
        "dev",
        deadline=None,  # a busy laptop is not a failure; speed is measured by the benchmarks
        max_examples=100,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile(
        "ci",
        settings.get_profile("dev"),
        derandomize=True,  # a red build is caused by the change, not by the day's luck
        database=None,  # nothing is kept between runs
        print_blob=True,
        max_examples=1_000,
    )
    settings.load_profile(profile())


def profile() -> str:
    """The profile in use: `dev` or `ci`."""
    return os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev")


def examples(*, dev: int, ci: int) -> int:
    """The budget of one test: `@settings(max_examples=examples(dev=200, ci=10_000))`."""
    return ci if profile() == "ci" else dev
