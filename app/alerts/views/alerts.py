"""Asking for an alert, confirming it, changing it, stopping it. No account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from app.alerts import queries, services, wording
from app.alerts.enums import FREQUENCY_LABELS, Frequency
from app.alerts.forms import AlertForm
from app.alerts.models import Alert
from app.alerts.tokens import TOKEN
from app.alerts.views.pages import private, rate_limit, refuse_other_sites, sending
from app.core import clock, sends
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _, lazy
from app.core.limits import limiter
from app.core.permissions import public
from app.core.security import csrf
from app.search.criteria import SearchCriteria, parse

alerts = Blueprint("alerts", __name__, url_prefix="/alertes")
csrf.exempt(alerts)

# Button of the page -> what it does, and what is said then.
_ACTIONS: dict[str, tuple[Callable[[Alert, dt.datetime], None], Any]] = {
    "confirmer": (services.confirm_alert, lazy("C’est confirmé. Votre alerte commence.")),
    "suspendre": (services.pause_alert, lazy("C’est fait\u00a0: plus rien ne part.")),
    "reprendre": (services.resume_alert, lazy("C’est reparti, à partir de maintenant.")),
    "garder": (services.keep_alert, lazy("C’est noté\u00a0: votre alerte continue un an.")),
    "chaque-jour": (
        lambda alert, now: services.change_frequency(alert, Frequency.DAILY, now),
        lazy("C’est noté\u00a0: un message par jour au plus."),
    ),
    "chaque-semaine": (
        lambda alert, now: services.change_frequency(alert, Frequency.WEEKLY, now),
        lazy("C’est noté\u00a0: un message par semaine au plus."),
    ),
}


@alerts.route("/", methods=["GET", "POST"])
@public
@limiter.limit(rate_limit, methods=["POST"])
def create() -> Any:
    """Ask for an alert on a search: the answer is the same whatever is known of the address."""
    now = clock.now()
    form = AlertForm()
    if request.method == "GET":
        sends.look(form, sending(), now)
        return _form_page(form, parse(request.args))
    refuse_other_sites()
    criteria = parse(request.form)
    if not form.validate():
        return _form_page(form, criteria), 422
    if not sends.let_through(form, sending(form.address), now):
        db.session.rollback()
        return _form_page(form, criteria), 422
    services.request_alert(form.address, criteria, Frequency(form.frequency.data), now)
    db.session.commit()
    return redirect(url_for("alerts.sent"), 303)


def _form_page(form: AlertForm, criteria: SearchCriteria) -> str:
    kept = wording.kept(criteria)
    return render_template(
        "alerts/create.html",
        form=form,
        criteria=criteria,
        label=wording.label_of(kept),
        fields=_fields(kept),
    )


def _fields(criteria: SearchCriteria) -> list[tuple[str, str]]:
    """Return what a form sends along to say a search."""
    return [
        (name, str(value))
        for name, values in criteria.to_query().items()
        for value in (values if isinstance(values, list) else [values])
    ]


@alerts.get("/envoyee")
@public
def sent() -> str:
    """Say to open the mailbox."""
    return render_template("alerts/sent.html", kept_days=services.UNCONFIRMED_KEPT_DAYS)


@alerts.get("/<token>")
@public
def show(token: str) -> Any:
    """Show the alert, and what its person may do: nothing changes by opening it."""
    return private(_page(queries.alert_by_token(token) or abort(404)))


@alerts.post("/<token>")
@public
@limiter.limit(rate_limit)
def update(token: str) -> Any:
    """Confirm, pause, resume, keep, or change how often: one button each."""
    alert = queries.alert_by_token(token, hold=True) or abort(404)
    action, told = _ACTIONS.get(request.form.get("geste", "")) or abort(400)
    try:
        action(alert, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
    else:
        db.session.commit()
        flash(str(told), "ok")
    return private(redirect(url_for("alerts.show", token=token), 303))


@alerts.route("/<token>/arret", methods=["GET", "POST"])
@public
def stop(token: str) -> Any:
    """Stop and forget an alert: by the button of the page, or by the mail program (RFC 8058).

    Stopping again what is stopped is no error.
    """
    if not TOKEN.fullmatch(token):
        abort(404)
    alert = queries.alert_by_token(token, hold=request.method == "POST")
    if request.method == "GET" and alert is not None:
        return private(render_template("alerts/stop.html", alert=alert, token=token))
    if alert is not None:
        services.delete_alert(alert, clock.now())
        db.session.commit()
    return private(render_template("alerts/stopped.html", watch=False))


def _page(alert: Alert) -> str:
    criteria = wording.criteria_of(alert.query)
    return render_template(
        "alerts/show.html",
        alert=alert,
        token=request.view_args["token"] if request.view_args else "",
        search_url=url_for("search.index", **criteria.to_query()),
        frequencies=FREQUENCY_LABELS,
        ends_at=services.ends_at(alert),
        kept_days=services.STOPPED_KEPT_DAYS,
        reason=_reason(alert),
    )


def _reason(alert: Alert) -> str:
    """Return why an alert stopped by itself, in words."""
    return {
        "unvisited": _("Vous ne l’aviez pas gardée depuis un an."),
        "bounced": _("Votre messagerie a refusé nos messages."),
    }.get(alert.stop_reason or "", "")
