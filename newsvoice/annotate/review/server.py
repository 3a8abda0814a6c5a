"""Serves the review page to this machine alone.

Bound to the loopback address. Any page that the browser has open can send requests there, so each request
must carry the secret that stands in the URL, be addressed to this server by name (against DNS rebinding) and,
where it changes something, come from this server's own page (against forged requests).
"""

import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from newsvoice.annotate.review.page import render
from newsvoice.annotate.review.session import Session
from newsvoice.errors import NewsvoiceError

LOOPBACK: Final = "127.0.0.1"
# A vote is some hundred bytes.
LARGEST_BODY: Final = 10_000
_JSON: Final = "application/json"


class ReviewServer(ThreadingHTTPServer):
    """An HTTP server for one session, on the loopback address; `url` is where its page is.

    Raises `NewsvoiceError` when the port is taken.
    """

    daemon_threads = True

    def __init__(self, session: Session, *, port: int = 0) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(24)
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise NewsvoiceError(
                f"cannot listen ({error.strerror})", where=f"port {port}", advice="leave --port out for a free one"
            ) from error
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    @property
    def url(self) -> str:
        """Where the page is, the secret included."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    protocol_version = "HTTP/1.1"
    server_version = "newsvoice"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the library is silent."""

    def _answer(self, action: Any) -> None:
        """Check the request's way here, act, and turn what the user can mend into a message for the page."""
        path = urlsplit(self.path).path.split("/")
        if self.headers.get("Host") not in self.server.hosts:
            self._send(421, {"error": "not addressed to this server"})
        elif len(path) < 3 or not secrets.compare_digest(path[1].encode(), self.server.token.encode()):
            self._send(403, {"error": "open the address that the command printed"})
        else:
            try:
                action(path[2:])
            except NewsvoiceError as error:
                self._send(422, {"error": str(error)})

    def _get(self, path: list[str]) -> None:
        session = self.server.session
        if path == [""]:
            self._send_page()
        elif (number := self._number(path)) is not None:
            state = session.state(number)
            if self.headers.get("If-None-Match") == f'"{state["version"]}"':
                self._send(304, None)
            else:
                self._send(200, state)
        else:
            self._send(404, {"error": "no such page"})

    def _post(self, path: list[str]) -> None:
        origin = self.headers.get("Origin", "")
        if origin not in {f"http://{host}" for host in self.server.hosts}:
            self._send(403, {"error": "not from this server's page"})
            return
        if self.headers.get("Content-Type") != _JSON:
            self._send(415, {"error": "not JSON"})
            return
        number = self._number(path)
        if number is None:
            self._send(404, {"error": "no such article"})
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self._send(413, {"error": "not a vote"})
            return
        try:
            body = json.loads(self.rfile.read(int(length)))
            start, end, label, version, undo = (body[key] for key in ("start", "end", "label", "version", "undo"))
            fits = type(start) is int and type(end) is int and isinstance(label, str | None) and type(undo) is bool
            if not fits or not isinstance(version, str):
                raise TypeError
        except (KeyError, TypeError, ValueError):
            self._send(400, {"error": "not a vote"})
            return
        answer = self.server.session.vote(number, start=start, end=end, label=label, version=version, undo=undo)
        self._send(409 if answer.outdated else 200, answer.state)

    def _number(self, path: list[str]) -> int | None:
        """Return the article's number, from 0, of a path `articles/N`; None for any other."""
        if len(path) != 2 or path[0] != "articles" or not (path[1].isascii() and path[1].isdigit()):
            return None
        number = int(path[1])
        return number if number < len(self.server.session.files) else None

    def _send_page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        session = self.server.session
        page = render(
            nonce=nonce,
            articles=len(session.files),
            annotator=session.annotator,
            listed=session.wanted is not None,
            blind=session.blind,
        )
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._write(200, page.encode(), {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy})

    def _send(self, status: int, value: dict[str, Any] | None) -> None:
        body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        headers = {"Content-Type": _JSON}
        if value is not None and "version" in value:
            headers["ETag"] = f'"{value["version"]}"'
        if status >= 400 and self.command == "POST":
            # The body of a refused request was not read.
            self.close_connection = True
        self._write(status, body, headers)

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.end_headers()
        self.wfile.write(body)
