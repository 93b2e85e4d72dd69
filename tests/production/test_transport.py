"""What goes over the wire: strong TLS, and no request that two servers could read in two ways."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import warnings

import pytest

from tests.production.conftest import Opened

pytestmark = pytest.mark.no_database
# One that nobody may ask for from outside: reached, it would answer 200.
HIDDEN = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "two lengths": "Content-Length: 0\r\nContent-Length: 60\r\n",
    "a length and pieces": "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "pieces and a length": "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "pieces by another name": "Transfer-Encoding: xchunked\r\n",
    "pieces twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "pieces after a tab": "Transfer-Encoding: \x0bchunked\r\n",
    "a space before the colon": "Content-Length : 5\r\n",
    "a negative length": "Content-Length: -1\r\n",
    "a length that is no number": "Content-Length: 0x5\r\n",
    "a length and a comma": "Content-Length: 5, 5\r\n",
    "pieces after a bare line feed": "Content-Length: 5\r\nX-A: b\nTransfer-Encoding: chunked\r\n",
    "a NUL": "X-A: b\x00c\r\nContent-Length: 0\r\n",
    "two hosts": "Host: ailleurs.example\r\nContent-Length: 0\r\n",
}


def connected(opened: Opened, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Open a connection from an address of nobody."""
    address = ("127.0.0.1", opened.production.https_port)
    plain = socket.create_connection(address, timeout=30, source_address=("127.0.251.1", 0))
    try:
        return context.wrap_socket(plain, server_hostname="localhost")
    except OSError:
        plain.close()
        raise


def trusting(opened: Opened) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(opened.production.certificate))


def said(connection: socket.socket, words: str) -> bytes:
    """Send all at once; return all that comes back until the server hangs up."""
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        connection.sendall(words.encode("latin-1"))
        while part := connection.recv(65536):
            heard += part
    return heard


def check_refused(heard: bytes) -> None:
    """One answer, a refusal, and the connection is closed on what came behind."""
    statuses = re.findall(rb"HTTP/1\.1 (\d{3})", heard)
    assert statuses in ([b"400"], [b"501"]), heard[:300]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_that_could_be_read_in_two_ways_is_refused(opened: Opened, name: str) -> None:
    begun = f"POST /connexion HTTP/1.1\r\nHost: localhost\r\n{AMBIGUOUS[name]}\r\n0\r\n\r\n"
    with connected(opened, trusting(opened)) as connection:
        check_refused(said(connection, begun + HIDDEN))


@pytest.mark.parametrize(
    "name", ["two lengths", "a length and pieces", "pieces by another name", "a negative length"]
)
def test_the_site_itself_reads_one_way_only(opened: Opened, name: str) -> None:
    """Whatever stands in front of it."""
    begun = f"POST /connexion HTTP/1.1\r\nHost: localhost\r\n{AMBIGUOUS[name]}\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", opened.production.web_port), 30) as connection:
        check_refused(said(connection, begun + HIDDEN))


def test_an_address_written_in_full_names_no_other_site(opened: Opened) -> None:
    words = "GET https://ailleurs.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connected(opened, trusting(opened)) as connection:
        heard = said(connection, words)
    check_refused(heard)
    assert b"ailleurs.example" not in heard


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256"),
    ],
)
def test_weak_encryption_is_refused(opened: Opened, version: ssl.TLSVersion, ciphers: str) -> None:
    context = trusting(opened)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    # The server says no: not the client, for want of something to propose.
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        connected(opened, context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_strong_encryption_is_chosen(opened: Opened, version: ssl.TLSVersion) -> None:
    context = trusting(opened)
    context.minimum_version = context.maximum_version = version
    with connected(opened, context) as connection:
        chosen = connection.cipher()
    assert chosen is not None
    assert re.search("GCM|CHACHA20", chosen[0])


def test_a_program_that_speaks_in_clear_is_told_so(opened: Opened) -> None:
    plain = f"http://localhost:{opened.production.http_port}/api/v1/listings"
    answer = opened.person().get(plain, allow_redirects=False)
    assert answer.status_code == 403
    assert "Location" not in answer.headers
