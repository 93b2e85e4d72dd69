"""A member sends a file, sees what it would change, and has exactly that applied."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import Role
from app.core import storage
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.imports import queries, tasks
from app.imports.models import FileState, ImportFile, ImportRun
from app.imports.services import confirm_file, purge_files
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.listings.services import close_listing
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.imports import files
from tests.imports.files import JOB, csv_file
from tests.listings.counting import count_queries

pytestmark = pytest.mark.usefixtures("no_csrf")


@pytest.fixture
def no_csrf(app: Flask) -> Any:
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


class Desk:
    """A member of an organisation in front of the screen of imports."""

    def __init__(self, app: Flask, **values: Any) -> None:
        self.member = factories.user(Role.RECRUITER)
        self.organisation = factories.organisation(self.member, **values)
        self.browser: FlaskClient = factories.signed_in_client(app, self.member)

    def trust(self) -> None:
        """Have a first listing published: the next ones are no longer read first."""
        factories.listing(organisation=self.organisation)
        db.session.commit()

    def send(self, content: bytes, name: str = "annonces.csv", **ticked: str) -> Any:
        """Send a file; return the answer."""
        data = {"file": (io.BytesIO(content), name), **ticked}
        return self.browser.post("/recruter/import/", data=data)

    def preview(self, *lines: dict[str, str], **ticked: str) -> ImportFile:
        """Send lines, let the worker read them, and return the file."""
        answer = self.send(csv_file(*lines), **ticked)
        assert answer.status_code == 303, answer.text
        jobs.drain()
        return last_file()

    def apply(self, file: ImportFile) -> ImportFile:
        """Press the button of the preview and let the worker write."""
        page = self.browser.get(f"/recruter/import/{file.id}")
        plan = re.search(r'name="plan" value="(\w+)"', page.text)
        assert plan, page.text
        address = f"/recruter/import/{file.id}/appliquer"
        assert self.browser.post(address, data={"plan": plan[1]}).status_code == 303
        jobs.drain()
        return last_file()

    def listings(self) -> dict[str, Listing]:
        """Return what came from files, by reference."""
        db.session.expire_all()
        found = db.session.scalars(
            select(Listing).where(
                Listing.organisation_id == self.organisation.id, Listing.source_id.is_not(None)
            )
        )
        return {str(one.source_id).partition(":")[2]: one for one in found}


@pytest.fixture
def desk(app: Flask) -> Desk:
    return Desk(app)


def last_file() -> ImportFile:
    db.session.expire_all()
    return db.session.scalars(select(ImportFile).order_by(ImportFile.id.desc())).first()  # type: ignore[return-value]


def jobs_of(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [JOB | {"reference": f"RH-{number}"} | cells for number in numbers]


def counts(file: ImportFile) -> dict[str, int]:
    return {name: count for name, count in file.preview["counts"].items() if count}


def test_nothing_changes_before_the_preview_is_confirmed(desk: Desk) -> None:
    desk.trust()
    file = desk.preview(*jobs_of(1, 2))
    assert (file.state, counts(file)) == (FileState.READY, {"read": 2, "created": 2})
    assert desk.listings() == {}
    page = desk.browser.get(f"/recruter/import/{file.id}").text
    assert "Appliquer ces changements" in page
    assert "Aide-soignante de nuit" in page

    file = desk.apply(file)
    assert file.state == FileState.APPLIED
    assert {one.status for one in desk.listings().values()} == {Status.PUBLISHED}
    assert all(one.answered_here for one in desk.listings().values())
    assert file.run is not None
    assert file.run.created == 2


def test_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(1, 2)))
    versions = {name: one.version for name, one in desk.listings().items()}
    file = desk.preview(*jobs_of(1, 2))
    assert counts(file) == {"read": 2, "unchanged": 2}
    page = desk.browser.get(f"/recruter/import/{file.id}").text
    assert "ne change rien" in page
    assert "Appliquer ces changements" not in page
    assert {name: one.version for name, one in desk.listings().items()} == versions


def test_unverified_organisation_goes_to_review(app: Flask) -> None:
    desk = Desk(app, status=OrganisationStatus.PENDING)
    file = desk.preview(*jobs_of(1))
    assert "relit ces annonces" in desk.browser.get(f"/recruter/import/{file.id}").text
    desk.apply(file)
    assert desk.listings()["RH-1"].status == Status.IN_REVIEW


def test_first_listings_of_an_organisation_are_read_too(desk: Desk) -> None:
    desk.apply(desk.preview(*jobs_of(1, 2)))
    assert {one.status for one in desk.listings().values()} == {Status.IN_REVIEW}


def test_change_of_pay_sends_back_to_review_and_of_text_does_not(desk: Desk) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(1, 2)))
    pay, text = jobs_of(1, salaire_min="2 500"), jobs_of(2, description="Autre texte.")
    file = desk.apply(desk.preview(*pay, *text))
    assert file.preview["counts"]["updated"] == 2
    told = [change["differences"] for change in file.preview["changes"]]
    assert sorted(told) == [["salaire"], ["texte"]]
    assert "salaire" in desk.browser.get(f"/recruter/import/{file.id}").text
    found = desk.listings()
    assert (found["RH-1"].status, found["RH-1"].pay_min_cents) == (Status.IN_REVIEW, 250_000)
    assert (found["RH-2"].status, found["RH-2"].description) == (Status.PUBLISHED, "Autre texte.")


def test_members_are_not_written_to_for_each_listing(desk: Desk) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(1, 2, 3)))
    query = select(func.count()).where(OutboxEvent.topic == "listing.announced")
    assert db.session.scalar(query) == 0


def test_absent_listings_close_only_when_the_member_says_all_is_there(desk: Desk) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(*range(4))))
    assert counts(desk.preview(*jobs_of(1, 2, 3))) == {"read": 3, "unchanged": 3}
    file = desk.preview(*jobs_of(1, 2, 3), full="y")
    assert counts(file) == {"read": 3, "unchanged": 3, "closed": 1}
    desk.apply(file)
    assert desk.listings()["RH-0"].outcome == Outcome.WITHDRAWN
    written = select(Listing).where(
        Listing.organisation_id == desk.organisation.id, Listing.source_id.is_(None)
    )
    assert [one.status for one in db.session.scalars(written)] == [Status.PUBLISHED]


def test_closing_more_than_a_third_is_refused(desk: Desk) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(*range(4))))
    file = desk.preview(*jobs_of(1), full="y")
    assert file.state == FileState.FAILED
    assert "plus de 30 %" in file.reason
    assert "Appliquer" not in desk.browser.get(f"/recruter/import/{file.id}").text


def test_closed_by_import_comes_back_and_closed_by_hand_does_not(
    desk: Desk, now: dt.datetime
) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(*range(5))))
    desk.apply(desk.preview(*jobs_of(0, 1, 2, 3), full="y"))
    close_listing(desk.member, desk.listings()["RH-0"], Outcome.FILLED, now)
    db.session.commit()
    desk.apply(desk.preview(*jobs_of(*range(5))))
    found = desk.listings()
    assert (found["RH-0"].status, found["RH-4"].status) == (Status.CLOSED, Status.PUBLISHED)


def test_closed_in_review_never_comes_back_without_review(app: Flask) -> None:
    desk = Desk(app, status=OrganisationStatus.PENDING)
    desk.apply(desk.preview(*jobs_of(*range(4))))
    desk.apply(desk.preview(*jobs_of(1, 2, 3), full="y"))
    desk.apply(desk.preview(*jobs_of(*range(4))))
    assert desk.listings()["RH-0"].status == Status.IN_REVIEW


def test_two_organisations_may_use_the_same_reference(app: Flask, desk: Desk) -> None:
    other = Desk(app)
    desk.apply(desk.preview(*jobs_of(1)))
    other.apply(other.preview(*jobs_of(1, titre="Autre titre")))
    assert desk.listings()["RH-1"].title == "Aide-soignante de nuit"
    assert other.listings()["RH-1"].title == "Autre titre"
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.add(
            factories.listing(
                organisation=desk.organisation, source_id=desk.listings()["RH-1"].source_id
            )
        )


def test_data_changed_meanwhile_is_said_and_nothing_is_written(
    desk: Desk, now: dt.datetime
) -> None:
    desk.trust()
    desk.apply(desk.preview(*jobs_of(1, 2)))
    file = desk.preview(*jobs_of(1, 2, description="Nouveau texte."))
    close_listing(desk.member, desk.listings()["RH-2"], Outcome.FILLED, now)
    db.session.commit()
    file = desk.apply(file)
    assert (file.state, counts(file)["updated"]) == (FileState.READY, 1)
    assert "ont changé depuis l’aperçu" in file.reason
    assert desk.listings()["RH-1"].description != "Nouveau texte."
    assert desk.apply(file).state == FileState.APPLIED
    assert desk.listings()["RH-1"].description == "Nouveau texte."


def test_another_preview_than_the_one_seen_is_refused(desk: Desk, now: dt.datetime) -> None:
    file = desk.preview(*jobs_of(1))
    with pytest.raises(DomainError, match="aperçu a changé"):
        confirm_file(desk.member, file, "0" * 64, now)


def test_second_click_does_nothing_more(desk: Desk) -> None:
    file = desk.preview(*jobs_of(1))
    address = f"/recruter/import/{file.id}/appliquer"
    for _ in range(2):
        desk.browser.post(address, data={"plan": file.plan})
    jobs.drain()
    assert last_file().state == FileState.APPLIED
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 1


def test_file_damaged_in_the_store_is_said(desk: Desk) -> None:
    desk.send(csv_file(*jobs_of(1)))
    file = last_file()
    assert file.key
    storage.file_store().put(file.key, b"autre chose")
    jobs.drain()
    assert last_file().state == FileState.FAILED
    assert "effacé ou abîmé" in last_file().reason


def test_bad_lines_are_shown_and_can_be_downloaded(desk: Desk) -> None:
    bad = jobs_of(2, salaire_min="-3") + jobs_of(3, metier="=cmd()") + jobs_of(1)
    file = desk.preview(*jobs_of(1), *bad)
    assert counts(file)["quarantined_total"] == 2
    page = desk.browser.get(f"/recruter/import/{file.id}").text
    assert "salaire_min" in page
    answer = desk.browser.get(f"/recruter/import/{file.id}/lignes-mises-de-cote.csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "annonces.csv, ligne 3;RH-2;" in answer.data.decode("utf-8-sig")


def test_incomplete_job_is_set_aside_with_what_it_lacks(desk: Desk) -> None:
    file = desk.preview(*jobs_of(1, salaire_min=""))
    assert file.preview["set_aside"][0]["reason"] == "Il manque\u00a0: le salaire"


def test_unknown_columns_are_asked_once_then_remembered(desk: Desk) -> None:
    line = {"Machin": JOB["reference"]} | {k: v for k, v in JOB.items() if k != "reference"}
    answer = desk.send(csv_file(line))
    file = last_file()
    assert answer.location == f"/recruter/import/{file.id}/colonnes"
    page = desk.browser.get(answer.location)
    assert "Machin" in page.text
    wrong = desk.browser.post(answer.location, data={"column0": "titre"})
    assert wrong.status_code == 422
    chosen = {f"column{n}": name for n, name in enumerate(JOB)}
    assert desk.browser.post(answer.location, data=chosen).status_code == 303
    jobs.drain()
    assert counts(last_file()) == {"read": 1, "created": 1}

    assert desk.send(csv_file(line)).location.endswith(str(last_file().id))
    jobs.drain()
    assert last_file().state == FileState.READY


def test_catalogue_of_a_school_is_its_own(app: Flask) -> None:
    desk = Desk(app, siren=files.SIRET[:9], kind="school")
    other = files.formation(files.action("Z9"), siret="35600000000048")
    desk.send(files.lheo(files.formation(), other), "catalogue.xml")
    jobs.drain()
    file = desk.apply(last_file())
    assert counts(file) == {"read": 2, "created": 1, "quarantined_total": 1}
    assert "autre structure" in file.preview["set_aside"][0]["reason"]
    (listing,) = desk.listings().values()
    assert (listing.kind, listing.status) == ("training", Status.IN_REVIEW)
    assert (len(listing.sessions), listing.source_url) == (1, None)
    assert listing.employer_name == desk.organisation.name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"PK\x03\x04rest", "CSV"),
        (b"bonjour", "CSV"),
    ],
)
def test_files_that_cannot_be_read_are_refused_at_once(
    desk: Desk, content: bytes, words: str
) -> None:
    answer = desk.send(content)
    assert answer.status_code == 422
    assert words in answer.text
    assert last_file() is None


def test_heavy_file_is_refused(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "IMPORT_MAX_BYTES", 1_000)
    answer = desk.send(b"reference;titre\n" + b"x" * 1_000)
    assert answer.status_code == 422
    assert "Ce fichier dépasse" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE lheo [<!ENTITY a 'b'>]><lheo>&a;</lheo>",
        b"<html>",
        files.lheo()[:-40],
        csv_file(JOB)[:40],
        csv_file(JOB).replace(b"RH-1", b"\x00\x00"),
        b"reference;titre;description;commune\n" + b"x;y;z;t\n" * 3_000,
    ],
)
def test_bad_files_always_end_in_a_report(desk: Desk, content: bytes) -> None:
    answer = desk.send(content)
    assert answer.status_code == 303
    jobs.drain()
    assert last_file().state in {FileState.FAILED, FileState.READY, FileState.COLUMNS}
    page = desk.browser.get(f"/recruter/import/{last_file().id}")
    assert page.status_code == 200
    assert "Appliquer ces changements" not in page.text


def test_file_of_another_organisation_does_not_exist(app: Flask, desk: Desk) -> None:
    file = desk.preview(*jobs_of(1))
    other = Desk(app)
    for path in ("", "/colonnes", "/lignes-mises-de-cote.csv"):
        assert other.browser.get(f"/recruter/import/{file.id}{path}").status_code == 404
    answer = other.browser.post(f"/recruter/import/{file.id}/appliquer", data={"plan": file.plan})
    assert answer.status_code == 404
    sent = {"file": (io.BytesIO(csv_file(JOB)), "a.csv"), "organisation": desk.organisation.id}
    assert other.browser.post("/recruter/import/", data=sent).status_code == 404


def test_suspended_organisation_applies_nothing(desk: Desk) -> None:
    file = desk.preview(*jobs_of(1))
    desk.browser.post(f"/recruter/import/{file.id}/appliquer", data={"plan": file.plan})
    desk.organisation.status = OrganisationStatus.SUSPENDED
    db.session.commit()
    jobs.drain()
    assert last_file().state == FileState.FAILED
    assert desk.listings() == {}


def test_old_contents_are_dropped_and_the_columns_stay_known(desk: Desk, now: dt.datetime) -> None:
    file = desk.preview(*jobs_of(1))
    key, digest = str(file.key), file.sha256
    orphan = storage.keep(tasks.FOLDER, "csv", b"x")
    tasks.purge(now)
    assert storage.read(key, digest) is not None
    file.created_at = now - dt.timedelta(days=31)
    assert purge_files(now, [orphan]) == 2
    db.session.commit()
    jobs.drain()
    assert storage.read(key, digest) is None
    assert storage.kept_before(tasks.FOLDER, now + dt.timedelta(days=1)).count(orphan) == 0
    assert last_file().state == FileState.FAILED
    assert queries.remembered_columns(desk.organisation.id)["reference"] == "reference"
    purge_files(now + dt.timedelta(days=370))
    assert last_file() is None


def test_list_of_files_asks_the_same_whatever_their_number(
    desk: Desk, sign_in: Callable[..., FlaskClient]
) -> None:
    def asked() -> int:
        with count_queries() as statements:
            assert desk.browser.get("/recruter/import/").status_code == 200
        return len(statements)

    desk.preview(*jobs_of(1))
    first = asked()
    for _ in range(4):
        desk.preview(*jobs_of(1))
    assert asked() == first
