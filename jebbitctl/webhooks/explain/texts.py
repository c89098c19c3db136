"""What is said about each cause."""

from __future__ import annotations

from jebbitctl.webhooks.explain.causes import Cause, Text
from jebbitctl.webhooks.explain.texts_of_bodies import BODIES
from jebbitctl.webhooks.raw_bodies import READ_RAW

_CHECK = (
    "Check that the secret belongs to this integration and account."
    " Check that no proxy or framework changes the body."
    " Check that the code signs the bytes of the body. Jebbit's Ruby sample signs the text of an IO object"
    " (#<StringIO:0x...>) instead; it needs request.body.read."
)
_WHOLE_HEADER = "Pass the value of x-jebbit-signature as it was sent: t=<unix seconds>,v1=<Base64>."
_MESSAGE = 'Sign "<t>." followed by the body. <t> is the t of the header.'
_SECRET = "Use the shared secret exactly as Jebbit shows it."  # noqa: S105 - advice, not a secret

TEXTS = {
    Cause.NONE: Text(
        "The signature matches this body and this secret.",
        f"If your endpoint refuses this delivery, look for the cause there. {_CHECK}",
    ),
    Cause.STALE: Text(
        "The signature matches this body and this secret, but the timestamp is too old{detail}.",
        "Verify deliveries as they arrive. Check this machine's clock with jebbitctl doctor.",
    ),
    Cause.FUTURE: Text(
        "The signature matches this body and this secret, but the timestamp is in the future{detail}.",
        "Check the sender's clock. Check this machine's clock with jebbitctl doctor.",
    ),
    Cause.UNKNOWN: Text(
        "None of the usual causes explains this signature.",
        f"{_CHECK} {READ_RAW}",
    ),
    Cause.MALFORMED_HEADER: Text(
        "The header does not have the form t=<unix seconds>,v1=<Base64>{detail}.",
        "Pass the whole value of x-jebbit-signature, without spaces or quotes.",
    ),
    Cause.HEADER_BASE64: Text("The header is encoded in Base64.", f"Decode it. {_WHOLE_HEADER}"),
    Cause.HEADER_CASE: Text(
        "The keys of the header are in upper case.", f"Write t and v1 in lower case. {_WHOLE_HEADER}"
    ),
    Cause.HEADER_HTML_ESCAPED: Text("The header is escaped for HTML.", f"Do not escape it. {_WHOLE_HEADER}"),
    Cause.HEADER_KEYS: Text(
        "The keys t and v1 of the header are missing or have other names.", f"Name them. {_WHOLE_HEADER}"
    ),
    Cause.HEADER_NAME: Text(
        "The header's name stands before its value.", f"Remove the name. {_WHOLE_HEADER}"
    ),
    Cause.HEADER_PARSED: Text("The header was parsed and is printed as an object or a list.", _WHOLE_HEADER),
    Cause.HEADER_PLUS_LOST: Text(
        "Each + of the signature has become a space, as by decoding a URL.",
        f"Do not URL-decode the header. {_WHOLE_HEADER}",
    ),
    Cause.HEADER_QUOTES: Text("The header has quotes in or around it.", f"Remove them. {_WHOLE_HEADER}"),
    Cause.HEADER_REPEATED: Text(
        "The header is there twice: two values are joined to one.",
        f"Find out which proxy or sender adds the second one. {_WHOLE_HEADER}",
    ),
    Cause.HEADER_SEPARATORS: Text(
        "The parts of the header are not separated by a single comma and =.", _WHOLE_HEADER
    ),
    Cause.HEADER_TRUNCATED: Text(
        "The signature of the header is cut off; what is left of it matches.",
        f"Keep all of it. {_WHOLE_HEADER}",
    ),
    Cause.HEADER_URL_ENCODED: Text("The header is percent-encoded.", f"Decode it. {_WHOLE_HEADER}"),
    Cause.HEADER_WHITESPACE: Text(
        "The header has spaces, line breaks or invisible characters in or around it.",
        f"Remove them; files from Windows end lines with CR LF. {_WHOLE_HEADER}",
    ),
    Cause.HEX: Text(
        "The signature is encoded in hex.",
        "Encode the 32 raw bytes of the HMAC in Base64.",
    ),
    Cause.PADDING_ADDED: Text(
        "Other characters follow the Base64 of the signature.", f"Remove them. {_WHOLE_HEADER}"
    ),
    Cause.PADDING_LOST: Text(
        "The = at the end of the signature is missing.",
        "Split each part of the header at its first = only. Keep the Base64 padding.",
    ),
    Cause.SIGNATURE_CASE: Text(
        "The letters of the signature were all changed to one case.",
        "Keep the case of the header's value: only the names of headers ignore it.",
    ),
    Cause.SIGNATURE_ENCODED_TWICE: Text(
        "The signature is encoded in Base64 twice.", "Encode the 32 raw bytes of the HMAC in Base64 once."
    ),
    Cause.URL_SAFE_BASE64: Text(
        "The signature is encoded in URL-safe Base64, with - and _.",
        "Use standard Base64, with +, / and padding.",
    ),
    Cause.ARGUMENTS_SWAPPED: Text(
        "The secret and the message were swapped in the call that computes the HMAC.",
        "Pass the secret as the key and the text to sign as the message.",
    ),
    Cause.BODY_HASHED: Text(
        "A hash of the body was signed instead of the body ({detail}).", f"{_MESSAGE} Do not hash it before."
    ),
    Cause.MILLISECONDS: Text(
        "The timestamp is in milliseconds.",
        "Use whole unix seconds. Sign the same digits as in the header.",
    ),
    Cause.NO_DOT: Text("The dot between timestamp and body is missing in what was signed.", _MESSAGE),
    Cause.NO_HMAC: Text(
        "The signature is a plain hash ({detail}), not an HMAC.",
        "Use the HMAC function of your language's library, with SHA-256 and the secret as its key.",
    ),
    Cause.NO_TIMESTAMP: Text("The body was signed without the timestamp.", _MESSAGE),
    Cause.OTHER_HASH: Text("The HMAC was computed with {detail} instead of SHA-256.", "Use HMAC-SHA256."),
    Cause.SEPARATOR: Text("What was signed has another form: {detail}.", _MESSAGE),
    Cause.TIMESTAMP_CHANGED: Text(
        "The body was signed with another timestamp than the header's: {detail}.",
        f"Read the clock once, in UTC, and use that value for both. {_MESSAGE}",
    ),
    Cause.TIMESTAMP_FORMAT: Text(
        "The timestamp of the header is not a whole number of unix seconds.",
        "Use whole unix seconds. Sign the same digits as in the header.",
    ),
    Cause.TIMESTAMP_LAST: Text("The body was signed before the timestamp, in the wrong order.", _MESSAGE),
    Cause.KEY_ASSIGNMENT: Text(
        "The secret at hand is a line NAME=value or a file of such lines, not the value alone.",
        f"Keep only what follows the =. {_SECRET}",
        "The other side uses a whole line NAME=value as the secret.",
    ),
    Cause.KEY_BOM: Text(
        "One side's secret starts with a byte-order mark.",
        "Save the file as UTF-8 without a byte-order mark.",
    ),
    Cause.KEY_CASE: Text("One side's secret was changed to lower or upper case.", _SECRET),
    Cause.KEY_DECODED: Text(
        "The secret was decoded from {detail} before it was used.",
        "Use the shared secret as it is. It is not {detail}.",
    ),
    Cause.KEY_ENCODED: Text(
        "The secret was encoded ({detail}) before it was used.", f"{_SECRET} Do not encode it."
    ),
    Cause.KEY_ENCODING: Text(
        "One side's secret is in {detail} instead of UTF-8.",
        "Save the file as UTF-8. PowerShell's > writes UTF-16; use Set-Content -Encoding ascii.",
    ),
    Cause.KEY_HASHED: Text(
        "The secret was hashed ({detail}) before it was used.", f"{_SECRET} Do not hash it."
    ),
    Cause.KEY_INTEGRATION: Text(
        "The signature was made with the secret of another integration: {detail}.",
        "Use that integration's secret, or send the deliveries of the right one to this endpoint.",
    ),
    Cause.KEY_JSON: Text(
        "The secret at hand is a JSON document that holds the secret, as secret managers store it.",
        f"Take the secret out of the JSON. {_SECRET}",
    ),
    Cause.KEY_LINES: Text(
        "The secret at hand has several lines, of which one is the secret.", f"Keep that line. {_SECRET}"
    ),
    Cause.KEY_PLACEHOLDER: Text(
        "The secret at hand may not be a secret: {detail}.",
        f"Check the variable or file that it comes from. {_SECRET}",
    ),
    Cause.KEY_PREFIXED: Text(
        "The secret at hand has a prefix or suffix that does not belong to it.",
        f"Remove it. {_SECRET}",
        "The other side's secret has a prefix ({detail}) that does not belong to it.",
    ),
    Cause.KEY_QUOTES: Text(
        "The secret at hand has quotes around it that do not belong to it.",
        f"Remove them. {_SECRET}",
        "The other side's secret has quotes around it.",
    ),
    Cause.KEY_REPEATED: Text("One side has the secret twice over.", f"Paste it once. {_SECRET}"),
    Cause.KEY_TRUNCATED: Text(
        "The secret at hand lacks {detail}.",
        f"Copy all of it. {_SECRET}",
        "The other side uses only {detail} of the secret.",
    ),
    Cause.KEY_UNSET: Text(
        "The signature was made without the secret: {detail}.",
        "Check that the variable or file with the secret exists where the signature is made.",
    ),
    Cause.KEY_WHITESPACE: Text(
        "One side's secret has spaces or a newline around it.",
        "Strip the secret after reading it. Files and the output of echo end with a newline.",
    ),
    **BODIES,
}
"""What is said about each cause."""
