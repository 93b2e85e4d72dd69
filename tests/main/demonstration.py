"""What the tests of the demonstration share."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from sqlalchemy import select

from app.core.database import db
from app.listings.models import Listing
from app.listings.queries import is_open
from app.main.demo import services

PASSWORD = "mot de passe de démonstration"


def copy_some(folder: Path, *names: str) -> Path:
    """Copy the data with these files of listings only; return the folder."""
    listings = [f"listings/{name}.toml" for name in names]
    for name in ("organisations.toml", "applications.toml", *listings):
        copy = folder / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(services.DATA / name, copy)
    return folder


def open_listings(now: dt.datetime) -> list[Listing]:
    """Return the listings that can be answered."""
    return list(db.session.scalars(select(Listing).where(is_open(now))))
