"""``--csv`` and ``--columns``, which all lists have."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.command_lines import COMMAND_LINES
from tests.scripted_server import active, add_mapping, attributes_of
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

LISTS = {
    "integrations list": "id,is_active,region,service_name,created_at,endpoint",
    "mappings list": "jebbit_var,client_var,default",
    "backfills list": "id,integration_id,status,created_at",
    "campaigns list": "id,launch_date,active_iteration,title",
    "campaigns links": "id,enabled,label,link_group,complete_live_link",
    "campaigns stats": "id,views,engagements,completions,leads,title,loads,redirects,opt_ins,responses,"
    "outcome_views,seconds_spent,engagement_rate,completion_rate,lead_rate",
    "campaigns integrations": "id,via,attached_at,is_active,service_name,endpoint",
    "campaigns exports": "id,via,attached_at,name,schedule,destination",
    "integrations campaigns": "id,launch_date,active_iteration,title",
    "attributes list": "id,user_defined_id,display_name,rank,passes_to_integrations",
    "exports list": "id,name,schedule,destination,attached_at,last_status,last_run_at",
    "exports campaigns": "id,launch_date,active_iteration,title",
    "sandbox deliveries": "time,kind,integration_id,campaign_id,outcome,status,milliseconds,fault,"
    "endpoint,error",
    "sandbox assumptions": "topic,assumption,source",
    "profiles list": "name,default,environment,client_id,business,api_url,secret_from",
}
"""The header of each list's CSV; that of ``webhooks list`` is tested with the recordings."""


def test_every_list_has_both_options() -> None:
    offered = {
        line for line, (_, command) in COMMAND_LINES.items() if "columns" in {p.name for p in command.params}
    }
    assert offered == {*LISTS, "webhooks list"}


def test_csv_has_a_header_and_no_formula(cli: Cli, sandbox: Sandbox) -> None:
    first, second = attributes_of(sandbox, "integrations").values()
    first.update(endpoint="=cmd()", additional_options={"list": [1]})
    second.update(endpoint=None)
    ids = {
        noun: cli.run(noun, "list", "-q", "[0].id").out.strip()
        for noun in ("campaigns", "integrations", "exports")
    }
    for line, header in LISTS.items():
        noun, _, verb = line.partition(" ")
        argument = [] if verb in {"list", "stats"} else [ids[noun]] if noun in ids else []
        result = cli.run(*line.split(), *argument, "--csv")
        assert (result.code, result.out.splitlines()[0]) == (0, header)
    columns = "endpoint,is_active,additional_options,additional_options.list"
    result = cli.run("integrations", "list", "--columns", columns, "--csv")
    assert list(csv.reader(io.StringIO(result.out, newline=""))) == [
        columns.split(","),
        ["'=cmd()", "true", '{"list": [1]}', "[1]"],
        ["", "true", '{"hash_pii": false}', ""],
    ]


def test_columns_are_chosen_and_ordered_in_each_format(cli: Cli, sandbox: Sandbox) -> None:
    id_ = active(sandbox)
    attributes_of(sandbox, "integrations")[id_]["additional_options"] = {"hash_pii": True}
    rows = cli.run("integrations", "list", "--columns", "additional_options.hash_pii, id").out.splitlines()
    assert f"true\t{id_}" in rows
    shown = screen(cli, "integrations", "list", "--columns", "region,id", env={"NO_COLOR": "1"}).splitlines()
    assert shown[0] == "REGION  ID"
    add_mapping(sandbox, "Outcome", "=1+1")
    assert cli.run("mappings", "list", "--csv", "--columns", "client_var").out == "client_var\r\n'=1+1\r\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "--columns nope",
            "--columns: no column is named nope\nhint: columns: additional_options, ",
        ),
        ("--columns id,shared_secret", "column shared_secret is masked\nhint: add --show-secret"),
        ("--columns ,", "--columns names no column"),
        ("--columns id,,region", "--columns has an empty name"),
        ("--columns id -q [].id", "--columns cannot be used with --json or --query"),
        ("--csv --plain", "--csv cannot be used with --json, --plain or --query"),
        ("--csv -q [].id", "--csv cannot be used with --json, --plain or --query"),
        ("-q [].shared_secret", "--query: a value it selects is masked\nhint: add --show-secret"),
    ],
)
def test_impossible_format_options_are_usage_errors(cli: Cli, options: str, message: str) -> None:
    result = cli.run("integrations", "list", *options.split())
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")


def test_json_and_plain_together_need_a_query(cli: Cli) -> None:
    result = cli.run("integrations", "list", "--json", "--plain")
    assert (result.code, result.out) == (2, "")
    assert result.error["message"] == "--json and --plain are mutually exclusive without --query"
    assert cli.run("integrations", "list", "--json", "--plain", "-q", "'x'").json == "x"


def test_secrets_are_printed_on_request_in_each_format(cli: Cli, sandbox: Sandbox) -> None:
    secrets = [a["shared_secret"] for a in attributes_of(sandbox, "integrations").values()]
    show = ("integrations", "list", "--show-secret")
    lines = "\n".join(secrets) + "\n"
    assert cli.run(*show, "-q", "[].shared_secret", "--plain").out == lines
    assert cli.run(*show, "--columns", "shared_secret").out == lines
    assert cli.run(*show, "--columns", "shared_secret", "--csv").out.splitlines()[1:] == secrets


@pytest.mark.parametrize("dialect", ["host", "article"])
def test_a_list_says_where_integrations_deliver_to(tmp_path: Path, dialect: str) -> None:
    with Sandbox(SandboxOptions(integrations=1, dialect=dialect)) as sandbox:  # type: ignore[arg-type]
        result = cli_for(tmp_path, sandbox).run("integrations", "list", "--csv")
    header, row = csv.reader(io.StringIO(result.out, newline=""))
    name, destination = (
        ("host", "hooks.example.com")
        if dialect == "host"
        else ("endpoint", "https://hooks.example.com/jebbit/1")
    )
    assert (header[-1], row[-1]) == (name, destination)
