"""Finds out why a signature does not match, by trying the usual causes."""

from jebbitctl.webhooks.explain.causes import Cause
from jebbitctl.webhooks.explain.explanation import Explanation, explain

__all__ = ["Cause", "Explanation", "explain"]
