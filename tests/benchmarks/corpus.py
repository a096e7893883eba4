"""Endpoint documents of about 1 KB to measure with: seeded, no two the same, in three kinds."""

import json
import random
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml

SEED = 20261030

Document: TypeAlias = dict[str, Any]


class Kind(Enum):
    """How many problems a document has: none, one or two warnings, or three errors."""

    CLEAN = "nothing wrong"
    WARNINGS = "warnings in each"
    ERRORS = "3 errors in each"


def summary(kind: Kind, count: int) -> str:
    """Return what `pe validate` says at its end about so many documents."""
    errors = 3 * count if kind is Kind.ERRORS else 0
    warnings = count + count // 2 if kind is Kind.WARNINGS else 0
    valid, invalid = (0, count) if errors else (count, 0)
    return (
        f"{count:,} documents: {valid:,} valid, {invalid:,} invalid "
        f"({errors:,} errors, {warnings:,} warnings)"
    )


def documents(kind: Kind, count: int, seed: int = SEED) -> Iterator[Document]:
    """Yield so many EndpointRequests, the same ones for the same seed."""
    rng = random.Random(seed)
    for number in range(count):
        document = _clean(rng, number)
        if kind is Kind.WARNINGS:
            _spoil(rng, document, _WARNINGS, 1 + number % 2)
        elif kind is Kind.ERRORS:
            _spoil(rng, document, _ERRORS, 3)
        yield document


class Corpus:
    """Makes files of documents.

    Args:
        directory: where the files are made, each once.
        seed: of the random numbers.
    """

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._seed = seed

    def json_directory(self, kind: Kind, count: int) -> Path:
        """Make a directory with a JSON file for each document, indented as editors leave it."""
        directory = self._directory / f"{kind.name.lower()}-{count}-json"
        if not directory.exists():
            directory.mkdir()
            for number, document in enumerate(documents(kind, count, self._seed)):
                text = json.dumps(document, indent=2, ensure_ascii=False)
                file = directory / f"endpoint-{number:06}.json"
                file.write_text(f"{text}\n", encoding="utf-8")
        return directory

    def yaml_directory(self, kind: Kind, count: int) -> Path:
        """Make a directory with a YAML file for each document, as PyYAML writes it."""
        directory = self._directory / f"{kind.name.lower()}-{count}-yaml"
        if not directory.exists():
            directory.mkdir()
            for number, document in enumerate(documents(kind, count, self._seed)):
                text = yaml.dump(
                    document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True
                )
                file = directory / f"endpoint-{number:06}.yaml"
                file.write_text(text, encoding="utf-8")
        return directory

    def lines(self, kind: Kind, count: int) -> Path:
        """Make a file with an EndpointBatchItem on each line."""
        path = self._directory / f"{kind.name.lower()}-{count}.jsonl"
        if not path.exists():
            with path.open("w", encoding="utf-8") as file:
                for item in self._items(kind, count):
                    file.write(f"{json.dumps(item, ensure_ascii=False)}\n")
        return path

    def list_file(self, kind: Kind, count: int) -> Path:
        """Make one JSON file with a list of EndpointBatchItems."""
        path = self._directory / f"{kind.name.lower()}-{count}-list.json"
        if not path.exists():
            text = json.dumps([*self._items(kind, count)], indent=2, ensure_ascii=False)
            path.write_text(f"{text}\n", encoding="utf-8")
        return path

    def one(self) -> Path:
        """Make a JSON file with one document, with nothing wrong."""
        return self.json_directory(Kind.CLEAN, 1) / "endpoint-000000.json"

    def _items(self, kind: Kind, count: int) -> Iterator[Document]:
        for number, document in enumerate(documents(kind, count, self._seed)):
            yield {"Id": f"endpoint-{number:07}", **document}


class _Device(NamedTuple):
    channel: str
    make: str
    model: str
    platform: str
    versions: tuple[str, ...]


class _Place(NamedTuple):
    country: str
    city: str
    region: str
    postal_code: str
    latitude: float
    longitude: float
    timezone: str


