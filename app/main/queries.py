"""Reads of the home page: figures over the open listings."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import func, select

from app.core.database import db
from app.listings.enums import DiplomaNeed, Kind
from app.listings.models import Listing
from app.listings.queries import is_open
from app.professions.queries import ProfessionEntry, profession_by_id


class WantedProfession(NamedTuple):
    """A profession, the first sentence of what it is, and the number of its open listings."""

    profession: ProfessionEntry
    gist: str
    open_listings: int


def count_without_diploma(now: dt.datetime) -> int:
    """Return the number of open jobs that ask for no diploma."""
    jobs = select(func.count()).where(
        is_open(now), Listing.kind == Kind.JOB, Listing.diploma_need == DiplomaNeed.NONE
    )
    return db.session.scalar(jobs) or 0


def professions_most_wanted(limit: int, now: dt.datetime) -> list[WantedProfession]:
    """Return the professions that have the most open listings, the most wanted first."""
    count = func.count()
    rows = db.session.execute(
        select(Listing.profession_id, count)
        .where(is_open(now), Listing.profession_id.is_not(None))
        .group_by(Listing.profession_id)
        .order_by(count.desc(), Listing.profession_id)
        .limit(limit)
    )
    found = ((profession_by_id(key), number) for key, number in rows if key is not None)
    return [
        WantedProfession(profession, profession.summary.split(". ")[0].rstrip(".") + ".", number)
        for profession, number in found
        if profession is not None
    ]
