"""The seven endpoints of the segment tests, and the definitions whose members are worked out."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 11, 29, tzinfo=UTC)

U1 = {
    "UserId": "u1",
    "UserAttributes": {
        "interests": ["music", "sport"],
        "Team": ["Lakers"],
        "Stage": ["Renewal"],
        "Language": ["spanish"],
        "LeadStatus": ["new"],
        "LastContactDate": ["2024-01-13T09:00:00Z"],
        "renewal_date": ["2026/12/09"],
    },
}
U2 = {
    "UserId": "u2",
    "UserAttributes": {
        "HasShoppingCart": ["true"],
        "Stage": ["Upsell"],
        "PlanType": ["Premium", "Standard"],
        "runnersMonthly": ["EMAIL", "SMS"],
    },
}
U3 = {
    "UserId": "u3",
    "UserAttributes": {
        "HasShoppingCart": ["false"],
        "Team": ["lakers"],
        "Language": ["Spanish"],
        "LeadStatus": ["follow_up"],
        "LastContactDate": ["2024-01-14"],
    },
}
U4 = {
    "UserId": "u4",
    "UserAttributes": {
        "interests": ["sports cars"],
        "PlanType": ["Standard"],
        "Stage": ["Upsell"],
        "LastContactDate": ["2024-01-14T00:00:00Z"],
    },
}

ENDPOINTS: dict[str, dict[str, Any]] = {
    "e1": {
        "ChannelType": "SMS",
        "Address": "+12065550101",
        "Location": {"Country": "CA", "Latitude": 49.3, "Longitude": -123.1},
        "Demographic": {"Platform": "Android", "AppVersion": "1.0"},
        "User": U1,
        "Attributes": {"PNV_PhoneNumberValidated": ["Yes"]},
        "Metrics": {"session_count": 7.0},
        "EffectiveDate": "2026-11-28T23:00:00.000Z",
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
    },
    "e2": {
        "ChannelType": "APNS",
        "Address": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "Location": {"Country": "US", "Latitude": 47.6, "Longitude": -122.3},
        "Demographic": {"Platform": "iOS", "AppVersion": "1.2.0"},
        "User": U2,
        "Metrics": {"session_count": 5.0},
        "EffectiveDate": "2026-11-20T00:00:00.000Z",
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
    },
    "e3": {
        "ChannelType": "EMAIL",
        "Address": "ada@example.com",
        "Location": {"Country": "US"},
        "User": U2,
        "EffectiveDate": "2026-10-01T00:00:00.000Z",
        "OptOut": "ALL",
        "EndpointStatus": "ACTIVE",
    },
    "e4": {
        "ChannelType": "GCM",
        "Address": "token-of-a-phone",
        "Location": {"Country": "CN"},
        "Demographic": {"Platform": "Android", "AppVersion": "1.2.0"},
        "User": U3,
        "Metrics": {"session_count": 12.5},
        "EffectiveDate": "2026-11-25T12:00:00.000Z",
        "OptOut": "NONE",
        "EndpointStatus": "INACTIVE",
    },
    "e5": {
        "ChannelType": "EMAIL",
        "Address": "li@example.com",
        "Location": {"Country": "CN"},
        "User": U3,
        "Attributes": {"Promo": ["black-friday"]},
        "EffectiveDate": "2026-11-01T00:00:00.000Z",
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
    },
    "e6": {
        "ChannelType": "VOICE",
        "Address": "+12065550106",
        "Location": {"Country": "USA"},
        "Attributes": {"PNV_PhoneNumberValidated": ["No"]},
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
    },
    "e7": {
        "ChannelType": "SMS",
        "Address": "+12065550107",
        "User": U4,
        "Attributes": {"Promo": []},
        "EffectiveDate": "2026-11-29T00:00:00.000Z",
        "OptOut": "NONE",
        "EndpointStatus": "ACTIVE",
    },
}


def active(duration: str, kind: str = "ACTIVE") -> dict[str, Any]:
    """Return the dimension of a recency."""
    return {"Recency": {"Duration": duration, "RecencyType": kind}}


def attribute(operator: str, *values: str) -> dict[str, Any]:
    """Return the dimension of an attribute."""
    return {"AttributeType": operator, "Values": [*values]}


def among(*values: str) -> dict[str, Any]:
    """Return a set dimension that includes values."""
    return {"DimensionType": "INCLUSIVE", "Values": [*values]}


def grouped(*groups: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a request with segment groups."""
    return {"Name": "a segment", "SegmentGroups": {"Groups": [*groups], **members}}


ALL_EMAIL_USERS: dict[str, Any] = {
    "Id": "s4a",
    "Version": 1,
    "ApplicationId": "app",
    "Arn": "arn",
    "CreationDate": "2026-01-01T00:00:00Z",
    "SegmentType": "DIMENSIONAL",
    "Name": "AllEmailUsers",
    "Dimensions": {"Demographic": {"Channel": among("EMAIL")}},
}


