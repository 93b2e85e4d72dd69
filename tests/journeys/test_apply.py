"""From a search to an answer, as people live it: on a phone, on a computer, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING, NamedTuple

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.listings import services as listing_services
from app.listings.enums import Kind, Outcome
from app.listings.models import Listing, ListingSession
from tests import factories
from tests.browser import DESKTOP, PHONE, Live, wait_for_worker
from tests.pages.recruiter import Recruiter
from tests.pages.seeker import ERROR_TITLE, Seeker

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

Open = Callable[..., "Page"]


class Offer(NamedTuple):
    """A listing online, and the address of the person who receives its answers."""

    listing: Listing
    recruiter: str


_numbers = iter(range(1, 10_000))


@pytest.fixture
def publish(live: Live) -> Iterator[Callable[..., Offer]]:
    """Return a function that puts a listing of a new organisation online, found by its title."""
    published: list[int] = []

    def publish_one(kind: str = Kind.JOB, *, seats: int | None = None, **values: object) -> Offer:
        number = next(_numbers)
        with live.writing():
            person = factories.user()
            owner = factories.organisation(person, name=f"Maison des Lilas {number}")
            title = f"Soignant{number:04d} de jour"
            listing = factories.listing(
                kind,
                **{"title": title, "slug": f"soignant-{number}", "organisation": owner} | values,
            )
            if seats:
                factories.listing_session(listing, capacity=seats)
            live.announce(listing)
            published.append(listing.id)
        wait_for_worker(live)
        return Offer(listing, person.email)

    yield publish_one
    with live.writing():
        for listing_id in published:
            listing = db.session.get(Listing, listing_id)
            if listing is not None and listing.closed_at is None:
                listing_services.close_listing(None, listing, Outcome.FILLED, clock.now())


def applications_to(live: Live, listing: Listing) -> int:
    with live.app.app_context():
        count = select(func.count(Application.id)).where(Application.listing_id == listing.id)
        return db.session.scalar(count) or 0


def mails_to(live: Live, address: str) -> list[EmailMessage]:
    return [message for message in live.stack.smtp.messages if message["To"] == address]


def mail_text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize(
    ("screen", "email"),
    [
        pytest.param(PHONE, "", id="phone"),
        pytest.param(DESKTOP, "nora@example.org", id="computer, e-mail"),
    ],
)
def test_a_person_searches_applies_and_reads_the_answer(
    live: Live,
    publish: Callable[..., Offer],
    open_browser: Open,
    screen: dict[str, int],
    email: str,
) -> None:
    listing, recruiter_email = publish()
    publish(Kind.INTERNSHIP, title=f"{listing.title}, stage")
    seeker = Seeker(open_browser(viewport=screen))

    seeker.opens_the_site()
    seeker.types_a_search(listing.title.split()[0], "bron")
    assert seeker.chooses_the_first_place_by_keyboard().startswith("Bron")
    seeker.searches()
    expect(seeker.heading).to_contain_text("à Bron")
    seeker.filters_by("Emploi")
    expect(seeker.results()).to_have_count(1)
    seeker.opens_the_listing(listing.title)
    seeker.starts_to_answer()
    seeker.fills(first_name="Nora", phone="06 39 98 12 34", email=email)
    seeker.sends()
    receipt = seeker.notes_the_receipt()
    expect(seeker.heading).to_contain_text("On vous appelle avant")

    recruiter = Recruiter(open_browser(viewport=screen), recruiter_email)
    recruiter.signs_in()
    expect(recruiter.heading).to_have_text("1 personne attend votre appel")
    recruiter.opens_the_application_of("Nora")
    expect(recruiter.main).to_contain_text("06 39 98 12 34")
    recruiter.notes("Nous nous sommes parlé")
    expect(recruiter.main).to_contain_text("En contact")

    later = Seeker(open_browser(viewport=screen))
    later.follows(receipt)
    expect(later.main).to_contain_text("Vous convenez de la suite ensemble")

    recruiter.opens_the_board()
    recruiter.opens_the_application_of("Nora")
    ready = recruiter.declines("Les horaires ne conviennent pas", "Le service ouvre à 6 h.")
    assert listing.title in ready

    later.follows(receipt)
    expect(later.main).to_contain_text("Merci de nous avoir parlé franchement")
    expect(later.main).to_contain_text("Le service ouvre à 6 h.")
    wait_for_worker(live)
    assert mails_to(live, recruiter_email), "the recruiter was told"
    told = mails_to(live, email) if email else []
    assert any("Le service ouvre à 6 h." in mail_text(message) for message in told) == bool(email)
    assert not [m for m in told if "Nora" in str(m["Subject"])], "a name in a subject"


def test_everything_works_without_javascript(
    live: Live, publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, recruiter_email = publish()
    # With another kind of listing, there is something to filter.
    publish(Kind.INTERNSHIP, title=f"{listing.title}, stage")
    seeker = Seeker(open_browser(java_script_enabled=False))

    seeker.opens_the_site()
    seeker.types_a_search(listing.title.split()[0], "69500")
    seeker.searches()
    seeker.filters_by("Emploi")
    expect(seeker.results()).to_have_count(1)
    seeker.opens_the_listing(listing.title)
    seeker.starts_to_answer()
    seeker.sends()
    expect(seeker.page).to_have_title(ERROR_TITLE)
    seeker.fills(first_name="Nora", phone="06 39 98 12 34", message="Je suis libre dès lundi.")
    seeker.sends()
    receipt = seeker.notes_the_receipt()

    recruiter = Recruiter(open_browser(java_script_enabled=False), recruiter_email)
    recruiter.signs_in()
    recruiter.opens_the_application_of("Nora")
    expect(recruiter.main).to_contain_text("Je suis libre dès lundi.")
    recruiter.notes("Nous nous sommes parlé")
    recruiter.declines("C’est déjà pourvu ou complet")

    later = Seeker(open_browser(java_script_enabled=False))
    later.follows(receipt)
    expect(later.main).to_contain_text("Toutes les places sont prises")


def test_a_person_takes_her_application_back(
    publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, recruiter_email = publish()
    seeker = Seeker(open_browser())
    seeker.opens_the_form_of(listing)
    seeker.fills(first_name="Nora", phone="0639981234", message="Un mot à oublier.")
    seeker.sends()
    receipt = seeker.notes_the_receipt()
    seeker.follows(receipt)
    seeker.withdraws()
    expect(seeker.main).to_contain_text("votre demande est retirée")

    recruiter = Recruiter(open_browser(), recruiter_email)
    recruiter.signs_in()
    expect(recruiter.heading).to_have_text("Personne n’attend votre appel")
    recruiter.opens_the_application_of("Nora")
    expect(recruiter.main).to_contain_text("a retiré sa demande")
    expect(recruiter.main).not_to_contain_text("06 39 98 12 34")
    expect(recruiter.main).not_to_contain_text("Un mot à oublier.")


def test_the_last_seat_of_an_event_is_given_then_passed_on(
    live: Live, publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, _recruiter = publish(Kind.EVENT, seats=1)
    first, second = Seeker(open_browser()), Seeker(open_browser())
    first.page.goto(listing.path)
    first.starts_to_answer("Réserver|S’inscrire")
    first.fills(first_name="Nora", email="nora-rdv@example.org")
    first.sends()
    expect(first.heading).to_contain_text("À bientôt")
    receipt = first.notes_the_receipt()

    second.opens_the_form_of(listing)
    second.fills(first_name="Lila", email="lila-rdv@example.org")
    second.sends()
    waiting = second.notes_the_receipt()
    expect(second.heading).to_contain_text("liste d’attente")

    first.follows(receipt)
    first.withdraws()
    expect(first.main).to_contain_text("retirée")
    second.follows(waiting)
    expect(second.main.locator(".is-now, .is-done").last).to_be_visible()
    expect(second.main).not_to_contain_text("Vous êtes sur la liste d’attente")
    with live.app.app_context():
        taken = select(ListingSession.taken).where(ListingSession.listing_id == listing.id)
        assert db.session.scalar(taken) == 1
    wait_for_worker(live)
    assert len(mails_to(live, "lila-rdv@example.org")) == 2, "received, then a seat"


def test_an_imported_listing_leads_to_its_origin(live: Live, open_browser: Open) -> None:
    origin = "candidat.francetravail.example"
    with live.writing():
        listing = factories.listing(
            title="Aide-soignante de nuit en EHPAD",
            source="france-travail",
            source_id=f"198XKLM{next(_numbers)}",
            source_hash="0" * 64,
            source_url=f"https://{origin}/offres/198XKLM",
        )
    seeker = Seeker(open_browser(hosts=(origin,)))
    seeker.page.context.route(
        f"https://{origin}/**", lambda route: route.fulfill(body="<title>Origine</title>")
    )
    seeker.page.goto(listing.path)
    expect(seeker.main).to_contain_text("Annonce de France Travail : on y répond sur leur site")
    expect(seeker.main).to_contain_text("L’employeur n’y dit pas son nom")
    seeker.starts_to_answer("Répondre sur France Travail")
    expect(seeker.page).to_have_title("Origine")

    seeker.opens_the_form_of(listing)
    expect(seeker.main).to_contain_text("nous ne pouvons pas transmettre votre demande")
    expect(seeker.send_button).to_have_count(0)


def test_a_listing_that_closes_while_the_form_is_filled_loses_nothing_typed(
    live: Live, publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, _recruiter = publish()
    seeker = Seeker(open_browser())
    seeker.opens_the_form_of(listing)
    seeker.fills(first_name="Nora", phone="06 39 98 12 34", message="Libre dès lundi, le soir.")
    with live.writing():
        open_one = db.session.get(Listing, listing.id)
        assert open_one is not None
        listing_services.close_listing(None, open_one, Outcome.FILLED, clock.now())
    seeker.sends()

    expect(seeker.heading).to_have_text("On ne peut plus répondre à cette annonce")
    expect(seeker.main).to_contain_text("Rien n’a été envoyé")
    for words in ("Nora", "06 39 98 12 34", "Libre dès lundi, le soir."):
        expect(seeker.main).to_contain_text(words)
    assert applications_to(live, listing) == 0


def test_an_error_keeps_what_was_typed_and_leads_to_the_field(
    publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, _recruiter = publish()
    seeker = Seeker(open_browser())
    seeker.opens_the_form_of(listing)
    seeker.fills(first_name="Nora", phone="06 39", message="Libre dès lundi.")
    seeker.sends()

    expect(seeker.page).to_have_title(ERROR_TITLE)
    summary = seeker.page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(seeker.page.get_by_label("Votre prénom")).to_have_value("Nora")
    expect(seeker.page.get_by_label("Votre mot")).to_have_value("Libre dès lundi.")
    summary.get_by_role("link").first.click()
    phone = seeker.phone_field
    expect(phone).to_be_focused()
    expect(phone).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("java_script", [True, False], ids=["with scripts", "without"])
def test_a_double_click_makes_one_application(
    live: Live,
    publish: Callable[..., Offer],
    open_browser: Open,
    java_script: bool,
) -> None:
    listing, _recruiter = publish()
    seeker = Seeker(open_browser(java_script_enabled=java_script))
    seeker.opens_the_form_of(listing)
    seeker.fills(first_name="Nora", phone="06 39 98 12 34")
    seeker.send_button.dblclick()
    seeker.notes_the_receipt()
    assert applications_to(live, listing) == 1


def test_going_back_and_sending_again_gives_the_same_confirmation(
    live: Live, publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, _recruiter = publish()
    seeker = Seeker(open_browser())
    seeker.opens_the_form_of(listing)
    seeker.fills(first_name="Nora", phone="06 39 98 12 34")
    seeker.sends()
    first = seeker.notes_the_receipt()

    seeker.page.go_back()
    seeker.fills(first_name="Nora", phone="06 39 98 12 34")
    seeker.sends()
    assert seeker.notes_the_receipt() == first
    assert applications_to(live, listing) == 1


def test_the_same_person_in_two_tabs_makes_one_application(
    live: Live, publish: Callable[..., Offer], open_browser: Open
) -> None:
    listing, _recruiter = publish()
    page = open_browser()
    tabs = [Seeker(page), Seeker(page.context.new_page())]
    for tab in tabs:
        tab.opens_the_form_of(listing)
        tab.fills(first_name="Nora", phone="06 39 98 12 34")
    for tab in tabs:
        tab.sends()
    assert tabs[0].notes_the_receipt() == tabs[1].notes_the_receipt()
    assert applications_to(live, listing) == 1
