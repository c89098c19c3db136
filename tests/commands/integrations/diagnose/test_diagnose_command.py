from __future__ import annotations

import os
import shlex
import signal
import threading
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pexpect
import pytest

from jebbitctl.diagnose import account, integration
from jebbitctl.diagnose.findings import failed, ok
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.commands.integrations.diagnose.made_up import (
    BROKEN,
    KEPT_BACK,
    UNPROBED,
    failing_for,
    interrupting_at,
    use_lines,
)
from tests.commands.integrations.support import stored, webhook
from tests.scripted_server import scripted
from tests.support import JEBBITCTL, cli_for
from tests.terminal import COLOUR, answered, screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

DIAGNOSE = ("integrations", "diagnose")
QUESTION = "Also send test deliveries to "


@pytest.fixture(autouse=True)
def few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only lines that look no further than the list of integrations."""
    use_lines(
        monkeypatch, business=account.business, integration=integration.exists, active=integration.active
    )


def webhooks(sandbox: Sandbox) -> list[str]:
    """Make every integration of a sandbox an active webhook; return the ids."""
    found = stored(sandbox)
    for attributes in found.values():
        attributes.update(is_active=True, service_name="webhooks_standard")
    return list(found)


def inactive_here(sandbox: Sandbox) -> str:
    """Return an inactive webhook whose endpoint is on this machine, where nothing listens."""
    id_ = webhook(sandbox)
    stored(sandbox)[id_].update(is_active=False, endpoint="http://127.0.0.1:9/")
    return id_


def suites(path: Path) -> dict[str, dict[str, int]]:
    """Return the number of failures and errors of each suite in a JUnit file."""
    root = ET.parse(path).getroot()  # noqa: S314 - our own file
    return {
        str(one.get("name")).rpartition(" ")[2]: {
            key: int(one.get(key, "")) for key in ("failures", "errors")
        }
        for one in root
    }


class TestWhatIsDiagnosed:
    def test_all_means_active_webhooks_and_says_how_many_others_there_are(
        self, cli: Cli, sandbox: Sandbox
    ) -> None:
        first, second = webhooks(sandbox)
        stored(sandbox)[first]["is_active"] = False
        result = cli.run(*DIAGNOSE, "--all", "--json", "-q", "integrations[].id")
        assert (result.code, result.json) == (0, [second])
        assert "Left out: 1 inactive.\n" in result.err
        stored(sandbox)[second]["service_name"] = "klaviyo"
        result = cli.run(*DIAGNOSE, "--all")
        assert (result.code, result.out) == (0, "")
        assert (
            "There is no active webhook to diagnose.\nLeft out: 1 inactive, 1 of another service.\n"
            in result.err
        )

    @pytest.mark.parametrize("missing", ["is_active", "service_name"])
    def test_all_includes_an_integration_of_which_jebbit_does_not_say_whether_it_is_an_active_webhook(
        self, cli: Cli, sandbox: Sandbox, missing: str
    ) -> None:
        ids = webhooks(sandbox)
        del stored(sandbox)[ids[0]][missing]
        result = cli.run(*DIAGNOSE, "--all", "--json", "-q", "integrations[].id")
        assert result.json == ids

    @pytest.mark.parametrize("options", [[], ["--quiet"]])
    def test_all_warns_of_integrations_that_jebbit_did_not_send(
        self, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, options: list[str]
    ) -> None:
        use_lines(monkeypatch, active=ok("active"))
        sandbox.state.behaviour.record_count = 3
        result = cli.run(*DIAGNOSE, "--all", *options)
        assert "warning: Jebbit counts 3 integrations, but sent 2; this list may be" in result.err

    def test_an_inactive_integration_is_diagnosed_if_it_is_named(self, cli: Cli, sandbox: Sandbox) -> None:
        id_ = webhook(sandbox)
        stored(sandbox)[id_]["is_active"] = False
        result = cli.run(*DIAGNOSE, id_, id_)
        assert result.code == 6
        assert result.out.startswith(f"✗ {id_} https://hooks.example.com/jebbit/")
        assert result.out.count("✗ active") == 1
        assert f"→ activate it: jebbitctl integrations update {id_} --active\n" in result.out
        assert "failed: active\n" in result.err

    def test_ids_and_all_are_alternatives(self, bare: Cli) -> None:
        for args in ((), ("L5m24mjs", "--all")):
            result = bare.run(*DIAGNOSE, *args)
            assert (result.code, result.out) == (2, "")
            assert "hint: give ids, or --all for every active webhook" in result.err

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("a/b",), "'a/b' is not an id"),
            (("a", "b", "--endpoint", "https://e.example/"), "--endpoint is for one integration"),
            (("--all", "--endpoint", "https://e.example/"), "--endpoint is for one integration"),
            (("a", "--endpoint", "hooks"), "--endpoint: it is not an absolute URL"),
            (("a", "--receipts", "missing.jsonl"), "missing.jsonl"),
            (("a", "--markdown", "--json"), "--markdown, --plain and --json"),
        ],
    )
    def test_wrong_usage_is_refused_before_the_first_request(
        self, bare: Cli, args: tuple[str, ...], message: str
    ) -> None:
        result = bare.run(*DIAGNOSE, *args)
        assert (result.code, result.out) == (2, "")
        assert message in result.err

    def test_an_endpoint_that_jebbit_does_not_say_can_be_given(
        self, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_lines(monkeypatch, line=lambda case: ok(str(case.given_endpoint)))
        args = (*DIAGNOSE, webhook(sandbox), "--endpoint", "https://e.example/?key=1", "--json")
        (found,) = cli.run(*args).json["integrations"]
        assert found["endpoint"] == "https://e.example/"
        assert found["findings"][0]["detail"] == "https://e.example/?key=1"


class TestExitCodesOfDiagnose:
    def test_unknown_ids_alone_are_exit_3_and_beside_a_known_one_a_failed_check(
        self, cli: Cli, sandbox: Sandbox
    ) -> None:
        result = cli.run(*DIAGNOSE, "nothere1", "nothere2")
        assert (result.code, result.out) == (3, "")
        assert "integrations nothere1, nothere2 not found" in result.err
        assert cli.run(*DIAGNOSE, "nothere1", "--json").error["code"] == "not_found"
        (_, known) = webhooks(sandbox)
        result = cli.run(*DIAGNOSE, "nothere1", known)
        assert result.code == 6
        assert "✗ nothere1: 1 failed" in result.out
        assert "error: 1 of 2 integrations failed: nothere1\n" in result.err

    def test_wrong_credentials_are_an_error_and_not_silent_in_cron(self, cli: Cli, sandbox: Sandbox) -> None:
        result = cli.run(*DIAGNOSE, "--all", "--quiet", env={"JEBBIT_CLIENT_SECRET": "wrong-secret"})
        assert (result.code, result.out) == (4, "")
        assert "error: " in result.err
        assert sandbox.state.client_secret not in result.err

    def test_a_missing_permission_to_list_integrations_is_exit_4(self, tmp_path: Path) -> None:
        denied = scripted(
            lambda _, path: (
                (403, {"errors": [{"status": 403, "title": "Forbidden"}]}) if path == "integrations" else None
            )
        )
        with Sandbox(SandboxOptions(integrations=1), wrap=denied) as sandbox:
            cli = cli_for(tmp_path, sandbox)
            everything = cli.run(*DIAGNOSE, "--all", "--json")
            named = cli.run(*DIAGNOSE, webhook(sandbox))
            document = cli.run(*DIAGNOSE, webhook(sandbox), "--json")
        assert (everything.code, everything.out) == (4, "")
        assert named.code == 4
        assert "✗" not in named.out
        assert "– integration" in named.out  # noqa: RUF001
        assert (document.code, document.json["ok"]) == (4, False)

    def test_a_jebbit_that_does_not_name_its_business_is_diagnosed(self, tmp_path: Path) -> None:
        nameless = scripted(lambda _, path: (404, None) if path == "self" else None)
        with Sandbox(SandboxOptions(integrations=1), wrap=nameless) as sandbox:
            webhooks(sandbox)
            result = cli_for(tmp_path, sandbox).run(*DIAGNOSE, "--all", "--json")
        assert result.code == 0
        states = {one["line"]: one["state"] for one in result.json["integrations"][0]["findings"]}
        assert states == {"business": "unknown", "integration": "ok", "active": "ok"}

    def test_an_outage_is_exit_5_and_no_diagnosis(self, cli: Cli, sandbox: Sandbox) -> None:
        id_ = webhook(sandbox)
        for args in ((id_,), ("--all", "--quiet")):
            result = cli.run(*DIAGNOSE, *args, env={"JEBBIT_API_BASE_URL": "http://127.0.0.1:9"})
            assert (result.code, result.out) == (5, "")

    def test_the_business_in_use_must_be_known(self, cli_several: Cli) -> None:
        result = cli_several.run(*DIAGNOSE, "--all")
        assert (result.code, result.out) == (2, "")
        assert "business" in result.err

    @pytest.mark.parametrize("finding", [KEPT_BACK, UNPROBED])
    def test_a_warning_or_an_unknown_alone_is_success(
        self,
        cli: Cli,
        sandbox: Sandbox,
        monkeypatch: pytest.MonkeyPatch,
        finding: object,
    ) -> None:
        use_lines(monkeypatch, line=finding)  # type: ignore[arg-type]
        result = cli.run(*DIAGNOSE, webhook(sandbox), "--json")
        assert (result.code, result.json["ok"]) == (0, True)


class TestQuietDiagnosis:
    @pytest.mark.parametrize("format_", [(), ("--json",), ("--plain",), ("--markdown",)])
    def test_it_prints_nothing_at_all_when_all_is_well(
        self,
        cli: Cli,
        sandbox: Sandbox,
        monkeypatch: pytest.MonkeyPatch,
        format_: tuple[str, ...],
    ) -> None:
        use_lines(monkeypatch, one=ok("fine"), two=KEPT_BACK, three=UNPROBED)
        stored(sandbox)[webhooks(sandbox)[0]]["is_active"] = False
        result = cli.run(*DIAGNOSE, "--all", "--quiet", *format_)
        assert (result.code, result.out, result.err) == (0, "", "")

    def test_it_prints_only_what_failed(
        self, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good, bad = webhooks(sandbox)
        use_lines(monkeypatch, active=failing_for(bad))
        result = cli.run(*DIAGNOSE, "--all", "--quiet")
        assert result.code == 6
        assert result.out.startswith(f"✗ {bad} ")
        assert good not in result.out + result.err
        assert result.err == f"error: 1 of 2 integrations failed: {bad}\n"
        assert cli.run(*DIAGNOSE, "--all", "--quiet", "--json", "-q", "integrations[].id").json == [bad]

    def test_it_is_not_silent_if_there_was_nothing_to_check(self, cli: Cli, sandbox: Sandbox) -> None:
        for id_ in webhooks(sandbox):
            stored(sandbox)[id_]["is_active"] = False
        result = cli.run(*DIAGNOSE, "--all", "--quiet")
        assert (result.code, result.out) == (0, "")
        assert result.err == "There is no active webhook to diagnose.\n"


def test_lines_for_programs_have_every_line_of_every_integration(cli: Cli, sandbox: Sandbox) -> None:
    first, second = webhooks(sandbox)
    result = cli.run(*DIAGNOSE, "--all", "--plain")
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert {len(row) for row in rows} == {5}
    assert [row[1] for row in rows if row[2] == "business"] == [first, second]
    assert {row[0] for row in rows} <= {"ok", "warning", "failed", "unknown"}
    assert cli.run(*DIAGNOSE, "--all", "--csv").out.startswith("state,integration_id,line,detail,fix\r\n")


def test_fifty_integrations_are_listed_with_one_request(tmp_path: Path) -> None:
    log: list[str] = []
    with Sandbox(SandboxOptions(integrations=50), log=log.append) as sandbox:
        webhooks(sandbox)
        result = cli_for(tmp_path, sandbox).run(*DIAGNOSE, "--all", "--json")
    assert len(result.json["integrations"]) == 50
    assert sum("GET /api/v1/integrations " in line for line in log) == 1


class TestJunitOfDiagnose:
    def test_it_has_a_suite_for_each_integration_also_if_quiet(
        self, cli: Cli, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good, bad = webhooks(sandbox)
        use_lines(monkeypatch, active=failing_for(bad))
        path = tmp_path / "leads.xml"
        assert cli.run(*DIAGNOSE, "--all", "--quiet", "--junit", str(path)).code == 6
        assert suites(path) == {good: {"failures": 0, "errors": 0}, bad: {"failures": 1, "errors": 0}}

    @pytest.mark.parametrize("args", [("--all",), (), ("nothere1",)])
    def test_no_older_results_remain_if_the_diagnosis_cannot_even_begin(
        self, bare: Cli, tmp_path: Path, args: tuple[str, ...]
    ) -> None:
        path = tmp_path / "leads.xml"
        path.write_text("<testsuites><testsuite name='old' failures='0' errors='0'/></testsuites>")
        assert bare.run(*DIAGNOSE, *args, "--junit", str(path)).code in {2, 4}
        assert suites(path) == {"diagnose": {"failures": 0, "errors": 1}}

    def test_a_file_of_another_kind_is_not_overwritten(self, bare: Cli, tmp_path: Path) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("notes")
        assert bare.run(*DIAGNOSE, "--all", "--junit", str(path)).code == 2
        assert path.read_text() == "notes"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
class TestInterruptedDiagnosis:
    @pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_the_results_so_far_are_printed_and_written(  # noqa: PLR0917 - fixtures
        self,
        cli: Cli,
        sandbox: Sandbox,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        sent: signal.Signals,
        code: int,
    ) -> None:
        over, path = threading.Event(), tmp_path / "leads.xml"
        id_ = webhook(sandbox)
        use_lines(monkeypatch, active=BROKEN, stuck=interrupting_at(id_, sent, over), last=ok("reached"))
        result = cli.run(*DIAGNOSE, id_, "--junit", str(path))
        over.set()
        assert result.code == code
        assert "✗ active" in result.out
        assert "– last    the diagnosis was interrupted" in result.out  # noqa: RUF001
        assert result.err == "Interrupted: not every check ran.\n"
        assert suites(path)["diagnose"] == {"failures": 0, "errors": 1}
        assert suites(path)[id_]["failures"] == 1

    def test_of_several_integrations_only_those_with_every_check_are_shown(
        self, cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()
        (_, second) = webhooks(sandbox)
        use_lines(monkeypatch, stuck=interrupting_at(second, signal.SIGINT, over))
        result = cli.run(*DIAGNOSE, "--all", "--json")
        over.set()
        assert result.code == 130
        assert result.json["ok"] is False
        assert second not in [one["id"] for one in result.json["integrations"]]
        assert " of 2 integrations diagnosed.\n" in result.err


class TestDiagnosisOnATerminal:
    def test_it_asks_once_whether_to_send_test_deliveries(self, cli: Cli, sandbox: Sandbox) -> None:
        code, before, after = answered(cli, "", *DIAGNOSE, inactive_here(sandbox))
        assert before.endswith(f"{QUESTION}its endpoint? [y/N]: ")
        assert code == 6
        assert "inactive" in after
        assert "[y/N]" not in after

    def test_nobody_is_asked_if_stdout_is_a_file(self, cli: Cli, sandbox: Sandbox, tmp_path: Path) -> None:
        path = tmp_path / "diagnosis.txt"
        line = shlex.join([JEBBITCTL, *DIAGNOSE, inactive_here(sandbox)])
        shown = pexpect.run(
            shlex.join(["/bin/sh", "-c", f"{line} > {path}"]),
            env=cli.environment(),
            encoding="utf-8",
            timeout=20,
        )
        assert QUESTION not in str(shown)
        assert "error:" in str(shown)
        assert "✗ active" in path.read_text()

    def test_forty_columns_suffice_and_marks_are_coloured(self, cli: Cli, sandbox: Sandbox) -> None:
        id_ = inactive_here(sandbox)
        text = screen(cli, *DIAGNOSE, id_, "--no-input", columns=40)
        assert "\x1b[31m  ✗ active\x1b[0m" in text
        assert QUESTION not in text
        lines = COLOUR.sub("", text).splitlines()
        assert lines[lines.index("  ✗ active") + 1 :][:3] == [
            "    inactive: Jebbit sends nothing",
            "    → activate it:",
            f"      jebbitctl integrations update {id_} --active",
        ]
        plain = screen(cli, *DIAGNOSE, id_, "--no-input", columns=120, env={"NO_COLOR": "1"})
        assert not COLOUR.search(plain)
        assert f"  → activate it: jebbitctl integrations update {id_} --active\n" in plain


@pytest.mark.parametrize(
    "options", [("--quiet",), ("--json",), ("--plain",), ("--markdown",), ("--no-input",), ()]
)
def test_nobody_is_asked_and_nothing_is_probed_unless_it_is_requested(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    use_lines(monkeypatch, line=lambda case: failed(f"probe: {case.probe}", "none"))
    result = cli.run(*DIAGNOSE, webhook(sandbox), *options)
    assert "probe: False" in result.out
    assert QUESTION not in result.err
    assert "probe: True" in cli.run(*DIAGNOSE, webhook(sandbox), *options, "--probe").out


def test_advised_commands_are_for_the_same_account(cli: Cli, sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses
    stored(sandbox)[webhook(sandbox)]["is_active"] = False
    named = cli.run("integrations", "diagnose", webhook(sandbox), "--business", business, "--json")
    (report,) = named.json["integrations"]
    commands = [one["fix"] for one in report["findings"] if "jebbitctl " in (one["fix"] or "")]
    assert f"integrations update {webhook(sandbox)} --active --business {business}" in commands[0]
    assert all(one.count("jebbitctl ") == one.count(f" --business {business}") for one in commands)
    unnamed = cli.run("integrations", "diagnose", webhook(sandbox), "--json")
    assert "--business" not in unnamed.out
