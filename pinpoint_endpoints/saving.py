"""Save endpoints as files that `pe` reads back: one per endpoint in a directory, or as one text."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any
from unicodedata import normalize

import orjson

from pinpoint_endpoints.documents.discovery import Source, discover, format_of
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.documents.replacing import remove_leftovers, replacing
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.masking import json_without_controls

MAX_NAME_BYTES = 200
"""File systems allow 255: the suffix and a temporary name have to fit too."""

_KEPT_BYTES = 120
"""How much of a longer name is kept, before a digest."""

_DIGEST_BYTES = (6, 32)

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"  # steer a terminal
    r'|["%*/:<>?\\|]'  # Windows, and our own escape
    r"|^[ .-]|[ .]\Z"  # hidden, taken for an option, dropped by Windows
)
_DEVICE = re.compile(r"(?:aux|con|nul|prn|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_CUT_ESCAPE = re.compile(r"%[0-9A-F]?\Z")
_WORD = re.compile(r"[A-Za-z][\w/-]+", re.ASCII)
"""Texts that need no quotes, unless PyYAML adds some; one letter could be YAML 1.1's y or n."""

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def names_for(endpoint_id: str) -> Iterator[str]:
    """Yield file names for an id, without a suffix: the most readable first, then alternatives.

    Characters that a file system or a search for files treats specially are percent-encoded. Names
    that would be too long, and all but the first, end with a digest of the id.
    """
    name = _UNSAFE.sub(_encoded, endpoint_id)
    if _DEVICE.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name.encode()) <= MAX_NAME_BYTES:
        yield name
    begin = name.encode()[:_KEPT_BYTES].decode(errors="ignore")
    begin = _CUT_ESCAPE.sub("", begin)
    for size in _DIGEST_BYTES:
        yield f"{begin}-{blake2b(endpoint_id.encode(), digest_size=size).hexdigest()}"


def same_file_key(name: str) -> str:
    """Return a key that is equal for names that a file system may treat as one.

    Some file systems ignore case, and some whether `é` is one character or two.
    """
    return normalize("NFD", name.casefold())


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def json_text(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as a JSON document."""
    return json_without_controls(orjson.dumps(endpoint, option=_INDENTED))


def json_of_several(endpoints: Iterable[Mapping[str, Any]]) -> bytes:
    """Return endpoints as one JSON document, as `aws pinpoint get-user-endpoints` prints them."""
    return json_text({"EndpointsResponse": {"Item": list(endpoints)}})


def json_line(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as JSON on one line."""
    return json_without_controls(orjson.dumps(endpoint, option=orjson.OPT_APPEND_NEWLINE))


def yaml_text(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as a YAML document that YAML 1.1 and 1.2 tools read alike."""
    import yaml

    text: str = yaml.dump(
        endpoint,
        Dumper=_dumper(),
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=float("inf"),
    )
    return json_without_controls(text.encode())


@cache
def _dumper() -> Any:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _: Any) -> bool:
            return True

    def represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = None if _WORD.fullmatch(text) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)

    Dumper.add_representer(str, represent_text)
    return Dumper


_WRITERS = {".json": json_text, ".yaml": yaml_text}
_SUFFIXES = (".json", ".yaml", ".yml", ".ndjson", ".jsonl")


class EndpointDirectory:
    """A directory with one file per endpoint.

    Attributes:
        path: the directory.
        saved: the files that were written, in order.

    Args:
        path: created if it does not exist.
        suffix: `.json` or `.yaml`.

    Raises:
        CannotRun: the directory cannot be created or read.
    """

    def __init__(self, path: Path, suffix: str = ".json") -> None:
        self.saved: dict[Path, None] = {}
        self.path = path
        self._suffix = suffix
        self._write = _WRITERS[suffix]
        self._names: dict[str, list[str]] = {}
        try:
            path.mkdir(parents=True, exist_ok=True)
            remove_leftovers(path)
            for there in path.iterdir():
                self._know(there.name)
        except FileExistsError:
            raise CannotRun(f"{path} is not a directory", "choose another directory") from None
        except OSError as error:
            raise _cannot_be_written(path, error) from None

    def save(self, endpoint: Mapping[str, Any]) -> Path:
        """Write an endpoint's file to disk, and return its path.

        An existing file of the same endpoint is replaced, completely or not at all; other files
        never are. Only the owner may read the file, as it contains addresses.

        Raises:
            CannotRun: the file cannot be written, or the endpoint has a file in another format.
        """
        path = self.path / self._name_for(endpoint["Id"])
        try:
            with replacing(path) as file:
                file.write(self._write(endpoint))
        except OSError as error:
            raise _cannot_be_written(path, error) from None
        self._know(path.name)
        self.saved[path] = None
        return path

    def flush(self) -> None:
        """Write the directory itself to disk, so that its files survive a power failure."""
        if os.name == "posix":
            with suppress(OSError):  # some file systems do not support this
                descriptor = os.open(self.path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def left_out(self) -> int:
        """Return how many saved files a search of the directory skips, because git ignores them."""
        sources = discover([str(self.path)])
        found = {Path(source.path) for source in sources if isinstance(source, Source)}
        return len(self.saved.keys() - found)

    def _know(self, name: str) -> None:
        names = self._names.setdefault(same_file_key(name), [])
        if name not in names:
            names.append(name)

    def _name_for(self, endpoint_id: str) -> str:
        names = list(names_for(endpoint_id))
        for name in names:
            for suffix in _SUFFIXES:
                for there in self._names.get(same_file_key(name + suffix), ()):
                    if _holds(self.path / there, endpoint_id):
                        return self._replaceable(there)
        for name in names:
            whole = name + self._suffix
            if same_file_key(whole) not in self._names and not os.path.lexists(self.path / whole):
                return whole
        raise CannotRun(
            f"{self.path / (names[0] + self._suffix)} holds another endpoint",
            "save into another directory",
        )

    def _replaceable(self, name: str) -> str:
        if format_of(name) is not format_of(self._suffix):
            raise CannotRun(
                f"{self.path / name} holds this endpoint already, and not as {self._suffix[1:]}",
                "save into another directory, or remove it",
            )
        return name


def _holds(path: Path, endpoint_id: str) -> bool:
    """Return whether a file holds this endpoint and no other."""
    if not path.is_file():
        return False
    documents = list(islice(load(path), 2))
    if len(documents) != 1 or documents[0].endpoint_id is None:
        return False
    return same_endpoint_key(documents[0].endpoint_id) == same_endpoint_key(endpoint_id)


def _cannot_be_written(path: Path, error: OSError) -> CannotRun:
    return CannotRun(f"{path} cannot be written: {reason_of(error)}", "choose another directory")
