"""The process: ``jebbitctl``, or ``python -m jebbitctl``."""

import gc
import os
import signal
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line of this process.

    A Ctrl-C before the program is imported, or after it has done its work, finds nobody to catch a
    KeyboardInterrupt: it ends the process at once.
    """
    catching = signal.getsignal(signal.SIGINT)
    ours = catching is signal.default_int_handler  # somebody who runs us in the background wants it ignored
    if ours:
        signal.signal(signal.SIGINT, _end)
    gc.set_threshold(100_000)  # a command makes many objects and little garbage: look for it less often
    from jebbitctl.cli import run

    try:
        if ours:
            signal.signal(signal.SIGINT, catching)
        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()  # the process is over: to look once more would take a tenth of its time
        if ours:
            signal.signal(signal.SIGINT, _end)


def _end(*_: object) -> None:
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
