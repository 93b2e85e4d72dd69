"""What the services of listings write, announce and refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.outbox import OutboxEvent
from app.listings import queries, services
from app.listings.enums import Outcome, Status, UnfilledReason
from app.listings.models import Listing, ListingEvent
from app.listings.services.writing import EDITABLE, SENSITIVE
from app.listings.tasks import hide_listings
from app.organisations.models import Establishment
from app.organisations.services import reinstate_organisation, suspend_organisation
from tests import factories
from tests.listings.counting import count_queries
from tests.listings.test_workflow import JOB


def topics(listing: Listing) -> list[str]:
    return [
        event.topic
        for event in db.session.scalars(select(OutboxEvent).order_by(OutboxEvent.id))
        if event.payload.get("listing_id") == listing.id
    ]


def draft(now: dt.datetime, **values: Any) -> Listing:
    member = factories.user()
    return services.create_listing(
        member,
        factories.organisation(member),
        "job",
        JOB | {"profession_id": factories.profession().id} | values,
        now,
    )


def test_draft_takes_its_place_employer_slug_and_text(now: dt.datetime) -> None:
    listing = draft(now, description="Vous **veillez** <script>au confort</script>.")

    assert listing.status == Status.DRAFT
    assert listing.slug == "aide-soignante-de-jour"
    assert (listing.place_label, listing.latitude is None) == ("Bron", False)
    assert listing.employer_name == listing.organisation.name
    assert listing.description_html == (
        "<p>Vous <strong>veillez</strong> &lt;script&gt;au confort&lt;/script&gt;.</p>"
    )
    assert topics(listing) == []


def test_value_that_no_author_writes_is_a_mistake_of_ours(now: dt.datetime) -> None:
    with pytest.raises(ValueError, match="status"):
        draft(now, status="published")


def test_first_listing_waits_then_the_next_goes_online(now: dt.datetime) -> None:
    first = draft(now)
    services.submit_listing(factories.user(), first, now)
    assert first.status == Status.IN_REVIEW
    assert topics(first) == []

    services.publish_listing(factories.user(Role.MODERATOR), first, now)
    second = services.create_listing(
        factories.user(),
        first.organisation,
        "job",
        JOB | {"profession_id": first.profession_id},
        now,
    )
    services.submit_listing(factories.user(), second, now)

    assert (first.status, second.status) == (Status.PUBLISHED, Status.PUBLISHED)
    assert first.closes_at == now + dt.timedelta(days=60)
    assert topics(first) == ["listing.changed", "listing.announced"]


@pytest.mark.parametrize(("status", "error"), [("pending", "Vérifiez"), ("suspended", "Vérifiez")])
def test_listing_of_an_unverified_organisation_is_not_published(
    now: dt.datetime, status: str, error: str
) -> None:
    listing = factories.listing(
        status="in_review", organisation=factories.organisation(status=status)
    )
    with pytest.raises(DomainError, match=error):
        services.publish_listing(factories.user(Role.MODERATOR), listing, now)


def test_suspended_organisation_sends_nothing(now: dt.datetime) -> None:
    listing = draft(now)
    listing.organisation.status = "suspended"
    with pytest.raises(DomainError, match="ne peut pas publier"):
        services.submit_listing(factories.user(), listing, now)


def test_refused_listing_is_read_again_even_for_a_known_organisation(now: dt.datetime) -> None:
    listing = draft(now)
    factories.listing(organisation=listing.organisation)
    services.submit_listing(factories.user(), listing, now)
    assert listing.status == Status.PUBLISHED
    services.update_listing(factories.user(), listing, {"pay_min_cents": 190_000}, now)
    services.refuse_listing(factories.user(Role.MODERATOR), listing, "Salaire trop bas.", now)

    services.submit_listing(factories.user(), listing, now)

    assert listing.status == Status.IN_REVIEW
    assert queries.last_refusal(listing.id) == "Salaire trop bas."


def test_refusal_needs_a_reason(now: dt.datetime) -> None:
    listing = factories.listing(status="in_review")
    with pytest.raises(DomainError, match="raison"):
        services.refuse_listing(factories.user(Role.MODERATOR), listing, "  ", now)


def test_incomplete_job_names_what_it_lacks(now: dt.datetime) -> None:
    listing = draft(now, pay_min_cents=None, pay_period=None, hours_min=None, contract=None)
    with pytest.raises(DomainError, match="le salaire, les heures par semaine, le contrat"):
        services.submit_listing(factories.user(), listing, now)


def test_deadline_that_is_over_is_not_sent(now: dt.datetime) -> None:
    listing = draft(now, deadline=paris_date(now) - dt.timedelta(days=1))
    with pytest.raises(DomainError, match="date limite"):
        services.submit_listing(factories.user(), listing, now)


def test_event_that_is_over_is_not_sent(now: dt.datetime) -> None:
    listing = services.create_listing(
        factories.user(), factories.organisation(), "event",
        {"title": "Portes ouvertes", "description": "Venez.", "commune_code": "69029",
         "sessions": [{"starts_at": now - dt.timedelta(hours=1)}]},
        now,
    )  # fmt: skip
    with pytest.raises(DomainError, match="date du rendez-vous"):
        services.submit_listing(factories.user(), listing, now)


def test_small_change_stays_online_and_is_announced(now: dt.datetime) -> None:
    listing = factories.listing()
    version = listing.version

    services.update_listing(factories.user(), listing, {"title": "Aide-soignant·e de nuit"}, now)
    services.update_listing(factories.user(), listing, {"title": "Aide-soignant·e de nuit"}, now)

    assert listing.status == Status.PUBLISHED
    assert listing.slug == "aide-soignante-de-nuit"
    assert listing.version == version + 1
    assert topics(listing) == ["listing.changed"]


OTHER_VALUES: dict[str, Any] = {
    "pay_min_cents": 180_000,
    "pay_max_cents": 300_000,
    "pay_period": "year",
    "pay_label": "Selon la grille",
    "cost_cents": 90_000,
    "contact_name": "Quelqu’un d’autre",
    "employer_name": "Une autre structure",
    "commune_code": "69266",
    "place_label": "Ailleurs",
    "address": "12 rue des Essarts",
}


@pytest.mark.parametrize("status", ["published", "paused"])
@pytest.mark.parametrize("name", sorted(SENSITIVE))
def test_change_of_pay_contact_or_place_hides_until_read(
    now: dt.datetime, name: str, status: str
) -> None:
    # Whose pay may be any: each value is changed alone.
    listing = factories.listing(status=status, contract="apprentissage")
    values = OTHER_VALUES | {"establishment_id": an_establishment(listing)}

    services.update_listing(factories.user(), listing, {name: values[name]}, now)

    assert listing.status == Status.IN_REVIEW
    assert listing.id not in queries.listing_cards([listing.id], now)
    assert topics(listing) == ["listing.changed"]
    services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    assert listing.id in queries.listing_cards([listing.id], now)


def an_establishment(listing: Listing) -> int:
    added = Establishment(organisation=listing.organisation, name="Les Tilleuls")
    db.session.add(added)
    db.session.flush()
    return added.id


def test_new_value_is_sensitive_or_said_not_to_be() -> None:
    assert {
        "collective_agreement", "conditions", "contract", "contract_months", "deadline",
        "description", "diploma_id", "diploma_need", "duration_hours", "duration_label",
        "duration_months", "ends_on", "entry_conditions", "from_profession_id", "funding",
        "hours_label", "hours_max", "hours_min", "licence_required", "modality", "positions",
        "profession_id", "publics", "schedules", "starts_on", "summary", "title", "workplace",
    } == EDITABLE - SENSITIVE  # fmt: skip


def test_recalled_listing_waits_with_its_reason(now: dt.datetime) -> None:
    listing = factories.listing(organisation=factories.organisation(factories.user()))

    services.recall_listing(factories.user(Role.MODERATOR), listing, "Le salaire est faux.", now)

    assert listing.status == Status.IN_REVIEW
    assert queries.last_recall(listing.id) == "Le salaire est faux."
    assert topics(listing) == ["listing.changed", "listing.announced"]
    services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    services.update_listing(factories.user(), listing, {"pay_min_cents": 190_000}, now)
    assert queries.last_recall(listing.id) == ""


def test_imported_listing_is_not_recalled(now: dt.datetime) -> None:
    listing = factories.listing(source="lheo", source_id="1", source_hash="0" * 64)
    with pytest.raises(DomainError, match="autre site"):
        services.recall_listing(factories.user(Role.MODERATOR), listing, "Fausse.", now)


def test_removed_listing_says_who_removed_it(client: FlaskClient, now: dt.datetime) -> None:
    listing = factories.listing(organisation=factories.organisation(factories.user()))
    withdrawn = factories.listing()

    reason = "On y demande de l’argent."
    services.remove_listing(factories.user(Role.MODERATOR), listing, reason, now)
    services.close_listing(factories.user(), withdrawn, Outcome.WITHDRAWN, now)

    assert (listing.status, listing.outcome) == ("closed", "withdrawn")
    assert queries.last_removal(listing.id) == reason
    assert (queries.removed_by_team(listing), queries.removed_by_team(withdrawn)) == (True, False)
    assert "Notre équipe l’a retirée." in client.get(listing.path).text
    assert "retirée par son auteur" in client.get(withdrawn.path).text


def test_closed_or_imported_listing_is_not_changed_here(now: dt.datetime) -> None:
    closed = factories.listing(status="closed", closed_at=now, outcome="filled")
    imported = factories.listing(source="lheo", source_id="1", source_hash="0" * 64)
    for listing in (closed, imported):
        with pytest.raises(DomainError):
            services.update_listing(factories.user(), listing, {"title": "Autre"}, now)


def test_resumed_listing_is_true_again_today(now: dt.datetime) -> None:
    listing = factories.listing(status="paused", now=now - dt.timedelta(days=59))
    services.resume_listing(factories.user(), listing, now)
    assert listing.closes_at == now + dt.timedelta(days=60)


def test_closing_keeps_the_outcome_and_its_reason(now: dt.datetime) -> None:
    listing = factories.listing()
    with pytest.raises(DomainError, match="pourquoi"):
        services.close_listing(factories.user(), listing, Outcome.UNFILLED, now)

    services.close_listing(factories.user(), listing, Outcome.UNFILLED, now, UnfilledReason.HOURS)

    assert (listing.outcome, listing.unfilled_reason) == ("unfilled", "hours")
    assert listing.closed_at == now
    with pytest.raises(NotAllowedTransition):
        services.close_listing(factories.user(), listing, Outcome.FILLED, now)


def test_person_does_not_close_as_expired(now: dt.datetime) -> None:
    with pytest.raises(NotAllowedTransition):
        services.close_listing(factories.user(), factories.listing(), Outcome.EXPIRED, now)


def test_due_listings_close_once_and_accept_their_outcome_afterwards(now: dt.datetime) -> None:
    member = factories.user()
    organisation = factories.organisation(member)
    listing = factories.listing(organisation=organisation, closes_at=now)
    paused = factories.listing(status="paused", organisation=organisation, closes_at=now)
    later = factories.listing(closes_at=now + dt.timedelta(seconds=1))

    assert services.expire_due(now, limit=1) == 2
    assert services.expire_due(now) == 0

    assert (listing.outcome, paused.outcome, later.status) == ("expired", "expired", "published")
    assert topics(listing) == ["listing.closed", "listing.announced", "listing.changed"]
    services.close_listing(member, listing, Outcome.FILLED, now)
    assert (listing.status, listing.outcome) == ("closed", "filled")


def test_imported_listing_is_online_at_once_closes_and_comes_back(now: dt.datetime) -> None:
    values = {
        "kind": "job",
        "source": "france-travail",
        "source_id": "123ABCD",
        "source_hash": "0" * 64,
        "title": "Aide-soignant / Aide-soignante (H/F)",
        "description": "Mission :\n- la toilette\n- les repas <b>x</b>",
        "place_label": "69 - Bron",
        "latitude": 45.73,
        "longitude": 4.91,
        "commune_code": "69029",
        "published_at": now - dt.timedelta(days=3),
    }
    listing = services.import_listing(None, values, now)
    services.announce_changed([listing], now)
    assert listing.is_open(now)
    assert listing.place_label == "69 - Bron"
    assert listing.description_html == (
        "<p>Mission :</p><ul><li>la toilette</li><li>les repas &lt;b&gt;x&lt;/b&gt;</li></ul>"
    )

    assert services.close_gone([listing], now) == 1
    assert services.close_gone([listing], now) == 0
    assert listing.outcome == Outcome.WITHDRAWN

    services.import_listing(listing, values | {"title": "Aide-soignant·e"}, now)
    services.announce_changed([listing], now)
    assert listing.is_open(now)
    assert listing.outcome is None
    assert listing.version == 3
    moves = db.session.scalars(
        select(ListingEvent.to_status).where(ListingEvent.listing_id == listing.id)
    )
    assert list(moves) == ["published", "closed", "published"]
    assert topics(listing) == ["listing.changed"] * 3


def test_import_of_many_writes_nothing_before_the_end(now: dt.datetime) -> None:
    values = {
        "kind": "job",
        "source": "france-travail",
        "source_hash": "0" * 64,
        "title": "Aide à domicile",
        "description": "Aider au lever.",
    }
    with count_queries() as queries_made:
        found = [
            services.import_listing(None, values | {"source_id": str(number)}, now)
            for number in range(50)
        ]
    assert queries_made == []

    services.announce_changed(found, now)
    assert all(listing.id for listing in found)


def test_confirmed_listing_lives_sixty_more_days(now: dt.datetime) -> None:
    listing = factories.listing(
        source="lheo", source_id="1", source_hash="0" * 64, now=now - dt.timedelta(days=50)
    )
    services.confirm_listings([listing], now)
    assert listing.closes_at == now + dt.timedelta(days=60)
    assert listing.version == 2
    assert topics(listing) == ["listing.changed"]

    # What the search holds stays true: the instant of closing does not move without it.
    services.confirm_listings([listing], now + dt.timedelta(days=1))
    assert listing.closes_at == now + dt.timedelta(days=60)
    assert topics(listing) == ["listing.changed"]


def test_dates_are_added_changed_and_removed(now: dt.datetime) -> None:
    listing = factories.listing("event")
    kept = factories.listing_session(listing, taken=2)
    factories.listing_session(listing)
    db.session.refresh(listing)
    start = now + dt.timedelta(days=8)

    services.update_listing(
        factories.user(),
        listing,
        {
            "sessions": [
                {"id": kept.id, "starts_at": kept.starts_at, "capacity": 5},
                {"starts_at": start},
            ]
        },
        now,
    )

    assert [session.capacity for session in listing.sessions] == [None, 5]
    assert [session.taken for session in listing.sessions] == [0, 2]
    assert listing.status == Status.PUBLISHED


def test_date_with_registered_people_stays_with_room_for_them(now: dt.datetime) -> None:
    listing = factories.listing("event")
    session = factories.listing_session(listing, taken=2)
    other = factories.listing_session(listing)
    factories.application(listing, session=other, status="cancelled")
    db.session.refresh(listing)
    kept = {"id": session.id, "starts_at": session.starts_at}

    for wanted in (
        [],
        [kept],
        [kept | {"capacity": 1}, {"id": other.id, "starts_at": other.starts_at}],
    ):
        with pytest.raises(DomainError, match=r"place|date"):
            services.update_listing(factories.user(), listing, {"sessions": wanted}, now)


def test_organisation_suspended_then_reopened_stays_hidden_until_it_is_verified(
    now: dt.datetime,
) -> None:
    listing = factories.listing()
    organisation = listing.organisation
    assert organisation is not None
    suspend_organisation(None, organisation, now=now)
    reinstate_organisation(None, organisation, now=now)

    hide_listings({"organisation_id": organisation.id}, 1)

    assert listing.status == Status.PAUSED


def test_suspended_organisation_disappears_from_the_site(client: FlaskClient) -> None:
    listing = factories.listing()
    assert listing.organisation is not None
    suspend_organisation(None, listing.organisation, now=clock.now())
    db.session.commit()

    hide_listings({"organisation_id": listing.organisation_id}, 1)

    assert listing.status == Status.PAUSED
    assert client.get(listing.path).status_code == 404
    assert client.get(f"{listing.path}/candidater").status_code == 410
    assert topics(listing) == ["listing.changed"]
    with pytest.raises(DomainError, match="ne peut pas publier"):
        services.resume_listing(factories.user(), listing, clock.now())
