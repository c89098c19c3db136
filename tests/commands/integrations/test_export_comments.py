"""``integrations export --into`` keeps comments between tables, and puts new keys where they belong."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.manifest.support import spring, write

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

EXPORT = ("integrations", "export", "--into")
ENTRY = 'version = 1\n# above a\n[integrations.a]\nid = "{id}"\n# below a\n\n'
MAPPING = """# above {0}
[[integrations.a.mappings]]
jebbit_var = "{0}" # beside {0}
# inside {0}
client_var = "old"
# below {0}

"""
LAST = '# above b\n[integrations.b] # beside b\nid = "{id}"\n# the end\n'


@pytest.mark.parametrize("last", ["", LAST])
@pytest.mark.parametrize("names", [*permutations(["Outcome", "email", "gone"])])
def test_comments_between_array_tables_are_kept_in_their_order_and_new_keys_stay_above_them(
    cli: Cli, sandbox: Sandbox, names: tuple[str, ...], last: str
) -> None:
    id_, other = spring(sandbox), spring(sandbox, endpoint="https://b.example.com/")
    text = (ENTRY + "".join(map(MAPPING.format, names))).replace("{id}", id_) + last.format(id=other)
    path = write(cli, text)
    result = cli.run(*EXPORT, path)
    assert result.code == 0, result.err
    new = Path(path).read_text(encoding="utf-8")
    kept = [comment for comment in comments(text) if comment not in {"beside gone", "inside gone"}]
    assert [comment for comment in comments(new) if comment in kept] == kept
    for name in ("Outcome", "email"):
        assert re.search(
            rf'beside {name}\n# inside {name}\nclient_var = "\w+"\n(default = .*\n)?# below', new
        )
    assert new.index("is_active = true\n") < new.index("# below a\n")
    assert cli.run("integrations", "diff", "--strict", path).code == 0
    before = Path(path).read_bytes()
    assert cli.run(*EXPORT, path).code == 0
    assert Path(path).read_bytes() == before


def comments(text: str) -> list[str]:
    return re.findall(r"# (.*)", text)


def test_an_entry_that_is_removed_takes_only_its_inner_comments_with_it(cli: Cli, sandbox: Sandbox) -> None:
    first = 'version = 1\n# above gone\n[integrations.gone]\nid = "x"\n# inside\n'
    table = '[[integrations.gone.mappings]] # beside\njebbit_var = "a"\nclient_var = "b"\n# inner\n'
    path = write(cli, first + table + table.replace('"a"', '"c"') + LAST.format(id=spring(sandbox)))
    assert cli.run(*EXPORT, path).code == 0
    text = Path(path).read_text(encoding="utf-8")
    assert [name for name in comments(text) if name != "beside b"] == [
        "above gone",
        "inner",
        "above b",
        "the end",
    ]
    assert text.startswith("version = 1\n# above gone\n# inner\n# above b\n[integrations.b] # beside b\n")
    assert cli.run("integrations", "diff", "--strict", path).code == 0


def test_comments_below_mappings_that_are_all_gone_do_not_leave_their_entry(
    cli: Cli, sandbox: Sandbox
) -> None:
    text = ENTRY + MAPPING.format("gone")
    path = write(cli, text.replace("{id}", spring(sandbox)))
    assert cli.run(*EXPORT, path).code == 0
    entry, _, _ = (
        Path(path).read_text(encoding="utf-8").partition("[integrations.hooks-example-com-jebbit-1]")
    )
    assert comments(entry) == ["above a", "below a", "above gone", "below gone"]


def test_a_note_about_a_credential_is_not_repeated_when_comments_follow(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, additional_options={"api_key": "do-not-export-this"})
    path = write(cli, "version = 1\n")
    for _ in range(3):
        assert cli.run(*EXPORT, path).code == 0
    text = Path(path).read_text(encoding="utf-8")
    assert text.count("api_key looks like a credential") == 1
