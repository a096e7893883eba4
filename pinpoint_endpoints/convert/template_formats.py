"""Declare the formats that message templates can be converted to.

What converts them is imported when it is needed: most conversions are of endpoints.
"""

from collections.abc import Iterable, Mapping, Sequence

from pinpoint_endpoints.convert.account import Account, Action, Rule
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.documents.model import Document


def _rules(*rules: tuple[str, Action, str]) -> Mapping[str, Rule]:
    return {name: Rule(name, action, text) for name, action, text in rules}


_FUNCTION = (
    "function",
    Action.LOST,
    "a function of CloudFormation: what it returns is known in the stack alone",
)
_NO_TEXT = ("no-text", Action.LOST, "the template has no text")
CONNECT_RULES = _rules(
    _FUNCTION,
    _NO_TEXT,
    ("renamed", Action.CHANGED, "the variable has the name of the profile's member"),
    (
        "endpoint-attribute",
        Action.CHANGED,
        "the profile has it as NAME, or as Endpoint_NAME if users have a NAME too",
    ),
    ("message-value", Action.CARRIED, "a value of the message: pass it as a custom attribute"),
    ("default", Action.CHANGED, "defaults are in defaultAttributes"),
    (
        "recommendation",
        Action.CHANGED,
        "recommendations are catalog items of Connect: check what they hold",
    ),
    (
        "index",
        Action.CHANGED,
        "the others of several values are NAME_1, NAME_2 …; the first is NAME_0 then",
    ),
    (
        "region",
        Action.TRUNCATED,
        "Region is State in the United States, and Province elsewhere: State is written",
    ),
    ("list", Action.LOST, "attributes of a profile are texts: write out NAME_0, NAME_1 …"),
    ("with", Action.LOST, "Connect has no with: write the whole names"),
    ("unknown-helper", Action.LOST, "neither Pinpoint nor Connect has it: rendering fails there"),
    ("no-member", Action.LOST, "profiles have nothing for it"),
    ("no-counterpart", Action.LOST, "Connect has no templates for voice and in-app messages"),
)
SES_RULES = _rules(
    _FUNCTION,
    _NO_TEXT,
    (
        "carried",
        Action.CARRIED,
        "TemplateData has to have it: a line of `pe convert --to ndjson` for each recipient",
    ),
    (
        "default",
        Action.CHANGED,
        "SES has no defaults: merge NAME.defaults.json into TemplateData",
    ),
    ("not-escaped", Action.CHANGED, "SES escapes nothing: escape values in TemplateData"),
    ("not-email", Action.SKIPPED, "SES sends e-mails"),
    (
        "helper",
        Action.LOST,
        "SES does not promise it: put the result into TemplateData",
    ),
    ("headers", Action.LOST, "templates of SES have no headers: name them when sending"),
    ("too-large", Action.LOST, "a stored template has 500 KB at most"),
)


_MAPPING: Sequence[MappedMember] = (
    MappedMember("User.UserAttributes.NAME", "Attributes.Customer.Attributes.NAME", "without .[0]"),
    MappedMember(
        "Attributes.NAME",
        "Attributes.Customer.Attributes.NAME",
        "Endpoint_NAME if users have a NAME too",
    ),
    MappedMember("Metrics.NAME", "Attributes.Customer.Attributes.Metrics_NAME"),
    MappedMember("Demographic.NAME", "Attributes.Customer.Attributes.Demographic_NAME"),
    MappedMember("Location.Latitude", "Attributes.Customer.Attributes.Location_Latitude"),
    MappedMember("Location.City", "Attributes.Customer.City", "Country and PostalCode alike"),
    MappedMember("Location.Region", "Attributes.Customer.State", "Province outside the US"),
    MappedMember("User.UserId", "Attributes.Customer.AccountNumber"),
    MappedMember("Address", "Attributes.Customer.EmailAddress, …PhoneNumber", "by the channel"),
    MappedMember("OptOut", "Attributes.Customer.Attributes.PinpointOptOut"),
    MappedMember("EffectiveDate", "Attributes.Customer.Attributes.PinpointEffectiveDate"),
    MappedMember("Recommendations", "Attributes.Customer.Recommendations", "catalog items"),
    MappedMember("Id, ChannelType, CreationDate, EndpointStatus, RequestId", ""),
    MappedMember("values of the message", "the same", "a custom attribute"),
    MappedMember("DefaultSubstitutions", "defaultAttributes"),
)


def _write_connect(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    from pinpoint_endpoints.convert.message_templates import write_connect

    write_connect(documents, output, account, options)


def _write_ses(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    from pinpoint_endpoints.convert.message_templates import write_ses

    write_ses(documents, output, account, options)


CONNECT = Format(
    "connect",
    "a file for `aws qconnect create-message-template --cli-input-json` for each template",
    _write_connect,
    _MAPPING,
    tuple(CONNECT_RULES.values()),
    reads_templates=True,
)
SES_TEMPLATES = Format(
    "ses",
    "a file for `aws sesv2 create-email-template --cli-input-json` for each template",
    _write_ses,
    (MappedMember("variables", "the same", "TemplateData is a line of `pe convert --to ndjson`"),),
    tuple(SES_RULES.values()),
    reads_templates=True,
)
