"""What keeps a client from being made or used: each gives one sentence and what to do."""

from pathlib import Path

import pytest
from commands import MakeDocument
from http_stub import HttpStub

from pinpoint_endpoints import CannotRun, State, UsageError, connect, upsert
from pinpoint_endpoints.service.client import open_preview_client


def test_no_region(aws_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region the error names the option and the variable."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(CannotRun, match="no region") as stopped:
        connect()
    assert "--region" in stopped.value.hint
    assert "--local" in stopped.value.hint


@pytest.mark.parametrize(
    ("variables", "option", "region"),
    [
        ({}, None, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_REGION": "eu-central-1"}, None, "eu-central-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-central-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, None, "us-east-1"),
        ({"AWS_REGION": "eu-central-1"}, "ap-south-1", "ap-south-1"),
    ],
)
def test_the_region_is_that_of_the_aws_cli(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variables: dict[str, str],
    option: str | None,
    region: str,
) -> None:
    """The option, AWS_REGION, AWS_DEFAULT_REGION, the profile; an empty variable is unset."""
    config = tmp_path / "config"
    config.write_text("[default]\nregion = us-east-1\n", encoding="utf-8")
    for name, value in {"AWS_CONFIG_FILE": str(config), **variables}.items():
        monkeypatch.setenv(name, value)
    for client in (connect(region=option), open_preview_client(region=option)):
        assert client.meta.region_name == region
        assert client.meta.endpoint_url == f"https://pinpoint.{region}.amazonaws.com"


@pytest.mark.parametrize("named", ["argument", "variable", "all services", "file"])
def test_a_server_on_this_machine_needs_no_account(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    """Without region and credentials, placeholders sign what is sent there."""
    with HttpStub() as server:
        if named == "variable":
            monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", server.url)
        elif named == "all services":
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        elif named == "file":
            config = tmp_path / "config"
            services = f"[services s]\npinpoint =\n  endpoint_url = {server.url}\n"
            config.write_text(f"[default]\nservices = s\n{services}", encoding="utf-8")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        client = connect(endpoint_url=server.url if named == "argument" else None)
        assert upsert(client, "app", document()).state is State.ACCEPTED
    assert "Credential=local/" in server.asked[0].headers["Authorization"]


def test_a_server_on_this_machine_gets_the_credentials_that_there_are(
    document: MakeDocument, aws_variables: None
) -> None:
    """It may be a way to AWS."""
    with HttpStub() as server:
        upsert(connect(endpoint_url=server.url), "app", document())
    assert "Credential=AKIAEXAMPLE/" in server.asked[0].headers["Authorization"]


@pytest.mark.parametrize("ignored", [True, False])
def test_other_servers_need_an_account(monkeypatch: pytest.MonkeyPatch, *, ignored: bool) -> None:
    """So does AWS, where a variable that names this machine is to be ignored."""
    if ignored:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    with pytest.raises(CannotRun, match="no region"):
        connect(endpoint_url=None if ignored else "http://pinpoint.example")


def test_no_credentials(document: MakeDocument) -> None:
    """Without credentials the error names the ways to give them."""
    with pytest.raises(CannotRun, match="no credentials") as stopped:
        upsert(connect(region="us-east-1"), "app", document())
    assert "AWS_ACCESS_KEY_ID" in stopped.value.hint


def test_half_of_the_credentials(document: MakeDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    """An access key without its secret key is named as such."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    with pytest.raises(CannotRun, match="only a part"):
        upsert(connect(region="us-east-1"), "app", document())


def test_an_unknown_profile() -> None:
    """A profile that no file has is named, with the command that lists them."""
    with pytest.raises(CannotRun, match="nobody") as stopped:
        connect(profile="nobody", region="us-east-1")
    assert "list-profiles" in stopped.value.hint


def test_a_profile_gives_region_and_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """boto3's own files work untouched."""
    config = tmp_path / "config"
    config.write_text(
        "[profile work]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    client = connect(profile="work")
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "https://pinpoint.eu-west-1.amazonaws.com"


def test_boto3s_variable_names_the_server(
    aws_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL_PINPOINT is boto3's way to name another server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:7467")
    assert connect().meta.endpoint_url == "http://127.0.0.1:7467"


def test_a_broken_configuration_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that boto3 cannot parse is named."""
    config = tmp_path / "config"
    config.write_text("[default\nregion", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(CannotRun, match="config"):
        connect(region="us-east-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_MAX_ATTEMPTS", "many"),
        ("AWS_RETRY_MODE", "nonsense"),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
    ],
)
def test_a_variable_that_boto3_cannot_use(
    aws_variables: None,
    document: MakeDocument,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    """A wrong variable is an error in words, not a traceback."""
    monkeypatch.setenv(name, value)
    with pytest.raises(CannotRun) as stopped:
        upsert(connect(), "app", document())
    assert stopped.value.message


@pytest.mark.parametrize(
    "url", ["localhost:5000", "ftp://a", "", "127.0.0.1", "http://", "http://a b", "http://a:99999"]
)
def test_an_endpoint_url_needs_its_scheme(url: str) -> None:
    """A URL without http:// or https://, host or possible port is a usage error."""
    with pytest.raises(UsageError):
        connect(endpoint_url=url)


def test_a_password_in_the_url_is_not_repeated(
    aws_variables: None, document: MakeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an endpoint URL only scheme, host and port are shown."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CannotRun) as stopped:
        upsert(connect(endpoint_url="http://ada:secret@127.0.0.1:9"), "app", document())
    assert "secret" not in stopped.value.message


def test_no_server_listens(
    aws_variables: None, document: MakeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is not there is named, without the path."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CannotRun, match=r"^no connection to http://127\.0\.0\.1:9\n"):
        upsert(connect(endpoint_url="http://127.0.0.1:9"), "app", document())


def test_time_outs_and_connections(aws_variables: None) -> None:
    """What a caller chooses reaches boto3; no seconds are no limit, as in the AWS CLI."""
    chosen = connect(connections=32, connect_timeout=3, read_timeout=0).meta.config
    assert (chosen.max_pool_connections, chosen.connect_timeout, chosen.read_timeout) == (
        32,
        3,
        None,
    )


def test_local_and_a_server_exclude_each_other() -> None:
    """Asking for both targets is a usage error."""
    with pytest.raises(UsageError):
        connect(local=True, endpoint_url="http://127.0.0.1:7467")


def test_a_store_is_for_the_local_pinpoint_only(aws_variables: None, tmp_path: Path) -> None:
    """Who names a store and forgets `local` does not reach AWS."""
    with pytest.raises(UsageError, match="store"):
        connect(store=tmp_path / "store")
