from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.diagnosis import diagnose
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.sender import SAMPLE_BODY

from .receiver_bug_table import ROWS
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.webhooks.diagnosis import Diagnosis

    from .receiver_bug_table import Mistake

UNUSUAL_BODY = (
    b'\r\n {"event": {"event_number": 0},\r\n "data": {"email": "test@example.com", "name":'
    b' "Zo\xc3\xab e\xcc\x88 \xf0\x9f\x8e\x89",\n "text": "</p> & \\"q\\" \\/ it\'s", "10": "a", "9": ["b", "c d"]}}\r\n'
)
"""A body that looks like Jebbit's, and that all rewriting changes."""


def served(accepts: Callable[[str, bytes], bool]) -> WSGIApplication:
    """Return an application that responds 200 or 403."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        accepted = accepts(environ.get("HTTP_X_JEBBIT_SIGNATURE", ""), body)
        start_response("200 OK" if accepted else "403 Forbidden", [("Content-Length", "0")])
        return []

    return app


def diagnosed(
    app: WSGIApplication, *, secret: str = SECRET, body: bytes = SAMPLE_BODY, accepted: tuple[bytes, ...] = ()
) -> Diagnosis:
    with BackgroundServer(app) as server, EndpointClient(server.url) as client:
        target = ProbeTarget(client, secret)
        assert all(target.send_signed(one).accepted for one in accepted)
        response = target.send_signed(body)
        assert not response.accepted
        return diagnose(target, response, body, accepted=accepted)


@pytest.mark.parametrize("receiver", ROWS, ids=lambda receiver: receiver.name)
def test_the_bug_of_a_receiver_is_named_with_its_fix(receiver: Mistake) -> None:
    body, accepted = (UNUSUAL_BODY, (SAMPLE_BODY,)) if receiver.compact else (SAMPLE_BODY, ())
    found = diagnosed(served(receiver.accepts), secret=receiver.secret, body=body, accepted=accepted)
    assert found.code == receiver.code, found
    for part in receiver.mentions:
        assert part in f"{found.finding} {found.fix}"
