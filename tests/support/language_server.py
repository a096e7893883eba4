"""A language server as an editor talks to it: JSON-RPC over standard input and output."""

import json
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

Json = dict[str, Any]

MAX_RUN_SECONDS = 120
"""A server that hangs is killed after this time."""


class LanguageServer:
    """A server in a process of its own, with settings as an editor would send them."""

    def __init__(self, command: Sequence[str], folder: Path, settings: Json) -> None:
        self._folder = folder
        self._settings = settings
        self._last_id = 0
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder
        )
        self._end = threading.Timer(MAX_RUN_SECONDS, self._process.kill)
        self._end.start()

    def __enter__(self) -> Self:
        workspace = {"uri": self._folder.as_uri(), "name": self._folder.name}
        self.request(
            "initialize",
            processId=None,
            rootUri=workspace["uri"],
            workspaceFolders=[workspace],
            capabilities={
                "textDocument": {
                    "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                    "hover": {"contentFormat": ["markdown"]},
                    "publishDiagnostics": {},
                },
                "workspace": {"configuration": True, "workspaceFolders": True},
            },
            initializationOptions={},
        )
        self._send(method="initialized", params={})
        self._send(method="workspace/didChangeConfiguration", params={"settings": self._settings})
        return self

    def __exit__(self, *_: object) -> None:
        self._end.cancel()
        self._process.kill()
        self._process.communicate()

    def open(self, path: Path) -> list[Json]:
        """Open a file; return the server's diagnostics for it."""
        item = {
            "uri": path.as_uri(),
            "languageId": path.suffix.removeprefix("."),
            "version": 1,
            "text": path.read_text(encoding="utf-8"),
        }
        self._send(method="textDocument/didOpen", params={"textDocument": item})
        return self.marks_in(path)

    def marks_in(self, path: Path) -> list[Json]:
        """Return the diagnostics that the server publishes next for an open file."""
        while True:
            message = self._receive()
            is_published = message.get("method") == "textDocument/publishDiagnostics"
            if is_published and message["params"]["uri"] == path.as_uri():
                found: list[Json] = message["params"]["diagnostics"]
                return found

    def at(self, method: str, path: Path, line: int, character: int) -> Any:
        """Ask about a place in an open file, counted from 0."""
        return self.request(
            f"textDocument/{method}",
            textDocument={"uri": path.as_uri()},
            position={"line": line, "character": character},
        )

    def request(self, method: str, **params: Any) -> Any:
        """Send a request and return its result."""
        self._last_id += 1
        self._send(id=self._last_id, method=method, params=params)
        while True:
            message = self._receive()
            if message.get("id") == self._last_id and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _receive(self) -> Json:
        """Return the server's next message, after answering it if it is a question."""
        assert self._process.stdout is not None
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message: Json = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:
            self._send(id=message["id"], result=self._answer(message))
        return message

    def _answer(self, question: Json) -> Any:
        if question["method"] != "workspace/configuration":
            return None
        items = question["params"]["items"]
        return [self._settings.get(item.get("section", "")) for item in items]

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()
