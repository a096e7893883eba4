"""Talks to the service through boto3's Pinpoint client."""
