"""Any manifest applies to any current state, once, even when interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jebbitctl.api.integrations import OPTION_TYPES
from jebbitctl.api.transport import Transport
from jebbitctl.manifest.backup import make_backup
from jebbitctl.manifest.current_state import fetch_current_state
from jebbitctl.manifest.edit import edit
from jebbitctl.manifest.export import export
from jebbitctl.manifest.load import load
from jebbitctl.manifest.plan import plan_changes
from jebbitctl.sandbox.dialects import Dialect
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.secret_files import SecretFiles
from tests.manifest.support import apply, client_for, make_plan, state_of
from tests.scripted_server import add, add_mapping, attributes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.manifest.current_state import CurrentState

FEW = settings(
    max_examples=max(15, settings.default.max_examples // 10) if settings.default else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ENDPOINTS = [f"https://hooks.example.com/{name}" for name in ("a", "b", "c", "d")]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda text: text.strip() and "${" not in text
)
VARIABLES = st.sampled_from(["Outcome", "email", "age"])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        name: st.booleans() if type_ is bool else TEXTS for name, type_ in list(OPTION_TYPES.items())[:3]
    },
)
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "region": st.sampled_from(["us", "eu"]),
        "is_active": st.booleans(),
        "include_uids": st.booleans(),
        "additional_options": OPTIONS,
    },
)
MAPPING = st.fixed_dictionaries({"jebbit_var": VARIABLES, "client_var": TEXTS}, optional={"default": TEXTS})
MAPPINGS = st.lists(MAPPING, max_size=3, unique_by=lambda m: (m["jebbit_var"], m["client_var"]))
ENTRIES = st.lists(
    st.tuples(st.sampled_from(ENDPOINTS), ATTRIBUTES, st.none() | MAPPINGS),
    max_size=3,
    unique_by=lambda e: e[0],
)
"""Endpoints with attributes and mappings, for a manifest or for the sandbox."""


def manifest_of(entries: list[tuple[str, dict[str, Any], list[dict[str, str]] | None]]) -> str:
    integrations = {
        f"i{number}": {
            "endpoint": endpoint,
            **attributes,
            **({} if mappings is None else {"mappings": mappings}),
        }
        for number, (endpoint, attributes, mappings) in enumerate(entries)
    }
    return tomlkit.dumps({"version": 1, "integrations": integrations})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.state.behaviour.dialect = Dialect()  # which says everything that any document says
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Client:
    return client_for(sandbox, Transport(timeout=20))


def store(sandbox: Sandbox, entries: list[tuple[str, dict[str, Any], list[dict[str, str]] | None]]) -> None:
    """Store these entries in a sandbox, and an integration of another service."""
    (business,) = sandbox.state.businesses.values()
    for type_ in ("integrations", "integration_mappings"):
        business.of(type_).clear()
    for number, (endpoint, attributes, mappings) in enumerate(entries):
        copy = json.loads(json.dumps(attributes))
        fixed = {"service_name": "webhooks_standard", "endpoint": endpoint, "shared_secret": f"s{number}"}
        defaults = {"region": "us", "is_active": True, "include_uids": False, "additional_options": {}}
        id_ = add(sandbox, "integrations", **{**defaults, **fixed, **copy})
        for mapping in mappings or ():
            add_mapping(
                sandbox,
                mapping["jebbit_var"],
                mapping["client_var"],
                mapping.get("default"),
                integration=id_,
            )
    add(
        sandbox,
        "integrations",
        service_name="klaviyo",
        endpoint=None,
        is_active=True,
        additional_options={"fields": {"lists": [{"id": 1}], "more": {}}, "double_opt_in": True},
        region=None,
    )


@given(ENTRIES, ENTRIES, st.booleans())
@FEW
def test_an_applied_manifest_has_no_differences_and_applies_only_once(
    sandbox: Sandbox, client: Client, before: Any, desired: Any, prune: bool
) -> None:
    store(sandbox, before)
    text = manifest_of(desired)
    apply(client, text, prune=prune)
    after = make_plan(client, load(text.encode(), "m", {}))
    assert after.steps == []
    assert after.unmanaged == [] or not prune
    assert apply(client, text, prune=prune) == []


@given(ENTRIES, st.lists(st.sampled_from(ENDPOINTS), max_size=2))
@FEW
def test_an_exported_manifest_has_no_differences_and_applies_nothing(
    sandbox: Sandbox, client: Client, stored: Any, duplicates: list[str]
) -> None:
    store(sandbox, [*stored, *((endpoint, {}, None) for endpoint in duplicates)])
    warnings: list[str] = []
    text = export({None: fetch_current_state(client, [], all_attributes=True)}, warn=warnings.append)
    assert warnings == []
    found = make_plan(client, load(text.encode(), "m", {}), prune=True)
    assert found.steps == []
    assert apply(client, text, prune=True) == []


@given(ENTRIES, ENTRIES)
@FEW
def test_a_manifest_updated_by_export_has_no_differences(
    sandbox: Sandbox, client: Client, stored: Any, declared: Any
) -> None:
    store(sandbox, stored)
    before = load(manifest_of(declared).encode(), "m", {})
    text = edit(before, {None: fetch_current_state(client, [], all_attributes=True)}, warn=lambda _: None)
    assert make_plan(client, load(text.encode(), "m", {}), prune=True).steps == []


@pytest.mark.long
@given(ENTRIES, ENTRIES, st.tuples(st.booleans(), st.booleans()))
@FEW
def test_a_backup_puts_everything_back(
    sandbox: Sandbox, client: Client, stored: Any, desired: Any, choices: tuple[bool, bool]
) -> None:
    moved, prune = choices
    off = {name: type_() for name, type_ in OPTION_TYPES.items()}  # which no manifest can remove
    for _, attributes, _ in stored:
        attributes["additional_options"] = {**off, **attributes.get("additional_options", {})}
        attributes |= {"include_mapped_attributes": True, "require_opt_in": None}  # the API's defaults
    store(sandbox, stored)
    before = state_of(sandbox)
    text = manifest_of(desired)
    if moved and stored:
        id_ = next(i for i, a in attributes_of(sandbox, "integrations").items() if a["endpoint"])
        text += f'[integrations.moved]\nid = "{id_}"\nendpoint = "https://elsewhere.example.com/"\n'
    states: dict[str | None, CurrentState] = {None: fetch_current_state(client, [], all_attributes=True)}
    backup = make_backup(states, plan_changes(load(text.encode(), "m", {}), states, prune=prune))
    apply(client, text, prune=prune)
    apply(client, backup.text, prune=True)
    assert state_of(sandbox) == before
    assert apply(client, backup.text, prune=True) == []


class Interrupted(Exception):  # noqa: N818 - not an error
    """The process was killed."""


class Unreliable(Transport):
    """A transport that raises after some requests: before the next one, or after its response."""

    def __init__(self, requests: int, *, after: bool) -> None:
        super().__init__(timeout=20)
        self._remaining = requests
        self._after = after

    def send(self, *args: Any, **options: Any) -> Any:
        if self._remaining == 0 and not self._after:
            raise Interrupted
        response = super().send(*args, **options)
        if self._remaining == 0:
            raise Interrupted
        self._remaining -= 1
        return response


@given(ENTRIES, ENTRIES, st.tuples(st.booleans(), st.integers(0, 40), st.booleans()))
@FEW
def test_an_apply_interrupted_after_any_request_ends_the_same_when_run_again(
    sandbox: Sandbox, client: Client, before: Any, desired: Any, interruption: tuple[bool, int, bool]
) -> None:
    prune, requests, after = interruption
    text = manifest_of(desired)
    store(sandbox, before)
    apply(client, text, prune=prune)
    expected = state_of(sandbox)
    store(sandbox, before)
    old = set(attributes_of(sandbox, "integrations"))
    with TemporaryDirectory() as home:
        secrets = SecretFiles(Path(home) / "secrets")
        transport = Unreliable(requests + 1, after=after)
        try:
            apply(client_for(sandbox, transport), text, prune=prune, secrets=secrets)
        except Interrupted:
            apply(client, text, prune=prune, secrets=secrets)
        assert state_of(sandbox) == expected
        secrets_in_files = sorted(path.read_text().strip() for path in Path(home).rglob("*.secret"))
    new = [a for i, a in attributes_of(sandbox, "integrations").items() if i not in old]
    assert secrets_in_files == sorted(a["shared_secret"] for a in new)
