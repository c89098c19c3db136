"""The scripted server and its transports."""

from tests.http_fixtures import impatient_transport, log, own_environment, server, transport

__all__ = [
    "impatient_transport",
    "log",
    "own_environment",
    "server",
    "transport",
]
