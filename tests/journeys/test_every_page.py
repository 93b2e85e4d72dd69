"""Every page in every state: accessible, valid, readable on the smallest phone, quiet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from flask import Flask, render_template
from playwright.sync_api import expect

from app.core import clock
from app.core.pulse import DeadLetters, Waiting, Worker, WorkState
from app.core.security import HEADERS
from app.main.accessibility import Verdict, the_grid
from app.moderation.views.work import elapsed
from tests.applications import files
from tests.browser import DESKTOP, PHONE, Live, Watch, new_context
from tests.inspection import NARROW, TABLET, TOO_WIDE, Inspector
from tests.stack import ROOT
from tests.world import LONG_WORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.no_database

TEMPLATES = ROOT / "templates"


class Visit:
    """A browser in front of a page of the world, and what the server sent last."""

    def __init__(self, page: Page, watch: Watch, live: Live) -> None:
        self.page = page
        self.watch = watch
        self.live = live
        self.world = SimpleNamespace()
        self.answer: Any = None
        page.on("response", self._keep)

    def _keep(self, response: Any) -> None:
        request = response.request
        if request.is_navigation_request() and not 300 <= response.status < 400:
            self.answer = response

    def become(self, cookie: dict[str, str] | None) -> None:
        """Start again as somebody else."""
        self.page.context.clear_cookies()
        if cookie:
            self.page.context.add_cookies([cookie])  # type: ignore[list-item]
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(path, wait_until="load")

    def press(self, name: str) -> None:
        """Press a button or follow a link, then wait for the page that comes."""
        by_name = re.compile(name)
        target = self.page.get_by_role("button", name=by_name).or_(
            self.page.get_by_role("link", name=by_name)
        )
        with self.page.expect_navigation():
            target.locator("visible=true").first.click()

    def show(self, status: int, html: str) -> None:
        """Show a page made by another process, under the address and the policy of the site."""
        address = f"{self.live.url}/montree"
        headers = HEADERS | {"Content-Type": "text/html; charset=utf-8"}
        self.page.route(
            address, lambda route: route.fulfill(status=status, body=html, headers=headers)
        )
        self.page.goto(address)
        self.page.unroute(address)


@dataclass(frozen=True)
class Case:
    """A page in a state. `role`: who looks; `error`: a form to be corrected."""

    template: str
    state: str
    show: Callable[[Visit], None]
    role: str = ""
    status: int = 200
    error: bool = False

    @property
    def name(self) -> str:
        """Return the words shown by pytest."""
        return f"{self.template}, {self.state}"


def at(address: Callable[[SimpleNamespace], str]) -> Callable[[Visit], None]:
    """Open the address that the world gives."""
    return lambda visit: visit.go(address(visit.world))


def path(address: str) -> Callable[[Visit], None]:
    """Open a fixed address."""
    return lambda visit: visit.go(address)


GROUP = "/recruter/candidatures"
SOME = ("job received", "job meeting", "job declined", "withdrawn", "event attended")


def several(world: SimpleNamespace, *names: str) -> str:
    """Return the part of an address that names several applications."""
    return "&".join(f"qui={world.sheet[name].rpartition('/')[2]}" for name in names)


def pressing(
    address: Callable[[SimpleNamespace], str], button: str, **typed: str
) -> Callable[[Visit], None]:
    """Open an address, fill fields by their names, then press a button."""

    def show(visit: Visit) -> None:
        visit.go(address(visit.world))
        visit.page.evaluate(
            "document.querySelectorAll('main details').forEach((each) => { each.open = true })"
        )
        for name, value in typed.items():
            visit.page.locator(f"main [name={name}]").first.fill(value)
        visit.press(button)

    return show


_phones = iter(f"06 39 98 {number // 100:02d} {number % 100:02d}" for number in range(2000, 9000))
SEND = "Envoyer ma demande|M’inscrire"


def applied(kind: str, *, again: str = "") -> Callable[[Visit], None]:
    """Send an application; `again`: send another by the "same" form or from a "new" one."""

    def show(visit: Visit) -> None:
        phone = next(_phones)
        address = visit.world.form[kind]
        pressing(lambda _: address, SEND, first_name="Nora", phone=phone)(visit)
        if again == "same":
            visit.page.go_back()
            visit.page.locator("[name=first_name]").fill("Lila")
            visit.press(SEND)
        if again == "new":
            pressing(lambda _: address, SEND, first_name="Lila", phone=phone)(visit)

    return show


def reopened(name: str) -> Callable[[Visit], None]:
    """Follow an application by the link of an e-mail, then ask to take it back."""

    def show(visit: Visit) -> None:
        visit.go(visit.world.follow[name])
        visit.press("Retirer ma|Annuler mon")

    return show


def own_data(name: str, *, erasing: bool = False) -> Callable[[Visit], None]:
    """Follow an application by the link of an e-mail, then look at what is kept; ask to erase."""

    def show(visit: Visit) -> None:
        visit.go(visit.world.follow[name])
        visit.press("Mes données")
        if erasing:
            visit.press("Effacer mes données")

    return show


def with_file(visit: Visit) -> None:
    """Join a file that is not what its name says."""
    visit.go(visit.world.form["emploi"])
    visit.page.get_by_text("Joindre un CV").click()
    visit.page.locator("[name=cv]").set_input_files(
        {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"MZ not a PDF"}
    )
    visit.press(SEND)


def with_kept_file(visit: Visit) -> None:
    """Join a right file to a form whose other fields are empty: it waits for them."""
    visit.go(visit.world.form["emploi"])
    visit.page.get_by_text("Joindre un CV").click()
    named = {"name": f"{'CV-' * 60}.pdf", "mimeType": "application/pdf", "buffer": files.pdf()}
    visit.page.locator("[name=cv]").set_input_files(named)
    visit.press(SEND)


def with_menu(address: str) -> Callable[[Visit], None]:
    """Open the menu of a phone."""

    def show(visit: Visit) -> None:
        visit.go(address)
        visit.page.locator("details.menu > summary").click()

    return show


def signing(**typed: str) -> Callable[[Visit], None]:
    """Send the sign-in form."""
    return pressing(lambda _: "/connexion", "Me connecter", **typed)


def with_first_code(visit: Visit) -> None:
    """Add an application of codes, and give its first code."""
    visit.go(SECURITY)
    visit.press("Ajouter une application")
    visit.page.get_by_text("Je préfère taper une clé").click()
    secret = visit.page.locator("details[open] .num").inner_text().replace(" ", "")
    visit.page.locator("[name=code]").fill(pyotp.TOTP(secret).now())
    visit.press("Vérifier le code")


def behind_another(visit: Visit) -> None:
    """Save a listing that somebody changed since it was opened."""
    visit.go(f"{visit.world.mine['emploi']}/modifier")
    visit.page.evaluate("document.querySelector('[name=version]').value = 'autre'")
    visit.page.locator("[name=title]").fill("Mon titre à moi")
    visit.page.locator("textarea[name=description]").fill("Anticonstitutionnellement" * 12)
    visit.press("^Enregistrer")


VERIFY = "/connexion/verification"
SECURITY = "/connexion/securite"
EMPTY_FORM = "/recruter/annonces/nouvelle?type="
KINDS = ("emploi", "formation", "stage", "immersion", "parcours", "rendez-vous")
CASES = [
    Case("main/home.html", "filled", path("/")),
    Case("main/home.html", "menu open", with_menu("/")),
    Case("main/home.html", "signed in", path("/"), "recruiter"),
    Case("main/legal.html", "as it is", path("/mentions-legales")),
    Case("main/privacy.html", "as it is", path("/donnees-personnelles")),
    Case("main/accessibility.html", "as it is", path("/accessibilite")),
    # The search
    Case("search/index.html", "all", path("/recherche")),
    Case("search/index.html", "words and place", path("/recherche?q=soin&ou=Bron&rayon=30")),
    Case(
        "search/index.html",
        "filtered",
        path("/recherche?type=emploi&type=formation&contrat=cdi&metier=aide-soignant&tri=date"),
    ),
    Case("search/index.html", "best answers first", path("/recherche?tri=reponse")),
    Case("search/index.html", "unknown place", path("/recherche?q=soin&ou=Atlantis")),
    Case("search/index.html", "forged filter", path("/recherche?type=nimporte&metier=x&page=9e9")),
    Case("search/index.html", "last page", path("/recherche?page=1000000000")),
    Case(
        "search/index.html", "nothing here", path("/recherche?q=soin&ou=Brest&rayon=5&contrat=cdi")
    ),
    Case("search/index.html", "a way", path("/recherche?q=ASH+vers+ma%C3%AEtresse+de+maison")),
    Case("search/index.html", "a profession", path("/recherche?q=aide-soignante")),
    Case("search/index.html", "no diploma", path("/recherche?q=aide-soignante+sans+dipl%C3%B4me")),
    Case("search/index.html", "nothing at all", path("/recherche?q=zzqxw+kkvbn")),
    Case("search/index.html", "long words", path(f"/recherche?q={'anticonstitution' * 12}")),
    Case("search/index.html", "marks", path("/recherche?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")),
    Case("search/index.html", "signed in", path("/recherche?q=soin&ou=Bron"), "recruiter"),
    # Professions
    Case("professions/index.html", "all", path("/metiers/")),
    Case(
        "professions/index.html",
        "filtered",
        path("/metiers/?domaine=domicile&diplome=sans&public=personnes-agees"),
    ),
    Case("professions/index.html", "forged filter", path("/metiers/?niveau=x&public=%3Cb%3E")),
    Case("professions/index.html", "by name", path("/metiers/?q=aide+soigniante")),
    Case("professions/index.html", "nothing", path(f"/metiers/?q={'anticonstitution' * 5}")),
    Case("professions/show.html", "filled", path("/metiers/aide-soignant")),
    Case("professions/show.html", "near", path("/metiers/aide-soignant?ou=Bron&rayon=5")),
    Case("professions/show.html", "unknown place", path("/metiers/aide-a-domicile?ou=Atlantis")),
    Case("professions/show.html", "nothing near", path("/metiers/psychologue?ou=Brest")),
    Case("professions/unknown.html", "close", path("/metiers/infirmiere-volante"), status=404),
    Case("professions/unknown.html", "far", path("/metiers/zzqx"), status=404),
    # From a profession to another
    Case("professions/open_data.html", "files", path("/donnees-ouvertes/")),
    Case("professions/explorer.html", "as it is", path("/evoluer")),
    Case(
        "professions/explorer.html", "misunderstood", path("/evoluer?annees=z&mois=x&ou=Atlantis")
    ),
    Case("professions/explorer_results.html", "reached", path("/evoluer?de=aide-a-domicile")),
    Case("professions/explorer_results.html", "from nothing", path("/evoluer?de=debutant&ou=Bron")),
    Case(
        "professions/explorer_results.html",
        "nothing within",
        path("/evoluer?de=aide-a-domicile&vers=cadre-de-sante&mois=1&niveau=3&salaire=oui"),
    ),
    Case(
        "professions/explorer_results.html", "unknown", path("/evoluer?de=zzz&vers=yyy&diplome=x")
    ),
    Case(
        "professions/explorer_way.html",
        "one step",
        path("/evoluer?de=auxiliaire-de-puericulture&vers=aide-soignant"),
    ),
    Case(
        "professions/explorer_way.html",
        "several steps",
        path("/evoluer?de=aide-a-domicile&vers=infirmier&diplome=tp-advf&annees=4&ou=Bron"),
    ),
    Case("professions/explorer_way.html", "lost way", path("/evoluer?de=aesh&vers=tisf&par=zzz")),
    # Listings
    *(Case("listings/show.html", kind, at(lambda w, k=kind: w.open[k])) for kind in KINDS),
    *(
        Case("listings/show.html", state, at(lambda w, s=state: w.open[s]))
        for state in ("complet", "nue", "longue", "importee", "sans-origine")
    ),
    *(
        Case("listings/show.html", f"preview, {state}", at(lambda w, s=state: w.open[s]), role)
        for state, role in (
            ("pause", "recruiter"),
            ("brouillon", "recruiter"),
            ("relue", "moderator"),
        )
    ),
    *(
        Case("listings/closed.html", state, at(lambda w, s=state: w.open[s]), status=410)
        for state in ("close-filled", "close-expired", "close-withdrawn")
    ),
    # Applications
    *(Case("applications/form.html", kind, at(lambda w, k=kind: w.form[k])) for kind in KINDS),
    Case("applications/form.html", "long words", at(lambda w: w.form["longue"])),
    Case(
        "applications/form.html",
        "empty",
        pressing(lambda w: w.form["emploi"], SEND),
        status=422,
        error=True,
    ),
    Case(
        "applications/form.html",
        "all wrong",
        pressing(
            lambda w: w.form["formation"],
            SEND,
            first_name="N" * 90,
            phone="06 39",
            email="nora@",
            last_name="N" * 90,
            message="Libre dès lundi. " * 200,
        ),
        status=422,
        error=True,
    ),
    Case(
        "applications/form.html",
        "too much said",
        pressing(
            lambda w: w.form["emploi"], SEND, first_name="Nora", message="J’ai une RQTH. " * 9
        ),
        status=422,
        error=True,
    ),
    Case("applications/form.html", "wrong file", with_file, status=422, error=True),
    Case("applications/form.html", "file kept", with_kept_file, status=422, error=True),
    Case("applications/confirmation.html", "job", applied("emploi")),
    Case("applications/confirmation.html", "event", applied("rendez-vous")),
    Case("applications/confirmation.html", "waiting list", applied("complet")),
    Case("applications/already.html", "own", applied("emploi", again="same"), status=409),
    Case("applications/already.html", "other", applied("emploi", again="new"), status=409),
    Case("applications/closed.html", "closed", at(lambda w: w.form["close-filled"]), status=410),
    Case("applications/closed.html", "paused", at(lambda w: w.form["pause"]), status=410),
    Case("applications/elsewhere.html", "imported", at(lambda w: w.form["importee"])),
    Case("applications/elsewhere.html", "no address", at(lambda w: w.form["sans-origine"])),
    Case("applications/lookup.html", "as it is", path("/candidature/")),
    Case("applications/lookup.html", "an old link", path("/candidature/?lien=ferme")),
    Case(
        "applications/lookup.html",
        "empty",
        pressing(lambda _: "/candidature/", "Voir ma candidature"),
        status=422,
        error=True,
    ),
    Case(
        "applications/lookup.html",
        "unknown",
        pressing(
            lambda _: "/candidature/",
            "Voir ma candidature",
            reference="PS-2222-2222",
            code="22222222",
        ),
        status=422,
        error=True,
    ),
    *(
        Case("applications/show.html", name, at(lambda w, n=name: w.follow[n]))
        for name in (
            "coming",
            "not coming",
            "meeting",
            "job received",
            "job contacted",
            "job hired",
            "job declined",
            "opened",
            "asked",
            "kept",
            "ending",
            "moved",
            "job unanswered",
            "job dropped",
            "withdrawn",
            "training admitted",
            "training waitlisted",
            "training offered",
            "event registered",
            "event attended",
            "closed filled",
            "closed expired",
            "file waiting",
            "file blocked",
        )
    ),
    Case(
        "applications/offer.html",
        "as it is",
        at(lambda w: w.follow["training offered"].replace("?", "/place?")),
    ),
    *(
        Case("recruiter/attendance.html", name, at(lambda w, n=name: w.attendance[n]), "recruiter")
        for name in ("over", "to come", "empty")
    ),
    Case("applications/withdraw.html", "job", reopened("job received")),
    Case("applications/withdraw.html", "event", reopened("event registered")),
    # What is kept of a person
    Case("privacy/application.html", "seen", own_data("job contacted")),
    Case("privacy/application.html", "not seen", own_data("job received")),
    Case("privacy/application.html", "event", own_data("event registered")),
    Case("privacy/application.html", "over", own_data("job declined")),
    Case("privacy/erase.html", "job", own_data("job contacted", erasing=True)),
    Case("privacy/erase.html", "event", own_data("event registered", erasing=True)),
    Case("privacy/erased.html", "as it is", path("/candidature/effacee")),
    Case("privacy/account.html", "recruiter", path("/connexion/mes-donnees"), "recruiter"),
    Case("privacy/account.html", "team", path("/connexion/mes-donnees"), "moderator"),
    # Accounts
    Case("accounts/sign_in.html", "as it is", path("/connexion")),
    Case("accounts/sign_in.html", "empty", signing(), status=422, error=True),
    Case(
        "accounts/sign_in.html",
        "wrong password",
        signing(email="personne@example.org", password="mauvaise phrase"),
        status=422,
        error=True,
    ),
    Case("accounts/request_link.html", "as it is", path("/connexion/lien")),
    Case(
        "accounts/request_link.html",
        "empty",
        pressing(lambda _: "/connexion/lien", "Recevoir le lien"),
        status=422,
        error=True,
    ),
    Case(
        "accounts/link_sent.html",
        "as it is",
        pressing(lambda _: "/connexion/lien", "Recevoir le lien", email="nora@example.org"),
    ),
    Case("accounts/use_link.html", "good", at(lambda w: f"/connexion/lien/{w.link}")),
    Case("accounts/use_link.html", "over", path(f"/connexion/lien/{'a' * 43}"), status=410),
    *(
        Case("accounts/verify.html", way, path(VERIFY), f"waiting {way}")
        for way in ("email", "app", "setup")
    ),
    *(
        Case(
            "accounts/verify.html",
            f"{way}, wrong code",
            pressing(lambda _: VERIFY, "Continuer", code="12345"),
            f"waiting {way}",
            status=422,
            error=True,
        )
        for way in ("email", "app", "setup")
    ),
    Case("accounts/security.html", "without application", path(SECURITY), "recruiter"),
    Case("accounts/security.html", "with application", path(SECURITY), "coded"),
    Case(
        "accounts/security.html",
        "wrong code",
        pressing(lambda _: SECURITY, "Refaire mes codes", code="12345"),
        "coded",
        status=422,
        error=True,
    ),
    Case("accounts/password.html", "as it is", path(f"{SECURITY}/mot-de-passe"), "recruiter"),
    Case(
        "accounts/password.html",
        "guessable",
        pressing(lambda _: f"{SECURITY}/mot-de-passe", "Enregistrer", current="x", new="court"),
        "recruiter",
        status=422,
        error=True,
    ),
    Case("accounts/prove.html", "as it is", path("/connexion/confirmer"), "coded"),
    Case(
        "accounts/prove.html",
        "wrong code",
        pressing(lambda _: "/connexion/confirmer", "Continuer", code="12345"),
        "coded",
        status=422,
        error=True,
    ),
    Case("accounts/app.html", "as it is", path(f"{SECURITY}/application"), "adding"),
    Case(
        "accounts/app.html",
        "empty",
        pressing(lambda _: f"{SECURITY}/application", "Vérifier le code"),
        "adding",
        status=422,
        error=True,
    ),
    Case("accounts/recovery_codes.html", "as it is", with_first_code, "newcomer"),
    # Those who recruit
    Case("recruiter/welcome.html", "as it is", path("/recruter/")),
    Case("recruiter/index.html", "filled", path("/recruter/"), "recruiter"),
    Case("recruiter/index.html", "menu open", with_menu("/recruter/"), "recruiter"),
    Case("recruiter/index.html", "empty", path("/recruter/"), "newcomer"),
    Case("recruiter/index.html", "no organisation", path("/recruter/"), "alone"),
    Case("recruiter/index.html", "not verified", path("/recruter/"), "unverified"),
    Case("recruiter/index.html", "list", path("/recruter/?vue=liste"), "recruiter"),
    Case(
        "recruiter/index.html", "who waits", path("/recruter/?vue=liste&attente=oui"), "recruiter"
    ),
    Case(
        "recruiter/index.html", "nobody waits", path("/recruter/?vue=liste&attente=oui"), "newcomer"
    ),
    Case(
        "recruiter/index.html",
        "filtered list",
        path("/recruter/?vue=liste&etape=nouveau&q=samira&joignables=oui"),
        "recruiter",
    ),
    Case("recruiter/index.html", "nobody found", path("/recruter/?q=personne"), "recruiter"),
    Case(
        "recruiter/group_reason.html",
        "as it is",
        at(lambda w: f"{GROUP}/repondre?{several(w, 'job received', 'opened')}"),
        "recruiter",
    ),
    Case(
        "recruiter/group_reason.html",
        "empty",
        at(lambda w: f"{GROUP}/repondre?{several(w, 'job received', 'opened')}&reason="),
        "recruiter",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/group_decline.html",
        "ready message",
        at(
            lambda w: (
                f"{GROUP}/repondre?{several(w, 'job received', 'opened', 'job hired')}"
                "&reason=schedule"
            )
        ),
        "recruiter",
    ),
    Case(
        "recruiter/group_decline.html",
        "empty message",
        pressing(
            lambda w: f"{GROUP}/repondre?{several(w, 'job received', 'opened')}&reason=schedule",
            "Envoyer à chaque personne cochée",
            message=" ",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    *(
        Case(
            "recruiter/group_result.html",
            to,
            at(lambda w, to=to: f"{GROUP}/bilan?{several(w, *SOME)}&vers={to}"),
            "recruiter",
        )
        for to in ("non", "meeting", "attended")
    ),
    Case("recruiter/index.html", "empty list", path("/recruter/?vue=liste"), "newcomer"),
    *(
        Case("recruiter/application.html", name, at(lambda w, n=name: w.sheet[n]), "recruiter")
        for name in (
            "coming",
            "not coming",
            "job received",
            "opened",
            "phoned",
            "asked",
            "kept",
            "moved",
            "withdrawn",
            "job declined",
            "training admitted",
            "training offered",
            "event attended",
            "file waiting",
            "file blocked",
        )
    ),
    Case(
        "recruiter/application.html",
        "empty note",
        pressing(lambda w: w.sheet["opened"], "Garder cette note", text=""),
        "recruiter",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/application.html",
        "note kept",
        pressing(lambda w: w.sheet["opened"], "Garder cette note", text=f"À rappeler. {LONG_WORD}"),
        "recruiter",
    ),
    *(
        Case(
            "recruiter/message.html",
            f"{letter} {name}",
            at(lambda w, n=name, one=letter: f"{w.sheet[n]}/ecrire?modele={one}"),
            "recruiter",
        )
        for letter, name in (
            ("tried", "opened"),
            ("talk", "phoned"),
            ("meeting", "opened"),
            ("proposal", "kept"),
        )
    ),
    Case(
        "recruiter/message.html",
        "all wrong",
        pressing(
            lambda w: f"{w.sheet['opened']}/ecrire?modele=meeting",
            "Envoyer",
            place="",
            text="Versez 40 € sur www.paye-ici.com avec votre RIB.",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/hand_over.html",
        "filled",
        at(lambda w: f"{w.sheet['opened']}/confier"),
        "recruiter",
    ),
    Case(
        "recruiter/hand_over.html",
        "nothing chosen",
        pressing(lambda w: f"{w.sheet['opened']}/confier", "Confier"),
        "recruiter",
        status=422,
        error=True,
    ),
    Case("recruiter/pool.html", "filled", path("/recruter/vivier"), "recruiter"),
    Case("recruiter/pool.html", "nobody fits", path("/recruter/vivier?q=personne"), "recruiter"),
    Case("recruiter/pool.html", "empty", path("/recruter/vivier"), "newcomer"),
    Case(
        "recruiter/decline_reason.html",
        "as it is",
        at(lambda w: f"{w.sheet['opened']}/refuser"),
        "recruiter",
    ),
    Case(
        "recruiter/decline_reason.html",
        "empty",
        at(lambda w: f"{w.sheet['opened']}/refuser?reason="),
        "recruiter",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/decline.html",
        "ready message",
        at(lambda w: f"{w.sheet['opened']}/refuser?reason=schedule"),
        "recruiter",
    ),
    Case(
        "recruiter/decline.html",
        "empty message",
        pressing(
            lambda w: f"{w.sheet['opened']}/refuser?reason=schedule",
            "Envoyer cette réponse",
            message="",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    Case("recruiter/import.html", "filled", path("/recruter/import/"), "recruiter"),
    Case("recruiter/import.html", "empty", path("/recruter/import/"), "newcomer"),
    Case("recruiter/import.html", "no organisation", path("/recruter/import/"), "alone"),
    Case(
        "recruiter/import.html",
        "without a file",
        pressing(lambda _: "/recruter/import/", "Lire le fichier"),
        "recruiter",
        422,
        error=True,
    ),
    *(
        Case("recruiter/import_file.html", name, at(lambda w, n=name: w.file[n]), "recruiter")
        for name in ("ready", "reading", "columns", "failed")
    ),
    Case(
        "recruiter/import_columns.html",
        "as it is",
        at(lambda w: f"{w.file['columns']}/colonnes"),
        "recruiter",
    ),
    Case(
        "recruiter/import_columns.html",
        "a column missing",
        pressing(lambda w: f"{w.file['columns']}/colonnes", "Voir ce qui va changer"),
        "recruiter",
        422,
        error=True,
    ),
    Case("recruiter/listings.html", "filled", path("/recruter/annonces/"), "recruiter"),
    Case("recruiter/listings.html", "empty", path("/recruter/annonces/"), "newcomer"),
    Case("recruiter/listings.html", "no organisation", path("/recruter/annonces/"), "alone"),
    *(
        Case("recruiter/listing.html", name, at(lambda w, n=name: w.mine[n]), "recruiter")
        for name in [f"close-{outcome}" for outcome in ("filled", "unfilled", "expired")]
    ),
    *(
        Case("recruiter/listing.html", name, at(lambda w, n=name: w.mine[n]), "recruiter")
        for name in (
            "brouillon",
            "refusee",
            "relue",
            "emploi",
            "pause",
            "longue",
            "a-confirmer",
        )
    ),
    *(
        Case("recruiter/listing_form.html", f"new, {kind}", path(EMPTY_FORM + kind), "recruiter")
        for kind in KINDS
    ),
    *(
        Case(
            "recruiter/listing_form.html",
            f"empty, {kind}",
            pressing(lambda _, k=kind: EMPTY_FORM + k, "Publier l’annonce"),
            "recruiter",
            status=422,
            error=True,
        )
        for kind in ("emploi", "formation", "rendez-vous")
    ),
    *(
        Case(
            "recruiter/listing_form.html",
            f"change, {name}",
            at(lambda w, n=name: f"{w.mine[n]}/modifier"),
            "recruiter",
        )
        for name in ("emploi", "formation", "longue")
    ),
    Case(
        "recruiter/listing_form.html",
        "changed by another",
        behind_another,
        "recruiter",
        status=409,
        error=True,
    ),
    *(
        Case(
            "recruiter/listing_confirm.html",
            name,
            at(lambda w, n=name: f"{w.mine[n]}/confirmer"),
            "recruiter",
        )
        for name in ("a-confirmer", "formation-a-confirmer", "longue")
    ),
    *(
        Case(
            "recruiter/listing_close.html",
            name,
            at(lambda w, n=name: f"{w.mine[n]}/clore"),
            "recruiter",
        )
        for name in ("emploi", "formation", "rendez-vous", "nue", "longue")
    ),
    Case(
        "recruiter/listing_close.html",
        "empty",
        pressing(lambda w: f"{w.mine['emploi']}/clore", "Continuer"),
        "recruiter",
        status=422,
        error=True,
    ),
    *(
        Case(
            "recruiter/listing_answer.html",
            name,
            at(lambda w, n=name: f"{w.mine[n]}/clore/repondre?outcome=withdrawn"),
            "recruiter",
        )
        for name in ("emploi", "formation", "close-filled")
    ),
    Case(
        "recruiter/listing_answer.html",
        "empty message",
        pressing(
            lambda w: f"{w.mine['emploi']}/clore/repondre?outcome=filled",
            "Envoyer et clore",
            message="",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    # Organisations
    Case("organisations/sign_up.html", "as it is", path("/inscription")),
    Case(
        "organisations/sign_up.html",
        "empty",
        pressing(lambda _: "/inscription", "Inscrire ma structure"),
        status=422,
        error=True,
    ),
    Case(
        "organisations/sign_up.html",
        "all wrong",
        pressing(
            lambda _: "/inscription",
            "Inscrire ma structure",
            person_name="N" * 130,
            email="nora@",
            name="Maison " * 30,
            siret="123 456 789 00012",
            place="Atlantis",
        ),
        status=422,
        error=True,
    ),
    Case("organisations/sign_up_sent.html", "as it is", path("/inscription/envoyee")),
    Case("organisations/sign_up_sent.html", "known", path("/inscription/envoyee?connue=1")),
    *(
        Case("organisations/confirm.html", name, at(lambda w, n=name: w.confirm[n]))
        for name in ("new", "known", "closed")
    ),
    Case("organisations/confirm.html", "over", path("/inscription/confirmer/non"), status=410),
    *(
        Case("organisations/invitation.html", name, at(lambda w, n=name: w.invitation[n]))
        for name in ("new", "known")
    ),
    Case(
        "organisations/invitation.html",
        "no name",
        pressing(lambda w: w.invitation["new"], "Rejoindre la structure"),
        status=422,
        error=True,
    ),
    Case(
        "organisations/invitation.html",
        "somebody else",
        at(lambda w: w.invitation["new"]),
        "newcomer",
        status=403,
    ),
    Case("organisations/invitation_over.html", "over", path("/invitation/non"), status=410),
    Case("organisations/show.html", "filled", at(lambda w: f"/structures/{w.organisation.slug}")),
    Case("organisations/show.html", "bare", at(lambda w: f"/structures/{w.bare.slug}")),
    Case("recruiter/organisations.html", "asked", path("/recruter/structures/"), "asker"),
    Case("recruiter/organisations.html", "none", path("/recruter/structures/"), "alone"),
    *(
        Case(
            "recruiter/organisation.html",
            role,
            at(lambda w, n=name: f"/recruter/structures/{getattr(w, n).id}"),
            role,
        )
        for role, name in (
            ("recruiter", "organisation"),
            ("colleague", "organisation"),
            ("unverified", "pending"),
            ("refused", "refused"),
        )
    ),
    *(
        Case(
            "recruiter/pictures.html",
            role,
            at(lambda w, n=name: f"/recruter/structures/{getattr(w, n).id}/images/"),
            role,
        )
        for role, name in (("recruiter", "organisation"), ("unverified", "pending"))
    ),
    Case(
        "recruiter/pictures.html",
        "empty",
        pressing(lambda w: f"/recruter/structures/{w.bare.id}/images/", "Ajouter l’image"),
        "newcomer",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/organisation_form.html",
        "filled",
        at(lambda w: f"/recruter/structures/{w.organisation.id}/modifier"),
        "recruiter",
    ),
    Case(
        "recruiter/organisation_form.html",
        "not verified",
        pressing(
            lambda w: f"/recruter/structures/{w.refused.id}/modifier",
            "Enregistrer",
            name="https://x.example",
        ),
        "refused",
        status=422,
        error=True,
    ),
    Case(
        "recruiter/establishment_form.html",
        "new",
        at(lambda w: f"/recruter/structures/{w.organisation.id}/etablissements/nouveau"),
        "recruiter",
    ),
    Case(
        "recruiter/establishment_form.html",
        "change",
        at(lambda w: f"/recruter/structures/{w.organisation.id}/etablissements/{w.place.id}"),
        "recruiter",
    ),
    Case(
        "recruiter/establishment_form.html",
        "empty",
        pressing(
            lambda w: f"/recruter/structures/{w.organisation.id}/etablissements/nouveau",
            "Enregistrer",
            siret="12",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    *(
        Case(
            "recruiter/members.html",
            role,
            at(lambda w: f"/recruter/structures/{w.organisation.id}/membres"),
            role,
        )
        for role in ("recruiter", "colleague")
    ),
    Case(
        "recruiter/members.html",
        "empty invitation",
        pressing(
            lambda w: f"/recruter/structures/{w.organisation.id}/membres",
            "Envoyer l’invitation",
        ),
        "recruiter",
        status=422,
        error=True,
    ),
    # Reports
    *(
        Case("reports/create.html", name, at(lambda w, n=name: w.form[f"signaler {n}"]))
        for name in ("emploi", "longue", "importee")
    ),
    Case(
        "reports/create.html",
        "all wrong",
        pressing(
            lambda w: w.form["signaler emploi"],
            "Envoyer le signalement",
            words="Elle est pourvue. " * 80,
            email="lila@",
        ),
        status=422,
        error=True,
    ),
    Case("reports/thanks.html", "without e-mail", path("/signaler/merci")),
    Case("reports/thanks.html", "with e-mail", path("/signaler/merci?prevenir=1")),
    Case("reports/index.html", "filled", path("/equipe/signalements"), "moderator"),
    Case("reports/index.html", "empty", path("/equipe/signalements?page=99"), "moderator"),
    *(
        Case("reports/show.html", name, at(lambda w, n=name: w.case[n]), "moderator")
        for name in ("emploi", "longue", "importee", "nue", "again")
    ),
    Case(
        "reports/show.html",
        "empty decision",
        pressing(lambda w: w.case["emploi"], "Décider", answer=""),
        "moderator",
        status=422,
        error=True,
    ),
    # The team
    *(
        Case(
            "moderation/organisations.html",
            name,
            path(f"/equipe/structures?liste={name}"),
            "moderator",
        )
        for name in ("a-verifier", "refusees", "verifiees", "suspendues")
    ),
    Case(
        "moderation/organisations.html",
        "empty",
        path("/equipe/structures?page=99"),
        "moderator",
    ),
    *(
        Case(
            "moderation/organisation.html",
            name,
            at(lambda w, n=name: f"/equipe/structures/{getattr(w, n).id}"),
            "moderator",
        )
        for name in ("organisation", "pending", "refused", "suspended")
    ),
    Case(
        "moderation/organisation.html",
        "empty reason",
        pressing(lambda w: f"/equipe/structures/{w.pending.id}", "Suspendre la structure"),
        "moderator",
        status=422,
        error=True,
    ),
    *(
        Case("professions/team_index.html", name, path(f"/equipe/metiers/?{query}"), "moderator")
        for name, query in {
            "professions": "",
            "moves": "liste=move&etat=a-confirmer",
            "equivalences": "liste=equivalence&etat=a-relire",
            "nothing": "liste=funding&q=zzz",
        }.items()
    ),
    *(
        Case(
            "professions/team_entry.html", kind, path(f"/equipe/metiers/{kind}/{key}"), "moderator"
        )
        for kind, key in {
            "profession": "aide-soignant",
            "diploma": "deas",
            "move": "aide-soignant>infirmier:promotion",
            "equivalence": "deaf>deme",
            "funding": "cpf",
        }.items()
    ),
    Case(
        "professions/team_entry.html",
        "without source",
        pressing(lambda _w: "/equipe/metiers/diploma/deas", "Enregistrer"),
        "moderator",
        status=422,
        error=True,
    ),
    Case("professions/team_write.html", "move", path("/equipe/metiers/ajouter/move"), "moderator"),
    Case(
        "professions/team_write.html",
        "equivalence",
        pressing(lambda _w: "/equipe/metiers/ajouter/equivalence", "Ajouter la fiche"),
        "moderator",
        status=422,
        error=True,
    ),
    Case(
        "professions/team_write.html",
        "taken away",
        path("/equipe/metiers/retirer/equivalence/deaf>deme"),
        "moderator",
    ),
    Case("moderation/searches.html", "filled", path("/equipe/recherches/"), "moderator"),
    Case(
        "moderation/search_word.html",
        "known",
        path("/equipe/recherches/mot?mots=fee+du+logis+gentille+et+disponible"),
        "moderator",
    ),
    Case(
        "moderation/search_word.html",
        "long",
        path(f"/equipe/recherches/mot?mots={'anticonstitution' * 5}"),
        "moderator",
    ),
    Case(
        "moderation/search_word.html",
        "nothing chosen",
        pressing(lambda _w: "/equipe/recherches/mot?mots=formation+de+nuit", "Décider"),
        "moderator",
        status=422,
        error=True,
    ),
    Case(
        "moderation/search_word.html",
        "too rare",
        pressing(lambda _w: "/equipe/recherches/mot?mots=formation+de+nuit", "Décider", word="zzz"),
        "moderator",
        status=422,
        error=True,
    ),
    Case("moderation/search_words.html", "filled", path("/equipe/recherches/mots"), "moderator"),
    Case(
        "moderation/search_words.html",
        "empty",
        path("/equipe/recherches/mots?page=99"),
        "moderator",
    ),
    Case("moderation/work.html", "sound", path("/equipe/etat/"), "administrator"),
    Case("moderation/index.html", "of an administrator", path("/equipe/annonces"), "administrator"),
    Case("moderation/accesses.html", "filled", path("/equipe/consultations"), "administrator"),
    Case(
        "moderation/accesses.html",
        "empty",
        path("/equipe/consultations?page=99"),
        "administrator",
    ),
    Case("relays/index.html", "filled", path("/equipe/a-rattraper/"), "counsellor"),
    Case("relays/index.html", "empty", path("/equipe/a-rattraper/?page=99"), "counsellor"),
    Case("relays/index.html", "of an administrator", path("/equipe/a-rattraper/"), "administrator"),
    *(
        Case("relays/show.html", name, at(lambda w, n=name: w.relay[n]), "counsellor")
        for name in ("taken", "answered", "ended")
    ),
    Case("moderation/index.html", "filled", path("/equipe/annonces"), "moderator"),
    Case("moderation/index.html", "empty", path("/equipe/annonces?page=99"), "moderator"),
    Case("moderation/show.html", "verified", at(lambda w: w.review["relue"]), "moderator"),
    Case("moderation/show.html", "to verify", at(lambda w: w.review["a-verifier"]), "moderator"),
    Case(
        "moderation/show.html",
        "empty refusal",
        pressing(lambda w: w.review["relue"], "Refuser l’annonce", reason=""),
        "moderator",
        status=422,
        error=True,
    ),
    # Alerts, notices and favourites
    Case("alerts/create.html", "filled", path("/alertes/?q=infirmi%C3%A8re&ou=Bron")),
    Case(
        "alerts/create.html",
        "wrong address",
        pressing(lambda _: "/alertes/?q=nuit", "Créer l’alerte", email="nora"),
        status=422,
        error=True,
    ),
    Case("alerts/sent.html", "filled", path("/alertes/envoyee")),
    *(
        Case("alerts/show.html", state, at(lambda w, state=state: w.alert[state]))
        for state in ("asked", "active", "paused", "stopped")
    ),
    Case("alerts/stop.html", "filled", at(lambda w: f"{w.alert['active']}/arret")),
    Case("alerts/stopped.html", "filled", path(f"/alertes/{'0' * 64}/arret")),
    Case(
        "alerts/watch_create.html",
        "wrong address",
        pressing(lambda w: f"/alertes/annonce/{w.job.id}", "Prévenez-moi", email="nora"),
        status=422,
        error=True,
    ),
    *(
        Case("alerts/watch_show.html", state, at(lambda w, state=state: w.alert[state]))
        for state in ("watch asked", "watch active", "watch closed")
    ),
    Case("alerts/favourites.html", "empty", path("/mes-annonces")),
    Case("alerts/favourites.html", "filled", pressing(lambda w: w.open["longue"], "^Garder")),
    # Errors, as the server answers them
    Case("errors/404.html", "unknown address", path("/nulle-part"), status=404),
    Case("errors/404.html", "paused listing", at(lambda w: w.open["pause"]), status=404),
    Case("errors/405.html", "wrong method", path("/deconnexion"), status=405),
]
ERROR_PAGES = sorted(one.stem for one in (TEMPLATES / "errors").glob("[45]*.html"))
# Included in other pages, or extended by them: seen through those.
PARTS = {
    "alerts/_keep.html",
    "alerts/_offer.html",
    "alerts/_share.html",
    "alerts/_watch.html",
    "accounts/app_setup.html",
    "applications/after.html",
    "applications/pool.html",
    "applications/reply.html",
    "applications/seen.html",
    "base.html",
    "base_pro.html",
    "main/by_post.html",
    "errors/layout.html",
    "listings/preview_bar.html",
    "listings/sessions.html",
    "professions/moves.html",
    "professions/near.html",
    "search/_understood.html",
    "professions/pay.html",
    "professions/ways.html",
    "recruiter/import_state.html",
    "recruiter/coach_findings.html",
    "recruiter/coach_panel.html",
    "moderation/team_links.html",
    "professions/_citation.html",
    "professions/_explorer_ask.html",
    "professions/_explorer_card.html",
    "professions/_explorer_form.html",
    "professions/_explorer_map.html",
    "professions/_explorer_notes.html",
    "recruiter/listing_links.html",
    "recruiter/listing_status.html",
    "recruiter/space.html",
    "search/_empty.html",
    "search/answer.html",
    "search/_notices.html",
    "search/_proposals.html",
    "search/facet_box.html",
    "search/facets.html",
    "search/order.html",
    "search/why.html",
}
TITLES: dict[str, str] = {}


@pytest.fixture(scope="module")
def opened(live: Live, chromium: Browser) -> Iterator[Visit]:
    """Open one browser for all the pages: its cookies are emptied between them."""
    context, watch = new_context(chromium, live.url)
    yield Visit(context.new_page(), watch, live)
    context.close()


@pytest.fixture
def visit(opened: Visit, world: SimpleNamespace) -> Visit:
    """Return the browser, with nobody signed in."""
    opened.world = world
    opened.become(None)
    return opened


def check(visit: Visit, inspector: Inspector, template: str, *, error: bool = False) -> None:
    inspector.check(visit.page, visit.answer.text(), error=error)
    visit.watch.check()
    title = visit.page.title()
    assert TITLES.setdefault(title, template) == template, f"two pages have the title {title!r}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_page(visit: Visit, inspector: Inspector, case: Case) -> None:
    visit.become(visit.world.cookies[case.role])
    case.show(visit)
    assert visit.answer.status == case.status
    check(visit, inspector, case.template, error=case.error)


@pytest.mark.parametrize("name", ERROR_PAGES)
def test_error_page(visit: Visit, inspector: Inspector, live: Live, name: str) -> None:
    with live.app.test_request_context("/montree"):
        html = render_template(f"errors/{name}.html", status=int(name), message=None, incident="0")
    visit.show(int(name), html)
    check(visit, inspector, f"errors/{name}.html")


def test_crowd_page(visit: Visit, inspector: Inspector, live: Live) -> None:
    """What a search in a crowd shows: the same search, to try again."""
    with live.app.test_request_context("/recherche"):
        html = render_template(
            "errors/503.html", status=503, message="Trop de monde.", again="/recherche?q=a&ou=Bron"
        )
    visit.show(503, html)
    check(visit, inspector, "errors/503.html")


def test_page_of_what_could_not_be_sent(visit: Visit, inspector: Inspector, live: Live) -> None:
    with live.app.test_request_context("/emplois/1-a/candidater"):
        html = render_template("errors/503.html", status=503, unsent=[("first_name", "Samira")])
    visit.show(503, html)
    check(visit, inspector, "errors/503.html")


def test_page_of_searches_when_nothing_is_searched(
    visit: Visit, inspector: Inspector, live: Live
) -> None:
    with live.app.test_request_context("/equipe/recherches/"):
        html = render_template(
            "moderation/searches.html",
            asked=[],
            poor=[],
            gaps=[],
            weeks=[],
            decided={},
            labels={},
            period=28,
            fewest_seen=10,
            fewest_days=5,
        )
    visit.show(200, html)
    check(visit, inspector, "moderation/searches.html")


def test_page_of_work_when_all_goes_wrong(visit: Visit, inspector: Inspector, live: Live) -> None:
    now = clock.now()
    ago = now - dt.timedelta(days=3)
    state = WorkState(
        at=now,
        counts={"pending": 2077, "leased": 0, "done": 1, "dead": 3},
        waiting=[Waiting("application.received", 2077, ago), Waiting("listing.changed", 1, now)],
        dead=[
            DeadLetters("application.organisation_told", "MeilisearchCommunicationError", 2, ago),
            DeadLetters("account.link_requested", "Refused", 1, ago),
        ],
        workers=[Worker("machine-au-nom-plutot-long.example.org:12345", ago, silent=True)],
        clock_leapt=True,
        clock_at=ago,
        backup_at=None,
    )
    with live.app.test_request_context("/equipe/etat/"):
        html = render_template(
            "moderation/work.html", state=state, subject=lambda topic: topic, elapsed=elapsed
        )
    visit.show(200, html)
    check(visit, inspector, "moderation/work.html")


def test_statement_after_the_audit(
    visit: Visit, inspector: Inspector, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site that was audited, and found wanting: the page that the mention leads to then."""
    wrong = replace(the_grid().criteria[13], verdict=Verdict.FAILED, pages=("accueil", "suivi"))
    kept = [one for one in the_grid().criteria if one.verdict is not Verdict.TO_JUDGE]
    audited = replace(
        the_grid(),
        criteria=(*kept, wrong),
        audited_on=dt.date(2027, 2, 15),
        audited_by="Lila Benali",
    )
    monkeypatch.setattr("app.main.accessibility.the_grid", lambda: audited)
    with live.app.test_request_context("/accessibilite"):
        html = render_template("main/accessibility.html", grid=audited)
    visit.show(200, html)
    expect(visit.page.locator("h1")).to_have_text("Accessibilité : partiellement conforme")
    check(visit, inspector, "main/accessibility.html")


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("", "/recherche?q=soin&ou=Bron"),
        ("", "/evoluer?de=aide-a-domicile"),
        ("", "/connexion"),
        ("recruiter", "/recruter/"),
        ("recruiter", EMPTY_FORM + "emploi"),
        ("coded", SECURITY),
    ],
)
def test_page_without_scripts_holds_in_every_screen(
    open_browser: Callable[..., Page], world: SimpleNamespace, role: str, address: str
) -> None:
    """What scripts would add or hide: nothing sticks out, nothing is shown that does not work."""
    page = open_browser(java_script_enabled=False)
    if role:
        page.context.add_cookies([world.cookies[role]])
    page.goto(address)
    for size in (NARROW, TABLET, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate(TOO_WIDE) == []
    expect(page.locator("form[data-passkey]:visible, [role=combobox]")).to_have_count(0)


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("main/home.html", "/"),
        ("main/legal.html", "/mentions-legales"),
        ("main/privacy.html", "/donnees-personnelles"),
        ("main/accessibility.html", "/accessibilite"),
        ("search/index.html", "/recherche"),
        ("professions/index.html", "/metiers/"),
        ("professions/unknown.html", "/metiers/aide-a-domicile"),
        ("accounts/sign_in.html", "/connexion"),
        ("applications/lookup.html", "/candidature/"),
        ("organisations/sign_up.html", "/inscription"),
        ("recruiter/welcome.html", "/recruter/"),
        ("errors/404.html", "/nulle-part"),
    ],
)
def test_page_of_a_site_without_listing_nor_phone_nor_search_server(
    visit: Visit, inspector: Inspector, elsewhere: Flask, template: str, address: str
) -> None:
    answer = elsewhere.test_client().get(address)
    visit.show(answer.status_code, answer.text)
    check(visit, inspector, template)


def test_no_page_is_left_out() -> None:
    pages = {str(one.relative_to(TEMPLATES)) for one in TEMPLATES.rglob("*.html")}
    pages = {one for one in pages if not one.startswith(("components/", "emails/"))}
    seen = {case.template for case in CASES} | {f"errors/{name}.html" for name in ERROR_PAGES}
    assert pages - PARTS == seen
