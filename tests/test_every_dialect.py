"""However Jebbit answers: commands succeed, or refuse before they write, and what was there stays."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jebbitctl.sandbox.behaviour import ErrorStyle, ServiceName
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES, scopes
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.sandbox.state import StoredResource
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.sandbox.state import Business
    from tests.support import Cli, Result

ENDPOINTS = ["https://a.example.com/1", "https://a.example.com/2", "https://b.example.com/"]
OPTIONS = {"hash_pii": True, "campaign_name_filter": "Spring", "new_thing": 1}
MAPPINGS = "jebbit_var,client_var,default\nemail,mail,\nOutcome,bucket,none\n"
FEW = settings(
    max_examples=10,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking a failure would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

EXISTING = st.lists(
    st.tuples(st.sampled_from(ENDPOINTS), st.booleans(), st.booleans()), max_size=3, unique_by=lambda e: e[0]
)
"""Integrations: endpoint, whether made in the dashboard, whether the list has the given or a new one's id."""
COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "update", "update --force", "apply", "apply --prune", "apply by id", "import"]
        ),
        st.sampled_from(ENDPOINTS),
    ),
    min_size=2,
    max_size=4,
)
ANSWERS = st.tuples(
    st.sampled_from([*DIALECTS]),
    st.sampled_from(get_args(ServiceName)),
    st.sampled_from(get_args(ErrorStyle)),
    st.booleans(),
)
"""The dialect, the service's name, the errors' style, and whether the dashboard's list shows endpoints."""


@pytest.fixture(scope="module")
def two_businesses() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(businesses=2)) as running:
        running.state.permissions += scopes(DIALECTS["openapi"])  # which has a scope for deletions
        yield running


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, two_businesses: Sandbox) -> Cli:
    cli = cli_for(tmp_path_factory.mktemp("home"), two_businesses)
    first = next(iter(two_businesses.state.businesses))
    cli.env["JEBBIT_BUSINESS_ID"] = first
    return cli


class Scenario:
    """Two businesses at a Jebbit that answers in one way, and what commands on the first may not change."""

    def __init__(
        self, sandbox: Sandbox, answers: tuple[Any, ...], existing: list[tuple[str, bool, bool]]
    ) -> None:
        dialect, service, style, shows_endpoints = answers
        behaviour = sandbox.state.behaviour
        behaviour.dialect = DIALECTS[dialect]
        if not shows_endpoints and dialect == "host":
            behaviour.dialect = behaviour.dialect.without("webhook_integrations", "endpoint")
        behaviour.service_name, behaviour.error_style = service, style
        self.sandbox = sandbox
        self.own, self.other = sandbox.state.businesses.values()
        for business in (self.own, self.other):
            for type_ in ("integrations", "integration_mappings"):
                business.of(type_).clear()
        for endpoint, from_dashboard, active in existing:
            self._add(self.own, endpoint, from_dashboard=from_dashboard, active=active)
            self._add(self.other, endpoint, from_dashboard=from_dashboard, active=active)
        self._others = self._snapshot(self.other)
        self._before = self._snapshot(self.own)
        self._forced: set[str] = set()
        self._seen = len(sandbox.requests)

    def _add(self, business: Business, endpoint: str, *, from_dashboard: bool, active: bool) -> None:
        attributes = RESOURCE_TYPES["integrations"].defaults() | {
            "endpoint": endpoint,
            "is_active": active,
            "additional_options": dict(OPTIONS),
        }
        stored = StoredResource(self.sandbox.state.new_id(), attributes, self.sandbox.state.clock())
        stored.from_dashboard = from_dashboard
        business.of("integrations")[stored.id] = stored

    def _snapshot(self, business: Business) -> dict[str, dict[str, Any]]:
        return copy.deepcopy({id_: found.attributes for id_, found in business.of("integrations").items()})

    def arguments(self, cli: Cli, kind: str, endpoint: str) -> list[str]:
        """Return a command that concerns an endpoint, or nothing if it has no integration to name."""
        ids = [id_ for id_, found in self._snapshot(self.own).items() if found["endpoint"] == endpoint]
        if kind == "create":
            return ["integrations", "create", "--endpoint", endpoint, "--if-absent"]
        if kind in ("apply", "apply --prune"):
            insist = ["--max-deletes", "99"] if "--prune" in kind else []
            return ["integrations", *kind.split(), self._manifest(cli, endpoint), "--yes", *insist]
        if not ids:
            return ["integrations", "list"]
        if kind == "apply by id":
            return ["integrations", "apply", self._manifest(cli, endpoint, ids[0]), "--yes"]
        if kind == "import":
            path = cli.home / "mappings.csv"
            path.write_text(MAPPINGS)
            return ["mappings", "import", ids[0], str(path)]
        if "--force" in kind:
            self._forced.add(ids[0])
        return ["integrations", *kind.split(), ids[0], "--include-sub-channel", "--region", "eu"]

    def _manifest(self, cli: Cli, endpoint: str, id_: str | None = None) -> str:
        path = cli.home / "jebbit.toml"
        named = f'id = "{id_}"\n' if id_ else ""
        path.write_text(
            f'version = 1\n[integrations.a]\n{named}endpoint = "{endpoint}"\nis_active = true\n'
            "additional_options.include_outcome_names = true\n"
        )
        return str(path)

    def check(self, result: Result, *, pruned: str | None) -> None:
        """Check what the last command did.

        Args:
            result: of the command.
            pruned: the endpoint in the manifest of a command that deletes the others.
        """
        sent = self.sandbox.requests[self._seen :]
        self._seen += len(sent)
        written = [r.path for r in sent if r.method != "GET" and r.path.startswith("/api/v1/")]
        assert result.code in (0, 1), result
        assert not (result.code and written), (result, written)
        assert self._snapshot(self.other) == self._others
        now = self._snapshot(self.own)
        endpoints = [found["endpoint"] for found in now.values()]
        assert len(endpoints) == len(set(endpoints))
        for id_, before in self._before.items():
            if id_ not in now:
                assert pruned
                assert before["endpoint"] != pruned
            elif id_ not in self._forced:
                kept = now[id_]["additional_options"]
                assert {name: kept.get(name) for name in OPTIONS} == before["additional_options"]
        for gone in self._before.keys() - now.keys():
            del self._before[gone]
        mappings = [
            (found.attributes["integration_id"], found.attributes["jebbit_var"])
            for found in self.own.of("integration_mappings").values()
        ]
        assert len(mappings) == len(set(mappings))


def run_commands(
    sandbox: Sandbox, cli: Cli, answers: Any, existing: Any, commands: list[tuple[str, str]]
) -> None:
    scenario = Scenario(sandbox, answers, existing)
    for kind, endpoint in commands:
        arguments = scenario.arguments(cli, kind, endpoint)
        result = cli.run(*arguments)
        scenario.check(result, pruned=endpoint if "--prune" in arguments else None)


@given(ANSWERS, EXISTING, COMMANDS)
@FEW
def test_commands_duplicate_nothing_lose_no_option_and_keep_to_their_business(
    two_businesses: Sandbox, account: Cli, answers: Any, existing: Any, commands: Any
) -> None:
    run_commands(two_businesses, account, answers, existing, commands)


@pytest.mark.long
@given(ANSWERS, EXISTING, COMMANDS)
@settings(FEW, max_examples=120)
def test_many_more_commands_duplicate_nothing_lose_no_option_and_keep_to_their_business(
    two_businesses: Sandbox, account: Cli, answers: Any, existing: Any, commands: Any
) -> None:
    run_commands(two_businesses, account, answers, existing, commands)
