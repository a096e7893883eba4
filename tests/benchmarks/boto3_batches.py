"""NDJSON and a URL in, batches of 100 out: what one writes from boto3's documentation.

    python boto3_batches.py URL FILE

Nothing is checked but what boto3 checks, and what fails ends it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3

_BATCH = 100


def main(url: str, file: str) -> None:
    """Send every line as an endpoint."""
    client = boto3.client("pinpoint", endpoint_url=url)
    sent = 0
    batch: list[Any] = []
    with Path(file).open(encoding="utf-8") as lines:
        for line in lines:
            batch.append(json.loads(line))
            if len(batch) == _BATCH:
                sent += _send(client, batch)
                batch = []
    if batch:
        sent += _send(client, batch)
    sys.stdout.write(f"{sent} accepted\n")


def _send(client: Any, batch: list[Any]) -> int:
    client.update_endpoints_batch(ApplicationId="benchmark", EndpointBatchRequest={"Item": batch})
    return len(batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
