"""Measure a morning of digests: many alerts over many new listings, in a throw-away database.

    python -m tools.bench_alerts [--alerts 10000] [--listings 2000]

Prints the seconds to match and write the digests, and to write the messages, without sending them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from app import create_app
from app.alerts import tasks, tokens, wording
from app.alerts.enums import Frequency
from app.alerts.models import Alert, Digest
from app.core import clock
from app.core.database import db
from app.geography.queries import PLACES
from app.geography.services import load_communes
from app.listings.models import Listing
from app.professions.queries import professions
from app.professions.services import load_reference
from app.search.criteria import parse
from config import TestConfig
from tools.bench_listings import add_listings

WORDS = ("", "nuit", "ehpad", "week-end", "débutant", "alzheimer", "domicile", "équipe")
SAMPLE = 200


def alert_rows(count: int, now: dt.datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield alerts as people make them: a profession, words, a place, sometimes filters."""
    trades = [trade.label_feminine for trade in professions()]
    places = [place for place in PLACES.get().ranked if place.in_territory]
    for number in range(count):
        typed = f"{chance.choice(trades)} {chance.choice(WORDS)}".strip()
        asked: dict[str, Any] = {"q": typed if number % 10 else chance.choice(WORDS)}
        if number % 4:
            asked |= {"ou": chance.choice(places).name, "rayon": chance.choice([5, 10, 20, 50])}
        if number % 5 == 0:
            asked["contrat"] = "cdi"
        query = wording.query_of(parse(asked))
        salt, token_hash = tokens.new()
        yield {
            "email": f"personne{number}@example.org",
            "query": query,
            "query_hash": hashlib.sha256(query.encode()).hexdigest(),
            "label": wording.label_of(parse(asked)),
            "frequency": Frequency.DAILY,
            "salt": salt,
            "token_hash": token_hash,
            "asked_at": now,
            "asks": 0,
            "confirmed_at": now,
            "kept_at": now,
            "seen_until": now,
            "ran_on": clock.paris_date(now),
        }


def main() -> None:
    """Fill a database, run the morning, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--listings", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {"DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.db'}"}
        with create_app(TestConfig(environ)).app_context():
            measure(options.alerts, options.listings)


def measure(alerts: int, listings: int) -> None:
    """Print how long the digests of these alerts over these listings take."""
    db.create_all()
    load_communes()
    load_reference()
    db.session.commit()
    today = clock.paris_date(clock.now())
    morning = clock.paris_instant(today, dt.time(8))
    before = morning - dt.timedelta(days=1)
    add_listings(listings, morning)
    came = morning - dt.timedelta(hours=5)
    db.session.execute(update(Listing).values(published_at=came, created_at=came, closes_at=None))
    db.session.execute(insert(Alert), list(alert_rows(alerts, before, random.Random(5))))
    db.session.commit()

    start = time.perf_counter()
    sent = tasks.send_digests(morning)
    print(f"{alerts} alertes, {listings} annonces : {sent} messages")
    print(f"trouver et écrire les messages à envoyer : {time.perf_counter() - start:.1f} s")
    named = db.session.scalar(select(func.sum(Digest.total)))
    print(f"annonces trouvées : {named}")

    ids = list(db.session.scalars(select(Digest.id).limit(SAMPLE + 1)))
    # The first one reads the formats of French.
    tasks.send_digest({"digest_id": ids.pop()}, 0)
    start = time.perf_counter()
    for one in ids:
        tasks.send_digest({"digest_id": one}, 0)
        db.session.rollback()
    each = (time.perf_counter() - start) / max(1, len(ids))
    print(f"rédiger un message : {each * 1000:.1f} ms, soit {each * sent:.1f} s pour tous")


if __name__ == "__main__":
    main()
