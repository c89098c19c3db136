"""Whether Jebbit may be asked: what is wrong with the token stops every other line, with one reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.facts import READS, Facts
from jebbitctl.diagnose.lines import LINES
from jebbitctl.errors import CredentialsError
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.diagnose.support import AT_JEBBIT, FAILED, OK, UNKNOWN, WARNING, JebbitAccount, run_line, states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.api.access_token import AccessToken

CLOSED_PORT = "http://127.0.0.1:9"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[JebbitAccount]:
    """Credentials of two businesses with a webhook each."""
    with Sandbox(SandboxOptions(businesses=2, integrations=1)) as running:
        yield JebbitAccount(running, tmp_path, set(), {})


def assert_only_says(account: JebbitAccount, line: str, seen: str) -> None:
    """Check that this line fails and that all others refer to it."""
    findings = account.examine()
    assert states(findings) == {**dict.fromkeys(AT_JEBBIT, UNKNOWN), line: FAILED}
    assert seen in findings[line].seen
    assert findings[line].fix
    reasons = {finding.seen for name, finding in findings.items() if name not in {line, "token", "business"}}
    assert reasons == {f"Jebbit was not asked: see {line}"}


def test_a_token_that_the_issuer_refuses_is_the_only_failure(account: JebbitAccount) -> None:
    account.environment["JEBBIT_CLIENT_SECRET"] = "wrong-secret-08150815"
    assert_only_says(account, "token", "rejected the client id or secret")
    assert {request.path for request in account.sandbox.requests} == {"/oauth/token"}


def test_a_token_that_jebbit_rejects_is_the_only_failure(account: JebbitAccount) -> None:
    token = account.context().client.token().access_token
    account.sandbox.state.revoke_tokens()
    account.environment["JEBBIT_ACCESS_TOKEN"] = token
    assert_only_says(account, "token", "rejected the token")


def test_an_unreachable_jebbit_is_the_only_failure(account: JebbitAccount) -> None:
    token = account.context().client.token().access_token
    account.environment.update(JEBBIT_ACCESS_TOKEN=token, JEBBIT_API_BASE_URL=CLOSED_PORT)
    assert_only_says(account, "token", "127.0.0.1:9")


def test_without_access_a_list_fails_with_the_reason_and_its_exit_code(account: JebbitAccount) -> None:
    account.environment["JEBBIT_CLIENT_SECRET"] = "wrong-secret-08150815"
    facts = Facts(account.context().client)
    for _ in range(2):
        with pytest.raises(CredentialsError, match="rejected the client id or secret"):
            facts.integrations()


def test_after_a_rejection_on_the_way_jebbit_is_not_asked_again(account: JebbitAccount) -> None:
    token = account.context().client.token().access_token
    account.environment["JEBBIT_ACCESS_TOKEN"] = token
    client = account.context().client
    facts = Facts(client)
    assert facts.integrations()
    account.sandbox.state.revoke_tokens()
    before = len(account.sandbox.requests)
    case = Case(account.webhook.id, facts, client)
    for line in ("campaigns", "leads", "mappings", "attributes"):
        assert "rejected the token" in run_line(line, case).seen
    assert len(account.sandbox.requests) == before + 1


def test_a_jebbit_that_fails_at_the_first_request_is_asked_for_the_rest(account: JebbitAccount) -> None:
    account.unavailable.add("/self")
    findings = account.examine()
    assert states(findings, OK) == {"token": UNKNOWN, "business": UNKNOWN}
    assert all("503" in findings[line].seen for line in ("token", "business"))


def test_nobody_guesses_which_of_several_businesses_is_meant(two: JebbitAccount) -> None:
    assert_only_says(two, "business", "cover several businesses")
    two.environment["JEBBIT_BUSINESS_ID"] = two.business.id
    assert states(two.examine())["business"] is OK


def test_a_business_that_jebbit_has_removed_is_the_failure_not_the_token(two: JebbitAccount) -> None:
    webhook, removed = two.webhook.id, two.business.id
    two.environment["JEBBIT_BUSINESS_ID"] = removed
    two.sandbox.state.remove_business(removed)
    findings = two.examine(webhook)
    assert findings["business"].state is FAILED
    assert "may have been removed" in (findings["business"].fix or "")
    assert findings["token"].state is findings["integration"].state is UNKNOWN


def test_the_token_line_says_until_when_it_is_valid_and_what_it_lacks(account: JebbitAccount) -> None:
    assert re.match(r"valid until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ;", account.examine()["token"].seen)
    for scope in ("read:trait", "read:campaign_stat"):
        account.sandbox.state.permissions.remove(scope)
    account.sandbox.state.revoke_tokens()
    finding = account.examine()["token"]
    assert finding.state is WARNING
    assert "lacks read:campaign_stat, read:trait" in finding.seen


class OpaqueTokens:
    """A source of a token whose scopes cannot be seen."""

    renewal_hint = None

    def __init__(self, token: AccessToken) -> None:
        self._token = token._replace(scopes=())

    def get(self) -> AccessToken:
        return self._token

    def refresh(self, _: AccessToken) -> None:
        return None


def test_a_token_that_does_not_list_its_scopes_lets_jebbit_decide(account: JebbitAccount) -> None:
    account.sandbox.state.permissions.remove("read:campaign_stat")
    client = account.context().client
    client.tokens = OpaqueTokens(client.token())
    case = Case(account.webhook.id, Facts(client), client)
    assert LINES["token"](case).state is OK
    with pytest.raises(Exception, match="requires read:campaign_stat"):
        LINES["leads"](case)


def test_a_scope_that_was_granted_after_the_token_was_issued_counts(account: JebbitAccount) -> None:
    permissions = account.sandbox.state.permissions
    permissions.remove("read:trait")
    assert account.examine()["mappings"].state is UNKNOWN
    permissions.append("read:trait")
    assert states(account.examine(), OK) == {}


def test_each_collection_that_is_read_has_a_scope_of_its_own() -> None:
    assert len(set(READS)) == len(READS) == 5
