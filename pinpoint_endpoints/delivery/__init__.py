"""Sends documents: plans calls, makes several at a time, retries, writes a journal, compares."""
