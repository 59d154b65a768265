"""Findings for machines: our own JSON, SARIF 2.1.0, GitHub's workflow commands, JUnit's XML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from sidecar import __version__
from sidecar.flows.rules import rules

if TYPE_CHECKING:
    from sidecar.flows.findings import Finding
    from sidecar.flows.linting import Report

_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE: Final = "SRCROOT"


def as_json(report: Report) -> str:
    """``{"files": n, "findings": […]}``."""
    found = [finding.as_json() for finding in report.findings]
    return json.dumps({"files": report.files, "findings": found}, indent=2, ensure_ascii=False)


def as_sarif(report: Report) -> str:
    """SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it: every rule that found something, and what it found."""
    codes = sorted({finding.code for finding in report.findings})
    run = {
        "tool": {"driver": {"name": "recovery lint", "version": __version__, "rules": [_sarif_rule(c) for c in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding, codes.index(finding.code)) for finding in report.findings],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _sarif_rule(code: str) -> dict[str, Any]:
    rule = rules()[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {"text": f"{rule.reason}\n\nRemedy: {rule.remedy}\n\nSource: {rule.source}"},
        "defaultConfiguration": {"level": rule.level},
        "properties": {"tags": [rule.family]},
    }


def _sarif_result(finding: Finding, index: int) -> dict[str, Any]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.level,
        "message": {"text": _sentence(finding)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(finding.file), "uriBaseId": _BASE},
                    "region": region,
                },
                "logicalLocations": [{"name": finding.node, "fullyQualifiedName": finding.pointer}],
            }
        ],
        "partialFingerprints": {"place/v1": f"{finding.code}{finding.pointer}"},
    }
    if finding.path:
        steps = [{"location": {"message": {"text": name}}} for name in finding.path]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _uri(file: str) -> str:
    """A file's name as SARIF wants it: a space or a `#` would end it."""
    return quote(file.replace("\\", "/"), safe="/", errors="surrogateescape")


def as_github(report: Report) -> str:
    """Workflow commands: annotations on the lines of a pull request."""
    return "\n".join(
        f"::{finding.level} file={_property(finding.file)},line={finding.line},col={finding.column},"
        f"title={_property(f'{finding.code} {finding.node}'.strip())}::{_data(_sentence(finding))}"
        for finding in report.findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_junit(report: Report) -> str:
    """A suite a file; a finding is a failed case, a file without any a passed one."""
    by_file: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_file.setdefault(finding.file, []).append(finding)
    passed = max(report.files - len(by_file), 0)
    count, failed = len(report.findings) + passed, len(report.findings)
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="recovery lint" tests="{count}" failures="{failed}">',
    ]
    for file, found in by_file.items():
        out.append(f'  <testsuite name={_xml(file)} tests="{len(found)}" failures="{len(found)}">')
        for one in found:
            name = f"{one.code} {one.node} {one.line}:{one.column}"
            out.append(f"    <testcase classname={_xml(file)} name={_xml(name)}>")
            out.append(f"      <failure type={_xml(one.level)} message={_xml(_sentence(one))}/>")
            out.append("    </testcase>")
        out.append("  </testsuite>")
    if passed:
        out.append(f'  <testsuite name="without findings" tests="{passed}" failures="0"/>')
    return "\n".join([*out, "</testsuites>"])


def _xml(text: str) -> str:
    """An attribute; signs that XML 1.0 does not have become question marks."""
    return quoteattr(
        "".join(
            sign if sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff" else "?"
            for sign in text
        )
    )


def _sentence(finding: Finding) -> str:
    said = f"{finding.node}: {finding.message}" if finding.node else finding.message
    way = f" ({' → '.join(finding.path)})" if finding.path else ""
    return f"{said}{way}; {finding.remedy}"


FORMATS: Final = {"json": as_json, "sarif": as_sarif, "github": as_github, "junit": as_junit}
