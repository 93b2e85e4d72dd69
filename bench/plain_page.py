"""A plain page of results on the full text of a database: what most sites do, to compare with.

    PLAIN_DATABASE=sqlite:///PATH or postgresql://… gunicorn bench.plain_page:app

Twenty results in the order of the database's own ranking, and four facets, each counted by a
GROUP BY over all that answers. Neither typos, nor professions understood, nor facets that ignore
their own filter. The database is read with its own driver, without any layer in between.
"""

from __future__ import annotations

import math
import os
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask, render_template_string, request

FACETS = ("kind", "contract", "workplace", "diploma")
COLUMNS = (
    *("id", "title", "employer", "place", "body", "kind", "contract", "workplace", "diploma"),
    *("schedules", "published_at", "latitude", "longitude"),
)
# Parameter of the address -> column, for the filters of the questions asked.
FILTERS = {
    "type": "kind",
    "contrat": "contract",
    "etablissement": "workplace",
    "diplome": "diploma",
}
SHOWN = "offer.id, offer.title, offer.employer, offer.place, offer.body"
PER_PAGE = 20
KM_PER_DEGREE = 111.2
PAGE = """<!doctype html><html lang="fr"><title>{{ q }}</title><h1>{{ total }} annonces</h1>
{% for name, values in facets.items() %}<fieldset><legend>{{ name }}</legend>
{% for value, number in values %}<label><input type="checkbox" name="{{ name }}"
value="{{ value }}">{{ value }} ({{ number }})</label>{% endfor %}</fieldset>{% endfor %}
<ul>{% for row in rows %}<li><h2><a href="/{{ row.id }}">{{ row.title }}</a></h2>
<p>{{ row.employer }}, {{ row.place }}</p><p>{{ row.body[:200] }}</p></li>{% endfor %}</ul>
</html>"""

Row = Sequence[Any]


