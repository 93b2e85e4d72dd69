"""The plain sites that the search page is measured against, on the same listings and questions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select

from app.core.database import db
from app.geography.queries import find_place
from app.listings.models import Listing
from app.search.criteria import DEFAULT_RADIUS_KM
from bench.plain_page import fill_postgres, fill_sqlite
from tools.postgres import Postgres, PostgresUnavailable


def plain_rows() -> Iterator[tuple[Any, ...]]:
    """Yield the listings as the plain sites keep them, in the order of bench.plain_page.COLUMNS."""
    query = select(
        Listing.id,
        Listing.title,
        Listing.employer_name,
        Listing.place_label,
        Listing.summary,
        Listing.description,
        Listing.kind,
        Listing.contract,
        Listing.workplace,
        Listing.diploma_need,
        Listing.schedules,
        Listing.published_at,
        Listing.latitude,
        Listing.longitude,
    )
    for row in db.session.execute(query.execution_options(yield_per=5000)):
        one, title, employer, place, summary, text, *facets, schedules, at, lat, lng = row
        yield (
            *(one, title, employer, place, f"{summary} {text}", *facets),
            *(" ".join(schedules or ()), int(at.timestamp()), lat, lng),
        )


def plain_questions(asked: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the addresses of the same questions on a plain site: places become coordinates."""
    found = []
    for one in asked:
        question = dict(one)
        place = find_place(question.pop("ou", ""))
        if place:
            question |= {"lat": str(place.latitude), "lng": str(place.longitude)}
            question |= {"km": str(DEFAULT_RADIUS_KM)}
        found.append(f"/recherche?{urlencode(question)}")
    return found


@contextlib.contextmanager
def plain_databases(folder: Path) -> Iterator[dict[str, str]]:
    """Fill the databases of the plain sites; give their addresses by name."""
    path = folder / "plain.db"
    path.unlink(missing_ok=True)
    fill_sqlite(str(path), plain_rows())
    found = {"SQLite FTS5": f"sqlite:///{path}"}
    with contextlib.ExitStack() as running:
        try:
            server = running.enter_context(Postgres())
        except PostgresUnavailable:
            yield found
            return
        url = server.url.replace("postgresql+psycopg://", "postgresql://")
        fill_postgres(url, plain_rows())
        yield found | {"PostgreSQL": url}
