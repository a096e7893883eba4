"""The environment variables that clients such as boto3 need, although their values are ignored."""

CLIENT_VARIABLES = {
    "AWS_REGION": "us-east-1",  # what other SDKs than boto3 read
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


def assignments() -> str:
    """Return them as a shell takes them."""
    return " ".join(f"{name}={value}" for name, value in CLIENT_VARIABLES.items())
