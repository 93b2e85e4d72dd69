"""The second factor, when one signs in and afterwards; the browsers in which one is signed in."""

from __future__ import annotations

from typing import Any

import structlog
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from markupsafe import Markup

from app.accounts import cookies, queries, second_factor, services
from app.accounts.cookies import COOKIE_KEY, PENDING_KEY
from app.accounts.enums import Awaits, FactorChange
from app.accounts.forms import CodeForm, EmailCodeForm
from app.accounts.models import LoginSession, User
from app.accounts.passkeys import passkeys_of
from app.accounts.views.sign_in import attempt_keys, enter, open_session, wanted_page
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import public, signed_in

log = structlog.get_logger()

account = Blueprint("account", __name__, url_prefix="/connexion")

DEVICE_SECONDS = second_factor.DEVICE_DAYS * 24 * 3600


@account.route("/verification", methods=["GET", "POST"])
@public
def verify() -> Any:
    """Ask for the second factor of a sign-in under way."""
    pending = pending_sign_in()
    if pending is None:
        return start_again()
    form = EmailCodeForm() if pending.awaits == Awaits.EMAIL else CodeForm()
    if not form.validate_on_submit():
        return verify_page(pending, form, 422 if form.is_submitted() else 200)
    assert pending.awaits is not None  # noqa: S101 - what makes a sign-in pending
    return _CHECKS[Awaits(pending.awaits)](pending, form)


@account.post("/verification/renvoyer")
@public
def resend() -> Any:
    """Send another code by e-mail; the one before no longer serves."""
    pending = pending_sign_in()
    if pending is None:
        return start_again()
    keys, now = attempt_keys("code-mail", pending.user.email), clock.now()
    try:
        services.wait_for_turn(keys, now)
    except services.TooManyAttempts:
        flash(_("Trop de demandes. Attendez quelques minutes, puis recommencez."), "error")
    else:
        services.count_attempt(keys, now)
        services.ask_email_code(session[PENDING_KEY], now=now)
        flash(_("Un nouveau code arrive. Le précédent ne sert plus."), "ok")
    db.session.commit()
    return redirect(url_for("account.verify", next=wanted_page() or None), 303)


@account.get("/securite")
@signed_in
def show() -> Any:
    """Show how the account is protected, and where it is open."""
    return security_page(CodeForm())


@account.route("/securite/application", methods=["GET", "POST"])
@signed_in
def app_create() -> Any:
    """Draw the secret of an application on POST; show it until a first code confirms it."""
    if request.method == "POST" and not second_factor.has_app(current_user):
        refusal = stale()
        if refusal is not None:
            return refusal
        second_factor.set_up_app(current_user, clock.now())
        db.session.commit()
        return redirect(url_for("account.app_create"), 303)
    if second_factor.unconfirmed_app(current_user) is None:
        return redirect(url_for("account.show"), 303)
    return _app_page(CodeForm())


@account.post("/securite/application/confirmer")
@signed_in
def app_confirm() -> Any:
    """Take the first code, then show the codes to keep on paper, this once."""
    if second_factor.unconfirmed_app(current_user) is None:
        return redirect(url_for("account.show"), 303)
    refusal = stale()
    if refusal is not None:
        return refusal
    form = CodeForm()
    codes = _confirmed(current_user, form)
    db.session.commit()
    if codes is None:
        return _app_page(form), 422
    return paper(codes, url_for("account.show"))


@account.post("/securite/application/retirer")
@signed_in
def app_delete() -> Any:
    """Stop asking for codes of an application; a code is asked a last time."""
    form = CodeForm()
    if second_factor.must_keep_app(current_user):
        form.code.errors = [_("Votre rôle demande toujours un code d’application.")]
    elif code_taken(current_user, form):
        second_factor.forget_app(current_user)
        second_factor.tell_change(current_user, FactorChange.APP_REMOVED, clock.now())
        db.session.commit()
        flash(_("L’application de codes est retirée."), "ok")
        return redirect(url_for("account.show"), 303)
    db.session.commit()
    return security_page(form), 422


@account.post("/securite/codes")
@signed_in
def codes_renew() -> Any:
    """Replace the codes kept on paper; a code is asked."""
    form = CodeForm()
    if not code_taken(current_user, form):
        db.session.commit()
        return security_page(form), 422
    codes = second_factor.new_recovery_codes(current_user)
    second_factor.tell_change(current_user, FactorChange.CODES_RENEWED, clock.now())
    db.session.commit()
    return paper(codes, url_for("account.show"))


@account.post("/securite/sessions/<int:session_id>/fermer")
@signed_in
def session_close(session_id: int) -> Any:
    """Sign out of one browser."""
    refusal = stale()
    if refusal is not None:
        return refusal
    if not services.close_session_of(current_user, session_id, now=clock.now()):
        abort(404)
    db.session.commit()
    flash(_("Cet appareil est déconnecté."), "ok")
    return redirect(url_for("account.show"), 303)


@account.post("/securite/sessions/fermer")
@signed_in
def sessions_close() -> Any:
    """Sign out of every other browser, and remember none."""
    refusal = stale()
    if refusal is not None:
        return refusal
    services.close_other_sessions(current_user, session[COOKIE_KEY], now=clock.now())
    second_factor.forget_devices(current_user)
    db.session.commit()
    flash(_("Tous les autres appareils sont déconnectés."), "ok")
    return redirect(url_for("account.show"), 303)


def _check_app(pending: LoginSession, form: CodeForm) -> Any:
    if not code_taken(pending.user, form):
        db.session.commit()
        return verify_page(pending, form, 422)
    return enter(pending.user)


