from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.util.redaction import (
    MASK,
    SECRET_KEYS,
    forget_registered_secrets,
    mask_urls,
    redact,
    redact_attribute,
    redact_service_data,
    register_secret,
    scrub,
    scrub_registered,
)
from tests.yardstick import in_yardsticks


def test_the_secret_keys_are_a_fixed_set() -> None:
    assert set(SECRET_KEYS) == {
        "access_token",
        "authorization",
        "client_secret",
        "refresh_token",
        "shared_secret",
    }


@pytest.mark.parametrize("key", sorted(SECRET_KEYS))
@pytest.mark.parametrize("value", ["s3cr3t", "", 5, True, ["s3cr3t"], {"a": "s3cr3t"}])
def test_the_value_of_a_secret_key_is_masked(key: str, value: object) -> None:
    document = {"a": [{"B": {key: value, key.upper(): value, "id": 1}}]}
    assert redact(document) == {"a": [{"B": {key: MASK, key.upper(): MASK, "id": 1}}]}
    assert document["a"][0]["B"][key] == value


@pytest.mark.parametrize(
    "key",
    [
        *("token", "api_token", "authToken", "access_tokens", "refreshtoken", "token_value", "bearer"),
        *("secret", "clientSecret", "secret_2", "password", "sftp-passwd", "user.pwd", "passphrase"),
        *("api_key", "apikey", "APIKey", "x-api-key", "rest_api_keys", "private_key", "privateKeyPem"),
        *("smtp_pass", "sftpPass", "creds", "auth_header", "Authorization-Header"),
        *("Passwort", "contraseña", "CONTRASENA", "motDePasse", "mot-de-passe", "db_pw", "sentry_dsn"),
        *("connectionString", "licence_key", "personal_pat"),
        *("AWSSecretAccessKey", "apisecretkey", "OAuthToken", "x_api_key_2", "TOKEN-prod", "rsaprivatekey"),
        *("accessKeyId", "write_key", "signing_key", "credentials", "Authorization", "auth", "jwt"),
    ],
)
def test_credentials_of_other_services_are_masked_in_their_data(key: str) -> None:
    for value in ("hush", 12345, ["hush"], {"user": "u", "pin": "hush"}):
        data = {"additional_options": {"list": [{key: value, "name": "n"}]}}
        assert redact_service_data(data) == {"additional_options": {"list": [{key: MASK, "name": "n"}]}}
        assert redact_attribute(f"additional_options.{key.replace('.', '_')}", value) == MASK
    harmless: object
    for harmless in (None, True, False, "", [], {}):
        masked: object = MASK if key == "Authorization" and harmless is not None else harmless
        assert redact_service_data({key: harmless}) == {key: masked}


@pytest.mark.parametrize(
    "key",
    [
        *("id", "endpoint", "hash_pii", "require_opt_in", "campaign_name_filter", "keyword", "author", "key"),
        *("token_type", "token_expires_at", "password_required", "token_url", "partition_key", "public_key"),
        *("secretary_name", "auth_method", "jebbit_var", "created_at", "access", "list_id", "monkey", ""),
        *("region", "campaign_id", "passport_number", "compass", "palabra_clave", "cookie_name", "login"),
    ],
)
def test_other_keys_are_no_credentials(key: str) -> None:
    assert redact_service_data({key: "shown"}) == {key: "shown"}


def test_a_key_of_many_accents_is_looked_at_in_a_moment() -> None:
    key = "".join(chr(0x0301 + number % 2 * 0x22) for number in range(20_000))
    assert in_yardsticks(lambda: redact_service_data({key: "value"})) < 1
    assert redact_service_data({"pässwörd": "value"}) == {"pässwörd": "********"}


def test_answers_of_visitors_are_not_guessed_to_be_secret() -> None:
    assert redact({"secret_santa": "Ann"}) == {"secret_santa": "Ann"}


def test_a_null_secret_stays_null() -> None:
    assert redact({"shared_secret": None, "other": "shared_secret"}) == {
        "shared_secret": None,
        "other": "shared_secret",
    }


@pytest.mark.parametrize("value", [None, "text", 5, [], {}, [[1]]])
def test_other_values_are_unchanged(value: object) -> None:
    assert redact(value) == value


