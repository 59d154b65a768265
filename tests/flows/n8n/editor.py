"""n8n's editor in Chromium: what a person does there, and a picture of the canvas."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Final

from playwright.sync_api import FloatRect, sync_playwright

from tests.flows.n8n.servers import OWNER, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.flows.n8n.servers import N8n

_SILENT: Final = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
"""Chromium asks nobody but n8n; without a sandbox it runs as root too, and it loads nothing but n8n's own pages."""
_ROOM: Final = (100, 160)
"""What the editor keeps for itself beside and above the canvas, in pixels."""
_SCALE: Final = 0.6
"""Pixels of the picture for each unit of the canvas: labels can still be read."""
_MARGIN: Final = 16
_TRIES: Final = 10
_ALONE: Final = """() => {
  document.querySelectorAll('.vue-flow__panel').forEach(panel => { panel.style.visibility = 'hidden' })
  let inner = document.querySelector('[data-test-id=canvas]')
  for (; inner.parentElement; inner = inner.parentElement)
    for (const beside of inner.parentElement.children)
      if (beside !== inner) beside.style.visibility = 'hidden'
}"""
"""Hide the editor's own buttons and bars: everything that is not the canvas."""
_STILL: Final = """() => {
  const now = document.querySelector('.vue-flow__transformationpane').style.transform
  const still = window.viewBefore === now
  window.viewBefore = now
  return still
}"""
"""Two frames in a row with the same view: the zoom is over."""
_IN_VIEW: Final = """() => {
  const pane = document.querySelector('[data-test-id=canvas]').getBoundingClientRect()
  const within = box =>
    box.left >= pane.left && box.right <= pane.right && box.top >= pane.top && box.bottom <= pane.bottom
  return [...document.querySelectorAll('.vue-flow__node')].every(node => within(node.getBoundingClientRect()))
}"""
"""Whether no node and no note is cut off."""
_EXTENT: Final = """() => {
  const boxes = [...document.querySelectorAll('.vue-flow__node')].map(node => node.getBoundingClientRect())
  const left = Math.min(...boxes.map(box => box.left)), top = Math.min(...boxes.map(box => box.top))
  const pane = document.querySelector('.vue-flow__transformationpane')
  return {
    zoom: new DOMMatrix(getComputedStyle(pane).transform).a, x: left, y: top,
    width: Math.max(...boxes.map(box => box.right)) - left, height: Math.max(...boxes.map(box => box.bottom)) - top,
  }
}"""
"""The rectangle that holds all nodes and notes, on the screen, and how far the view is zoomed."""


class NoBrowserError(Exception):
    """There is no Chromium on this machine; the message says how to get one."""


def chromium() -> str:
    """The browser's path: ``RECOVERY_CHROMIUM``, or the system's own; raises `NoBrowserError`."""
    found = os.environ.get("RECOVERY_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise NoBrowserError("no Chromium: install the system's (apt-get install chromium) or set RECOVERY_CHROMIUM")
    return found


class Editor:
    """The editor, with the owner signed in."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._url = url

    def sign_in(self) -> None:
        """As n8n's owner."""
        page = self._page
        page.goto(f"{self._url}/signin")
        page.locator("input[name=emailOrLdapLoginId]").fill(OWNER)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/home/**")

    def import_file(self, path: Path, nodes: int) -> str:
        """*Import from file* into a new workflow of so many nodes (notes included); the id that n8n gave it."""
        page = self._page
        page.goto(f"{self._url}/workflow/new")
        chooser = page.locator("[data-test-id=workflow-import-input]")
        chooser.wait_for(state="attached")
        chooser.set_input_files(str(path))
        page.wait_for_function("count => document.querySelectorAll('.vue-flow__node').length === count", arg=nodes)
        return page.url.rpartition("/")[2].partition("?")[0]

    def names(self) -> set[str]:
        """The nodes that the canvas shows, notes left out."""
        labels = self._page.locator("[data-test-id=canvas-node]").evaluate_all(
            "nodes => nodes.map(node => node.getAttribute('data-node-name'))"
        )
        return set(labels)

    def publish(self) -> None:
        """Press *Publish*, confirm, and wait until the editor says that it is."""
        page = self._page
        page.locator("[data-test-id=workflow-open-publish-modal-button]").click()
        page.locator("[data-test-id=workflow-publish-button]").click()
        page.locator("[data-test-id=workflow-publish-button]").wait_for(state="hidden")

    def photograph(self) -> bytes:
        """A PNG of all that is on the canvas, without the editor round it."""
        page = self._page
        page.locator(".vue-flow__pane").click(position={"x": 1, "y": 1})  # what was imported is selected
        page.mouse.move(0, 0)
        self._fit()
        shown = page.evaluate(_EXTENT)
        wide, high = (shown[side] * _SCALE / shown["zoom"] for side in ("width", "height"))
        page.set_viewport_size({"width": int(wide) + _ROOM[0], "height": int(high) + _ROOM[1]})
        self._fit()
        page.evaluate(_ALONE)
        shown = page.evaluate(_EXTENT)
        around = FloatRect(
            x=shown["x"] - _MARGIN, y=shown["y"] - _MARGIN,
            width=shown["width"] + 2 * _MARGIN, height=shown["height"] + 2 * _MARGIN,
        )  # fmt: skip
        return page.screenshot(clip=around, animations="disabled")

    def _fit(self) -> None:
        """Zoom until everything is in view; the canvas overhears a key now and then."""
        for _ in range(_TRIES):
            self._page.keyboard.press("1")
            self._page.wait_for_function(_STILL, polling=200)
            if self._page.evaluate(_IN_VIEW):
                return
        raise AssertionError("the editor does not zoom to fit")


@contextlib.contextmanager
def editor(n8n: N8n) -> Iterator[Editor]:
    """Chromium with the owner signed in; n8n must have been started with its editor."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_SILENT.split())
        try:
            opened = Editor(browser.new_page(viewport={"width": 1600, "height": 900}), n8n.url)
            opened.sign_in()
            yield opened
        finally:
            browser.close()
