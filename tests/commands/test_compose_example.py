"""The compose file of ``help testing``, without Docker: each command runs in a process."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from jebbitctl.commands.topics import testing
from jebbitctl.webhooks import Receiver
from tests.commands.served_sandbox import posix, serving
from tests.support import JEBBITCTL
from tests.test_readme import marked

if TYPE_CHECKING:
    import pytest

    from tests.support import Cli


@posix
def test_what_the_compose_file_starts_is_healthy_and_delivers_to_the_app(
    bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("jebbit.toml").write_text(marked("manifest"), encoding="utf-8")
    Path("secrets").mkdir()
    Path("secrets/spring-leads.secret").write_text("c2VjcmV0LW9mLXRoZS1hcHA", encoding="utf-8")
    jebbit = yaml.safe_load(testing.COMPOSE)["services"]["jebbit"]
    program, noun, verb, *options = shlex.split(jebbit["command"])
    assert (program, noun, verb) == ("jebbitctl", "sandbox", "serve")
    with Receiver(secret="c2VjcmV0LW9mLXRoZS1hcHA") as app:
        here = {"8700": "0", "hooks.example.com=http://app:8080": f"hooks.example.com={app.url}"}
        assert here.keys() <= {*options}
        with serving(bare, *(here.get(option, option) for option in options)) as (_, variables):
            url = variables["JEBBIT_API_BASE_URL"]
            check = jebbit["healthcheck"]["test"].replace("http://127.0.0.1:8700", url)
            subprocess.run([sys.executable, *shlex.split(check)[1:]], check=True)
            *_, shell, flags, script = shlex.split(testing.COMPOSE_VISITS)
            path = {"PATH": f"{Path(JEBBITCTL).parent}:/usr/bin:/bin"}
            visits = subprocess.run(
                [shell, flags, script], env=bare.environment(path), capture_output=True, text=True, check=True
            )
        delivered = int(visits.stdout.split(" finished, ")[1].split()[0])
        assert 0 < delivered == len(app.deliveries)
        assert all(delivery.verification for delivery in app.deliveries)
