"""The causes of a mismatch, and what is said about each."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Cause(StrEnum):
    """The cause of a mismatch. The values are stable."""

    NONE = "none"
    STALE = "stale"
    FUTURE = "future"
    UNKNOWN = "unknown"

    MALFORMED_HEADER = "malformed_header"
    HEADER_BASE64 = "header_base64"
    HEADER_CASE = "header_case"
    HEADER_HTML_ESCAPED = "header_html_escaped"
    HEADER_KEYS = "header_keys"
    HEADER_NAME = "header_name"
    HEADER_PARSED = "header_parsed"
    HEADER_PLUS_LOST = "header_plus_lost"
    HEADER_QUOTES = "header_quotes"
    HEADER_REPEATED = "header_repeated"
    HEADER_SEPARATORS = "header_separators"
    HEADER_TRUNCATED = "header_truncated"
    HEADER_URL_ENCODED = "header_url_encoded"
    HEADER_WHITESPACE = "header_whitespace"

    HEX = "hex"
    PADDING_ADDED = "padding_added"
    PADDING_LOST = "padding_lost"
    SIGNATURE_CASE = "signature_case"
    SIGNATURE_ENCODED_TWICE = "signature_encoded_twice"
    URL_SAFE_BASE64 = "url_safe_base64"

    ARGUMENTS_SWAPPED = "arguments_swapped"
    BODY_HASHED = "body_hashed"
    MILLISECONDS = "milliseconds"
    NO_DOT = "no_dot"
    NO_HMAC = "no_hmac"
    NO_TIMESTAMP = "no_timestamp"
    OTHER_HASH = "other_hash"
    SEPARATOR = "separator"
    TIMESTAMP_CHANGED = "timestamp_changed"
    TIMESTAMP_FORMAT = "timestamp_format"
    TIMESTAMP_LAST = "timestamp_last"

    KEY_ASSIGNMENT = "secret_assignment"
    KEY_BOM = "secret_bom"
    KEY_CASE = "secret_case"
    KEY_DECODED = "secret_decoded"
    KEY_ENCODED = "secret_encoded"
    KEY_ENCODING = "secret_encoding"
    KEY_HASHED = "secret_hashed"
    KEY_INTEGRATION = "secret_integration"
    KEY_JSON = "secret_json"
    KEY_LINES = "secret_lines"
    KEY_PLACEHOLDER = "secret_placeholder"
    KEY_PREFIXED = "secret_prefixed"
    KEY_QUOTES = "secret_quotes"
    KEY_REPEATED = "secret_repeated"
    KEY_TRUNCATED = "secret_truncated"
    KEY_UNSET = "secret_unset"
    KEY_WHITESPACE = "secret_whitespace"

    BODY_BASE64 = "body_base64"
    BODY_CHUNKED = "body_chunked"
    BODY_EMPTY = "body_empty"
    BODY_ESCAPES = "body_escapes"
    BODY_FORM = "body_form"
    BODY_GATEWAY_EVENT = "body_gateway_event"
    BODY_GZIP = "body_gzip"
    BODY_HEX = "body_hex"
    BODY_HTML_ESCAPED = "body_html_escaped"
    BODY_HTTP_HEAD = "body_http_head"
    BODY_JSON_STRING = "body_json_string"
    BODY_MASKED = "body_masked"
    BODY_NOT_READ = "body_not_read"
    BODY_PERCENT_ENCODED = "body_percent_encoded"
    BODY_QUOTES = "body_quotes"
    BODY_RECORDING = "body_recording"
    BODY_REPEATED = "body_repeated"
    BODY_REPR = "body_repr"
    BODY_SURROUNDED = "body_surrounded"
    BODY_TRUNCATED = "body_truncated"

    BODY_WHITESPACE = "body_whitespace"
    BODY_WRAPPED = "body_wrapped"
    BOM_ADDED = "bom_added"
    BOM_LOST = "bom_lost"
    CHARACTERS_LOST = "characters_lost"
    CRLF = "crlf"
    ENCODING = "encoding"
    MOJIBAKE = "mojibake"
    NEWLINE_ADDED = "newline_added"
    NEWLINE_LOST = "newline_lost"
    TYPOGRAPHY = "typography"
    UNICODE_NORMAL_FORM = "unicode_normal_form"

    JSON_PART = "json_part"
    JSON_REWRITTEN = "json_rewritten"


class Note(NamedTuple):
    """A cause that was found.

    Attributes:
        cause: the mistake.
        detail: replaces ``{detail}`` in the explanation.
        by_signer: the mistake was made on the other side: what was signed has it, what is at hand has not.
    """

    cause: Cause
    detail: str = ""
    by_signer: bool = False


class Change(NamedTuple):
    """A value as it would be without, or with, a mistake.

    Attributes:
        cause: the mistake.
        value: the changed bytes.
        detail: replaces ``{detail}`` in the explanation.
        by_signer: as of a :class:`Note`.
    """

    cause: Cause
    value: bytes
    detail: str = ""
    by_signer: bool = False

    @property
    def note(self) -> Note:
        """The cause without the value."""
        return Note(self.cause, self.detail, self.by_signer)


class Text(NamedTuple):
    """What is said about a cause.

    Attributes:
        explanation: what is wrong.
        fix: what to do.
        by_signer: what is wrong if the other side has made the mistake; empty if it makes no difference.
    """

    explanation: str
    fix: str
    by_signer: str = ""
