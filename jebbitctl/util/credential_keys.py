"""Which keys look as if they held the credentials of another service."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_SECRET_WORDS = frozenset(
    {"token", "secret", "password", "passwd", "pwd", "passphrase", "passcode", "credential", "authorization"}
    | {"auth", "authentication", "bearer", "cookie", "cred", "jwt", "hmac", "pat", "dsn", "pw"}
    | {"passwort", "kennwort", "motdepasse", "contrasena", "senha", "segredo", "secreto", "wachtwoord"}
)
_SECRET_PAIRS = frozenset({"connection_string", "conn_str", "de_passe"})
"""Two words in a row, the last as in "mot de passe"."""
_SECRET_ENDINGS = (
    *("token", "secret", "password", "passwd", "passphrase", "credential"),
    *("apikey", "accesskey", "privatekey", "secretkey"),
)
"""Of names that are written in one word, such as authtoken."""
_KEY_KINDS = frozenset(
    {"access", "account", "api", "app", "auth", "cipher", "client", "consumer", "encryption", "integration"}
    | {"licence", "license", "master", "private", "secret", "server", "service", "shared", "signature"}
    | {"signing", "ssh", "subscription", "write", "webhook", "deploy", "admin", "rest"}
)
"""Words before ``key``. A key of another kind, such as partition_key, is no credential."""
_SECRET_KEYS = frozenset(f"{kind}{joint}key" for kind in _KEY_KINDS for joint in ("", "_"))
_HARMLESS_ENDINGS = frozenset(
    {"type", "url", "uri", "endpoint", "host", "expires", "expiry", "expiration", "at", "in", "ttl"}
    | {"lifetime", "count", "enabled", "required", "length", "name", "scope", "status", "header"}
    | {"algorithm", "method", "mode", "source", "issuer", "audience"}
)
"""Of names of something about a credential, such as token_expires_at."""


@lru_cache(maxsize=1024)
def looks_like_credential(key: str) -> bool:
    """Whether the value under a key may be a token, a password or the like; better one too many."""
    words = _words(key)
    if words[-1:] == ["pass"] or words[-2:] in (["auth", "header"], ["authorization", "header"]):
        return True
    if not words or not _HARMLESS_ENDINGS.isdisjoint([words[-1], f"{words[-1]}s"]):
        return False
    if _SECRET_WORDS.intersection(words) or any(word.endswith(_SECRET_ENDINGS) for word in words):
        return True
    names = {*words, *map("_".join, pairwise(words))}
    return not names.isdisjoint(_SECRET_KEYS | _SECRET_PAIRS)


@lru_cache(maxsize=1024)
def may_be_credential(key: str) -> bool:
    """Whether a key such as ``klaviyo_key`` holds a credential if its value looks like one."""
    *before, last = _words(key) or [""]
    return last == "key" and bool(before) and before[-1] != "public"


def _words(key: str) -> list[str]:
    """Return the words of a key in lower case, without accents and without the s of a plural."""
    if not key.isascii():
        from unicodedata import combining, normalize  # hardly ever needed

        parts = (part for char in key for part in normalize("NFKD", char))  # of a long run it takes minutes
        key = "".join(part for part in parts if not combining(part))
    separated = re.sub("([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3_\2\4", key)
    return [re.sub("(?<!s)s$", "", word) for word in re.findall("[a-z]+", separated.lower())]
