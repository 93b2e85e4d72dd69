"""What a person sees of her own data: to read it, to take it away, to have it erased."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    session,
    url_for,
)
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm

from app.accounts.cookies import COOKIE_KEY
from app.accounts.views.security import stale
from app.applications import keys, progress, reading, workflow
from app.applications.enums import DIPLOMA_HELD_LABELS, DiplomaHeld
from app.applications.erasing import KEEP_FINISHED, erase_application
from app.applications.models import Application
from app.applications.views.public import opened, private
from app.core import clock
from app.core.database import db, reads_only
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.limits import limiter
from app.core.permissions import public, signed_in
from app.privacy import exports, queries, services

own_data = Blueprint("own_data", __name__, url_prefix="/candidature")
own_account = Blueprint("own_account", __name__, url_prefix="/connexion")


class EraseForm(FlaskForm):
    """One more click, with its token."""


def _rate_limit() -> str:
    return str(current_app.config["APPLICATION_RATE_LIMIT"])


def _to_lookup(reference: str) -> Any:
    return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]


@own_data.get("/<reference>/mes-donnees")
@public
def show(reference: str) -> Any:
    """Tell what is kept under this reference, until when, and who has seen it."""
    application = opened(reference)
    if application is None:
        return _to_lookup(reference)
    page = render_template(
        "privacy/application.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        diploma=DIPLOMA_HELD_LABELS[DiplomaHeld(application.diploma_held)]
        if application.diploma_held
        else "",
        seen=reading.seen_by(application),
        until=_kept_until(application),
    )
    return private(make_response(page))


def _kept_until(application: Application) -> dt.datetime | None:
    """Return when the application is erased by itself, if its end is known."""
    if application.status == workflow.S.POOL:
        return application.pool_until
    if application.status in workflow.FINISHED:
        return application.updated_at + KEEP_FINISHED
    return None


@own_data.post("/<reference>/mes-donnees/sans-aide")
@public
def without_help(reference: str) -> Any:
    """Take back the agreement to be called by a counsellor."""
    application = opened(reference)
    if application is None:
        return _to_lookup(reference)
    application.counsellor_consent_at = application.counsellor_wording = None
    db.session.commit()
    flash(_("C’est noté\u00a0: aucune conseillère ne vous appellera pour cette demande."), "ok")
    return private(redirect(url_for("own_data.show", reference=reference), 303))  # type: ignore[arg-type]


@own_data.post("/<reference>/mes-donnees/nouveau-lien")
@public
def new_link(reference: str) -> Any:
    """Let the links sent until now open nothing: somebody else may have had one."""
    application = opened(reference)
    if application is None:
        return _to_lookup(reference)
    application.link_salt = keys.new_link_salt()
    db.session.commit()
    flash(_("C’est fait\u00a0: les liens reçus jusqu’ici ne s’ouvrent plus."), "ok")
    return private(redirect(url_for("own_data.show", reference=reference), 303))  # type: ignore[arg-type]


@own_data.get("/<reference>/mes-donnees.zip")
@public
@limiter.limit(_rate_limit)
def download(reference: str) -> Any:
    """Give the person a copy of all that is kept under this reference."""
    application = opened(reference)
    if application is None:
        return _to_lookup(reference)
    return _archive(exports.application_copy(application), f"mes-donnees-{application.reference}")


@own_data.route("/<reference>/effacer", methods=["GET", "POST"])
@public
@limiter.limit(_rate_limit, methods=["POST"])
def erase(reference: str) -> Any:
    """Say what goes and what stays, then erase."""
    application = opened(reference)
    if application is None:
        return _to_lookup(reference)
    form = EraseForm()
    if form.is_submitted() and form.validate():
        erase_application(application, clock.now())
        db.session.commit()
        _forget_here(reference)
        return private(redirect(url_for("own_data.erased"), 303))  # type: ignore[arg-type]
    page = render_template(
        "privacy/erase.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        form=form,
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
    )
    return private(make_response(page))


def _forget_here(reference: str) -> None:
    """Take the application out of this browser's cookie too."""
    followed = dict(session.get("followed", {}))
    followed.pop(reference, None)
    session["followed"] = followed
    if session.get("sent", {}).get("reference") == reference:
        session.pop("sent")


@own_data.get("/effacee")
@public
def erased() -> Any:
    """Confirm that it is done, and tell honestly what is left."""
    return private(make_response(render_template("privacy/erased.html")))


@own_account.get("/mes-donnees")
@signed_in
def account() -> Any:
    """Tell what is kept of a person with an account."""
    return _account_page(EraseForm())


@own_account.get("/mes-donnees.zip")
@signed_in
@limiter.limit(_rate_limit)
def account_download() -> Any:
    """Give a person with an account a copy of all that is kept of her."""
    if refusal := stale(back=url_for("own_account.account")):
        return refusal
    return _archive(exports.account_copy(current_user, clock.now()), "mes-donnees")


@own_account.post("/mes-donnees/effacer")
@signed_in
def account_erase() -> Any:
    """Erase the account of who asks, unless somebody would be left without an answer."""
    reads_only.set(False)
    if refusal := stale(back=url_for("own_account.account")):
        return refusal
    try:
        services.erase_own_account(current_user._get_current_object(), clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
        return redirect(url_for("own_account.account"), 303)
    db.session.commit()
    logout_user()
    session.pop(COOKIE_KEY, None)
    return private(redirect(url_for("own_data.erased"), 303))  # type: ignore[arg-type]


def _account_page(form: EraseForm) -> Any:
    now = clock.now()
    page = render_template(
        "privacy/account.html",
        form=form,
        memberships=queries.memberships_of(current_user),
        listings=len(queries.listings_by(current_user)),
        ends=(current_user.last_seen_at or now) + services.ACCOUNT_KEPT,
    )
    return private(make_response(page))


def _archive(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return private(response)
