"""Templates are rendered as handlebars.js renders them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.render import compile_part
from pinpoint_endpoints.templates.syntax import TemplateError

HERE = Path(__file__).parent / "handlebars"
CASES = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
"""What handlebars.js 4.7.10 makes of them."""


def outcome(template: str, data: dict[str, object]) -> dict[str, str]:
    """Return what becomes of a template in HTML: `ok` with its text, or `err` with a message."""
    try:
        rendered = compile_part(Part("HtmlPart", template, escape=True)).render(data)
    except TemplateError as error:
        return {"err": error.message}
    return {"err": rendered.error.message} if rendered.error else {"ok": rendered.text}


@pytest.mark.parametrize(("name", "template"), CASES["cases"])
def test_a_template_is_rendered_as_handlebars_renders_it(name: str, template: str) -> None:
    """Each case has the text of handlebars.js, and fails where handlebars.js fails."""
    expected = EXPECTED[name]
    result = outcome(template, CASES["ctx"])
    if "ok" in expected:
        assert result == expected
    else:
        assert result.keys() == {"err"}


VALUES = st.one_of(
    st.none(),
    st.text("a&<é", max_size=3),
    st.lists(st.text("ab", max_size=2), max_size=3),
    st.floats(0, 9),
    st.booleans(),
)


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(["{{a}}", "{{{a}}}", "{{b.c}}", "{{x}}", "a ", "\n", "\\{{a}} "])),
    st.fixed_dictionaries({"a": VALUES, "b": st.fixed_dictionaries({"c": VALUES})}),
)
def test_plain_texts_are_rendered_as_by_the_library(
    pieces: list[str], data: dict[str, object]
) -> None:
    """A template of texts and values has the same result as one that needs the library."""
    template = "".join(pieces)
    plain = compile_part(Part("Body", template)).render(data)
    by_library = compile_part(Part("Body", template + "{{! }}")).render(data)
    assert plain == by_library
