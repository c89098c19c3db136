"""The words for what a check has found are the same in every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands.topics import output
from jebbitctl.diagnose.findings import State
from jebbitctl.webhooks.verdicts import Conclusion

if TYPE_CHECKING:
    from tests.support import Cli

SECRET = {"JEBBIT_WEBHOOK_SECRET": "shared-secret-47114711"}
WORDS = {name.split()[1]: name.split()[0] for name in output.STATES}


def test_every_command_that_checks_has_the_words_of_the_help() -> None:
    words = {"ok", "warning", "failed", "unknown"}
    assert {*map(str, State)} == {*map(str, Conclusion)} == words
    assert set(WORDS) == {*State, "skipped"}


@pytest.mark.parametrize(
    ("command", "rows"),
    [("doctor", "checks"), ("webhooks check http://127.0.0.1:9/", "probes")],
)
def test_json_plain_and_text_say_the_same_of_each_line(bare: Cli, command: str, rows: str) -> None:
    words, env = command.split(), SECRET
    document = bare.run(*words, "--json", env=env).json
    states = [(row["state"], row["name"]) for row in document[rows]]
    assert {state for state, _ in states} <= set(WORDS)
    assert document["ok"] is (not {"failed", "unknown"} & {state for state, _ in states})
    plain = [tuple(line.split("\t")[:2]) for line in bare.run(*words, "--plain", env=env).out.splitlines()]
    assert plain == states
    text = [line.split()[:2] for line in bare.run(*words, env=env).out.splitlines()]
    assert text[0] == [WORDS[states[0][0]], states[0][1]]


def test_every_json_of_what_was_checked_sent_verified_or_deleted_has_ok(cli: Cli) -> None:
    id_ = cli.run("integrations", "list", "-q", "[0].id").out.strip()
    for line in (
        "doctor",
        "exports check",
        "mappings lint --all",
        f"integrations diagnose {id_}",
        f"integrations test {id_}",
        "webhooks check http://127.0.0.1:9/",
        "webhooks send http://127.0.0.1:9/",
        "webhooks verify --body - --signature t=1,v1=a",
        f"integrations delete {id_} --yes",
    ):
        result = cli.run(*line.split(), "--json", env=SECRET, stdin="{}")
        assert result.json["ok"] in {True, False}, line
        assert result.json["ok"] is (result.code == 0), line
