"""`pe rules`: every rule out."""

import sys

from pinpoint_endpoints.cli.options import Output, OutputOption
from pinpoint_endpoints.errors import ExitCode


def rules(output: OutputOption = Output.TABLE) -> ExitCode:
    """List the rules that files are checked against.

    `pe explain CODE` explains one.
    """
    from pinpoint_endpoints.checks.rules.registry import all_rules
    from pinpoint_endpoints.reports.explain import RuleTally, RuleView
    from pinpoint_endpoints.reports.reporter import open_reporter

    reporter = open_reporter(RuleView(), output, sys.stdout)
    tally = RuleTally()
    for rule in all_rules().values():
        tally.add(rule)
        reporter.add(rule)
    reporter.close(tally, None)
    return ExitCode.OK
