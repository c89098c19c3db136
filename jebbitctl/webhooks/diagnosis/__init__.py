"""Finds out why an endpoint does not accept a valid test delivery."""

from jebbitctl.webhooks.diagnosis.diagnose import diagnose
from jebbitctl.webhooks.diagnosis.fixes import fix_for
from jebbitctl.webhooks.diagnosis.verdict import Diagnosis

__all__ = ["Diagnosis", "diagnose", "fix_for"]
