"""Credentials that botocore fetches from another service: roles, web identities, processes."""

from pathlib import Path

import pytest
from commands import MakeDocument
from http_stub import Answer, HttpStub

from pinpoint_endpoints import CannotRun, State, connect, upsert

ROLE = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIAROLE</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def test_a_web_identity_gets_its_role(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The credentials of a CI job come from STS, though only Pinpoint's data is loaded quickly."""
    token = tmp_path / "token"
    token.write_text("a.web.identity", encoding="utf-8")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/deploy")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    with HttpStub(Answer(200, ROLE, {"Content-Type": "text/xml"})) as sts, HttpStub() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert outcome.state is State.ACCEPTED
    assert "Credential=AKIAROLE/" in server.asked[0].headers["Authorization"]


REFUSED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to assume it</Message></Error>
</ErrorResponse>"""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(403, REFUSED), "AssumeRole was refused: not authorized to assume it"),
        (Answer(403, b"<html>no</html>"), "AssumeRole was refused: Forbidden"),
        (Answer(200, b"<html>no"), "the answer is not readable"),
        (Answer(200, b"no"), "the answer is not readable"),
    ],
)
def test_a_role_that_is_refused_ends_the_run(
    document: MakeDocument,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    answer: Answer,
    message: str,
) -> None:
    """A refusal by STS is about the credentials, not about a document."""
    config = tmp_path / "config"
    config.write_text(
        "[profile deploy]\nregion = us-east-1\nsource_profile = me\n"
        "role_arn = arn:aws:iam::123456789012:role/deploy\n"
        "[profile me]\naws_access_key_id = a\naws_secret_access_key = b\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with HttpStub(answer) as sts, HttpStub() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        with pytest.raises(CannotRun, match=r"^no credentials: ") as stopped:
            upsert(connect(profile="deploy", endpoint_url=server.url), "app", document())
    assert message in stopped.value.message
    assert type(stopped.value) is CannotRun
    assert server.asked == []


@pytest.mark.parametrize("service", ["sso", "sso-oidc", "signin", "sts"])
def test_the_services_of_credentials_can_be_made(aws_variables: None, service: str) -> None:
    """Every service that a credential provider of botocore calls has its data at hand."""
    from botocore.session import Session

    from pinpoint_endpoints.service.client import pinpoint_loader

    session = Session()
    session.register_component("data_loader", pinpoint_loader())
    assert session.create_client(service).meta.service_model.service_name == service


@pytest.mark.parametrize("command", ["echo '{\"Version\": 2}'", "cat /proc/self/secret-7", "false"])
def test_a_credential_process_that_fails(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """What the program prints may hold secrets, and is not shown."""
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {command}\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(CannotRun) as stopped:
        upsert(connect(region="us-east-1"), "app", document())
    assert stopped.value.message == "no credentials: the credential_process of the profile failed"
    assert "secret-7" not in str(stopped.value)


def test_a_credential_process_that_is_not_there(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile whose program is missing is an error in words."""
    config = tmp_path / "config"
    config.write_text("[default]\ncredential_process = /nowhere/at-all\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(CannotRun, match="/nowhere/at-all"):
        upsert(connect(region="us-east-1"), "app", document())
