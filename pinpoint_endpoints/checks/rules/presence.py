"""Rules about what is missing. An EndpointRequest and whether it creates in, findings out."""

from collections.abc import Mapping, Sequence

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import Scope, rule


@rule(codes.MISSING_ADDRESS, Scope.CREATE, "Address", "OptOut", severity=Severity.WARNING)
def missing_address(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is no address, and the endpoint is not opted out.

    An update may leave the address out, and the service keeps the one that it has. It has answered
    `Missing Address` to requests that set `OptOut` to `NONE`, or name a channel, for an endpoint
    that has no address yet. With `--create` every endpoint that is not opted out needs one, and
    this is an error.

    Source: aws-sdk-ios#861, amplify-js#13272 and amplify-js#1910; AWS, Amazon Pinpoint User Guide,
    "Importing segments": Address and ChannelType are required of new endpoints.

    Wrong:
        {"ChannelType": "EMAIL", "OptOut": "NONE"}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com", "OptOut": "NONE"}
    """
    opt_out = request.get("OptOut")
    if opt_out == "ALL":
        return ()
    if create and not request.get("Address"):
        hint = 'add "Address", or opt the endpoint out with "OptOut": "ALL"'
        return (Finding((), "a new endpoint needs an address", hint, severity=Severity.ERROR),)
    if "Address" in request or not (opt_out == "NONE" or "ChannelType" in request):
        return ()
    hint = 'add "Address": the service refuses this for an endpoint that has none yet'
    return (Finding((), "there is no address, and the endpoint is not opted out", hint),)


@rule(codes.MISSING_CHANNEL_TYPE, Scope.CREATE, "ChannelType", severity=Severity.WARNING)
def missing_channel_type(request: Mapping[str, object], create: bool) -> Sequence[Finding]:
    """There is an address, and no channel that it belongs to.

    An update may leave the channel type out, and the service keeps the one that it has. It has
    answered `Missing ChannelType` where an address came without one. With `--create` every
    endpoint needs one, and this is an error.

    Source: error messages that public clients of the service look for; AWS, Amazon Pinpoint User
    Guide, "Importing segments": Address and ChannelType are required of new endpoints.

    Wrong:
        {"Address": "ada@example.com"}

    Right:
        {"Address": "ada@example.com", "ChannelType": "EMAIL"}
    """
    if "ChannelType" in request:
        return ()
    hint = 'add "ChannelType"'
    if create:
        message = "a new endpoint needs a channel type"
        return (Finding((), message, hint, severity=Severity.ERROR),)
    if "Address" in request:
        return (Finding((), "there is an address, and no channel that it belongs to", hint),)
    return ()
