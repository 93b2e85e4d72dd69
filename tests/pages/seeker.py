"""What a person who looks for work does on the site."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from app.listings.models import Listing

REFERENCE = re.compile(r"PS-[0-9A-Z]{4}-[0-9A-Z]{4}")
CODE = re.compile(r"\b([0-9A-Z]{4}) ([0-9A-Z]{4})$")
ERROR_TITLE = re.compile("^Erreur\\s: ")


class Receipt(NamedTuple):
    """What the person notes on a piece of paper."""

    reference: str
    code: str


class Seeker:
    """A person without account, on a phone or a computer."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def heading(self) -> Locator:
        """Return the title shown at the top of the page."""
        return self.page.locator("h1")

    @property
    def main(self) -> Locator:
        """Return the content of the page."""
        return self.page.locator("main")

    @property
    def place_field(self) -> Locator:
        """Return the field of the place."""
        return self.page.get_by_label(re.compile("^Où")).and_(self.page.locator("input:visible"))

    def opens_the_site(self) -> None:
        """Open the home page."""
        self.page.goto("/")

    def types_a_search(self, words: str, place: str = "") -> None:
        """Fill the two fields of the search."""
        field = self.page.get_by_label("Quel métier, quelle formation")
        field.and_(self.page.locator("input:visible")).fill(words)
        self.place_field.fill("")
        self.place_field.press_sequentially(place, delay=20)

    def chooses_the_first_place_by_keyboard(self) -> str:
        """Take the first suggestion with the arrow and Enter; return what the field then says."""
        field = self.place_field
        expect(self.page.get_by_role("option").first).to_be_visible()
        field.press("ArrowDown")
        active = field.get_attribute("aria-activedescendant")
        expect(self.page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
        field.press("Enter")
        expect(field).to_have_attribute("aria-expanded", "false")
        return field.input_value()

    def searches(self) -> None:
        """Press the button of the search."""
        self.page.get_by_role("button", name="Chercher", exact=True).click()

    def filters_by(self, *choices: str) -> None:
        """Tick choices among the filters, then apply them."""
        drawer = self.page.locator("details.drawer > summary", has_text="Filtrer")
        if drawer.is_visible():
            drawer.click()
        filters = self.page.locator("form:visible", has=self.page.locator(".facets"))
        for choice in choices:
            filters.get_by_label(re.compile(rf"^{re.escape(choice)}")).first.check()
        filters.get_by_role("button", name="Appliquer les filtres").click()

    def results(self) -> Locator:
        """Return the listings found."""
        return self.page.locator("#resultats article.listing")

    def opens_the_listing(self, title: str) -> None:
        """Follow the title of a result."""
        self.page.get_by_role("link", name=title).first.click()
        expect(self.heading).to_have_text(title)

    def starts_to_answer(self, label: str = "Postuler") -> None:
        """Press the button of the listing that leads to the form."""
        self.page.get_by_role("link", name=re.compile(label)).locator("visible=true").first.click()

    def opens_the_form_of(self, listing: Listing) -> None:
        """Go straight to the form of a listing."""
        self.page.goto(f"{listing.path}/candidater")

    def fills(
        self, *, first_name: str = "", phone: str = "", email: str = "", message: str = ""
    ) -> None:
        """Fill the form of an application; what is empty is left alone."""
        if first_name:
            self.page.get_by_label("Votre prénom").fill(first_name)
        if phone:
            self.phone_field.fill(phone)
        if email:
            self.page.get_by_role("textbox", name="E-mail").fill(email)
        if message:
            self.page.get_by_text("Ajouter un mot").click()
            self.page.get_by_label("Votre mot").fill(message)

    @property
    def phone_field(self) -> Locator:
        """Return the field of the phone."""
        return self.page.get_by_role("textbox", name="Téléphone")

    @property
    def send_button(self) -> Locator:
        """Return the button that sends the form."""
        return self.page.get_by_role("button", name=re.compile("Envoyer ma demande|M’inscrire"))

    def sends(self) -> None:
        """Press the button of the form."""
        self.send_button.click()

    def notes_the_receipt(self) -> Receipt:
        """Read the reference and the code on the confirmation."""
        expect(self.heading).to_contain_text("Merci")
        shown = " ".join(" ".join(self.page.locator(".ref").all_inner_texts()).split())
        reference, code = REFERENCE.search(shown), CODE.search(shown)
        assert reference, f"no reference in {shown!r}"
        assert code, f"no code in {shown!r}"
        return Receipt(reference[0], code[0])

    def follows(self, receipt: Receipt) -> None:
        """Come back with the reference and the code."""
        self.page.goto("/candidature/")
        self.page.get_by_label("Votre référence").fill(receipt.reference.lower())
        self.page.get_by_label("Votre code secret").fill(receipt.code)
        self.page.get_by_role("button", name="Voir ma candidature").click()
        expect(self.heading).to_contain_text("Votre demande")

    def withdraws(self) -> None:
        """Take the application back, and say yes to the question."""
        self.page.get_by_role("link", name=re.compile("Retirer ma|Annuler mon")).click()
        self.page.get_by_role("button", name=re.compile("^Oui")).click()
