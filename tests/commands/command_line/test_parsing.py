"""Options before the command, options given twice, and options that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer

from jebbitctl.commands.command_line.unknown_options import MEANT
from jebbitctl.environment import FOREIGN_VARIABLES, VARIABLES
from tests.command_lines import COMMAND_LINES

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def test_common_options_work_before_the_command(cli: Cli, sandbox: Sandbox) -> None:
    (business,) = sandbox.state.businesses
    expected = cli.run("integrations", "list", "-q", "[].id", "--business", business)
    assert expected.code == 0
    for line in (
        f"--business {business} -q [].id integrations list",
        f"--query=[].id integrations --business={business} --debug list --no-input",
        "integrations -q[].id list",
        f"-q [].id -- integrations --business {business} -- list",
    ):
        shown = cli.run(*line.split())
        assert (shown.code, shown.out) == (0, expected.out), line
    missing = cli.run("--profile", "staging", "--json", "whoami")
    assert missing.code == 2
    assert missing.error["message"] == "profile 'staging' not found (--profile)"


@pytest.mark.parametrize("line", ["--json", "--profile whoami", "integrations --json", "--json --"])
def test_common_options_without_a_command_are_wrong_usage(bare: Cli, line: str) -> None:
    result = bare.run(*line.split())
    assert (result.code, result.out) == (2, "")
    assert "no command given" in result.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("integrations list --region us --region eu", "--region takes one value, but was given 2 times"),
        ("integrations get a1 -q id --query id", "--query takes one value, but was given 2 times"),
        ("--profile a integrations --profile=b list", "--profile takes one value, but was given 2 times"),
        ("--show-completion bash --show-completion zsh", "--show-completion takes one value, but was given"),
        ("integrations update a1 --active --inactive", "--active and --inactive contradict each other"),
        ("whoami --profile", "--profile requires a value\nhint: see jebbitctl whoami --help"),
        ("integrations list --active=true", "--active takes no value\nhint: see jebbitctl integrations list"),
    ],
)
def test_an_option_given_twice_or_without_its_value_is_wrong_usage(
    bare: Cli, line: str, message: str
) -> None:
    result = bare.run(*line.split())
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_no_option_of_one_value_takes_two() -> None:
    for line, (_, command) in COMMAND_LINES.items():
        for param in command.params:
            if param.param_type_name == "option" and not (param.is_flag or param.multiple):
                with pytest.raises(typer.TyperException, match="takes one value, but was given 2 times"):
                    command.make_context(line, [param.opts[0], "1", param.opts[-1], "2"])


def test_switches_and_repeatable_options_may_be_given_twice(cli: Cli, sandbox: Sandbox) -> None:
    assert cli.run("whoami", "--json", "--json", "--no-input", "--no-input").code == 0
    assert cli.run("api", "self", "-H", "X-A: 1", "-H", "X-B: 2").code == 0
    assert {"x-a", "x-b"} <= sandbox.requests[-1].headers.keys()
    assert cli.run("integrations", "list", "--region", "us", "--region", "eu", "--help").code == 0


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("whoami --jsn", "use --json; see jebbitctl whoami --help"),
        ("whoami -json", "use --json; see"),
        ("integrations apply -f jebbit.toml", "FILE follows without an option; see"),
        ("integrations apply --filename jebbit.toml", "FILE follows without an option; see"),
        ("webhooks send --url https://x.example", "URL follows without an option; see"),
        ("integrations get --integration L5m24mjs", "ID follows without an option; see"),
        ("campaigns stats --campaign-id L5m24mjs", "ID follows without an option; see"),
        ("mappings import --integration L5m24mjs m.csv", "INTEGRATION_ID follows without an option; see"),
        ("mappings get --integration-id L5m24mjs Ab12Cd34", "see jebbitctl mappings get --help"),
        ("integrations create --file x", "see jebbitctl integrations create --help"),
        ("integrations list --is-active", "use --active; see"),
        ("integrations list --non-interactive", "use --no-input; see"),
        ("integrations list --service-name webhook", "use --service; see"),
        ("integrations list --client-cert x.pem", "see jebbitctl integrations list --help"),
        ("webhooks listen --to http://127.0.0.1:1", "use --forward-to; see"),
        ("whoami --probe", "see jebbitctl whoami --help"),
        ("whoami -help", "use --help; see"),
        ("integrations apply jebbit.toml -var A=1", "use --var; see"),
        ("api self --user a:b", "see jebbitctl api --help"),
        ("integrations diff --format markdown", "use --json, --plain or --markdown; see"),
        ("integrations list --timeout 3", "use the variable JEBBIT_TIMEOUT; see"),
        ("sandbox env --timeout 3", "see jebbitctl sandbox env --help"),
        ("-p prod whoami", "use --profile; see"),
        ("--xyzzy whoami", "see jebbitctl whoami --help"),
        ("integrations delete a1 -f", "use --yes; see"),
        ("integrations create --end https://x.example", "use --endpoint; see"),
        ("integrations list --quiet", "see jebbitctl integrations list --help"),
        ("webhooks send --bogus", "see jebbitctl webhooks send --help"),
        ("integrations list --filter x", "use --query; see"),
        ("-V", "use --version; see"),
        ("integrations list -o json", "use --json, --plain or --csv; see"),
        ("whoami --format=json", "use --json or --plain; see"),
        ("--output json whoami", "use --json, --plain or --csv; see"),
        ("whoami --token hush-hush", "use the variable JEBBIT_ACCESS_TOKEN"),
        ("whoami --verbose", "use --debug"),
        ("integrations delete a1 --force", "use --yes"),
        ("webhooks sign --secret hush-hush", "use --secret-file or --secret-stdin"),
        ("login --client-secret=hush-hush", "use --client-secret-stdin or the variable JEBBIT_CLIENT_SECRET"),
        ("integrations list --regon eu", "use --region"),
        ("whoami --xyzzy", "see jebbitctl whoami --help"),
        ("integrations --region eu list", "options follow the command: jebbitctl integrations list --region"),
        ("--region eu integrations list", "options follow the command: jebbitctl integrations list --region"),
        ("--region eu", "options follow the command: jebbitctl COMMAND --region"),
    ],
)
def test_an_unknown_option_suggests_what_to_use(bare: Cli, line: str, hint: str) -> None:
    result = bare.run(*line.split())
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first.startswith("error: no such option: ")
    assert second.startswith(f"hint: {hint}")
    assert "hush-hush" not in result.err


def test_what_other_tools_call_an_option_has_one_meaning_that_exists() -> None:
    known = {opt for _, command in COMMAND_LINES.values() for p in command.params for opt in p.opts}
    known |= {
        opt for _, command in COMMAND_LINES.values() for p in command.params for opt in p.secondary_opts
    }
    assert {name for names in MEANT for name in names} <= known | {
        "--version",
        *VARIABLES,
        *FOREIGN_VARIABLES,
    }
    others = " ".join(MEANT.values()).split()
    assert len(set(others)) == len(others)
