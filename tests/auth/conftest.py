"""The scripted server and its transports, which the API's tests define."""

from tests.api.conftest import _no_thread_is_left, _own_environment, hasty, log, server, transport

__all__ = ["_no_thread_is_left", "_own_environment", "hasty", "log", "server", "transport"]
