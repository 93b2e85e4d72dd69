"""Who may call what: every route, every role, one's own objects and those of others.

A new route breaks these tests until it is written in POLICIES.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.accounts.enums import Role
from app.accounts.queries import open_sessions_of
from app.accounts.services import open_session
from app.applications import letters
from app.core import clock
from app.core.permissions import policy_of
from app.listings.enums import Kind, Status
from app.listings.models import ListingEvent
from tests import factories

PUBLIC = None
MEMBERS = frozenset({Role.RECRUITER, Role.SCHOOL})
REVIEWERS = frozenset({Role.MODERATOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})
COUNSELLORS = frozenset({Role.COUNSELLOR, Role.ADMIN})
EVERYONE: frozenset[str] = frozenset()

POLICIES: dict[str, frozenset[str] | None] = {
    "account.app_confirm": EVERYONE,
    "account.app_create": EVERYONE,
    "account.app_delete": EVERYONE,
    "account.codes_renew": EVERYONE,
    "account.passkey_create": EVERYONE,
    "account.passkey_delete": EVERYONE,
    "account.passkey_options": EVERYONE,
    "account.password": EVERYONE,
    "account.prove": EVERYONE,
    "account.prove_options": EVERYONE,
    "account.prove_passkey": EVERYONE,
    "account.prove_resend": EVERYONE,
    "account.resend": PUBLIC,
    "account.session_close": EVERYONE,
    "account.sessions_close": EVERYONE,
    "account.show": EVERYONE,
    "account.verify": PUBLIC,
    "account.verify_options": PUBLIC,
    "account.verify_passkey": PUBLIC,
    "accounts.link_sent": PUBLIC,
    "accounts.request_link": PUBLIC,
    "accounts.sign_in": PUBLIC,
    "accounts.sign_out": PUBLIC,
    "accounts.use_link": PUBLIC,
    "alerts.create": PUBLIC,
    "alerts.sent": PUBLIC,
    "alerts.show": PUBLIC,
    "alerts.stop": PUBLIC,
    "alerts.update": PUBLIC,
    "applications.call_back": PUBLIC,
    "applications.reply": PUBLIC,
    "applications.confirmation": PUBLIC,
    "applications.create": PUBLIC,
    "applications.lookup": PUBLIC,
    "applications.show": PUBLIC,
    "applications.withdraw": PUBLIC,
    "closing.answer": MEMBERS,
    "closing.close": MEMBERS,
    "explorer.index": PUBLIC,
    "favourites.index": PUBLIC,
    "favourites.update": PUBLIC,
    "feed.index": PUBLIC,
    "following.apply": PUBLIC,
    "following.calendar": PUBLIC,
    "following.keep": PUBLIC,
    "geography.index": PUBLIC,
    "health.live": PUBLIC,
    "health.ready": PUBLIC,
    "letters.hand_over": MEMBERS,
    "letters.note_create": MEMBERS,
    "letters.note_delete": MEMBERS,
    "letters.people": MEMBERS,
    "letters.pool_ask": MEMBERS,
    "letters.write": MEMBERS,
    "listings.show": PUBLIC,
    "main.accessibility": PUBLIC,
    "main.home": PUBLIC,
    "main.legal": PUBLIC,
    "main.privacy": PUBLIC,
    "main.robots": PUBLIC,
    "moderation.accesses": ADMINS,
    "moderation.call": REVIEWERS,
    "moderation.decide_word": REVIEWERS,
    "moderation.handle_access": ADMINS,
    "moderation.home": REVIEWERS,
    "moderation.index": REVIEWERS,
    "moderation.organisation": REVIEWERS,
    "moderation.organisations": REVIEWERS,
    "moderation.publish": REVIEWERS,
    "moderation.refuse": REVIEWERS,
    "moderation.retry_work": ADMINS,
    "moderation.trust_clock": ADMINS,
    "moderation.work": ADMINS,
    "moderation.refuse_organisation": REVIEWERS,
    "moderation.release": REVIEWERS,
    "moderation.reopen": REVIEWERS,
    "moderation.searches": REVIEWERS,
    "moderation.show": REVIEWERS,
    "moderation.suspend": REVIEWERS,
    "moderation.undo_word": REVIEWERS,
    "moderation.verify": REVIEWERS,
    "moderation.word": REVIEWERS,
    "moderation.words": REVIEWERS,
    "open_data.download": PUBLIC,
    "open_data.index": PUBLIC,
    "organisations.accept": PUBLIC,
    "organisations.confirm": PUBLIC,
    "organisations.show": PUBLIC,
    "organisations.sign_up": PUBLIC,
    "organisations.sign_up_sent": PUBLIC,
    "own_account.account": EVERYONE,
    "own_account.account_download": EVERYONE,
    "own_account.account_erase": EVERYONE,
    "own_data.download": PUBLIC,
    "own_data.erase": PUBLIC,
    "own_data.erased": PUBLIC,
    "own_data.show": PUBLIC,
    "own_data.without_help": PUBLIC,
    "own_data.new_link": PUBLIC,
    "pictures.show": PUBLIC,
    "professions.index": PUBLIC,
    "professions.show": PUBLIC,
    "recruiter.application_cv": MEMBERS,
    "recruiter.application_decline": MEMBERS,
    "recruiter.application_move": MEMBERS,
    "recruiter.application_open": MEMBERS,
    "recruiter.application_show": MEMBERS,
    "recruiter.export_list": MEMBERS,
    "recruiter.group_decline": MEMBERS,
    "recruiter.group_move": MEMBERS,
    "recruiter.group_result": MEMBERS,
    "recruiter.index": PUBLIC,
    "recruiter_imports.columns": MEMBERS,
    "recruiter_imports.confirm": MEMBERS,
    "recruiter_imports.index": MEMBERS,
    "recruiter_imports.rejected": MEMBERS,
    "recruiter_imports.show": MEMBERS,
    "recruiter_imports.template": MEMBERS,
    "listing_editor.duplicate": MEMBERS,
    "listing_editor.review_draft": MEMBERS,
    "listing_editor.save_draft": MEMBERS,
    "recruiter_listings.confirm": MEMBERS,
    "recruiter_listings.create": MEMBERS,
    "recruiter_listings.index": MEMBERS,
    "recruiter_listings.pause": MEMBERS,
    "recruiter_listings.resume": MEMBERS,
    "recruiter_listings.show": MEMBERS,
    "recruiter_listings.submit": MEMBERS,
    "recruiter_listings.update": MEMBERS,
    "recruiter_organisations.accept_request": MEMBERS,
    "recruiter_organisations.add_establishment": MEMBERS,
    "recruiter_organisations.change_role": MEMBERS,
    "recruiter_organisations.decline_request": MEMBERS,
    "recruiter_organisations.index": MEMBERS,
    "recruiter_organisations.invite": MEMBERS,
    "recruiter_organisations.leave": MEMBERS,
    "recruiter_organisations.members": MEMBERS,
    "recruiter_organisations.remove": MEMBERS,
    "recruiter_organisations.revoke": MEMBERS,
    "recruiter_organisations.send_again": MEMBERS,
    "recruiter_organisations.show": MEMBERS,
    "recruiter_organisations.update": MEMBERS,
    "recruiter_organisations.update_establishment": MEMBERS,
    "recruiter_pictures.delete": MEMBERS,
    "recruiter_pictures.describe": MEMBERS,
    "recruiter_pictures.down": MEMBERS,
    "recruiter_pictures.index": MEMBERS,
    "recruiter_pictures.preview": MEMBERS,
    "recruiter_pictures.up": MEMBERS,
    "reference_team.add": REVIEWERS,
    "reference_team.entry": REVIEWERS,
    "reference_team.index": REVIEWERS,
    "reference_team.retire": REVIEWERS,
    "reports.create": PUBLIC,
    "reports.decide": REVIEWERS,
    "relays.end": COUNSELLORS,
    "relays.index": COUNSELLORS,
    "relays.show": COUNSELLORS,
    "relays.take": COUNSELLORS,
    "reports.index": REVIEWERS,
    "reports.show": REVIEWERS,
    "reports.thanks": PUBLIC,
    "search.index": PUBLIC,
    "search.suggestions": PUBLIC,
    "seats.answer": PUBLIC,
    "seats.attendance": MEMBERS,
    "sitemap.index": PUBLIC,
    "sitemap.part": PUBLIC,
    "watches.confirm": PUBLIC,
    "watches.create": PUBLIC,
    "watches.show": PUBLIC,
    "watches.stop": PUBLIC,
}
PRIVATE = sorted(endpoint for endpoint, policy in POLICIES.items() if policy is not PUBLIC)
# Those who decide on nothing visit the same world one after the other; the team changes it.
OTHERS = [None, *(role for role in Role if role not in REVIEWERS)]
SECRET_WORDS = (
    "Samira-Secret",
    "39981234",
    "samira.secret@example.org",
    "rapporteur.secret",
    "note-secrete",
)


class World:
    """Two organisations that do not know each other, each with a listing and an application."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.member = factories.user(Role.RECRUITER)
        self.listing = factories.listing(organisation=factories.organisation(self.member))
        self.application = factories.application(
            self.listing,
            first_name="Samira-Secret",
            phone="+33639981234",
            email="samira.secret@example.org",
        )
        self.note = letters.add_note(self.application, self.member, "note-secrete", clock.now())
        structure = self.listing.organisation
        self.establishment = factories.establishment(structure)
        self.picture = factories.picture(structure)
        self.invitation = factories.invitation(structure, self.member)
        self.request = factories.join_request(structure, factories.user())
        self.file = factories.import_file(self.listing.organisation)
        open_session(self.member, now=clock.now())
        self.session_id = open_sessions_of(self.member, clock.now())[0].id
        self.waiting = factories.listing(
            organisation=self.listing.organisation, status=Status.IN_REVIEW
        )
        factories.db.session.add(
            ListingEvent(listing_id=self.waiting.id, to_status=Status.IN_REVIEW, at=clock.now())
        )

        self.word = factories.search_word("fee du logis", "aide-a-domicile")

        event = factories.listing(Kind.EVENT, organisation=self.listing.organisation)
        self.date = factories.listing_session(event, taken=1)
        factories.application(
            event, status="registered", session=self.date, first_name="Samira-Secret"
        )
        # Somebody whom another counsellor takes care of: an administrator does not see her either.
        self.relay = factories.relay(
            factories.user(Role.COUNSELLOR), factories.forgotten(first_name="Samira-Secret")
        )
        self.alarm = factories.access_alarm(self.member)
        self.report = factories.report(self.listing, email="rapporteur.secret@example.org")

    def visitor(self, role: str | None) -> FlaskClient:
        """Return a browser of somebody who has nothing to do with the application."""
        if role is None:
            return self.app.test_client()
        person = factories.user(role)
        if role in MEMBERS:
            factories.listing(organisation=factories.organisation(person))
        return factories.signed_in_client(self.app, person)

    def url(self, rule: Rule) -> str:
        """Return the address of a route, about the objects of the first organisation."""
        values: dict[str, Any] = {
            "listing_id": self.waiting.id
            if rule.endpoint.startswith("moderation.")
            else self.listing.id,
            "organisation_id": self.listing.organisation_id,
            "establishment_id": self.establishment.id,
            "picture_id": self.picture.id,
            "digest": self.picture.sha256,
            "invitation_id": self.invitation.id,
            "request_id": self.request.id,
            "user_id": self.member.id,
            "application_id": self.relay.application_id
            if rule.endpoint == "relays.take"
            else self.application.id,
            "note_id": self.note.id,
            "alarm_id": self.alarm.id,
            "relay_id": self.relay.id,
            "file_id": self.file.id,
            "case_id": self.report.case_id,
            "kind_path": "emplois",
            "slug": self.listing.organisation.slug
            if rule.endpoint == "organisations.show"
            else self.listing.slug,
            "reference": self.application.reference,
            "word_id": self.word.id,
            "session_id": self.date.id if rule.endpoint == "seats.attendance" else self.session_id,
            "passkey_id": 1,
            "token": "jeton-inconnu",
            "number": 1,
            "kind": "move",
            "key": "aide-soignant>infirmier:promotion",
            "name": "metiers.json",
        }
        needed = {name: values[name] for name in rule.arguments}
        with self.app.test_request_context():
            return self.app.url_for(rule.endpoint, **needed)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    app.config["WTF_CSRF_ENABLED"] = False
    yield World(app)
    app.config["WTF_CSRF_ENABLED"] = True


