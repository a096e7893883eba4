"""What the local Pinpoint does where AWS's documents are silent: what it is about → choices."""

from collections.abc import Mapping
from typing import NamedTuple


class Choice(NamedTuple):
    """One decision of ours.

    Args:
        topic: what the documents do not settle.
        choice: what the local Pinpoint does.
        reason: why, in a few words.
    """

    topic: str
    choice: str
    reason: str


_UPDATES = (
    Choice(
        "Demographic and Location in an update",
        "merged field by field",
        "as Attributes are: nothing that was left out is lost",
    ),
    Choice(
        "Latitude and Longitude",
        "rounded to one decimal, halves away from zero, by the written digits",
        "AWS shows 47.61 stored as 47.6; 47.65 must not depend on binary fractions",
    ),
    Choice(
        "An attribute sent as an empty list",
        "its name stays, without values",
        "AWS's answer in aws-sdk-js#3180: only deleting the endpoint removes a name",
    ),
    Choice(
        "An empty string",
        "stored as it is",
        "the only way to clear a field: null is refused",
    ),
    Choice(
        "Clearing a metric",
        "not possible: a metric is a number",
        "only deleting the endpoint removes a name",
    ),
    Choice(
        "An update without any member",
        "an update: the endpoint is ACTIVE, dated and has a new RequestId",
        "the documents set these on every update",
    ),
    Choice(
        "OptOut of a new endpoint that does not say",
        "NONE",
        "AWS's example of a stored endpoint shows it",
    ),
    Choice(
        "A new endpoint without ChannelType, or without Address unless OptOut is ALL",
        "400 Missing ChannelType, 400 Missing Address",
        "seen in the field (aws-sdk-ios#861, amplify-js#13272)",
    ),
    Choice(
        "An Address cleared by a later update",
        "accepted",
        "the refusal was seen for endpoints without one only",
    ),
    Choice(
        "An EffectiveDate older than the stored one",
        "accepted",
        "nothing forbids it",
    ),
    Choice(
        "Members that an endpoint never had",
        "not in answers, but for User, which is empty then",
        "AWS's example of a stored endpoint shows an empty User",
    ),
    Choice(
        "CohortId",
        "a stable hash of the id",
        "AWS's is random: this one repeats in tests",
    ),
    Choice(
        "When an update can be read back",
        "at once, and always",
        "202 promises less; updates without effect (aws-sdk-js#4250) are nothing to test by",
    ),
    Choice(
        "UpdateEndpointsBatch with a wrong item",
        "nothing of the batch is stored",
        "the answer has no room for results item by item",
    ),
    Choice(
        "UpdateEndpointsBatch without items",
        "400",
        "there is nothing to do: a mistake of who calls",
    ),
    Choice(
        "Two items of one batch for one endpoint",
        "applied in order",
        "as single updates are",
    ),
)

_ADDRESSES = (
    Choice(
        "Which endpoints have the same address",
        "same application, ChannelType and Address, compared exactly",
        "an SMS and a VOICE endpoint share a number and both are meant",
    ),
    Choice(
        "An update that sends EndpointStatus INACTIVE",
        "that endpoint is INACTIVE, and others at its address too",
        "the documents name the update as the cause, not its status",
    ),
    Choice(
        "EffectiveDate, RequestId of an endpoint that another one's update changes",
        "kept",
        "they describe the latest update of that endpoint itself",
    ),
)

