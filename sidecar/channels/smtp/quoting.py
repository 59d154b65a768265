"""What a person wrote, without what their mail program added: quoted letters, attributions, signatures.

It matters beyond looks: our own foot, quoted back at us, says "unsubscribe".
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_LONGEST: Final = 20_000
_ATTRIBUTION_LINES: Final = 3
_ATTRIBUTION = re.compile(
    r"\s*(?:On|Le|Am|El)\b.{4,300}\b(?:wrote|a écrit|schrieb[^:]{0,80}|escribió)\s*:\s*", re.DOTALL
)
_CUT = re.compile(
    r"\s*(?:-{2,}\s*(?:original message|message d'origine|forwarded message)\s*-{2,}|_{10,}"
    r"|begin forwarded message:)\s*",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\s*\*?(?:from|de)\s*:\*?\s+\S.*", re.IGNORECASE)
_HEADER_NEXT = re.compile(r"\s*\*?(?:sent|date|to|subject|envoyé|objet|à)\s*:\*?\s", re.IGNORECASE)
_DEVICE = re.compile(
    r"\s*(?:(?:sent (?:from|via|with)|envoyé (?:de|depuis|à partir de)) .{2,60}|get outlook for .{2,60})\s*",
    re.IGNORECASE,
)


def own_words(text: str) -> str:
    """What stands above, between and below quotations; '' where the person added nothing."""
    lines = text[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if _CUT.fullmatch(line) or _is_header_block(lines, at) or (line.rstrip() == "--" and any(kept)):
            break
        length = _attribution_at(lines, at)
        if length:
            if not _quoted_next(lines, at + length):
                break
            at += length
            continue
        if not line.lstrip().startswith(">"):
            kept.append(line.strip())
        at += 1
    while kept and (not kept[-1] or _DEVICE.fullmatch(kept[-1])):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _attribution_at(lines: list[str], at: int) -> int:
    """How many lines from here are "On … wrote:"; programs break it over up to three."""
    for length in range(1, _ATTRIBUTION_LINES + 1):
        if _ATTRIBUTION.fullmatch("\n".join(lines[at : at + length])):
            return length
        if at + length >= len(lines) or not lines[at + length].strip():
            return 0
    return 0


def _quoted_next(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _is_header_block(lines: list[str], at: int) -> bool:
    """Outlook quotes without marks, under a copy of the letter's head."""
    if not _HEADER.fullmatch(lines[at]):
        return False
    return any(_HEADER_NEXT.match(line) for line in lines[at + 1 : at + 3])


# ---------------------------------------------------------------- HTML


def text_of(html: str) -> str:
    """The words of an HTML letter, quotations left out."""
    reader = _Reader()
    reader.feed(html[: 10 * _LONGEST])
    reader.close()
    return re.sub(r"[ \t]+", " ", "".join(reader.words)).strip()


class _Reader(HTMLParser):
    """Collects words; leaves out what programs mark as quoted."""

    _BREAKS = frozenset({"p", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol"})
    _SILENT = frozenset({"script", "style", "head", "title", "blockquote"})
    _QUOTES = ("gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote")
    _REST_IS_QUOTED = frozenset({"appendonsend", "divrplyfwdmsg"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._silent_tag = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, or silence."""
        if self._silent_tag:
            # Only the same tag is counted: inside a quotation <p> and <li> often stay open.
            self._depth += tag == self._silent_tag
            return
        marks = {name: value or "" for name, value in attrs}
        quoted = any(mark in marks.get("class", "").lower() for mark in self._QUOTES)
        if marks.get("id", "").lower() in self._REST_IS_QUOTED:
            self._silent_tag, self._depth = "whole letter", 1
        elif tag in self._SILENT or quoted:
            self._silent_tag, self._depth = tag, 1
        elif tag == "br" or tag in self._BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or silence."""
        if self._silent_tag:
            self._depth -= tag == self._silent_tag
            if self._depth == 0:
                self._silent_tag = ""
        elif tag in self._BREAKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        """Words; line ends of the source are only spaces."""
        if not self._silent_tag:
            self.words.append(re.sub(r"\s+", " ", data))
