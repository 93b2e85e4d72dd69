"""What a person who recruits does in her space."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.factories import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.conftest import Smtp


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
        page.locator("[name=place]").fill("Bron (69500)")
        page.get_by_label("Brut minimum, en euros").fill("2 077")
        page.get_by_label("Heures par semaine", exact=True).fill("35")
        page.get_by_label("Oui, il est exigé").check()
        page.get_by_label("Contrat", exact=True).select_option(label="CDI")
        page.get_by_label("Qui répond aux candidatures").fill("Mme Ravier, cadre de santé")
        page.get_by_role("button", name="Publier l’annonce").click()

    def opens_her_listing(self, title: str) -> None:
        """Open the sheet of one of her listings."""
        self.page.goto("/recruter/annonces/")
        self.page.get_by_role("link", name=title).locator("visible=true").first.click()
        expect(self.heading).to_contain_text(title)

    def corrects(self, description: str) -> None:
        """Write the description of a draft again, from its sheet, and send it."""
        self.page.get_by_role("link", name="Compléter").click()
        self.page.get_by_label("Description").fill(description)
        self.page.get_by_role("button", name="Publier l’annonce").click()


class Founder(Recruiter):
    """A person who has no account yet, and reads her e-mails."""

    def __init__(self, page: Page, email: str, mailbox: Smtp) -> None:
        super().__init__(page, email)
        self.mailbox = mailbox

    def opens_her_link(self) -> None:
        """Open the link of the last message she has received."""
        message = [one for one in self.mailbox.messages if one["To"] == self.email][-1]
        body = message.get_body(("plain",))
        assert body is not None
        found = re.search(r"/(?:inscription/confirmer|invitation)/\S+", body.get_content())
        assert found
        self.page.goto(found[0])

    def signs_up(self, name: str, siret: str) -> None:
        """Fill the form of the sign-up and send it."""
        page = self.page
        page.goto("/inscription")
        page.get_by_label("Votre prénom et votre nom").fill("Anne Ravier")
        page.get_by_label("Votre e-mail professionnel").fill(self.email)
        page.get_by_label("Employeur").check()
        page.get_by_label("Nom de la structure").fill(name)
        page.get_by_label("Numéro SIRET").fill(siret)
        page.locator("[name=place]").fill("Bron (69500)")
        page.get_by_label("72\u00a0h").check()
        page.get_by_role("button", name="Inscrire ma structure").click()

    def follows_her_link(self, button: str) -> None:
        """Open her link and press its button."""
        self.opens_her_link()
        self.page.get_by_role("button", name=button).click()

    def joins(self, name: str) -> None:
        """Accept an invitation, without an account."""
        self.opens_her_link()
        self.page.get_by_label("Votre prénom et votre nom").fill(name)
        self.page.get_by_role("button", name="Rejoindre la structure").click()

    def _opens_the_members(self) -> None:
        self.page.goto("/recruter/structures/")
        self.page.get_by_role("link", name="Les membres").click()

    def invites(self, email: str) -> None:
        """Invite a colleague as a member."""
        self._opens_the_members()
        self.page.get_by_label("Son e-mail professionnel").fill(email)
        self.page.get_by_role("button", name="Envoyer l’invitation").click()
        expect(self.main).to_contain_text("L’invitation part vers")

    def puts_out(self, name: str) -> None:
        """Take a member's access back."""
        self._opens_the_members()
        row = self.page.get_by_role("row").filter(has_text=name)
        row.locator("summary").click()
        row.get_by_role("button", name=f"Retirer {name}").click()


class Moderator:
    """A person of the team who reads what waits for publication."""

    def __init__(self, page: Page, email: str) -> None:
        self.page = page
        self.email = email

    @property
    def main(self) -> Locator:
        """Return the content of the page."""
        return self.page.locator("main")

    def signs_in(self) -> None:
        """Sign in and arrive on what waits."""
        sign_in(self.page, self.email)
        expect(self.page).to_have_url(re.compile("/equipe/annonces$"))

    def opens_what_waits(self) -> None:
        """Go to the listings that wait."""
        self.page.goto("/equipe/annonces")

    def refuses(self, reason: str) -> None:
        """Send the listing back with a reason."""
        self.page.get_by_label("Ce qui est à corriger").fill(reason)
        self.page.get_by_role("button", name="Refuser l’annonce").click()
        expect(self.page).to_have_url(re.compile("/equipe/annonces$"))

    def opens_the_report_of(self, title: str) -> None:
        """Open what people say of a listing, from the list of reports."""
        self.page.get_by_role("link", name=title, exact=True).click()
        expect(self.page.locator("h1")).to_contain_text(title)

    def reads(self, title: str) -> None:
        """Open a listing that waits."""
        self.page.get_by_role("link", name=title, exact=True).click()
        expect(self.page.locator("h1")).to_contain_text(title)

    def verifies_the_organisation(self) -> None:
        """Say that the organisation was checked."""
        self.page.get_by_role("button", name="La structure est vérifiée").click()

    def opens_the_organisation(self, name: str) -> None:
        """Open an organisation that waits to be verified."""
        self.page.goto("/equipe/structures")
        self.page.get_by_role("link", name=name, exact=True).click()
        expect(self.page.locator("h1")).to_contain_text(name)

    def publishes(self) -> None:
        """Put the listing online."""
        self.page.get_by_role("button", name="Publier l’annonce").click()
