"""Reads objects of Amazon S3 as if they were files."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.documents.discovery import S3_BEGINS
from pinpoint_endpoints.documents.streams import Read
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.client import open_s3_client
from pinpoint_endpoints.service.errors import refusal_of, translate_botocore_errors

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MAX_BREAKS = 3
"""How often in a row a connection may break before a byte arrives."""

_LIST, _READ = "s3:ListBucket", "s3:GetObject"
_REASONS = {
    "NoSuchKey": "there is no such object; to read all below a prefix, end it with a slash",
    "InvalidObjectState": "it is archived: restore it first",
    "PreconditionFailed": "it was replaced while it was read",
}


class S3Files:
    """Amazon S3, as far as files are searched and read there. Connects when it is first needed.

    Args:
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
    """

    def __init__(self, region: str | None = None, profile: str | None = None) -> None:
        self._region = region
        self._profile = profile

    @cached_property
    def client(self) -> Any:
        """The boto3 client.

        Raises:
            CannotRun: no region, an unknown profile, a broken configuration file.
        """
        return open_s3_client(region=self._region, profile=self._profile)

    def named(self, url: str) -> "_Object":
        """Return the object with a URL, whether or not it exists."""
        return _Object(self, url)

    def below(self, url: str) -> Iterator["_Object"]:
        """Yield the objects whose URLs begin with this one, in the order of their keys.

        Raises:
            OSError: they cannot be listed.
            CannotRun: no credentials, no region, no connection.
        """
        bucket, prefix = split_url(url)
        pages = iter(
            self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        )
        while True:
            with translate_s3_errors(bucket, _LIST):
                page = next(pages, None)
            if page is None:
                return
            for found in page.get("Contents", ()):
                yield _Object(self, f"{S3_BEGINS}{bucket}/{found['Key']}", found["Size"])


class _Object:
    """An object that is read like a file."""

    __slots__ = ("_s3", "_size", "url")

    def __init__(self, s3: S3Files, url: str, size: int | None = None) -> None:
        self.url = url
        self._s3 = s3
        self._size = size

    def size(self) -> int:
        """Return how many bytes it has; 0 if that is not known."""
        if self._size is None:
            bucket, key = split_url(self.url)
            with suppress(OSError, CannotRun), translate_s3_errors(bucket, _READ):
                return int(self._s3.client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        return self._size or 0

    @contextmanager
    def open(self) -> Iterator[Read]:
        """Open it, and give the function that reads it."""
        body = _Body(self._s3.client, *split_url(self.url))
        try:
            yield body.read
        finally:
            body.close()


class _Body:
    """The bytes of an object, read as they come; asked for again where the connection breaks."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._object = {"Bucket": bucket, "Key": key}
        self._position = 0
        self._stream = self._get({})

    def _get(self, part: dict[str, str]) -> Any:
        with translate_s3_errors(self._bucket, _READ):
            response = self._client.get_object(**self._object, **part)
        if part and "ContentRange" not in response:
            response["Body"].close()
            raise OSError("the connection broke, and this server cannot go on in the middle")
        self._etag = response["ETag"]
        return response["Body"]

    def read(self, size: int) -> bytes:
        """Return up to so many bytes; none at the end."""
        from botocore.exceptions import (
            FlexibleChecksumError,
            HTTPClientError,
            IncompleteReadError,
        )

        for _ in range(MAX_BREAKS):
            try:
                chunk: bytes = self._stream.read(size)
            except FlexibleChecksumError:
                raise OSError("it arrived damaged: its checksum is another one") from None
            except (HTTPClientError, IncompleteReadError):
                self._stream.close()
                part = {"Range": f"bytes={self._position}-", "IfMatch": self._etag}
                self._stream = self._get(part)
            else:
                self._position += len(chunk)
                return chunk
        raise OSError(f"the connection breaks again and again after {self._position:,} bytes")

    def close(self) -> None:
        """Close the connection, or give it back if all was read."""
        self._stream.close()


def split_url(url: str) -> tuple[str, str]:
    """Return the bucket and the key that `s3://bucket/key` names."""
    bucket, _, key = url.removeprefix(S3_BEGINS).partition("/")
    return bucket, key


@contextmanager
def translate_s3_errors(bucket: str, permission: str) -> Iterator[None]:
    """Turn errors about a bucket or an object into `OSError`, and others into `CannotRun`.

    Args:
        bucket: its name.
        permission: what the credentials have to allow.
    """
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        with translate_botocore_errors(has_local=False):
            yield
    except ParamValidationError:
        raise OSError("not the name of a bucket and a key: s3://bucket/key") from None
    except ClientError as error:
        raise _explained(error, bucket, permission) from None


def _explained(error: "ClientError", bucket: str, permission: str) -> Exception:
    refusal = refusal_of(error)
    if refusal.is_about_credentials:
        return CannotRun(f"Amazon S3 refused the credentials: {refusal.message}", refusal.hint)
    if refusal.code == "NoSuchBucket":
        return OSError(f"there is no bucket {bucket}")
    if refusal.code in _REASONS:
        return OSError(_REASONS[refusal.code])
    if refusal.status == 403:  # noqa: PLR2004 - HTTP: forbidden
        return OSError(f"access denied: the credentials need {permission}")
    return OSError(f"the answer was HTTP {refusal.status}: {refusal.message}")
