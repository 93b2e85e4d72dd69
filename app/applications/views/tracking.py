"""The page where a person follows her application, changes it, answers, or takes it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import (
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from app.applications import (
    after,
    callback,
    pool,
    progress,
    queries,
    reading,
    replies,
    services,
    workflow,
)
from app.applications.forms import CallBackForm, WithdrawForm
from app.applications.letter_forms import ReplyForm
from app.applications.models import Application
from app.applications.views.public import applications, opened, private
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.limits import limiter
from app.core.permissions import public
from app.listings import queries as listing_queries
from app.listings.enums import Status


@applications.get("/candidature/<reference>")
@public
def show(reference: str) -> Any:
    """Tell where the application is. Opening the link of an e-mail changes nothing."""
    application = opened(reference)
    if application is None:
        dead = {"lien": "ferme"} if "cle" in request.args else {}
        lookup = url_for("applications.lookup", reference=reference[:20], **dead)  # type: ignore[arg-type]
        return private(redirect(lookup, 303))  # type: ignore[arg-type]
    return private(make_response(_page(application, clock.now())))


def _page(application: Application, now: dt.datetime, reply: ReplyForm | None = None) -> str:
    """Write the page; `reply`: what she has typed of an answer that could not be kept."""
    form = CallBackForm(call_back=callback.read(application.call_back))
    asked = replies.open_message(application, now)
    if asked is not None and reply is None:
        reply = ReplyForm(asked, words=asked.reply)
    tried = after.has_tried(application, now)
    return render_template(
        "applications/show.html",
        asked=asked,
        reply=reply,
        has_tried=tried,
        after=after.proposal(application, now) if tried else None,
        application=application,
        form=form if callback.may_choose_call(application) else None,
        call_back=callback.words(application.call_back),
        listing=application.listing,
        employer=progress.employer(application),
        steps=progress.steps(application),
        seen=reading.seen_by(application),
        closing=_closing(application),
        next_sentence=progress.next_sentence(application),
        unanswered=_status(application) is workflow.S.EXPIRED_NO_ANSWER,
        can_withdraw=_can_withdraw(application),
        pool_asked=pool.is_asked(application),
        pool_kept=_status(application) is workflow.S.POOL,
        when=progress.when,
        needs_words=_status(application) in workflow.NEEDS_REASON,
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
        offered_until=progress.until(application),
        session_at=progress.when(application.session.starts_at) if application.session else "",
    )


@applications.post("/candidature/<reference>/reponse")
@public
@limiter.limit(lambda: str(current_app.config["APPLICATION_RATE_LIMIT"]))
def reply(reference: str) -> Any:
    """Keep what the person answers to the last message of the organisation."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    now = clock.now()
    back: Response = redirect(url_for("applications.show", reference=reference), 303)  # type: ignore[assignment]
    asked = replies.open_message(application, now)
    if asked is None:
        flash(_("Ce message n’attend plus de réponse."), "warn")
        return private(back)
    form = ReplyForm(asked)
    if not form.validate():
        return private(make_response(_page(application, now, form), 422))
    message_id = request.form.get("message", 0, type=int)
    words = (form.words.data or "").strip()
    try:
        told = replies.reply(application, message_id, form.comes, words, now)
    except DomainError as error:
        db.session.rollback()
        form.form_errors.append(error.message)
        return private(make_response(_page(application, now, form), error.status))
    db.session.commit()
    flash(
        _("C’est envoyé\u00a0: l’équipe le sait.") if told else _("C’était déjà votre réponse."),
        "ok",
    )
    return private(back)


@applications.post("/candidature/<reference>/rappel")
@public
def call_back(reference: str) -> Any:
    """Change when the person wants to be called, as long as she waits for it."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    form = CallBackForm()
    try:
        if form.validate():
            callback.change_call_back(application, callback.written(form.call_back.data or []))
            db.session.commit()
            flash(_("C’est noté\u00a0: la structure le voit dès maintenant."), "ok")
        else:
            flash(_("Choisissez un moment de la liste."), "error")
    except NotAllowedTransition as error:
        db.session.rollback()
        flash(error.message, "warn")
    return private(redirect(url_for("applications.show", reference=reference), 303))  # type: ignore[arg-type]


@applications.route("/candidature/<reference>/retirer", methods=["GET", "POST"])
@public
def withdraw(reference: str) -> Any:
    """Ask once more, then take the application back."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    form = WithdrawForm()
    if form.is_submitted() and form.validate():
        services.withdraw_application(application, clock.now())
        db.session.commit()
        flash(_("C’est fait\u00a0: votre demande est retirée."), "ok")
        return private(redirect(url_for("applications.show", reference=reference), 303))  # type: ignore[arg-type]
    if not _can_withdraw(application):
        return private(redirect(url_for("applications.show", reference=reference), 303))  # type: ignore[arg-type]
    page = render_template(
        "applications/withdraw.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
        form=form,
    )
    return private(make_response(page))


def _status(application: Application) -> workflow.S:
    return workflow.S(application.status)


def _closing(application: Application) -> progress.Closing | None:
    """Return what the closing of the listing means for a person who still waits, or None."""
    listing = application.listing
    told = queries.told_of_closing(listing.kind, listing.outcome)
    if listing.status != Status.CLOSED or application.status not in told:
        return None
    by_team = listing_queries.removed_by_team(listing)
    return progress.closing(application, clock.now(), by_team=by_team)


def _can_withdraw(application: Application) -> bool:
    kind = application.listing.kind
    to = workflow.withdrawn_status(kind)
    return to in workflow.allowed(kind, application.status, workflow.ActorKind.CANDIDATE)
