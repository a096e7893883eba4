"""Reads objects of Amazon S3 as if they were files, and puts some there."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any

from pinpoint_endpoints.documents.discovery import S3_BEGINS
from pinpoint_endpoints.documents.streams import Read
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.service.client import open_s3_client
from pinpoint_endpoints.service.errors import refusal_of, translate_botocore_errors

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

MAX_BREAKS = 3
"""How often in a row a connection may break before a byte arrives."""

_LIST, _READ, _WRITE = "s3:ListBucket", "s3:GetObject", "s3:PutObject"
_SAYS_NOTHING = ("Access Denied", "Forbidden")
_DIGEST = "pe-sha256"
"""The metadata of an object that holds the digest of its bytes."""

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


class S3Folder:
    """A prefix of Amazon S3 that parts are put under.

    Args:
        s3: Amazon S3.
        url: `s3://bucket/prefix/`.
    """

    def __init__(self, s3: S3Files, url: str) -> None:
        self._s3 = s3
        self._bucket, self._prefix = split_url(url)

    def url_of(self, name: str) -> str:
        """Return the URL of an object in it."""
        return f"{S3_BEGINS}{self._bucket}/{self._prefix}{name}"

    def existing(self, wanted: Mapping[str, str]) -> frozenset[str]:
        """Return the names of the objects that are complete already; abort uploads that are not.

        Args:
            wanted: the digest of each object, by name.

        Raises:
            CannotRun: there are others: whatever reads the folder would read these too.
        """
        found = set()
        try:
            for each in self._s3.below(self.url_of("")):
                name = each.url.removeprefix(self.url_of(""))
                if not name:
                    continue
                if name not in wanted or self._digest(name) != wanted[name]:
                    raise CannotRun(
                        f"{self.url_of('')} has other objects, such as {printable(name)}",
                        "name a prefix without any; the integration would load these too",
                    )
                found.add(name)
        except OSError as error:
            raise self._failure(error) from None
        self._abort_uploads(wanted)
        return frozenset(found)

    def _digest(self, name: str) -> str:
        with translate_s3_errors(self._bucket, _READ):
            told = self._s3.client.head_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
        return str(told["Metadata"].get(_DIGEST, ""))

    def _abort_uploads(self, wanted: Container[str]) -> None:
        """Abort what a killed run began to upload: S3 charges for it until then."""
        where = {"Bucket": self._bucket}
        with suppress(OSError), translate_s3_errors(self._bucket, _WRITE):
            pages = self._s3.client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(**where, Prefix=self._prefix):
                for upload in page.get("Uploads", ()):
                    if upload["Key"].removeprefix(self._prefix) in wanted:
                        self._s3.client.abort_multipart_upload(
                            **where, Key=upload["Key"], UploadId=upload["UploadId"]
                        )

    def put(self, name: str, file: IO[bytes], digest: str) -> None:
        """Put an object, in pieces if it is large; a failure leaves no pieces behind.

        Args:
            name: the name of the object.
            file: its bytes.
            digest: tells it from others with its name.

        Raises:
            CannotRun: it cannot be put.
        """
        from s3transfer.manager import TransferManager

        more = {"Metadata": {_DIGEST: digest}}
        try:
            with (
                translate_s3_errors(self._bucket, _WRITE),
                TransferManager(self._s3.client) as manager,
            ):
                key = f"{self._prefix}{name}"
                manager.upload(file, self._bucket, key, extra_args=more).result()
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> CannotRun:
        message = f"{self.url_of('')} cannot be used: {reason_of(error)}"
        return CannotRun(message, "the same command goes on with what is not there yet")


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
    if refusal.status == HTTPStatus.FORBIDDEN:
        told = "" if refusal.message in _SAYS_NOTHING else f" ({refusal.message})"
        return OSError(f"access denied{told}: the credentials need {permission}")
    return OSError(f"the answer was HTTP {refusal.status}: {refusal.message}")
