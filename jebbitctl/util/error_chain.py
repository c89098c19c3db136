"""The exceptions that one exception wraps."""

from __future__ import annotations


def error_chain(error: BaseException) -> list[BaseException]:
    """Return an exception and everything it wraps, outermost first; the last one is the root cause.

    Follows ``reason`` (urllib3's MaxRetryError), the cause or context, and exceptions among the arguments.
    """
    chain = [error]
    while (inner := _wrapped(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
    return chain


def _wrapped(error: BaseException) -> BaseException | None:
    reason: object = getattr(error, "reason", None)  # text on an ssl.SSLError
    if isinstance(reason, BaseException):
        return reason
    in_args = (arg for arg in error.args if isinstance(arg, BaseException))
    return error.__cause__ or error.__context__ or next(in_args, None)
