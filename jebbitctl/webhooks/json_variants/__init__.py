"""Writes a JSON value as common serialisers of six languages do."""

from jebbitctl.webhooks.json_variants.serialisers import json_variants
from jebbitctl.webhooks.json_variants.writer import JsonVariant

__all__ = ["JsonVariant", "json_variants"]
