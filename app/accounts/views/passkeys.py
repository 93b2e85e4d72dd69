"""Passkeys: making one, signing in with one, removing one."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_login import current_user

from app.accounts import passkeys, second_factor, services
from app.accounts.enums import Awaits, FactorChange
from app.accounts.forms import CodeForm
from app.accounts.models import LoginSession
from app.accounts.passkeys import Site
from app.accounts.views.security import (
    account,
    code_taken,
    my_session,
    paper,
    pending_sign_in,
    security_page,
    stale,
    start_again,
    verify_page,
)
from app.accounts.views.sign_in import attempt_keys, enter
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import public, signed_in

# A credential is some hundreds of signs; an attestation can reach a few thousand.
LONGEST_CREDENTIAL = 20_000


@account.post("/securite/cles/options")
@signed_in
def passkey_options() -> Any:
    """Draw a challenge for a new passkey."""
    mine = my_session()
    if not second_factor.is_fresh(current_user, mine, clock.now()):
        abort(409)
    options = passkeys.creation_options(mine, site())
    db.session.commit()
    return Response(options, mimetype="application/json")


@account.post("/securite/cles")
@signed_in
def passkey_create() -> Any:
    """Keep the passkey that the browser has made."""
    refusal = stale()
    if refusal is not None:
        return refusal
    mine, first = my_session(), not second_factor.has_factor(current_user)
    made = passkeys.add_passkey(mine, credential(), site(), clock.now())
    codes = second_factor.new_recovery_codes(current_user) if made and first else None
    if made:
        second_factor.tell_change(current_user, FactorChange.KEY_ADDED, clock.now())
    db.session.commit()
    if made is None:
        flash(_("La clé d’accès n’a pas pu être ajoutée. Essayez à nouveau."), "error")
    elif codes:
        return paper(codes, url_for("account.show"))
    else:
        flash(_("La clé d’accès est ajoutée."), "ok")
    return redirect(url_for("account.show"), 303)


@account.post("/securite/cles/<int:passkey_id>/retirer")
@signed_in
def passkey_delete(passkey_id: int) -> Any:
    """Forget a passkey; a code is asked."""
    if passkey_id not in {each.id for each in passkeys.passkeys_of(current_user)}:
        abort(404)
    form = CodeForm()
    if second_factor.must_keep_app(current_user) and not second_factor.has_app(current_user):
        form.code.errors = [_("Ajoutez d’abord une application de codes.")]
    elif code_taken(current_user, form):
        passkeys.remove_passkey(current_user, passkey_id)
        second_factor.tell_change(current_user, FactorChange.KEY_REMOVED, clock.now())
        second_factor.void_useless_codes(current_user)
        db.session.commit()
        flash(_("La clé d’accès est retirée."), "ok")
        return redirect(url_for("account.show"), 303)
    db.session.commit()
    return security_page(form), 422


@account.post("/verification/cle/options")
@public
def verify_options() -> Any:
    """Draw a challenge for a sign-in under way."""
    pending = _pending()
    if pending is None:
        abort(409)
    options = passkeys.request_options(pending, site())
    db.session.commit()
    return Response(options, mimetype="application/json")


@account.post("/verification/cle")
@public
def verify_passkey() -> Any:
    """Sign in with a passkey as the second factor."""
    pending = _pending()
    if pending is None:
        return start_again()
    keys, now, form = attempt_keys("code", pending.user.email), clock.now(), CodeForm()
    try:
        services.wait_for_turn(keys, now)
    except services.TooManyAttempts as error:
        form.code.errors = [error.message]
        return verify_page(pending, form, 422)
    if passkeys.takes_passkey(pending, credential(), site()):
        services.forget_attempts(keys[0])
        return enter(pending.user)
    services.count_attempt(keys, now)
    db.session.commit()
    form.code.errors = [_("Cette clé d’accès n’est pas reconnue. Essayez à nouveau, ou un code.")]
    return verify_page(pending, form, 422)


def _pending() -> LoginSession | None:
    pending = pending_sign_in()
    return pending if pending and pending.awaits == Awaits.APP else None


def credential() -> str:
    """Return what the browser says that it signed."""
    return request.form.get("credential", "")[:LONGEST_CREDENTIAL]


def site() -> Site:
    """Return the site under the name by which it was reached: TRUSTED_HOSTS says which are ours."""
    return Site(domain=request.host.partition(":")[0], origin=request.host_url.rstrip("/"))
