"""Editors: the language servers of VS Code, with the settings of `pe help editor`."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import program
from language_server import LanguageServer
from manual import TOPICS, fenced

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.schema.export import schema_text
from pinpoint_endpoints.schema.members import find_members

pytestmark = pytest.mark.external

ROOT = Path(__file__).parents[2]
SCHEMA = "endpoint-request.schema.json"
MODELINE = f"# yaml-language-server: $schema=../{SCHEMA}\n"
WRONG = [
    "tests/data/invalid/after-crlf.json",
    "tests/data/invalid/after-wide-characters.yaml",
    "tests/data/invalid/closed-sets.json",
    "tests/data/invalid/coordinates.json",
    "tests/data/invalid/limits.json",
    "tests/data/invalid/nulls.yaml",
    "tests/data/invalid/unknown-members.json",
    "tests/data/invalid/wrong-types.json",
    "tests/data/invalid/wrong-types.yaml",
    "examples/with-mistakes/misspelled.json",
]
VALID = ["examples/ada-email.json", "examples/ada-sms.yaml", "examples/seattle-iphone.json"]
BEGUN = {
    ".yaml": 'Location:\n  Country: "DE"\nChannelType: \n\n',
    ".json": '{\n  "ChannelType": "",\n  "Location": {\n    "Country": "DE"\n  },\n  ""\n}\n',
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with the schema as printed, and endpoints that are wrong, right and begun."""
    folder = tmp_path_factory.mktemp("project")
    (folder / SCHEMA).write_bytes(schema_text("endpoint-request"))
    (folder / "endpoints").mkdir()
    for path in (*WRONG, *VALID):
        shutil.copy(ROOT / path, folder / "endpoints")
    for suffix, text in BEGUN.items():
        (folder / "endpoints" / f"begun{suffix}").write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"name": "no endpoint"}', encoding="utf-8")
    return folder


def in_force(server: LanguageServer, wrong: Path) -> None:
    """Wait until a server marks a wrong file: from then on it knows its settings."""
    marks = server.open(wrong)
    while not marks:
        marks = server.marks_in(wrong)


@pytest.fixture(scope="module")
def of_yaml(project: Path) -> Iterator[LanguageServer]:
    """Start the server of the YAML extension, with our setting for both kinds of files.

    In VS Code it sees YAML only; other editors give it JSON too, which is YAML.
    """
    schemas = {**settings()["yaml.schemas"], SCHEMA: "endpoints/*.json"}
    given = {"yaml": {"schemas": schemas, "schemaStore": {"enable": False}}}
    with LanguageServer([program("yaml-language-server"), "--stdio"], project, given) as server:
        in_force(server, project / "endpoints" / "wrong-types.yaml")
        yield server


@pytest.fixture(scope="module")
def of_json(project: Path) -> Iterator[LanguageServer]:
    """Start VS Code's own server for JSON; VS Code itself makes the schema's path a URL."""
    schemas = [
        {**schema, "url": (project / schema["url"]).as_uri()}
        for schema in settings()["json.schemas"]
    ]
    given = {"json": {"schemas": schemas, "validate": {"enable": True}}}
    command = [program("vscode-json-language-server"), "--stdio"]
    with LanguageServer(command, project, given) as server:
        in_force(server, project / "endpoints" / "wrong-types.json")
        yield server


@pytest.fixture(params=["of_yaml", "of_json"])
def server(request: pytest.FixtureRequest) -> tuple[LanguageServer, str]:
    """Return each of the two servers, with the suffix of the files that it is made for."""
    made: LanguageServer = request.getfixturevalue(request.param)
    return made, f".{request.param.removeprefix('of_')}"


def settings() -> dict[str, Any]:
    """Return VS Code's settings, as `pe help editor` shows them."""
    (block,) = fenced(TOPICS["editor"], "json")
    found: dict[str, Any] = json.loads(block)
    return found


