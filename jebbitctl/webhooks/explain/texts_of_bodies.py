"""What is said about bodies that were changed."""

from __future__ import annotations

from jebbitctl.webhooks.explain.causes import Cause, Text
from jebbitctl.webhooks.raw_bodies import READ_RAW

BODIES = {
    Cause.NEWLINE_ADDED: Text(
        "The body ends with a newline that was not there when it was signed.",
        f"Remove the newline. Editors and echo add one; printf does not. {READ_RAW}",
    ),
    Cause.NEWLINE_LOST: Text(
        "The body was signed with a newline at its end, which is missing.",
        f"Something trims the body. {READ_RAW}",
    ),
    Cause.CRLF: Text(
        "The line endings of the body (CRLF or LF) differ from the ones that were signed.",
        f"Something converts line endings, such as Git or an editor on Windows. {READ_RAW}",
    ),
    Cause.BODY_WHITESPACE: Text(
        "Spaces, newlines or zero bytes at the start or end of the body were not there when it was signed.",
        f"Copy the body exactly. {READ_RAW}",
        "The body was signed with spaces, newlines or zero bytes at its start or end, which are missing.",
    ),
    Cause.BODY_WRAPPED: Text(
        "The body has line breaks that were not there when it was signed.",
        "Copy the body from a file rather than from a terminal or an e-mail, which break long lines.",
    ),
    Cause.BOM_ADDED: Text(
        "The body starts with a byte-order mark that was not there when it was signed.",
        f"Save files as UTF-8 without a byte-order mark. {READ_RAW}",
    ),
    Cause.BOM_LOST: Text(
        "The body was signed with a byte-order mark at its start, which is missing.",
        f"Something decodes the body. {READ_RAW}",
    ),
    Cause.UNICODE_NORMAL_FORM: Text(
        "The body was signed in another Unicode normal form: {detail}.",
        f"Do not normalise the text; macOS and some databases do. {READ_RAW}",
    ),
    Cause.MOJIBAKE: Text(
        "The UTF-8 of the body was read as {detail} and encoded again, so that é becomes Ã©.",
        f"Read and write the body as bytes, or as UTF-8 on both ways. {READ_RAW}",
        "The UTF-8 of the body was read as {detail} and encoded again before it was signed: é became Ã©.",
    ),
    Cause.ENCODING: Text(
        "The body is encoded in {detail}, but was signed in UTF-8.",
        f"Save the body as UTF-8. {READ_RAW}",
        "The body was signed in {detail} instead of UTF-8.",
    ),
    Cause.CHARACTERS_LOST: Text(
        "The body has the replacement character U+FFFD: it may have been decoded with the wrong encoding.",
        f"Capture the body again, as bytes. {READ_RAW}",
        "Characters outside {detail} were replaced or dropped before the body was signed.",
    ),
    Cause.TYPOGRAPHY: Text(
        "The body has {detail} that were not there when it was signed.",
        "Copy the body from a file rather than from a document or chat, which replace quotes and spaces.",
    ),
    Cause.BODY_BASE64: Text(
        "The body at hand is the Base64 of what was signed.",
        "Decode the body from Base64 first. In AWS Lambda, do so if isBase64Encoded is true.",
        "The signature is that of the body in Base64.",
    ),
    Cause.BODY_HEX: Text(
        "The body at hand is the hex of what was signed.",
        "Decode the body from hex first.",
        "The signature is that of the body in hex.",
    ),
    Cause.BODY_GZIP: Text(
        "The body at hand is compressed; the signature is that of the decompressed body.",
        "Decompress the body first, as its Content-Encoding says.",
        "The signature is that of the compressed body ({detail}).",
    ),
    Cause.BODY_EMPTY: Text(
        "The body at hand is empty.",
        f"Something may have read the body before. Pass the whole body. {READ_RAW}",
        "The signature is that of an empty body.",
    ),
    Cause.BODY_MASKED: Text(
        "Parts of the body at hand may be masked, as a log viewer does with personal data.",
        "Capture the body itself instead of a log of it.",
    ),
    Cause.BODY_NOT_READ: Text(
        "The body at hand is the name of an object, not its content: the body may never have been read.",
        f"Read the body before you use it. {READ_RAW}",
        "The text {detail} was signed instead of the body: the body was not read.",
    ),
    Cause.BODY_FORM: Text(
        "The body at hand is form data that holds the signed body{detail}.",
        "Send and store the body as it is, as application/json (curl --data-binary).",
        "The body was signed as form data{detail}.",
    ),
    Cause.BODY_PERCENT_ENCODED: Text(
        "The body at hand is percent-encoded.",
        "Decode the percent-encoding, or do not encode the body.",
        "The signature is that of the percent-encoded body.",
    ),
    Cause.BODY_CHUNKED: Text(
        "The body at hand still has the sizes of its chunks.",
        "Remove the chunk sizes: they are part of the transfer, not of the body.",
        "The body was signed with the sizes of its chunks.",
    ),
    Cause.BODY_HTTP_HEAD: Text(
        "The body at hand starts with the head of the HTTP message.",
        "Keep only what follows the first empty line.",
    ),
    Cause.BODY_JSON_STRING: Text(
        "The body at hand is a JSON string that holds the signed body.",
        "Parse the string once. Something has encoded the JSON twice, as JSON.stringify of a string does.",
        "The body was signed as a JSON string: it was encoded twice, as JSON.stringify of a string does.",
    ),
    Cause.BODY_REPR: Text(
        "The body at hand is the printed form of a value ({detail}), not its bytes.",
        "Write the bytes themselves to the file, instead of printing the value.",
        "The printed form of the body ({detail}) was signed instead of its bytes.",
    ),
    Cause.BODY_QUOTES: Text(
        "The body at hand has quotes around it that were not there when it was signed.",
        "Remove the quotes.",
        "The body was signed with quotes around it.",
    ),
    Cause.BODY_HTML_ESCAPED: Text(
        "The body at hand is escaped for HTML.",
        "Copy the body from its source rather than from a web page's code, or do not escape it.",
        "The signature is that of the body escaped for HTML.",
    ),
    Cause.BODY_ESCAPES: Text(
        "The backslashes of the body at hand differ from the signed ones: {detail}.",
        "Write the body with printf '%s' or from a file; echo and string literals interpret backslashes.",
        "The backslashes of the body differ from the signed ones: {detail}.",
    ),
    Cause.BODY_GATEWAY_EVENT: Text(
        "The body at hand is an event or a log entry, whose {detail} holds the signed body.",
        "Verify {detail} alone. In AWS Lambda, decode it first if isBase64Encoded is true.",
    ),
    Cause.BODY_RECORDING: Text(
        "The body at hand is a line of a recording of deliveries, which holds the signed body.",
        "Use webhooks replay for recordings, or decode the line's body from Base64.",
    ),
    Cause.BODY_SURROUNDED: Text(
        "The body at hand has other text before or after the signed JSON.",
        "Keep only the JSON, from its first to its last bracket.",
    ),
    Cause.BODY_REPEATED: Text(
        "The body at hand is the signed body twice.",
        "Pass the body once. Something appends to a file or buffer that it should empty.",
        "The body was signed twice over, as by a buffer that is not emptied.",
    ),
    Cause.BODY_TRUNCATED: Text(
        "The body at hand may be cut off: {detail}.",
        "Capture the whole body. Logs, terminals and buffers of a fixed size cut long texts.",
    ),
    Cause.JSON_PART: Text(
        "Only {detail} of the JSON was signed.",
        READ_RAW,
        "The body at hand is only {detail} of the JSON that was signed.",
    ),
    Cause.JSON_REWRITTEN: Text(
        "The body was parsed and rewritten. The signature matches the same JSON in this form: {detail}.",
        f"Equal JSON is not equal bytes. {READ_RAW}",
    ),
}
"""An explanation and a fix for each change of a body."""