def _check_email(pending: LoginSession, form: EmailCodeForm) -> Any:
    user, now = pending.user, clock.now()
    if not counted(user, form, lambda: second_factor.takes_email_code(pending, form.digits, now)):
        db.session.commit()
        return verify_page(pending, form, 422)
    if second_factor.must_keep_app(user):
        wanted = wanted_page()
        second_factor.set_up_app(user, now)
        cookies.wait(services.open_pending_session(user, Awaits.SETUP, now=now))
        db.session.commit()
        return redirect(url_for("account.verify", next=wanted or None), 303)
    token = second_factor.remember_device(user, now) if form.remember.data else ""
    response = enter(user)
    if token:
        response.set_cookie(
            current_app.config["DEVICE_COOKIE_NAME"],
            token,
            max_age=DEVICE_SECONDS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


def _check_setup(pending: LoginSession, form: CodeForm) -> Any:
    codes = _confirmed(pending.user, form)
    if codes is None:
        db.session.commit()
        return verify_page(pending, form, 422)
    wanted = wanted_page()
    open_session(pending.user)
    db.session.commit()
    return paper(codes, wanted or url_for("accounts.sign_in"))


_CHECKS = {Awaits.APP: _check_app, Awaits.EMAIL: _check_email, Awaits.SETUP: _check_setup}


def my_session() -> LoginSession:
    """Return the session of this browser."""
    return queries.open_session(session[COOKIE_KEY], clock.now()) or abort(401)


def stale(back: str = "") -> Any:
    """Return where to prove again who one is, when this session is too old to change an account.

    `back`: the page to come back to, that of the account's security unless said.
    """
    if second_factor.is_fresh(current_user, my_session(), clock.now()):
        return None
    return to_proof(back or url_for("account.show"))


def to_proof(back: str) -> Any:
    """Lead to the page that asks who is there, with a code by e-mail on its way. Commits.

    `back`: the page of this site to come back to.
    """
    if not second_factor.has_factor(current_user):
        services.ask_proof(my_session(), now=clock.now())
    db.session.commit()
    return redirect(url_for("account.prove", next=back), 303)


def code_taken(user: User, form: CodeForm) -> bool:
    """Return whether the form holds a code of the application, or one kept on paper."""
    if not form.validate_on_submit():
        return False
    now = clock.now()
    return counted(user, form, lambda: second_factor.takes_code(user, form.digits, now))


def _confirmed(user: User, form: CodeForm) -> list[str] | None:
    """Return the codes to keep on paper when the form holds the first code of an application."""
    if not form.validate_on_submit():
        return None
    codes: list[str] = []

    def first_code() -> bool:
        codes.extend(second_factor.confirm_app(user, form.digits, clock.now()) or [])
        return bool(codes)

    return codes if counted(user, form, first_code) else None


def counted(user: User, form: CodeForm, check: Any) -> bool:
    """Run a check of a code, whose failures are counted, and put its refusal at the field."""
    keys, now = attempt_keys("code", user.email), clock.now()
    try:
        services.wait_for_turn(keys, now)
    except services.TooManyAttempts as error:
        form.code.errors = [error.message]
        return False
    if check():
        services.forget_attempts(keys[0])
        return True
    services.count_attempt(keys, now)
    log.warning("second_factor_refused", user_id=user.id)
    form.code.errors = [_("Ce code n’est pas le bon, ou ne sert plus. Prenez le plus récent.")]
    return False


def pending_sign_in() -> LoginSession | None:
    """Return the sign-in under way of this browser."""
    return queries.pending_session(session.get(PENDING_KEY, ""), clock.now())


def start_again() -> Any:
    """Lead back to the first page of sign-in."""
    flash(_("Le temps est passé. Connectez-vous à nouveau."), "message")
    return redirect(url_for("accounts.sign_in", next=wanted_page() or None), 303)


def verify_page(pending: LoginSession, form: CodeForm, status: int) -> Any:
    """Ask for what a sign-in under way awaits."""
    page = render_template(
        "accounts/verify.html",
        form=form,
        awaits=pending.awaits,
        setup=_setup(pending.user) if pending.awaits == Awaits.SETUP else None,
        has_app=second_factor.has_app(pending.user),
        has_passkey=bool(passkeys_of(pending.user)),
        minutes=second_factor.CODE_MINUTES,
        next=wanted_page(),
    )
    return page, status


def _app_page(form: CodeForm) -> str:
    return render_template("accounts/app.html", form=form, setup=_setup(current_user))


def _setup(user: User) -> dict[str, Any] | None:
    """Return what the person copies into her application: a drawing, an address, a secret."""
    factor = second_factor.unconfirmed_app(user)
    if factor is None:
        return None
    address = second_factor.app_address(user, factor)
    secret = second_factor.app_secret(factor)
    return {
        "drawing": Markup(second_factor.drawn(address)),  # noqa: S704 -- drawn from our own text
        "address": address,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    }


def paper(codes: list[str], following: str) -> str:
    """Show, this once, the codes to keep on paper."""
    return render_template("accounts/recovery_codes.html", codes=codes, following=following)


def security_page(form: CodeForm) -> str:
    """Show how the account is protected, and where it is open."""
    now = clock.now()
    keys = passkeys_of(current_user)
    has_app = second_factor.has_app(current_user)
    return render_template(
        "accounts/security.html",
        form=form,
        has_app=has_app,
        must_keep=second_factor.must_keep_app(current_user),
        passkeys=keys,
        fresh=second_factor.is_fresh(current_user, my_session(), now),
        codes_left=second_factor.recovery_codes_left(current_user) if has_app or keys else 0,
        sessions=queries.open_sessions_of(current_user, now),
        this_one=queries.token_hash(session[COOKIE_KEY]),
    )
