"""Clients with a wrong endpoint URL get an error that their SDK can read."""

import os
from collections.abc import Iterator
from copy import copy
from pathlib import Path

import pytest
from pe_serve import REGION_AND_CREDENTIALS, PeServe, pe_serve
from raw_client import RawAnswer, RawClient, ask_once, request
from sdks import Sdk, every_sdk

ADVICE = "end the endpoint URL after the port"
BROWSER = b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGES = [b"/", b"/style.css", b"/icon.svg"]


def with_suffix(server: PeServe, suffix: str) -> PeServe:
    """Return the same server under a URL that is too long."""
    other = copy(server)
    other.url += suffix
    other.environment = {
        **os.environ, **REGION_AND_CREDENTIALS, "AWS_ENDPOINT_URL_PINPOINT": other.url
    }  # fmt: skip
    return other


@pytest.fixture(params=["/pinpoint", "//"])
def sdks(server: PeServe, request: pytest.FixtureRequest) -> Iterator[list[Sdk]]:
    """Return AWS's clients with a URL that is too long."""
    with every_sdk(with_suffix(server, request.param)) as clients:
        yield clients


@pytest.mark.external
def test_every_client_raises_an_error_of_the_service(sdks: list[Sdk]) -> None:
    """It says what is wrong with the URL."""
    for sdk in sdks:
        told = sdk("GetApps")
        assert told.error == "NotFoundException"
        assert ADVICE in told.message


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"POST", b"DELETE", b"OPTIONS"])
@pytest.mark.parametrize(
    "target",
    [
        b"/pinpoint/v1/apps/demo/users/ada.lovelace", b"//v1/apps", b"/V1/apps", b"/v1", b"/apps",
        b"*", b"/%2Fv1/apps", b"/./v1/apps", b"/application/", b"/Audience",
    ],
)  # fmt: skip
def test_unknown_paths_are_answered_in_the_form_of_the_service(
    server: PeServe, method: bytes, target: bytes
) -> None:
    """With the id of the request, and nothing of the path, which may hold personal data."""
    answer = ask_once(server.port, request(method, target, b"Accept: */*"))
    assert (answer.status, answer.error) == (404, "NotFoundException")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["RequestID"] == answer.headers["x-amzn-requestid"]
    assert ADVICE in answer.json["Message"]
    assert b"lovelace" not in answer.body


def test_it_is_shown_in_the_log(tmp_path: Path) -> None:
    """A user can see why a request failed."""
    with pe_serve(tmp_path) as server:
        ask_once(server.port, request(b"PUT", b"/pinpoint/v1/apps/demo/users/ada.lovelace"))
        server.process.terminate()
        server.ended()
        (line,) = [line for line in server.log().splitlines() if ADVICE in line]
    assert "404" in line
    assert "ada.lovelace" not in line


def answer_accepting(server: PeServe, method: bytes, target: bytes, accept: bytes) -> RawAnswer:
    """Return the answer to a request with this Accept header."""
    return ask_once(server.port, request(method, target, accept))


def test_a_browser_gets_a_page(server: PeServe) -> None:
    """Also where there is none; an answer to a HEAD has the head of one."""
    for target in (b"/pinpoint", b"/v1"):
        answer = answer_accepting(server, b"GET", target, BROWSER)
        assert (answer.status, answer.error) == (404, "")
        assert answer.headers["content-type"].startswith("text/html")
        assert b"There is no such page." in answer.body
    with RawClient(server.port) as client:
        client.send(request(b"HEAD", b"/pinpoint", BROWSER, body=b""))
        assert b"content-type: text/html" in client.read_all().lower()


def test_other_methods_are_answered_in_the_form_of_the_service(server: PeServe) -> None:
    """A request that sends something comes from code, not from a person."""
    answer = answer_accepting(server, b"PUT", b"/pinpoint", BROWSER)
    assert (answer.status, answer.error) == (404, "NotFoundException")


@pytest.mark.parametrize(
    "accept", [BROWSER, b"Accept: */*", b"Accept: application/json", b"X-A: a"]
)
def test_pages_ignore_the_accept_header(server: PeServe, accept: bytes) -> None:
    """`curl` shows them as well."""
    types = [
        answer_accepting(server, b"GET", page, accept).headers["content-type"] for page in PAGES
    ]
    assert [one.partition(";")[0] for one in types] == ["text/html", "text/css", "image/svg+xml"]
    missing = answer_accepting(server, b"GET", b"/application?app=nobody", accept)
    assert (missing.status, missing.error) == (404, "")


@pytest.mark.parametrize(
    ("target", "allowed"), [(b"/", "GET, HEAD"), (b"/health", "GET, HEAD, OPTIONS")]
)
def test_unsupported_methods_of_a_page(server: PeServe, target: bytes, allowed: str) -> None:
    """405 in the service's form, with the methods that the page has."""
    for method in (b"POST", b"PUT", b"DELETE"):
        answer = ask_once(server.port, request(method, target))
        assert (answer.status, answer.error) == (405, "MethodNotAllowedException")
        assert answer.headers["allow"] == allowed
