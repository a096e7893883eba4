"""The README's two lines for VS Code, tried with the language server that the editor runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from language_server import LanguageServer
from making import RunPe
from tools import program

from pinpoint_endpoints import load, validate

ROOT = Path(__file__).parent.parent.parent
WRONG_YAML = """\
ChannelType: sms
Address: "+12065550100"
Attributes:
  Interests: music
Location:
  Latitude: 120
  Town: Oslo
User:
  UserId: [ada]
"""
WRONG_JSON = """\
{
  "ChannelType": "sms",
  "Address": "+12065550100",
  "Attributes": {
    "Interests": "music"
  },
  "Location": {
    "Latitude": 120,
    "Town": "Oslo"
  },
  "Metrics": {
    "visits": "3"
  }
}
"""


def settings() -> dict[str, Any]:
    """Return what the README puts into settings.json, as the language server is told it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(part for part in text.split("```json\n")[1:] if '"yaml.schemas"' in part)
    told = json.loads(block.partition("```")[0])
    schemas = dict(told["yaml.schemas"])
    for schema in told["json.schemas"]:
        # VS Code reads JSON with the same library; this server calls its settings otherwise
        schemas[schema["url"]] = [*schemas.get(schema["url"], []), *schema["fileMatch"]]
    yaml = {"schemas": schemas, "validate": True, "hover": True, "completion": True}
    return {"yaml": {**yaml, "schemaStore": {"enable": False}}}


@pytest.fixture
def folder(tmp_path: Path, pe: RunPe) -> Path:
    """Make a workspace with the schema, a wrong YAML file and a wrong JSON file."""
    schema = pe("schema").stdout
    (tmp_path / "endpoint-request.schema.json").write_text(schema, encoding="utf-8")
    (tmp_path / "endpoints").mkdir()
    (tmp_path / "endpoints" / "wrong.yaml").write_text(WRONG_YAML, encoding="utf-8")
    (tmp_path / "endpoints" / "wrong.json").write_text(WRONG_JSON, encoding="utf-8")
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[LanguageServer]:
    """Start the language server with the README's settings."""
    command = [program("yaml-language-server"), "--stdio"]
    with LanguageServer(command, folder, settings()) as server:
        yield server


@pytest.mark.parametrize(("name", "language"), [("wrong.yaml", "yaml"), ("wrong.json", "json")])
def test_the_editor_marks_the_lines_that_pe_marks(
    server: LanguageServer, folder: Path, name: str, language: str
) -> None:
    """The same wrong file has the same lines marked, no more and no fewer."""
    path = folder / "endpoints" / name
    marked = {found["range"]["start"]["line"] + 1 for found in server.open(path, language)}
    (document,) = load(path)
    assert marked == {problem.line for problem in validate(document)}
    assert len(marked) >= 4


def test_hover_and_completion_know_the_members(server: LanguageServer, folder: Path) -> None:
    """Over a member stands what it is, and after it those that are not there yet."""
    path = folder / "endpoints" / "wrong.yaml"
    server.open(path, "yaml")
    hover = server.at("hover", path, 0, 3)
    assert "Channel type" in hover["contents"]["value"]
    completion = server.at("completion", path, 4, 0)
    offered = {item["label"] for item in completion["items"]}
    assert {"Demographic", "Metrics", "OptOut"} <= offered
    assert "Address" not in offered
