"""Runs the job: `python -m pinpoint_endpoints.spark`, or this file as the script of a job."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.convert.account import Account, Entry
from pinpoint_endpoints.convert.formats import ConvertOptions
from pinpoint_endpoints.convert.output import WrittenFile
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, UsageError
from pinpoint_endpoints.reports.conversion import ConversionTally, ConversionView
from pinpoint_endpoints.reports.envelope import VERSION, json_bytes, status_of
from pinpoint_endpoints.reports.reporter import ReportOptions
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.spark.conversion import CONVERSIONS, convert
from pinpoint_endpoints.spark.lines import lines_in
from pinpoint_endpoints.spark.validation import summary_of, validate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code: that of the command with the same name."""
    parser = argparse.ArgumentParser(
        prog="python -m pinpoint_endpoints.spark",
        description="Check and convert endpoints on Spark.",
    )
    named = {
        "command": "validate or convert",
        "input": "a file or directory with one endpoint on each line",
        "output": "a new directory",
    }
    for name, help_ in named.items():
        parser.add_argument(name, nargs="?", help=help_)
        parser.add_argument(f"--{name}", dest=f"{name}_", help=argparse.SUPPRESS)  # for AWS Glue
    parser.add_argument("--to", metavar="FORMAT", help=f"of convert: {' or '.join(CONVERSIONS)}")
    parser.add_argument("--keys", choices=("strict",), help="of convert: as for `pe convert`")
    parser.add_argument("--ignore", action="append", default=[], metavar="CODE", help="a rule")
    parser.add_argument("--strict", action="store_true", help="warnings, or losses, fail the job")
    options, others = parser.parse_known_args(arguments)
    if others and not any(other.startswith("--JOB_") for other in others):  # Glue adds some
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    for name, help_ in named.items():
        value = getattr(options, f"{name}_") or getattr(options, name)
        if value is None or (name == "command" and value not in ("validate", "convert")):
            parser.error(f"{name}: {help_}")
        setattr(options, name, value)
    try:
        run = _validate if options.command == "validate" else _convert
        return _explaining_errors(run, options)
    except PinpointEndpointsError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.message}{hint}\n")
        return error.exit_code


def _explaining_errors(
    run: Callable[["SparkSession", argparse.Namespace], int], options: argparse.Namespace
) -> int:
    """Run a job in a session; turn the errors that users cause into ones of this package.

    Raises:
        CannotRun: the input cannot be read, or the output exists.
    """
    spark = _session()
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        if _exists(spark, options.output):
            raise CannotRun(f"{options.output} exists", "name a new directory for the output")
        return run(spark, options)
    except (PySparkException, Py4JJavaError) as error:
        text = str(error)
        unread = re.search(r"FAILED_READ_FILE\S* .*?file (\S+?)\.?\s", text)
        if "PATH_NOT_FOUND" in text:
            message, hint = f"{options.input} cannot be read: no such file or directory", ""
        elif unread:
            message, hint = f"{unquote(unread[1])} cannot be read", "is it damaged or incomplete?"
        elif "EOFException" in text or "ZipException" in text:  # Spark 3.5 does not say where
            message, hint = f"a .gz file in {options.input} cannot be read", "is it complete?"
        elif "No FileSystem for scheme" in text or "ClassNotFoundException: Class org" in text:
            message = f"this Spark cannot read {options.input} or write {options.output}"
            hint = (
                "AWS Glue and EMR read s3://; elsewhere add the package hadoop-aws, and use s3a://"
            )
        else:
            raise
        raise CannotRun(message, hint) from None


def _exists(spark: "SparkSession", path: str) -> bool:
    from pyspark.errors import AnalysisException

    try:
        spark.read.format("binaryFile").load(path)
    except AnalysisException as error:
        if "PATH_NOT_FOUND" in str(error):
            return False
        raise
    return True


def _session() -> "SparkSession":
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise CannotRun(
            "pyspark is not installed", "install the extra: pip install '.[spark]' in a checkout"
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("pinpoint_endpoints").getOrCreate()
    number = str(max(spark.sparkContext.defaultParallelism, 1))
    if spark.conf.get("spark.sql.files.minPartitionNum", None) is None:
        spark.conf.set("spark.sql.files.minPartitionNum", number)
    return spark


def _validate(spark: "SparkSession", options: argparse.Namespace) -> int:
    policy = Policy(frozenset(options.ignore), options.strict)
    checked = validate(lines_in(spark, options.input), policy)
    tally = summary_of(checked)
    problems = checked.selectExpr("'problems' as part", "explode(problems) as value")
    return _write(problems, "validate", tally, options.output)


def _convert(spark: "SparkSession", options: argparse.Namespace) -> int:
    if options.to is None:
        raise UsageError("no format is named", f"use --to with {' or '.join(CONVERSIONS)}")
    account = Account()
    convert_options = ConvertOptions(
        Policy(frozenset(options.ignore)), strict_keys=options.keys is not None
    )
    written = convert(lines_in(spark, options.input), options.to, account, convert_options)
    tally = ConversionTally(account, strict=options.strict)
    for row in written.groupBy("part").count().collect():
        tally.add(WrittenFile(row.part, row["count"], 0))
    return _write(written, "convert", tally, options.output, account.entries())


def _write(
    rows: "DataFrame",
    command: str,
    tally: Tally[Any],
    output: str,
    entries: Iterable[Entry] = (),
) -> int:
    """Write the parts and the summary, all at once; return the exit code."""
    view = ConversionView(ReportOptions())
    summary = {
        "pe": VERSION,
        "command": command,
        "status": status_of(tally, None),
        "summary": tally.members(),
    }
    line = json_bytes(summary).decode()
    more = [("summary", line)]
    more += [
        ("account", json_bytes(members).decode())
        for entry in entries
        for members in view.members(entry)
    ]
    last = rows.sparkSession.createDataFrame(more, rows.schema).coalesce(1)
    rows.unionByName(last).write.partitionBy("part").text(output)
    sys.stdout.write(f"{line}\n")
    return tally.exit_code(None)


if __name__ == "__main__":
    sys.exit(main())
