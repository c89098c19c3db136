"""Responses with less than is documented: nothing is created twice, lost or misreported."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import SPRING, rows, spring, write
from tests.scripted_server import attributes_of, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli

APPLY = ("integrations", "apply")


def changing_resources(
    change: Callable[[str, dict[str, Any]], None],
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that changes each resource in a response.

    ``change`` gets the request, such as ``GET /integrations``, and the resource.
    """

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            response = Response.from_app(app, environ)
            path = environ["PATH_INFO"].removeprefix("/api/v1")
            if path.startswith("/integration") and (document := response.get_json(force=True, silent=True)):
                data = document["data"]
                for resource in data if isinstance(data, list) else [data]:
                    change(f"{environ['REQUEST_METHOD']} {path}", resource)
                response.data = json.dumps(document)
            return response(environ, start_response)

        return server

    return wrap


def lists_without(*names: str) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that leaves these attributes out of lists."""

    def change(request: str, resource: dict[str, Any]) -> None:
        if request in {"GET /integrations", "GET /integration_mappings"}:
            for name in names:
                resource["attributes"].pop(name, None)

    return changing_resources(change)


@pytest.mark.parametrize(
    "left_out",
    [("integration_id",), ("jebbit_var", "client_var", "default"), ("service_name",), ("endpoint", "region")],
)
def test_sparse_lists_create_nothing_twice(tmp_path: Path, left_out: tuple[str, ...]) -> None:
    with Sandbox(wrap=lists_without(*left_out)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        path = write(cli)
        assert cli.run(*APPLY, path, "--yes").code == 0
        count = len(writes(sandbox))
        again = cli.run(*APPLY, path, "--yes")
        assert (again.code, again.out, len(writes(sandbox))) == (0, "", count)
        assert cli.run("integrations", "diff", path, "--strict").code == 0


def test_mappings_without_an_owner_are_an_error_and_not_created_again(tmp_path: Path) -> None:
    def drop_owner(_request: str, resource: dict[str, Any]) -> None:
        resource["attributes"].pop("integration_id", None)

    with Sandbox(wrap=changing_resources(drop_owner)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        spring(sandbox)
        result = cli.run(*APPLY, write(cli), "--yes")
        assert (result.code, writes(sandbox)) == (1, [])
        assert "does not say which integration mapping" in result.err


@pytest.mark.parametrize("name", ["jebbit_var", "client_var"])
def test_mappings_without_a_name_are_an_error_and_not_created_again(tmp_path: Path, name: str) -> None:
    def drop(_request: str, resource: dict[str, Any]) -> None:
        resource["attributes"].pop(name, None)

    with Sandbox(wrap=changing_resources(drop)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        id_ = spring(sandbox)
        mappings = cli.home / "mappings.csv"
        mappings.write_text("jebbit_var,client_var,default\nemail,mail,\n")
        for command in ((*APPLY, write(cli), "--yes"), ("mappings", "import", id_, str(mappings))):
            result = cli.run(*command)
            assert (result.code, writes(sandbox)) == (1, [])
            assert f"does not say the {name} of mapping" in result.err


@pytest.mark.parametrize(
    "endpoint", ["hooks.example.com", ["https://hooks.example.com/spring"], {"url": "x"}, 7, None]
)
def test_a_webhooks_endpoint_that_is_no_url_is_unknown_and_no_second_one_is_created(
    cli: Cli, sandbox: Sandbox, endpoint: Any
) -> None:
    id_ = spring(sandbox, endpoint=endpoint)
    result = cli.run(*APPLY, write(cli), "--yes")
    assert (result.code, writes(sandbox)) == (1, [])
    assert f"Jebbit does not say the endpoint of integration {id_}" in result.err
    exported = tomllib.loads(cli.run("integrations", "export").out)["integrations"]
    assert id_ in [entry.get("id") for entry in exported.values()]


def test_an_export_of_sparse_lists_is_complete(tmp_path: Path) -> None:
    with Sandbox(
        SandboxOptions(integrations=1), wrap=lists_without("region", "additional_options")
    ) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        spring(sandbox)
        path = write(cli)
        assert cli.run("integrations", "export", "--into", path).code == 0
        entry = tomllib.loads((cli.home / "jebbit.toml").read_text())["integrations"]["spring"]
        assert (entry["region"], entry["additional_options"]) == ("eu", {"hash_pii": True})


def test_a_list_that_hides_shared_secrets_is_not_a_conflict(tmp_path: Path) -> None:
    def hide_secret(request: str, resource: dict[str, Any]) -> None:
        if request == "GET /integrations":
            resource["attributes"]["shared_secret"] = None

    with Sandbox(wrap=changing_resources(hide_secret)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        spring(sandbox, region="us")
        result = cli.run(*APPLY, write(cli), "--yes")
        assert (result.code, len(writes(sandbox))) == (0, 1), result.err


def test_a_creation_without_an_id_in_the_response_is_unknown_and_its_secret_is_saved(
    tmp_path: Path,
) -> None:
    def drop_id(request: str, resource: dict[str, Any]) -> None:
        if request == "POST /integrations":
            del resource["id"]
        else:
            resource["attributes"].pop("shared_secret", None)

    with Sandbox(wrap=changing_resources(drop_id)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        options = (write(cli), "--yes", "--secrets-dir", str(cli.home / "secrets"))
        result = cli.run(*APPLY, "--plain", *options)
        assert (result.code, [row[0] for row in rows(result.out)]) == (5, ["unknown", "not_done", "not_done"])
        assert "contains no id" in result.err
        (created,) = attributes_of(sandbox, "integrations").values()
        assert (cli.home / "secrets" / "spring.secret").read_text() == f"{created['shared_secret']}\n"
        again = cli.run(*APPLY, "--plain", *options)
        assert (again.code, [row[5] for row in rows(again.out)]) == (0, ["Outcome", "email"])


def test_apply_continues_without_a_secret_that_jebbit_never_returns(tmp_path: Path) -> None:
    def drop_secret(_request: str, resource: dict[str, Any]) -> None:
        resource["attributes"].pop("shared_secret", None)

    with Sandbox(wrap=changing_resources(drop_secret)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        secret = cli.home / "secrets" / "spring.secret"
        options = (write(cli), "--yes", "--secrets-dir", str(secret.parent))
        for result in (cli.run(*APPLY, *options), cli.run(*APPLY, *options)):
            assert result.code == 1
            assert "contains no shared secret" in result.err
            assert f"to {secret}, or remove that file to continue without it" in result.err
        secret.unlink()
        assert cli.run(*APPLY, *options).code == 0
        assert len(attributes_of(sandbox, "integrations")) == 1


def test_an_endpoint_that_someone_else_has_just_set_is_not_created_again(tmp_path: Path) -> None:
    def move(request: str, _resource: dict[str, Any]) -> None:
        if request == "GET /integrations":
            (attributes,) = attributes_of(sandbox, "integrations").values()
            attributes["endpoint"] = "https://hooks.example.com/spring"

    with Sandbox(SandboxOptions(integrations=1), wrap=changing_resources(move)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run(*APPLY, write(cli, SPRING), "--yes", "--json")
        assert (result.code, result.error["code"], writes(sandbox)) == (1, "conflict", [])
