from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks.endpoint_check import ProbeResult
from jebbitctl.webhooks.junit import write_junit

if TYPE_CHECKING:
    from pathlib import Path

PASSED = ProbeResult("valid", "is accepted", True, "returned 200", "no data", 0.25)
FAILED = ProbeResult(
    "stale", "is <rejected> & gone", False, "returned \x1b[31m200\ud800", "it's replayed", 0.5
)


def test_every_result_is_a_test_case_and_failures_have_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    write_junit(file, [PASSED, FAILED])
    suite = ET.parse(file).getroot()  # noqa: S314 - our own file
    assert suite.tag == "testsuite"
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "time")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
        "time": "0.750",
    }
    assert [case.get("name") for case in suite] == ["valid", "stale"]
    assert len(suite[0]) == 0
    failure = suite[1][0]
    assert failure.get("message") == "returned \ufffd[31m200\ufffd"
    assert failure.text == "expected: is <rejected> & gone\nin production: it's replayed"


def test_no_results_make_an_empty_suite(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    write_junit(file, [])
    assert ET.parse(file).getroot().attrib["name"] == "jebbitctl webhooks check"  # noqa: S314 - our own file


def test_a_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: Is a directory"):
        write_junit(tmp_path, [PASSED])
