"""What members write about a person and to her; the people they keep; the teams they send to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.applications import letters, mails, pool, progress, queries, transfer
from app.applications.enums import LETTER_LABELS, Letter, Status
from app.applications.letter_forms import LetterForm, NoteForm, TransferForm
from app.applications.models import Application
from app.applications.transfer import Place
from app.applications.views.recruiter import no_store, sheet_page
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.core.routes import LARGEST_ID
from app.listings.models import Listing

blueprint = Blueprint("letters", __name__, url_prefix="/recruter")
member = requires_role(*MEMBER_ROLES)
SHEET = "/candidatures/<int:application_id>"
LAST_PAGE = 10_000


def _opened(application_id: int) -> Application:
    """Return an application whose sheet this person has opened, or answer 404."""
    application = queries.of_member(application_id, current_user.id)
    if application is None:
        abort(404)
    return application


def _to_sheet(application_id: int) -> Any:
    return redirect(url_for("recruiter.application_show", application_id=application_id), 303)


def _is_opened(application_id: int) -> bool:
    return queries.has_opened(application_id, current_user.id)


@blueprint.post(f"{SHEET}/notes")
@member
def note_create(application_id: int) -> Any:
    """Write a note for the colleagues."""
    application = _opened(application_id)
    if not _is_opened(application_id):
        return _to_sheet(application_id)
    form = NoteForm()
    if not form.validate():
        return sheet_page(application, form), 422
    letters.add_note(application, current_user, form.text.data, clock.now())
    db.session.commit()
    flash(_("Votre note est gardée. Vos collègues la lisent aussi."), "ok")
    return _to_sheet(application_id)


@blueprint.post(f"{SHEET}/notes/<int:note_id>/supprimer")
@member
def note_delete(application_id: int, note_id: int) -> Any:
    """Delete a note of one's own."""
    application = _opened(application_id)
    if not letters.delete_note(application, current_user, note_id):
        abort(404)
    db.session.commit()
    flash(_("La note est supprimée."), "ok")
    return _to_sheet(application_id)


@blueprint.route(f"{SHEET}/ecrire", methods=["GET", "POST"])
@member
def write(application_id: int) -> Any:
    """Show a ready message, to be changed; then send it."""
    application = _opened(application_id)
    letter = request.args.get("modele", "")
    offered = letters.letters_for(application.listing.kind, application.status)
    if letter not in offered or not _is_opened(application_id):
        return _to_sheet(application_id)
    letter, now = Letter(letter), clock.now()
    proposed = _proposable(application) if letter is Letter.PROPOSAL else []
    form = LetterForm(letter, application, proposed)
    form.given = (application.listing.title, application.first_name)
    if request.method == "GET":
        form.text.data = mails.letter_message(letter, application, now)
        if letter is Letter.MEETING:
            form.step.data = form.step.data or request.args.get("etape")
            form.place.data = _usual_place(application.listing)
    elif form.validate():
        try:
            return _send(application, letter, form)
        except DomainError as error:
            db.session.rollback()
            form.form_errors.append(error.message)
            application = _opened(application_id)
    page = render_template(
        "recruiter/message.html",
        application=application,
        letter=letter,
        heading=LETTER_LABELS[letter],
        form=form,
        proposed=proposed,
    )
    return no_store(Response(page, 422 if form.errors else 200))


def _send(application: Application, letter: Letter, form: LetterForm) -> Any:
    values = form.data
    meeting = letter is Letter.MEETING
    letters.write(
        application,
        current_user,
        letter,
        values["text"],
        clock.now(),
        step=Status(values["step"]) if meeting else None,
        meeting_at=clock.paris_instant(values["day"], values["hour"]) if meeting else None,
        meeting_place=values.get("place"),
        listing=db.session.get(Listing, values["listing"]) if "listing" in values else None,
    )
    db.session.commit()
    if application.email:
        flash(_("Votre message part par e-mail. Il reste lisible sur sa page de suivi."), "ok")
    else:
        flash(
            _("Rien ne part\u00a0: cette personne n’a pas d’e-mail. Lisez-lui le message, ou SMS."),
            "warn",
        )
    return _to_sheet(application.id)


def _usual_place(listing: Listing) -> str:
    return ", ".join(part for part in (listing.address, listing.place_label) if part)


def _proposable(application: Application) -> list[Listing]:
    """Return the open listings of the organisation, but the one the person has answered."""
    listings = transfer.open_listings(application.listing.organisation_id, clock.now())
    return [one for one in listings if one.id != application.listing_id]


@blueprint.post(f"{SHEET}/garder")
@member
def pool_ask(application_id: int) -> Any:
    """Ask the person whether her contact may be kept."""
    application = _opened(application_id)
    try:
        pool.ask(application, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return _to_sheet(application_id)
    db.session.commit()
    flash(
        _("La question lui est posée par e-mail.")
        if application.email
        else _("La question est sur sa page de suivi. Dites-le-lui au téléphone."),
        "ok",
    )
    return _to_sheet(application_id)


@blueprint.route(f"{SHEET}/confier", methods=["GET", "POST"])
@member
def hand_over(application_id: int) -> Any:
    """Choose another listing of the organisation, then hand the application to it."""
    application = _opened(application_id)
    if not transfer.can_move(application) or not _is_opened(application_id):
        flash(_("Cette candidature ne peut plus être confiée à une autre annonce."), "warn")
        return _to_sheet(application_id)
    now = clock.now()
    places = {_key(place): (_label(place), place) for place in transfer.places(application, now)}
    form = TransferForm(places)
    if form.is_submitted() and form.validate():
        listing, session = places[form.to.data][1]
        try:
            transfer.transfer(application, listing, session, current_user, now)
        except DomainError as error:
            db.session.rollback()
            form.form_errors.append(error.message)
            application = _opened(application_id)
        else:
            db.session.commit()
            flash(_("C’est fait\u00a0: la candidature a changé d’annonce."), "ok")
            return _to_sheet(application_id)
    page = render_template(
        "recruiter/hand_over.html", application=application, form=form, places=places
    )
    return no_store(Response(page, 422 if form.errors else 200))


def _key(place: Place) -> str:
    listing, session = place
    return f"{listing.id}-{session.id}" if session else str(listing.id)


def _label(place: Place) -> str:
    listing, session = place
    where = listing.establishment.name if listing.establishment else listing.place_label
    words = f"{listing.title}, {where}" if where else listing.title
    return f"{words}, {progress.when(session.starts_at)}" if session else words


@blueprint.get("/vivier")
@member
def people() -> Any:
    """Show who agreed to be told of other listings."""
    page = request.args.get("page", 1, type=int)
    page = page if 0 < page <= LAST_PAGE else 1
    profession_id = request.args.get("metier", 0, type=int)
    profession_id = profession_id if 0 < profession_id <= LARGEST_ID else 0
    words = " ".join(request.args.get("q", "")[:100].replace("\x00", "").split())
    rows = pool.people(current_user.id, profession_id=profession_id or None, words=words, page=page)
    html = render_template(
        "recruiter/pool.html",
        rows=rows[: pool.PAGE],
        more=len(rows) > pool.PAGE,
        page=page,
        words=words,
        profession_id=profession_id,
        professions=pool.professions(current_user.id),
    )
    return no_store(Response(html))
