"""What the tests of unknown attributes share."""

from __future__ import annotations

TYPE = "integrations"
ENDPOINT = "https://example.com/jebbit"
