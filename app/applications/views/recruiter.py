"""The space of those who recruit or train: one application, and what one answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.accounts.views.security import to_proof
from app.accounts.vigilance import ProofNeeded
from app.applications import (
    callback,
    cv,
    files,
    letters,
    mails,
    pool,
    progress,
    queries,
    services,
    transfer,
    wording,
    workflow,
)
from app.applications.enums import (
    DECLINE_REASON_LABELS,
    DIPLOMA_HELD_LABELS,
    LETTER_LABELS,
    STATUS_LABELS,
    STEP_ACTIONS,
    ActorKind,
    DeclineReason,
    Status,
)
from app.applications.forms import DeclineForm, MoveForm, ReasonForm
from app.applications.letter_forms import NoteForm
from app.applications.models import Application
from app.core import clock, storage
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.core.security import safe_next

recruiter = Blueprint("recruiter", __name__, url_prefix="/recruter")
member = requires_role(*MEMBER_ROLES)
S = Status


@recruiter.context_processor
def _labels() -> dict[str, Any]:
    return {
        "call_back_hours": callback.hours,
        "call_back_words": callback.words,
        "diploma_held_labels": DIPLOMA_HELD_LABELS,
        "labels": STATUS_LABELS,
        "letter_labels": LETTER_LABELS,
        "reason_labels": DECLINE_REASON_LABELS,
        "step_actions": STEP_ACTIONS,
        "when": progress.when,
    }


def moves_from(kind: str, status: str) -> list[tuple[Status, str]]:
    """Return the states a member may choose without giving a reason, in the order of the life."""
    allowed = workflow.allowed(kind, status, ActorKind.MEMBER) - workflow.NEEDS_REASON - {S.SEEN}
    return [(to, str(STATUS_LABELS[to])) for to in Status if to in allowed]


def _refusals(kind: str, status: str) -> frozenset[Status]:
    return workflow.allowed(kind, status, ActorKind.MEMBER) & workflow.NEEDS_REASON


def _find(application_id: int) -> Application:
    """Return an application to one of this person's verified organisations, or answer 404."""
    return queries.of_member(application_id, current_user.id) or abort(404)


def no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@recruiter.post("/candidatures/<int:application_id>/ouvrir")
@member
def application_open(application_id: int) -> Any:
    """Write that this person is going to see the details, then show them."""
    application = _find(application_id)
    try:
        services.record_view(application, current_user, "contact", clock.now())
    except ProofNeeded:
        return to_proof(_sheet(application_id))
    db.session.commit()
    return _to_sheet(application_id)


def _to_sheet(application_id: int) -> Any:
    return redirect(_sheet(application_id), 303)


def _sheet(application_id: int) -> str:
    return url_for("recruiter.application_show", application_id=application_id)


@recruiter.get("/candidatures/<int:application_id>")
@member
def application_show(application_id: int) -> Any:
    """Show the sheet to who has opened it; else a button. Reading writes nothing."""
    return sheet_page(_find(application_id), NoteForm(formdata=None))


def sheet_page(application: Application, note_form: NoteForm) -> Response:
    """Return the sheet, with a note that is being written."""
    page = render_template(
        "recruiter/application.html",
        **_labels(),
        application=application,
        listing=application.listing,
        note_form=note_form,
        letters=letters.letters_for(application.listing.kind, application.status),
        can_ask=pool.can_ask(application),
        pool_asked=pool.is_asked(application),
        can_hand_over=transfer.can_move(application),
        file_is_late=files.is_late(application, clock.now()),
        opened=queries.has_opened(application.id, current_user.id),
        taken_back=application.status in workflow.TAKEN_BACK,
        late=_is_late(application),
        mails_refused=mails.are_refused(application),
        unanswered=application.status == S.EXPIRED_NO_ANSWER,
        moves=moves_from(application.listing.kind, application.status),
        can_decline=bool(_refusals(application.listing.kind, application.status)),
    )
    return no_store(make_response(page))


def _is_late(application: Application) -> bool:
    due = application.answer_due_at
    return application.status in workflow.WAITING and due is not None and due < clock.now()