@pytest.mark.parametrize("secret", ['quo"te', 'quo"té', "back\\slash", "ümläut", "plain", "漢\x7f"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_known_secret_is_masked_in_text_and_in_json(secret: str, ascii_only: bool) -> None:
    text = f"{secret}, and in JSON {json.dumps({'x': f'a {secret} b'}, ensure_ascii=ascii_only)}"
    assert scrub(text, ["other", secret]) == f'{MASK}, and in JSON {{"x": "a {MASK} b"}}'
    assert scrub(f"/?x={quote(secret, safe='')}", [secret]) == f"/?x={MASK}"


def test_an_empty_secret_masks_nothing() -> None:
    assert scrub("text", [""]) == "text"
    assert scrub("text", []) == "text"


def test_registered_secrets_are_masked_until_they_are_forgotten() -> None:
    forget_registered_secrets()
    assert register_secret("tokentoken") == "tokentoken"
    assert register_secret("tokentokentoken") == "tokentokentoken"
    assert register_secret("short") == "short"
    assert scrub_registered("short tokentokentoken tokentoken") == f"short {MASK} {MASK}"
    forget_registered_secrets()
    assert scrub_registered("tokentoken") == "tokentoken"


@given(st.text("xyz \n"), st.text('abé漢"\\', min_size=1), st.text("xyz \n"))
def test_every_occurrence_of_a_secret_is_masked(before: str, secret: str, after: str) -> None:
    assert scrub(f"{before}{secret}{after}{secret}", [secret]) == f"{before}{MASK}{after}{MASK}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Bearer hunter2hunter2", MASK),
        (["Basic dXNlcjpwYXNz="], [MASK]),
        ("postgres://user:pazzword@db.example/x", MASK),
        ("upload to sftp://u:pazz@x.example/ failed", f"upload to sftp://{MASK}@x.example/ failed"),
        ("failed:https://u:pazz@x.example", f"failed:https://{MASK}@x.example"),
        (
            {"error": "PUT https://x.example/a?X-Sig=abc: 403"},
            {"error": f"PUT https://x.example/a?X-Sig={MASK} 403"},
        ),
        ([{"name": "X-Api-Key", "value": "s3cr3t"}], [{"name": "X-Api-Key", "value": MASK}]),
        ({"key": "auth_token", "value": "s3cr3t"}, {"key": "auth_token", "value": MASK}),
        ({"field": "api_token", "static_value": "s3cr3t"}, {"field": "api_token", "static_value": MASK}),
        (
            {"client_var": "api_key", "fallback_value": "s3cr3t", "value": None},
            {"client_var": "api_key", "fallback_value": MASK, "value": None},
        ),
        ({"client_var": "api_key", "default": "x"}, {"client_var": "api_key", "default": "x"}),
        ({"hubspotKey": "c0ffee00-1111-4222-8333-f00dcafe0815"}, {"hubspotKey": MASK}),
        ({"klaviyo_key": "pk_0123456789abcdef"}, {"klaviyo_key": MASK}),
        ({"mailchimp_key": "0123456789abcdef0123-us14"}, {"mailchimp_key": MASK}),
        ("https://x.example/h?a=1&api_key=s3cr3t#x", f"https://x.example/h?a=1&api_key={MASK}"),
        ("Server=db;User Id=ann;Password=s3cr3t;Port=1", f"Server=db;User Id=ann;Password={MASK};Port=1"),
        ('{"user": "ann", "password": "s3cr3t"}', MASK),
        ('[{"token":"s3cr3t"}]', MASK),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", MASK),
        *(
            (same, same)
            for same in (
                "Basic training",
                "see https://x.example/?page=1 today",
                "https://x.example/@user:1",
                "https://x.example/?utm_source=token&keyword=2#a",
                '{"list": [1], "hash": true}',
                '{"token": "broken',
                {"default": "https://x.example/?token=a"},
                {"partition_key": "campaign_1_answer", "public_key": "0123456789abcdef"},
                {
                    "object_key": "exports/2026-11-27/answers.csv",
                    "campaign_key": "spring-campaign-2026-brand",
                },
                [{"name": "a", "value": 1}],
            )
        ),
    ],
)
def test_credentials_of_other_services_are_also_told_by_their_values(value: object, shown: object) -> None:
    assert redact_service_data({"options": {"other": value}}) == {"options": {"other": shown}}
    assert redact({"other": value}) == {"other": value}


KEYS = st.sampled_from(
    [
        "api_key",
        "name",
        "header",
        "value",
        "static_value",
        "url",
        "klaviyo_key",
        "login",
        "a.b",
        "token.x",
        "list",
    ]
)
VALUES = st.sampled_from(
    [
        "X-Api-Key",
        "s3cr3t",
        "pk_0123456789abcdef",
        "https://u:p@x.example",
        "https://x.example/?token=a",
        "",
        True,
        None,
    ]
)


OPTIONS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, OPTIONS, max_size=3))
def test_what_a_resource_hides_a_difference_hides_as_well(options: dict[str, object]) -> None:
    shown = redact_service_data({"additional_options": options})["additional_options"]
    for name, value in options.items():
        if shown[name] != value:
            assert redact_attribute(f"additional_options.{name}", value) != value, name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: https://x.example/h?token=abc&b=2 → https://x.example/?abc (id)", None),
        ("https://user:pass@x.example/h", f"https://{MASK}@x.example/h"),
        ("is it? https://x.example/h", "is it? https://x.example/h"),
    ],
)
def test_credentials_in_urls_are_masked_in_text(text: str, shown: str | None) -> None:
    masked = f"a: https://x.example/h?token={MASK}&b={MASK} → https://x.example/?{MASK} (id)"
    assert mask_urls(text) == (shown or masked)
