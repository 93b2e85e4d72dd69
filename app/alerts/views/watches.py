"""« Prévenez-moi »: when a listing closes, then when it opens again. No account."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from app.alerts import queries, watching
from app.alerts.forms import WatchForm
from app.alerts.tokens import TOKEN
from app.alerts.views.pages import private, rate_limit, refuse_other_sites, sending
from app.core import clock, sends
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.limits import limiter
from app.core.permissions import public
from app.core.security import csrf
from app.listings.enums import Status
from app.listings.models import Listing
from app.listings.queries import get_listing

watches = Blueprint("watches", __name__, url_prefix="/alertes/annonce")
csrf.exempt(watches)


@watches.route("/<int:listing_id>", methods=["GET", "POST"])
@public
@limiter.limit(rate_limit, methods=["POST"])
def create(listing_id: int) -> Any:
    """Ask to be told: the answer is the same whatever is known of the address."""
    listing = get_listing(listing_id)
    if listing is None or listing.status not in {Status.PUBLISHED, Status.CLOSED}:
        abort(404)
    now = clock.now()
    if not listing.is_open(now):
        # Its page says that it is over.
        return redirect(listing.path, 303)
    form = WatchForm()
    if request.method == "GET":
        sends.look(form, sending(), now)
        return _form_page(form, listing)
    refuse_other_sites()
    if not form.validate():
        return _form_page(form, listing), 422
    if not sends.let_through(form, sending(form.address), now):
        db.session.rollback()
        return _form_page(form, listing), 422
    watching.request_watch(form.address, listing, now)
    db.session.commit()
    return redirect(url_for("alerts.sent"), 303)


def _form_page(form: WatchForm, listing: Listing) -> str:
    return render_template(
        "alerts/watch_create.html", form=form, listing=listing, kept_days=watching.CLOSED_KEPT_DAYS
    )


@watches.get("/<token>")
@public
def show(token: str) -> Any:
    """Show what was asked, with the button that confirms it or stops it."""
    watch = queries.watch_by_token(token) or abort(404)
    page = render_template(
        "alerts/watch_show.html",
        watch=watch,
        listing=watch.listing,
        token=token,
        open=watch.listing.is_open(clock.now()),
        kept_days=watching.CLOSED_KEPT_DAYS,
    )
    return private(page)


@watches.post("/<token>")
@public
@limiter.limit(rate_limit)
def confirm(token: str) -> Any:
    """Start to watch the listing."""
    watch = queries.watch_by_token(token, hold=True) or abort(404)
    try:
        watching.confirm_watch(watch, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
    else:
        db.session.commit()
        flash(_("C’est confirmé. Nous vous écrirons."), "ok")
    return private(redirect(url_for("watches.show", token=token), 303))


@watches.route("/<token>/arret", methods=["GET", "POST"])
@public
def stop(token: str) -> Any:
    """Stop and forget: by the button of the page, or by the mail program (RFC 8058)."""
    if not TOKEN.fullmatch(token):
        abort(404)
    watch = queries.watch_by_token(token, hold=request.method == "POST")
    if request.method == "GET" and watch is not None:
        return redirect(url_for("watches.show", token=token), 303)
    if watch is not None:
        watching.stop_watch(watch, clock.now())
        db.session.commit()
    return private(render_template("alerts/stopped.html", watch=True))
