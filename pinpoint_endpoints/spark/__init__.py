"""Checks and converts more lines than one machine can, on Apache Spark.

Spark reads the lines and brings together what belongs together; what its executors run are the
functions of this package, so no rule and no mapping is written a second time.

    python -m pinpoint_endpoints.spark validate INPUT OUTPUT
    python -m pinpoint_endpoints.spark convert INPUT OUTPUT --to customer-profiles
"""
