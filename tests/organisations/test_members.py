"""Who acts for an organisation: invited, let in, promoted, put out; one owner always stays."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.queries import link_user, user_by_email
from app.accounts.services import create_link
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.organisations import queries, services
from app.organisations.enums import MemberRole, OrganisationStatus
from app.organisations.models import Invitation, JoinRequest, Membership, Organisation
from tests import factories
from tests.accounts.browser import csrf_of, post, signed_in
from tests.organisations.test_sign_up import link_of, press

SignIn = Callable[..., FlaskClient]


def role_of(organisation: Organisation, user: User) -> str | None:
    membership = queries.membership_in(organisation.id, user.id)
    return membership.role if membership else None


def membership_of(organisation: Organisation, user: User) -> Membership:
    found = queries.membership_in(organisation.id, user.id)
    assert found is not None
    return found


@pytest.fixture
def owner() -> User:
    return factories.user(name="Anne Ravier")


@pytest.fixture
def organisation(owner: User) -> Organisation:
    return factories.organisation(owner, name="Résidence des Tilleuls")


@pytest.fixture
def colleague(organisation: Organisation, now: dt.datetime) -> User:
    person = factories.user(name="Nora Sadi")
    services.add_member(organisation, person, now=now)
    return person


def invite(browser: FlaskClient, organisation: Organisation, email: str, role: str) -> Any:
    page = f"/recruter/structures/{organisation.id}/membres"
    token = csrf_of(browser, page)
    return browser.post(f"{page}/inviter", data={"csrf_token": token, "email": email, "role": role})


def test_person_without_an_account_joins_by_her_invitation(
    app: Flask, sign_in: SignIn, owner: User, organisation: Organisation, smtp: Any
) -> None:
    invite(sign_in(owner), organisation, "Nora@Example.org", "member")
    link = link_of(smtp, "/invitation/")
    assert smtp.messages[-1]["To"] == "nora@example.org"
    visitor = app.test_client()
    assert "Anne Ravier vous invite" in visitor.get(link).text
    token = csrf_of(visitor, link)
    assert visitor.post(link, data={"csrf_token": token}).status_code == 422

    visitor.post(link, data={"csrf_token": token, "person_name": "Nora Sadi"})

    nora = user_by_email("nora@example.org")
    assert nora is not None
    assert nora.name == "Nora Sadi"
    assert role_of(organisation, nora) == MemberRole.MEMBER
    assert signed_in(visitor)
    assert app.test_client().get(link).status_code == 410


def test_person_with_an_account_joins_then_signs_in_as_usual(
    app: Flask, sign_in: SignIn, owner: User, organisation: Organisation, smtp: Any
) -> None:
    nora = factories.user(email="nora@example.org")
    invite(sign_in(owner), organisation, "nora@example.org", "owner")
    visitor = app.test_client()

    answer = press(visitor, link_of(smtp, "/invitation/"))

    assert answer.location.startswith("/connexion?next=")
    assert not signed_in(visitor)
    assert role_of(organisation, nora) == MemberRole.OWNER


def test_invitation_is_of_no_use_to_somebody_else(
    sign_in: SignIn, owner: User, organisation: Organisation, smtp: Any, now: dt.datetime
) -> None:
    invite(sign_in(owner), organisation, "nora@example.org", "member")
    link = link_of(smtp, "/invitation/")
    stranger = factories.user()
    browser = sign_in(stranger)

    assert browser.get(link).status_code == 403
    assert post(browser, link).status_code == 403
    token = link.rpartition("/")[2]
    with pytest.raises(services.WrongPerson):
        services.accept_invitation(stranger, token, name="", now=now, hours=1)
    assert role_of(organisation, stranger) is None
    assert queries.living_invitation(token, clock.now()) is not None


def test_invitation_dies_after_a_week_or_when_taken_back_or_replaced(
    app: Flask, sign_in: SignIn, owner: User, organisation: Organisation, smtp: Any
) -> None:
    browser, visitor = sign_in(owner), app.test_client()
    invite(browser, organisation, "nora@example.org", "owner")
    replaced = link_of(smtp, "/invitation/")
    invite(browser, organisation, "nora@example.org", "member")
    last = link_of(smtp, "/invitation/")

    assert visitor.get(replaced).status_code == 410
    assert visitor.get(last).status_code == 200
    (invitation,) = queries.invitations_of(organisation.id, clock.now())
    week = invitation.created_at + dt.timedelta(days=7)
    assert queries.living_invitation(last.rpartition("/")[2], week) is None

    post(browser, f"/recruter/structures/{organisation.id}/invitations/{invitation.id}/annuler")
    assert visitor.get(last).status_code == 410


def test_member_is_not_invited_twice_and_nobody_sends_without_end(
    owner: User, organisation: Organisation, colleague: User, now: dt.datetime
) -> None:
    with pytest.raises(DomainError):
        services.invite_member(owner, organisation, colleague.email, "member", now=now)
    for number in range(50):
        services.invite_member(owner, organisation, f"p{number}@example.org", "member", now=now)
    with pytest.raises(DomainError):
        services.invite_member(owner, organisation, "encore@example.org", "member", now=now)


def test_organisation_that_nobody_has_checked_invites_few(
    owner: User, organisation: Organisation, now: dt.datetime
) -> None:
    organisation.status = OrganisationStatus.PENDING
    for number in range(5):
        services.invite_member(owner, organisation, f"p{number}@example.org", "member", now=now)
    with pytest.raises(DomainError):
        services.invite_member(owner, organisation, "encore@example.org", "member", now=now)


def test_only_owners_manage(
    sign_in: SignIn, owner: User, organisation: Organisation, colleague: User, now: dt.datetime
) -> None:
    browser = sign_in(colleague)
    base = f"/recruter/structures/{organisation.id}"
    invitation = factories.invitation(organisation, owner)
    request = factories.join_request(organisation, factories.user())
    page = browser.get(f"{base}/membres").text

    assert "Inviter une personne" not in page
    for action, data in {
        "membres/inviter": {"email": "a@example.org", "role": "owner"},
        f"membres/{owner.id}/role": {"role": "member"},
        f"membres/{colleague.id}/role": {"role": "owner"},
        f"membres/{owner.id}/retirer": {},
        f"invitations/{invitation.id}/annuler": {},
        f"demandes/{request.id}/accepter": {},
        "modifier": {"description": "Autre", "promise": "24"},
        "etablissements/nouveau": {"name": "Autre", "place": "Bron (69500)"},
    }.items():
        assert post(browser, f"{base}/{action}", **data).status_code == 403, action
    for call in (
        lambda: services.invite_member(colleague, organisation, "a@example.org", "owner", now=now),
        lambda: services.change_role(
            colleague, membership_of(organisation, colleague), "owner", now=now
        ),
        lambda: services.remove_member(colleague, membership_of(organisation, owner), now=now),
        lambda: services.answer_join_request(colleague, request, accepted=True, now=now),
        lambda: services.revoke_invitation(colleague, invitation, now=now),
        lambda: services.update_organisation(colleague, organisation, {}),
        lambda: services.open_establishment(colleague, organisation, {}),
        lambda: services.send_again(colleague, organisation, now=now),
    ):
        with pytest.raises(services.OwnersOnly):
            call()


def test_removed_member_is_out_at_once_whatever_she_copied(
    app: Flask,
    sign_in: SignIn,
    owner: User,
    organisation: Organisation,
    colleague: User,
    now: dt.datetime,
) -> None:
    listing = factories.listing(organisation=organisation)
    application = factories.application(listing)
    services.change_role(owner, membership_of(organisation, colleague), "owner", now=now)
    invitation = services.invite_member(colleague, organisation, "x@example.org", "owner", now=now)
    token = services.give_token(invitation)
    _link, sign_in_link = create_link(colleague, now=now)
    browser = sign_in(colleague)
    copy = app.test_client()
    cookie = browser.get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)
    sheet = f"/recruter/candidatures/{application.id}"
    assert copy.get(sheet).status_code == 200

    post(sign_in(owner), f"/recruter/structures/{organisation.id}/membres/{colleague.id}/retirer")

    for one in (browser, copy):
        assert one.get(sheet).status_code == 302
        assert not signed_in(one)
    assert link_user(sign_in_link, clock.now()) is None
    assert queries.living_invitation(token, clock.now()) is None
    back = sign_in(colleague)
    assert back.get(sheet).status_code == 404
    assert back.get(f"/recruter/annonces/{listing.id}").status_code == 404
    assert back.get(f"/recruter/structures/{organisation.id}/membres").status_code == 404


def test_message_that_waited_is_not_sent_to_who_has_left(
    owner: User, organisation: Organisation, colleague: User, smtp: Any, now: dt.datetime
) -> None:
    from app.applications.enums import ActorKind, Status
    from app.applications.models import ApplicationEvent
    from app.core.outbox import enqueue

    application = factories.application(factories.listing(organisation=organisation))
    event = ApplicationEvent(
        application=application,
        to_status=Status.RECEIVED,
        at=now,
        actor_kind=ActorKind.CANDIDATE,
    )
    db.session.add(event)
    db.session.flush()
    for person in (owner, colleague):
        enqueue("application.announced", now=now, application_event_id=event.id, user_id=person.id)
    services.remove_member(owner, membership_of(organisation, colleague), now=now)
    db.session.commit()
    jobs.drain()

    assert [message["To"] for message in smtp.messages] == [owner.email]


def test_decision_is_not_told_to_who_no_longer_answers_for_the_organisation(
    owner: User, organisation: Organisation, colleague: User, smtp: Any, now: dt.datetime
) -> None:
    gone = factories.user()
    for person, role in ((gone, "owner"), (colleague, "owner")):
        services.add_member(organisation, person, now=now)
        services.change_role(owner, membership_of(organisation, person), role, now=now)
    services.suspend_organisation(None, organisation, now=now, reason="Faux employeur.")
    db.session.delete(membership_of(organisation, gone))
    membership_of(organisation, colleague).role = MemberRole.MEMBER
    db.session.commit()

    jobs.drain()

    assert [message["To"] for message in smtp.messages] == [owner.email]


def test_role_of_a_member_put_out_at_the_same_instant_changes_nothing(
    app: Flask, real_commits: None
) -> None:
    owner, leaving = factories.user(), factories.user()
    organisation = factories.organisation(owner, leaving)
    db.session.commit()
    membership = membership_of(organisation, leaving)

    def put_out() -> None:
        with app.app_context():
            db.session.delete(db.session.get_one(Membership, membership.id))
            db.session.commit()

    db.session.commit()
    put_out()
    services.change_role(owner, membership, "member", now=clock.now())
    db.session.commit()

    assert role_of(organisation, leaving) is None


def test_suspension_takes_everything_back(
    app: Flask, sign_in: SignIn, owner: User, organisation: Organisation, now: dt.datetime
) -> None:
    invitation = services.invite_member(owner, organisation, "x@example.org", "member", now=now)
    token = services.give_token(invitation)
    _link, sign_in_link = create_link(owner, now=now)
    copy = app.test_client()
    cookie = sign_in(owner).get_cookie("session")
    assert cookie is not None
    copy.set_cookie("session", cookie.value)

    services.suspend_organisation(None, organisation, now=now, reason="Faux employeur.")
    db.session.commit()

    assert not signed_in(copy)
    assert link_user(sign_in_link, clock.now()) is None
    assert app.test_client().get(f"/invitation/{token}").status_code == 410
    assert sign_in(owner).get(f"/recruter/structures/{organisation.id}").status_code == 404


def test_last_owner_cannot_leave_nor_be_demoted(
    sign_in: SignIn, owner: User, organisation: Organisation, colleague: User, now: dt.datetime
) -> None:
    with pytest.raises(services.LastOwner):
        services.leave_organisation(owner, organisation, now=now)
    with pytest.raises(services.LastOwner):
        services.change_role(owner, membership_of(organisation, owner), "member", now=now)
    with pytest.raises(services.LastOwner):
        services.remove_member(owner, membership_of(organisation, owner), now=now)

    browser = sign_in(owner)
    base = f"/recruter/structures/{organisation.id}"
    post(browser, f"{base}/membres/{colleague.id}/role", role="owner")
    assert post(browser, f"{base}/quitter").location == "/"
    assert not signed_in(browser)
    assert role_of(organisation, owner) is None
    assert role_of(organisation, colleague) == MemberRole.OWNER


def test_invitation_of_who_is_no_longer_owner_is_worthless(
    owner: User, organisation: Organisation, colleague: User, now: dt.datetime
) -> None:
    services.change_role(owner, membership_of(organisation, colleague), "owner", now=now)
    invitation = services.invite_member(colleague, organisation, "x@example.org", "owner", now=now)
    token = services.give_token(invitation)

    services.change_role(owner, membership_of(organisation, colleague), "member", now=now)

    assert services.accept_invitation(None, token, name="X", now=now, hours=1) is None


def test_of_two_owners_who_leave_at_once_one_stays(app: Flask, real_commits: None) -> None:
    first, second = factories.user(), factories.user()
    organisation = factories.organisation(first, second)
    db.session.commit()
    ready, refused = threading.Barrier(2), []

    def leave(user_id: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                services.leave_organisation(
                    db.session.get_one(User, user_id),
                    db.session.get_one(Organisation, organisation.id),
                    now=clock.now(),
                )
                db.session.commit()
            except services.LastOwner:
                db.session.rollback()
                refused.append(user_id)

    threads = [threading.Thread(target=leave, args=(one.id,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()

    assert len(refused) == 1
    assert [one.user_id for one in queries.memberships_of(organisation.id)] == refused


def test_one_invitation_pressed_many_times_at_once_lets_one_in(
    app: Flask, real_commits: None
) -> None:
    owner = factories.user()
    organisation = factories.organisation(owner)
    now = clock.now()
    invitation = services.invite_member(owner, organisation, "x@example.org", "member", now=now)
    token = services.give_token(invitation)
    db.session.commit()
    ready, entered = threading.Barrier(6), []

    def accept() -> None:
        with app.app_context():
            ready.wait()
            arrival = services.accept_invitation(None, token, name="X", now=now, hours=1)
            db.session.commit()
            if arrival is not None:
                entered.append(arrival.user.id)

    threads = [threading.Thread(target=accept) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()

    assert len(entered) == 1
    assert len(queries.memberships_of(organisation.id)) == 2


def test_what_is_over_is_forgotten_after_thirty_days(now: dt.datetime) -> None:
    owner = factories.user()
    house = factories.organisation(owner)
    old, recent = now - dt.timedelta(days=31), now - dt.timedelta(days=29)
    kept = [
        factories.invitation(house, owner),
        factories.invitation(house, owner, expires_at=recent),
        factories.invitation(house, owner, accepted_at=recent),
        factories.invitation(house, owner, revoked_at=recent),
    ]
    for values in ({"expires_at": old}, {"accepted_at": old}, {"revoked_at": old}):
        factories.invitation(house, owner, **values)
    waiting, answered, forgotten = (
        factories.join_request(house, factories.user()) for _ in range(3)
    )
    waiting.created_at = old
    answered.answered_at, answered.accepted = recent, False
    forgotten.answered_at, forgotten.accepted = old, True
    db.session.flush()
    left = {waiting.id, answered.id}

    services.purge_invitations(now)

    assert set(db.session.scalars(select(Invitation.id))) == {one.id for one in kept}
    assert set(db.session.scalars(select(JoinRequest.id))) == left
