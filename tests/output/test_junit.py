from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from jebbitctl.output.junit import CaseOutcome, JunitCase, JunitSuite, is_junit, suite_xml, suites_xml

CASES = [
    JunitCase("fine", CaseOutcome.PASSED, elapsed=0.5),
    JunitCase("careful", CaseOutcome.PASSED_WITH_TEXT, "a warning", "more"),
    JunitCase("later", CaseOutcome.SKIPPED, "not now"),
    JunitCase("broken", CaseOutcome.FAILURE, "it broke\x00", "more"),
]
SUITE = JunitSuite("one", CASES, 1_700_000_000, {"what": "a & b"})


def test_a_suite_counts_its_cases_and_each_says_what_happened() -> None:
    root = ET.fromstring(suites_xml([SUITE, JunitSuite("two", [], 0)]).encode())  # noqa: S314 - our own text
    assert root.tag == "testsuites"
    one, two = root
    assert [one.get(key) for key in ("tests", "failures", "errors", "skipped", "time")] == [
        *("4", "1", "0", "1", "0.500")
    ]
    assert [two.get("name"), two.get("tests")] == ["two", "0"]
    told = {
        case.get("name"): [(c.tag, c.get("message"), c.text) for c in case] for case in one.iter("testcase")
    }
    assert told == {
        "fine": [],
        "careful": [("system-out", None, "a warning\nmore")],
        "later": [("skipped", "not now", None)],
        "broken": [("failure", "it broke\ufffd", "more")],
    }


@pytest.mark.parametrize(
    "text",
    [
        suite_xml(SUITE),
        suites_xml([SUITE]),
        "<testsuites/>",
        "\ufeff<?xml version='1.0'?>\n<!-- a\ncomment -->\n<testsuite name='x'>",
        "<testsuite>",
    ],
)
def test_junit_files_are_recognised(text: str) -> None:
    assert is_junit(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "{}", "<html>", "<testsuitex>", "text <testsuite>", "<a><testsuite/></a>", "<!-- <testsuite> -->"],
)
def test_other_files_are_not(text: str) -> None:
    assert not is_junit(text.encode())
