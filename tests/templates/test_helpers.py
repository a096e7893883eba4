"""The helpers of the user guide, with its examples; its wrong results are put right."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pinpoint_endpoints.templates.helpers import HELPERS
from pinpoint_endpoints.templates.model import Rendered, Settings
from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.render import compile_part

NOW = datetime(2020, 9, 19, 16, 5, 9, 45_000, tzinfo=UTC)
DATA: dict[str, Any] = {
    "Attributes": {
        "post": ["my first post"],
        "date": ["09/19/2020"],
        "colors": ["blue", "red", "green"],
        "html": ["<h1>Art</h1>"],
        "subscribed": ["true"],
        "unsubscribed": ["false"],
        "apples": ["3"],
    },
    "Metrics": {"Visits": 3.0},
    "Location": {"City": "Los Angeles", "Country": "US"},
    "User": {
        "UserAttributes": {
            "FirstName": ["Jane"],
            "LastName": ["Doe"],
            "Age": ["22"],
            "FavoriteColors": ["red", "blue", "yellow"],
            "many": [str(number) for number in range(20)],
        }
    },
}
FULL_NAME = (
    '{{#* inline "fullName"}}{{User.UserAttributes.FirstName.[0]}}'
    "{{#if User.UserAttributes.%s.[0]}} {{User.UserAttributes.%s.[0]}}{{/if}}{{/inline}}"
    "Hello {{> fullName}}"
)


def rendered(template: str, data: dict[str, Any] = DATA, **settings: Any) -> Rendered:
    """Return a text with values."""
    return compile_part(Part("Body", template), Settings(now=NOW, **settings)).render(data)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            "{{#each User.UserAttributes.FavoriteColors}}<li>{{this}}</li>{{/each}}",
            "<li>red</li><li>blue</li><li>yellow</li>",
        ),
        ("{{#each User.UserAttributes.None}}x{{else}}no colors{{/each}}", "no colors"),
        ("{{#if User.UserAttributes.FirstName.[0]}}Hello {{else}}Hi{{/if}}", "Hello "),
        ('{{#and (eq Location.City "Los Angeles") (eq Location.Country "US")}}A{{/and}}', "A"),
        ('{{#or (eq Location.City "Rome") (eq Location.City "Seattle")}}A{{else}}B{{/or}}', "B"),
        ('{{and (eq Location.Country "US") Location.City yes="ja" no="nein"}}', "ja"),
        ('{{#eq User.UserAttributes.FavoriteColors.[0] "red"}}A{{/eq}}', "A"),
        ('{{#neq User.UserAttributes.FavoriteColors.[0] "red"}}A{{else}}B{{/neq}}', "B"),
        ('{{gt User.UserAttributes.Age.[0] "17"}}', "true"),
        ('{{gte User.UserAttributes.Age.[0] "18"}}', "true"),
        ('{{lt User.UserAttributes.Age.[0] "18"}}', "false"),
        ('{{lte User.UserAttributes.Age.[0] "17"}}', "false"),
        ('{{not (eq User.UserAttributes.FavoriteColors.[0] "red")}}', "false"),
        ('{{abbreviate "Alejandro" 6}}', "Ale..."),
        ("{{capitalize Attributes.post.[0]}}", "My First Post"),
        ("{{capitalizeFirst Attributes.post.[0]}}", "My first post"),
        ("{{center Location.City size=19}}", "    Los Angeles    "),
        ('{{center Location.City size=14 pad="*"}}', "*Los Angeles**"),
        ('{{cut Location.City "e"}}', "Los Angls"),
        ("{{cut Location.City}}", "LosAngeles"),
        (
            '{{dateFormat Attributes.date.[0] inputFormat="MM/dd/yyyy" outputFormat="full"}}',
            "Saturday, September 19, 2020",  # the guide has Tuesday
        ),
        ('{{dateFormat "2020-09-19" outputFormat="long"}}', "September 19, 2020"),
        ('{{dateFormat "2020-09-19"}}', "Sep 19, 2020"),  # the guide has Sept
        ('{{dateFormat "2020-09-19" "short"}}', "9/19/20"),
        (
            '{{dateFormat "2020-09-19T02:30:00Z" outputFormat="d MMM, h:mm a z" tz="US/Pacific"}}',
            "18 Sep, 7:30 PM PDT",
        ),
        ('{{inflect 3 "apple" "apples"}}', "apples"),
        ('{{inflect Attributes.apples.[0] "apple" "apples" includeCount=true}}', "3 apples"),
        ('{{inflect 1 "apple" "apples" includeCount=true}}', "1 apple"),
        ('{{join Attributes.colors ", "}}', "blue, red, green"),
        ('{{join Attributes.colors "-" prefix="(" suffix=")"}}', "(blue-red-green)"),
        ("{{ljust Location.City 15}}|", "Los Angeles    |"),
        ('{{rjust Location.City size=13 pad="."}}', "..Los Angeles"),
        ('{{lower "Santos"}} {{upper "Roe"}}', "santos ROE"),
        ('{{now}} / {{now "yyyy-MM-dd HH:mm:ss.SSS"}}', "Sep 19, 2020 / 2020-09-19 16:05:09.045"),
        ('{{now "HH:mm" tz="Asia/Kolkata"}}', "21:35"),
        ("{{ordinalize 22}} {{ordinalize 1}} {{ordinalize 3}}", "22nd 1st 3rd"),
        ("{{ordinalize 11}} {{ordinalize 12}} {{ordinalize 113}}", "11th 12th 113th"),
        ('{{replace Location.City " " "_"}}', "Los_Angeles"),
        ("{{slugify Location.City}}", "los-angeles"),
        ("{{stripTags Attributes.html.[0]}} {{stripTags '1 < 2'}}", "Art 1 < 2"),
        ("{{substring Location.City 4 9}} {{substring Location.City 4}}", "Angel Angeles"),
        ("{{yesno Attributes.subscribed.[0]}} {{yesno Attributes.unsubscribed}}", "yes no"),
        ('{{yesno Attributes.none}} {{yesno Attributes.none maybe="?"}}', "maybe ?"),
        ("{{add 5 2.3}} {{subtract 5 2.3}} {{multiply 5 2.3}}", "7.3 2.7 11.5"),
        ("{{divide 5 2.3}} {{divide 6 3}} {{add 0.1 0.2}}", "2.17391304 2 0.3"),
        ("{{modulo 7 2}} {{ceiling 5.23}} {{floor 5.23}} {{round 19.21}}", "1 6 5 19"),
        ("{{round 2.5}} {{multiply Metrics.Visits 2}} {{Metrics.Visits}}", "3 6 3"),
        ('{{encode64 "Hello World"}}', "SGVsbG8gV29ybGQ="),  # the guide has that of Hello world
        ('{{decode64 "SGVsbG8gd29ybGQ="}}', "Hello world"),
        ('{{md5 "Hello World"}}', "b10a8db164e0754105b7a99be72e3fe5"),
        (
            '{{sha256 "Hello World"}}',
            "a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e",
        ),
        ('{{substring (sha512 "Hello World") 0 8}}', "2c74fd17"),
        ('{{capitalizeFirst (lower "JANE")}}', "Jane"),
        ("{{#gt (add 1 2) 2}}more{{/gt}}", "more"),
        (FULL_NAME % ("LastName", "LastName"), "Hello Jane Doe"),
        (FULL_NAME % ("none", "none"), "Hello Jane"),
        ("{{> late}}{{#*inline 'late'}}{{Location.City}}{{/inline}}", "Los Angeles"),
        ("{{#each Attributes.colors}}{{@index_1}}{{#if @odd}}o{{/if}} {{/each}}", "1 2o 3 "),
    ],
)
def test_an_example_of_the_guide(template: str, expected: str) -> None:
    """A helper has the guide's result, without an error or a missing value."""
    result = rendered(template)
    assert (result.text, result.error, result.missing) == (expected, None, ())


