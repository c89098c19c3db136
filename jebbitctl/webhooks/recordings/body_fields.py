"""The JSON body of a delivery as a flat list of names and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import flatten, parse_json

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery


def body_fields(delivery: Delivery) -> dict[str, Any] | None:
    """Return the members of the body, such as ``data.email``; None if it is not a JSON object.

    Nested objects are members with dotted names; lists are values.
    """
    if delivery.omitted_bytes:
        return None
    try:
        body = parse_json(delivery.body)
    except ValueError:
        return None
    return dict(flatten(body)) if isinstance(body, dict) else None
