"""`python -m pinpoint_endpoints` is the `pe` command."""

from pinpoint_endpoints.cli import main

main()
