"""A second factor in a real browser: an application of codes, then a key of the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest

from app.accounts.enums import Role
from tests import factories
from tests.browser import PHONE, Live, new_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.no_database


def sign_in(page: Page, email: str) -> None:
    page.goto("/connexion")
    page.get_by_label("Votre adresse e-mail").fill(email)
    page.get_by_label("Votre mot de passe").fill(factories.PASSWORD)
    page.get_by_role("button", name="Me connecter").click()


def sign_out(page: Page) -> None:
    page.goto("/connexion/securite")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Se déconnecter").click()


def test_a_recruiter_adds_codes_and_a_key_then_signs_in_with_each(
    live: Live, chromium: Browser
) -> None:
    with live.writing():
        person = factories.user(Role.RECRUITER, email="cle@example.org")
        factories.organisation(person)
    # Browsers make keys for names, not for addresses made of numbers.
    context, watch = new_context(chromium, live.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )

    sign_in(page, "cle@example.org")
    page.goto("/connexion/securite")
    page.get_by_role("button", name="Ajouter une application de codes").click()
    page.get_by_text("Je préfère taper une clé").click()
    secret = page.locator("details[open] .num").inner_text().replace(" ", "")
    page.get_by_label("Votre code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Vérifier le code").click()
    # Ten codes are hashed as slowly as passwords.
    page.locator(".codes").wait_for()
    paper = page.locator(".codes li").all_inner_texts()
    page.get_by_role("link", name="Je les ai notés").click()
    page.get_by_role("button", name="Ajouter une clé d’accès").click()
    page.get_by_text("La clé d’accès est ajoutée.").wait_for()

    sign_out(page)
    sign_in(page, "cle@example.org")
    page.get_by_label("Votre code").fill(paper[0])
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("heading", level=1).wait_for()
    assert page.url.endswith("/recruter/")

    sign_out(page)
    sign_in(page, "cle@example.org")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.wait_for_url("**/recruter/")
    watch.check()
    context.close()
