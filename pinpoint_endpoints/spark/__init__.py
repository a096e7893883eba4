"""Checks and converts more lines than one machine can, on Apache Spark.

Spark reads the lines and groups documents that are compared with each other. Its executors call the
functions of this package, so that every rule and every mapping exists once.

    python -m pinpoint_endpoints.spark validate INPUT OUTPUT
    python -m pinpoint_endpoints.spark convert INPUT OUTPUT --to customer-profiles
"""
