"""Counts how often each attribute is present, and how many values it has, in bounded memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.util.text import cell
from jebbitctl.webhooks.recordings.masking import is_personal, mask_value

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ATTRIBUTES = 500
MAX_DISTINCT = 1000
"""Up to here, the number of distinct values is exact."""
MAX_EXAMPLES = 3
MAX_EXAMPLE_LENGTH = 40


@dataclass
class AttributeCount:
    """What was seen of one attribute.

    Attributes:
        present: the number of deliveries that have it.
        examples: the first different values, masked, and cut to 40 characters.
    """

    present: int = 0
    examples: list[str] = field(default_factory=list)
    _distinct: set[int] = field(default_factory=set, repr=False)
    """Hashes of values, which are smaller. Two of 1,000 are equal by chance once in 10**13 attributes."""
    _more: bool = False

    @property
    def distinct(self) -> int | None:
        """The number of distinct values; None if there are more than 1,000."""
        return None if self._more else len(self._distinct)

    def add(self, name: str, value: Any) -> None:
        self.present += 1
        if self._more:
            return
        hashed = hash(json.dumps(value, sort_keys=True))
        if hashed in self._distinct:
            return
        if len(self._distinct) == MAX_DISTINCT:
            self._more = True
            self._distinct.clear()
            return
        self._distinct.add(hashed)
        personal = next(filter(is_personal, name.split(".")), "")
        self._add_example(cell(mask_value(personal, value)))

    def _add_example(self, text: str) -> None:
        cut = text if len(text) <= MAX_EXAMPLE_LENGTH else f"{text[:MAX_EXAMPLE_LENGTH]}…"
        if len(self.examples) < MAX_EXAMPLES and cut not in self.examples:
            self.examples.append(cut)


class AttributeStats:
    """What was seen of the attributes of many deliveries.

    Attributes:
        bodies: the number of deliveries that were added.
        counts: by name, in the order in which they came first; at most 500.
        is_complete: whether there were no more attributes.
    """

    def __init__(self) -> None:
        self.bodies = 0
        self.counts: dict[str, AttributeCount] = {}
        self.is_complete = True

    def add(self, fields: Mapping[str, Any]) -> None:
        """Count the attributes of one delivery."""
        self.bodies += 1
        for name, value in fields.items():
            if name not in self.counts:
                if len(self.counts) == MAX_ATTRIBUTES:
                    self.is_complete = False
                    continue
                self.counts[name] = AttributeCount()
            self.counts[name].add(name, value)
