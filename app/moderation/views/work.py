"""What waits and who works: the page of those who keep the site running."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from app.accounts.enums import Role
from app.core import clock, outbox, pulse
from app.core.database import db
from app.core.i18n import _, lazy, plural
from app.core.permissions import requires_role
from app.moderation.views.listings import moderation

# What an event is about, by the first word of its topic.
SUBJECTS = {
    "account": lazy("Connexions"),
    "alert": lazy("Alertes"),
    "application": lazy("Candidatures"),
    "import": lazy("Imports"),
    "listing": lazy("Annonces et recherche"),
    "organisation": lazy("Structures"),
    "report": lazy("Signalements"),
    "watch": lazy("Avis de réouverture"),
}


@moderation.get("/etat/")
@requires_role(Role.ADMIN)
def work() -> str:
    """Show what waits and since when, what was given up, and who works."""
    return render_template(
        "moderation/work.html",
        state=pulse.work_state(clock.now()),
        subject=_subject,
        elapsed=elapsed,
    )


@moderation.post("/etat/reprendre")
@requires_role(Role.ADMIN)
def retry_work() -> Any:
    """Try again what was given up on one subject for one reason."""
    topic, error = request.form.get("topic", ""), request.form.get("error", "")
    number = outbox.revive_dead(clock.now(), topic, error) if topic else 0
    db.session.commit()
    if number:
        flash(
            plural(
                "%(num)d envoi est repris dans quelques secondes.",
                "%(num)d envois sont repris dans quelques secondes.",
                number,
            ),
            "ok",
        )
    else:
        flash(_("Ces envois ont déjà été repris."), "message")
    return redirect(url_for("moderation.work"), 303)


@moderation.post("/etat/horloge")
@requires_role(Role.ADMIN)
def trust_clock() -> Any:
    """Say that the date of the server is right: what was held back is done."""
    pulse.trust_clock(clock.now())
    db.session.commit()
    flash(_("C’est noté. Les effacements reprennent à leur heure."), "ok")
    return redirect(url_for("moderation.work"), 303)


def elapsed(since: dt.datetime, now: dt.datetime) -> str:
    """Write how long ago: « moins d’une minute », « 12 min », « 3 h », « 2 jours »."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 60:
        return _("moins d’une minute")
    if seconds < 3600:
        return _("%(num)d min", num=seconds // 60)
    if seconds < 2 * 86400:
        return _("%(num)d h", num=seconds // 3600)
    return _("%(num)d jours", num=seconds // 86400)


def _subject(topic: str) -> str:
    return str(SUBJECTS.get(topic.partition(".")[0], topic))
