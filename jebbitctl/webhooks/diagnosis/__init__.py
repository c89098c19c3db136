"""Finds out why an endpoint does not accept a valid test delivery."""

from jebbitctl.webhooks.diagnosis.diagnose import diagnose
from jebbitctl.webhooks.diagnosis.diagnosis import Diagnosis
from jebbitctl.webhooks.diagnosis.fixes import fix_for, fix_for_error

__all__ = ["Diagnosis", "diagnose", "fix_for", "fix_for_error"]
