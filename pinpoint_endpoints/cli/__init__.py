"""The `pe` command."""

import atexit
import gc
import signal
import sys

COMPLETION_VARIABLE = "_PE_COMPLETE"
"""Set by the completion scripts: the words to complete are in other variables."""

_GC_THRESHOLD = 200_000
"""More objects than a run over one file makes, most of them by importing botocore."""


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported ends the process at once."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _print_version():
        return
    gc.set_threshold(_GC_THRESHOLD)  # with Python's 700, collecting takes a tenth of a run
    atexit.register(gc.freeze)  # the collection at exit would take an eighth of a run
    python_handler = signal.getsignal(signal.SIGINT)
    if python_handler is signal.default_int_handler:  # else it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pinpoint_endpoints.cli import app

    signal.signal(signal.SIGINT, python_handler)
    app.main()


def _print_version() -> bool:
    """Print the version without importing the command line, which takes four times as long.

    Returns:
        whether it could be written: if not, the command line says why.
    """
    from pinpoint_endpoints.version import __version__

    try:
        sys.stdout.write(f"pe {__version__}\n")
        sys.stdout.flush()
    except (AttributeError, OSError):  # closed, or full
        return False
    return True


__all__ = ["main"]
