"""A client with Amplify v6, whose endpoints begin without a channel type and an address."""

import subprocess
from pathlib import Path

import pytest
from commands import missing, program
from pe_serve import MAX_WAIT_SECONDS, PeServe
from sdks import Boto3

CLIENT = Path(__file__).parents[1] / "support" / "amplify_client.cjs"
PACKAGES = ("@aws-amplify/analytics", "@aws-amplify/core")


@pytest.mark.external
def test_amplify_registers_a_guest_who_then_signs_in(server: PeServe) -> None:
    """The first event creates an endpoint that is opted out; signing in updates it.

    AWS: a mobile or JavaScript client application registers endpoints automatically.
    """
    node = program("node")
    for package in PACKAGES:
        command = [node, "-e", f"require.resolve('{package}')"]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            missing(f"{package} is not in NODE_PATH")
    ended = subprocess.run(
        [node, str(CLIENT)],
        capture_output=True,
        encoding="utf-8",
        env=server.environment,
        timeout=MAX_WAIT_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "PUT endpoints 202",
        "POST events 202",
        "PUT endpoints 202",
    ]
    of_ada = Boto3(server)("GetUserEndpoints", ApplicationId="shop", UserId="ada")
    (endpoint,) = of_ada.value["EndpointsResponse"]["Item"]
    assert endpoint["OptOut"] == "ALL"
    assert "ChannelType" not in endpoint
    assert endpoint["Attributes"] == {"email": ["ada@example.com"]}
    assert endpoint["User"] == {"UserId": "ada", "UserAttributes": {"plan": ["free"]}}
