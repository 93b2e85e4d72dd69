"""Choosing a password, or changing it: links by e-mail are enough, but some want one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_login import current_user

from app.accounts import passwords, second_factor, services
from app.accounts.cookies import COOKIE_KEY
from app.accounts.enums import FactorChange
from app.accounts.forms import PasswordForm
from app.accounts.models import User
from app.accounts.views.security import account, stale
from app.accounts.views.sign_in import attempt_keys
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import signed_in


@account.route("/securite/mot-de-passe", methods=["GET", "POST"])
@signed_in
def password() -> Any:
    """Ask for the password of today and for another, then close the other browsers."""
    refusal = stale()
    if refusal is not None:
        return refusal
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(form, 422 if form.is_submitted() else 200)
    person, now = current_user._get_current_object(), clock.now()
    if not _is_hers(person, form) or not _is_good(person, form):
        db.session.commit()
        return _page(form, 422)
    services.set_password(person, form.new.data or "")
    services.close_other_sessions(person, session[COOKIE_KEY], now=now)
    second_factor.forget_devices(person)
    second_factor.tell_change(person, FactorChange.PASSWORD_CHANGED, now)
    db.session.commit()
    flash(_("Votre mot de passe est enregistré. Vos autres appareils sont déconnectés."), "ok")
    return redirect(url_for("account.show"), 303)


def _is_hers(person: User, form: PasswordForm) -> bool:
    """Return whether the password of today was given; its failures are counted."""
    if person.password_hash is None:
        return True
    keys = attempt_keys("password", person.email)
    try:
        if services.check_password(
            person.email, form.current.data or "", keys=keys, now=clock.now()
        ):
            return True
        form.current.errors = [_("Ce n’est pas votre mot de passe actuel.")]
    except services.TooManyAttempts as error:
        form.current.errors = [error.message]
    return False


def _is_good(person: User, form: PasswordForm) -> bool:
    if not passwords.is_guessable(form.new.data or "", person):
        return True
    form.new.errors = [
        _("Ce mot de passe se devine. Ajoutez des mots sans lien avec vous ni avec le site.")
    ]
    return False


def _page(form: PasswordForm, status: int) -> Any:
    known = current_user.password_hash is not None
    return render_template("accounts/password.html", form=form, known=known), status
