"""The space of an organisation: what it says of itself, where it works, who acts for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.organisations import queries, services
from app.organisations.enums import (
    MEMBER_ROLE_LABELS,
    PROMISE_LABELS,
    Action,
    MemberRole,
    OrganisationKind,
    Promise,
)
from app.organisations.forms import (
    ConfirmForm,
    EstablishmentForm,
    IdentityForm,
    InviteForm,
    RoleForm,
    SettingsForm,
    settings_of,
    values_of,
)
from app.organisations.models import Establishment, Membership
from app.organisations.services.invitations import OVER_KEPT
from app.organisations.views.choices import publics, workplaces

recruiter_organisations = Blueprint(
    "recruiter_organisations", __name__, url_prefix="/recruter/structures"
)
member = requires_role(*MEMBER_ROLES)


@recruiter_organisations.context_processor
def _labels() -> dict[str, Any]:
    return {"role_labels": MEMBER_ROLE_LABELS}


@recruiter_organisations.get("/")
@member
def index() -> Any:
    """Lead to one's organisation, or list them, with what one has asked to join."""
    organisations = queries.organisations_of(current_user)
    requests = queries.requests_by(current_user.id)
    if len(organisations) == 1 and not requests:
        return redirect(_page_of(organisations[0].id), 303)
    return render_template(
        "recruiter/organisations.html", organisations=organisations, requests=requests
    )


@recruiter_organisations.get("/<int:organisation_id>")
@member
def show(organisation_id: int) -> Any:
    """Show where the organisation stands, what it says of itself and where it works."""
    mine = _mine(organisation_id)
    refusals = [one for one in queries.events_of(organisation_id) if one.action == Action.REFUSED]
    return render_template(
        "recruiter/organisation.html",
        organisation=mine.organisation,
        owner=mine.role == MemberRole.OWNER,
        promise=PROMISE_LABELS[Promise(mine.organisation.promise_hours)],
        picture_count=len(queries.pictures_of(organisation_id)),
        establishments=queries.establishments_of(organisation_id),
        refusal=refusals[0].reason if refusals and mine.organisation.refused else "",
        form=ConfirmForm(),
    )


@recruiter_organisations.route("/<int:organisation_id>/modifier", methods=["GET", "POST"])
@member
def update(organisation_id: int) -> Any:
    """Change what the organisation says of itself."""
    organisation = owned(organisation_id).organisation
    # What was checked no longer changes; a platform is opened by the team.
    checked = organisation.verified or organisation.kind == OrganisationKind.PLATFORM
    form = (SettingsForm if checked else IdentityForm)(data=settings_of(organisation))
    if not form.validate_on_submit():
        page = render_template(
            "recruiter/organisation_form.html", form=form, organisation=organisation
        )
        return page, 422 if form.is_submitted() else 200
    services.update_organisation(current_user, organisation, form.values())
    return _done(_("C’est enregistré."), _page_of(organisation_id))


@recruiter_organisations.post("/<int:organisation_id>/renvoyer")
@member
def send_again(organisation_id: int) -> Any:
    """Ask the team to check again, after a refusal."""
    organisation = owned(organisation_id).organisation
    return _try(
        lambda: services.send_again(current_user, organisation, now=clock.now()),
        _("Merci. Notre équipe regarde à nouveau, puis vous écrit."),
        _page_of(organisation_id),
    )


@recruiter_organisations.route(
    "/<int:organisation_id>/etablissements/nouveau", methods=["GET", "POST"]
)
@member
def add_establishment(organisation_id: int) -> Any:
    """Add a place where the organisation works."""
    return _edit(organisation_id, None)


@recruiter_organisations.route(
    "/<int:organisation_id>/etablissements/<int:establishment_id>", methods=["GET", "POST"]
)
@member
def update_establishment(organisation_id: int, establishment_id: int) -> Any:
    """Change a place where the organisation works."""
    owned(organisation_id)
    establishment = queries.establishment_in(organisation_id, establishment_id) or abort(404)
    return _edit(organisation_id, establishment)


def _edit(organisation_id: int, establishment: Establishment | None) -> Any:
    organisation = owned(organisation_id).organisation
    form = EstablishmentForm(data=values_of(establishment) if establishment else None)
    form.workplace.choices, form.publics.choices = workplaces(), publics()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                _keep(organisation_id, establishment, form)
            except services.InvalidOrganisation as error:
                db.session.rollback()
                form.siret.errors = [error.message]
            else:
                return _done(_("C’est enregistré."), _page_of(organisation_id))
    page = render_template(
        "recruiter/establishment_form.html",
        form=form,
        organisation=organisation,
        establishment=establishment,
    )
    return page, status


def _keep(
    organisation_id: int, establishment: Establishment | None, form: EstablishmentForm
) -> None:
    if establishment is not None:
        services.update_establishment(current_user, establishment, form.values())
        return
    organisation = owned(organisation_id).organisation
    services.open_establishment(current_user, organisation, form.values())


@recruiter_organisations.get("/<int:organisation_id>/membres")
@member
def members(organisation_id: int) -> Any:
    """Show who acts for the organisation; owners also see who is invited and who asks."""
    return _members_page(_mine(organisation_id), InviteForm())