def _cart(operator: str) -> dict[str, Any]:
    criteria = {
        "UserAttributes": {"HasShoppingCart": attribute(operator, "true")},
        "Behavior": active("DAY_30"),
    }
    return grouped(
        {
            "Dimensions": [criteria],
            "SourceSegments": [{"Id": "s4a", "Version": 1}],
            "SourceType": "ANY",
            "Type": "ANY",
        },
        Include="ANY",
    )


DEFINITIONS: dict[str, tuple[dict[str, Any], str]] = {
    "S1": (
        {
            "Name": "Lakers",
            "Dimensions": {
                "Attributes": {"Team": attribute("INCLUSIVE", "Lakers")},
                "Behavior": active("DAY_30"),
                "Demographic": {},
                "Location": {},
            },
        },
        "",
    ),
    "S1-user": (
        {
            "Dimensions": {
                "UserAttributes": {"Team": attribute("INCLUSIVE", "Lakers")},
                "Behavior": active("DAY_30"),
            }
        },
        "e1",
    ),
    "S2": (
        {
            "UserAttributes": {"interests": attribute("CONTAINS", "sport")},
            "Behavior": active("DAY_30"),
        },
        "e1 e7",
    ),
    "S3": (
        grouped(
            {
                "Type": "NONE",
                "Dimensions": [
                    {"Attributes": {"PNV_PhoneNumberValidated": attribute("INCLUSIVE", "Yes")}}
                ],
            },
            {"Type": "ANY", "Dimensions": [{"Demographic": {"Channel": among("SMS", "VOICE")}}]},
            Include="ALL",
        ),
        "e6 e7",
    ),
    "S4a": ({"SegmentResponse": ALL_EMAIL_USERS}, "e3 e5"),
    "S4b": (_cart("INCLUSIVE"), ""),
    "S4c": (_cart("EXCLUSIVE"), "e5"),
    "S5": (
        grouped(
            {
                "Dimensions": [
                    {"Demographic": {"Channel": among("EMAIL")}},
                    {"UserAttributes": {"runnersMonthly": attribute("INCLUSIVE", "EMAIL")}},
                ]
            }
        ),
        "e3",
    ),
    "S6": (
        {
            "UserAttributes": {
                "Stage": attribute("INCLUSIVE", "Upsell"),
                "PlanType": attribute("INCLUSIVE", "Standard"),
            }
        },
        "e2 e3 e7",
    ),
    "S7": (
        grouped(
            {
                "Type": "ALL",
                "Dimensions": [
                    {
                        "Behavior": active("DAY_7"),
                        "Metrics": {
                            "session_count": {"ComparisonOperator": "GREATER_THAN", "Value": 5.0}
                        },
                    }
                ],
            }
        ),
        "e1 e4",
    ),
    "S8": (
        grouped(
            {
                "Type": "ANY",
                "Dimensions": [
                    {"Demographic": {"Channel": among("GCM", "APNS")}},
                    {"Behavior": active("DAY_7")},
                    {"Demographic": {"AppVersion": among("1.2.0")}},
                ],
            }
        ),
        "e1 e2 e4 e7",
    ),
    "S9": (
        {
            "UserAttributes": {
                "Language": attribute("INCLUSIVE", "Spanish", "Español", "spanish", "español"),
                "LeadStatus": attribute("INCLUSIVE", "new", "follow_up", "interested"),
                "LastContactDate": attribute("BEFORE", "2024-01-14T00:00:00Z"),
            }
        },
        "e1",
    ),
    "S10": ({"Attributes": {"Promo": attribute("EXCLUSIVE", "black-friday")}}, "e1 e2 e3 e4 e6 e7"),
    "S11": (
        {"UserAttributes": {}, "Behavior": active("DAY_7", "INACTIVE")},
        "e2 e3 e5 e6",
    ),
    "S12": ({"UserAttributes": {"renewal_date": attribute("CONTAINS", "2026/12/09")}}, "e1"),
    "S13": ({"Name": "everyone"}, "e1 e2 e3 e4 e5 e6 e7"),
    "S14": (
        {
            "Location": {
                "GPSPoint": {
                    "Coordinates": {"Latitude": 47.61, "Longitude": -122.33},
                    "RangeInKilometers": 10.0,
                }
            }
        },
        "e2",
    ),
    "S15": ({"Location": {"Country": among("US", "CA")}}, "e1 e2 e3"),
    "S16": ({"UserAttributes": {"LastContactDate": attribute("ON", "2024-01-14T12:00:00Z")}}, "e7"),
    "S17": (
        grouped(
            {"Dimensions": [{"Demographic": {"Channel": among("EMAIL")}}]},
            {"Dimensions": [{"Location": {"Country": among("US", "CA", "CN")}}]},
            Include="NONE",
        ),
        "e6 e7",
    ),
}
"""The definitions of published code, each with the ids of its members among `ENDPOINTS`."""
