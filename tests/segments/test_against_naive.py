"""The compiled evaluator against a plain one, which was written from the facts alone."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from segment_audience import NOW

from pinpoint_endpoints.segments.bases import SegmentLibrary
from pinpoint_endpoints.segments.definition import definition_in
from pinpoint_endpoints.segments.evaluate import PUSH_CHANNELS, Answer, Settings

VALUES = ("a", "b", "A", "", "ab", "2024-01-14T00:00:00Z", "2024-01-15T10:00:00Z", "2024-01-14")
DATES = VALUES[5:7]
CHANNELS = ("SMS", "EMAIL", "GCM", "PUSH")
RELATIONS = ("ALL", "ANY", "NONE", "")
DAYS = {"HR_24": 1, "DAY_7": 7, "DAY_14": 14, "DAY_30": 30}


class Generator(Random):
    """Makes random definitions and endpoints."""

    def some(self, values: tuple[str, ...], least: int = 0) -> list[str]:
        """Return up to three of the values."""
        return [self.choice(values) for _ in range(self.randint(least, 3))]

    def attribute(self) -> dict[str, Any]:
        """Return an AttributeDimension."""
        kind = self.choice(
            ["INCLUSIVE", "EXCLUSIVE", "CONTAINS", "BEFORE", "AFTER", "ON", "BETWEEN", ""]
        )
        values = self.some(DATES if kind in ("BEFORE", "AFTER", "ON") else VALUES, 1)
        named = {"AttributeType": kind} if kind else {}
        return {**named, "Values": [*DATES] if kind == "BETWEEN" else values}

    def set(self, values: tuple[str, ...]) -> dict[str, Any]:
        """Return a SetDimension."""
        kind = self.choice(["INCLUSIVE", "EXCLUSIVE", ""])
        return {**({"DimensionType": kind} if kind else {}), "Values": self.some(values, 1)}

    def dimensions(self) -> dict[str, Any]:
        """Return SegmentDimensions."""
        comparison = self.choice(["GREATER_THAN", "LESS_THAN_OR_EQUAL", "EQUAL"])
        demographic = self.choice(["Channel", "Platform", "DeviceType"])
        recency = {
            "Duration": self.choice([*DAYS]),
            "RecencyType": self.choice(["ACTIVE", "INACTIVE"]),
        }
        found = {
            "Attributes": {self.choice("xy"): self.attribute() for _ in range(2)},
            "UserAttributes": {self.choice("xy"): self.attribute()},
            "Metrics": {"m": {"ComparisonOperator": comparison, "Value": self.choice([1, 2.0])}},
            "Demographic": {demographic: self.set(CHANNELS)},
            "Location": {"Country": self.set(("US", "DE"))},
            "Behavior": {"Recency": recency},
        }
        return {name: value for name, value in found.items() if self.random() < 0.3}

    def relation(self, name: str) -> dict[str, str]:
        """Return a relation, or none."""
        relation = self.choice(RELATIONS)
        return {name: relation} if relation else {}

    def definition(self) -> dict[str, Any]:
        """Return a WriteSegmentRequest."""
        if self.random() < 0.2:
            return {"Dimensions": self.dimensions()}
        groups = [
            {
                "Dimensions": [self.dimensions() for _ in range(self.randint(0, 3))],
                **self.relation("Type"),
            }
            for _ in range(self.randint(0, 3))
        ]
        return {"SegmentGroups": {"Groups": groups, **self.relation("Include")}}

    def endpoint(self) -> dict[str, Any]:
        """Return an EndpointRequest."""
        attributes = [{name: self.some(VALUES) for name in "xy"} for _ in range(2)]
        age = timedelta(days=self.choice([0.5, 1, 3, 7, 10, 14, 20, 30, 31]))
        found = {
            "ChannelType": self.choice(CHANNELS),
            "Attributes": attributes[0],
            "User": {"UserAttributes": attributes[1]},
            "Metrics": {"m": self.choice([1, 2, 3.0])},
            "Demographic": {"Platform": self.choice(CHANNELS)},
            "Location": {"Country": self.choice(["US", "DE", "FR"])},
            "EffectiveDate": (NOW - age).isoformat(),
        }
        return {name: value for name, value in found.items() if self.random() < 0.6}


def instant(text: str) -> datetime | None:
    """Return an instant, or None for another text."""
    try:
        return datetime.strptime(f"{text}+0000", "%Y-%m-%dT%H:%M:%SZ%z")
    except ValueError:
        return None


def all_of(answers: list[Answer]) -> Answer:
    """Return a conjunction by Kleene's logic."""
    return False if False in answers else None if None in answers else True


def any_of(answers: list[Answer]) -> Answer:
    """Return a disjunction by Kleene's logic."""
    return True if True in answers else None if None in answers else False


