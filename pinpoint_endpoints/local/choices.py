"""What the local Pinpoint does where AWS's documents are silent: what it is about → choices."""

from collections.abc import Mapping

from pinpoint_endpoints.local.choice import Choice
from pinpoint_endpoints.local.choices_of_requests import (
    ABOUT_APPLICATIONS,
    ABOUT_EVENTS,
    ABOUT_REQUESTS,
)

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
        "stored as it is; 400 for ChannelType, OptOut, EndpointStatus and the name of an attribute",
        "the only way to clear a field: null is refused; these have no empty value",
    ),
    Choice(
        "The empty name of a metric",
        "accepted",
        "AWS limits the names of attributes only",
    ),
    Choice(
        "An attribute whose value is a text and no list, as in AWS's HTTP example",
        "400",
        "boto3 refuses it, and the service model has lists only",
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
        "A later update that clears Address, or opts in without one",
        "400 Missing Address, unless OptOut is ALL after it",
        "what is refused at once is not to be had in two steps",
    ),
    Choice(
        "An endpoint of an older store that has neither Address nor OptOut ALL",
        "takes updates that name neither of the two",
        "they do nothing about it, and are not to blame",
    ),
    Choice(
        "An EffectiveDate older than the stored one, or empty",
        "accepted, and stored",
        "nothing forbids it",
    ),
    Choice(
        "An EffectiveDate that is no date and time of ISO 8601",
        "400, by the rule PE209; a date alone, and a time without a zone, are accepted",
        "as the Timestamp of an event; what cannot be read cannot be compared",
    ),
    Choice(
        "A RequestId in an update, as whoever sends back what was read has it",
        "accepted and not stored: the stored one is the RequestID of the answer",
        "AWS: generated each time; so one can see whether one's update is there",
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
        "An EffectiveDate that is empty or of an older store, when the oldest is looked for",
        "the oldest of all, if it cannot be read",
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

CHOICES: Mapping[str, tuple[Choice, ...]] = {
    "Updates of endpoints": _UPDATES,
    "Addresses and status": _ADDRESSES,
    "Users": _USERS,
    "Quotas": _QUOTAS,
    "Removed attributes": _REMOVED,
    "Events": ABOUT_EVENTS,
    "Applications": ABOUT_APPLICATIONS,
    "Requests and errors": ABOUT_REQUESTS,
}
