"""What a person who recruits does in her space."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.factories import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def sign_in(page: Page, email: str) -> None:
    """Sign in with the password of the tests."""
    page.goto("/connexion")
    page.get_by_label("Votre adresse e-mail").fill(email)
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Me connecter").click()


class Recruiter:
    """A member of an organisation."""

    def __init__(self, page: Page, email: str) -> None:
        self.page = page
        self.email = email

    @property
    def heading(self) -> Locator:
        """Return the title shown at the top of the page."""
        return self.page.locator("h1")

    @property
    def main(self) -> Locator:
        """Return the content of the page."""
        return self.page.locator("main")

    def signs_in(self) -> None:
        """Sign in and arrive on the board."""
        sign_in(self.page, self.email)
        expect(self.page).to_have_url(re.compile("/recruter/$"))

    def opens_the_board(self) -> None:
        """Go to the board."""
        self.page.goto("/recruter/")

    def opens_the_application_of(self, name: str) -> None:
        """Open an application from the board; the first time shows the details."""
        label = re.compile(rf"Ouvrir.* {re.escape(name)}")
        self.page.get_by_role("button", name=label).or_(
            self.page.get_by_role("link", name=label)
        ).first.click()
        expect(self.heading).to_contain_text(name)

    def notes(self, step: str) -> None:
        """Press the button of a step, on the sheet of an application."""
        self.page.get_by_role("button", name=step).click()

    def declines(self, reason: str, extra: str = "") -> str:
        """Choose a reason, keep the ready message (and add to it), send it; return the message."""
        self.page.get_by_role("link", name="Répondre non").click()
        self.page.get_by_label(reason).check()
        self.page.get_by_role("button", name="Voir le message").click()
        field = self.page.get_by_label("Le message envoyé à la personne")
        ready = field.input_value()
        if extra:
            field.fill(f"{ready}\n{extra}")
        self.page.get_by_role("button", name="Envoyer cette réponse").click()
        return ready

    def writes_a_job(self, title: str) -> None:
        """Fill the form of a job and send it."""
        page = self.page
        page.goto("/recruter/annonces/nouvelle?type=emploi")
        page.get_by_label("Intitulé").fill(title)
        page.get_by_label("Métier", exact=True).select_option(label="Aide-soignant·e")
        page.get_by_label("Description").fill(
            "Vous aidez au lever.\n- une équipe de six\n- un vélo"
        )
        page.get_by_role("combobox", name="Commune").fill("Bron (69500)")
        page.get_by_label("Brut minimum, en euros").fill("2 077")
        page.get_by_label("Heures par semaine", exact=True).fill("35")
        page.get_by_label("Oui, il est exigé").check()
        page.get_by_label("Contrat", exact=True).select_option(label="CDI")
        page.get_by_label("Qui répond aux candidatures").fill("Mme Ravier, cadre de santé")
        page.get_by_role("button", name="Publier l’annonce").click()


class Moderator:
    """A person of the team who reads what waits for publication."""

    def __init__(self, page: Page, email: str) -> None:
        self.page = page
        self.email = email

    def signs_in(self) -> None:
        """Sign in and arrive on what waits."""
        sign_in(self.page, self.email)
        expect(self.page).to_have_url(re.compile("/equipe/annonces$"))

    def reads(self, title: str) -> None:
        """Open a listing that waits."""
        self.page.get_by_role("link", name=title, exact=True).click()
        expect(self.page.locator("h1")).to_contain_text(title)

    def verifies_the_organisation(self) -> None:
        """Say that the organisation was checked."""
        self.page.get_by_role("button", name="La structure est vérifiée").click()

    def publishes(self) -> None:
        """Put the listing online."""
        self.page.get_by_role("button", name="Publier l’annonce").click()
