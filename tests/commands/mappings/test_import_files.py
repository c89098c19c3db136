"""``mappings import``: files as people and spreadsheets write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.api.mapping_files import HEADER, TYPE, stored_mappings
from tests.commands.mappings.support import run_import, stored_triples, without_attributes
from tests.scripted_server import active, add_mapping, attributes_of

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli


def test_trimmed_cells_are_reported(cli: Cli, sandbox: Sandbox) -> None:
    without_attributes(sandbox)
    add_mapping(sandbox, "old ", "old")
    result = run_import(cli, sandbox, HEADER + '"Outcome", "bucket "\nemail, mail\n"old ",old\n')
    assert result.code == 0
    assert stored_triples(sandbox) == {
        ("Outcome", "bucket ", None),
        ("email", "mail", None),
        ("old ", "old", None),
    }
    assert result.err.splitlines() == [
        "Spaces around cells were left out in line 3. To keep them, put the cell in quotation marks.",
        "warning: line 2: client_var begins or ends with a space",
        "2 created, 1 unchanged.",
    ]


@pytest.mark.parametrize("delimiter", ["tab", r"\t", "\t"])
def test_a_delimiter_can_be_named(cli: Cli, sandbox: Sandbox, delimiter: str) -> None:
    text = "jebbit_var\tclient_var\tdefault\na;b,c\td\t\n"
    assert run_import(cli, sandbox, text, "--delimiter", delimiter).code == 0
    assert stored_triples(sandbox) == {("a;b,c", "d", None)}


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "x", " ", "\n"])
def test_an_invalid_delimiter_is_refused_before_any_request(
    cli: Cli, sandbox: Sandbox, delimiter: str
) -> None:
    result = run_import(cli, sandbox, HEADER, "--delimiter", delimiter, "--json")
    assert (result.code, sandbox.requests) == (2, [])
    assert "is not a delimiter" in result.error["message"]


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=stored_mappings)
def test_the_csv_of_mappings_list_is_imported_unchanged_whatever_the_names(
    cli: Cli, sandbox: Sandbox, stored: list[Resource]
) -> None:
    (business,) = sandbox.state.businesses.values()
    business.of(TYPE).clear()
    for found in stored:
        names = (found.attributes["jebbit_var"], found.attributes["client_var"], found.attributes["default"])
        add_mapping(sandbox, *names)
    for columns in ((), ("--columns", "default,client_var,id,jebbit_var")):
        listed = cli.run("mappings", "list", "--integration", active(sandbox), "--csv", *columns)
        result = run_import(cli, sandbox, listed.out, "--prune", "-y", "--json")
        assert (result.code, result.json["unchanged"], result.json["deleted"]) == (0, len(stored), 0)
        assert len(result.json["lines"]) == len(stored)


def test_a_name_that_is_most_likely_a_slip_is_created_and_updated_with_a_warning(
    cli: Cli, sandbox: Sandbox
) -> None:
    without_attributes(sandbox)
    names = ("--jebbit-var", "Outcome", "--client-var", "first\u00a0name")
    created = cli.run("mappings", "create", "--integration", active(sandbox), *names)
    assert created.code == 0
    assert created.err == "warning: client_var contains an unusual character, U+00A0 (no-break space)\n"
    (id_,) = attributes_of(sandbox, TYPE)
    updated = cli.run("mappings", "update", id_, "--client-var", "“name”")
    assert (updated.code, updated.err) == (0, "warning: client_var stands in quotation marks\n")
