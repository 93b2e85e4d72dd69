"""The team corrects the reference base, each correction with its source and its date."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import requires_role
from app.professions import correcting, queries, revisions
from app.professions.correcting import ChangedMeanwhile, Entry
from app.professions.correction_forms import CitationForm, entry_form, new_form
from app.professions.enums import EntryKind
from app.professions.fields import FIELDS, KIND_LABELS, written
from app.professions.models import ReferenceRevision
from app.professions.revisions import ADDED, RETIRED, value_of

bp = Blueprint("reference_team", __name__, url_prefix="/equipe/metiers")

ADDABLE = {EntryKind.MOVE, EntryKind.EQUIVALENCE}
STATES = ("tout", "a-confirmer", "a-relire", "depasse")


@bp.get("/")
@requires_role(*REVIEW_ROLES)
def index() -> str:
    """List the entries of a kind, those to confirm or to read again apart."""
    today = clock.paris_date(clock.now())
    kind = _kind(request.args.get("liste", ""), EntryKind.PROFESSION)
    state = request.args.get("etat", STATES[0])
    words = request.args.get("q", "").strip()[:80]
    found = correcting.entries(today)
    of_kind = [one for one in found if one.kind is kind]
    by_state = {name: [one for one in of_kind if _is(name, one, today)] for name in STATES}
    wanted = queries.normalise(words)
    shown = [
        (one, title_of(one.kind, one.row))
        for one in by_state.get(state, of_kind)
        if wanted in queries.normalise(f"{title_of(one.kind, one.row)} {one.key}")
    ]
    return render_template(
        "professions/team_index.html",
        kind=kind,
        kinds=[(one, KIND_LABELS[one]) for one in EntryKind],
        state=state if state in STATES else STATES[0],
        counts={name: len(rows) for name, rows in by_state.items()},
        words=words,
        entries=shown,
        today=today,
        can_add=kind in ADDABLE,
    )


@bp.route(
    "/<any(profession,diploma,move,equivalence,funding):kind>/<path:key>", methods=["GET", "POST"]
)
@requires_role(*REVIEW_ROLES)
def entry(kind: str, key: str) -> Any:
    """Show an entry and its history; write a correction."""
    found = _find(EntryKind(kind), key)
    if found.absent and request.method == "POST":
        abort(409)
    form = entry_form(found.kind, found.row, _diploma_names())
    if request.method == "GET":
        form.effective_on.data = clock.paris_date(clock.now())
        form.seen.data = str(found.revised)
    if not form.validate_on_submit():
        return _page(found, form), 422 if form.is_submitted() else 200
    changes = {
        field.name: form.values[field.name]
        for field in form.entry_fields
        if form.values[field.name] != _plain(value_of(found.row, field.name))
    }
    return _write(found, changes, form, _told(changes))


@bp.route("/retirer/<any(move,equivalence):kind>/<path:key>", methods=["GET", "POST"])
@requires_role(*REVIEW_ROLES)
def retire(kind: str, key: str) -> Any:
    """Take a move or an equivalence away; its history stays."""
    found = _find(EntryKind(kind), key)
    if found.absent:
        abort(404)
    form = CitationForm()
    if request.method == "GET":
        form.effective_on.data = clock.paris_date(clock.now())
        form.seen.data = str(found.revised)
    if not form.validate_on_submit():
        title = title_of(found.kind, found.row)
        status = 422 if form.is_submitted() else 200
        return render_template(
            "professions/team_write.html", entry=found, title=title, kind=found.kind, form=form
        ), status
    return _write(found, {RETIRED: True}, form, _("La fiche est retirée. Son histoire reste."))


@bp.route("/ajouter/<any(move,equivalence):kind>", methods=["GET", "POST"])
@requires_role(*REVIEW_ROLES)
def add(kind: str) -> Any:
    """Add a move between professions, or an equivalence between diplomas."""
    of = EntryKind(kind)
    professions = {one.slug: one.label for one in queries.professions()}
    form: Any = new_form(of, professions, _diploma_names())
    if request.method == "GET":
        form.effective_on.data = clock.paris_date(clock.now())
    if form.validate_on_submit():
        row = _new_row(of, form)
        key = revisions.key_of(of, row)
        if row.get("from") == row.get("to") and row.get("from_diploma") == row.get("to_diploma"):
            form.target.errors = [*form.target.errors, _("Choisissez deux fiches différentes.")]
        elif any(one.kind is of and one.key == key and not one.absent for one in _entries()):
            form.target.errors = [*form.target.errors, _("Cette fiche existe déjà.")]
        else:
            seen = len(correcting.history(of, key))
            now = clock.now()
            correcting.correct(current_user.id, of, key, {ADDED: row}, form.citation, seen, now)
            db.session.commit()
            flash(_("La fiche est ajoutée."), "ok")
            return redirect(url_for("reference_team.index", liste=of.value), 303)
    status = 422 if form.is_submitted() else 200
    return render_template(
        "professions/team_write.html", entry=None, title="", kind=of, form=form
    ), status


def _new_row(kind: EntryKind, form: Any) -> dict[str, Any]:
    if kind is EntryKind.MOVE:
        row = {"from": form.origin.data, "to": form.target.data, "kind": form.nature.data}
        row |= {"funding": [], "verified_scope": None}
    else:
        origin, target = form.origin.data, form.target.data
        row = {"id": f"{origin}>{target}", "from_diploma": origin, "from_version": None}
        row |= {"to_diploma": target, "to_version": None, "kind": "equivalence", "blocks": []}
        row |= {"internship_weeks_or_hours_remaining": None, "conditions": [], "read": "sentence"}
    return row | form.values | {"verified": bool(form.verified.data), "sources": []}


def _write(found: Entry, changes: dict[str, Any], form: Any, told: str) -> Any:
    try:
        correcting.correct(
            current_user.id,
            found.kind,
            found.key,
            changes,
            form.citation,
            form.seen_number,
            clock.now(),
        )
    except ChangedMeanwhile as error:
        db.session.rollback()
        flash(str(error), "warn")
        present = _find(found.kind, found.key)
        again = entry_form(present.kind, present.row, _diploma_names())
        today = clock.paris_date(clock.now())
        shown = correcting.row_shown(present.kind, present.key, form.seen_number, today)
        again.keep_changes(shown, present.row)
        again.seen.data = str(present.revised)
        return _page(present, again), 409
    db.session.commit()
    flash(told, "ok")
    if RETIRED in changes:
        return redirect(url_for("reference_team.index", liste=found.kind.value), 303)
    return redirect(url_for("reference_team.entry", kind=found.kind.value, key=found.key), 303)


def _told(changes: dict[str, Any]) -> str:
    if changes:
        return _("La correction est enregistrée, avec sa source.")
    return _("C’est noté\u00a0: la fiche a été relue, rien n’a changé.")


def _page(found: Entry, form: Any) -> str:
    sources = queries.sources()
    return render_template(
        "professions/team_entry.html",
        entry=found,
        title=title_of(found.kind, found.row),
        label=KIND_LABELS[found.kind],
        form=form,
        history=_history(found),
        sources=[sources[code] for code in found.row.get("sources") or () if code in sources],
        today=clock.paris_date(clock.now()),
        can_retire=found.kind in ADDABLE,
    )


def _history(found: Entry) -> list[tuple[ReferenceRevision, list[tuple[Any, str, str]]]]:
    """Return each correction with (field, before, after), the newest first."""
    fields = {field.name: field for field in FIELDS[found.kind]}
    before: dict[str, Any] = {}
    told = []
    for revision in reversed(correcting.history(found.kind, found.key)):
        lines = []
        for name, value in revision.changes.items():
            if name in fields:
                was = before.get(name, revision.file_values.get(name))
                lines.append(
                    (fields[name].label, written(fields[name], was), written(fields[name], value))
                )
        before |= revision.changes.get(ADDED) or revision.changes
        told.append((revision, lines))
    return told[::-1]


def title_of(kind: EntryKind, row: dict[str, Any]) -> str:
    """Return how people call an entry."""
    if kind is EntryKind.MOVE:
        found = [queries.profession_by_slug(row[end]) for end in ("from", "to")]
        return " → ".join(one.label if one else "?" for one in found)
    if kind is EntryKind.EQUIVALENCE:
        names = _diploma_names()
        ends = [row["from_diploma"], row["to_diploma"]]
        return " → ".join(names.get(slug, slug) for slug in ends)
    return str(row["label"])


def _diploma_names() -> dict[str, str]:
    return {one.slug: one.acronym or one.label for one in queries.diplomas()}


def _entries() -> list[Entry]:
    return correcting.entries(clock.paris_date(clock.now()))


def _find(kind: EntryKind, key: str) -> Entry:
    return next((one for one in _entries() if (one.kind, one.key) == (kind, key)), None) or abort(
        404
    )


def _kind(text: str, default: EntryKind) -> EntryKind:
    return EntryKind(text) if text in set(EntryKind) else default


def _is(state: str, entry: Entry, today: Any) -> bool:
    return {
        "tout": True,
        "a-confirmer": not entry.verified and not entry.absent,
        "a-relire": entry.is_stale(today) and not entry.absent,
        "depasse": entry.overtaken,
    }[state]


def _plain(value: Any) -> Any:
    """Return a value as a form gives it: an empty text is no value."""
    if isinstance(value, float) and value == int(value):
        return int(value)
    return None if value == "" else value