def test_identifiers_are_the_same_at_a_fixed_time() -> None:
    """An identifier is random, unless the time is fixed; two tags have two of them."""
    first, second = rendered("{{uuid}} {{uuid}}").text.split()
    assert first != second
    assert rendered("{{uuid}} {{uuid}}").text == f"{first} {second}"


def test_every_helper_takes_a_missing_value() -> None:
    """Whatever is missing, no helper fails: it prints nothing, and says what is missing."""
    for name, helper in HELPERS.items():
        for count in range(max(helper.least, 1), min(helper.most, 3) + 1):
            result = rendered(f"{{{{{name} {' '.join(['Attributes.none'] * count)}}}}}")
            assert result.error is None, name
            if not helper.is_condition and name != "yesno":
                assert [variable.name for variable in result.missing][:1] == ["Attributes.none"]


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{add 1 Location.City}}", "Location.City is not a number"),
        ("{{divide 1 0}}", "0 cannot be used as a divisor"),
        ("{{substring Location.City 4 90}}", "Location.City is shorter than substring expects"),
        ("{{abbreviate Location.City 3}}", "3 is too small"),
        ("{{yesno Location.City}}", "Location.City is neither true nor false"),
        ('{{decode64 "?"}}', '"?" is not Base64'),
        ('{{dateFormat "soon"}}', '"soon" is not a date'),
        ('{{dateFormat "2020-09-19" "QQ"}}', "Q means nothing in a date pattern"),
        ('{{now tz="Mars/Olympus"}}', "there is no such time zone"),
        ("{{ljust Location.City 99999999}}", "needs a size from 0 to 10000"),
        ("{{gt Attributes.colors Metrics.Visits}}", "cannot be compared"),
        ("{{#each Attributes.colors}}{{nothing this}}{{/each}}", "nothing is not a helper"),
        ("{{upper}}", "upper takes 1 argument, and has 0"),
        ("{{upper Location.City size=3}}", "upper takes no argument size="),
        ("{{#upper Location.City}}{{/upper}}", "upper does not open a block"),
        ("{{#if}}{{/if}}", "if takes one value"),
        ("{{> nothing}}", "no partial has the name nothing"),
    ],
)
def test_what_fails_in_pinpoint_is_an_error_with_its_place(template: str, message: str) -> None:
    """A rendering that fails has no text, and says why and where."""
    result = rendered("\n  " + template)
    assert result.error
    assert message in result.error.message
    assert (result.text, result.error.place.line) == ("", 2)


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{{User.UserAttributes.FavoriteColors}}", "several-values"),
        ("{{upper User.UserAttributes.FavoriteColors}}", "several-values"),
        ("{{User.UserAttributes}}", "object"),
        ("{{Attributes.html}}", "may-be-escaped"),
        ('{{gt User.UserAttributes.Age.[0] "9"}}', "compared-as-text"),
        ("{{gt User.UserAttributes.Age.[0] 9}}", "mixed-comparison"),
        ("{{#each User.UserAttributes.many}}{{this}}{{/each}}", "too-many-values"),
    ],
)
def test_a_value_that_an_author_does_not_expect_has_a_note(template: str, code: str) -> None:
    """What depends on the values is noted when it is rendered."""
    result = rendered(template)
    assert [note.code for note in result.notes] == [code]
    assert result.error is None