def _members_page(mine: Membership, form: InviteForm) -> str:
    owner, organisation_id = mine.role == MemberRole.OWNER, mine.organisation_id
    return render_template(
        "recruiter/members.html",
        organisation=mine.organisation,
        mine=mine,
        owner=owner,
        memberships=queries.memberships_of(organisation_id),
        invitations=queries.invitations_of(organisation_id, clock.now()) if owner else [],
        requests=queries.join_requests_of(organisation_id) if owner else [],
        kept_days=OVER_KEPT.days,
        form=form,
    )


@recruiter_organisations.post("/<int:organisation_id>/membres/inviter")
@member
def invite(organisation_id: int) -> Any:
    """Invite a colleague by e-mail."""
    mine = owned(organisation_id)
    form = InviteForm()
    if not form.validate():
        return _members_page(mine, form), 422
    try:
        services.invite_member(
            current_user, mine.organisation, form.address, form.role.data, now=clock.now()
        )
    except DomainError as error:
        db.session.rollback()
        form.email.errors = [error.message]
        return _members_page(owned(organisation_id), form), 422
    return _done(
        _("L’invitation part vers %(email)s. Elle sert 7 jours.", email=form.address),
        _members_of(organisation_id),
    )


@recruiter_organisations.post("/<int:organisation_id>/invitations/<int:invitation_id>/annuler")
@member
def revoke(organisation_id: int, invitation_id: int) -> Any:
    """Take an invitation back."""
    owned(organisation_id)
    invitation = queries.invitation_in(organisation_id, invitation_id) or abort(404)
    services.revoke_invitation(current_user, invitation, now=clock.now())
    return _done(_("L’invitation ne sert plus."), _members_of(organisation_id))


@recruiter_organisations.post("/<int:organisation_id>/membres/<int:user_id>/role")
@member
def change_role(organisation_id: int, user_id: int) -> Any:
    """Give a member another role."""
    membership = _other(organisation_id, user_id)
    form = RoleForm()
    if not form.validate():
        flash(_("Choisissez un rôle de la liste."), "error")
        return redirect(_members_of(organisation_id), 303)
    return _try(
        lambda: services.change_role(current_user, membership, form.role.data, now=clock.now()),
        _("Le rôle de %(name)s est changé.", name=membership.user.name),
        _members_of(organisation_id),
    )


@recruiter_organisations.post("/<int:organisation_id>/membres/<int:user_id>/retirer")
@member
def remove(organisation_id: int, user_id: int) -> Any:
    """Put a member out, at once."""
    membership = _other(organisation_id, user_id)
    name = membership.user.name
    return _try(
        lambda: services.remove_member(current_user, membership, now=clock.now()),
        _("%(name)s n’a plus accès à votre structure.", name=name),
        _members_of(organisation_id),
    )


@recruiter_organisations.post("/<int:organisation_id>/quitter")
@member
def leave(organisation_id: int) -> Any:
    """Stop acting for the organisation: one is signed out."""
    organisation = _mine(organisation_id).organisation
    return _try(
        lambda: services.leave_organisation(current_user, organisation, now=clock.now()),
        _("Vous ne faites plus partie de %(name)s.", name=organisation.name),
        _members_of(organisation_id),
        then=url_for("main.home"),
    )


@recruiter_organisations.post("/<int:organisation_id>/demandes/<int:request_id>/accepter")
@member
def accept_request(organisation_id: int, request_id: int) -> Any:
    """Let in a person who asks."""
    return _answer(organisation_id, request_id, accepted=True)


@recruiter_organisations.post("/<int:organisation_id>/demandes/<int:request_id>/refuser")
@member
def decline_request(organisation_id: int, request_id: int) -> Any:
    """Say no to a person who asks."""
    return _answer(organisation_id, request_id, accepted=False)


def _answer(organisation_id: int, request_id: int, *, accepted: bool) -> Any:
    owned(organisation_id)
    request = queries.join_request_in(organisation_id, request_id) or abort(404)
    services.answer_join_request(current_user, request, accepted=accepted, now=clock.now())
    name = request.user.name
    if accepted:
        message = _("%(name)s fait maintenant partie de votre structure.", name=name)
    else:
        message = _("C’est noté. %(name)s reçoit votre réponse.", name=name)
    return _done(message, _members_of(organisation_id))


def _mine(organisation_id: int) -> Membership:
    return queries.member_of(current_user, organisation_id) or abort(404)


def owned(organisation_id: int) -> Membership:
    """Return the membership of an owner; 404 to who is not of the house, 403 to a member."""
    mine = _mine(organisation_id)
    if mine.role != MemberRole.OWNER:
        raise services.OwnersOnly
    return mine


def _other(organisation_id: int, user_id: int) -> Membership:
    owned(organisation_id)
    return queries.membership_in(organisation_id, user_id) or abort(404)


def _page_of(organisation_id: int) -> str:
    return url_for("recruiter_organisations.show", organisation_id=organisation_id)


def _members_of(organisation_id: int) -> str:
    return url_for("recruiter_organisations.members", organisation_id=organisation_id)


def _try(action: Callable[[], None], message: str, back: str, *, then: str = "") -> Any:
    """Do one thing, or come back and say what forbids it."""
    try:
        action()
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(back, 303)
    return _done(message, then or back)


def _done(message: str, address: str) -> Any:
    db.session.commit()
    flash(message, "ok")
    return redirect(address, 303)
