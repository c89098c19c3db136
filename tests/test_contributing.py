"""What the contributing page shows is true."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import group
from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

PAGE = Path(__file__).parent.parent / ".github" / "CONTRIBUTING.md"


def test_the_command_that_it_shows_how_to_add_works(cli: Cli, sandbox: Sandbox) -> None:
    code = PAGE.read_text(encoding="utf-8").partition("   ```python\n")[2].partition("   ```\n")[0]
    module: dict[str, Any] = {}
    exec(textwrap.dedent(code), module)  # noqa: S102
    id_ = webhook(sandbox)
    assert stored(sandbox)[id_]["is_active"]
    app = group("Manage integrations.", module["pause"])
    app.build().main(["pause", id_], standalone_mode=False, obj=cli.environment())
    assert not stored(sandbox)[id_]["is_active"]
