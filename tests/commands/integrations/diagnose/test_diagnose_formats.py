from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

from jebbitctl.commands.integrations.diagnose_formats import document, junit_document
from jebbitctl.commands.integrations.diagnose_markdown import diagnosis_markdown
from jebbitctl.diagnose.findings import State, failed
from jebbitctl.output.markdown import MAX_COMMENT
from jebbitctl.util.redaction import forget_registered_secrets, register_secret
from tests.commands.integrations.diagnose.made_up import (
    BROKEN,
    FIX,
    KEPT_BACK,
    SEVENTEEN,
    UNPROBED,
    healthy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.diagnose.diagnosis import IntegrationReport

SICK = healthy(active=BROKEN, opt_in=KEPT_BACK, check=UNPROBED)
HOSTILE = "@octocat `x` ```` <img src=x> [a](https://evil.example) --> #1 \u202e\x1b[31m\n</details>"
SECRET_URL = "https://user:hunter2hunter2@hooks.example.com/?token=0123456789"


def junit(*reports: IntegrationReport, ended: bool = True) -> list[ET.Element]:
    root = ET.fromstring(junit_document(reports, 1_700_000_000, ended=ended).encode())  # noqa: S314 - our own text
    assert root.tag == "testsuites"
    return [*root]


def hostile() -> list[IntegrationReport]:
    """Reports with markup in everything that comes from outside."""
    one = healthy(active=failed(HOSTILE, HOSTILE), business=failed(HOSTILE, HOSTILE))
    return [replace(one, name=HOSTILE, endpoint=HOSTILE), replace(healthy("other"), name=HOSTILE)]


class TestDiagnosisJson:
    def test_each_integration_has_every_line_with_state_what_was_seen_and_the_fix(self) -> None:
        found: dict[str, Any] = document([SICK, healthy("other")], ok=False)
        assert list(found) == ["ok", "unknown", "integrations"]
        assert (found["ok"], found["unknown"]) == (False, 1)
        sick, other = found["integrations"]
        assert list(sick) == ["id", "name", "endpoint", "ok", "unknown", "findings"]
        assert [sick["ok"], other["ok"], other["unknown"]] == [False, True, 0]
        assert [finding["line"] for finding in other["findings"]] == SEVENTEEN
        assert sick["findings"][3] == {
            "line": "active",
            "state": "failed",
            "detail": "inactive: Jebbit sends nothing",
            "fix": FIX,
        }


class TestDiagnosisJunit:
    def test_an_integration_is_a_suite_and_a_line_is_a_case(self) -> None:
        sick, other = junit(SICK, healthy("other"))
        assert [other.get("name"), other.get("tests")] == ["jebbitctl integrations diagnose other", "17"]
        assert {name: sick.get(name) for name in ("failures", "errors", "skipped")} == {
            "failures": "1",
            "errors": "0",
            "skipped": "1",
        }
        told = {case.get("name"): [*case] for case in sick.iter("testcase") if len(case)}
        assert {name: child.tag for name, (child,) in told.items()} == {
            "active": "failure",
            "opt-in": "system-out",
            "check": "skipped",
        }
        failure, output = told["active"][0], told["opt-in"][0]
        assert failure.get("message") == "inactive: Jebbit sends nothing"
        assert failure.text == f"fix: {FIX}"
        assert "only visitors who opt in are sent" in str(output.text)

    def test_a_diagnosis_that_did_not_end_is_an_error(self) -> None:
        assert [suite.get("errors") for suite in junit(SICK, ended=False)] == ["0", "1"]
        assert [suite.get("errors") for suite in junit(ended=False)] == ["1"]

    def test_it_has_neither_credentials_of_urls_nor_characters_that_xml_forbids(self) -> None:
        text = junit_document([*hostile(), healthy(active=failed(SECRET_URL, SECRET_URL))], 0, ended=True)
        assert "hunter2" not in text
        assert "0123456789" not in text
        ET.fromstring(text.encode())  # noqa: S314 - our own text


class TestDiagnosisMarkdown:
    def comment_of(self, reports: Sequence[IntegrationReport], *asked: str) -> str:
        return diagnosis_markdown(reports, asked)

    def test_the_marker_names_what_was_asked_for(self) -> None:
        assert self.comment_of([SICK]).startswith("<!-- jebbitctl-diagnosis all -->\n")
        assert self.comment_of([SICK], "a", "b").startswith("<!-- jebbitctl-diagnosis a,b -->\n")

    def test_one_integration_is_a_summary_with_its_lines_folded_away(self) -> None:
        text = self.comment_of([SICK], SICK.id)
        assert "<p><b>✗ 1 failed, 1 warning (opt-in), 14 ok, 1 unknown.</b></p>" in text
        assert text.count("<details>") == 1
        assert f"- failed   active: inactive: Jebbit sends nothing\n    → {FIX}\n" in text
        assert "+ ok       token: token is fine\n" in text

    def test_of_several_the_failed_ones_are_folded_one_by_one_and_the_others_together(self) -> None:
        text = self.comment_of([healthy("good"), SICK, healthy("warned", opt_in=KEPT_BACK)])
        headings = [line for line in text.splitlines() if line.startswith("<details>")]
        assert "account" in headings[0]
        assert "✗ <code>L5m24mjs https&#58;" in headings[1]
        assert "2 integrations without a failure" in headings[2]
        assert "\n! warned https://hooks.example.com/jebbit: 1 warning (opt-in), 14 ok\n" in text
        assert text.count("token is fine") == 1

    def test_without_an_integration_it_says_so(self) -> None:
        assert self.comment_of([]).endswith("\n\n<p><b>No integration was diagnosed.</b></p>")

    def test_nothing_from_outside_is_markup(self) -> None:
        text = self.comment_of(hostile())
        rendered = MarkdownIt("gfm-like", {"linkify": False}).render(text)
        for forbidden in ("<img", "<a ", 'evil.example)"', "\x1b", "\u202e"):
            assert forbidden not in rendered
        assert rendered.count("</details>") == text.count("<details>")
        assert "@octocat" not in html.unescape(rendered).split("<pre>")[0].replace("<code>@octocat", "")

    def test_it_shows_no_secret_and_fits_a_comment_with_fifty_broken_integrations(self) -> None:
        register_secret("hunter3hunter3")
        broken = failed(f"hunter3hunter3 {SECRET_URL} {'x' * 200}", SECRET_URL)
        reports = [
            replace(healthy(f"broken{n:02}"), findings=dict.fromkeys(SEVENTEEN, broken)) for n in range(50)
        ]
        try:
            text = self.comment_of(reports)
        finally:
            forget_registered_secrets()
        assert not [secret for secret in ("hunter", "0123456789") if secret in text]
        assert len(text) <= MAX_COMMENT
        assert "Left out, since a comment has a limited length" in text

    def test_every_state_has_a_sign(self) -> None:
        text = self.comment_of([SICK])
        lines = [line.split(" ") for line in text.splitlines()]
        assert len({sign for sign, *words in lines if {*words[:1]} & {*State}}) == len(State)
