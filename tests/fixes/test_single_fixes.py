"""Fixes that meet each other, or would do harm: what is carried out, and what is left."""

import pytest
from checking import put_right


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        pytest.param(
            "x.json",
            '{"optout": "ALL", "OPTOUT": "NONE", "ChannelType": "custom"}',
            '{"optout": "ALL", "OPTOUT": "NONE", "ChannelType": "CUSTOM"}',
            id="two-names-for-one-member",
        ),
        pytest.param(
            "x.json",
            '{"optOut": "ALL", "OptOut": "NONE"}',
            None,
            id="a-name-that-is-there-already",
        ),
        pytest.param(
            "x.yaml",
            "Attributes:\n  a: [x]\n  “a”: [y]\n“OptOut”: ALL\nOptOut: NONE\n",
            None,
            id="a-name-in-quotes-that-is-there-already",
        ),
        pytest.param(
            "x.yaml",
            "EndpointRequest:\n  ApplicationId: no\n  OptOut: ALL\n  CohortId: 07\n",
            "EndpointRequest:\n  OptOut: ALL\n",
            id="what-goes-needs-no-quotes",
        ),
        pytest.param("x.yaml", "OptOut: &one none # a\n", "OptOut: &one NONE # a\n", id="anchor"),
        pytest.param(
            "x.yaml",
            "Attributes: {a: &one no, b: *one}\nOptOut: none\n",
            "Attributes: {a: &one no, b: *one}\nOptOut: NONE\n",
            id="anchor-with-an-alias",
        ),
        pytest.param(
            "x.yaml",
            "Location: &home {Country: nor}\nDemographic: *home\n",
            None,
            id="a-place-that-is-another-too",
        ),
        pytest.param(
            "x.json",
            '{"OptOut": "none", "OptOut": "all", "ChannelType": "custom"}',
            None,
            id="duplicate-keys",
        ),
        pytest.param(
            "x.yaml",
            "OptOut: none\n---\nOptOut: none\nOptOut: all\n---\nOptOut: all\n",
            "OptOut: NONE\n---\nOptOut: none\nOptOut: all\n---\nOptOut: ALL\n",
            id="duplicate-keys-in-one-document",
        ),
        pytest.param(
            "x.yaml",
            "OptOut: none\n---\nOptOut: [\n",
            "OptOut: NONE\n---\nOptOut: [\n",
            id="a-document-before-a-broken-one",
        ),
        pytest.param(
            "x.yaml",
            "EndpointsResponse: {Item: [{CohortId: '7', Address: a@b.org, ChannelType: EMAIL}]}\n",
            None,
            id="a-valid-document-stays-valid",
        ),
        pytest.param(
            "x.yaml",
            "EndpointRequest: {CohortId: 7, # one\n  OptOut: ALL, Id: 5, # two\n  }\n",
            "EndpointRequest: { # one\n  OptOut: ALL, # two\n  }\n",
            id="notes-in-braces",
        ),
        pytest.param(
            "x.yaml",
            "EndpointRequest: {\n  OptOut: ALL, # one\n  Id: 5 # two\n  }\n",
            "EndpointRequest: {\n  OptOut: ALL, # one\n   # two\n  }\n",
            id="a-note-before-the-last-in-braces",
        ),
        pytest.param(
            "x.yaml",
            "EndpointRequest:\r\n  OptOut: ALL\r\n  Id: 5",
            "EndpointRequest:\r\n  OptOut: ALL",
            id="the-last-line-after-crlf",
        ),
        pytest.param(
            "x.yaml",
            "EndpointRequest:\n  Id: 5\n  CohortId: |\n    6\n\n# end\n",
            "EndpointRequest:\n  {}\n\n# end\n",
            id="nothing-is-left",
        ),
        pytest.param(
            "x.yaml",
            "Attributes:\n  a: |\n    Wang\n  b: one\n    two\n",
            None,
            id="blocks-and-plain-texts-over-lines",
        ),
        pytest.param("x.yaml", "OptOut: |\n  none\n", None, id="a-choice-in-a-block"),
        pytest.param("x.json", '{"Attributes": {"a": null, "b": {}}}', None, id="no-right-answer"),
        pytest.param(
            "x.yaml",
            "Metrics: {a: 1e300, b: -010, c: 1e-7}\n",
            "Metrics: {a: 1e300, b: -10, c: 0.0000001}\n",
            id="numbers",
        ),
    ],
)
def test_what_is_put_right_and_what_is_left(name: str, text: str, meant: str | None) -> None:
    """Fixes do not spoil each other, and one that would change more than its place is left."""
    assert put_right(text, name) == meant
