"""The `pe` command."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while it is being imported ends the process at once."""
    python_handler = signal.getsignal(signal.SIGINT)
    if python_handler is signal.default_int_handler:  # else it is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pinpoint_endpoints.cli import app

    signal.signal(signal.SIGINT, python_handler)
    app.main()


__all__ = ["main"]
