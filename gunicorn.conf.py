"""How gunicorn serves the site; read by itself when started from this folder.

Nothing of the site is imported here but in the processes that answer: one that is asked to reload
would go on with the code it had.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from pathlib import Path
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

# As much as nginx lets through (client_max_body_size), and its envelope.
UNREAD_MAX_BYTES = 10 * 1024 * 1024


class CountingWorker(ThreadWorker):  # type: ignore[misc]
    """Threads that know how many requests wait, and since when."""

    # app.core.load.queue, once the site is there.
    queue: Any = None

    def enqueue_req(self, conn: TConn) -> None:
        """Count a request that comes."""
        conn.reached_at = self.queue.enter()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer it, in one of the threads."""
        self.queue.leave(conn.reached_at)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer it, then read what nobody has read of its body.

        To close on a file that was refused unread would cut the answer: nginx would say 502. The
        rest is there at once, for nginx holds the whole of a request before it sends it.
        """
        kept_alive = super().handle_request(req, conn)
        conn.parser.finish_body(deadline=time.monotonic() + 5, max_bytes=UNREAD_MAX_BYTES)
        return kept_alive


class WithoutAddresses(logging.Filter):
    """Keeps the addresses asked for out of the log: they hold what people search, and secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every fault be told, those of a request without the request."""
        for told in ("Error handling request", "Invalid request"):
            if str(record.msg).startswith(told):
                record.msg, record.args = told, ()
        return True


worker_class = CountingWorker
# The folder itself, not the link by which it was reached: a process that takes the place of another
# is of the same version, though the link may lead to the next one already.
chdir = os.getcwd()
# Without an access log, which would hold them too.
accesslog = None

workers = 2
threads = 4
# The control socket would be written in the home folder of the account.
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Count answers from zero: the processes of before are gone."""
    data = Path(os.environ.get("DATA_DIR") or "instance")
    for counted in Path(os.environ.get("METRICS_DIR") or data / "metrics").glob("*.db"):
        counted.unlink(missing_ok=True)


def post_fork(_server: Any, worker: Any) -> None:
    """Tell faults without what was asked for."""
    worker.log.error_log.addFilter(WithoutAddresses())


def post_worker_init(worker: Any) -> None:
    """Read the communes and the vocabulary before the first visitor, not in front of her."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.core import clock
    from app.core.database import db, reads_only
    from app.core.load import queue
    from app.core.logging import Formatter
    from app.search.criteria import parse
    from app.search.suggestions import suggest
    from app.search.understanding import understand

    CountingWorker.queue = queue
    for handler in worker.log.error_log.handlers:
        # An error of the site that reaches the server tells where, not what it quotes.
        handler.setFormatter(Formatter())
    reads_only.set(True)
    with worker.wsgi.app_context():
        try:
            suggest("Lyon", clock.now())
            understand(parse({"q": "Lyon"}))
        except SQLAlchemyError:
            worker.log.warning("the database is away: the first visitor will wait for its data")
        # Opened outside a page, these connections would let one ask for as long as a command.
        db.session.remove()
        db.engine.dispose()
    # What was just read stays until the end: looking through it for garbage, again and again, would
    # take a tenth of the time of each page.
    gc.collect()
    gc.freeze()
