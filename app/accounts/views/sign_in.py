"""Signing in by password or by a link sent by e-mail, and signing out."""

from __future__ import annotations

from typing import Any

import structlog
from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts import cookies, queries, second_factor, services
from app.accounts.devices import device_name
from app.accounts.enums import MEMBER_ROLES, REVIEW_ROLES, Awaits, Role
from app.accounts.forms import LinkRequestForm, SignInForm
from app.accounts.models import User
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.limits import client_network
from app.core.permissions import public
from app.core.security import safe_next

log = structlog.get_logger()

accounts = Blueprint("accounts", __name__)


def user_of_cookie(token: str) -> User | None:
    """Return the person whose living session the cookie names. Reads only."""
    now = clock.now()
    user = queries.session_user(token, now)
    return user if user is not None and cookies.is_awake(now) else None


@accounts.route("/connexion", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """Ask for an address and a password."""
    if current_user.is_authenticated:
        return redirect(_space_of(current_user, wanted_page()), 303)
    form = SignInForm(next=wanted_page())
    if not form.validate_on_submit():
        return _page("accounts/sign_in.html", form, 422 if form.is_submitted() else 200)
    try:
        user = services.check_password(
            form.email.data, form.password.data, keys=_keys("password", form), now=clock.now()
        )
    except services.TooManyAttempts as error:
        log.warning("sign_in_refused", by="password", reason="too_many")
        return _refused("accounts/sign_in.html", form, error.message, retry_after=error.seconds)
    if user is None:
        db.session.commit()
        log.warning("sign_in_refused", by="password", reason="wrong")
        return _refused(
            "accounts/sign_in.html", form, _("Adresse e-mail ou mot de passe incorrect.")
        )
    return _enter(user, by_link=False)


@accounts.route("/connexion/lien", methods=["GET", "POST"])
@public
def request_link() -> Any:
    """Send a link to an address, and say the same whether it has an account or not."""
    form = LinkRequestForm(next=wanted_page())
    if not form.validate_on_submit():
        return _page("accounts/request_link.html", form, 422 if form.is_submitted() else 200)
    try:
        services.request_link(
            form.email.data,
            # By network: whoever asks from elsewhere in her name does not silence her.
            keys=_keys(f"link {client_network()}", form),
            next_path=wanted_page(),
            now=clock.now(),
        )
    except services.TooManyAttempts:
        message = _("Trop de demandes. Attendez quelques minutes, puis recommencez.")
        return _refused("accounts/request_link.html", form, message, status=429)
    db.session.commit()
    return redirect(url_for("accounts.link_sent"), 303)


@accounts.get("/connexion/lien-envoye")
@public
def link_sent() -> Any:
    """Say what to do now, without repeating the address."""
    minutes = current_app.config["SIGN_IN_LINK_MINUTES"]
    return render_template("accounts/link_sent.html", minutes=minutes)


@accounts.route("/connexion/lien/<token>", methods=["GET", "POST"])
@public
def use_link(token: str) -> Any:
    """Show a button on GET, which mail gateways may open at will; sign in on POST."""
    if request.method == "POST":
        user = services.use_link(token, now=clock.now())
        if user is not None:
            return _enter(user, by_link=True)
        log.warning("sign_in_refused", by="link", reason="wrong")
    user = queries.link_user(token, clock.now())
    page = render_template("accounts/use_link.html", user=user, next=wanted_page())
    response = make_response(page, 200 if user else 410)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@accounts.post("/deconnexion")
@public
def sign_out() -> Any:
    """Kill the session, here and wherever the cookie was copied."""
    cookies.leave()
    db.session.commit()
    flash(_("Vous êtes déconnecté·e."), "ok")
    response = redirect(url_for("main.home"), 303)
    # What a shared computer kept of these pages goes too.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _enter(user: User, *, by_link: bool) -> Any:
    """Open a session, or ask for what is missing to be sure of who this is."""
    now = clock.now()
    device = request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"], "")
    awaits = second_factor.asked(user, by_link=by_link, device=device, now=now)
    log.info("first_factor_taken", user_id=user.id, by="link" if by_link else "password")
    if awaits is None:
        return enter(user)
    wanted = wanted_page()
    if awaits == Awaits.SETUP:
        second_factor.set_up_app(user, now)
    cookies.wait(services.open_pending_session(user, awaits, now=now))
    db.session.commit()
    return redirect(url_for("account.verify", next=wanted or None), 303)


def enter(user: User) -> Any:
    """Open a new session in a cookie emptied of all that came before. Commits."""
    wanted = wanted_page()
    open_session(user)
    db.session.commit()
    log.info("signed_in", user_id=user.id)
    return redirect(_space_of(user, wanted), 303)


def open_session(user: User) -> None:
    """Open a new session in a cookie emptied of all that came before."""
    hours = current_app.config["SIGNED_IN_SESSION_HOURS"]
    device = device_name(request.user_agent.string)
    cookies.enter(services.open_session(user, now=clock.now(), hours=hours, device=device))


def _space_of(user: User, wanted: str) -> str:
    """Return the page the person wanted, else the first page of her space."""
    if wanted:
        return wanted
    if user.role in MEMBER_ROLES:
        return url_for("recruiter.index")
    if user.role in REVIEW_ROLES:
        return url_for("moderation.index")
    if user.role == Role.COUNSELLOR:
        return url_for("relays.index")
    return url_for("main.home")


def wanted_page() -> str:
    """Return the page of this site to go to afterwards, or an empty text."""
    wanted = safe_next(request.values.get("next"), "")
    return wanted if len(wanted) <= 500 else ""


def _keys(purpose: str, form: LinkRequestForm) -> tuple[str, str]:
    return attempt_keys(purpose, form.email.data)


def attempt_keys(purpose: str, email: str) -> tuple[str, str]:
    """Return the keys under which tries of this visitor on this account are counted."""
    secret = current_app.config["SECRET_KEY"]
    return services.attempt_keys(secret, purpose, email, client_network())


def _page(name: str, form: LinkRequestForm, status: int) -> Any:
    return render_template(name, form=form), status


def _refused(
    name: str,
    form: LinkRequestForm,
    message: str,
    *,
    status: int = 422,
    retry_after: int | None = None,
) -> Any:
    form.email.errors = [message]
    page, status = _page(name, form, 429 if retry_after else status)
    return page, status, {"Retry-After": str(retry_after)} if retry_after else {}
