"""The scripted server and its transports, which the API's tests define."""

from tests.api.conftest import _own_environment, hasty, log, server, transport

__all__ = ["_own_environment", "hasty", "log", "server", "transport"]
