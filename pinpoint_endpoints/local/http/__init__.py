"""The local Pinpoint over HTTP: what `pe serve` runs. Needs the extra `serve`."""
