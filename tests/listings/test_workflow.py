"""The life of a listing, walked at random, and the nights on which clocks change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.listings import services
from app.listings.enums import Outcome, Status
from app.listings.models import Listing, ListingEvent
from app.listings.workflow import TRANSITIONS, Action, can, closing_instant, last_day, target
from tests import factories

START = dt.datetime(2026, 10, 20, 8, tzinfo=dt.UTC)
JOB = {
    "title": "Aide-soignant·e de jour",
    "description": "Vous veillez au confort de douze résidents.",
    "commune_code": "69029",
    "pay_min_cents": 200_000,
    "pay_period": "month",
    "hours_min": 35.0,
    "contract": "cdi",
    "contact_name": "Mme Ravier",
}


def shown(listing: Listing) -> tuple[Any, ...]:
    """Return what must have been approved before anyone sees it."""
    return (listing.pay_min_cents, listing.contact_name, listing.commune_code)


class LifeOfAListing(RuleBasedStateMachine):
    """A member, a reviewer and the clock do what they may, in any order."""

    verified = False

    @initialize()
    def write(self) -> None:
        self.savepoint = db.session.begin_nested()
        self.now = START
        self.member, self.reviewer = factories.user(), factories.user(Role.MODERATOR)
        status = "verified" if self.verified else "pending"
        self.organisation = factories.organisation(self.member, status=status)
        if self.verified:
            factories.listing(organisation=self.organisation)
        self.listing = services.create_listing(
            self.member,
            self.organisation,
            "job",
            JOB | {"profession_id": factories.profession().id},
            self.now,
        )
        self.approved: set[tuple[Any, ...]] = set()

    def attempt(self, service: Any, *args: Any, **values: Any) -> bool:
        """Call a service; return whether it was allowed. What is forbidden changes nothing."""
        before = self.listing.status, self.listing.version
        try:
            with db.session.begin_nested():
                service(*args, **values)
        except DomainError:
            db.session.refresh(self.listing)
            assert (self.listing.status, self.listing.version) == before
            return False
        return True

    @rule()
    def submit(self) -> None:
        draft = self.listing.status == Status.DRAFT
        waits = draft and services.needs_review(self.listing, self.now)
        if self.attempt(services.submit_listing, self.member, self.listing, self.now):
            assert draft
            if not waits:
                assert self.verified
                self.approved.add(shown(self.listing))

    @rule()
    def publish(self) -> None:
        waits = self.listing.status == Status.IN_REVIEW
        done = self.attempt(services.publish_listing, self.reviewer, self.listing, self.now)
        assert not done or (waits and self.verified)
        if done:
            self.approved.add(shown(self.listing))

    @rule()
    def refuse(self) -> None:
        waits = self.listing.status == Status.IN_REVIEW
        reason = "Précisez le salaire."
        done = self.attempt(services.refuse_listing, self.reviewer, self.listing, reason, self.now)
        assert done == waits

    @rule()
    def pause(self) -> None:
        online = self.listing.status == Status.PUBLISHED
        assert self.attempt(services.pause_listing, self.member, self.listing, self.now) == online

    @rule()
    def resume(self) -> None:
        paused = self.listing.status == Status.PAUSED
        done = self.attempt(services.resume_listing, self.member, self.listing, self.now)
        assert not done or paused

    @rule()
    def confirm(self) -> None:
        alive = self.listing.status in {Status.PUBLISHED, Status.PAUSED}
        done = self.attempt(services.confirm_listing, self.member, self.listing, self.now)
        assert done == alive

    @rule()
    def ask(self) -> None:
        waited = self.listing.awaits_confirmation
        services.ask_due(self.now)
        assert services.ask_due(self.now) == 0
        db.session.flush()
        old = self.listing.refreshed_at and self.now - self.listing.refreshed_at
        if self.listing.awaits_confirmation and not waited:
            assert old >= dt.timedelta(days=30)
            assert self.listing.deadline is None

    @rule()
    def recall(self) -> None:
        alive = self.listing.status in {Status.PUBLISHED, Status.PAUSED}
        reason = "On nous dit que le lieu est faux."
        assert alive == self.attempt(
            services.recall_listing, self.reviewer, self.listing, reason, self.now
        )

    @rule(cents=st.integers(100_000, 300_000))
    def change_pay(self, cents: int) -> None:
        self.change({"pay_min_cents": cents})

    @rule(name=st.sampled_from(["Mme Ravier", "M. Adé", "Nadia"]))
    def change_contact(self, name: str) -> None:
        self.change({"contact_name": name})

    @rule(code=st.sampled_from(["69029", "69266", "69383"]))
    def change_place(self, code: str) -> None:
        self.change({"commune_code": code})

    def change(self, values: dict[str, Any]) -> None:
        before, was = self.listing.status, shown(self.listing)
        done = self.attempt(services.update_listing, self.member, self.listing, values, self.now)
        if done and shown(self.listing) != was and before in {Status.PUBLISHED, Status.PAUSED}:
            assert self.listing.status == Status.IN_REVIEW
        elif done:
            assert self.listing.status == before

    @rule(days=st.integers(0, 40))
    def set_deadline(self, days: int) -> None:
        day = paris_date(self.now) + dt.timedelta(days=days)
        before = self.listing.status
        done = self.attempt(
            services.update_listing, self.member, self.listing, {"deadline": day}, self.now
        )
        assert not done or self.listing.status == before

    @precondition(lambda self: self.listing.status != Status.CLOSED)
    @rule(outcome=st.sampled_from([Outcome.FILLED, Outcome.UNFILLED, Outcome.WITHDRAWN]))
    def close(self, outcome: Outcome) -> None:
        seen = self.listing.status in {Status.PUBLISHED, Status.PAUSED}
        done = self.attempt(
            services.close_listing, self.member, self.listing, outcome, self.now, "pay"
        )
        assert done == (seen or outcome == Outcome.WITHDRAWN)

    @rule(hours=st.integers(1, 24 * 35))
    def wait(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)
        services.expire_due(self.now)
        assert services.expire_due(self.now) == 0
        db.session.flush()
        if self.listing.status in {Status.PUBLISHED, Status.PAUSED}:
            assert self.listing.closes_at > self.now

    @invariant()
    def only_what_was_approved_is_shown(self) -> None:
        if self.listing.is_open(self.now):
            assert shown(self.listing) in self.approved

    @invariant()
    def the_log_tells_the_whole_life(self) -> None:
        events = list(
            db.session.scalars(
                select(ListingEvent)
                .where(ListingEvent.listing_id == self.listing.id)
                .order_by(ListingEvent.id)
            )
        )
        assert events[0].from_status is None
        assert [e.from_status for e in events[1:]] == [e.to_status for e in events[:-1]]
        assert events[-1].to_status == self.listing.status

    @invariant()
    def a_closed_listing_says_how(self) -> None:
        assert (self.listing.status == Status.CLOSED) == (self.listing.outcome is not None)
        assert (self.listing.outcome == Outcome.UNFILLED) == bool(self.listing.unfilled_reason)

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            self.savepoint.rollback()
            db.session.expunge_all()


class LifeInAKnownOrganisation(LifeOfAListing):
    """The same, for an organisation that is verified and has published before."""

    verified = True


@pytest.mark.parametrize("machine", [LifeOfAListing, LifeInAKnownOrganisation])
def test_no_sequence_shows_what_was_not_approved(machine: type[RuleBasedStateMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.no_database
def test_every_pair_of_state_and_action_is_decided() -> None:
    for action, (sources, arrival) in TRANSITIONS.items():
        for status in Status:
            assert can(status, action) == (status in sources)
            if status in sources:
                assert target(status, action) == arrival


def test_forbidden_action_says_why_in_french() -> None:
    for action in Action:
        forbidden = next(status for status in Status if not can(status, action))
        with pytest.raises(NotAllowedTransition, match=r"annonce"):
            target(forbidden, action)


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("day", "closes"),
    [
        # Winter, summer, and the two nights on which Paris changes its clocks.
        ("2026-11-22", "2026-11-22T23:00+00:00"),
        ("2026-07-14", "2026-07-14T22:00+00:00"),
        ("2026-10-24", "2026-10-24T22:00+00:00"),
        ("2026-10-25", "2026-10-25T23:00+00:00"),
        ("2027-03-27", "2027-03-27T23:00+00:00"),
        ("2027-03-28", "2027-03-28T22:00+00:00"),
    ],
)
def test_deadline_ends_at_midnight_in_paris(day: str, closes: str) -> None:
    deadline = dt.date.fromisoformat(day)

    instant = closing_instant(deadline, [], START)

    assert instant == dt.datetime.fromisoformat(closes)
    assert last_day(instant) == deadline


@pytest.mark.no_database
def test_without_deadline_the_last_date_then_sixty_days_decide() -> None:
    days = [dt.date(2026, 12, 8), dt.date(2027, 1, 11)]

    assert closing_instant(None, days, START) == dt.datetime(2027, 1, 11, 23, tzinfo=dt.UTC)
    assert closing_instant(None, [], START) == START + dt.timedelta(days=60)
    assert closing_instant(days[0], days, START) == dt.datetime(2026, 12, 8, 23, tzinfo=dt.UTC)
