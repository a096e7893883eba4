"""What the local Pinpoint does where AWS's documents are silent: (topic, choice, reason) rows."""

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


CHOICES: tuple[Choice, ...] = (
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
    Choice("An empty string", "stored as it is", "the only way to clear a field: null is refused"),
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
    Choice("An EffectiveDate older than the stored one", "accepted", "nothing forbids it"),
    Choice("UserId", "case-sensitive; an empty one means no user", "only endpoint ids are not"),
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
    Choice("GetUserEndpoints for a user without endpoints", "404", "there is no such user"),
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
        "UpdateEndpointsBatch with a wrong item",
        "nothing of the batch is stored",
        "the answer has no room for results item by item",
    ),
    Choice("Two items of one batch for one endpoint", "applied in order", "as single updates are"),
    Choice("CohortId", "a stable hash of the id", "AWS's is random: this one repeats in tests"),
    Choice(
        "When an update can be read back", "at once", "202 promises less, and nothing forbids it"
    ),
    Choice(
        "An application that does not exist",
        "made on the first write, its id as its name (not in moto)",
        "--local needs no setup",
    ),
    Choice(
        "The account and region in an application's ARN",
        "000000000000, us-east-1",
        "the service's form, and no real account's",
    ),
    Choice(
        "Ids of applications and endpoints",
        "empty ones, `.`, `..`, `$ { }` and control characters are refused with 400",
        "`$ { }` are documented; the others cannot travel in every HTTP path",
    ),
    Choice("Unknown members, and Id in UpdateEndpoint", "400", "a typing error must not pass"),
    Choice("A member that a body has twice", "the last one counts", "as JSON parsers do"),
    Choice("7 MB", "7 MiB", "the larger reading: what is refused here is too big"),
    Choice("GetApps without page-size", "100 applications a page, oldest first", "AWS's quota"),
    Choice(
        "Messages of errors",
        "AWS's where one was seen, else ours; never a value of the request",
        "values are personal data",
    ),
)
