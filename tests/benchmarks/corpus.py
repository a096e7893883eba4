"""A seed in, endpoint documents of about 1 KB out: valid, alike in size, no two the same."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SEED = 20261030


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


def documents(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Yield this many EndpointRequests; the same ones for the same seed."""
    rng = random.Random(seed)
    for number in range(count):
        yield _document(rng, number)


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write a document as a person's editor leaves it: indented, in UTF-8."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def write_directory(directory: Path, count: int) -> None:
    """Make a directory with this many documents, a file for each."""
    directory.mkdir()
    for number, document in enumerate(documents(count)):
        write_document(directory / f"endpoint-{number:06}.json", document)


def write_lines(path: Path, count: int) -> None:
    """Make a file with this many EndpointBatchItems, one a line."""
    with path.open("w", encoding="utf-8") as file:
        for number, document in enumerate(documents(count)):
            item = {"Id": f"endpoint-{number:07}", **document}
            file.write(f"{json.dumps(item, ensure_ascii=False)}\n")


def _document(rng: random.Random, number: int) -> dict[str, Any]:
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
            "PlatformVersion": f"{rng.randint(8, 18)}.{rng.randint(0, 6)}",
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
        "EffectiveDate": f"2026-11-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:30:00.000Z",
    }


def _address(rng: random.Random, channel: str, number: int) -> str:
    if channel == "EMAIL":
        return f"user{number}@example.com"
    if channel == "SMS":
        return f"+1206555{number % 10_000:04}"
    return f"{rng.getrandbits(256):064x}"
