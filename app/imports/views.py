"""Members send a file of listings, see what it would change, then have it applied."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.core import clock, storage
from app.core.database import db
from app.core.errors import DomainError
from app.core.permissions import requires_role
from app.imports import queries, services
from app.imports.csv_columns import COLUMNS, guess_columns, model, set_aside
from app.imports.forms import FileForm, columns_form
from app.imports.models import FileFormat, FileState, ImportFile
from app.imports.tasks import FOLDER
from app.organisations.models import Organisation
from app.organisations.queries import organisations_of

recruiter_imports = Blueprint("recruiter_imports", __name__, url_prefix="/recruter/import")

member = requires_role(*MEMBER_ROLES)
SHOWN = 10
SET_ASIDE_SHOWN = 100


@recruiter_imports.route("/", methods=["GET", "POST"])
@member
def index() -> Any:
    """Send a file of listings, and find those that were sent."""
    organisations = organisations_of(current_user)
    form = FileForm(max_bytes=current_app.config["IMPORT_MAX_BYTES"])
    if request.method == "POST":
        organisation = _organisation(organisations)
        if form.validate():
            return _received(form, organisation)
    status = 422 if request.method == "POST" else 200
    return render_template(
        "recruiter/import.html",
        form=form,
        organisations=organisations,
        files=queries.files_of([one.id for one in organisations], SHOWN),
        columns=COLUMNS,
        max_mb=form.max_bytes // (1024 * 1024),
    ), status


@recruiter_imports.get("/modele.csv")
@member
def template() -> Response:
    """Give the model of a CSV file."""
    return _download(model(), "modele-annonces.csv")


@recruiter_imports.get("/<int:file_id>")
@member
def show(file_id: int) -> str:
    """Show where a file stands and what it would change."""
    file = _owned(file_id)
    return render_template(
        "recruiter/import_file.html",
        file=file,
        counts=file.preview.get("counts", {}),
        changes=file.preview.get("changes", []),
        set_aside=file.preview.get("set_aside", [])[:SET_ASIDE_SHOWN],
        applicable=file.state == FileState.READY and services.has_changes(file),
        waiting=file.state in {FileState.READING, FileState.APPLYING},
    )


@recruiter_imports.route("/<int:file_id>/colonnes", methods=["GET", "POST"])
@member
def columns(file_id: int) -> Any:
    """Say which column of a CSV file is which."""
    file = _owned(file_id)
    if file.format != FileFormat.CSV or file.state in {FileState.APPLIED, FileState.APPLYING}:
        return redirect(url_for("recruiter_imports.show", file_id=file.id), 303)
    form = columns_form(file.headers, file.columns)
    if form.is_submitted() and form.validate():
        try:
            services.choose_columns(file, form.columns(), clock.now())
        except DomainError as error:
            return _refused(file_id, error)
        db.session.commit()
        return redirect(url_for("recruiter_imports.show", file_id=file.id), 303)
    page = render_template("recruiter/import_columns.html", form=form, file=file, columns=COLUMNS)
    return page, 422 if form.is_submitted() else 200


@recruiter_imports.post("/<int:file_id>/appliquer")
@member
def confirm(file_id: int) -> Any:
    """Have applied exactly what the preview shows."""
    file = _owned(file_id)
    try:
        services.confirm_file(current_user, file, request.form.get("plan", ""), clock.now())
    except DomainError as error:
        return _refused(file_id, error)
    db.session.commit()
    return redirect(url_for("recruiter_imports.show", file_id=file.id), 303)


@recruiter_imports.get("/<int:file_id>/lignes-mises-de-cote.csv")
@member
def rejected(file_id: int) -> Response:
    """Give the lines that were set aside, each with its reason."""
    file = _owned(file_id)
    rows = [
        (item["position"], item["source_id"] or "", item["reason"])
        for item in file.preview.get("set_aside", [])
    ]
    return _download(set_aside(rows), "lignes-mises-de-cote.csv")


def _received(form: FileForm, organisation: Organisation) -> Any:
    sent = form.sent
    assert sent is not None  # noqa: S101 - the form is valid
    headers = sent.shape.headers if sent.shape else ()
    remembered = queries.remembered_columns(organisation.id)
    # Kept before its row: a file without a row is swept later, the reverse cannot be mended.
    key = storage.keep(FOLDER, sent.format, sent.data)
    file = services.receive_file(
        current_user,
        organisation,
        format=sent.format,
        name=sent.name,
        key=key,
        sha256=sent.sha256,
        size_bytes=len(sent.data),
        headers=headers,
        columns=guess_columns(headers, remembered),
        full=form.full.data,
        now=clock.now(),
    )
    db.session.commit()
    endpoint = "columns" if file.state == FileState.COLUMNS else "show"
    return redirect(url_for(f"recruiter_imports.{endpoint}", file_id=file.id), 303)


def _organisation(organisations: list[Organisation]) -> Organisation:
    """Return the organisation for which a file is sent: the one chosen, else her only one."""
    chosen = request.form.get("organisation", type=int)
    if chosen is None:
        return organisations[0] if organisations else abort(404)
    return next((one for one in organisations if one.id == chosen), None) or abort(404)


def _owned(file_id: int) -> ImportFile:
    return queries.owned_file(file_id, current_user.id) or abort(404)


def _refused(file_id: int, error: DomainError) -> Any:
    db.session.rollback()
    flash(error.message, "error")
    return redirect(url_for("recruiter_imports.show", file_id=file_id), 303)


def _download(data: bytes, name: str) -> Response:
    response = Response(data, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
