"""Types of the fixtures that are functions."""

from collections.abc import Callable
from subprocess import CompletedProcess

from pinpoint_endpoints import Document

RunPe = Callable[..., CompletedProcess[str]]
MakeDocument = Callable[..., Document]
