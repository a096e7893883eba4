"""`pe rules`: every rule out."""

import sys

from pinpoint_endpoints.cli.options import Output, OutputOption
from pinpoint_endpoints.cli.terminal import write_bytes
from pinpoint_endpoints.errors import ExitCode


def rules(output: OutputOption = Output.TABLE) -> ExitCode:
    """List the rules that files are checked against.

    `pe explain CODE` explains one.
    """
    from pinpoint_endpoints.checks.rules.registry import all_rules
    from pinpoint_endpoints.reports.explanation import RuleSheet, print_rules

    sheets = [RuleSheet.of(rule) for rule in all_rules().values()]
    if output is Output.JSON:
        from dataclasses import asdict

        from pinpoint_endpoints.reports.envelope import envelope

        count = len(sheets)
        results = map(asdict, sheets)
        write_bytes(envelope("rules", {"rules": count}, results, succeeded=count, failed=0))
    elif output is Output.TEXT:
        sys.stdout.writelines(f"{sheet}\n" for sheet in sheets)
    else:
        print_rules(sheets, sys.stdout)
    return ExitCode.OK
