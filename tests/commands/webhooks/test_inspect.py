"""``webhooks inspect``."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.recordings.lines import to_line
from tests.commands.webhooks.support import wait_for_end
from tests.support import JEBBITCTL
from tests.webhooks.inspector.support import ask, wait_until
from tests.webhooks.recorded import delivered, save
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli


@contextmanager
def serving_inspector(cli: Cli, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``webhooks inspect``; yield the process and the page's URL."""
    with subprocess.Popen(
        [JEBBITCTL, "webhooks", "inspect", "--json", *options],
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def test_inspect_serves_a_recording_follows_it_replays_and_ends_on_ctrl_c(
    signer: Cli, tmp_path: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    file = tmp_path / "monday.jsonl"
    save(file, delivered({"a": 1}, key="another key"))
    with serving_inspector(signer, str(file), "--to", endpoint) as (process, url):
        wait_until(lambda: ask(f"{url}deliveries").json()["total"] == 1)
        with file.open("ab") as growing:
            growing.write(to_line(delivered({"b": 2})))
        wait_until(lambda: ask(f"{url}deliveries").json()["total"] == 2)
        about = ask(f"{url}about").json()
        assert about == {"title": "monday.jsonl", "targets": [endpoint]}
        assert "None of the usual causes" in ask(f"{url}deliveries/1").json()["explanation"]["explanation"]
        wish = {"target": 0, "re_sign": True, "body": '{"b": 3}'}
        assert ask(f"{url}deliveries/2/replay", "POST", json=wish).json()["status"] == 200
        process.send_signal(signal.SIGINT)
        code, _, err = wait_for_end(process)
    assert code == 0
    assert err == f"Inspect {file} at {url}\nPress Ctrl-C to stop.\nStopped.\n"
    assert [(one.body, one.verification.valid) for one in deliveries] == [(b'{"b": 3}', True)]


def test_inspect_without_a_secret_and_a_target_only_shows(bare: Cli, tmp_path: Path) -> None:
    unsigned = replace(delivered(key="another key"), headers={})
    file = save(tmp_path / "monday.jsonl", delivered(key="another key"), unsigned)
    with serving_inspector(bare, file) as (process, url):
        wait_until(lambda: ask(f"{url}deliveries").json()["total"] == 2)
        assert ask(f"{url}about").json() == {"title": "monday.jsonl", "targets": []}
        assert ask(f"{url}deliveries/1").json()["explanation"] is None
        assert "has no x-jebbit-signature" in ask(f"{url}deliveries/2").json()["explanation"]["explanation"]
        response = ask(f"{url}deliveries/1/replay", "POST", json={"target": 0, "re_sign": False})
        assert (response.status_code, response.json()) == (409, {"error": "no such target"})
        process.send_signal(signal.SIGTERM)
        assert wait_for_end(process)[0] == 143


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("none.jsonl", [], "no such file"),
        (".", [], "not a file"),
        ("-", [], "not a file"),
        ("notes.txt", [], "not a recording"),
        ("monday.jsonl", ["--header", "x-a: 1"], "require --to URL"),
        ("monday.jsonl", ["--to", "localhost"], "the endpoint's URL"),
        ("monday.jsonl", ["--secret-file", "none"], "none"),
    ],
)
def test_inspect_refuses_what_it_cannot_serve(
    bare: Cli, tmp_path: Path, name: str, options: list[str], reason: str
) -> None:
    save(tmp_path / "monday.jsonl", delivered())
    (tmp_path / "notes.txt").write_text("notes\n" * 3)
    path = name if name == "-" else str(tmp_path / name)
    result = bare.run("webhooks", "inspect", path, *options)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err
    assert SECRET not in result.err
