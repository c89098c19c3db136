"""Serves the application as it runs in production."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from leads import LeadsApp

    Serve = Callable[[LeadsApp], AbstractContextManager[str]]


class QuietHandler(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Leave the log to the application."""


@contextmanager
def serving(app: LeadsApp) -> Iterator[str]:
    """Serve an application on a free port, and yield its URL."""
    with make_server("127.0.0.1", 0, app, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jebbit"
        server.shutdown()
        thread.join()


@pytest.fixture
def serve() -> Serve:
    return serving
