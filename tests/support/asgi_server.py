"""An ASGI application in, a real HTTP server with it on a free port out."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uvicorn import Config

from pinpoint_endpoints.local.http.server import TellingServer


@contextmanager
def serving_app(app: Any) -> Iterator[str]:
    """Serve an application in a thread of its own, and give the server's URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = TellingServer(Config(app, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        server.begun.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
