"""The JSON Schema of a manifest says the same as the checks."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.commands.topics.manifest import EXAMPLE, schema
from jebbitctl.errors import UsageError
from jebbitctl.manifest.load import load
from jebbitctl.manifest.schema import ENTRY_KEYS
from tests.manifest.support import SPRING

if TYPE_CHECKING:
    from tests.support import Cli

VALIDATOR = jsonschema.Draft7Validator(schema())
VARIABLES = {"HOOKS_HOST": "hooks.example.com", "REGION": "eu", "ID": "L5m24mjs", "URL": "https://x.example"}
ENTRY = 'version = 1\n[integrations.a]\nendpoint = "https://x.example/"\n'
BY_ID = 'version = 1\n[integrations.a]\nid = "L5m24mjs"\n'


ODD: list[Any] = [
    "",
    " ",
    "x",
    "..",
    "ä",
    "a\n",
    "$${x}",
    "//",
    "https://",
    "$metadata",
    True,
    0,
    1.5,
    [],
    [1],
    {},
]
USUAL: dict[str, list[Any]] = {
    "id": ["L5m24mjs", "${ID}", "a~b.c-d"],
    "endpoint": [
        "https://x.example/",
        "HTTPS://x.example",
        "${URL}/x",
        "https://${HOOKS_HOST}",
        "http://[::1]:1",
    ],
    "region": ["us", "eu", "${REGION}"],
    "service_name": ["klaviyo", "webhook", "${ID}"],
    "additional_options": [{"hash_pii": True}, {"campaign_name_filter": "${ID}"}, {"other": 1}],
    "set": [{"a-1_b": {"ä b": [1, {"": ""}]}}, {"additional_options": {"": 1.5}}, {"id": 1}, {"ä": 1}],
    "mappings": [[{"jebbit_var": "ä", "client_var": "${ID}", "default": ""}], [{"jebbit_var": "a"}]],
}
ENTRIES = st.fixed_dictionaries(
    {},
    optional={key: st.sampled_from(5 * USUAL.get(key, [True, False]) + ODD) for key in (*ENTRY_KEYS, "nope")},
)


def is_loaded(text: str) -> bool:
    try:
        load(text.encode(), "jebbit.toml", VARIABLES)
    except UsageError:
        return False
    return True


def test_the_schema_is_a_schema_and_describes_every_key() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    entry = schema()["properties"]["integrations"]["additionalProperties"]
    assert "protected" in entry["properties"]
    described = [
        *entry["properties"].values(),
        *entry["properties"]["additional_options"]["properties"].values(),
    ]
    assert all(key["description"] for key in described)


@pytest.mark.parametrize(
    "text",
    [
        "version = 1\n",
        EXAMPLE,
        SPRING,
        "version = 1\n[businesses.bTUIhsye.integrations.a]\nid = 'x'\n[businesses.other]\n",
        BY_ID + 'endpoint = "http://from.the.dashboard/"\nservice_name = "klaviyo"\nmappings = []\n',
        BY_ID.replace("L5m24mjs", "${ID}") + 'region = "${REGION}"\nprotected = true\n',
        'version = 1\n[integrations.A-b_1]\nendpoint = "${URL}/x"\nset.additional_options.thing = [1, {}]\n',
        'version = 1\n[integrations.a]\nendpoint = "HTTPS://x.example"\nset.include_more = "yes"\n',
    ],
)
def test_a_valid_manifest_has_a_valid_schema(text: str) -> None:
    assert is_loaded(text)
    VALIDATOR.validate(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 2\n",
        'version = "1"\n',
        "version = true\n",
        "version = 1\nextra = 1\n",
        "version = 1\n[integrations]\n[businesses]\n",
        "version = 1\nintegrations = []\n",
        "version = 1\n[integrations]\na = 1\n",
        "version = 1\n[integrations.a]\n",
        "version = 1\n[integrations.'a b']\nid = 'x'\n",
        "version = 1\n[businesses.'a/b'.integrations]\n",
        "version = 1\n[businesses.bTUIhsye]\nname = 1\n",
        "version = 1\n[integrations.a]\nendpoint = 'x.example'\n",
        BY_ID.replace("L5m24mjs", ".."),
        ENTRY + "enpoint = 1\n",
        ENTRY + 'region = "de"\n',
        ENTRY + "region = 1\n",
        ENTRY + 'is_active = "true"\n',
        ENTRY + 'protected = "yes"\n',
        ENTRY + "additional_options = 1\n",
        ENTRY + "additional_options.new_thing = 1\n",
        ENTRY + "additional_options.hash_pii = 1\n",
        ENTRY + "set.region = 'us'\n",
        ENTRY + "set.shared_secret = 'x'\n",
        ENTRY + "set.'größe' = 1\n",
        ENTRY + "set.'additional_options.hash_pii' = true\n",
        ENTRY + "set.additional_options.hash_pii = true\n",
        ENTRY + "mappings = {}\n",
        ENTRY + "mappings = [1]\n",
        ENTRY + "mappings = [{ jebbit_var = 'a' }]\n",
        ENTRY + "mappings = [{ jebbit_var = 'a', client_var = ' ' }]\n",
        ENTRY + "mappings = [{ jebbit_var = '$metadata', client_var = 'a' }]\n",
        ENTRY + "mappings = [{ jebbit_var = 'a', client_var = 'a', default = 1 }]\n",
        ENTRY + "mappings = [{ jebbit_var = 'a', client_var = 'a', more = '' }]\n",
    ],
)
def test_a_mistake_is_one_for_the_schema_as_well(text: str) -> None:
    assert not is_loaded(text)
    assert not VALIDATOR.is_valid(tomllib.loads(text))


@given(st.dictionaries(st.sampled_from(["a", "A-b_1.c", "x" * 64, "-a", "ä"]), ENTRIES, max_size=2))
def test_the_schema_accepts_whatever_is_loaded(entries: dict[str, Any]) -> None:
    document = {"version": 1, "integrations": entries}
    if is_loaded(tomlkit.dumps(document)):
        VALIDATOR.validate(document)


def test_help_prints_the_schema_of_manifests_only(bare: Cli) -> None:
    printed: Any = bare.run("help", "manifest", "--schema").json
    assert printed == schema() == bare.run("help", "manifest", "--schema", "--json").json
    assert bare.run("help", "output", "--schema").code == 2
