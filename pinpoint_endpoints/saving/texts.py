"""Endpoints in, the text of documents out, which are read back as the same values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import orjson

_WORD = re.compile(r"[A-Za-z][\w/-]+", re.ASCII)
"""What needs no quotes, unless PyYAML knows better; a single letter may be YAML 1.1's y or n."""

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def json_text(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as a JSON document."""
    return orjson.dumps(endpoint, option=_INDENTED)


def json_of_several(endpoints: Iterable[Mapping[str, Any]]) -> bytes:
    """Return endpoints as `aws pinpoint get-user-endpoints` prints them."""
    return json_text({"EndpointsResponse": {"Item": list(endpoints)}})


def json_line(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as JSON in one line."""
    return orjson.dumps(endpoint, option=orjson.OPT_APPEND_NEWLINE)


def yaml_text(endpoint: Mapping[str, Any]) -> bytes:
    """Return an endpoint as a YAML document that YAML 1.1 and YAML 1.2 tools read alike."""
    import yaml

    text: str = yaml.dump(
        endpoint,
        Dumper=_dumper(),
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=float("inf"),
    )
    return text.encode()


def yaml_documents(endpoints: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield endpoints as YAML documents of one stream, as they come."""
    separator = b""
    for endpoint in endpoints:
        yield separator + yaml_text(endpoint)
        separator = b"---\n"


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
