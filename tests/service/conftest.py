"""Documents and clients for the tests of the service."""

from pathlib import Path

import pytest
from commands import MakeDocument

from pinpoint_endpoints import Document, load


@pytest.fixture
def document(tmp_path: Path) -> MakeDocument:
    """Return a function that makes the document of a text."""

    def make(text: str = '{"ChannelType": "EMAIL", "Address": "ada@example.com"}') -> Document:
        path = tmp_path / "ada.json"
        path.write_text(text, encoding="utf-8")
        (made,) = load(path)
        return made

    return make
