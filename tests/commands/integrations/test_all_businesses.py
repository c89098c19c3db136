"""``integrations list --all-businesses``: list every business that the credentials cover."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from jebbitctl.api.concurrency import MAX_IN_FLIGHT
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.sandbox.support import SandboxClient
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli

LIST = ("integrations", "list", "--all-businesses")


def failing_for(statuses: dict[str, int]) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that fails for some businesses, by id."""

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            status = statuses.get(environ.get("HTTP_X_JEBBIT_BUSINESS", ""))
            return (Response(status=status) if status else app)(environ, start_response)

        return server

    return wrap


def expected(sandbox: Sandbox) -> list[list[str]]:
    """Return the ids of businesses and integrations in the order of the list."""
    return [
        [business.id, id_]
        for business in sandbox.state.businesses.values()
        for id_ in reversed(business.of("integrations"))
    ]


def test_every_business_is_listed_in_the_tokens_order(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(businesses=4, integrations=3)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        plain = cli.run(*LIST)
        assert (plain.code, plain.err) == (0, "")
        assert [line.split("\t")[:2] for line in plain.out.splitlines()] == expected(sandbox)
        rows = cli.run(*LIST, "--service", "webhooks_standard", "--json").json
        assert {row["service_name"] for row in rows} == {"webhooks_standard"}
        assert {"business", "id", "type", "endpoint"} <= rows[0].keys()
        assert {row["shared_secret"] for row in rows} == {"********"}
        header, first, *_ = screen(cli, *LIST, columns=120, env={"NO_COLOR": "1"}).splitlines()
        assert header.startswith("BUSINESS  ID")
        assert first.split()[:2] == expected(sandbox)[0]


def test_a_failed_business_does_not_hide_the_others_but_is_an_error(
    three_businesses: Sandbox, cli_several: Cli
) -> None:
    _, second, _ = three_businesses.state.businesses
    assert cli_several.run("whoami").code == 0  # the token is older than the removal
    three_businesses.state.remove_business(second)
    result = cli_several.run(*LIST, "--json")
    assert result.code == 4
    assert [[row["business"], row["id"]] for row in result.json] == expected(three_businesses)
    assert result.error["message"].startswith(f"business {second}: ")
    assert result.err.count("\n") == 1


def test_each_failure_is_named_and_the_first_sets_the_exit_code(tmp_path: Path) -> None:
    statuses: dict[str, int] = {}
    with Sandbox(SandboxOptions(businesses=3, integrations=1), wrap=failing_for(statuses)) as sandbox:
        first, second, third = sandbox.state.businesses
        statuses.update({third: 401, second: 400})
        result = cli_for(tmp_path, sandbox).run(*LIST)
        assert result.code == 1
        assert [line.split("\t")[0] for line in result.out.splitlines()] == [first]
        assert f"business {second}: " in result.err
        assert f"business {third}: " in result.err


def test_a_single_business_is_listed(cli: Cli, sandbox: Sandbox) -> None:
    assert [line.split("\t")[:2] for line in cli.run(*LIST).out.splitlines()] == expected(sandbox)


def test_a_token_without_businesses_lists_its_own_business(tmp_path: Path) -> None:
    tokens: list[str] = []

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ.get("HTTP_AUTHORIZATION") == "Bearer opaque":
                environ["HTTP_AUTHORIZATION"] = f"Bearer {tokens[0]}"
            return app(environ, start_response)

        return server

    with Sandbox(SandboxOptions(integrations=2), wrap=wrap) as sandbox, SandboxClient(sandbox) as client:
        tokens.append(client.login())
        result = cli_for(tmp_path, sandbox).run(*LIST, env={"JEBBIT_ACCESS_TOKEN": "opaque"})
        assert [line.split("\t")[:2] for line in result.out.splitlines()] == expected(sandbox)


def test_all_businesses_and_business_are_mutually_exclusive(
    cli_several: Cli, three_businesses: Sandbox
) -> None:
    result = cli_several.run(*LIST, "--business", next(iter(three_businesses.state.businesses)))
    assert (result.code, three_businesses.requests) == (2, [])
    # a default does not conflict
    default = {"JEBBIT_BUSINESS_ID": next(iter(three_businesses.state.businesses))}
    assert len(cli_several.run(*LIST, env=default).out.splitlines()) == 3


def test_an_empty_list_succeeds(cli_several: Cli) -> None:
    result = cli_several.run(*LIST, "--endpoint", "https://nobody.example/")
    assert (result.code, result.out) == (0, "")


def test_businesses_are_listed_concurrently_and_a_rejected_token_is_replaced_once(tmp_path: Path) -> None:
    lock, in_flight, most_in_flight = threading.Lock(), 0, 0

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            nonlocal in_flight, most_in_flight
            with lock:
                in_flight += 1
                most_in_flight = max(most_in_flight, in_flight)
            time.sleep(0.2)
            try:
                return app(environ, start_response)
            finally:
                with lock:
                    in_flight -= 1

        return server

    with Sandbox(SandboxOptions(businesses=12, integrations=1), wrap=wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert cli.run("token").code == 0
        sandbox.state.revoke_tokens()
        before = len(sandbox.requests)
        assert len(cli.run(*LIST).out.splitlines()) == 12
        assert 1 < most_in_flight <= MAX_IN_FLIGHT
        paths = [request.path for request in sandbox.requests[before:]]
        assert paths.count("/oauth/token") == 1
