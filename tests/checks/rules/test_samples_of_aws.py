"""AWS's own pages break many rules: what they show must stay possible to send."""

from typing import Any

import pytest
from checking import problems_in

from pinpoint_endpoints import Severity

SAMPLES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "import page, three-letter country and a number without its plus sign": (
        {"ChannelType": "SMS", "Address": "2065550182", "Location": {"Country": "CAN"}},
        {"PE201", "PE206"},
    ),
    "import page, a token that is not hexadecimal": (
        {"ChannelType": "APNS", "Address": "1a2b3c4d5e6f7g8h9i0j1a2b3c4d5e6f"},
        {"PE203"},
    ),
    "import page, an e-mail endpoint": (
        {"ChannelType": "EMAIL", "Address": "john.stiles@example.com"},
        set(),
    ),
    "code example, a UUID as a token and a date without seconds": (
        {
            "ChannelType": "APNS",
            "Address": "0bd9a3a5-3ae2-4ea7-b3d5-6b1f0f4d6a6e",
            "EffectiveDate": "2026-01-15T09:30Z",
            "Location": {"Country": "US", "Region": "CA", "Latitude": 34.0, "Longitude": -118.2},
            "Demographic": {"Timezone": "America/Los_Angeles", "Locale": "en_US"},
        },
        {"PE203"},
    ),
    "troubleshooting page, a short number": (
        {"ChannelType": "SMS", "Address": "+12345678", "Location": {"Country": "USA"}},
        {"PE206"},
    ),
    "guide of 2018, a time zone that is misspelt": (
        {"Demographic": {"Timezone": "Americas/Los_Angeles"}},
        {"PE208"},
    ),
    "guide, an update of the user alone": (
        {"User": {"UserId": "example_user", "UserAttributes": {"Age": ["39"]}}},
        set(),
    ),
    "lookup page, a whole response": (
        {
            "EndpointResponse": {
                "Address": "1a2b3c4d5e6f7g8h",
                "ApplicationId": "application-id",
                "ChannelType": "APNS",
                "CohortId": "63",
                "CreationDate": "2018-05-01T17:31:01.046Z",
                "EffectiveDate": "2018-05-07T19:03:29.963Z",
                "Id": "example_endpoint",
                "Location": {"Latitude": 47.6, "Longitude": -122.3},
                "OptOut": "ALL",
                "User": {},
            }
        },
        {"PE203", "PE217"},
    ),
}


@pytest.mark.parametrize(("sample", "codes"), SAMPLES.values(), ids=SAMPLES)
def test_what_the_pages_show_has_no_error(sample: object, codes: set[str]) -> None:
    """Where a page of AWS's breaks a rule, the rule only warns."""
    problems = problems_in(sample)
    assert {problem.code for problem in problems} == codes
    assert all(problem.severity is Severity.WARNING for problem in problems)


def test_user_attributes_without_lists_are_the_one_error() -> None:
    """boto3 refuses the scalars that the pages show, and so do we, saying what to write."""
    (problem,) = problems_in({"User": {"UserAttributes": {"FirstName": "Wang"}}})
    assert problem.severity is Severity.ERROR
    assert problem.hint == "wrap it in a list"
