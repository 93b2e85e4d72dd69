"""The team reads what is searched without people, and decides what unknown words mean."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.listings.enums import KIND_LABELS_PLURAL, Kind
from app.moderation.forms import WORD_LABELS, WordForm
from app.moderation.views.listings import PER_PAGE, moderation
from app.professions.queries import term_label
from app.search import counts, decisions, services
from app.search.criteria import SearchCriteria
from app.search.enums import WordKind
from app.search.models import SearchWord
from app.search.query_log import FEWEST_DAYS, FEWEST_SEEN
from app.search.reading import normalise
from app.search.services import WordRefused
from app.search.understanding import understand, understood_chips
from app.search.views import at, of
from app.search.vocabulary import search_words

# Lines of each list: nobody decides of more at once.
SHOWN = 25


@moderation.get("/recherches/")
@requires_role(*REVIEW_ROLES)
def searches() -> str:
    """Show what is searched, what is hardly found, and what is missing."""
    now = clock.now()
    today = paris_date(now)
    since = today - counts.PERIOD
    asked = counts.asked(since, SHOWN, ignored=False)
    poor = counts.asked(since, SHOWN, poor=True, ignored=False)
    return render_template(
        "moderation/searches.html",
        asked=asked,
        poor=poor,
        weeks=counts.weeks(today),
        gaps=[(gap, sentence(gap)) for gap in counts.gaps(now, since)],
        decided=counts.decided({one.words for one in (*asked, *poor)}),
        labels=WORD_LABELS,
        period=counts.PERIOD.days,
        fewest_seen=FEWEST_SEEN,
        fewest_days=FEWEST_DAYS,
    )


@moderation.get("/recherches/mot")
@requires_role(*REVIEW_ROLES)
def word() -> Any:
    """Show how words are searched and understood, and what may be decided of them."""
    form = _form()
    form.word.data = normalise(request.args.get("mots", ""))
    asked = _asked(form)
    if asked is None:
        flash(_("Trop peu de personnes ont cherché ces mots pour les afficher."), "message")
        return redirect(url_for("moderation.searches"))
    return _page(form, asked)


@moderation.post("/recherches/mot")
@requires_role(*REVIEW_ROLES)
def decide_word() -> Any:
    """Decide what words mean; it holds everywhere within seconds."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form, _asked(form)), 422
    kind = WordKind(form.kind.data)
    try:
        services.decide(current_user.id, kind, form.word.data, form.target, clock.now())
    except WordRefused as refused:
        form.refuse(refused.field, refused.message)
        return _page(form, _asked(form)), 422
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for("moderation.words"), 303)
    db.session.commit()
    decisions.forget()
    flash(_("C’est décidé. La recherche en tient compte dans quelques secondes."), "ok")
    return redirect(url_for("moderation.words"), 303)


@moderation.get("/recherches/mots")
@requires_role(*REVIEW_ROLES)
def words() -> str:
    """List what was decided, undone or not, the latest first."""
    page = min(max(request.args.get("page", 1, type=int), 1), 1000)
    found = counts.decisions_of_team(limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    return render_template(
        "moderation/search_words.html",
        words=found[:PER_PAGE],
        more=len(found) > PER_PAGE,
        page=page,
        labels=WORD_LABELS,
        means=_means,
    )


@moderation.post("/recherches/mots/<int:word_id>/annuler")
@requires_role(*REVIEW_ROLES)
def undo_word(word_id: int) -> Any:
    """Read words as before the decision."""
    found = db.session.get(SearchWord, word_id) or abort(404)
    try:
        services.undo(current_user.id, found, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for("moderation.words"), 303)
    db.session.commit()
    decisions.forget()
    flash(_("C’est annulé. La recherche en tient compte dans quelques secondes."), "ok")
    return redirect(url_for("moderation.words"), 303)


def sentence(gap: counts.Gap) -> str:
    """Say what people look for: « des formations de nuit à Givors »."""
    meant = gap.meant
    kinds = [str(KIND_LABELS_PLURAL[Kind(kind)]).lower() for kind in meant.kinds]
    text = _("des %(things)s", things=_(" ou ").join(kinds) or _("annonces"))
    if meant.professions:
        names = [of(counts.label_of(slug)) for slug in meant.professions]
        text += f" {_(' ou ').join(names)}"
    for slug in meant.schedules:
        label = term_label("schedule", slug)
        label = label[:1].lower() + label[1:]
        joined = label.startswith(("de ", "du ", "d’", "avec "))
        text += f" {label}" if joined else f", {label}"
    return f"{text} {at(meant.place.name)}" if meant.place else text


def _means(decided: SearchWord) -> str:
    if decided.kind in (WordKind.SYNONYM, WordKind.SUGGESTION):
        entry = search_words().by_slug.get(decided.target)
        return entry.label if entry else _("un métier qui n’est plus dans la base")
    return f"«\u00a0{decided.target}\u00a0»" if decided.target else ""


def _form() -> WordForm:
    form = WordForm()
    names = sorted((one.label, one.slug) for one in search_words().professions)
    form.profession.choices = [("", "–"), *((slug, label) for label, slug in names)]
    return form


def _asked(form: WordForm) -> counts.Asked | None:
    typed = normalise(form.word.data or "")
    since = paris_date(clock.now()) - counts.PERIOD
    return counts.asked_with(typed, since) if typed else None


def _page(form: WordForm, asked: counts.Asked | None) -> str:
    criteria = SearchCriteria(q=asked.words if asked else "")
    reading = understand(criteria)
    return render_template(
        "moderation/search_word.html",
        form=form,
        asked=asked,
        search_url=criteria.url,
        understood=[chip.label for chip in understood_chips(criteria, reading)],
        history=counts.history(asked.words) if asked else [],
        labels=WORD_LABELS,
        means=_means,
        period=counts.PERIOD.days,
    )
