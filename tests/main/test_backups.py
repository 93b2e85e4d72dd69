"""After the loss of everything, the last backup gives the site back as it was, and checks it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, text, update
from sqlalchemy.engine import make_url

from app import create_app
from app.accounts.models import LoginSession, User
from app.applications.cv import StoredFile
from app.applications.enums import CvState
from app.applications.erasing import erase_application
from app.applications.models import Application
from app.applications.receiving import submit_application
from app.core import clock, pulse, storage
from app.core.database import db, reads_only
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.geography.services import load_communes
from app.listings.models import Listing
from app.main import backups, dumps
from app.main.dumps import DumpError
from app.privacy.services import erase_account
from app.professions.services import load_reference
from config import TestConfig
from tests import factories
from tools.meilisearch import Meilisearch

pytestmark = pytest.mark.no_database
HOUR = dt.timedelta(hours=1)


class Site:
    """A site of its own, which can be lost."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        url = make_url(environ["DATABASE_URL"])
        if url.get_backend_name() == "sqlite":
            url = make_url(f"sqlite:///{folder / 'data' / 'site.db'}")
        else:
            url = url.set(database=f"{url.database}_drill")
        self.url = url
        self.environ = environ | {
            "DATA_DIR": str(folder / "data"),
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "MEILI_INDEX": "drill",
        }
        self.app = self.make()

    def make(self) -> Flask:
        """Return the application on an empty machine: no table, no file."""
        if self.url.get_backend_name() != "sqlite":
            admin = create_engine(self.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                name = self.url.database
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
                connection.execute(text(f'CREATE DATABASE "{name}"'))
            admin.dispose()
        return create_app(TestConfig(self.environ))

    def lose(self) -> None:
        """Lose the machine: all but the folder of the backups."""
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        shutil.rmtree(self.folder / "data")
        self.app = self.make()

    def run(self, *command: str | Path) -> Result:
        """Run one command of the site."""
        reads_only.set(False)
        with self.app.app_context():
            return self.app.test_cli_runner().invoke(args=[str(part) for part in command])


@pytest.fixture
def site(tmp_path: Path, environ: dict[str, str], meilisearch: Meilisearch) -> Iterator[Site]:
    before = jobs.subscriptions, jobs.schedule, jobs.huey
    site = Site(tmp_path, environ)
    yield site
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()
    jobs.subscriptions, jobs.schedule, jobs.huey = before


def test_everything_is_lost_and_comes_back(site: Site, smtp: object) -> None:
    with site.app.app_context():
        flask_migrate.upgrade()
        load_communes()
        load_reference()
        now = clock.now()
        recruiter = factories.user()
        listing = factories.listing(organisation=factories.organisation(recruiter))
        closing = factories.listing(closes_at=now + dt.timedelta(milliseconds=50))
        cv = storage.keep("cv", "pdf", b"%PDF-1.4 of Samira")
        application = submit_application(
            listing, {"first_name": "Samira", "phone": "+33639981234"}, "key-1", now
        ).application
        application.cv_key, application.cv_name = cv, "cv.pdf"
        application.cv_sha256 = hashlib.sha256(b"%PDF-1.4 of Samira").hexdigest()
        application.cv_state, application.cv_state_at = CvState.CLEAN, now
        factories.signed_in_client(site.app, recruiter)
        db.session.commit()
        jobs.drain()
        db.session.execute(update(OutboxEvent).values(state="leased", leased_until=now - HOUR))
        db.session.commit()
        address, closing_id, reference = listing.path, closing.id, application.reference
    made = site.run("backup", site.folder / "backups")
    assert made.exit_code == 0, made.output
    assert "1 fichiers" in made.output

    # A backup is put back nowhere but in an empty place, unless a person says so.
    refused = site.run("restore", site.folder / "backups")
    assert refused.exit_code == 1
    assert "--replace" in refused.output

    site.lose()
    restored = site.run("restore", site.folder / "backups")

    assert restored.exit_code == 0, restored.output
    assert "ROMPU" not in restored.output
    assert "ok     I5" in restored.output
    with site.app.app_context():
        assert db.session.query(Application.reference).scalar() == reference
        assert storage.file_store().get(cv).bytes() == b"%PDF-1.4 of Samira"
        # Nobody is let in by a session of before, nothing that ended since is shown.
        assert db.session.query(LoginSession).filter_by(revoked_at=None).count() == 0
        assert db.session.get_one(Listing, closing_id).status == "closed"
        assert not pulse.clock_has_leapt(clock.now())
        db.session.rollback()
    visitor = site.app.test_client()
    for path in ("/", address, f"{address}/candidater", "/recherche"):
        assert visitor.get(path).status_code == 200, path

    again = site.run("restore", site.folder / "backups", "--replace")
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize("lost", [True, False], ids=["all is lost", "the store is there"])
def test_who_was_erased_since_is_erased_again(site: Site, lost: bool, smtp: object) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        flask_migrate.upgrade()
        load_communes()
        load_reference()
        now = clock.now()
        listing = factories.listing(organisation=factories.organisation(factories.user()))
        gone = with_cv(listing, "Zoé", now)
        stays = with_cv(listing, "Samira", now)
        account = factories.user(name="Ondine Perret", email="ondine@example.org")
        db.session.commit()
        jobs.drain()
        gone_id, key, stays_id, account_id = gone.id, gone.cv_key, stays.id, account.id
    assert site.run("backup", root).exit_code == 0
    (first,) = backups.instants(root)
    with site.app.app_context():
        erase_application(db.session.get_one(Application, gone_id), clock.now())
        erase_account(db.session.get_one(User, account_id), clock.now())
        db.session.commit()
        jobs.drain()
        db.session.remove()
    if lost:
        # Names are by the second.
        time.sleep(1.1)
        assert site.run("backup", root).exit_code == 0
        site.lose()

    restored = site.run("restore", first, "--replace")

    assert restored.exit_code == 0, restored.output
    assert "effacements refaits : 2" in restored.output
    assert "ROMPU" not in restored.output
    with site.app.app_context():
        jobs.drain()
        assert db.session.get(Application, stays_id) is not None
        assert db.session.get(Application, gone_id) is None
        assert db.session.get(User, account_id) is None
        assert storage.load(key) is None
        db.session.rollback()


def with_cv(listing: Listing, name: str, now: dt.datetime) -> Application:
    """Return an application of somebody, with a file."""
    data = f"%PDF-1.4 of {name}".encode()
    file = StoredFile(
        storage.keep("cv", "pdf", data), "pdf", hashlib.sha256(data).hexdigest(), CvState.CLEAN
    )
    return submit_application(
        listing,
        {"first_name": name, "phone": f"+3363998{len(name):04d}"},
        f"key-{name}",
        now,
        cv=file,
    ).application


def test_a_database_that_was_touched_is_not_put_back(site: Site) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        db.create_all()
        storage.keep("cv", "pdf", b"whole")
    assert site.run("backup", root).exit_code == 0
    (made,) = backups.instants(root)
    database = next(made.glob("database.*"))
    database.write_bytes(database.read_bytes()[:-100])
    assert "absent ou altéré" in site.run("restore", root, "--replace").output
    # What is there stays as it was.
    with site.app.app_context():
        assert any(storage.file_store().list())


def test_a_file_that_the_backup_lost_is_told_and_the_others_come_back(
    site: Site, smtp: object
) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        flask_migrate.upgrade()
        load_communes()
        load_reference()
        now = clock.now()
        listing = factories.listing(organisation=factories.organisation(factories.user()))
        gone, spoilt = with_cv(listing, "Zoé", now), with_cv(listing, "Nadia", now)
        stays, erased = with_cv(listing, "Samira", now), with_cv(listing, "Alix", now)
        db.session.commit()
        jobs.drain()
        keys = {"gone": gone.cv_key, "spoilt": spoilt.cv_key, "stays": stays.cv_key}
        references, erased_id = {gone.reference, spoilt.reference}, erased.id
    assert site.run("backup", root).exit_code == 0
    first = backups.instants(root)[0]
    with site.app.app_context():
        erase_application(db.session.get_one(Application, erased_id), clock.now())
        db.session.commit()
        jobs.drain()
        db.session.remove()
    # Names are by the second.
    time.sleep(1.1)
    assert site.run("backup", root).exit_code == 0
    manifest = backups.Manifest.read(backups.instants(root)[-1])
    content = {key: backups._content(root, one.sha256) for key, one in manifest.files.items()}
    content[keys["gone"]].unlink()
    content[keys["spoilt"]].write_bytes(b"%PDF-1.4 of nobody")

    # The store that is there has them: nothing is lost.
    whole = site.run("restore", root, "--replace")
    assert whole.exit_code == 0, whole.output
    assert "absents ou altérés" not in whole.output

    # One content, for they are of the same instant.
    lines = [f"erasures/{kind}-{erased_id}.json" for kind in ("application", "withdrawn")]
    content[lines[0]].write_bytes(b"{")
    site.lose()
    restored = site.run("restore", first)

    assert restored.exit_code == 1
    assert "et 2 fichiers remis" in restored.output
    lost = ", ".join(sorted([keys["gone"], keys["spoilt"], *lines]))
    assert f"absents ou altérés dans la sauvegarde : 4 ({lost})" in restored.output
    assert f"Effacements perdus, à refaire avant d’ouvrir : {', '.join(lines)}" in restored.output
    for reference in references:
        assert f"candidature {reference} : fichier absent ou altéré" in restored.output
    with site.app.app_context():
        assert storage.load(keys["stays"]) == b"%PDF-1.4 of Samira"
        db.session.rollback()


def test_a_content_that_the_backup_lost_is_copied_again(site: Site) -> None:
    root, start = site.folder / "backups", clock.now()
    with site.app.app_context():
        for data in (b"one", b"two", b"three"):
            storage.keep("cv", "pdf", data)
        made, _manifest = backups.make_backup(root, db.engine, start)
        one, two, three = sorted((root / "files").glob("*/*"), key=lambda path: path.read_bytes())
        before = [path.read_bytes() for path in (one, two, three)]
        one.unlink()
        two.write_bytes(b"")
        backups.make_backup(root, db.engine, start + HOUR)
        assert [path.read_bytes() for path in (one, two, three)] == before
        # Nor does a manifest that cannot be read keep the next backup from being made.
        (root / f"{start + HOUR:{backups.NAME}}" / "manifest.json").write_text("{")
        made, manifest = backups.make_backup(root, db.engine, start + 2 * HOUR)
        assert len(manifest.files) == 3
        assert backups.latest(root) == made


def test_a_backup_of_a_newer_site_is_refused(site: Site) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        db.create_all()
    assert site.run("backup", root).exit_code == 0
    written = backups.latest(root) / "manifest.json"
    written.write_text(json.dumps(json.loads(written.read_text()) | {"schema": "9999"}))
    refused = site.run("restore", root, "--replace")
    assert refused.exit_code == 1
    assert "version plus récente" in refused.output


def test_a_file_is_kept_once_for_all_backups_and_goes_with_the_last(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, start = site.folder / "backups", clock.now()
    with site.app.app_context():
        key = storage.keep("cv", "pdf", b"one")
        storage.keep("cv", "pdf", b"one")
        storage.keep("cv", "pdf", b"two")
        backups.make_backup(root, db.engine, start)
        assert len(list((root / "files").glob("*/*"))) == 2
        monkeypatch.setattr(backups, "_write", None)
        # Nothing is read again that has not changed.
        backups.make_backup(root, db.engine, start + HOUR)
        monkeypatch.undo()
        for meta in next(iter(storage.file_store().list())):
            if meta["path"] != key:
                storage.remove(meta["path"])
        later = start + dt.timedelta(days=35)
        backups.make_backup(root, db.engine, later)
        assert [path.name for path in backups.instants(root)] == [f"{later:{backups.NAME}}"]
        assert len(list((root / "files").glob("*/*"))) == 1


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def test_backups_are_thinned_out_and_no_copy_is_older_than_35_days(now: dt.datetime) -> None:
    made = [now - n * dt.timedelta(minutes=3) for n in range(40 * 24 * 20)]
    stay = backups.kept(made, now)
    # The contents go within a day; a copy elsewhere is pruned once a day of those older than a day.
    contents, elsewhere = dt.timedelta(days=1), dt.timedelta(days=2)
    assert now - min(stay) + contents + elsewhere <= dt.timedelta(days=35)
    assert len([at for at in stay if now - at <= 2 * HOUR]) == 41
    assert len([at for at in stay if 2 * HOUR < now - at <= 48 * HOUR]) == 46
    assert len(stay) < 120
    # Whatever the clock says, the last one stays.
    assert backups.kept(made, now + dt.timedelta(days=400)) == {now}


def test_thinning_again_and_again_keeps_one_a_day(now: dt.datetime) -> None:
    made: set[dt.datetime] = set()
    for hours in range(24 * 20):
        at = now + hours * HOUR
        made = backups.kept({*made, at}, at)
    days = {at.date() for at in made}
    assert days == {(now + n * dt.timedelta(days=1)).date() for n in range(21)}


def test_one_backup_at_a_time_and_a_dead_one_leaves_nothing(site: Site) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        with backups._alone(root), pytest.raises(DumpError, match="déjà en cours"):
            backups.make_backup(root, db.engine, clock.now())
        (root / f"{backups.PARTIAL}20260101T000000Z").mkdir()
        backups.make_backup(root, db.engine, clock.now())
    assert list(root.glob(f"{backups.PARTIAL}*")) == []
    assert len(backups.instants(root)) == 1


def test_a_full_disk_leaves_the_backup_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    root = site.folder / "backups"
    with site.app.app_context():
        db.create_all()
    assert site.run("backup", root).exit_code == 0
    before = backups.instants(root)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dumps, "dump", full)
    failed = site.run("backup", root)
    assert failed.exit_code == 1
    assert "No space left" in failed.output
    assert backups.instants(root) == before
    assert list(root.glob(f"{backups.PARTIAL}*")) == []
