"""Which attribute was meant by a name that none has."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING

from jebbitctl.api.attributes import USER_DEFINED_ID
from jebbitctl.api.mappings import to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.api.resources import Resource

_CUTOFF = 0.7
_DISPLAY_NAME = re.compile("name|label|title", re.IGNORECASE)
"""In the name of the attribute that holds the display name; no document gives it."""

_OWN_WORDS = (
    *("email", "client_user_id", "experience_date", "campaign_name", "opt_in", "outcome", "url_param"),
    *("survey_id", "survey_session_id", "survey_title", "traffic_source"),
    *("url_params", "sub_channel", "outcome_name", "outcome_names", "uid", "uids", "metadata"),
)
"""What deliveries hold beside attributes: says Jebbit's source for Segment, and the options of integrations.
Jebbit's OpenAPI maps ``Outcome``, but no document lists what a mapping may name."""


def is_own_word(name: str) -> bool:
    """Whether Jebbit may provide a value under this name itself, without an attribute."""
    return _normalized(name) in {_normalized(word) for word in _OWN_WORDS}


class AttributeNames:
    """The ids and the display names of attributes.

    Args:
        attributes: those that may be meant.
    """

    def __init__(self, attributes: Iterable[Resource]) -> None:
        ids: dict[str, str] = {}
        shown: dict[str, str] = {}
        for attribute in attributes:
            if (value := attribute.attributes.get(USER_DEFINED_ID)) is None:
                continue
            id_ = to_text(value)
            ids.setdefault(_normalized(id_), id_)
            for text in display_names(attribute):
                shown.setdefault(_normalized(text), id_)
        self._ids = shown | ids
        """The ids by normalized names."""
        self._ids.pop("", None)
        self._found: dict[str, str | None] = {}

    def nearest(self, name: str) -> str | None:
        """Return the ``user_defined_id`` of the attribute that was probably meant, None if none is similar.

        A name that differs only in case, spaces or punctuation comes first, then a display name instead of
        the id, then a misspelling of either.
        """
        wanted = _normalized(name)
        if wanted not in self._found:  # many integrations may have the same mistake, and this takes a while
            near = (
                [wanted] if wanted in self._ids else difflib.get_close_matches(wanted, self._ids, 1, _CUTOFF)
            )
            self._found[wanted] = self._ids[near[0]] if near else None
        return self._found[wanted]


def display_names(attribute: Resource) -> list[str]:
    """Return the texts of an attribute that may be its display name."""
    return [
        value
        for name, value in attribute.attributes.items()
        if isinstance(value, str) and _DISPLAY_NAME.search(name)
    ]


def _normalized(name: str) -> str:
    """Return the letters and digits of a name, without differences of case and composition."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
