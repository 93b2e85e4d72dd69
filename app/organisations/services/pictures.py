"""The pictures of an organisation: adding, describing, ordering, taking away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from app.accounts.models import User
from app.core.database import db
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations import pictures, queries
from app.organisations.models import PICTURES_MAX, Organisation, Picture
from app.organisations.services.members import require_owner

# A file is written before its row: one without a row is swept a day later.
FILE_GRACE = dt.timedelta(days=1)


def add_picture(
    actor: User, organisation: Organisation, kept: pictures.Kept, alt: str, *, now: dt.datetime
) -> Picture:
    """Show one more picture, the last. Raises PictureRefused when it is there or one too many."""
    require_owner(actor, organisation)
    shown = _locked(organisation.id)
    if len(shown) >= PICTURES_MAX:
        raise pictures.PictureRefused(
            _(
                "Vous avez déjà %(max)d images. Retirez-en une pour en ajouter une autre.",
                max=PICTURES_MAX,
            )
        )
    if any(one.sha256 == kept.sha256 for one in shown):
        raise pictures.PictureRefused(_("Cette image est déjà sur votre page."))
    picture = Picture(
        organisation_id=organisation.id,
        position=len(shown) + 1,
        alt=alt,
        key=kept.key,
        sha256=kept.sha256,
        small_key=kept.small_key,
        small_sha256=kept.small_sha256,
        width=kept.width,
        height=kept.height,
        created_at=now,
    )
    db.session.add(picture)
    db.session.flush()
    return picture


def describe_picture(actor: User, picture: Picture, alt: str) -> None:
    """Change what is said of a picture to who cannot see it."""
    require_owner(actor, picture.organisation)
    picture.alt = alt
    db.session.flush()


def move_picture(actor: User, picture: Picture, *, up: bool) -> None:
    """Exchange a picture and the one before it, or after it; the first one cannot go up."""
    require_owner(actor, picture.organisation)
    shown = _locked(picture.organisation_id)
    mine, other = picture.position, picture.position + (-1 if up else 1)
    neighbour = next((one for one in shown if one.position == other), None)
    if neighbour is None:
        return
    # Two pictures never hold one place, not even meanwhile: the database checks every line.
    for one, position in ((picture, 0), (neighbour, mine), (picture, other)):
        one.position = position
        db.session.flush()


def delete_picture(actor: User, picture: Picture, *, now: dt.datetime) -> None:
    """Take a picture away; those after it go up, its files go when the transaction is over."""
    require_owner(actor, picture.organisation)
    after = [one for one in _locked(picture.organisation_id) if one.position > picture.position]
    for key in (picture.key, picture.small_key):
        enqueue("organisation.picture_dropped", now=now, key=key)
    db.session.delete(picture)
    db.session.flush()
    for one in after:
        one.position -= 1
        db.session.flush()


def sweep_pictures(now: dt.datetime) -> int:
    """Drop the files whose picture never came, a day later; return how many go.

    The store is asked before the database, and written to by the outbox: never in a transaction.
    """
    written = pictures.kept_before(now - FILE_GRACE)
    orphans = sorted(set(written) - queries.picture_keys())
    for key in orphans:
        enqueue("organisation.picture_dropped", now=now, key=key)
    return len(orphans)


def _locked(organisation_id: int) -> list[Picture]:
    """Return the pictures as they are now, until the transaction ends, in their order."""
    db.session.execute(
        select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()
    )
    return list(
        db.session.scalars(
            select(Picture)
            .where(Picture.organisation_id == organisation_id)
            .order_by(Picture.position)
            .execution_options(populate_existing=True)
        )
    )
