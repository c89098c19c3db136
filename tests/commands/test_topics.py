"""The texts of ``jebbitctl help TOPIC``."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from jebbitctl import pytest_plugin
from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES
from jebbitctl.commands import topics
from jebbitctl.commands.topics import manifest, receivers, testing
from jebbitctl.commands.topics.layout import WIDTH, table
from jebbitctl.environment import VARIABLES
from jebbitctl.errors import ExitCode, JebbitctlError
from jebbitctl.manifest.load import load
from jebbitctl.sandbox import Sandbox, SandboxOptions
from jebbitctl.settings import DEFAULT_TIMEOUT
from jebbitctl.webhooks import Delivery, Reason, Receiver, sign, verify
from jebbitctl.webhooks.probes import PROBES
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.support import JEBBITCTL
from tests.terminal import screen

if TYPE_CHECKING:
    from tests.support import Cli

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_fits_a_terminal(topic: str) -> None:
    lines = topics.text(topic).splitlines()
    assert [line for line in lines if len(line) > WIDTH or line != line.rstrip()] == []


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_ends_in_one_newline(topic: str) -> None:
    text = topics.text(topic)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("words", ["exit-codes", "integrations create"])
def test_help_prints_its_lines_on_a_terminal(bare: Cli, words: str) -> None:
    printed = pexpect.run(
        f"{JEBBITCTL} help {words}",
        env=bare.environment({"TERM": "xterm", "COLUMNS": "80"}),
        encoding="utf-8",
    )
    piped = bare.run("help", *words.split(), env={"COLUMNS": "80"})
    assert str(printed).splitlines() == piped.out.splitlines()


def test_a_narrow_terminal_gets_narrow_paragraphs_and_code_as_it_is(bare: Cli) -> None:
    shown = screen(bare, "help", "receivers", columns=40)
    assert "shared secret, and its\nmessage" in shown
    assert receivers.RECEIVER.strip() in shown
    assert screen(bare, "help", "receivers", columns=80) == topics.text("receivers")


def test_a_long_cell_is_wrapped_below_itself() -> None:
    first, second = table([("a", "word " * 20), ("bbb", "short")]).splitlines()[:2]
    assert first.startswith("  a    word word")
    assert second.startswith("       word")


def test_environment_names_every_variable() -> None:
    text = topics.text("environment")
    assert [name for name in VARIABLES if f"  {name} " not in text] == []


def test_environment_lists_the_sources_of_a_setting_in_order() -> None:
    lines = topics.text("environment").splitlines()
    numbered = [line.split()[:3] for line in lines if line.startswith("  ") and line[2].isdigit()]
    assert numbered == [
        ["1.", "an", "option,"],
        ["2.", "an", "environment"],
        ["3.", "the", "profile"],
        ["4.", "the", "default"],
    ]


@pytest.mark.parametrize(
    "name",
    ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "NO_COLOR", "FORCE_COLOR", "TERM"],
)
def test_environment_names_the_variables_of_other_tools(name: str) -> None:
    _, _, others = topics.text("environment").partition("VARIABLES OF OTHER TOOLS")
    assert name in others.replace(",", " ").split()


def test_environment_gives_the_default_timeout() -> None:
    assert f"(default: {DEFAULT_TIMEOUT:g})" in VARIABLES["JEBBIT_TIMEOUT"].help


def test_exit_codes_names_every_exit_code() -> None:
    text = topics.text("exit-codes")
    assert [code for code in ExitCode if f"\n  {code.value} " not in text] == []


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
def test_exit_codes_names_the_code_of_every_signal_that_ends_a_command(name: str) -> None:
    assert 128 + getattr(signal, name) in {*ExitCode}


def test_output_names_every_error_code_with_its_exit_code() -> None:
    def descendants(error: type[JebbitctlError]) -> list[type[JebbitctlError]]:
        return [error, *(found for child in error.__subclasses__() for found in descendants(child))]

    lines = topics.text("output").splitlines()
    for error in descendants(JebbitctlError):
        row = next(line for line in lines if line.startswith(f"  {error.exit_code.value}  "))
        assert error.code in row.replace(",", "").split()


def test_manifest_names_every_key() -> None:
    text = topics.text("manifest")
    keys = {
        "id",
        "service_name",
        "additional_options",
        "set",
        "mappings",
        *ATTRIBUTE_TYPES,
        *OPTION_TYPES,
    }
    assert {key for key in keys if f"\n  {key} " not in text} == set()


def test_the_example_of_a_manifest_can_be_read() -> None:
    variables = {"HOOKS_HOST": "hooks.example.com"}
    (integration,) = load(manifest.EXAMPLE.encode(), "jebbit.toml", variables).integrations
    assert integration.attributes["endpoint"] == "https://hooks.example.com/jebbit"


def test_receivers_names_every_probe() -> None:
    text = topics.text("receivers")
    assert all(f"\n  {probe.name} " in text for probe in PROBES)


def test_receivers_names_every_reason() -> None:
    text = topics.text("receivers")
    assert [reason for reason in Reason if f"\n  {reason.value} " not in text] == []


def test_the_explained_signature_belongs_to_the_body_without_its_newline() -> None:
    header = sign(SECRET, b"{}", timestamp=1700000000)
    assert f"'{header}'" in receivers.EXPLAIN
    assert verify(SECRET, b"{}\n", header, now=1700000000).reason is Reason.MISMATCH


def test_the_receiver_passes_every_probe_of_check(
    bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "webhook.secret").write_text(f"{SECRET}\n")
    monkeypatch.chdir(tmp_path)
    example = {"__name__": "example"}
    exec(compile(receivers.RECEIVER, "receiver.py", "exec"), example)  # noqa: S102 - users paste it
    with BackgroundServer(example["app"]) as server:  # type: ignore[arg-type]
        secret = str(tmp_path / "webhook.secret")
        result = bare.run("webhooks", "check", server.url, "--secret-file", secret)
    assert result.code == 0, result.out


def test_the_explanation_is_what_the_command_prints(bare: Cli, tmp_path: Path) -> None:
    path = f"{Path(JEBBITCTL).parent}:{bare.environment()['PATH']}"
    printed = pexpect.run(
        f"bash -c {shlex.quote(receivers.EXPLAIN)}",
        cwd=str(tmp_path),
        env=bare.environment({"PATH": path, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "78"}),
        encoding="utf-8",
    )
    assert str(printed).replace("\r\n", "\n") == receivers.EXPLAINED


def run_example(text: str) -> dict[str, Any]:
    """Run what users paste, and return its names."""
    module: dict[str, Any] = {}
    exec(compile(text, "example.py", "exec"), module)  # noqa: S102
    return module


@pytest.mark.parametrize("name", ["test_the_crm_gets_the_shoe_size", "test_leads_need_an_opt_in"])
def test_the_examples_for_pytest_pass(name: str, jebbit_sandbox: Sandbox, jebbit_receiver: Receiver) -> None:
    module = run_example(testing.EXAMPLE)
    assert len([one for one in module if one.startswith("test_")]) == 2
    module[name](jebbit_sandbox, jebbit_receiver)


def test_the_examples_of_testing_without_pytest_and_with_options_run() -> None:
    run_example(testing.PLAIN)
    assert "jebbit_sandbox_options" in run_example(testing.OPTIONS)


def test_the_example_for_pytest_has_at_most_15_lines_of_code() -> None:
    assert len([line for line in testing.EXAMPLE.splitlines() if line]) <= 15


def test_testing_names_every_fixture() -> None:
    kind = type(pytest_plugin.jebbit_sandbox)
    assert set(testing.FIXTURES) == {
        name for name, one in vars(pytest_plugin).items() if isinstance(one, kind)
    }


@pytest.mark.parametrize(
    ("documented", "instance"),
    [
        (testing.SANDBOX, Sandbox(SandboxOptions())),
        (testing.RECEIVER, Receiver()),
        (
            testing.DELIVERY,
            Delivery(0, b"{}", {}, verify("a", b"{}", None), test=False, repeat=False, status=0),
        ),
    ],
    ids=["Sandbox", "Receiver", "Delivery"],
)
def test_testing_names_what_the_public_classes_have(documented: dict[str, str], instance: object) -> None:
    names = {name.partition("(")[0] for names in documented for name in names.split(", ")}
    names = {name for name in names if name.isidentifier()} - {type(instance).__name__}
    assert {name for name in names if not hasattr(instance, name)} == set()
    if not isinstance(instance, Delivery):  # it has more than tests need
        own = {name for name in [*vars(type(instance)), *vars(instance)] if not name.startswith("_")}
        assert own == names
