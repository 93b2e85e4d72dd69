"""Wrong import files: what can be read is, the rest is set aside with its line and its reason."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.database import db
from app.core.jobs import jobs
from app.imports.cli import READERS
from app.imports.models import FileState, ImportRun, QuarantinedItem, RunState
from app.imports.models import ImportFile as SentFile
from app.imports.records import Source
from app.imports.reference import Reference
from app.imports.services import Owner, Report, run_import
from app.listings.models import Listing
from tests import factories
from tests.hostile.imports import FILES, FT, ImportFile, offer, offers
from tests.imports.conftest import reference  # noqa: F401 - fixture

# Words that a library would have written.
ENGLISH = re.compile(r"\b(error|invalid|expected|not|failed|token|line|unable|the)\b", re.I)


class Desk:
    """Where files arrive."""

    def __init__(self, file: ImportFile, now: dt.datetime, base: Reference) -> None:
        self.file, self.now, self.base = file, now, base
        member = factories.user()
        self.owner = None if file.source == FT else Owner(factories.organisation(member), member)

    def read(self, content: bytes, *, full: bool = False) -> Report:
        """Import a file, and write."""
        records = READERS[self.file.source]([Source.of(self.file.name, content)])
        return run_import(
            self.file.source,
            records,
            write=True,
            full=full,
            now=self.now,
            owner=self.owner,
            reference=self.base,
        )

    def versions(self) -> dict[str, int]:
        """Return the version of each listing, by identifier."""
        db.session.expire_all()
        found = db.session.execute(select(Listing.source_id, Listing.version, Listing.status))
        return {str(one): (version, status) for one, version, status in found}  # type: ignore[misc]


def test_corpus_holds_thirty_files_of_three_sources() -> None:
    assert len({file.name for file in FILES}) == len(FILES) >= 30
    assert {file.source for file in FILES} == set(READERS)


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_wrong_file_is_told_and_spoils_nothing(
    file: ImportFile,
    now: dt.datetime,
    reference: Reference,  # noqa: F811
) -> None:
    desk = Desk(file, now, reference)
    if file.before:
        desk.read(offers(*(offer(number) for number in range(1, file.before + 1))))
    before = desk.versions()
    content = file.content()

    first = desk.read(content, full=file.full)

    assert (first.state == RunState.REFUSED) == bool(file.refused)
    assert file.refused in first.reason
    assert (first.created, first.updated, first.closed) == (file.created, 0, 0)
    assert first.quarantined_total == (file.aside_total or len(file.aside))
    for item, (place, reason) in zip(first.quarantined, file.aside, strict=False):
        assert file.name in item.position
        assert place in item.position
        assert reason in item.reason
    for told in [first.reason, *(item.reason for item in first.quarantined)]:
        assert not ENGLISH.search(told), told
    written = select(func.count()).select_from(QuarantinedItem).join(ImportRun)
    assert db.session.scalar(written) == len(first.quarantined) <= 1_000
    after = desk.versions()
    assert before.items() <= after.items()
    assert len(after) == len(before) + file.created

    if file.aside_total:
        return
    second = desk.read(content, full=file.full)

    assert (second.created, second.updated, second.closed) == (0, 0, 0)
    assert second.unchanged == (0 if file.refused else file.created)
    assert second.quarantined_total == first.quarantined_total
    assert desk.versions() == after


def test_an_absurd_place_and_pay_stay_empty(now: dt.datetime, reference: Reference) -> None:  # noqa: F811
    file = next(one for one in FILES if one.name == "commune-et-paie-absurdes.json")
    Desk(file, now, reference).read(file.content())
    listing = db.session.scalars(select(Listing)).one()
    assert (listing.commune_code, listing.latitude) == (None, None)
    assert (listing.pay_min_cents, listing.pay_max_cents, listing.positions) == (None, None, 1)


@pytest.fixture
def _no_csrf(app: Flask) -> Any:
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.usefixtures("_no_csrf")
def test_who_sends_one_reads_why_in_french(app: Flask) -> None:
    member = factories.user()
    factories.organisation(member)
    browser = factories.signed_in_client(app, member)
    for file in (one for one in FILES if one.source != FT and one.aside_total is None):
        sent = {"file": (io.BytesIO(file.content()), file.name)}
        answer = browser.post("/recruter/import/", data=sent)
        assert answer.status_code in {303, 422}, file.name
        if answer.status_code == 422:
            assert "fichier" in answer.text
            continue
        jobs.drain()
        kept = db.session.scalars(select(SentFile).order_by(SentFile.id.desc())).first()
        page = browser.get(f"/recruter/import/{kept.id}")
        assert page.status_code == 200, file.name
        assert kept.state in {FileState.READY, FileState.FAILED, FileState.COLUMNS}, file.name
        assert not ENGLISH.search(kept.reason or ""), file.name
        for _place, reason in file.aside if kept.state == FileState.READY else ():
            assert reason in page.text.replace("&lt;", "<").replace("&gt;", ">"), file.name
