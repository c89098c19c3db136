"""Writes a JSON value as common serialisers of six languages do."""

from jebbitctl.webhooks.json_variants.serialisers import JsonVariant, json_variants

__all__ = ["JsonVariant", "json_variants"]
