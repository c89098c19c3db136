from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect
import pytest

from jebbitctl.webhooks.signature import sign, verify
from tests.commands.integrations.support import stored, webhook
from tests.commands.webhooks.support import AT, VECTOR
from tests.isolated_home import wait_for_exit, wait_until_echo_is_off
from tests.support import JEBBITCTL
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def test_sign_prints_the_known_signature(signer: Cli) -> None:
    assert signer.run("webhooks", "sign", *AT, stdin="{}").out == f"{VECTOR}\n"
    at = ("--at", "2023-11-14T22:13:20Z")
    assert signer.run("webhooks", "sign", *at, stdin="{}", env={}).out == f"{VECTOR}\n"
    document = signer.run("webhooks", "sign", *AT, "--json", stdin="{}").json
    assert document == {"header": "x-jebbit-signature", "value": VECTOR}


def test_the_body_is_signed_byte_for_byte(signer: Cli, tmp_path: Path) -> None:
    body = b"\xef\xbb\xbf{\r\n\x00\xff\n"
    path = tmp_path / "body"
    path.write_bytes(body)
    for arguments, stdin in ((("--body", str(path)), None), (("--body", "-"), body), ((), body)):
        value = signer.run("webhooks", "sign", *arguments, stdin=stdin).out.strip()
        assert verify(SECRET, body, value)


def test_the_secret_is_read_from_every_source(bare: Cli, tmp_path: Path) -> None:
    path, body = tmp_path / "secret", tmp_path / "body"
    path.write_text(f"{SECRET}\n")
    body.write_text("{}")
    sign = ("webhooks", "sign", *AT, "--body", str(body))
    assert bare.run(*sign, "--secret-file", str(path)).out == f"{VECTOR}\n"
    assert bare.run(*sign, "--secret-stdin", stdin=f"{SECRET}\n").out == f"{VECTOR}\n"
    assert bare.run(*sign, env={"JEBBIT_WEBHOOK_SECRET": SECRET}).out == f"{VECTOR}\n"


def test_the_secret_of_an_integration_is_read_from_jebbit(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    value = cli.run("webhooks", "sign", "--integration", id_, stdin="{}").out.strip()
    assert verify(str(stored(sandbox)[id_]["shared_secret"]), b"{}", value)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        ((), "{}", 2),
        (("--secret-file", "nowhere"), "{}", 2),
        (("--secret-stdin",), SECRET, 2),
        (("--secret-stdin", "--secret-file", "x"), SECRET, 2),
        (("--secret-stdin", "--body", "pyproject.toml"), "", 4),
        (("--secret-stdin", "--body", "pyproject.toml"), "two\nlines", 4),
        (("--at", "yesterday", "--secret-stdin", "--body", "pyproject.toml"), SECRET, 2),
    ],
)
def test_an_ambiguous_or_invalid_secret_or_body_is_rejected(
    bare: Cli, arguments: tuple[str, ...], stdin: str, code: int
) -> None:
    result = bare.run("webhooks", "sign", *arguments, stdin=stdin)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("error: ")


def test_a_secret_that_is_typed_at_a_terminal_is_not_shown(bare: Cli) -> None:
    command = f"{JEBBITCTL} webhooks sign --secret-stdin --body pyproject.toml"
    terminal = pexpect.spawn(command, env=bare.environment({"TERM": "dumb"}), encoding="utf-8", timeout=20)
    terminal.expect("Shared secret: ")
    wait_until_echo_is_off(terminal)
    terminal.sendline(SECRET)
    code, shown = wait_for_exit(terminal)
    assert (code, SECRET in shown) == (0, False)
    assert "t=" in shown
    disabled = pexpect.run(f"{command} --no-input", env=bare.environment({"TERM": "dumb"}), encoding="utf-8")
    assert "error: shared secret required, but input is disabled" in str(disabled)


def test_quotes_around_a_shared_secret_are_said_and_stay_a_part_of_it(bare: Cli, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f'"{SECRET}"\n')
    file = str(tmp_path / "secret")
    for arguments, env, source in (
        (("--secret-file", file), {}, f"the secret in {file}"),
        ((), {"JEBBIT_WEBHOOK_SECRET": f'"{SECRET}"'}, "JEBBIT_WEBHOOK_SECRET"),
        ((), {"JEBBIT_WEBHOOK_SECRET_FILE": file}, "JEBBIT_WEBHOOK_SECRET_FILE"),
    ):
        result = bare.run("webhooks", "sign", *AT, *arguments, stdin="{}", env=env)
        assert result.out == f"{sign(f'{chr(34)}{SECRET}{chr(34)}', b'{}', timestamp=int(AT[1]))}\n"
        assert result.err == (
            f"warning: {source} begins and ends with a quotation mark; unless the secret really does, remove "
            "both, as docker --env-file keeps quotation marks\n"
        )
