"""Random templates are rendered as handlebars.js itself renders them."""

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import missing, program

from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.render import compile_part

pytestmark = pytest.mark.external

HERE = Path(__file__).parent / "handlebars"
DATA = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["ctx"]

VALUES = (
    *("Id", "this", "this.Id", "@root.Id", "Nope", "Location.City", "Metrics.Visits"),
    *("User.UserAttributes.FirstName", "User.UserAttributes.FavoriteColors.[1]"),
    *("User.UserAttributes.[Last Name]", "Attributes.html", "Attributes.first-name.[0]"),
)
LISTS = ("User.UserAttributes.FavoriteColors", "User.UserAttributes.Empty", "Nope", "Location")
TEXTS = ("a", " ", "\n", "  \n", " x ", "\n\n", "b\n", "\\ ", "<&>", "\r\n")
MAX_DEPTH = 3


class Writer:
    """Writes random templates.

    Args:
        seed: of the random numbers.
        trims: whether tags may remove white space (`~`).
    """

    def __init__(self, seed: int, *, trims: bool) -> None:
        self._random = random.Random(seed)
        self._trims = trims

    def template(self, depth: int = 0, partials: tuple[str, ...] = ()) -> str:
        """Return a template, or the body of a block."""
        pieces = []
        for _ in range(self._random.randint(0, 5 if depth else 8)):
            if not depth and self._random.random() < 0.1:
                name = f"n{len(partials)}"
                body = self.template(depth + 1)
                pieces.append(f"{self._tag(f'#*inline {name!r}')}{body}{self._tag('/inline')}")
                partials += (name,)
            else:
                pieces.append(self._piece(depth, partials))
        return "".join(pieces)

    def _piece(self, depth: int, partials: tuple[str, ...]) -> str:
        kinds = [self._text, self._text, self._text, self._value, self._value, self._value]
        if depth <= MAX_DEPTH:
            kinds += [lambda: self._block(depth, partials)] * 3
        if partials:
            kinds.append(lambda: self._tag(f"> {self._random.choice(partials)}"))
        return self._random.choice(kinds)()

    def _text(self) -> str:
        return self._random.choice(TEXTS)

    def _value(self) -> str:
        value = self._random.choice(VALUES)
        tags = (value, value, f"upper {VALUES[0]}", f"upper (upper {VALUES[6]})", "! comment ")
        if self._random.random() < 0.1:
            return f"{{{{{{{value}}}}}}}"
        return self._tag(self._random.choice(tags))

    def _block(self, depth: int, partials: tuple[str, ...]) -> str:
        value = self._random.choice(VALUES)
        condition = self._random.choice((value, f'(eq {value} "US")', "true", '"a}}b"'))
        opening, closing = self._random.choice(
            [
                (f"#if {condition}", "/if"),
                (f"#unless {condition}", "/unless"),
                (f'#eq {value} "US"', "/eq"),
                (f"#each {self._random.choice(LISTS)}", "/each"),
                (f"#each {self._random.choice(LISTS)} as |value key|", "/each"),
                ("#with Location", "/with"),
                ("^Nope", "/Nope"),
                ("#Location", "/Location"),
            ]
        )
        parts = [self._tag(opening), self.template(depth + 1, partials)]
        if self._random.random() < 0.3 and opening.startswith(("#if", "#eq")):
            parts.append(self._tag(self._random.choice((f"else if {value}", 'else eq Id "e1"'))))
            parts.append(self.template(depth + 1, partials))
        if self._random.random() < 0.4 and not opening.startswith("^"):
            parts += [self._tag(self._random.choice(("else", "^")))]
            parts += [self.template(depth + 1, partials)]
        return "".join([*parts, self._tag(closing)])

    def _tag(self, body: str) -> str:
        left, right = ("~" * (self._trims and self._random.random() < 0.1) for _ in "lr")
        return f"{{{{{left}{body}{right}}}}}"


Render = Callable[[list[str]], list[dict[str, str]]]


@pytest.fixture(name="by_handlebars")
def _by_handlebars() -> Render:
    """Return what handlebars.js makes of templates."""
    node = program("node")
    if subprocess.run([node, "-e", "require('handlebars')"], check=False).returncode:
        missing("handlebars is not in NODE_PATH")

    def render(templates: list[str]) -> list[dict[str, str]]:
        given = json.dumps([[template, DATA] for template in templates]).encode()
        command = [node, str(HERE / "render.cjs")]
        results: list[dict[str, str]] = json.loads(subprocess.check_output(command, input=given))
        return results

    return render


def rendered(template: str) -> Any:
    """Return what this package makes of a template."""
    result = compile_part(Part("HtmlPart", template, escape=True)).render(DATA)
    assert result.error is None, template
    return result.text


def test_random_templates_have_the_text_of_handlebars_js(by_handlebars: Render) -> None:
    """To the last blank, where no tag removes white space."""
    writer = Writer(1, trims=False)
    templates = [writer.template() for _ in range(200)]
    for template, expected in zip(templates, by_handlebars(templates), strict=True):
        assert {"ok": rendered(template)} == expected, template


def test_tags_that_remove_white_space_change_nothing_else(by_handlebars: Render) -> None:
    """The library removes a little less next to blocks: what is left has the same words."""
    writer = Writer(2, trims=True)
    templates = [writer.template() for _ in range(200)]
    for template, expected in zip(templates, by_handlebars(templates), strict=True):
        ours, theirs = rendered(template).split(), expected["ok"].split()
        assert "".join(ours) == "".join(theirs), template


def test_the_cases_have_the_results_of_handlebars_js(by_handlebars: Render) -> None:
    """The results that other tests compare with are those of the installed version."""
    cases = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]
    expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
    results = by_handlebars([template for _, template in cases])
    pairs = zip(cases, results, strict=True)
    known = {name: result for (name, _), result in pairs if "ok" in result}
    assert len(known) > 40  # the others have helpers that render.cjs has not
    assert known == {name: expected[name] for name in known}
