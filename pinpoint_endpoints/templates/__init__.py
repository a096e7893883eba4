"""Message templates of Pinpoint: read, rendered and checked without the service."""
