"""Who may talk to the review server, and what it says to others."""

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsvoice.annotate.review.server import LARGEST_BODY, ReviewServer
from newsvoice.annotate.review.session import ABSENT, Session
from newsvoice.errors import NewsvoiceError
from tests.newsvoice.annotate.build import A


@pytest.fixture
def server(folder: Path) -> Iterator[ReviewServer]:
    files = {"ship": folder / "articles/ship.txt"}
    running = ReviewServer(Session(files, annotations=folder / "gold", annotator="ada"))
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


class Reply:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server: ReviewServer, method: str, path: str, body: Any = None, **headers: str | None) -> Reply:
    """Send a request as the server's own page would, except for what `headers` change (None: leave out)."""
    host = f"127.0.0.1:{server.server_port}"
    sent = {"Host": host, "Origin": f"http://{host}", "Content-Type": "application/json"}
    sent |= {key.replace("_", "-"): value for key, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        for key, value in sent.items():
            if value is not None:
                connection.putheader(key, value)
        if "Content_Length" not in headers:
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data)
        return Reply(connection.getresponse())
    finally:
        connection.close()


VOTE = {"start": 0, "end": 18, "label": A, "version": ABSENT, "undo": False}


def own(server: ReviewServer, path: str = "") -> str:
    return f"/{server.token}/{path}"


def test_the_page_is_whole_and_locked_down(server: ReviewServer) -> None:
    reply = ask(server, "GET", own(server))
    page = reply.body.decode()

    assert reply.status == 200
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert page.count(f'nonce="{nonce}"') == 2
    assert "http://" not in page
    assert "https://" not in page
    assert "Ask in this order" in page
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-store"
    assert nonce not in ask(server, "GET", own(server)).body.decode()


def test_it_listens_to_this_machine_alone(server: ReviewServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_vote_is_saved(server: ReviewServer, folder: Path) -> None:
    reply = ask(server, "POST", own(server, "articles/0"), VOTE)
    assert reply.status == 200
    assert reply.json["units"][0]["own"] == A
    assert (folder / "gold/ship.jsonl").exists()


def test_a_vote_on_an_old_version_is_refused_with_the_new_one(server: ReviewServer) -> None:
    version = ask(server, "POST", own(server, "articles/0"), VOTE).json["version"]
    reply = ask(server, "POST", own(server, "articles/0"), VOTE)
    assert (reply.status, reply.json["version"]) == (409, version)


def test_what_the_page_has_already_is_not_sent_again(server: ReviewServer) -> None:
    first = ask(server, "GET", own(server, "articles/0"))
    again = ask(server, "GET", own(server, "articles/0"), If_None_Match=first.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    ask(server, "POST", own(server, "articles/0"), VOTE)
    assert ask(server, "GET", own(server, "articles/0"), If_None_Match=first.headers["ETag"]).status == 200


@pytest.mark.parametrize("path", ["", "articles/0"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_given_without_the_secret(server: ReviewServer, method: str, path: str) -> None:
    for secret in ("x" * len(server.token), "", server.token[:-1], "é"):
        quoted = secret.encode("latin1").decode("latin1").replace("é", "%C3%A9")
        assert ask(server, method, f"/{quoted}/{path}", VOTE).status == 403
    assert ask(server, method, "/", VOTE).status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", None])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_rebound_name_gets_nothing(server: ReviewServer, folder: Path, method: str, host: str | None) -> None:
    named = host.format(port=server.server_port) if host else None
    assert ask(server, method, own(server, "articles/0"), VOTE, Host=named).status == 421
    assert not (folder / "gold").exists()


def test_localhost_is_this_server_too(server: ReviewServer) -> None:
    host = f"localhost:{server.server_port}"
    reply = ask(server, "POST", own(server, "articles/0"), VOTE, Host=host, Origin=f"http://{host}")
    assert reply.status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", None])
def test_another_sites_page_changes_nothing(server: ReviewServer, folder: Path, origin: str | None) -> None:
    assert ask(server, "POST", own(server, "articles/0"), VOTE, Origin=origin).status == 403
    assert not (folder / "gold").exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_can_send_is_no_vote(server: ReviewServer, folder: Path, kind: str | None) -> None:
    assert ask(server, "POST", own(server, "articles/0"), VOTE, Content_Type=kind).status == 415
    assert not (folder / "gold").exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"7",
        {},
        VOTE | {"start": "0"},
        VOTE | {"start": True},
        VOTE | {"end": None},
        VOTE | {"label": 3},
        VOTE | {"version": None},
        VOTE | {"undo": 1},
    ],
)
def test_a_malformed_vote_is_refused(server: ReviewServer, folder: Path, body: Any) -> None:
    reply = ask(server, "POST", own(server, "articles/0"), body)
    assert (reply.status, reply.json) == (400, {"error": "not a vote"})
    assert not (folder / "gold").exists()


@pytest.mark.parametrize("length", [str(LARGEST_BODY + 1), "-1", "x", None])
def test_a_vote_without_a_decent_length_is_not_read(server: ReviewServer, length: str | None) -> None:
    assert ask(server, "POST", own(server, "articles/0"), VOTE, Content_Length=length).status == 413


def test_a_vote_that_does_not_fit_says_why(server: ReviewServer) -> None:
    reply = ask(server, "POST", own(server, "articles/0"), VOTE | {"label": "opinion"})
    assert reply.status == 422
    assert "unknown label 'opinion'" in reply.json["error"]


@pytest.mark.parametrize(
    "path", ["articles/1", "articles/-1", "articles/x", "articles/²", "articles", "../", "style.css"]
)
def test_there_is_nothing_else(server: ReviewServer, path: str) -> None:
    from urllib.parse import quote

    assert ask(server, "GET", own(server, quote(path))).status == 404
    assert ask(server, "POST", own(server, quote(path)), VOTE).status == 404


def test_every_server_has_a_secret_of_its_own(server: ReviewServer, folder: Path) -> None:
    other = ReviewServer(server.session)
    other.server_close()
    assert other.token != server.token
    assert len(other.token) >= 32


def test_a_taken_port_is_named(server: ReviewServer) -> None:
    with pytest.raises(NewsvoiceError, match=f"port {server.server_port}: cannot listen"):
        ReviewServer(server.session, port=server.server_port)
