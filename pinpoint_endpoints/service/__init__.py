"""Endpoints in, outcomes out: boto3's Pinpoint client and what it answers."""
