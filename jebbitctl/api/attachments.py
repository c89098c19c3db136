"""What integrations and exports are attached to: the whole business, or campaigns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jebbitctl.util.times import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTACHED_AT = "attached_at"
_BRAND = ("brand", "both", "business", "account")
"""Words for the whole business. Jebbit's MCP server says ``brand``; it does not name the other values."""
_CAMPAIGNS = ("campaign", "experience")
"""Words for campaigns only, which it mentions."""
_NEGATIONS = {"no", "non", "not", "without"}


def is_brand_wide(attributes: Mapping[str, Any]) -> bool | None:
    """Whether an integration or an export works for all campaigns; None if Jebbit does not say."""
    value = attributes.get(ATTACHED_AT)
    values: list[Any] = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    if len(texts) != len(values):
        return None
    words = set(re.findall("[a-z]+", " ".join(texts).lower()))
    if not words or words & _NEGATIONS or any(instant(text) is not None for text in texts):
        return None  # such as a time, for which the name would fit as well
    if any(word.startswith(_BRAND) for word in words):
        return True
    return False if any(word.startswith(_CAMPAIGNS) for word in words) else None


def inherited_count(campaign: Mapping[str, Any], name: str) -> int | None:
    """Return how many brand-wide integrations or exports a campaign has; None if Jebbit does not say.

    Args:
        campaign: its attributes.
        name: ``integration_counts`` or ``uploader_counts``, each with a direct and an inherited count.
    """
    counts = campaign.get(name)
    count = counts.get("inherited") if isinstance(counts, dict) else None
    return count if type(count) is int and count >= 0 else None
