"""JUnit XML, which CI systems display."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from jebbitctl.util.redaction import scrub_registered
from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree.ElementTree import Element

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_INVALID_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?.*?\?|!--.*?--)>\s*)*<testsuites?[\s/>]", re.DOTALL)
"""The beginning of a JUnit file: it has no other name for its root element."""


class CaseOutcome(StrEnum):
    """Of a test case; the value is the name of the element that says so."""

    PASSED = ""
    PASSED_WITH_TEXT = "system-out"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class JunitCase:
    """A test case.

    Attributes:
        name: in its suite.
        outcome: whether it passed.
        message: why not, in one line.
        details: more about it, in any number of lines.
        elapsed: seconds.
    """

    name: str
    outcome: CaseOutcome
    message: str = ""
    details: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class JunitSuite:
    """Test cases that belong together.

    Attributes:
        name: also the class name of each case, as some CI systems show no other.
        cases: in the order of the file.
        started: unix seconds.
        properties: what was tested.
    """

    name: str
    cases: Sequence[JunitCase]
    started: float
    properties: Mapping[str, str] = field(default_factory=dict)


def is_junit(content: bytes) -> bool:
    """Whether the content of a file begins as JUnit XML does."""
    return _ROOT.match(content) is not None


def suite_xml(suite: JunitSuite) -> str:
    """Return a document with one suite."""
    return _document(_suite(suite))


def suites_xml(suites: Sequence[JunitSuite]) -> str:
    """Return a document with any number of suites."""
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites")
    root.extend(map(_suite, suites))
    return _document(root)


def _document(root: Element) -> str:
    from xml.etree import ElementTree as ET

    ET.indent(root)
    return f"{_DECLARATION}\n{ET.tostring(root, encoding='unicode')}\n"


def _suite(suite: JunitSuite) -> Element:
    from xml.etree import ElementTree as ET

    count = [case.outcome for case in suite.cases].count
    name = _text(suite.name)
    element = ET.Element(
        "testsuite",
        name=name,
        tests=str(len(suite.cases)),
        failures=str(count(CaseOutcome.FAILURE)),
        errors=str(count(CaseOutcome.ERROR)),
        skipped=str(count(CaseOutcome.SKIPPED)),
        time=f"{sum(case.elapsed for case in suite.cases):.3f}",
        timestamp=rfc3339(suite.started),
    )
    properties = ET.SubElement(element, "properties")
    for key, value in suite.properties.items():
        ET.SubElement(properties, "property", name=key, value=_text(value))
    for case in suite.cases:
        shown = ET.SubElement(
            element, "testcase", classname=name, name=_text(case.name), time=f"{case.elapsed:.3f}"
        )
        _describe(shown, case)
    return element


def _describe(element: Element, case: JunitCase) -> None:
    """Add what is to be said of a case to its element."""
    from xml.etree import ElementTree as ET

    message, details = _text(case.message), _text(case.details)
    if case.outcome is CaseOutcome.PASSED_WITH_TEXT:
        ET.SubElement(element, case.outcome).text = f"{message}\n{details}"
    elif case.outcome is not CaseOutcome.PASSED:
        ET.SubElement(element, case.outcome, message=message).text = details


def _text(value: str) -> str:
    return _INVALID_IN_XML.sub("\ufffd", scrub_registered(value))
