"""What goes over the wire: strong TLS, and no request that two servers could read in two ways."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_a_request_that_could_be_read_in_two_ways_is_refused(opened: Opened, name: str) -> None:
    begun = f"POST /connexion HTTP/1.1\r\nHost: localhost\r\n{AMBIGUOUS[name]}\r\n0\r\n\r\n"
    with connected(opened, trusting(opened)) as connection:
        connection.sendall((begun + HIDDEN).encode("latin-1"))
        said = b""
        while part := connection.recv(65536):
            said += part
    # One answer, a refusal, and the connection is closed on what came behind.
    statuses = re.findall(rb"HTTP/1\.1 (\d{3})", said)
    assert statuses in ([b"400"], [b"501"]), said[:300]


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