def test_texts_are_compared_as_numbers_if_asked() -> None:
    """`numeric` compares 22 and 9 as numbers; else they are compared as text."""
    template = '{{gt User.UserAttributes.Age.[0] "9"}}'
    assert rendered(template).text == "false"
    assert rendered(template, numeric=True).text == "true"


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{{inflect 3 apple apples}}", "unquoted-word"),
        ("{{now tz=America/Los_Angeles}}", "unquoted-word"),
        ("{{upper User.UserAttributes.FirstName}}", "list-without-index"),
        ("{{uper User.UserAttributes.FirstName.[0]}}", "unknown-helper"),
        ("{{User.UserAttributes.First Name}}", "unknown-helper"),
        ("{{> none}}", "unknown-partial"),
        ("{{lower}}", "wrong-arguments"),
    ],
)
def test_what_is_wrong_with_any_values_is_noted_at_once(template: str, code: str) -> None:
    """A template has notes before it is rendered."""
    assert {note.code for note in compile_part(Part("Body", template)).notes} == {code}


def test_a_name_with_a_space_is_suggested_in_brackets() -> None:
    """The commonest slip has its remedy."""
    (note,) = compile_part(Part("Body", "{{User.UserAttributes.First Name}}")).notes
    assert note.hint == "write User.UserAttributes.[First Name] if the name has a space"
    (note,) = compile_part(Part("Body", "{{Upper Id}}")).notes
    assert note.hint == "did you mean upper?"
