"""A small Spark on this machine, which splits files within a line's reach."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from commands import missing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_CONFIGURATION = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",  # starts sooner
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.files.maxPartitionBytes": "1500",
    "spark.sql.files.openCostInBytes": "0",
    "spark.sql.files.minPartitionNum": "7",
    "spark.sql.shuffle.partitions": "7",
    "spark.sql.adaptive.coalescePartitions.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
}


@pytest.fixture(scope="session")
def spark() -> Iterator["SparkSession"]:
    """A session with two cores and seven partitions, in which a task may fail once."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        missing("pyspark is not installed")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2,2]")
    for name, value in _CONFIGURATION.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()
