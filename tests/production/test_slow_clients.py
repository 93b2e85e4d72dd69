"""Hundreds of connections that say or hear one byte a second: the others are served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator

import pytest

from tests.production.conftest import TITLE, Opened
from tests.production.people import reference
from tests.production.test_journeys import apply
from tests.stack import wait_until

pytestmark = pytest.mark.no_database
# All from one address, as one machine that means harm.
ATTACKER = "127.0.250.1"
HEADERS, BODIES, READERS = 200, 150, 50
# What deploy/nginx.conf lets an address have under way.
ALLOWED = 100


class SlowClients(threading.Thread):
    """Opens the connections and keeps them as slow as it can, until stopped."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(daemon=True)
        self.port = opened.production.https_port
        self.path = opened.listings[0]
        self.trust = ssl.create_default_context(cafile=str(opened.production.certificate))
        self.stopping = threading.Event()
        self.connected = 0
        # What the server answered, nothing when it only hung up, by what was slow.
        self.ended: dict[str, list[bytes]] = {"headers": [], "bodies": []}

    def run(self) -> None:
        """Be slow until told to stop."""
        asyncio.run(self._all())

    async def _all(self) -> None:
        slow = [
            *(self._headers() for _ in range(HEADERS)),
            *(self._bodies() for _ in range(BODIES)),
            *(self._answers() for _ in range(READERS)),
        ]
        tasks = [asyncio.create_task(one) for one in slow]
        while not self.stopping.is_set():
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _headers(self) -> None:
        await self._speak(
            "headers", f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n", "X-A: b\r\n"
        )

    async def _bodies(self) -> None:
        begun = (
            f"POST {self.path}/candidater HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        await self._speak("bodies", begun, "a")

    async def _answers(self) -> None:
        """Ask for many pages at once and read none of them."""
        asked = f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50
        async with self._connection() as (_reader, writer):
            writer.write(asked.encode())
            while True:
                await asyncio.sleep(1)

    async def _speak(self, kind: str, begun: str, then: str) -> None:
        async with self._connection() as (reader, writer):
            writer.write(begun.encode())
            heard = asyncio.create_task(reader.read(4096))
            while not heard.done():
                writer.write(then.encode())
                await asyncio.wait([heard], timeout=1)
            said = b""
            with contextlib.suppress(OSError):
                said = heard.result()
            self.ended[kind].append(said)

    @contextlib.asynccontextmanager
    async def _connection(self):  # type: ignore[no-untyped-def]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.port,
            ssl=self.trust,
            server_hostname="localhost",
            local_addr=(ATTACKER, 0),
            limit=1024,
            ssl_handshake_timeout=60,
        )
        self.connected += 1
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


@pytest.fixture
def slow(opened: Opened) -> Iterator[SlowClients]:
    """Have slow clients come."""
    slow = SlowClients(opened)
    slow.start()
    wait_until(lambda: slow.connected == HEADERS + BODIES + READERS, 90, "the slow clients")
    yield slow
    slow.stopping.set()
    slow.join(30)


def test_slow_clients_keep_nobody_from_being_served(opened: Opened, slow: SlowClients) -> None:
    for _ in range(3):
        person = opened.person()
        for path in ("/", f"/recherche?q={TITLE}", *opened.listings):
            assert person.get(path).status_code == 200
        person.close()
    candidate = opened.person()
    assert reference(apply(candidate, opened.listings[1]).text)

    # An address has so many exchanges under way, and no more: the others are told so.
    wait_until(lambda: len(slow.ended["bodies"]) >= BODIES - ALLOWED, 30, "the refusals")
    assert all(said.startswith(b"HTTP/1.1 429 ") for said in slow.ended["bodies"])
    # Who never ends a request is sent away.
    wait_until(lambda: len(slow.ended["headers"]) >= HEADERS * 0.9, 60, "the end of slow headers")
