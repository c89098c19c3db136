from __future__ import annotations

from xml.etree import ElementTree as ET

from jebbitctl.commands.webhooks.check_junit import junit_xml
from jebbitctl.util.redaction import forget_registered_secrets, register_secret
from jebbitctl.webhooks.endpoint_check import ProbeResult
from jebbitctl.webhooks.verdicts import Conclusion
from tests.webhooks.support import SECRET

PASSED = ProbeResult("valid", "is accepted", Conclusion.OK, "returned 200", status=200, elapsed=0.25)
FAILED = ProbeResult(
    "stale",
    "is <refused> & gone",
    Conclusion.FAILED,
    "returned \x1b[31m200\ud800",
    consequence="it's replayed",
    status=200,
    response="thanks",
    elapsed=0.5,
)
WARNING = ProbeResult("get", "is refused", Conclusion.WARNING, "returned 200", consequence="careful")
UNTESTED = ProbeResult("future", "is refused", Conclusion.UNKNOWN, "returned 500", "it may have crashed")


def suite_of(*results: ProbeResult) -> ET.Element:
    text = junit_xml(results, url="https://example.com/hook", started=1_700_000_000.5)
    return ET.fromstring(text.encode())  # noqa: S314 - our own text


def test_a_suite_has_the_url_the_time_and_the_counts() -> None:
    suite = suite_of(PASSED, FAILED, WARNING, UNTESTED)
    assert suite.tag == "testsuite"
    assert suite.attrib == {
        "name": "jebbitctl webhooks check",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
        "time": "0.750",
        "timestamp": "2023-11-14T22:13:20Z",
    }
    (url,) = suite.iter("property")
    assert url.attrib == {"name": "url", "value": "https://example.com/hook"}


def test_a_failure_has_the_endpoints_answer_and_the_consequence() -> None:
    (case,) = suite_of(FAILED).iter("testcase")
    (failure,) = case
    assert (case.get("name"), case.get("time"), failure.tag) == ("stale", "0.500", "failure")
    assert failure.get("message") == "returned \ufffd[31m200\ufffd"
    assert failure.text == "expected: is <refused> & gone\nresponse: thanks\nin production: it's replayed"


def test_an_untested_probe_is_an_error_with_its_reason() -> None:
    (error,) = suite_of(UNTESTED).iter("error")
    assert error.get("message") == "returned 500: it may have crashed"


def test_a_warning_is_a_success_with_a_text() -> None:
    (case,) = suite_of(WARNING).iter("testcase")
    (text,) = case
    assert text.tag == "system-out"
    assert text.text == "warning: returned 200\nexpected: is refused\nin production: careful"


def test_no_secret_gets_into_the_file() -> None:
    register_secret(SECRET)
    try:
        text = junit_xml([ProbeResult("x", SECRET, Conclusion.FAILED, SECRET)], url=SECRET, started=0)
    finally:
        forget_registered_secrets()
    assert SECRET not in text
