"""Asking ClamAV whether a file carries a known malware, by the address in ANTIVIRUS_URL.

Its protocol is a few bytes; the library for it has not moved since 2014. Nothing here ever takes a
silence, an error or a limit for a clean file.
"""

from __future__ import annotations

import socket
import struct
import time
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app

log = structlog.get_logger()

TIMEOUT_SECONDS = 10.0
# After a failure, the other files do not wait for the same silence.
REST_SECONDS = 60.0
CHUNK_BYTES = 64 * 1024
ANSWER_MAX_BYTES = 4_096


class Unavailable(Exception):
    """No answer about this file: it waits, and is shown to the antivirus again."""


class Antivirus:
    """ClamAV at `url`: tcp://host:port, unix:///path, or nothing."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._resting_until = 0.0

    @property
    def configured(self) -> bool:
        """Return whether there is an antivirus to ask."""
        return bool(self.url)

    def scan(self, data: bytes) -> str | None:
        """Return the name of the malware found, None when there is none. Raises Unavailable."""
        if time.monotonic() < self._resting_until:
            raise Unavailable("resting after a failure")
        try:
            answer = self._ask(data)
        except OSError as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            raise Unavailable(type(error).__name__) from error
        return _found(answer)

    def _ask(self, data: bytes) -> str:
        with self._connect() as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(data), CHUNK_BYTES):
                    chunk = data[start : start + CHUNK_BYTES]
                    connection.sendall(struct.pack(">I", len(chunk)) + chunk)
                connection.sendall(struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                # It hangs up on a file that is too long for it, once it has said so.
                pass
            return _answer(connection)

    def _connect(self) -> socket.socket:
        address = urlsplit(self.url)
        if address.scheme == "tcp":
            host = (address.hostname or "", address.port or 3310)
            return socket.create_connection(host, timeout=TIMEOUT_SECONDS)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(address.path)
        return connection


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < ANSWER_MAX_BYTES:
        part = connection.recv(ANSWER_MAX_BYTES)
        if not part:
            break
        received += part
    return received.rstrip(b"\0").decode("utf-8", "replace")


def _found(answer: str) -> str | None:
    """Return what `stream: OK` or `stream: Name FOUND` says; anything else says nothing."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return None
    name = said.removesuffix(" FOUND")
    # A limit was met before the end: nobody knows what comes after it.
    if name == said or name.startswith("Heuristics.Limits.Exceeded"):
        raise Unavailable(said[:80])
    return name


def init_app(app: Flask) -> None:
    """Prepare the antivirus named by ANTIVIRUS_URL; say so at each start when there is none."""
    if app.config["PRODUCTION"] and not app.config["ANTIVIRUS_URL"]:
        log.warning("files_are_not_scanned")
    app.extensions["antivirus"] = Antivirus(app.config["ANTIVIRUS_URL"])


def antivirus() -> Antivirus:
    """Return the antivirus of the current application."""
    found: Antivirus = current_app.extensions["antivirus"]
    return found
