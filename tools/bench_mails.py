"""A mail server that notes when each message of the site reaches it."""

from __future__ import annotations

import datetime as dt
import re
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller

from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from tools.processes import LOOPBACK, free_port

PATIENCE_SECONDS = 60.0
_MESSAGE_ID = re.compile(rb"^Message-ID: <[a-z-]+-([0-9]+)@", re.IGNORECASE | re.MULTILINE)


class MailServer(AbstractContextManager["MailServer"]):
    """A real SMTP server, for the time of the block; reads of a message only what event it is."""

    def __init__(self) -> None:
        port = free_port()
        self.url = f"smtp://{LOOPBACK}:{port}"
        self.arrivals: dict[int, dt.datetime] = {}
        self._controller = Controller(self, hostname=LOOPBACK, port=port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Note the hour of the first time a message comes."""
        if found := _MESSAGE_ID.search(envelope.content):
            self.arrivals.setdefault(int(found[1]), clock.now())
        return "250 OK"

    def after_commit(self, expected: int, topic: str) -> list[float]:
        """Wait for the messages of `expected` events of `topic`; return each one's delay in s.

        From the hour written with the event to that at which the message was taken here. The list
        is shorter when a minute was not enough.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            asked = db.select(OutboxEvent.id, OutboxEvent.created_at).filter_by(topic=topic)
            delays = [
                (self.arrivals[number] - at).total_seconds()
                for number, at in db.session.execute(asked)
                if number in self.arrivals
            ]
            db.session.rollback()
            if len(delays) >= expected or time.monotonic() > deadline:
                return delays
            time.sleep(0.2)