def lines_of_schema_problems(path: Path) -> list[int]:
    """Return the lines, from 0, in which `pe` finds what the schema does not allow."""
    problems = [problem for document in load(path) for problem in validate(document)]
    return sorted({problem.line - 1 for problem in problems if problem.code.startswith("PE1")})


def lines_of(marks: list[dict[str, Any]]) -> list[int]:
    """Return the lines, from 0, in which marks begin."""
    return sorted({mark["range"]["start"]["line"] for mark in marks})


def test_the_same_lines_are_marked(server: tuple[LanguageServer, str], project: Path) -> None:
    """In wrong files the server marks the lines in which `pe` finds mistakes, and no other."""
    editor, kind = server
    for name in (Path(path).name for path in WRONG):
        path = project / "endpoints" / name
        if path.suffix in (".json", kind):
            expected = lines_of_schema_problems(path)
            assert expected
            assert lines_of(editor.open(path)) == expected, name


def test_valid_files_are_not_marked(server: tuple[LanguageServer, str], project: Path) -> None:
    """Neither endpoints without a mistake, nor files that are no endpoints."""
    editor, kind = server
    paths = [project / "endpoints" / Path(path).name for path in VALID]
    for path in (*paths, project / "package.json"):
        if path.suffix in (".json", kind):
            assert editor.open(path) == []


def place_of(path: Path, text: str) -> tuple[int, int]:
    """Return the line and the character, from 0, where a text ends in a file."""
    before, _, _ = path.read_text(encoding="utf-8").partition(text)
    before += text
    return before.count("\n"), len(before.rpartition("\n")[2])


def labels(answer: dict[str, Any]) -> dict[str, str]:
    """Return what is offered, and what is said about it."""
    return {item["label"].strip('"'): told(item.get("documentation")) for item in answer["items"]}


def told(documentation: Any) -> str:
    """Return a documentation or a hover as text, whichever form the protocol gives it."""
    if isinstance(documentation, list):
        return "\n".join(map(told, documentation))
    return documentation["value"] if isinstance(documentation, dict) else str(documentation)


def test_a_hover_tells_title_and_description(
    server: tuple[LanguageServer, str], project: Path
) -> None:
    """Hovering over a member shows what `pe explain` says about it."""
    editor, kind = server
    path = project / "endpoints" / f"begun{kind}"
    editor.open(path)
    (member,) = find_members("Location.Country")
    hover = told(editor.at("hover", path, *place_of(path, "Coun"))["contents"])
    assert member.title in hover
    assert "two\\-letter ISO 3166\\-1 code" in hover or "two-letter ISO 3166-1 code" in hover


def test_members_and_values_are_completed(
    server: tuple[LanguageServer, str], project: Path
) -> None:
    """Members are offered in the place of a member, channels in that of a channel."""
    editor, kind = server
    path = project / "endpoints" / f"begun{kind}"
    editor.open(path)
    at_value, at_member = {
        ".yaml": ("ChannelType: ", "ChannelType: \n"),
        ".json": ('"ChannelType": "', '  },\n  "'),
    }[kind]
    (channel_type,) = find_members("ChannelType")
    assert (
        set(channel_type.values)
        <= labels(editor.at("completion", path, *place_of(path, at_value))).keys()
    )
    offered = labels(editor.at("completion", path, *place_of(path, at_member)))
    (request,) = find_members("EndpointRequest")
    assert offered.keys() == set(request.members) - {"ChannelType", "Location"}
    (metrics,) = find_members("Metrics")
    assert metrics.description[:40] in offered["Metrics"]


def test_a_file_may_name_its_schema(of_yaml: LanguageServer, project: Path) -> None:
    """A first line in the file does for one YAML file what the settings do for many."""
    (project / "elsewhere").mkdir()
    for begin, expected in (("", []), (MODELINE, [1])):
        path = project / "elsewhere" / f"{len(expected)}.yaml"
        path.write_text(f"{begin}OptOut: SOME\n", encoding="utf-8")
        assert lines_of(of_yaml.open(path)) == expected