@recruiter.post("/candidatures/<int:application_id>/etape")
@member
def application_move(application_id: int) -> Any:
    """Bring an application to another step."""
    application = _find(application_id)
    back = safe_next(
        request.form.get("next"),
        url_for("recruiter.application_show", application_id=application_id),
    )
    form = MoveForm()
    if not form.validate():
        flash(_("Choisissez une étape de la liste."), "error")
        return redirect(back, 303)
    to = Status(form.to.data)
    if to in workflow.NEEDS_REASON:
        return redirect(
            url_for("recruiter.application_decline", application_id=application_id), 303
        )
    try:
        event = services.move_application(
            application, to, ActorKind.MEMBER, current_user, clock.now()
        )
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(back, 303)
    db.session.commit()
    if event is not None:
        flash(_moved_message(application, to), "ok")
    return redirect(back, 303)


def _moved_message(application: Application, to: Status) -> str:
    name, step = application.first_name, str(STATUS_LABELS[to])
    # They have just spoken: there is nothing to tell her.
    if to in workflow.SILENT or (to in workflow.SPOKEN and not application.email):
        return _("%(name)s\u00a0: %(step)s.", name=name, step=step)
    if application.email:
        return _("%(name)s\u00a0: %(step)s. Un e-mail lui est envoyé.", name=name, step=step)
    return _(
        "%(name)s\u00a0: %(step)s. Sans e-mail\u00a0: dites-le-lui au téléphone.",
        name=name,
        step=step,
    )


@recruiter.route("/candidatures/<int:application_id>/refuser", methods=["GET", "POST"])
@member
def application_decline(application_id: int) -> Any:
    """Ask for a reason, show the kind message that goes with it, then send it."""
    application = _find(application_id)
    refusals = _refusals(application.listing.kind, application.status)
    if not refusals:
        flash(_("Cette candidature a déjà une réponse, ou n’en attend plus."), "warn")
        return _to_sheet(application_id)
    form = DeclineForm()
    form.given = (application.listing.title, application.first_name)
    if form.is_submitted():
        if not form.validate():
            return _decline_page(application, form), 422
        return _decline(application, next(iter(refusals)), form)
    reason = request.args.get("reason", "")
    if reason in set(DeclineReason):
        form.reason.data = reason
        form.message.data = mails.decline_message(DeclineReason(reason), application)
        return _decline_page(application, form)
    asked = ReasonForm(request.args if "reason" in request.args else None)
    wrong = "reason" in request.args and not asked.validate()
    page = render_template("recruiter/decline_reason.html", application=application, form=asked)
    return no_store(make_response(page, 422 if wrong else 200))


def _decline_page(application: Application, form: DeclineForm) -> Response:
    page = render_template(
        "recruiter/decline.html",
        application=application,
        form=form,
        doubts=wording.doubts(form.reason.data or "", [application]),
    )
    return no_store(make_response(page))


def _decline(application: Application, to: Status, form: DeclineForm) -> Any:
    pool.say_no(
        application,
        to,
        current_user,
        clock.now(),
        DeclineReason(form.reason.data),
        form.message.data,
        ask=form.keep.data,
    )
    db.session.commit()
    flash(_moved_message(application, to), "ok")
    return redirect(url_for("recruiter.index"), 303)


@recruiter.post("/candidatures/<int:application_id>/cv")
@member
def application_cv(application_id: int) -> Any:
    """Write that this person takes the file, then send it as a download."""
    application = _find(application_id)
    if application.cv_state is None:
        abort(404)
    if application.cv_key is None or not application.file_may_leave:
        # The sheet says what the file waits for, or why nobody gets it.
        return _to_sheet(application_id)
    try:
        services.record_view(application, current_user, "cv", clock.now())
    except ProofNeeded:
        return to_proof(_sheet(application_id))
    db.session.commit()
    data = storage.read(application.cv_key, application.cv_sha256 or "")
    if data is None:
        flash(_("Ce fichier n’est plus lisible. Demandez-le à la personne."), "error")
        return _to_sheet(application_id)
    extension = application.cv_key.rpartition(".")[2]
    response = make_response(data)
    response.content_type = cv.MEDIA_TYPES[extension]
    name = application.cv_name or application.reference
    # Generated, so the two forms say the same; browsers read the second.
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return no_store(response)
