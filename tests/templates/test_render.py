"""What a rendered template says of places, and what a hostile one may not do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.templates.data import data_of
from pinpoint_endpoints.templates.helpers import HELPERS
from pinpoint_endpoints.templates.model import Rendered, Settings
from pinpoint_endpoints.templates.read import Part, Template
from pinpoint_endpoints.templates.render import compile_part
from pinpoint_endpoints.templates.syntax import TemplateError

DATA: dict[str, Any] = {
    "Address": "jane@example.com",
    "Attributes": {"plan": ["gold"], "list": ["a", "b"]},
    "Location": {"City": "Rome"},
    "User": {"UserId": "u1", "UserAttributes": {"FirstName": ["Jane"], "none": []}},
}


def rendered(text: str, *, escape: bool = False, **settings: Any) -> Rendered:
    """Return a text with values."""
    return compile_part(Part("Body", text, escape=escape), Settings(**settings)).render(DATA)


def missing(text: str) -> list[tuple[str, int, int]]:
    """Return the missing variables of a text with their lines and columns."""
    return [(found.name, found.place.line, found.place.column) for found in rendered(text).missing]


def test_each_place_without_a_value_is_reported() -> None:
    """All of them, with line and column: printed, or given to a helper; an empty list too."""
    text = "{{Id}}\n {{upper Attributes.x.[0]}} {{User.UserAttributes.none}} {{Location.City}}"
    assert missing(text) == [
        ("Id", 1, 3),
        ("Attributes.x.[0]", 2, 10),
        ("User.UserAttributes.none", 2, 31),
    ]
    assert rendered(text).text == "\n   Rome"


def test_a_condition_may_ask_for_what_is_missing() -> None:
    """That is what conditions are for; only the branch that is printed counts."""
    assert missing("{{#if Id}}{{Id}}{{else}}you{{/if}}") == []
    assert missing('{{#eq Id "1"}}a{{/eq}}{{#unless Id}}b{{/unless}}{{#each Id}}{{/each}}') == []
    assert missing("{{#unless Id}}{{Id}}{{/unless}}") == [("Id", 1, 17)]


def test_a_name_is_resolved_in_its_block() -> None:
    """Inside with, each and sections, and above them by `../`."""
    text = (
        "{{#with User.UserAttributes}}{{Last}}{{../Phone}}{{@root.Id}}{{/with}}"
        "{{#each Attributes.list as |item|}}{{item.x}}{{this.y}}{{/each}}"
    )
    assert [name for name, _, _ in missing(text)] == [
        *("User.UserAttributes.Last", "Phone", "Id"),
        *("Attributes.list.[].x", "Attributes.list.[].y"),
    ]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("{{Id}}", "text"),
        ("{{upper Id}}", "argument"),
        ("{{#if Id}}{{/if}}", "condition"),
        ("{{#each Id}}{{/each}}", "loop"),
        ('<a href="https://example.com/?id={{Id}}">', "url"),
        ("https://example.com/{{Id}}", "url"),
        ("<img src='/{{Attributes.x}}/{{Id}}'>", "url"),
        ('<a href="{{Id}}">', "text"),
        ('<a href="https://example.com">{{Id}}</a>', "text"),
    ],
)
def test_a_variable_says_where_it_stands(text: str, role: str) -> None:
    """As text, in an address, or in an argument, a condition or a loop."""
    assert compile_part(Part("HtmlPart", text)).variables[-1].role == role


def test_personal_values_are_masked_where_they_are_printed() -> None:
    """Also through helpers, loops and blocks; conditions see them as they are."""
    text = (
        "{{Address}} {{upper User.UserAttributes.FirstName.[0]}} {{#with User}}{{UserId}}{{/with}} "
        "{{#each User.UserAttributes.FirstName}}{{this}}{{/each}} {{lookup User 'UserId'}} "
        "{{#*inline 'n'}}{{UserId}}{{/inline}}{{> n User}} {{Location.City}} {{Attributes.plan}} "
        "{{#eq Address 'jane@example.com'}}yes{{/eq}} "
        "{{#each User}}{{#if @first}}{{this}}{{/if}}{{/each}} {{#each Location}}{{this}}{{/each}}"
    )
    assert rendered(text, mask=lambda _: "*").text == "* * * * * * Rome gold yes * Rome"


def test_what_helpers_only_test_is_not_masked() -> None:
    """Answers, and words that a number chooses, are no personal data."""
    name = "User.UserAttributes.FirstName.[0]"
    text = (
        f"{{{{not (eq {name} 'x')}}}} {{{{eq {name} 'x' no='No'}}}} "
        f"{{{{eq {name} 'x' no=Address}}}} "
        "{{inflect Metrics.n 'day' 'days'}} {{inflect (add User.UserAttributes.Pets.[0] 1) 'pet' "
        "'pets'}} {{inflect User.UserAttributes.Pets.[0] 'pet' 'pets' includeCount=true}}"
    )
    data = {
        "Address": "ada@example.com",
        "Metrics": {"n": 2},
        "User": {"UserAttributes": {"FirstName": ["Ada"], "Pets": ["3"]}},
    }
    compiled = compile_part(Part("Body", text), Settings(mask=lambda _: "*"))
    assert compiled.render(data).text == "true No * days pets *"


@pytest.mark.parametrize("text", ["{{Id}}", "{{Attributes.Email}}", "{{Attributes.Email.[0]}}"])
def test_addresses_in_other_members_are_masked(text: str) -> None:
    """Ids and attributes are no personal data, unless they are addresses."""
    address = "ada@example.com"
    data = {"Id": address, "Attributes": {"Email": [address]}}
    compiled = compile_part(Part("Body", text), Settings(mask=lambda _: "*"))
    assert compiled.render(data).text == "a***@example.com"


@pytest.mark.parametrize(
    "text", ["{{encode64 Id}}", "{{upper (cut Attributes.Email.[0] '@')}}", "{{substring Id 0 3}}"]
)
def test_what_helpers_make_of_addresses_is_masked(text: str) -> None:
    """It may not look like an address; what stands after it is shown."""
    address = "ada@example.com"
    data = {"Id": address, "Attributes": {"Email": [address], "plan": ["gold"]}}
    part = Part("Body", text + " {{upper Attributes.plan}}")
    assert compile_part(part, Settings(mask=lambda _: "*")).render(data).text == "* GOLD"


def test_a_placeholder_can_be_kept() -> None:
    """A variable without a value is printed as it is written."""
    text = "{{Location.City}} {{ Id }} {{{Attributes.x}}} {{#if Id}}{{/if}}"
    assert rendered(text, keep_placeholders=True).text == "Rome {{ Id }} {{{Attributes.x}}} "


def test_only_html_is_escaped() -> None:
    """Unless another choice is made."""
    values = {"Attributes": {"x": ["<b>&"]}}
    assert compile_part(Part("Body", "{{Attributes.x}}")).render(values).text == "<b>&"
    html = compile_part(Part("HtmlPart", "{{Attributes.x}}{{{Attributes.x}}}", escape=True))
    assert html.render(values).text == "&lt;b&gt;&amp;<b>&"
    escaped = compile_part(Part("Body", "{{Attributes.x}}"), Settings(escape=True))
    assert escaped.render(values).text == "&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a{{Id", "the tag does not end", "expected }}"),
        ("a{{#if Id}}", "the block if does not end", "add {{/if}}"),
        ("a{{User.UserAttributes.x.0}}", ".0 is not an index", "write .[0]"),
        ("a{{Attributes.x[0]}}", "an index needs a point before its bracket", "write x.[0]"),
        ('a{{upper "x}}', "the text in quotes does not end", ""),
        ("a{{!-- x }}", "the comment does not end", "end it with }} or --}}"),
        ("a{{#if Id}}{{else each x}}{{/if}}", "{{else each}} is not supported", "{{else}}{{#each"),
    ],
)
def test_a_template_that_handlebars_refuses_is_an_error(text: str, message: str, hint: str) -> None:
    """With its place, and what to write instead."""
    with pytest.raises(TemplateError) as caught:
        compile_part(Part("Body", text))
    assert caught.value.message == message
    assert hint in caught.value.hint
    assert caught.value.offset > 0


@pytest.mark.parametrize(
    "text",
    [
        "{{#if Id}}" * 5_000 + "{{/if}}" * 5_000,
        "{{#if Id}}x{{else}}" * 90 + "{{/if}}" * 90,
        "{{upper " + "(upper " * 5_000 + "Id" + ")" * 5_000 + "}}",
        "{{#if Id}}a{{else if Id}}" + "b{{else if Id}}" * 5_000 + "{{/if}}",
        "x" * 700_000,
    ],
)
def test_a_template_that_is_too_deep_or_too_long_is_refused(text: str) -> None:
    """An error, and no stack overflow."""
    with pytest.raises(TemplateError):
        compile_part(Part("Body", text))


@pytest.mark.parametrize(
    "text",
    [
        "{{#*inline 'a'}}{{> a}}{{/inline}}{{> a}}",
        "".join(
            f"{{{{#*inline 'p{n}'}}}}{{{{> p{n + 1}}}}}{{{{> p{n + 1}}}}}{{{{/inline}}}}"
            for n in reversed(range(40))
        )
        + "{{#*inline 'p40'}}x{{/inline}}{{> p0}}",
        "{{#each @root.Attributes.list}}" * 60 + "x" + "{{/each}}" * 60,
        "{{#@root.Attributes.list}}" * 60 + "x" + "{{/@root.Attributes.list}}" * 60,
        "{{" + "replace (" * 30 + 'upper "A"' + ') "A" "AAAAAAAAAA"' * 30 + "}}",
    ],
)
def test_a_rendering_that_does_not_end_is_stopped(text: str) -> None:
    """By its length, by the number of its tags, or by its depth."""
    result = rendered(text)
    assert result.text == ""
    assert result.error


def test_only_data_is_looked_up() -> None:
    """Neither attributes of Python objects nor those of JavaScript have values."""
    names = ("__class__", "__class__.__mro__", "items", "keys", "constructor", "length", "copy")
    text = "".join(
        f"{{{{{name}}}}}{{{{User.{name}}}}}{{{{lookup User '{name}'}}}}" for name in names
    )
    assert rendered(text).text == ""


def test_values_are_laid_over_each_other() -> None:
    """A default is under the endpoint's value, a substitution over it; the endpoint stays."""
    endpoint = {"Attributes": {"a": ["own"], "empty": []}, "User": {"UserId": "u1"}}
    name = ("User", "UserAttributes", "FirstName")
    template = Template(
        "SMS",
        (),
        defaults={("Attributes", "a"): "default", ("Attributes", "empty"): "d", name: "there"},
        substitutions={("OTP",): ["1"], ("x",): ["1"]},
        addresses={"u1": {("x",): ["2"]}},
    )
    data = data_of({**endpoint, "Id": "e1"}, template, values={("OTP",): "3"})
    assert data == {
        "Id": "e1",
        "Attributes": {"a": ["own"], "empty": ["d"]},
        "User": {"UserId": "u1", "UserAttributes": {"FirstName": ["there"]}},
        "OTP": "3",
        "x": ["2"],
    }
    assert endpoint == {"Attributes": {"a": ["own"], "empty": []}, "User": {"UserId": "u1"}}


PIECES = [
    *("{{", "}}", "{{#if ", "{{/if}}", "{{else}}", "{{#each ", "{{/each}}", "{{> n}}", "{{!"),
    *("{{#*inline 'n'}}", "{{/inline}}", "(", ")", "[", "]", '"', "'", "@index", "../", "this"),
    *("Id", "Attributes.list", ".[0]", " ", "\n", "~", "x=", "12", "|", "as |a|", "\\", "{"),
    *HELPERS,
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_written_there_is_no_traceback(text: str) -> None:
    """A template is refused, or it is rendered, with an error or without."""
    try:
        compiled = compile_part(Part("Body", text, escape=True))
    except TemplateError:
        return
    result = compiled.render(DATA)
    assert result.error is None or result.text == ""
