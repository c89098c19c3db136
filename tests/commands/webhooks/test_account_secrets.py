"""``webhooks verify --all-integrations``, and ``--explain --integration``: whose secret it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.sandbox.state import StoredResource
from jebbitctl.webhooks.signature import sign
from tests.commands.integrations.support import stored, webhook
from tests.isolated_home import paths
from tests.scripted_server import other, resource, scripted
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.dialects import DialectName
    from tests.support import Cli, Result

ALL = ("webhooks", "verify", "--all-integrations")
STRANGER = "a-secret-that-no-integration-has"
LIST, VIEW = "/api/v1/integrations", "/api/v1/webhook_integrations"


def add_webhook(sandbox: Sandbox, *, from_dashboard: bool) -> str:
    """Add a webhook to the store and return its id."""
    (business,) = sandbox.state.businesses.values()
    endpoint = {"endpoint": "https://hooks.example.com/new"}
    added = StoredResource(
        sandbox.state.new_id(), RESOURCE_TYPES["integrations"].defaults() | endpoint, sandbox.state.clock()
    )
    added.from_dashboard = from_dashboard
    business.of("integrations")[added.id] = added
    return added.id


def secret_of(sandbox: Sandbox, id_: str) -> str:
    return str(stored(sandbox)[id_]["shared_secret"])


def verify(cli: Cli, secret: str, *options: str, age: int = 0, body: str = "{}") -> Result:
    """Verify a body that this secret signed."""
    signature = sign(secret, b"{}", timestamp=1_700_000_000)
    at = ("--signature", signature, "--at", str(1_700_000_000 + age), "--json")
    return cli.run(*(options or ALL), *at, stdin=body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_integration_that_signed_is_found_with_as_few_requests_as_possible(
    cli: Cli, sandbox: Sandbox, dialect: DialectName
) -> None:
    sandbox.state.behaviour.dialect = DIALECTS[dialect]
    add_webhook(sandbox, from_dashboard=True)
    id_ = webhook(sandbox)
    result = verify(cli, secret_of(sandbox, id_))
    assert (result.code, result.json["reason"], result.json["integration"]) == (0, "ok", id_)
    assert result.json["secrets_not_shown"] == 0
    expected = [LIST, VIEW] if dialect == "host" else [LIST]
    assert [path for path in paths(sandbox) if path.startswith("/api/v1/")] == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_integrations_that_do_not_show_their_secret_are_counted(
    cli: Cli, sandbox: Sandbox, dialect: DialectName
) -> None:
    sandbox.state.behaviour.dialect = DIALECTS[dialect]
    for _ in range(2):
        add_webhook(sandbox, from_dashboard=False)
    hidden = 2 if dialect == "host" else 0
    result = verify(cli, STRANGER)
    assert (result.code, result.json["reason"], result.json["integration"]) == (6, "mismatch", None)
    tried = 1 if dialect == "host" else 4  # one of them is of another service
    assert (result.json["secrets_tried"], result.json["secrets_not_shown"]) == (tried, hidden)
    asked = [path for path in paths(sandbox) if path.startswith("/api/v1/")]
    assert len(asked) == (4 if dialect == "host" else 1)
    hint = "2 integrations do not show the shared secret" if hidden else "use --explain"
    assert hint in result.error["hint"]


def test_a_secret_that_only_the_integrations_own_address_shows_is_tried(tmp_path: Path) -> None:
    shown = resource("integrations", "L5m24mjs", service_name="webhook", shared_secret=STRANGER)
    answers = {
        "integrations": (200, {"data": [{"id": "L5m24mjs", "type": "integrations", "attributes": {}}]}),
        "webhook_integrations": (404, None),
        "integrations/L5m24mjs": (200, shown),
    }
    with Sandbox(wrap=scripted(lambda _, path: answers.get(path))) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = verify(cli, STRANGER)
        assert (result.code, result.json["integration"]) == (0, "L5m24mjs")
        answers["integrations/L5m24mjs"] = (403, None)
        result = verify(cli, STRANGER)
    assert (result.code, result.out) == (1, "")
    assert result.error["message"] == "Jebbit shows no shared secret of 1 integration"


def test_an_account_without_integrations_has_no_secret_to_try(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=0)) as sandbox:
        result = verify(cli_for(tmp_path, sandbox), STRANGER)
    assert (result.code, result.error["message"]) == (1, "Jebbit shows no shared secret of 0 integrations")


def test_an_old_signature_of_an_integration_is_stale_and_names_it(cli: Cli, sandbox: Sandbox) -> None:
    result = verify(cli, secret_of(sandbox, webhook(sandbox)), age=301)
    assert (result.code, result.json["reason"]) == (6, "stale")
    assert result.json["integration"] == webhook(sandbox)


@pytest.mark.keeps("shared", "webhook.secret")
def test_a_given_secret_that_matches_needs_no_request(cli: Cli, sandbox: Sandbox) -> None:
    result = verify(cli, STRANGER, *ALL, "--secret-file", str(write_secret(cli, STRANGER)))
    assert (result.code, result.json["integration"], result.json["secrets_tried"]) == (0, None, 0)
    assert paths(sandbox) == []


@pytest.mark.keeps("shared", "webhook.secret")
@pytest.mark.parametrize("source", ["file", "environment", "integration"])
def test_a_given_secret_that_does_not_match_fails_and_the_right_integration_is_named(
    cli: Cli, sandbox: Sandbox, source: str
) -> None:
    id_ = webhook(sandbox)
    options = {
        "file": ("--secret-file", str(write_secret(cli, STRANGER))),
        "environment": (),
        "integration": ("--integration", other(sandbox)),
    }[source]
    cli.env |= {"JEBBIT_WEBHOOK_SECRET": STRANGER} if source == "environment" else {}
    result = verify(cli, secret_of(sandbox, id_), *ALL, *options)
    assert (result.code, result.json["ok"], result.json["integration"]) == (6, False, id_)
    assert f"use --integration {id_}" in result.error["hint"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_explain_names_the_other_integration_whose_secret_it_was(
    cli: Cli, sandbox: Sandbox, dialect: DialectName
) -> None:
    sandbox.state.behaviour.dialect = DIALECTS[dialect]
    named = add_webhook(sandbox, from_dashboard=True)
    id_ = add_webhook(sandbox, from_dashboard=True)
    explain = ("webhooks", "verify", "--explain", "--integration", named)
    result = verify(cli, secret_of(sandbox, id_), *explain)
    assert (result.code, result.json["integration"]) == (6, id_)
    assert (result.json["causes"], result.json["proven"]) == (["secret_integration"], True)
    assert id_ in result.json["explanation"]
    assert f"use --integration {id_}" in result.error["hint"]
    without = verify(cli, secret_of(sandbox, id_), *(option for option in explain if option != "--explain"))
    assert "integration" not in without.json
    assert without.error["hint"] == "use --explain to find the cause"


def test_without_an_answer_of_jebbit_explain_still_gives_the_verdict(tmp_path: Path) -> None:
    integration = resource("integrations", "L5m24mjs", shared_secret="another-secret-of-the-tests")
    answers = {"integrations/L5m24mjs": (200, integration), "integrations": (403, None)}
    with Sandbox(wrap=scripted(lambda _, path: answers.get(path))) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = verify(cli, STRANGER, "webhooks", "verify", "--explain", "--integration", "L5m24mjs")
        assert (result.code, result.json["reason"]) == (6, "mismatch")
        assert "warning: other integrations' secrets were not tried: " in result.err
        assert verify(cli, STRANGER).code == 4


def test_a_malformed_header_needs_no_request(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*ALL, "--signature", "nonsense", "--json", stdin="{}")
    assert (result.code, result.json["reason"], result.json["integration"]) == (6, "malformed_header", None)
    assert paths(sandbox) == []


def test_explain_without_a_secret_explains_with_those_of_the_account(cli: Cli, sandbox: Sandbox) -> None:
    secret = secret_of(sandbox, webhook(sandbox))
    result = verify(cli, secret, *ALL, "--explain", body="{}\n")
    assert (result.code, result.json["cause"]) == (6, "newline_added")
    assert result.json["integration"] == webhook(sandbox)
    assert verify(cli, secret, *ALL, "--explain").json["cause"] == "none"
    sandbox.state.behaviour.dialect = DIALECTS["host"]  # one secret to try
    nobodys = verify(cli, STRANGER, *ALL, "--explain").json
    assert (nobodys["cause"], nobodys["proven"], nobodys["integration"]) == ("unknown", False, None)


def test_another_integrations_secret_is_named_beside_another_mistake(cli: Cli, sandbox: Sandbox) -> None:
    id_, named = webhook(sandbox), add_webhook(sandbox, from_dashboard=True)
    explain = ("webhooks", "verify", "--explain", "--integration", named)
    result = verify(cli, secret_of(sandbox, id_), *explain, body="{}\n")
    assert result.json["integration"] is None
    assert set(result.json["causes"]) == {"secret_integration", "newline_added"}
    assert id_ in result.json["explanation"]
    own = verify(cli, secret_of(sandbox, named), *explain, body="{}\n")
    assert own.json["causes"] == ["newline_added"]


def test_a_header_that_was_damaged_is_explained_with_the_accounts_secrets(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    quoted = f"'{sign(secret_of(sandbox, id_), b'{}', timestamp=1_700_000_000)}'"
    verify_it = (*ALL, "--explain", "--signature", quoted, "--at", "1700000000", "--json")
    document = cli.run(*verify_it, stdin="{}").json
    assert (document["reason"], document["integration"]) == ("malformed_header", id_)
    assert document["causes"] == ["header_quotes"]


def write_secret(cli: Cli, secret: str) -> Path:
    path = cli.home / "webhook.secret"
    path.write_text(secret)
    return path
