"""What the local Pinpoint does where AWS's documents are silent: with requests as such."""

from pinpoint_endpoints.local.choice import Choice

ABOUT_EVENTS = (
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
        "PutEvents: an application that does not exist",
        "made if an endpoint is stored; 404 if all Endpoints are empty; else 400 for those refused",
        "as updates make it; what is wrong is told first, as for updates",
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
        "400 for it; dates are read as EffectiveDate is, and may not be empty",
        "AWS drops it; this says so",
    ),
    Choice(
        "PutEvents: Duration of a session that is not stop minus start",
        "400 for the event, in AWS's words",
        "seen in the field (DavidWells/analytics)",
    ),
)

ABOUT_APPLICATIONS = (
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

ABOUT_REQUESTS = (
    Choice(
        "Ids of applications and endpoints",
        "empty ones, `.`, `..`, `$ { }` and control characters: 400, whatever is asked of them",
        "`$ { }` are documented; the others cannot travel in every HTTP path",
    ),
    Choice(
        "Endpoint ids of over 2,048 characters",
        "400",
        "AWS names no limit; longer ones could be stored in batches, and never be read",
    ),
    Choice(
        "Endpoint ids that differ in case only",
        "one endpoint by Unicode's small letters, one sigma; shown as it was first written",
        "AWS says case-insensitive, and not how it is shown",
    ),
    Choice(
        "Unknown members, read-only ones such as CohortId, and Id in UpdateEndpoint",
        "400, in every operation",
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
        "AWS's where one was seen, else ours; names and ids may be in them, no other values",
        "values are personal data; names that look like an address are masked",
    ),
)
