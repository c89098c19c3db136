"""Check results as JUnit XML, which CI systems display.

What could not be tested is an ``error``: an unknown is not a success. A warning is a success with a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jebbitctl.util.redaction import scrub_registered
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.verdicts import Conclusion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from jebbitctl.webhooks.endpoint_check import ProbeResult

_SUITE = "jebbitctl webhooks check"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_INVALID_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<(?:\?.*?\?|!--.*?--)>\s*)*<testsuites?[\s/>]", re.DOTALL)
"""The beginning of a JUnit file: it has no other name for its root element."""


def is_junit(content: bytes) -> bool:
    """Whether the content of a file begins as JUnit XML does."""
    return _ROOT.match(content) is not None


def junit_xml(results: Sequence[ProbeResult], *, url: str, started: float) -> str:
    """Return one test suite with one test case per result.

    Args:
        results: in the order of the test cases.
        url: of the endpoint, as it may be shown.
        started: when the check began, in unix seconds.
    """
    from xml.etree import ElementTree as ET

    count = [result.result for result in results].count
    suite = ET.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(results)),
        failures=str(count(Conclusion.FAILED)),
        errors=str(count(Conclusion.NOT_TESTED)),
        skipped="0",
        time=f"{sum(result.elapsed for result in results):.3f}",
        timestamp=rfc3339(started),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="url", value=_text(url))
    for result in results:
        case = ET.SubElement(
            suite, "testcase", classname=_SUITE, name=_text(result.name), time=f"{result.elapsed:.3f}"
        )
        _describe(case, result)
    ET.indent(suite)
    return f"{_DECLARATION}\n{ET.tostring(suite, encoding='unicode')}\n"


def _describe(case: Element, result: ProbeResult) -> None:
    """Add what is to be said of a result to its test case."""
    from xml.etree import ElementTree as ET

    if result.result is Conclusion.PASSED:
        return
    message = _text(": ".join(filter(None, (result.outcome, result.reason))))
    lines = {
        "expected": result.expectation,
        "response": result.response,
        "in production": result.consequence,
    }
    details = "\n".join(_text(f"{name}: {text}") for name, text in lines.items() if text)
    if result.result is Conclusion.WARNING:
        ET.SubElement(case, "system-out").text = f"warning: {message}\n{details}"
    else:
        tag = "failure" if result.result is Conclusion.FAILED else "error"
        ET.SubElement(case, tag, message=message).text = details


def _text(value: str) -> str:
    return _INVALID_IN_XML.sub("\ufffd", scrub_registered(value))