_USERS = (
    Choice(
        "UserId",
        "case-sensitive; an empty one means no user",
        "only endpoint ids are not",
    ),
    Choice(
        "UserAttributes of an endpoint that joins a user",
        "the request's win over the user's, the user's over the endpoint's own; all get them",
        "the documents say synchronised, not which side wins",
    ),
    Choice(
        "UserAttributes of an endpoint that leaves its user",
        "stay with the user it leaves",
        "one person's attributes must not become another's",
    ),
    Choice(
        "GetUserEndpoints for a user without endpoints",
        "404",
        "there is no such user",
    ),
    Choice(
        "UserAttributes of a user whose last endpoint goes",
        "gone",
        "a user is only an id that endpoints share",
    ),
    Choice(
        "The 16th endpoint of a user on APNS_SANDBOX",
        "400, as for SMS and EMAIL",
        "in neither of AWS's lists; reported as not making room (amplify-flutter#3560)",
    ),
    Choice(
        "The Address of an endpoint that makes room for a user's 16th",
        "kept: the next update of that endpoint makes it ACTIVE again, without a user",
        "the documents take away the status and the UserId only",
    ),
    Choice(
        "UserAttributes of an endpoint that makes room for a user's 16th",
        "gone with its UserId",
        "they belong to the user, whose other endpoints keep them",
    ),
    Choice(
        "Which endpoints count towards a user's 15",
        "ACTIVE and INACTIVE ones",
        "the documents count endpoints, whatever their status",
    ),
    Choice(
        "An EffectiveDate that cannot be read, when the oldest is looked for",
        "the oldest of all",
        "it has to be ordered somehow; a zone that is missing is UTC",
    ),
    Choice(
        "Endpoints with one EffectiveDate, when the oldest is looked for",
        "the one that was made first",
        "the same one each time",
    ),
)

_QUOTAS = (
    Choice(
        "250 names of attributes",
        "of an application: Attributes, Metrics and UserAttributes of all its endpoints together",
        "AWS's table says so; the text below it says of an endpoint",
    ),
    Choice(
        "Names that no endpoint has any more",
        "count until RemoveAttributes frees them",
        "names belong to the application",
    ),
    Choice(
        "One name under Attributes and under UserAttributes",
        "counts twice",
        "they are two attributes",
    ),
    Choice(
        "15 KB of an endpoint",
        "15,360 bytes of what requests brought, stored and new, as compact JSON in UTF-8",
        "AWS does not say what is measured; ids, dates, status and opt-out are the service's",
    ),
    Choice(
        "An endpoint that outgrows 15 KB by the attributes of its user",
        "refused if the update is its own, else kept",
        "another endpoint's update cannot be blamed for it",
    ),
    Choice(
        "Characters, of which a name has 50 and a value 100",
        "code points of Unicode",
        "AWS does not say; neither bytes nor UTF-16 units are characters",
    ),
    Choice(
        "Lengths of ids, addresses, names of metrics and fields",
        "not limited, but by 15 KB for the endpoint and 7 MB for the body",
        "AWS gives no limit",
    ),
    Choice(
        "The number of applications",
        "not limited",
        "tests make many; AWS has 100 in a region",
    ),
    Choice(
        "Calls a second",
        "not limited, unless `pe serve --quotas` or `--throttle` says so",
        "tests and loads are to be fast",
    ),
    Choice("1,000 KB, 4 MB, 7 MB", "of 1,024", "the larger reading: what is refused is too big"),
    Choice("The size of an answer", "not limited", "a user's 15 endpoints are far from 7 MB"),
)

_REMOVED = (
    Choice(
        "RemoveAttributes: values that are stored",
        "stay, and still reach the endpoints of their user",
        "the operation's text; `Blacklist` itself says removed (aws-sdk-js#3180)",
    ),
    Choice(
        "RemoveAttributes: later values of removed attributes",
        "left out silently, in every operation and for ever",
        "AWS stops capturing, and has no operation to start again",
    ),
    Choice(
        "RemoveAttributes: names in the answer",
        "those that the application knew and that were meant, in order",
        "AWS: the names that were removed",
    ),
    Choice(
        "RemoveAttributes: globs",
        "`*` any text, `?` one character, `[ab]` one of some; a name is also itself",
        "AWS names globs without rules",
    ),
    Choice(
        "RemoveAttributes: how many",
        "1,000 names and 100 globs of 100 characters for each type of an application",
        "every update is held against them",
    ),
    Choice(
        "RemoveAttributes without Blacklist",
        "accepted, removes nothing",
        "botocore's model does not require it",
    ),
)

