"""Decisions of the team. Each is one of a lower feature, taken by a reviewer."""

from __future__ import annotations

import datetime as dt

from app.accounts.models import User
from app.listings import services as listings
from app.listings.models import Listing
from app.organisations import services as organisations
from app.organisations.models import Organisation


def approve_listing(actor: User, listing: Listing, version: int, now: dt.datetime) -> Listing:
    """Put the `version` of a listing that was read online.

    Raises DomainError when it has changed since, or when its organisation is not verified.
    """
    return listings.publish_listing(actor, listing, now, version)


def refuse_listing(actor: User, listing: Listing, reason: str, now: dt.datetime) -> Listing:
    """Send a listing back to its author, who receives the reason."""
    return listings.refuse_listing(actor, listing, reason, now)


def verify_organisation(actor: User, organisation: Organisation, now: dt.datetime) -> None:
    """Say that the organisation is what it says. Raises DomainError when it is suspended."""
    organisations.verify_organisation(actor, organisation, now=now)


def refuse_organisation(
    actor: User, organisation: Organisation, reason: str, now: dt.datetime
) -> None:
    """Say no to the verification; the owners receive the reason and may correct."""
    organisations.refuse_organisation(actor, organisation, reason, now=now)


def ask_for_call(actor: User, organisation: Organisation, reason: str, now: dt.datetime) -> None:
    """Ask the owners to call, and say why."""
    organisations.ask_for_call(actor, organisation, reason, now=now)


def suspend_organisation(
    actor: User, organisation: Organisation, reason: str, now: dt.datetime
) -> None:
    """Take everything back from an organisation at once."""
    organisations.suspend_organisation(actor, organisation, now=now, reason=reason)


def reopen_organisation(
    actor: User, organisation: Organisation, reason: str, now: dt.datetime
) -> None:
    """Bring a suspended organisation back to where it must be verified."""
    organisations.reinstate_organisation(actor, organisation, now=now, reason=reason)


def release_numbers(actor: User, organisation: Organisation, reason: str, now: dt.datetime) -> None:
    """Let another organisation sign up with the SIREN and SIRET of one refused or suspended."""
    organisations.release_numbers(actor, organisation, reason, now=now)