def plain(text: str) -> str:
    """Return a text in lower case without accents."""
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def fill_sqlite(path: str, rows: Iterable[Row]) -> None:
    """Write the rows, in the order of COLUMNS, in a new table with its full-text index (FTS5)."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = WAL")
        columns = ", ".join(COLUMNS[1:])
        database.execute(f"CREATE TABLE offer (id INTEGER PRIMARY KEY, {columns})")
        database.execute(
            "CREATE VIRTUAL TABLE offer_text USING fts5(title, employer, place, body, "
            "content='offer', content_rowid='id', tokenize='unicode61 remove_diacritics 2', "
            "prefix='2 3')"
        )
        marks = ", ".join("?" * len(COLUMNS))
        database.executemany(f"INSERT INTO offer VALUES ({marks})", rows)
        database.execute("INSERT INTO offer_text(offer_text) VALUES ('rebuild')")
        for name in (*FACETS, "latitude"):
            database.execute(f"CREATE INDEX offer_{name} ON offer ({name})")


def fill_postgres(url: str, rows: Iterable[Row]) -> None:
    """Write the rows, in the order of COLUMNS, in a new table with its full-text index (GIN)."""
    types = {"id": "int primary key", "published_at": "bigint"}
    types |= dict.fromkeys(("latitude", "longitude"), "float8")
    with psycopg.connect(url) as database:
        columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in COLUMNS)
        database.execute(f"CREATE TABLE offer ({columns}, words tsvector)")
        with database.cursor().copy(f"COPY offer ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        database.execute(
            "UPDATE offer SET words = setweight(to_tsvector('french', title), 'A') || "
            "setweight(to_tsvector('french', employer || ' ' || place), 'B') || "
            "setweight(to_tsvector('french', body), 'C')"
        )
        database.execute("CREATE INDEX ON offer USING gin (words)")
        for name in (*FACETS, "latitude"):
            database.execute(f"CREATE INDEX ON offer ({name})")
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("VACUUM ANALYZE offer")


class Sqlite:
    """Searches on SQLite; one connection a thread."""

    mark = "?"

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()

    def words(self, text: str) -> tuple[str, str, list[Any]]:
        """Return the table, the order and the parameters of a search of words."""
        if not text:
            return "offer", "published_at DESC", []
        match = " ".join(f'"{word}"*' for word in re.findall(r"\w+", plain(text)))
        # The words first: SQLite would otherwise search them again for each row.
        matching = (
            "offer_text CROSS JOIN offer ON offer.id = offer_text.rowid AND offer_text MATCH ?"
        )
        return matching, "offer_text.rank", [match]

    @contextmanager
    def reading(self) -> Iterator[Callable[[str, Sequence[Any]], list[Any]]]:
        """Give a function that runs a query."""
        if not hasattr(self._local, "database"):
            self._local.database = sqlite3.connect(self._path)
        yield lambda query, values: self._local.database.execute(query, values).fetchall()


class Postgres:
    """Searches on PostgreSQL; one connection a thread."""

    mark = "%s"

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()

    def words(self, text: str) -> tuple[str, str, list[Any]]:
        """Return the table, the order and the parameters of a search of words."""
        if not text:
            return "offer", "published_at DESC", []
        matching = (
            "(SELECT offer.*, ts_rank(words, asked) AS score FROM offer, "
            "websearch_to_tsquery('french', %s) AS asked WHERE words @@ asked) AS offer"
        )
        return matching, "score DESC", [text]

    @contextmanager
    def reading(self) -> Iterator[Callable[[str, Sequence[Any]], list[Any]]]:
        """Give a function that runs a query."""
        if not hasattr(self._local, "database"):
            self._local.database = psycopg.connect(self._url, autocommit=True)
        yield lambda query, values: self._local.database.execute(query, values).fetchall()


def conditions(asked: Mapping[str, str], mark: str) -> tuple[list[str], list[Any]]:
    """Return the conditions of the filters of an address, and their values."""
    found: list[str] = []
    values: list[Any] = []
    for name, column in FILTERS.items():
        if asked.get(name):
            found.append(f"{column} = {mark}")
            values.append({"emploi": "job", "sans": "none"}.get(asked[name], asked[name]))
    if asked.get("horaires"):
        found.append(f"schedules LIKE {mark}")
        values.append(f"%{asked['horaires']}%")
    if asked.get("lat"):
        latitude, longitude, km = (float(asked[name]) for name in ("lat", "lng", "km"))
        high = km / KM_PER_DEGREE
        wide = high / math.cos(math.radians(latitude))
        found += [f"latitude BETWEEN {mark} AND {mark}", f"longitude BETWEEN {mark} AND {mark}"]
        values += [latitude - high, latitude + high, longitude - wide, longitude + wide]
    return found, values


def create_app() -> Flask:
    """Return the plain site of the database named by PLAIN_DATABASE."""
    app = Flask(__name__)
    url = os.environ["PLAIN_DATABASE"]
    database = Sqlite(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else Postgres(url)

    @app.get("/recherche")
    def search() -> str:
        table, order, words = database.words(request.args.get("q", ""))
        where, values = conditions(request.args, database.mark)
        filtered = f" WHERE {' AND '.join(where)}" if where else ""
        body = f"FROM {table}{filtered}"
        with database.reading() as run:
            rows = run(
                f"SELECT {SHOWN} {body} ORDER BY {order} LIMIT {PER_PAGE}",
                [*words, *values],
            )
            facets = {
                name: run(
                    f"SELECT {name}, count(*) {body} GROUP BY {name} ORDER BY 2 DESC",
                    [*words, *values],
                )
                for name in FACETS
            }
        shown = [dict(zip(("id", "title", "employer", "place", "body"), row)) for row in rows]
        return render_template_string(
            PAGE,
            q=request.args.get("q", ""),
            total=sum(number for _value, number in facets["kind"]),
            rows=shown,
            facets=facets,
        )

    return app


if "PLAIN_DATABASE" in os.environ:
    app = create_app()
