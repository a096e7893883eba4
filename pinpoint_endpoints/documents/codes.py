"""The stable codes of all problems."""

from functools import cache

UNREADABLE = "PE001"
EMPTY = "PE002"
ENCODING = "PE003"
SYNTAX = "PE004"
DUPLICATE_KEY = "PE005"
NOT_A_NUMBER = "PE006"
TOO_DEEP = "PE007"
YAML_FEATURE = "PE008"
SECOND_VALUE = "PE009"
TOO_LARGE = "PE010"
READ_DIFFERENTLY = "PE011"
HOLDS_NO_ENDPOINT = "PE012"
NOT_AN_ENDPOINT = "PE013"
LOOKALIKE = "PE014"
CSV_HEADER = "PE015"
CSV_ROW = "PE016"

UNKNOWN_MEMBER = "PE101"
WRONG_TYPE = "PE102"
NOT_IN_SET = "PE103"
OVER_LIMIT = "PE104"
OUT_OF_RANGE = "PE105"
MISSING_MEMBER = "PE106"
ENDPOINT_ID = "PE107"

PHONE_NUMBER = "PE201"
EMAIL_ADDRESS = "PE202"
APNS_ADDRESS = "PE203"
MISSING_ADDRESS = "PE204"
MISSING_CHANNEL_TYPE = "PE205"
COUNTRY = "PE206"
LOCALE = "PE207"
TIMEZONE = "PE208"
EFFECTIVE_DATE = "PE209"
COORDINATE_PRECISION = "PE210"
ATTRIBUTE_NAME = "PE211"
NAMES_THAT_DIFFER_IN_CASE = "PE212"
SHARED_NAME = "PE213"
EMPTY_LIST = "PE214"
TOO_MANY_NAMES = "PE215"
REQUEST_SIZE = "PE216"
READ_ONLY_MEMBERS = "PE217"
NO_ENDPOINT_ID = "PE218"
INVISIBLE_CHARACTER = "PE219"

SAME_ENDPOINT = "PE301"
SAME_ADDRESS = "PE302"
TOO_MANY_ENDPOINTS = "PE303"
TOO_MANY_NAMES_IN_RUN = "PE304"
USER_ATTRIBUTES_DIFFER = "PE305"


@cache
def of_schema() -> frozenset[str]:
    """Return the codes of what does not match the schema."""
    return _beginning_with("PE1")


@cache
def of_rules() -> frozenset[str]:
    """Return the codes of what the rules about single documents find."""
    return _beginning_with("PE2")


def _beginning_with(prefix: str) -> frozenset[str]:
    texts = (value for value in globals().values() if isinstance(value, str))
    return frozenset(text for text in texts if text.startswith(prefix))
