"""Writes check results as JUnit XML, which CI systems display."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.webhooks.endpoint_check import ProbeResult

_SUITE = "jebbitctl webhooks check"
_INVALID_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, results: Sequence[ProbeResult]) -> None:
    """Write one test suite with one test case per result.

    Raises:
        UsageError: the file cannot be written.
    """
    root = ET.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(results)),
        failures=str(sum(not result.ok for result in results)),
        errors="0",
        skipped="0",
        time=f"{sum(result.elapsed for result in results):.3f}",
    )
    for result in results:
        case = ET.SubElement(
            root, "testcase", classname=_SUITE, name=_text(result.name), time=f"{result.elapsed:.3f}"
        )
        if not result.ok:
            failure = ET.SubElement(case, "failure", message=_text(result.outcome))
            failure.text = _text(f"expected: {result.expectation}\nin production: {result.consequence}")
    ET.indent(root)
    try:
        Path(path).write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _text(value: str) -> str:
    return _INVALID_IN_XML.sub("\ufffd", value)
