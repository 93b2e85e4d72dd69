"""Opening an organisation, accepting an invitation, and the page of an organisation."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts.cookies import enter
from app.accounts.enums import MEMBER_ROLES
from app.accounts.models import User
from app.accounts.queries import user_by_email
from app.core import clock, sends
from app.core.database import db
from app.core.i18n import _
from app.core.limits import client_network, limiter
from app.core.permissions import public
from app.core.rich_text import markdown_to_html
from app.core.security import csrf
from app.core.sends import Sending
from app.listings.queries import organisation_cards
from app.organisations import queries, services
from app.organisations.enums import (
    MEMBER_ROLE_LABELS,
    PROMISE_LABELS,
    MemberRole,
    Promise,
    SignUpOutcome,
)
from app.organisations.forms import AcceptForm, ConfirmForm, SignUpForm
from app.organisations.models import Invitation, Organisation, measure_of
from app.organisations.structured_data import structured_data
from app.organisations.views.choices import workplaces
from app.organisations.wording import measured_text
from app.professions.queries import label_of_terms

organisations = Blueprint("organisations", __name__)


def _rate_limit() -> str:
    return str(current_app.config["SIGN_UP_RATE_LIMIT"])


# The form checks its own token: an expired session gives the form back, filled, not an error page.
@organisations.route("/inscription", methods=["GET", "POST"])
@public
@csrf.exempt
@limiter.limit(_rate_limit, methods=["POST"])
def sign_up() -> Any:
    """Ask who opens what; the same page comes next, whether the address has an account or not."""
    form = SignUpForm(data=_what_is_known())
    form.workplace.choices = workplaces()
    now = clock.now()
    if not form.is_submitted():
        sends.look(form, Sending("sign-up", client_network()), now)
        return render_template("organisations/sign_up.html", form=form)
    if not form.validate():
        return render_template("organisations/sign_up.html", form=form), 422
    if not sends.let_through(form, Sending("sign-up", client_network(), form.address), now):
        db.session.rollback()
        return render_template("organisations/sign_up.html", form=form), 422
    values = form.values()
    services.request_sign_up(values, now=now)
    known = queries.organisation_of_siret(values["siret"]) is not None
    db.session.commit()
    return redirect(url_for("organisations.sign_up_sent", connue=1 if known else None), 303)


def _what_is_known() -> dict[str, str]:
    """Return what a person who is signed in need not type again."""
    if not current_user.is_authenticated or current_user.role not in MEMBER_ROLES:
        return {}
    return {"email": current_user.email, "person_name": current_user.name}


@organisations.get("/inscription/envoyee")
@public
def sign_up_sent() -> Any:
    """Say what to do now, without repeating the address; `connue`: the SIRET is known here."""
    return render_template("organisations/sign_up_sent.html", known="connue" in request.args)


@organisations.route("/inscription/confirmer/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Any:
    """Show a button on GET, which mail gateways may open at will; open the organisation on POST."""
    form = ConfirmForm()
    now = clock.now()
    if form.validate_on_submit():
        entry = services.confirm_sign_up(token, now=now, hours=_session_hours())
        if entry is not None:
            return _welcome(entry)
    declared = queries.living_sign_up(token, now)
    outcome = None
    if declared is not None:
        known = queries.organisation_of_siret(declared.siret)
        outcome = queries.sign_up_outcome(known, user_by_email(declared.email))
    page = render_template(
        "organisations/confirm.html", form=form, declared=declared, outcome=outcome
    )
    return _private(make_response(page, 200 if declared else 410))


def _welcome(entry: services.Entry) -> Any:
    messages = {
        SignUpOutcome.OPENS: _(
            "Votre structure est inscrite. Notre équipe la vérifie en un jour ouvré\u00a0: en "
            "attendant, écrivez vos annonces."
        ),
        SignUpOutcome.JOINS: _(
            "Votre demande est envoyée aux responsables de %(name)s. Vous recevrez leur réponse "
            "par e-mail.",
            name=entry.organisation.name,
        ),
        SignUpOutcome.MEMBER: _("Vous êtes déjà membre de %(name)s.", name=entry.organisation.name),
    }
    return _arrive(entry.user, entry.organisation, entry.token, messages[entry.outcome])


def _arrive(user: User, organisation: Organisation, token: str | None, message: str) -> Any:
    """Lead to the space of the organisation; somebody who has an account signs in as usual."""
    if token is not None:
        enter(token)
    db.session.commit()
    flash(message, "ok")
    space = url_for("recruiter_organisations.index")
    signed_in = token is not None or (current_user.is_authenticated and current_user.id == user.id)
    return redirect(space if signed_in else url_for("accounts.sign_in", next=space), 303)


@organisations.route("/invitation/<token>", methods=["GET", "POST"])
@public
def accept(token: str) -> Any:
    """Show who invites on GET; let the person in on POST."""
    now = clock.now()
    invitation = queries.living_invitation(token, now)
    if invitation is None:
        return _invitation_over()
    is_new = user_by_email(invitation.email) is None
    form = AcceptForm() if is_new else ConfirmForm()
    other = current_user.is_authenticated and current_user.email != invitation.email
    if not form.is_submitted() or other or not form.validate():
        status = 403 if other else (422 if form.is_submitted() else 200)
        return _invitation_page(invitation, form, other, status)
    arrival = services.accept_invitation(
        current_user if current_user.is_authenticated else None,
        token,
        name=form.person_name.data if is_new else "",
        now=now,
        hours=_session_hours(),
    )
    if arrival is None:
        return _invitation_over()
    welcome = _("Vous faites maintenant partie de %(name)s.", name=arrival.organisation.name)
    return _arrive(arrival.user, arrival.organisation, arrival.token, welcome)


def _invitation_page(invitation: Invitation, form: Any, other: bool, status: int) -> Response:
    page = render_template(
        "organisations/invitation.html",
        invitation=invitation,
        role=MEMBER_ROLE_LABELS[MemberRole(invitation.role)],
        form=form,
        other=other,
    )
    return _private(make_response(page, status))


def _invitation_over() -> Response:
    db.session.rollback()
    return _private(make_response(render_template("organisations/invitation_over.html"), 410))


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _session_hours() -> int:
    return int(current_app.config["SIGNED_IN_SESSION_HOURS"])


@organisations.get("/structures/<slug>")
@public
def show(slug: str) -> Any:
    """Show who a verified organisation is, where it works and what it offers today."""
    organisation = queries.organisation_by_slug(slug)
    if organisation is None or not organisation.verified:
        abort(404)
    establishments = queries.establishments_of(organisation.id)
    measured = measure_of(organisation)
    url = current_app.config["PUBLIC_BASE_URL"] + url_for("organisations.show", slug=slug)
    return render_template(
        "organisations/show.html",
        organisation=organisation,
        description=markdown_to_html(organisation.description),
        pictures=queries.pictures_of(organisation.id),
        establishments=establishments,
        promise=PROMISE_LABELS[Promise(organisation.promise_hours)],
        measured=measured_text(*measured) if measured else "",
        label=label_of_terms(),
        cards=organisation_cards(organisation.id, clock.now()),
        url=url,
        data=structured_data(organisation, establishments, url),
    )
