"""How APScheduler is stopped, for the waker and the chores alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler


def end(scheduler: BackgroundScheduler) -> None:
    """Stop ``scheduler``, whose owner adds no more jobs. What runs in its threads goes on; one never begun is left.

    Its ``shutdown`` says that it has stopped before it waits for the thread that hands out due jobs; should that
    thread be done with a job that runs once, it looks for it among those of a scheduler that never began, and dies
    of a ``JobLookupError``. Taking the jobs away waits for it first, and leaves it nothing to hand out.
    """
    if scheduler.running:
        scheduler.remove_all_jobs()
        scheduler.shutdown(wait=False)
