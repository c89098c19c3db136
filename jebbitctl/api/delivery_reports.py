"""What Jebbit says that it sent as a test. Whether it arrived, only the receiver knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.util.redaction import redact
from jebbitctl.util.text import json_text, parse_json, plural

if TYPE_CHECKING:
    from typing import Self

MAX_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The response to ``/integrations/ID/test``, documented as a list of strings: each one body as JSON.

    Attributes:
        deliveries: the decoded bodies. Text that is not a JSON object is none: it may tell of a failure.
        response: all of the response, with its secrets masked; None if it is empty.
    """

    deliveries: list[dict[str, Any]]
    response: Any

    @classmethod
    def parse(cls, response: Any) -> Self:
        """Return the report in a decoded response of any shape."""
        decoded = map(_decode, response) if isinstance(response, list) else ()
        return cls([body for body in decoded if isinstance(body, dict)], redact(response))

    @property
    def is_documented(self) -> bool:
        """Whether the response contains nothing but deliveries."""
        return isinstance(self.response, list) and len(self.response) == len(self.deliveries)

    @property
    def problem(self) -> str | None:
        """Why no delivery is known; None if the response reports one."""
        if self.deliveries:
            return None
        return f"Jebbit did not report a delivery: its response is {self._shown_response}"

    @property
    def summary(self) -> str:
        """What Jebbit says, if it reports a delivery."""
        said = f"Jebbit says it sent {plural(len(self.deliveries), 'test delivery')}"
        return said if self.is_documented else f"{said}; its whole response is {self._shown_response}"

    @property
    def _shown_response(self) -> str:
        """The response on one line, cut if it is long."""
        if self.response is None or self.response == []:
            return "empty" if self.response is None else "an empty list"
        text = json_text(self.response)
        return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}…"

    def to_dict(self) -> dict[str, Any]:
        """Return the members of a JSON object; ``response`` is one of them only if it is not documented."""
        other = {} if self.is_documented else {"response": self.response}
        return {"deliveries": self.deliveries, **other}


def _decode(body: Any) -> Any:
    try:
        return parse_json(body) if isinstance(body, str) else body
    except ValueError:
        return body
