"""Requests that two servers could read differently, and connections that are not safe enough."""

from __future__ import annotations

import contextlib
import socket
import ssl

import pytest

from tests.production.conftest import Opened

pytestmark = pytest.mark.no_database

SMUGGLED = "GET /connexion HTTP/1.1\r\nHost: localhost\r\nX-Smuggled: 1\r\n\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
# What is sent, with a second request hidden in or after the body of the first.
AMBIGUOUS = {
    "length and chunks": f"{FORM}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": f"{FORM}Content-Length: 0\r\nContent-Length: 20\r\n\r\n",
    "a length with a sign": f"{FORM}Content-Length: +0\r\n\r\n",
    "a space before the colon": f"{FORM}Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n"
    "0\r\n\r\n",
    "an unknown coding": f"{FORM}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": f"{FORM}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
    "0\r\n\r\n",
    "a header after a bare line feed": f"{FORM}Content-Length: 5\r\nX-A: b\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": f"{FORM}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a NUL in a header": f"{FORM}X-A: b\x00c\r\nContent-Length: 0\r\n\r\n",
    "two hosts": f"Host: ailleurs.example\r\n{FORM}Content-Length: 0\r\n\r\n",
}


def answers(connection: socket.socket, words: str) -> bytes:
    """Send all at once; return all that comes back until the server hangs up."""
    connection.settimeout(20)
    connection.sendall(words.encode("latin-1"))
    heard = b""
    with contextlib.suppress(ConnectionResetError, ssl.SSLEOFError):
        while part := connection.recv(65536):
            heard += part
    return heard


def through_nginx(opened: Opened, words: str) -> bytes:
    trust = ssl.create_default_context(cafile=str(opened.production.certificate))
    with (
        socket.create_connection(("127.0.0.1", opened.production.https_port)) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        return answers(connection, words)


def check_refused(heard: bytes) -> None:
    head, _blank, _body = heard.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1]
    assert status in {b"400", b"501"}, head
    assert heard.count(b"HTTP/1.1 ") == 1, heard
    assert b"x-smuggled" not in heard.lower()


@pytest.mark.parametrize("why", AMBIGUOUS)
def test_nothing_is_hidden_behind_an_ambiguous_request(opened: Opened, why: str) -> None:
    words = f"POST /connexion HTTP/1.1\r\nHost: localhost\r\n{AMBIGUOUS[why]}{SMUGGLED}"
    check_refused(through_nginx(opened, words))


def test_the_site_itself_reads_no_two_lengths(opened: Opened) -> None:
    """Whatever stands in front of it."""
    for why in ("length and chunks", "two lengths", "a length with a sign", "an unknown coding"):
        words = f"POST /connexion HTTP/1.1\r\nHost: localhost\r\n{AMBIGUOUS[why]}{SMUGGLED}"
        with socket.create_connection(("127.0.0.1", opened.production.web_port)) as connection:
            check_refused(answers(connection, words))


def test_an_address_written_in_full_names_no_other_site(opened: Opened) -> None:
    words = "GET https://ailleurs.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    heard = through_nginx(opened, words)
    assert heard.startswith(b"HTTP/1.1 400 "), heard[:200]
    assert b"ailleurs.example" not in heard


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        # Without forward secrecy, or with a mode that leaks.
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_ways_to_encrypt_are_refused(
    opened: Opened, version: ssl.TLSVersion, ciphers: str
) -> None:
    trust = ssl.create_default_context(cafile=str(opened.production.certificate))
    trust.minimum_version = trust.maximum_version = version
    trust.set_ciphers(ciphers)
    with (
        socket.create_connection(("127.0.0.1", opened.production.https_port)) as plain,
        pytest.raises(ssl.SSLError),
    ):
        trust.wrap_socket(plain, server_hostname="localhost")


def test_programs_are_not_led_from_plain_http(opened: Opened) -> None:
    """A redirect would hide that the first request, with what it holds, went in clear."""
    with socket.create_connection(("127.0.0.1", opened.production.http_port)) as connection:
        words = "GET /api/v1/listings HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        heard = answers(connection, words)
    assert heard.startswith(b"HTTP/1.1 403 ")
    assert b"location" not in heard.lower()
