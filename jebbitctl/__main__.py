"""The process: ``jebbitctl``, or ``python -m jebbitctl``."""

import gc
import os
import signal
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process.

    While the program is being imported, and after it has finished, nothing would catch the exception that a
    signal raises: it then ends the process at once.
    """
    handler = signal.getsignal(signal.SIGINT)
    handled = handler is signal.default_int_handler  # a shell's background jobs ignore SIGINT: leave it so
    if handled:
        signal.signal(signal.SIGINT, _exit)
    gc.set_threshold(200_000)  # a command creates many objects and little garbage: collect less often
    from jebbitctl.cli import run

    try:
        if handled:
            signal.signal(signal.SIGINT, handler)
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()  # a last collection would take a tenth of the run
        _flush()  # timeout and some shells send each signal twice
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # not all exist on Windows
            if number is not None and callable(signal.getsignal(number)):
                signal.signal(number, _exit)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        pass  # it fails again at the end of the process, which reports it


def _exit(signum: int, _: object) -> None:
    os._exit(128 + signum)


if __name__ == "__main__":
    main()
