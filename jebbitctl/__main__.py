"""The process: ``jebbitctl``, or ``python -m jebbitctl``."""

import gc
import os
import signal
import sys

_INTERRUPTED = 130
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
_SIGNAL_DELAY = 0.2
"""Seconds until a lost signal is sent again: earlier, it would count as a repeat, which is ignored."""


def main() -> None:
    """Run the command line of this process.

    While the program is being imported, and after it has finished, nothing would catch what a signal raises:
    it then ends the process at once.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it is ignored in background jobs
        signal.signal(signal.SIGINT, _exit)
    sys.unraisablehook = _send_again
    gc.set_threshold(200_000)  # a command creates many objects and little garbage: collect less often
    from jebbitctl.cli import run

    try:
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()  # a last collection would take a tenth of the run
        _end_at_once_on_signals()


def _end_at_once_on_signals() -> None:
    """Write what is buffered, and let signals end the process at once, also while nobody reads that."""
    try:
        _flush()
        for name in _ENDING:
            number = getattr(signal, name, None)  # SIGHUP is missing on Windows
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _exit)
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)
    except SystemExit as ended:
        os._exit(ended.code if isinstance(ended.code, int) else _INTERRUPTED)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        sys.stdout = None  # Python would report that with a traceback; run has reported it, or a signal came


def _send_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Send a signal again whose exception Python ignored: it came in a callback, such as one of an import.

    Otherwise, the command would print a traceback and go on.
    """
    error = unraisable.exc_value
    number = signal.SIGINT if isinstance(error, KeyboardInterrupt) else 0
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        number = error.code - 128
    if number > 0:
        import threading

        again = threading.Timer(_SIGNAL_DELAY, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()
    else:
        sys.__unraisablehook__(unraisable)


def _exit(number: int, _: object) -> None:
    os._exit(128 + number)


if __name__ == "__main__":
    main()
