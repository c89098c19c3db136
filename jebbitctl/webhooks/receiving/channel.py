"""A connection's channel for waitress whose server does not spin while a response is being sent."""

from __future__ import annotations

from waitress.channel import HTTPChannel


class Channel(HTTPChannel):
    """Is writable only if no other thread is writing.

    While a thread sends a response, waitress' main loop would find that there is something to send and that
    it cannot get the lock, again and again, and so keep the interpreter from that thread: a receiver handled
    six times fewer deliveries a second. The thread wakes the loop when it is done, and the loop looks once a
    second anyway.
    """

    def writable(self) -> bool:
        """Whether the main loop has something to send, or to close, and can do so now."""
        if not super().writable() or not self.outbuf_lock.acquire(blocking=False):
            return False
        self.outbuf_lock.release()
        return True
