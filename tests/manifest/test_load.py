"""Loading a manifest: its specs, and errors that name file, line and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api.integrations import ATTRIBUTE_TYPES, OPTION_TYPES
from jebbitctl.api.mappings import MappingSpec
from jebbitctl.commands.integrations.attributes import AttributeOptions, requested_attributes
from jebbitctl.errors import UsageError
from jebbitctl.manifest.load import load
from jebbitctl.manifest.mistakes import InvalidManifestError

if TYPE_CHECKING:
    from jebbitctl.manifest.load import Manifest

COMPLETE = """\
version = 1

# where the leads go
[integrations.spring-leads]
endpoint = "https://${HOOKS_HOST}/jebbit?keep=$${this}"
region = "eu"
is_active = true
require_opt_in = false
additional_options.hash_pii = true
additional_options.campaign_name_filter = "Spring"
set.new_attribute = [1, 2.5]
set.additional_options.new_thing = { deep = true }
mappings = [
  { jebbit_var = "Outcome", client_var = "bucket", default = "none" },
  { jebbit_var = "Outcome", client_var = "outcome" },
]

[integrations.klaviyo]
id = "L5m24mjs"
service_name = "klaviyo"
"""


def load_text(text: str | bytes) -> Manifest:
    variables = {"HOOKS_HOST": "hooks.example.com"}
    return load(text.encode() if isinstance(text, str) else text, "jebbit.toml", variables)


def test_a_manifest_becomes_specs_with_api_attributes() -> None:
    spring, klaviyo = load_text(COMPLETE).integrations
    assert spring.attributes == {
        "endpoint": "https://hooks.example.com/jebbit?keep=${this}",
        "region": "eu",
        "is_active": True,
        "require_opt_in": False,
        "new_attribute": [1, 2.5],
        "additional_options": {
            "hash_pii": True,
            "campaign_name_filter": "Spring",
            "new_thing": {"deep": True},
        },
    }
    assert spring.mappings == (MappingSpec("Outcome", "bucket", "none"), MappingSpec("Outcome", "outcome"))
    assert (klaviyo.id, klaviyo.service_name, klaviyo.attributes, klaviyo.mappings) == (
        "L5m24mjs",
        "klaviyo",
        {},
        None,
    )


def test_a_manifest_covers_the_business_in_use_or_those_in_its_sections() -> None:
    assert load_text("version = 1").businesses == (None,)
    text = 'version = 1\n[businesses.bTUIhsye.integrations.a]\nid = "x"\n[businesses.other]\n'
    manifest = load_text(text)
    assert manifest.businesses == ("bTUIhsye", "other")
    assert [integration.business for integration in manifest.integrations] == ["bTUIhsye"]


def test_every_attribute_with_an_option_has_a_key() -> None:
    options: dict[str, Any] = {**dict.fromkeys(AttributeOptions._fields, True), "region": "us", "set_": None}
    every_option = AttributeOptions(**options)
    requested = requested_attributes(every_option, "https://example.com/")
    assert requested.pop("additional_options").keys() == OPTION_TYPES.keys()
    assert requested.keys() == ATTRIBUTE_TYPES.keys()


HEAD = "version = 1\n\n[integrations.a]\n"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "jebbit.toml: version is missing", "add this line at the top: version = 1"),
        ("version = 2", "line 1: version: this version of jebbitctl supports only version = 1", None),
        ("version = 1.0", "line 1: version: this version of jebbitctl supports only version = 1", None),
        ("version = true", "line 1: version: this version of jebbitctl supports only version = 1", None),
        (
            "version = 1\nintegration = 1",
            "line 2: integration: unknown key",
            "did you mean integrations?",
        ),
        ("version = 1\nintegrations = 1", "line 2: integrations: must be a table", None),
        ("version = 1\n[integrations]\na = 1", "line 3: integrations.a: must be a table", None),
        (
            'version = 1\n[integrations.a]\nid="x"\n[businesses.b]',
            "line 2: integrations: a manifest has either integrations or businesses",
            None,
        ),
        ('version = 1\n[businesses."b/c"]', "line 2: businesses.b/c: not the id of a business", None),
        ("version = 1\n[businesses.b]\nname = 1", "line 3: businesses.b.name: unknown key", None),
        ("version = 1\n[integrations.'ä b']\nid = 'x'", "line 2: integrations.ä b: invalid name", None),
        (HEAD, "line 3: integrations.a: endpoint or id is missing", None),
        (HEAD + 'id = "../x"', "line 4: integrations.a.id: '../x' is not an id", None),
        (
            HEAD + 'endpoint = "http://x.example/"',
            "line 4: integrations.a.endpoint: plain http to x.example",
            None,
        ),
        (HEAD + 'endpoint = "x.example"', "line 4: integrations.a.endpoint: it is not an absolute URL", None),
        (HEAD + "endpoint = 1", "line 4: integrations.a.endpoint: must be a string", None),
        (
            HEAD + 'id = "x"\n\nregion = "mars"',
            "line 6: integrations.a.region: invalid region",
            "use us or eu",
        ),
        (
            HEAD + 'id = "x"\nregoin = "us"',
            "line 5: integrations.a.regoin: unknown key",
            "did you mean region?",
        ),
        (
            HEAD + 'id = "x"\nis_active = "yes"',
            "line 5: integrations.a.is_active: must be true or false",
            None,
        ),
        (
            HEAD + 'id = "x"\nadditional_options.hash_pi = true',
            "line 5: integrations.a.additional_options.hash_pi: unknown key",
            "did you mean hash_pii? (put other options under set.additional_options)",
        ),
        (
            HEAD + 'id = "x"\nset.region = "eu"',
            "line 5: integrations.a.set.region: cannot be set here: it has its own key",
            None,
        ),
        *(
            (HEAD + f'id = "x"\nset."{name}" = true', f"integrations.a.set.{name}: not the name of", None)
            for name in ("::stop-commands::x", "additional_options.hash_pii")
        ),
        (
            HEAD + 'id = "x"\nset.shared_secret = "s"',
            "line 5: integrations.a.set.shared_secret: cannot be set here",
            None,
        ),
        (
            HEAD + 'id = "x"\nset.additional_options.hash_pii = true',
            "line 5: integrations.a.set.additional_options.hash_pii: cannot be set here",
            None,
        ),
        (
            HEAD + 'id = "x"\nset.day = 2026-01-31',
            "line 5: integrations.a.set.day: cannot be sent as JSON",
            None,
        ),
        (
            HEAD
            + 'id = "x"\nmappings = [\n  { jebbit_var = "a", client_var = "b" },\n  { jebbit_var = "c" },\n]',
            "line 7: integrations.a.mappings[2]: client_var is missing",
            None,
        ),
        (
            HEAD
            + 'id = "x"\nmappings = [\n {jebbit_var = "a", client_var = "b"},\n'
            + '{jebbit_var = "a", client_var = "b"}]',
            "line 7: integrations.a.mappings[2]: a is mapped to b twice",
            None,
        ),
        (
            HEAD + 'id = "x"\nmappings = [{ jebbit_var = "$metadata", client_var = "b" }]',
            "line 5: integrations.a.mappings[1]: jebbit_var cannot be $metadata",
            None,
        ),
        (
            HEAD + 'id = "x"\nmappings = [{ jebbit_var = "a", client_vra = "b" }]',
            "line 5: integrations.a.mappings[1].client_vra: unknown key",
            "did you mean client_var?",
        ),
        (
            HEAD + 'id = "x"\n[integrations.A]\nid = "y"',
            "line 5: integrations.A: another integration is named a",
            None,
        ),
        (
            HEAD + 'endpoint = "https://x.example"\n[integrations.b]\nendpoint = "https://x.example"',
            "line 6: integrations.b.endpoint: a has the same endpoint",
            None,
        ),
        (
            HEAD + 'endpoint = "https://x.example"\n[integrations.b]\nendpoint = "https://X.example:443/"',
            "line 6: integrations.b.endpoint: a has the same endpoint",
            None,
        ),
        (
            HEAD
            + 'endpoint = "https://x.example"\nregion = 1\n[integrations.b]\nendpoint = "https://x.example"',
            "jebbit.toml has 2 mistakes",
            None,
        ),
        (HEAD + 'id = "x"\n[integrations.b]\nid = "x"', "line 6: integrations.b.id: a has the same id", None),
        (HEAD + 'id = "x"\n]', "line 5: Invalid statement", None),
        ("version = 1\nversion = 1", "line 2: Cannot overwrite a value", None),
    ],
)
def test_an_error_names_the_file_the_line_and_the_key(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        load_text(text)
    assert caught.value.message.startswith("jebbit.toml")
    assert message in caught.value.message
    if hint:
        assert caught.value.hint == hint


def test_all_mistakes_of_a_file_are_reported_at_once_in_the_order_of_their_lines() -> None:
    text = """\
