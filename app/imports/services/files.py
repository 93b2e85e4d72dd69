"""Files that members send: told what their columns are, read, looked at, then applied.

Nothing of the listings changes before the member has seen what would, and pressed the button; what
is applied is exactly what was shown, or nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, select

from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.imports import csv_listings, lheo, queries
from app.imports.csv_columns import missing_columns
from app.imports.csv_records import read_csv
from app.imports.lheo_xml import read_lheo
from app.imports.models import FileFormat, FileState, ImportFile, RunState
from app.imports.records import Record, Source
from app.imports.services.reports import Report
from app.imports.services.runs import PlanChanged, run_import
from app.imports.services.snapshots import Owner
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation

if TYPE_CHECKING:
    from app.accounts.models import User

log = structlog.get_logger()

# A school or an employer has a few hundred listings; a whole region is imported by a command.
RECORDS_MAX = 2_000
COUNTS = ("read", "created", "updated", "unchanged", "closed", "skipped", "quarantined_total")
SOURCES = {FileFormat.CSV: csv_listings.SOURCE, FileFormat.LHEO: lheo.SOURCE}
# The file itself, with the names that are in it, is no use once it was applied.
CONTENT_KEPT = dt.timedelta(days=30)
ROW_KEPT = dt.timedelta(days=400)
PURGE_BATCH = 200


def receive_file(
    actor: User,
    organisation: Organisation,
    *,
    format: str,
    name: str,
    key: str,
    sha256: str,
    size_bytes: int,
    headers: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    full: bool,
    now: dt.datetime,
) -> ImportFile:
    """Keep the trace of a file that was sent; have it read, once its columns are known.

    `full`: the member says that all that she sends is in it. `columns`: header -> our column.
    """
    columns = dict(columns or {})
    asks = format == FileFormat.CSV and (
        bool(missing_columns(columns)) or not all(columns.get(header) for header in headers)
    )
    file = ImportFile(
        organisation=organisation,
        user_id=actor.id,
        format=FileFormat(format),
        name=name[:200],
        key=key,
        sha256=sha256,
        size_bytes=size_bytes,
        headers=list(headers),
        columns=columns,
        full=full,
        state=FileState.COLUMNS if asks else FileState.READING,
        preview={},
        created_at=now,
        updated_at=now,
    )
    db.session.add(file)
    db.session.flush()
    if not asks:
        enqueue("import.file_sent", now=now, file_id=file.id)
    return file


def choose_columns(file: ImportFile, columns: Mapping[str, str], now: dt.datetime) -> None:
    """Say what each column of a CSV file is, and have it read. Raises DomainError."""
    _lock(file)
    if file.state not in {FileState.COLUMNS, FileState.READY, FileState.FAILED} or not file.key:
        raise NotAllowedTransition(_("Ce fichier est déjà appliqué, ou en cours de lecture."))
    if missing := missing_columns(columns):
        raise DomainError(_("Il manque une colonne pour\u00a0: %(what)s.", what=", ".join(missing)))
    file.columns = dict(columns)
    _move(file, FileState.READING, now)
    file.plan = None
    enqueue("import.file_sent", now=now, file_id=file.id)
    db.session.flush()


def records_of(
    file_format: str, name: str, columns: Mapping[str, str], content: bytes
) -> list[Record]:
    """Return the records of a file, one more than what is read at the most."""
    sources = [Source.of(name, content)]
    found = (
        read_csv(sources, columns=columns) if file_format == FileFormat.CSV else read_lheo(sources)
    )
    return list(islice(found, RECORDS_MAX + 1))


def preview_file(
    file: ImportFile, records: Sequence[Record], now: dt.datetime, notice: str = ""
) -> None:
    """Write what the records of a file would change. Changes nothing else."""
    _lock(file)
    if file.state != FileState.READING:
        return
    if len(records) > RECORDS_MAX:
        most = f"{RECORDS_MAX // 1000}\u00a0000"
        _fail(file, _("Ce fichier a plus de %(most)s annonces. Coupez-le.", most=most), now)
        return
    report = _run(file, records, now, write=False)
    _show(file, report)
    if report.state == RunState.REFUSED:
        _fail(file, _("Rien ne sera écrit\u00a0: %(why)s.", why=report.reason), now)
    elif not report.read:
        why = report.quarantined[0].reason if report.quarantined else _("il est vide")
        _fail(file, _("Nous n’avons rien pu lire\u00a0: %(why)s.", why=why), now)
    else:
        file.plan = report.plan
        noted = report.reason and _("À noter\u00a0: %(what)s.", what=report.reason)
        file.reason = notice or noted
        _move(file, FileState.READY, now)
    db.session.flush()


def confirm_file(actor: User, file: ImportFile, plan: str, now: dt.datetime) -> None:
    """Ask that what the preview shows be applied. Raises DomainError when it cannot be.

    `plan`: that of the preview the member has seen.
    """
    _lock(file)
    if file.state != FileState.READY:
        raise NotAllowedTransition(_("Ce fichier est déjà appliqué, ou en cours de lecture."))
    if plan != file.plan:
        raise DomainError(_("L’aperçu a changé depuis que vous l’avez ouvert. Relisez-le."))
    if not has_changes(file):
        raise DomainError(_("Ce fichier ne change rien."))
    file.user_id = actor.id
    _move(file, FileState.APPLYING, now)
    enqueue("import.file_confirmed", now=now, file_id=file.id)
    db.session.flush()


def apply_file(
    file: ImportFile, actor: User | None, records: Sequence[Record], now: dt.datetime
) -> None:
    """Write what was shown. If something has changed since, show it again and write nothing."""
    _lock(file)
    if file.state != FileState.APPLYING:
        return
    _require_active(file)
    try:
        report = _run(file, records, now, write=True, actor=actor)
    except PlanChanged as changed:
        _move(file, FileState.READING, now)
        preview_file(file, records, now, notice=changed.message)
        return
    _show(file, report)
    file.run = report.run
    _move(file, FileState.APPLIED, now)
    db.session.flush()


def fail_file(file: ImportFile, reason: str, now: dt.datetime) -> None:
    """Say why nothing can be done with a file."""
    _lock(file)
    if file.state in {FileState.READING, FileState.APPLYING}:
        _fail(file, reason, now)


def has_changes(file: ImportFile) -> bool:
    """Return whether applying the file would write something."""
    counts = file.preview.get("counts", {})
    return any(counts.get(name) for name in ("created", "updated", "closed"))


def purge_files(now: dt.datetime, orphans: Sequence[str] = ()) -> int:
    """Drop the contents after thirty days, and the traces after a year; return how many contents.

    `orphans`: names, in the store, of files that were written and whose row never came.
    """
    dropped = list(orphans)
    for file in queries.contents_sent_before(now - CONTENT_KEPT, PURGE_BATCH):
        dropped += [file.key] if file.key else []
        file.key = None
        if file.state != FileState.APPLIED:
            _fail(file, _("Ce fichier a été effacé. Envoyez-le de nouveau."), now)
    for key in dropped:
        enqueue("import.file_dropped", now=now, key=key)
    db.session.execute(delete(ImportFile).where(ImportFile.created_at < now - ROW_KEPT))
    return len(dropped)


def _run(
    file: ImportFile,
    records: Sequence[Record],
    now: dt.datetime,
    *,
    write: bool,
    actor: User | None = None,
) -> Report:
    return run_import(
        SOURCES[FileFormat(file.format)],
        records,
        write=write,
        full=file.full,
        now=now,
        actor=actor,
        owner=Owner(file.organisation, actor),
        plan=file.plan if write else None,
    )


def _show(file: ImportFile, report: Report) -> None:
    file.preview = {
        "counts": {name: getattr(report, name) for name in COUNTS},
        "changes": [asdict(change) for change in report.changes],
        "set_aside": [asdict(item) for item in report.quarantined],
    }


def _lock(file: ImportFile) -> None:
    """Hold the file and its organisation: two files of a same organisation wait for each other."""
    db.session.flush()
    db.session.execute(
        select(Organisation.id).where(Organisation.id == file.organisation_id).with_for_update()
    )
    db.session.refresh(file, attribute_names=["state", "plan", "key"], with_for_update=True)


def _require_active(file: ImportFile) -> None:
    if file.organisation.status == OrganisationStatus.SUSPENDED:
        raise DomainError(_("Votre structure ne peut pas publier pour le moment. Appelez-nous."))


def _move(file: ImportFile, state: FileState, now: dt.datetime) -> None:
    file.state = state
    file.updated_at = now


def _fail(file: ImportFile, reason: str, now: dt.datetime) -> None:
    file.reason, file.plan = reason, None
    _move(file, FileState.FAILED, now)
    db.session.flush()