_EVENTS = (
    Choice(
        "PutEvents: the events",
        "checked, acknowledged one by one, and not kept",
        "nothing here would read them",
    ),
    Choice(
        "PutEvents: an endpoint that is refused",
        "400 in its item in the words of an update; the others, and its events, are accepted",
        "the answer has room for it",
    ),
    Choice(
        "PutEvents: an empty Endpoint",
        "accepted; no endpoint is made or changed",
        "Amplify sends it with every event",
    ),
    Choice(
        "PutEvents: a BatchItem of another shape",
        "400 for the whole request",
        "there is no item to answer for",
    ),
    Choice(
        "PutEvents: a BatchItem without endpoints",
        "accepted",
        "there is nothing to refuse",
    ),
    Choice(
        "PutEvents: how many endpoints",
        "100, as events are 100",
        "AWS limits the events only",
    ),
    Choice(
        "PutEvents: 40 names of attributes and metrics",
        "in each event",
        "AWS: for each event, 40 per request",
    ),
    Choice(
        "PutEvents: an event over a limit, or whose Timestamp is no date",
        "400 for it",
        "AWS drops it; this says so",
    ),
    Choice(
        "PutEvents: Duration of a session that is not stop minus start",
        "400 for the event, in AWS's words",
        "seen in the field (DavidWells/analytics)",
    ),
)

_APPLICATIONS = (
    Choice(
        "An application that does not exist",
        "made on the first write of an endpoint, its id as its name (not in moto)",
        "--local needs no setup",
    ),
    Choice(
        "The account and region in an application's ARN",
        "000000000000, us-east-1",
        "the service's form, and no real account's",
    ),
    Choice(
        "The name of an application",
        "up to 1,024 characters",
        "AWS gives no limit, and an answer must have an end",
    ),
    Choice(
        "GetApps without page-size, and with a large one",
        "100 applications a page, oldest first; at most 1,000",
        "AWS's quota; an answer must have an end",
    ),
    Choice(
        "DeleteApp",
        "its endpoints and names of attributes are gone with it",
        "an id that is used again begins anew",
    ),
)

_REQUESTS = (
    Choice(
        "Ids of applications and endpoints",
        "empty ones, `.`, `..`, `$ { }` and control characters are refused with 400",
        "`$ { }` are documented; the others cannot travel in every HTTP path",
    ),
    Choice(
        "Endpoint ids that differ in case only",
        "one endpoint by Unicode's small letters; shown as it was first written",
        "AWS says case-insensitive, and not how it is shown",
    ),
    Choice(
        "Unknown members, read-only ones such as CohortId, and Id in UpdateEndpoint",
        "400",
        "a typing error must not pass",
    ),
    Choice(
        "ChannelType, OptOut and EndpointStatus in small letters",
        "400",
        "AWS documents capital letters only",
    ),
    Choice("A member that a body has twice", "the last one counts", "as JSON parsers do"),
    Choice(
        "Signatures, credentials and Content-Type",
        "not looked at",
        "there is no account here",
    ),
    Choice(
        "How much a client may ask of `pe serve` at once",
        "32,768 bytes and 128 headers of a head, else 431; 32 requests behind one, else 429",
        "more than any client of AWS sends, and memory stays flat",
    ),
    Choice(
        "How long `pe serve` waits for a client",
        "60 seconds for a whole request or the next one; the longest idle makes room for others",
        "nobody keeps others out",
    ),
    Choice(
        "An operation of Pinpoint that is not here",
        "404 NotFoundException that names it",
        "every client raises it as an error of the service",
    ),
    Choice(
        "Messages of errors",
        "AWS's where one was seen, else ours; never a value of the request",
        "values are personal data",
    ),
)

CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "Updates of endpoints": _UPDATES,
    "Addresses and status": _ADDRESSES,
    "Users": _USERS,
    "Quotas": _QUOTAS,
    "Removed attributes": _REMOVED,
    "Events": _EVENTS,
    "Applications": _APPLICATIONS,
    "Requests and errors": _REQUESTS,
}
