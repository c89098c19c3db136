"""Commands as parts of shell scripts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from tests.support import Cli


def shell(cli: Cli, script: str) -> subprocess.CompletedProcess[str]:
    """Run a bash script that calls ``jebbitctl``, beside the files ``secret`` and ``body``."""
    (cli.home / "secret").write_text("abc")
    (cli.home / "body").write_text("{}")
    return subprocess.run(
        ["bash", "-c", script.replace("jebbitctl", f"'{JEBBITCTL}'", 1)],
        env=cli.environment(),
        cwd=cli.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
