"""What is written of an endpoint is read back as it was, by our reader and by other tools."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from strategies import ENDPOINTS, HARD_TEXTS, request_of

from pinpoint_endpoints import Document
from pinpoint_endpoints.documents.discovery import Source, format_of
from pinpoint_endpoints.documents.load import documents_in
from pinpoint_endpoints.masking import CONTROLS
from pinpoint_endpoints.saving import (
    json_line,
    json_of_several,
    json_text,
    yaml_text,
)


def read(raw: bytes, name: str) -> list[Document]:
    """Return the documents of a text, in the language of a file of that name."""
    return list(documents_in(Source(name, format_of(name)), raw))


@given(ENDPOINTS, st.sampled_from([(json_text, "a.json"), (yaml_text, "a.yaml")]))
def test_one_document_reads_back_equal(endpoint: dict[str, Any], way: tuple[Any, str]) -> None:
    """As JSON and as YAML: the same id, the same values of the same types, and nothing to warn."""
    write, name = way
    raw = write(endpoint)
    assert re.search(CONTROLS, raw.decode().replace("\n", "")) is None
    (document,) = read(raw, name)
    assert (document.endpoint_id, document.problems) == (endpoint["Id"], ())
    assert document.request == request_of(endpoint)
    assert repr(document.request) == repr(request_of(endpoint))


@given(ENDPOINTS)
def test_other_yaml_tools_read_the_same(endpoint: dict[str, Any]) -> None:
    """PyYAML, which reads YAML 1.1, gives what was written."""
    assert yaml.safe_load(yaml_text(endpoint)) == endpoint


@given(st.lists(ENDPOINTS, min_size=1, max_size=4))
def test_several_documents_read_back_equal(endpoints: list[dict[str, Any]]) -> None:
    """As one JSON document, as a stream of YAML documents, and as a JSON document a line."""
    for raw, name in (
        (json_of_several(endpoints), "a.json"),
        (b"---\n".join(map(yaml_text, endpoints)), "a.yaml"),
        (b"".join(map(json_line, endpoints)), "a.ndjson"),
    ):
        documents = read(raw, name)
        assert [document.request for document in documents] == list(map(request_of, endpoints))
        assert [document.endpoint_id for document in documents] == [
            endpoint["Id"] for endpoint in endpoints
        ]


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_a_hard_text_is_no_warning_in_a_yaml_file(tmp_path: Path, text: str) -> None:
    """Each of the texts that YAML is known for, as a value and as a name."""
    endpoint = {"Id": "a", "Attributes": {text: [text]}}
    (document,) = read(yaml_text(endpoint), "a.yaml")
    assert (document.request, document.problems) == (request_of(endpoint), ())


def test_yaml_is_written_for_people() -> None:
    """Words have no quotes, list items are on lines of their own, other alphabets are not escaped.

    Single letters are quoted: some YAML 1.1 tools take y and n for yes and no.
    """
    endpoint = {"Id": "ada-phone", "Attributes": {"Town": ["Zürich", "Bern", "n"]}, "User": {}}
    assert yaml_text(endpoint).decode() == (
        'Id: ada-phone\nAttributes:\n  Town:\n  - "Zürich"\n  - Bern\n  - "n"\nUser: {}\n'
    )
