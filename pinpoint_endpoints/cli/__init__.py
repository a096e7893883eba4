"""The `pe` command."""

from pinpoint_endpoints.cli.app import main

__all__ = ["main"]
