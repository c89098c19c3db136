"""TAB on ids, profiles and businesses: quick, silent, and without the keyring or the issuer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.commands.completion import values
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.storage.completion_cache import CompletionCache
from tests.command_lines import COMMAND_LINES
from tests.commands.completion.tab import GET, offered, offers_nothing, tab, variables_of
from tests.commands.integrations.support import stored, webhook
from tests.interruptions import Stage, ended, started
from tests.isolated_home import IsolatedHome, paths
from tests.scripted_server import active, add, add_mapping, attributes_of
from tests.support import JEBBITCTL, cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


def entries(cli: Cli) -> list[Path]:
    """Return the files of the cache."""
    return sorted((cli.config / "completion").glob("*.json"))


@pytest.fixture
def ready(cli: Cli) -> Cli:
    """A command line with a cached token."""
    assert cli.run("token").code == 0
    return cli


def test_ids_are_offered_with_their_endpoints_by_every_command_that_takes_one(
    ready: Cli, sandbox: Sandbox
) -> None:
    ids = list(stored(sandbox))
    for verb in ("get", "secret", "test", "delete", "update"):
        assert offered(ready, f"jebbitctl integrations {verb} ") == ids
    assert offered(ready, f"{GET}{ids[0][:3]}") == [ids[0]]
    output = tab(ready, GET, "zsh")
    assert f'"{webhook(sandbox)}":"https\\\\://hooks.example.com/jebbit/1"' in output
    assert '"klaviyo"' in output
    assert paths(sandbox).count("/api/v1/integrations") == 1


def test_only_webhooks_are_offered_to_be_diagnosed(ready: Cli, sandbox: Sandbox) -> None:
    webhooks = [id_ for id_, one in stored(sandbox).items() if one["service_name"] != "klaviyo"]
    assert offered(ready, "jebbitctl integrations diagnose ") == webhooks != list(stored(sandbox))


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("option", ["send --integration", "verify --integration", "listen --trigger"])
def test_ids_are_offered_by_webhooks_commands(ready: Cli, sandbox: Sandbox, option: str) -> None:
    assert offered(ready, f"jebbitctl webhooks {option} ") == list(stored(sandbox))


def test_a_warm_cache_sends_no_request_and_imports_little(ready: Cli, sandbox: Sandbox) -> None:
    assert offered(ready, GET)
    before = len(sandbox.requests)
    for shell in ("bash", "zsh", "fish"):
        action = {"_TYPER_COMPLETE_FISH_ACTION": "get-args", "PYTHONWARNINGS": None}
        done = subprocess.run(
            [sys.executable, "-X", "importtime", JEBBITCTL],
            env=ready.environment({**variables_of(shell, GET), **action}),
            capture_output=True,
            text=True,
            check=True,
        )
        assert webhook(sandbox) in done.stdout
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "jebbitctl.storage.completion_cache" in imported
        assert not imported & {"requests", "urllib3", "keyring", "rich", "tomlkit", "filelock"}
    assert len(sandbox.requests) == before


def test_each_write_is_offered_at_once(ready: Cli, sandbox: Sandbox) -> None:
    cache, id_ = CompletionCache(ready.config), webhook(sandbox)
    for line, changes in (
        ("integrations list", False),
        ("integrations create --endpoint https://a.example", True),
        (f"integrations update {id_} --endpoint https://b.example", True),
        (f"mappings create --integration {id_} --jebbit-var a --client-var b", True),
        (f"api DELETE integrations/{id_}", True),
        ("integrations delete nobody12 -y", True),
    ):
        cache.put("key", [(id_, "as it was")])
        ready.run(*line.split())
        assert (entries(ready) == []) == changes, line


@pytest.mark.parametrize(
    ("offers", "type_", "description"),
    [
        (values.mappings, "integration_mappings", "Outcome as bucket"),
        (values.backfills, "integration_historic_backfills", "received 20"),
        (values.campaigns, "campaigns", "Holiday Lookbook"),
        (values.attributes, "traits", "shoe_size"),
        (values.exports, "uploaders", "Nightly leads 8:00-daily"),
    ],
)
def test_every_noun_offers_its_ids_with_descriptions(  # noqa: PLR0917 - the table's columns
    ready: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, offers: Any, type_: str, description: str
) -> None:
    add_mapping(sandbox, "Outcome", "bucket")
    sandbox.state.backfill_step = 1000
    assert ready.run("backfills", "create", "--integration", active(sandbox), "-y").code == 0
    monkeypatch.setattr(values, "MAX_SECONDS", time.process_time() + 20)
    root = SimpleNamespace(obj=ready.environment())
    found = offers(SimpleNamespace(params={}, find_root=lambda: root), [], "")
    assert [id_ for id_, _ in found] == list(attributes_of(sandbox, type_))
    assert any(shown.startswith(description) for _, shown in found)
    given = SimpleNamespace(params={"ids": [found[0][0]]}, find_root=lambda: root)
    assert offers(given, [], "") == found[1:]


def test_the_attributes_that_a_mapping_can_name_are_offered_with_their_display_names(
    ready: Cli, sandbox: Sandbox
) -> None:
    ids = [str(stored["user_defined_id"]) for stored in attributes_of(sandbox, "traits").values()]
    for id_ in ("a b", "$(touch x)", "-f", "größe", ""):
        add(sandbox, "traits", user_defined_id=id_)
    add(sandbox, "traits", title="without an id")
    assert sorted(offered(ready, "jebbitctl mappings update abc12345 --jebbit-var ")) == sorted(ids)
    assert offered(ready, "jebbitctl mappings create --jebbit-var shoe_s") == ["shoe_size"]
    assert offered(ready, "jebbitctl attributes list --id shoe_s") == ["shoe_size"]
    assert '"email":"E-mail address"' in tab(ready, "jebbitctl mappings create --jebbit-var e", "zsh")
    assert paths(sandbox).count("/api/v1/traits") == 1


def test_every_argument_and_option_that_takes_an_id_completes_it() -> None:
    without = [
        f"{line} {param.name}"
        for line, (_, command) in COMMAND_LINES.items()
        for param in command.params
        if (param.metavar or "").rstrip("…").endswith(("ID", "ID|NAME", "STATUS", "PROBE", "KIND"))
        and param.name != "client_id"
        and not getattr(param, "_custom_shell_complete", None)
    ]
    assert without == []


def test_ctrl_c_during_tab_prints_nothing(tmp_path: Path) -> None:
    stage = Stage("GET /api/v1/integrations")
    with Sandbox(SandboxOptions(integrations=1), wrap=stage.wrap) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        assert cli.run("token").code == 0
        with started(cli, env=variables_of("bash", GET)) as process:
            assert stage.reached.wait(20)
            assert ended(process, signal.SIGINT) == (130, "", "")
        stage.over.set()


def test_an_endpoint_cannot_inject_anything_into_the_shell(ready: Cli, sandbox: Sandbox) -> None:
    evil = "https://x/\\$(touch a)`touch b`';\"|&><(){}[red]\n\x1b]0;x\x07\u202e☕"
    stored(sandbox)[webhook(sandbox)]["endpoint"] = evil
    output = tab(ready, GET, "zsh")
    description = next(line for line in output.splitlines() if webhook(sandbox) in line).split('":"')[1]
    assert description.startswith(r"https\\://x/__")
    assert not set(description.split('"')[0].replace(r"\\:", "")) & set("\\$`'\";|<>(){}[]\n\x1b\x07\u202e")


def test_invalid_ids_are_not_offered(ready: Cli, sandbox: Sandbox) -> None:
    integrations = next(iter(sandbox.state.businesses.values())).of("integrations")
    for id_ in ("--yes", "~root", "$(touch x)", "a b"):
        resource = next(iter(integrations.values()))
        integrations[id_] = type(resource)(id_, resource.attributes, 0.0)
    assert len(stored(sandbox)) == 6
    assert len(offered(ready, GET)) == 2


@posix
def test_the_cache_is_private_and_contains_no_secret(ready: Cli, sandbox: Sandbox) -> None:
    attributes = stored(sandbox)[webhook(sandbox)]
    attributes["endpoint"] = "https://bob:sesame@x.example/hook?key=hush#hush"
    assert '"https\\\\://________@x.example/hook"' in tab(ready, GET, "zsh")
    (entry,) = entries(ready)
    assert entry.stat().st_mode & 0o777 == 0o600
    assert entry.parent.stat().st_mode & 0o777 == 0o700
    token = ready.run("token").out.strip()
    secrets = (token, str(attributes["shared_secret"]), "sesame", "hush", sandbox.state.client_secret)
    assert not [secret for secret in secrets if secret in entry.read_text()]


def test_an_endpoint_that_is_not_a_url_does_not_hide_the_other_integrations(
    ready: Cli, sandbox: Sandbox
) -> None:
    first, second = stored(sandbox)
    stored(sandbox)[first]["endpoint"] = "http://[x"
    assert offered(ready, GET) == [first, second]


@pytest.mark.long
def test_the_cache_is_refreshed_after_a_few_minutes(ready: Cli, sandbox: Sandbox) -> None:
    gone, kept = stored(sandbox)
    assert offered(ready, GET) == [gone, kept]
    del next(iter(sandbox.state.businesses.values())).of("integrations")[gone]
    assert offered(ready, GET) == [gone, kept]
    (entry,) = entries(ready)
    document = json.loads(entry.read_text())
    entry.write_text(json.dumps({**document, "written_at": time.time() - 301}))
    assert offered(ready, GET) == [kept]


def test_without_a_valid_token_no_request_is_sent(cli: Cli, sandbox: Sandbox) -> None:
    assert offers_nothing(cli, GET)
    assert offers_nothing(cli, "jebbitctl whoami --business ")
    assert sandbox.requests == []


def test_a_token_in_the_environment_is_used(ready: Cli, sandbox: Sandbox) -> None:
    env: dict[str, str | None] = {
        "JEBBIT_ACCESS_TOKEN": ready.run("token").out.strip(),
        "JEBBIT_CLIENT_ID": None,
        "JEBBIT_CLIENT_SECRET": None,
    }
    assert offered(ready, GET, env) == list(stored(sandbox))
    rejected = {**env, "JEBBIT_ACCESS_TOKEN": "rejected"}
    assert offers_nothing(ready, GET, rejected)


@pytest.mark.long
def test_the_keyring_is_never_used_and_accounts_never_mix(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=2)) as sandbox, Sandbox(SandboxOptions(integrations=3)) as other:
        machine = IsolatedHome(tmp_path, {}, [])
        assert machine.login(sandbox).code == 0
        assert machine.login(other, "--profile", "other").code == 0
        calls, requests = machine.calls, len(sandbox.requests)
        for _ in range(2):
            assert offered(machine, GET) == list(stored(sandbox))
            assert offered(machine, f"{GET}--profile other ") == list(stored(other))
        assert offered(machine, "jebbitctl whoami --profile ") == ["default", "other"]
        assert offered(machine, "jebbitctl profiles remove o") == ["other"]
        assert "production" in tab(machine, "jebbitctl profiles use ", "zsh")
        for token in machine.tokens:
            token.unlink()
        for entry in entries(machine):
            entry.unlink()
        assert offers_nothing(machine, GET)
        assert machine.calls == calls
        assert "/oauth/token" not in paths(sandbox, requests)


def test_businesses_are_offered_with_names_and_ids_are_those_of_the_chosen_business(
    cli_several: Cli, three_businesses: Sandbox
) -> None:
    assert cli_several.run("token").code == 0
    businesses = three_businesses.state.businesses
    assert offered(cli_several, "jebbitctl whoami --business ") == list(businesses)
    assert '"Borealis Beauty"' in tab(cli_several, "jebbitctl whoami --business ", "zsh")
    assert offers_nothing(cli_several, GET)
    for business in businesses.values():
        assert offered(cli_several, f"{GET}--business {business.id} ") == list(business.of("integrations"))


def test_a_business_whose_name_is_unavailable_is_offered_without_it(
    three_businesses: Sandbox, cli_several: Cli
) -> None:
    assert cli_several.run("token").code == 0
    ids = list(three_businesses.state.businesses)
    three_businesses.state.remove_business(ids[0])
    assert offered(cli_several, "jebbitctl whoami --business ") == ids
    assert len(entries(cli_several)) == 1


@pytest.mark.long
def test_a_slow_service_does_not_block_the_shell(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(integrations=1)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        token = cli.run("token").out.strip()
    with Sandbox(SandboxOptions(integrations=1, latency_ms=30_000)) as slow:
        env: dict[str, str | None] = {"JEBBIT_ACCESS_TOKEN": token, "JEBBIT_API_BASE_URL": slow.url}
        for typed in (GET, "jebbitctl whoami --business "):
            began = time.monotonic()
            tab(cli, typed, env=env, seconds=values.MAX_SECONDS)
            assert time.monotonic() - began < 20  # the response takes 30; 1.5 on an idle machine


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    "env",
    [
        {"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_API_BASE_URL": "http://127.0.0.1:9"},
        {"JEBBIT_ACCESS_TOKEN": "", "JEBBIT_DEBUG": "1"},
        {"JEBBIT_CLIENT_ID": "half"},
        {"JEBBIT_CONFIG_DIR": ""},
        {"JEBBIT_PROFILE": "nowhere"},
        {},
    ],
    ids=str,
)
def test_no_failure_prints_anything(bare: Cli, env: dict[str, str | None]) -> None:
    for typed in (GET, "jebbitctl whoami --profile ", "jebbitctl whoami --business "):
        assert offers_nothing(bare, typed, env)


def test_a_broken_configuration_prints_nothing(bare: Cli) -> None:
    bare.config.mkdir(parents=True)
    (bare.config / "config.toml").write_text("[[[")
    assert offers_nothing(bare, "jebbitctl profiles use ")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 10_000,
        '{"items": []}',
        '{"written_at": 1, "items": []}',
        '{"written_at": %s, "items": [["a"]]}',
        '{"written_at": %s, "items": {}}',
        '{"written_at": %s, "items": [["a", 1]]}',
    ],
    ids=range(8),
)
def test_an_invalid_cache_entry_counts_as_absent(tmp_path: Path, content: str) -> None:
    cache = CompletionCache(tmp_path / "config")
    cache.put("key", [("a", "b")])
    assert cache.get("key") == [("a", "b")]
    path = tmp_path / "config" / "completion" / "key.json"
    path.write_text(content.replace("%s", repr(time.time())))
    assert cache.get("key") is None


@posix
def test_a_readable_entry_is_not_trusted_and_an_unusable_directory_is_not_an_error(
    tmp_path: Path,
) -> None:
    cache = CompletionCache(tmp_path)
    cache.put("key", [("a", "b")])
    (tmp_path / "completion" / "key.json").chmod(0o644)
    assert cache.get("key") is None
    (tmp_path / "file").touch()
    for nowhere in (CompletionCache(None), CompletionCache(tmp_path / "file")):
        nowhere.put("key", [("a", "b")])
        assert nowhere.get("key") is None


def test_expired_entries_are_removed(tmp_path: Path) -> None:
    cache = CompletionCache(tmp_path)
    cache.put("old", [("a", "b")])
    old = tmp_path / "completion" / "old.json"
    os.utime(old, (1, 1))
    cache.put("new", [])
    assert not old.exists()
    assert cache.get("new") == []
