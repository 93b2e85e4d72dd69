"""Proving again who one is, while signed in: before what is sensitive, or when too much is read."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, url_for
from flask_login import current_user

from app.accounts import passkeys, second_factor, services, vigilance
from app.accounts.forms import CodeForm
from app.accounts.views.passkeys import credential, site
from app.accounts.views.security import account, counted, my_session
from app.accounts.views.sign_in import attempt_keys, enter, wanted_page
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import signed_in


@account.route("/confirmer", methods=["GET", "POST"])
@signed_in
def prove() -> Any:
    """Ask for a code, then open a new session in place of this one."""
    if not vigilance.may_be_asked(current_user):
        return redirect(wanted_page() or url_for("account.show"), 303)
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(form, 422 if form.is_submitted() else 200)
    mine, now = my_session(), clock.now()

    def taken() -> bool:
        if second_factor.has_factor(current_user):
            return second_factor.takes_code(current_user, form.digits, now)
        return second_factor.takes_email_code(mine, form.digits, now)

    if not counted(current_user, form, taken):
        db.session.commit()
        return _page(form, 422)
    return _proved()


@account.post("/confirmer/renvoyer")
@signed_in
def prove_resend() -> Any:
    """Send a code by e-mail, unless an application makes it; the one before no longer serves."""
    if second_factor.has_factor(current_user):
        return redirect(url_for("account.prove", next=wanted_page() or None), 303)
    keys, now = attempt_keys("code-mail", current_user.email), clock.now()
    try:
        services.wait_for_turn(keys, now)
    except services.TooManyAttempts:
        flash(_("Trop de demandes. Attendez quelques minutes, puis recommencez."), "error")
    else:
        services.count_attempt(keys, now)
        services.ask_proof(my_session(), now=now)
        flash(_("Un nouveau code arrive. Le précédent ne sert plus."), "ok")
    db.session.commit()
    return redirect(url_for("account.prove", next=wanted_page() or None), 303)


@account.post("/confirmer/cle/options")
@signed_in
def prove_options() -> Any:
    """Draw a challenge for a passkey of this person."""
    if not passkeys.passkeys_of(current_user):
        abort(409)
    options = passkeys.request_options(my_session(), site())
    db.session.commit()
    return Response(options, mimetype="application/json")


@account.post("/confirmer/cle")
@signed_in
def prove_passkey() -> Any:
    """Take the signature of a passkey as the proof."""
    form = CodeForm(formdata=None)
    mine = my_session()
    if not counted(current_user, form, lambda: passkeys.takes_passkey(mine, credential(), site())):
        db.session.commit()
        return _page(form, 422)
    return _proved()


def _proved() -> Any:
    """Take note of the proof, and give this browser another session: the one before is dead."""
    person = current_user._get_current_object()
    vigilance.lift(person, clock.now())
    flash(_("Merci, c’est bien vous."), "ok")
    return enter(person)


def _page(form: CodeForm, status: int) -> Any:
    page = render_template(
        "accounts/prove.html",
        form=form,
        too_many=vigilance.standing(current_user) is not None,
        has_app=second_factor.has_app(current_user),
        has_factor=second_factor.has_factor(current_user),
        has_passkey=bool(passkeys.passkeys_of(current_user)),
        minutes=second_factor.CODE_MINUTES,
        next=wanted_page(),
    )
    return page, status
