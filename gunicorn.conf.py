"""How gunicorn serves the site; read by itself when started from this folder."""

from __future__ import annotations

import gc
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker
from sqlalchemy.exc import SQLAlchemyError

from app.core.load import queue


class CountingWorker(ThreadWorker):  # type: ignore[misc]
    """Threads that know how many requests wait, and since when."""

    def enqueue_req(self, conn: TConn) -> None:
        """Count a request that comes."""
        conn.reached_at = queue.enter()
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer it, in one of the threads."""
        queue.leave(conn.reached_at)
        return super().handle(conn)


worker_class = CountingWorker
workers = 2
threads = 4
# The control socket would be written in the home folder of the account.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Read the communes and the vocabulary before the first visitor, not in front of her."""
    from app.core import clock
    from app.core.database import reads_only
    from app.search.suggestions import suggest

    reads_only.set(True)
    with worker.wsgi.app_context():
        try:
            suggest("Lyon", clock.now())
        except SQLAlchemyError:
            worker.log.warning("the database is away: the first visitor will wait for its data")
    # What was just read stays until the end: looking through it for garbage, again and again, would
    # take a tenth of the time of each page.
    gc.collect()
    gc.freeze()