def calls(app: Flask, endpoint: str) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules(endpoint)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def test_every_route_is_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    api = {endpoint for endpoint in endpoints if endpoint.startswith("api.")}
    assert endpoints - api == {e for e in POLICIES if not e.startswith("api.")}


def test_every_route_has_the_policy_of_the_table(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        expected = POLICIES.get(rule.endpoint, PUBLIC)
        policy = policy_of(app, rule.endpoint)
        assert policy is not None, rule.endpoint
        assert policy.public is (expected is PUBLIC), rule.endpoint
        if expected is not PUBLIC:
            assert policy.roles == expected, rule.endpoint


def test_the_api_only_reads(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS"}, rule.rule


@pytest.mark.parametrize("endpoint", PRIVATE)
@pytest.mark.parametrize(
    "roles", [OTHERS, [Role.MODERATOR], [Role.ADMIN]], ids=["others", "moderator", "admin"]
)
def test_what_belongs_to_others_does_not_exist(
    app: Flask, world: World, endpoint: str, roles: list[str | None]
) -> None:
    for role in roles:
        check(app, world, endpoint, role)


def check(app: Flask, world: World, endpoint: str, role: str | None) -> None:
    about_an_object = any(rule.arguments for rule in app.url_map.iter_rules(endpoint))
    policy = POLICIES[endpoint]
    allowed = role is not None if policy == EVERYONE else role in (policy or EVERYONE)
    # The team decides on everyone's objects, but a person's own account is nobody else's.
    decides = role in REVIEWERS and policy not in (EVERYONE, COUNSELLORS)
    if allowed and (decides or not about_an_object):
        expected = {200, 302, 303, 409, 422}
    elif role is None:
        expected = {302, 401}
    else:
        # Somebody else was quicker: that is told.
        expected = {303} if allowed and endpoint == "relays.take" else {404}
    browser = world.visitor(role)
    for rule, method in calls(app, endpoint):
        answer = browser.open(world.url(rule), method=method)
        assert answer.status_code in expected, (role, rule.rule, method, answer.status_code)
        if role is None and method == "GET":
            assert answer.headers["Location"].startswith("/connexion")
        said = answer.get_data().decode(errors="replace")
        assert not any(word in said for word in SECRET_WORDS), rule.rule


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in PRIVATE if POLICIES[endpoint] == MEMBERS]
)
def test_a_member_reaches_what_is_hers(app: Flask, world: World, endpoint: str) -> None:
    browser = factories.signed_in_client(app, world.member)
    # Contact details are shown once the sheet was opened on purpose.
    browser.post(f"/recruter/candidatures/{world.application.id}/ouvrir")
    for rule, method in calls(app, endpoint):
        answer = browser.open(world.url(rule), method=method)
        # 404: a CV that was not given. 409: a step that this state does not allow.
        assert answer.status_code in {200, 302, 303, 404, 409, 422}, (rule.rule, method)
        if endpoint != "recruiter.application_cv":
            assert answer.status_code != 404, (rule.rule, method)


@pytest.mark.parametrize("endpoint", sorted(e for e, p in POLICIES.items() if p is PUBLIC))
def test_public_pages_show_nothing_of_a_candidate(app: Flask, world: World, endpoint: str) -> None:
    for role in (None, Role.RECRUITER):
        browser = world.visitor(role)
        for rule, method in calls(app, endpoint):
            answer = browser.open(world.url(rule), method=method)
            assert answer.status_code < 500, (rule.rule, method)
            shown = answer.data.decode(errors="replace")
            assert not any(word in shown for word in SECRET_WORDS), rule.rule


def test_a_suspended_person_loses_everything_at_once(app: Flask, world: World) -> None:
    browser = factories.signed_in_client(app, world.member)
    assert browser.get("/recruter/annonces/").status_code == 200
    world.member.active = False
    factories.db.session.commit()
    assert browser.get("/recruter/annonces/").status_code == 302
