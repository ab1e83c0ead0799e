"""A server for the page on which a training is seen: for browsers of this machine, and for those who know its address.

Moments go one way, to whoever looks, so that server-sent events do: the standard library's server writes them and the
browser connects again by itself; what is ordered on the page comes back as small requests. Sockets would take another
package, and a loop of their own, and bring nothing here.

The address holds a token, without which nothing is answered; nor is a request that names another host, as those of a
name that was bound to this address do, or that comes from a page of another origin.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .broadcast import VIEWERS, Broadcast

HOST = "127.0.0.1"
LONGEST = 4096  # bytes of an order
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page has a policy of its own, but this may not be in it
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Order = dict[str, Any]


class WatchServer(ThreadingHTTPServer):
    """Serves a page, what `broadcast` shows, and hands orders on to `obey`; `recording` returns a page to be kept.

    `obey` raises ValueError for an order that cannot be followed. Listens from the beginning, on a port that is free
    unless one is named; OSError where that is taken, ValueError where there is no such port.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32

    def __init__(
        self,
        page: Callable[[], str],
        broadcast: Broadcast,
        obey: Callable[[Order], None],
        recording: Callable[[], str],
        port: int = 0,
    ) -> None:
        self.page, self.broadcast, self.obey, self.recording = page, broadcast, obey, recording
        self.token = token_urlsafe(24)
        if not 0 <= port < 1 << 16:
            raise ValueError(f"a port is a number from 1 to 65535, or 0 for one that is free; got {port}")
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}, choose another", f"port {port}") from None
        self.hosts = [f"{name}:{self.server_port}" for name in (HOST, "localhost")]
        self.thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="microgradnn watch", daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{self.hosts[0]}/?token={self.token}"

    def close(self, why: str) -> None:
        """Say to all viewers why it ends, and stop listening."""
        self.broadcast.end(why)
        with self.broadcast.changed:
            self.broadcast.changed.wait_for(lambda: not self.broadcast.viewers, 1.0)  # until they have heard it
        self.shutdown()
        self.server_close()
        self.thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a viewer who is gone."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: WatchServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "microgradnn", ""
    timeout = 60  # seconds in which a request arrives, or some of an answer leaves

    def do_GET(self) -> None:
        """Send the page, the events, or a recording."""
        ways: dict[str, Callable[[], None]] = {
            "/": lambda: self.answer(200, self.server.page(), "text/html"),
            "/events": self.send_events,
            "/recording": lambda: self.answer(200, self.server.recording(), "text/html", "training.html"),
        }
        self.go(ways)

    def do_POST(self) -> None:
        """Take an order."""
        self.go({"/do": self.take_order})

    def go(self, ways: dict[str, Callable[[], None]]) -> None:
        """Answer by the path, if the request may be answered."""
        path = urlsplit(self.path).path
        why = self.refusal()
        if why:
            self.answer(403, why)
        elif path not in ways:
            self.answer(404, f"nothing is at {path!r:.80}")
        else:
            ways[path]()

    def refusal(self) -> str:
        """Say why a request is not answered; '' where it is."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in self.server.hosts:
            return f"this server is {self.server.hosts[0]}, and no other host"
        if origin is not None and origin != f"http://{host}":
            return "this is for the server's own page, and for no other origin"
        if self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return "this is not for pages of other sites; type or paste the address"
        given = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
        if not compare_digest(given.encode(), self.server.token.encode()):
            return "the address needs the token that the program has printed"
        return ""

    def take_order(self) -> None:
        """Hand an order on, and answer with what is wrong with it, or with nothing."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            self.answer(413, f"an order has at most {LONGEST} bytes, and says how many")
            return
        if self.headers.get_content_type() != "application/json":
            self.answer(415, "an order is JSON")
            return
        try:
            order = json.loads(self.rfile.read(int(length)))
            if not isinstance(order, dict):
                raise ValueError(f"an order is an object of JSON; got {order!r:.60}")
            if any(isinstance(part, (dict, list)) for part in order.values()):
                raise ValueError(f"an order is made of texts and numbers; got {order!r:.100}")
            self.server.obey(order)
        except (ValueError, OverflowError, RecursionError) as error:
            self.answer(200, str(error))  # which the page shows; of other numbers a browser complains itself
        else:
            self.answer(200, "")

    def send_events(self) -> None:
        """Send what is new until the viewer leaves."""
        if not self.server.broadcast.count(1):
            self.answer(503, f"there are {VIEWERS} viewers already")
            return
        try:
            self.begin_answer(200, "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for kind, text in self.server.broadcast.follow():
                self.wfile.write(f"event: {kind}\ndata: {text}\n\n".encode() if kind else b": still here\n\n")
        except OSError:
            self.close_connection = True
        finally:
            self.close_connection = True
            self.server.broadcast.count(-1)

    def begin_answer(self, code: int, kind: str) -> None:
        """Send the headers that all answers have."""
        self.send_response(code)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        for name, value in HEADERS.items():
            self.send_header(name, value)

    def answer(self, code: int, text: str, kind: str = "text/plain", file: str = "") -> None:
        """Send a text, to be kept as a file if it has a name."""
        if code >= 400:
            self.close_connection = True  # what else was sent is not read
        data = text.encode()
        self.begin_answer(code, kind)
        if file:
            self.send_header("Content-Disposition", f'attachment; filename="{file}"')
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: the terminal is the program's."""
