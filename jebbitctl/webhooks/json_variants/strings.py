"""How languages write strings."""

from __future__ import annotations

import re
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class StringStyle(NamedTuple):
    """A way to write strings.

    Attributes:
        name: what is special about it; empty for the usual one.
        encode: returns a string's text as it is written, with quotes.
    """

    name: str
    encode: Callable[[str], str]


_HTML = "<>&\u2028\u2029"
_SURROGATES = "\ud800-\udfff"
_ORG_JSON = "\x80-\x9f\u2000-\u20ff"


def _escaping(
    characters: str, *, encode: Callable[[str], str] = encode_basestring, slashes: str = ""
) -> Callable[[str], str]:
    r"""Return a function that also writes a class of characters as ``\u`` escapes, and escapes slashes."""
    pattern = re.compile(f"[{characters}]") if characters else None

    def written(text: str) -> str:
        out = encode(text)
        if slashes and slashes in out:
            out = out.replace(slashes, slashes.replace("/", "\\/"))
        return pattern.sub(_escape, out) if pattern else out

    return written


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _upper(encode: Callable[[str], str]) -> Callable[[str], str]:
    r"""Return a function that writes the digits of ``\u`` escapes in upper case."""

    def written(text: str) -> str:
        out = encode(text)
        if "\\u" not in out:
            return out
        return re.sub(r"\\(?:u[0-9a-f]{4}|.)", _upper_digits, out)

    return written


def _upper_digits(match: re.Match[str]) -> str:
    return f"\\u{match[0][2:].upper()}" if match[0].startswith("\\u") else match[0]


def _ascii_keeping_delete(text: str) -> str:
    out = encode_basestring_ascii(text)
    return out.replace("\\u007f", "\x7f") if "\x7f" in text else out


def _python_repr(text: str) -> str:
    return repr(text)


def _ruby_inspect(text: str) -> str:
    out = encode_basestring(text)
    return re.sub(r"#(?=[{$@])", r"\\#", out) if "#" in out else out


def _bare(text: str) -> str:
    return text


RAW = StringStyle("", encode_basestring)
ASCII = StringStyle("non-ASCII as \\u escapes", encode_basestring_ascii)
UPPER_ASCII = StringStyle("non-ASCII as upper-case \\u escapes", _upper(encode_basestring_ascii))
SLASHES = StringStyle("/ escaped", _escaping("", slashes="/"))
HTML = StringStyle("<, > and & as \\u escapes", _escaping(_HTML))
ASCII_SLASHES = StringStyle(
    "non-ASCII as \\u escapes, / escaped", _escaping("", encode=encode_basestring_ascii, slashes="/")
)
ASCII_HTML = StringStyle(
    "non-ASCII as \\u escapes, <, > and & as \\u escapes", _escaping("<>&", encode=encode_basestring_ascii)
)
JAVASCRIPT = StringStyle("", _escaping(_SURROGATES))
PHP = StringStyle(ASCII_SLASHES.name, _escaping("", encode=_ascii_keeping_delete, slashes="/"))
ASCII_KEEPING_DELETE = StringStyle(ASCII.name, _ascii_keeping_delete)
PHP_UNICODE = StringStyle("/ escaped", _escaping("\u2028\u2029", slashes="/"))
LINE_SEPARATORS = StringStyle("U+2028 and U+2029 escaped", _escaping("\u2028\u2029"))
SCRIPT_SAFE = StringStyle("/, U+2028 and U+2029 escaped", _escaping("\u2028\u2029", slashes="/"))
JACKSON = StringStyle("", _upper(encode_basestring))
GSON = StringStyle("<, >, &, = and ' as \\u escapes", _escaping(f"{_HTML}='"))
ORG_JSON = StringStyle("</ escaped", _escaping(_ORG_JSON, slashes="</"))
PYTHON_REPR = StringStyle("quotes as in Python", _python_repr)
RUBY_INSPECT = StringStyle("", _ruby_inspect)
BARE = StringStyle("strings without quotes", _bare)
