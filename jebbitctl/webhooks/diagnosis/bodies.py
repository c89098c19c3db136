"""Bodies that look like Jebbit's."""

from __future__ import annotations

from jebbitctl.webhooks.sender import SAMPLE_BODY

SIMPLE_BODY = (
    b'{"data":{"email":"test@example.com","opt_in":"true","outcome":"example_outcome",'
    b'"test_attribute":"attribute_value","test_sata_attribute":["option-1","option-4"]},'
    b'"event":{"event_number":0}}'
)
"""The sample with sorted keys and without spaces: serialisers write it in the fewest ways."""

_RICH_BODY = """ {\r
 "event": { "event_number": 0 },
 "data": { "email": "test@example.com", "outcome": "diagnosis NUMBER",
 "note": "Zo\u00eb, Zoe\u0308 & \U0001f389 \u2028 </3 a+b='c' %41 > 0",
 "escaped": "\\u00E9 \\u007f \\/ \\"", "list": [ "option 1", "1.0", "option/4" ], "10": "ten", "9": "nine" }
}\r
"""


def plain_body(number: int) -> bytes:
    """Return a body like the sample: compact JSON in ASCII."""
    return SAMPLE_BODY.replace(b"attribute_value", f"diagnosis {number}".encode())


def rich_body(number: int) -> bytes:
    """Return a body that bugs change, each in its own way.

    It has white space, line ends, escapes, letters, symbols and keys that serialisers write differently, but
    only strings, a list of strings and a whole number, in the places where Jebbit has them.
    """
    return _RICH_BODY.replace("NUMBER", str(number)).encode()