version = 1
nope = 1

[integrations.a]
endpoint = "https://${UNSET}/"
regoin = "us"
additional_options.hash_pii = "yes"
mappings = [
  { default = "x" },
  { jebbit_var = "a", client_var = "${ALSO_UNSET}", more = 1 },
]

[integrations.b]
endpoint = "https://${UNSET}/"
region = 1
set.region = "us"

[integrations.A]
id = "../x"
"""
    with pytest.raises(InvalidManifestError) as caught:
        load_text(text)
    assert [(mistake.line, mistake.text) for mistake in caught.value.mistakes] == [
        (2, "nope: unknown key"),
        (5, "integrations.a.endpoint: the variable UNSET is not set"),
        (6, "integrations.a.regoin: unknown key"),
        (7, "integrations.a.additional_options.hash_pii: must be true or false"),
        (9, "integrations.a.mappings[1]: jebbit_var is missing"),
        (9, "integrations.a.mappings[1]: client_var is missing"),
        (10, "integrations.a.mappings[2].client_var: the variable ALSO_UNSET is not set"),
        (10, "integrations.a.mappings[2].more: unknown key"),
        (14, "integrations.b.endpoint: the variable UNSET is not set"),
        (15, "integrations.b.region: must be a string"),
        (16, "integrations.b.set.region: cannot be set here: it has its own key, or only Jebbit sets it"),
        (18, "integrations.A: another integration is named a"),
        (19, "integrations.A.id: '../x' is not an id"),
    ]
    assert caught.value.message == "jebbit.toml has 13 mistakes; the first: line 2: nope: unknown key"


@pytest.mark.parametrize(
    "content", [b"\xff", b"\xef\xbb\xbfversion = 1\n\0", b"x = [" * 5000, b"x = 1" + b"0" * 5000]
)
def test_invalid_toml_is_a_usage_error(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"^jebbit.toml"):
        load_text(content)


def test_a_byte_order_mark_and_crlf_are_accepted() -> None:
    assert load_text(b"\xef\xbb\xbf" + (HEAD + 'id = "x"\n').replace("\n", "\r\n").encode()).integrations
    with pytest.raises(UsageError, match="line 5"):
        load_text((HEAD + 'id = "x"\nnope = 1\n').replace("\n", "\r\n"))


TOML_WORDS = st.sampled_from(
    [
        *(
            "version",
            "=",
            "1",
            "[integrations.a]",
            "[businesses.b.integrations.a]",
            "\n",
            " ",
            "]",
            "[",
            "{",
            "}",
            ",",
        ),
        *(
            "endpoint",
            '"https://x.example/"',
            "mappings",
            "jebbit_var",
            '"a"',
            "'''",
            "set.x",
            "true",
            "id",
            "é",
            "\0",
        ),
        *("additional_options", "2026-01-01", "1e999", "-1", "nan", "#"),
    ]
)


@settings(deadline=None)
@given(st.lists(TOML_WORDS).map(" ".join) | st.text())
def test_any_file_is_loaded_or_rejected_with_a_message(text: str) -> None:
    try:
        load_text(text.encode("utf-8", "surrogatepass"))
    except UsageError as error:
        assert error.message.startswith("jebbit.toml")  # noqa: PT017 - one of the two outcomes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [*ATTRIBUTE_TYPES, "id", "service_name", "additional_options", "set", "mappings", "nope"]
)


@settings(deadline=None)
@given(
    st.dictionaries(
        KEYS,
        JSON
        | st.lists(
            st.dictionaries(st.sampled_from(["jebbit_var", "client_var"]), JSON, max_size=2), max_size=3
        ),
        max_size=4,
    )
)
def test_any_table_is_loaded_or_rejected_with_its_line(entry: dict[str, object]) -> None:
    def drop_null(value: object) -> object:
        if isinstance(value, dict):
            return {k: drop_null(v) for k, v in value.items() if v is not None}
        return [drop_null(v) for v in value if v is not None] if isinstance(value, list) else value

    try:
        text = tomlkit.dumps({"version": 1, "integrations": {"a": drop_null(entry)}})
        content = text.encode()
    except ValueError:
        return  # what TOML cannot hold
    try:
        load_text(content)
    except UsageError as error:
        assert "line" in error.message  # noqa: PT017 - one of the two outcomes
