"""Configurations of a running devnet, broken at one place; and a coordinator that answers as a test wants."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRETS = ("client", "admin", "miner")


def broken(config: Path, folder: Path, *edits: tuple[str, str], count: int = 0) -> Path:
    """The file with patterns replaced (`count` 0: everywhere), in a folder of its own."""
    text = config.read_text()
    for pattern, replacement in edits:
        text, times = re.subn(pattern, replacement, text, count=count)
        assert times, pattern
    path = folder / "config.toml"
    path.write_text(text)
    return path


def secrets_of(config: Path) -> list[str]:
    """Everything that must never be printed."""
    keys = [(config.parent / "keys" / role).read_text().strip() for role in SECRETS]
    assert all(len(key) > 8 for key in keys)
    return keys


@dataclass
class Stub:
    """A coordinator on loopback. `answer(method, path)` gives status and body; None hangs up without an answer."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    post: tuple[int, object] | None = None

    def answer(self, method: str, path: str) -> tuple[int, object] | None:
        if method == "POST":
            return self.post
        if path == "/v1/health":
            return 200, {"status": "ok", "env": "dev"}
        if path.startswith("/v1/explorer/receipts"):
            return 200, {"jobId": "all", "items": []}
        return 404, {"detail": "job not found"}

    @property
    def posts(self) -> list[str]:
        return [line for line in self.asked if line.startswith("POST")]


@contextmanager
def stub_coordinator() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            stub.asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("content-length") or 0))
            said = stub.answer(self.command, self.path)
            if said is None:
                self.close_connection = True
                return
            body = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def local_config(folder: Path, url: str, access: str = "submit") -> Path:
    """A coordinator on this machine, without SSH."""
    key = folder / "client.key"
    key.write_text("key-of-the-client-0001\n")
    key.chmod(0o600)
    path = folder / "config.toml"
    path.write_text(
        f'default_env = "here"\n[env.here]\naccess = "{access}"\n[env.here.hosts.box]\naddress = "local"\n'
        f'[env.here.coordinator]\nhost = "box"\nurl = "{url}"\nclient_file = "{key}"\n'
    )
    return path
