from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from jebbitctl.commands.integrations.diagnose_text import summary, text_lines
from jebbitctl.commands.shared.marked_lines import MARKS
from jebbitctl.diagnose.findings import failed, ok, unknown
from jebbitctl.output.diff import diff_lines
from jebbitctl.util.redaction import MASK, forget_registered_secrets, register_secret
from tests.commands.integrations.diagnose.made_up import (
    BROKEN,
    FIX,
    KEPT_BACK,
    SEVENTEEN,
    UNPROBED,
    healthy,
)

SICK = healthy(active=BROKEN, opt_in=KEPT_BACK, check=UNPROBED)
MANY = [healthy(f"good{n:04}") for n in range(48)]


def shown(*reports: object, width: int = sys.maxsize, whole: bool | None = None) -> list[str]:
    """Return the printed lines; the whole of a single report."""
    made = text_lines(
        list(reports),  # type: ignore[arg-type]
        width,
        whole=len(reports) == 1 if whole is None else whole,
    )
    return list(diff_lines(made, coloured=False))


def test_one_integration_is_shown_with_every_line_in_order_and_the_fix_below_what_was_seen() -> None:
    heading, *lines = shown(SICK)
    assert heading == "✗ L5m24mjs https://hooks.example.com/jebbit"
    marked = [line for line in lines if line[2] in MARKS.values()]
    assert [line[4:].split()[0] for line in marked] == SEVENTEEN
    position = lines.index("  ✗ active       inactive: Jebbit sends nothing")
    assert lines[position + 1] == f"{' ' * 17}→ {FIX}"
    assert "  ! opt-in       only visitors who opt in are sent" in lines
    assert "  – check        it sends test deliveries, so it needs --probe" in lines  # noqa: RUF001


@pytest.mark.parametrize("width", [40, 80, 120])
def test_text_fits_the_terminal_and_breaks_no_url_or_option(width: int) -> None:
    url = "https://hooks.example.com/a/rather/long/path/that/is/wider/than/forty/columns"
    lines = shown(
        healthy(endpoint=failed(f"{url} redirects to another host", f"use it: {url}"), opt_in=KEPT_BACK),
        width=width,
    )
    assert sum(url in line for line in lines) == 2
    assert all(len(line) <= width or url in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_a_narrow_terminal_has_what_was_seen_below_the_name() -> None:
    lines = shown(SICK, width=40)
    start = lines.index("  ✗ active")
    assert lines[start + 1 : start + 4] == [
        "    inactive: Jebbit sends nothing",
        "    → activate it:",
        "      jebbitctl integrations update L5m24mjs --active",
    ]


def test_of_many_integrations_healthy_ones_have_one_line_and_broken_ones_come_last() -> None:
    lines = shown(replace(SICK, id="broken01"), *MANY, replace(SICK, id="broken02"))
    assert [line[0] for line in lines[:2]] == ["✓", "✓"]
    assert sum("token is fine" in line for line in lines) == 1
    assert lines[2:50] == [f"✓ {one.id} https://hooks.example.com/jebbit: 15 ok" for one in MANY]
    heading = "https://hooks.example.com/jebbit: 1 failed, 1 warning (opt-in), 12 ok, 1 unknown"
    assert [line for line in lines[50:] if line[0] == "✗"] == [
        f"✗ broken01 {heading}",
        f"✗ broken02 {heading}",
    ]
    assert not any("is fine" in line or "--probe" in line for line in lines[50:])
    assert lines[51] == "  ✗ active       inactive: Jebbit sends nothing"


def test_a_warning_and_mostly_unknowns_show_in_the_mark_of_a_single_line() -> None:
    dark = replace(healthy(), findings=healthy().findings | dict.fromkeys(SEVENTEEN[8:], UNPROBED))
    lines = shown(healthy("warned01", opt_in=KEPT_BACK), replace(dark, id="dark0001"), healthy())
    assert [line[:10] for line in lines if "hooks" in line] == ["! warned01", "– dark0001", "✓ L5m24mjs"]  # noqa: RUF001


def test_lines_in_a_row_that_are_unknown_for_one_reason_share_a_line() -> None:
    nowhere = dict.fromkeys(SEVENTEEN[3:], unknown("the integration was not found"))
    report = replace(
        healthy(integration=failed("not found", "list them")), findings={**healthy().findings, **nowhere}
    )
    assert shown(report)[-1] == "  – 14 checks    the integration was not found"  # noqa: RUF001
    two = healthy(check=UNPROBED, test=UNPROBED)
    assert [line.split()[1] for line in shown(two) if "--probe" in line and "→" not in line] == [
        "check",
        "test",
    ]


def test_text_from_outside_stays_one_line_without_escape_sequences() -> None:
    hostile = "\x1b[31mred\x1b[0m\nsecond\u202e"
    report = replace(healthy(business=ok(hostile)), name=hostile, endpoint=hostile)
    for width in (40, sys.maxsize):
        text = "\n".join(shown(report, width=width))
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert r"\x1b[31mred\x1b[0m\nsecond" in text


def test_a_secret_that_a_narrow_terminal_would_wrap_is_masked() -> None:
    secret = "one two three four five six seven eight nine ten"
    register_secret(secret)
    try:
        text = " ".join(shown(healthy(business=ok(f"it is {secret}")), width=40))
    finally:
        forget_registered_secrets()
    assert MASK in text
    assert "seven" not in text


def test_the_summary_counts_checks_of_one_and_integrations_of_several() -> None:
    assert summary([SICK]) == "1 failed, 1 warning (opt-in), 14 ok, 1 unknown."
    assert summary([SICK, *MANY]) == "49 integrations: 1 failed, 48 ok; 1 check unknown."
    warned = healthy(opt_in=KEPT_BACK, leads=KEPT_BACK)
    assert summary([warned]) == "2 warnings (opt-in, leads), 15 ok."
    assert summary([warned, healthy()]) == "2 integrations: 1 with warnings, 1 ok."
    dark = replace(healthy(), findings=dict.fromkeys(SEVENTEEN, UNPROBED))
    assert summary([dark, healthy()]) == "2 integrations: 1 ok, 1 mostly unknown; 17 checks unknown."