def combined(relation: str, answers: list[Answer]) -> Answer:
    """Return what a level answers."""
    if not answers or relation == "ALL":
        return all_of(answers)
    found = any_of(answers)
    return found if relation == "ANY" or found is None else not found


def of_attribute(dimension: dict[str, Any], values: list[str]) -> Answer:
    """Return whether values match an AttributeDimension."""
    kind, wanted = dimension.get("AttributeType", "INCLUSIVE"), dimension["Values"]
    if kind in ("INCLUSIVE", "EXCLUSIVE"):
        return any(value in wanted for value in values) is (kind == "INCLUSIVE")
    if kind == "CONTAINS":
        return any(part in value for value in values for part in wanted)
    dates = [date for value in values if (date := instant(value))]
    limits = [date for value in wanted if (date := instant(value))]
    if kind == "BEFORE":
        return any(date < limit for date in dates for limit in limits)
    if kind == "AFTER":
        return any(date > limit for date in dates for limit in limits)
    if kind == "ON":
        return any(date.date() == limit.date() for date in dates for limit in limits)
    return any(limits[0] <= date <= limits[1] for date in dates)


def of_set(dimension: dict[str, Any], value: str | None) -> Answer:
    """Return whether a value matches a SetDimension."""
    is_in = value in dimension["Values"]
    return is_in is (dimension.get("DimensionType", "INCLUSIVE") == "INCLUSIVE")


def of_demographic(name: str, dimension: dict[str, Any], endpoint: dict[str, Any]) -> Answer:
    """Return whether an endpoint matches a member of SegmentDemographics."""
    if name == "DeviceType":
        return None
    if name == "Platform":
        return of_set(dimension, endpoint.get("Demographic", {}).get(name))
    push = PUSH_CHANNELS if "PUSH" in dimension["Values"] else ()
    wanted = {**dimension, "Values": [*dimension["Values"], *push]}
    return of_set(wanted, endpoint.get("ChannelType"))


def of_metric(dimension: dict[str, Any], value: float | None) -> Answer:
    """Return whether a metric matches."""
    limit = dimension["Value"]
    return (
        value is not None
        and {
            "GREATER_THAN": value > limit,
            "LESS_THAN_OR_EQUAL": value <= limit,
            "EQUAL": value == limit,
        }[dimension["ComparisonOperator"]]
    )


def of_dimensions(dimensions: dict[str, Any], endpoint: dict[str, Any]) -> Answer:
    """Return whether an endpoint matches SegmentDimensions."""
    own = endpoint.get("Attributes", {})
    user = endpoint.get("User", {}).get("UserAttributes", {})
    metrics = endpoint.get("Metrics", {})
    answers: list[Answer] = [
        *(of_attribute(one, own.get(n, [])) for n, one in dimensions.get("Attributes", {}).items()),
        *(
            of_attribute(one, user.get(name, []))
            for name, one in dimensions.get("UserAttributes", {}).items()
        ),
        *(of_metric(one, metrics.get(n)) for n, one in dimensions.get("Metrics", {}).items()),
        *(
            of_demographic(name, one, endpoint)
            for name, one in dimensions.get("Demographic", {}).items()
        ),
    ]
    if "Location" in dimensions:
        country = endpoint.get("Location", {}).get("Country")
        answers.append(of_set(dimensions["Location"]["Country"], country))
    if "Behavior" in dimensions:
        recency = dimensions["Behavior"]["Recency"]
        date = endpoint.get("EffectiveDate")
        limit = timedelta(days=DAYS[recency["Duration"]])
        is_active = date is not None and NOW - datetime.fromisoformat(date) <= limit
        answers.append(is_active is (recency["RecencyType"] == "ACTIVE"))
    return all_of(answers)


def naive(definition: dict[str, Any], endpoint: dict[str, Any]) -> Answer:
    """Return whether an endpoint is in a segment."""
    if "Dimensions" in definition:
        return of_dimensions(definition["Dimensions"], endpoint)
    groups = definition["SegmentGroups"]
    answers = [
        combined(
            group.get("Type", "ALL"), [of_dimensions(one, endpoint) for one in group["Dimensions"]]
        )
        for group in groups["Groups"]
    ]
    return combined(groups.get("Include", "ALL"), answers)


@pytest.mark.parametrize("seed", range(4))
def test_both_evaluators_agree(seed: int) -> None:
    """On random definitions over random endpoints."""
    generator = Generator(seed)
    endpoints = [generator.endpoint() for _ in range(30)]
    for _ in range(60):
        request = generator.definition()
        definition = definition_in({"Name": "random", **request})
        decide = SegmentLibrary(Settings(NOW)).compile(definition).decide
        for endpoint in endpoints:
            assert decide(endpoint) is naive(request, endpoint), (request, endpoint)
