"""Every limit of the service, once: rules, requests, pacing and the local Pinpoint read it here.

Source, unless a line names another: AWS, Amazon Pinpoint Developer Guide, "Quotas",
https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html
"""

from collections.abc import Mapping

KIBIBYTE = 1024
MEBIBYTE = 1024 * 1024

# Endpoints
MAX_ENDPOINT_BYTES = 15 * KIBIBYTE
SAFE_ENDPOINT_BYTES = 15 * 1000
"""The page says 15 KB, and not which kilobyte it means."""
MAX_ATTRIBUTE_NAMES = 250
"""Of Attributes, Metrics and UserAttributes together."""
MAX_ENDPOINTS_PER_USER = 15
EVICTING_CHANNELS = frozenset({"ADM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM"})
"""Channels in which a user's 16th endpoint makes the oldest one inactive.

Source: AWS, Amazon Pinpoint User Guide, audience-define-auto-inactive.
"""

# Segments; source of the values: AWS, Amazon Pinpoint User Guide, "Building segments"
MAX_SEGMENT_DIMENSIONS = 100
"""The page does not say what a dimension is: pe counts criteria."""
MAX_SEGMENT_VALUES = 100
"""Of all criteria together."""
MAX_CONSOLE_GROUPS = 2
"""Of segment groups in the console; the API takes more."""

# Requests
MAX_BATCH_ITEMS = 100
MAX_REQUEST_BYTES = 7_000_000
"""What is sent at most: the page says 7 MB, and not which megabyte it means."""
MAX_BODY_BYTES = 7 * MEBIBYTE
"""What the local Pinpoint accepts at most: the larger megabyte."""

# Events
MAX_EVENTS = 100
MAX_EVENTS_BYTES = 4 * MEBIBYTE
MAX_EVENT_BYTES = 1_000 * KIBIBYTE
MAX_EVENT_NAMES = 40
MAX_EVENT_NAME_LENGTH = 50
MAX_EVENT_VALUE_LENGTH = 200

# Import jobs of Amazon SES; source: AWS, Amazon SES Developer Guide, "Using the account-level
# suppression list" and "Using list management"
MAX_SUPPRESSED_ADDRESSES = 100_000
MAX_CONTACTS = 1_000_000
MAX_CONTACT_LIST_TOPICS = 20

# Message templates, and messages when they are rendered; lengths are in characters. Other sources:
# AWS, Amazon Pinpoint User Guide, "SMS character limits in Amazon Pinpoint"; botocore's service
# model, "EmailTemplateRequest"
MAX_TEMPLATE_LENGTH: Mapping[str, int] = {
    "EMAIL": 600_000,
    "SMS": 1_600,
    "PUSH": 4_000,
    "VOICE": 10_000,
    "INAPP": 200_000,
}
"""Of a push template, of each platform's part."""
MAX_ADM_TEMPLATE_LENGTH = 6_000
MAX_EMAIL_BYTES = 10_000_000
"""The page says 10 MB, and not which megabyte it means."""
MAX_EMAIL_HEADERS = 15
MAX_EMAIL_HEADER_LENGTH = 870
SMS_SINGLE_LENGTH: Mapping[str, int] = {"GSM-7": 160, "UCS-2": 70}
"""Of a message in one part."""
SMS_PART_LENGTH: Mapping[str, int] = {"GSM-7": 153, "UCS-2": 67}
"""Of each part of a message in several."""
MAX_SMS_LENGTH: Mapping[str, int] = {"GSM-7": 1_600, "UCS-2": 630}
MAX_PUSH_BYTES = 4_000
MAX_ADM_BYTES = 6_000
"""Of a payload: the page says 4 KB and 6 KB, and not which kilobyte it means."""
MAX_VOICE_LENGTH = 6_000
MAX_BILLED_VOICE_LENGTH = 3_000
"""Without the tags of SSML."""

# Tags; source: botocore's service model, "TagsModel"
MAX_TAGS = 50
MAX_TAG_KEY_LENGTH = 128
MAX_TAG_VALUE_LENGTH = 256

# Calls a second of an account; accounts of before 2023 may have 5,000 of Pinpoint. AWS does not say
# whether BatchPutProfileObject counts calls or objects: ten calls have as many objects as 100 of
# PutProfileObject
CALLS_PER_SECOND: Mapping[str, float] = {
    "UpdateEndpoint": 10,
    "UpdateEndpointsBatch": 2,
    "GetEndpoint": 10,
    "DeleteEndpoint": 5,
    "PutEvents": 15,
    "PutProfileObject": 100,
    "BatchPutProfileObject": 10,
}
OTHER_CALLS_PER_SECOND = 300.0
"""Of each other operation."""

# Calls under way at once, unless --concurrency says otherwise
CONCURRENT_CALLS = 10
CONCURRENT_BATCHES = 2
"""AWS counts calls in flight by the same quota as calls a second."""
CONCURRENT_LOOPBACK_CALLS = 8
CONCURRENT_LOCAL_CALLS = 4
"""While one call is stored, the next ones are validated and built."""

# Customer Profiles; sources: AWS, Amazon Connect Administrator Guide, "Amazon Connect service
# quotas" and "Object type mapping definitions"; botocore's service model "customer-profiles"
MAX_PROFILE_VALUE_LENGTH = 255
MAX_PROFILE_OBJECT_BYTES = 250_000
"""The page says 250 KB, and not which kilobyte it means."""
MAX_PROFILE_BATCH_ITEMS = 10
MAX_OBJECT_TYPE_FIELDS = 250
MAX_OBJECT_TYPE_KEYS = 10
MAX_PROFILE_OBJECT_DAYS = 1_098
MAX_IMPORT_FILE_BYTES = 125_000_000
"""Of the S3 integration: the page says 125 MB, and not which megabyte it means."""

MAX_TABLE_BYTES = 100_000_000
"""What other systems' importers take: Customer.io 100 MB ("Uploading people"), OneSignal 150 MB
("Import"), Airship 150 MB ("CSV formatting"), Braze 500 MB ("Import users")."""
