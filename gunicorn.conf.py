"""How gunicorn serves the site; read by itself when started from this folder."""

from __future__ import annotations

import gc
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

worker_class = "gthread"
workers = 2
threads = 4
# The control socket would be written in the home folder of the account.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Read the communes and the vocabulary before the first visitor, not in front of her."""
    from app.geography.queries import find_place
    from app.search.vocabulary import search_words

    with worker.wsgi.app_context():
        try:
            find_place("Lyon")
            search_words()
        except SQLAlchemyError:
            worker.log.warning("the database is away: the first visitor will wait for its data")
    # What was just read stays until the end: looking through it for garbage, again and again, would
    # take a tenth of the time of each page.
    gc.collect()
    gc.freeze()