_DEVICES = (
    _Device("APNS", "apple", "iPhone", "ios", ("8", "11", "13 Pro", "15")),
    _Device("GCM", "samsung", "SM-G900F", "android", ("S9", "S20", "S24")),
    _Device("GCM", "google", "Pixel", "android", ("6", "7", "8a")),
    _Device("EMAIL", "Dell", "XPS", "windows", ("13", "15")),
    _Device("SMS", "nokia", "3310", "kaios", ("1",)),
)
_PLACES = (
    _Place("US", "Seattle", "WA", "98121", 47.6, -122.3, "America/Los_Angeles"),
    _Place("US", "New York", "NY", "10001", 40.8, -74.0, "America/New_York"),
    _Place("DE", "München", "BY", "80331", 48.1, 11.6, "Europe/Berlin"),
    _Place("JP", "東京", "Tokyo", "100-0001", 35.7, 139.8, "Asia/Tokyo"),
    _Place("BR", "São Paulo", "SP", "01000-000", -23.6, -46.6, "America/Sao_Paulo"),
    _Place("GB", "London", "England", "SW1A 1AA", 51.5, -0.1, "Europe/London"),
    _Place("IN", "Mumbai", "MH", "400001", 19.1, 72.9, "Asia/Kolkata"),
)
_INTERESTS = (
    "Art", "Books", "Fashion", "Finance", "Food", "Gaming", "Health",
    "Movies", "Music", "Pets", "Science", "Sports", "Technology", "Travel",
)  # fmt: skip
_LOCALES = ("en_US", "de_DE", "ja_JP", "pt_BR", "en_GB", "hi_IN")

_WARNINGS: tuple[Callable[[Document], object], ...] = (
    lambda document: document["Location"].update(Latitude=47.61),
    lambda document: document["Location"].update(Longitude=-122.33),
    lambda document: document["Location"].update(Country="USA"),
    lambda document: document["Demographic"].update(Timezone="PST"),
    lambda document: document["Attributes"].update({"plan/tier": ["gold"]}),
    lambda document: document["Attributes"].update(Campaigns=[]),
    lambda document: document.update(EffectiveDate="2026-11-05"),
)
_ERRORS: tuple[Callable[[Document], object], ...] = (
    lambda document: document.update(OptOut="None"),
    lambda document: document.update(EndpointStatus="Active"),
    lambda document: document.update(Adress="ada@example.com"),
    lambda document: document["Location"].update(Latitude="47.6"),
    lambda document: document["Location"].update(Longitude=200),
    lambda document: document["Attributes"].update(Interests="Music"),
    lambda document: document["Metrics"].update(sessions="12"),
)


def _spoil(
    rng: random.Random,
    document: Document,
    mistakes: tuple[Callable[[Document], object], ...],
    count: int,
) -> None:
    for make in rng.sample(mistakes, count):
        make(document)


def _clean(rng: random.Random, number: int) -> Document:
    device, place = rng.choice(_DEVICES), rng.choice(_PLACES)
    return {
        "ChannelType": device.channel,
        "Address": _address(rng, device.channel, number),
        "Attributes": {
            "Interests": rng.sample(_INTERESTS, rng.randint(2, 5)),
            "Campaigns": [f"spring-{rng.randint(1, 9)}", f"autumn-{rng.randint(1, 9)}"],
            "Newsletter": [rng.choice(("yes", "no"))],
        },
        "Metrics": {
            "technology_interest_level": rng.randint(0, 100) / 10,
            "music_interest_level": rng.randint(0, 100) / 10,
            "sessions": float(rng.randint(0, 5000)),
        },
        "Demographic": {
            "AppVersion": f"{rng.randint(1, 9)}.{rng.randint(0, 20)}",
            "Locale": rng.choice(_LOCALES),
            "Make": device.make,
            "Model": device.model,
            "ModelVersion": rng.choice(device.versions),
            "Platform": device.platform,
            "PlatformVersion": f"{rng.randint(8, 18)}.{rng.randint(0, 6)}.{rng.randint(0, 3)}",
            "Timezone": place.timezone,
        },
        "Location": {
            "Country": place.country,
            "City": place.city,
            "Region": place.region,
            "PostalCode": place.postal_code,
            "Latitude": place.latitude,
            "Longitude": place.longitude,
        },
        "User": {
            "UserId": f"user-{number:08}",
            "UserAttributes": {
                "Tier": [rng.choice(("gold", "silver", "bronze"))],
                "Age": [str(rng.randint(18, 90))],
                "Referrer": [f"https://www.example.com/ref/{rng.getrandbits(24):06x}"],
            },
        },
        "OptOut": rng.choices(("NONE", "ALL"), weights=(19, 1))[0],
        "EndpointStatus": "ACTIVE",
        "EffectiveDate": f"2026-11-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:30:00Z",
        "RequestId": f"{rng.getrandbits(128):032x}",
    }


def _address(rng: random.Random, channel: str, number: int) -> str:
    if channel == "EMAIL":
        return f"user{number}@example.com"
    if channel == "SMS":
        return f"+1206{number:07}"
    return f"{rng.getrandbits(256):064x}"
