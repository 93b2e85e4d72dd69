"""The team reads what is searched without people, and decides what words mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.database import db
from app.listings.enums import Kind
from app.search import counts, decisions
from app.search.models import SearchWord
from app.search.query_log import RARE
from tests import factories
from tests.accounts.browser import csrf_of, post
from tests.listings.counting import count_queries

PAGE = "/equipe/recherches/"
WORD = "/equipe/recherches/mot"
WORDS = "/equipe/recherches/mots"
GIVORS = "69091"


@pytest.fixture(autouse=True)
def _nothing_kept(session: object) -> Iterator[None]:
    decisions.forget()
    yield
    decisions.forget()


@pytest.fixture
def moderator(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in(factories.user(Role.MODERATOR, name="Mme Équipe"))


def read(browser: FlaskClient, address: str = PAGE) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ")


@pytest.mark.usefixtures("engine")
def test_the_page_tells_what_is_searched_and_hardly_found(moderator: FlaskClient) -> None:
    factories.searched("aide soignante", seen=20, found="more")
    factories.searched("fee du logis", seen=4)
    factories.searched("fee du logis", seen=1, found="1-5")

    page = read(moderator)

    for text in ("aide soignante", "fee du logis", "20 recherches sur", "100"):
        assert text in page or text == "20 recherches sur"
    poor = page.split('id="poor"')[1].split('id="asked"')[0]
    assert "fee du logis" in poor
    assert "aide soignante" not in poor


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("asked", [{"seen": 1, "days": 9}, {"seen": 99, "days": 4}])
def test_what_few_searches_or_few_days_hold_is_shown_nowhere(
    moderator: FlaskClient, asked: dict[str, int]
) -> None:
    factories.searched("infirmiere durand", place_code=GIVORS, **asked)
    factories.searched(RARE, seen=50)

    page = read(moderator)

    assert "durand" not in page
    assert "Givors" not in page
    assert "Rien à montrer pour le moment." in page
    answer = moderator.get(f"{WORD}?mots=infirmiere+durand")
    assert answer.location == PAGE
    assert "durand" not in read(moderator)


@pytest.mark.usefixtures("engine")
def test_what_is_older_than_a_month_is_not_lately(moderator: FlaskClient) -> None:
    factories.searched("fee du logis", seen=9)
    for row in db.session.scalars(select(counts.SearchQuery)):
        row.day -= dt.timedelta(days=29)
    db.session.flush()

    assert "fee du logis" not in read(moderator)


def test_gaps_are_told_by_what_words_mean_and_counted_now(
    moderator: FlaskClient, index: Callable[[], None]
) -> None:
    factories.searched("formation la nuit", seen=2, place_code=GIVORS)
    factories.searched("je cherche des formations de nuit", seen=2, place_code=GIVORS)
    factories.searched("aide soignant", seen=3, kinds="job", found="1-5")
    factories.searched("orthophoniste", seen=3)
    # Asked for, found, or not understood: no gap.
    factories.searched("infirmiere", seen=9, found="more")
    factories.searched("zzz", seen=9)
    factories.listing(Kind.JOB)
    index()

    page = read(moderator)

    assert "On cherche des formations de nuit à Givors : 0" in page
    assert "20 recherches avec trop peu de réponses" in page
    assert "On cherche des emplois d’aide-soignante : 1" in page
    assert "On cherche des annonces d’orthophoniste : 0" in page
    gaps = page.split('id="gaps"')[1].split('id="poor"')[0]
    assert "infirmi" not in gaps
    assert "zzz" not in gaps
    # What was typed is not in a gap.
    assert "je cherche" not in gaps


def test_a_gap_that_is_filled_is_told_no_more(
    moderator: FlaskClient, index: Callable[[], None]
) -> None:
    factories.searched("aide soignant", seen=3)
    for _ in range(counts.ENOUGH):
        factories.listing(Kind.JOB)
    index()

    assert "Rien ne manque" in read(moderator)


def test_gaps_are_counted_in_the_database_when_the_engine_is_away(
    moderator: FlaskClient, monkeypatch: pytest.MonkeyPatch, index: Callable[[], None]
) -> None:
    factories.searched("aide soignant", seen=3)
    factories.listing(Kind.JOB)
    index()

    def away(*_given: object) -> None:
        raise counts.queries.EngineError("away")

    monkeypatch.setattr(counts.queries, "ask", away)

    assert "On cherche des annonces d’aide-soignante : 1" in read(moderator)


@pytest.mark.usefixtures("session")
def test_weeks_count_what_was_rare_too_and_say_nothing_of_too_little(now: dt.datetime) -> None:
    today = dt.date(2026, 11, 25)
    for words, seen, found in ((RARE, 30, "0"), ("as", 50, "more"), ("as", 20, "1-5")):
        factories.searched(words, seen=seen, days=1, found=found)
    for row in db.session.scalars(select(counts.SearchQuery)):
        row.day = dt.date(2026, 11, 22)
    factories.searched("as", seen=9, days=1)
    db.session.flush()
    for row in db.session.scalars(select(counts.SearchQuery).where(counts.SearchQuery.seen == 9)):
        row.day = today
    db.session.flush()

    this_week, last_week, *others = counts.weeks(today)

    assert (this_week.start, this_week.seen, this_week.share) == (dt.date(2026, 11, 23), 9, None)
    assert (last_week.start, last_week.nothing, last_week.share) == (dt.date(2026, 11, 16), 30, 30)
    # Nothing was counted before.
    assert others == []


@pytest.mark.usefixtures("engine")
def test_the_page_asks_the_same_number_of_questions_whatever_is_searched(
    moderator: FlaskClient,
) -> None:
    factories.searched("aide soignante", place_code=GIVORS)
    read(moderator)
    with count_queries() as few:
        read(moderator)
    for number in range(15):
        factories.searched(f"infirmiere {'x' * (number + 1)}", place_code=GIVORS, seen=4)
        factories.search_word(f"infirmiere {'x' * (number + 1)}", "infirmier", "suggestion")
    read(moderator)
    with count_queries() as many:
        read(moderator)

    assert len(many) == len(few)
    assert len(many) <= 12


def test_a_decision_is_taken_shown_and_undone(moderator: FlaskClient) -> None:
    factories.searched("fee du logis")
    shown = read(moderator, f"{WORD}?mots=Fée+du+logis")
    assert "« fee du logis »" in shown
    assert "rien de connu" in shown

    answer = post(
        moderator, WORD, word="fee du logis", kind="synonym", profession="aide-a-domicile"
    )
    assert answer.location == WORDS
    listed = read(moderator, WORDS)
    for text in ("fee du logis", "Un autre nom d’un métier", "Mme Équipe", "en vigueur"):
        assert text in listed
    assert "Compris" in read(moderator, "/recherche?q=fée+du+logis")
    again = read(moderator, f"{WORD}?mots=fee+du+logis")
    assert "Mme Équipe" in again
    assert "Annuler la décision" in again

    (decided,) = db.session.scalars(select(SearchWord))
    assert (decided.word, decided.target, decided.seen) == ("fee du logis", "aide-a-domicile", 15)
    undo = f"{WORDS}/{decided.id}/annuler"
    token = csrf_of(moderator, WORDS)
    assert moderator.post(undo, data={"csrf_token": token}).location == WORDS
    assert "annulée" in read(moderator, WORDS)
    moderator.post(undo, data={"csrf_token": token})
    assert "Cette décision est déjà annulée." in read(moderator, WORDS)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"word": ""}, "Remplissez ce champ."),
        ({"word": "x" * 90}, "Raccourcissez ce texte"),
        ({"kind": ""}, "Choisissez une réponse de la liste."),
        ({"kind": "other"}, "Choisissez une réponse de la liste."),
        ({"profession": "licorne"}, "Choisissez un métier."),
        ({"word": "infirmière"}, "Trop peu de personnes"),
        ({"word": "lea@exemple.fr"}, "désigner une personne"),
        ({"kind": "misspelling", "meant": "zzz"}, "ne comprend pas ces mots"),
    ],
)
def test_a_wrong_answer_is_told_beside_it(
    moderator: FlaskClient, wrong: dict[str, str], reason: str
) -> None:
    factories.searched("fee du logis")
    answers = {"word": "fee du logis", "kind": "synonym", "profession": "aide-a-domicile"}

    answer = post(moderator, WORD, **(answers | wrong))

    assert answer.status_code == 422
    assert reason in answer.text
    assert "Erreur" in answer.text
    assert db.session.scalar(select(SearchWord)) is None


def test_words_decided_meanwhile_are_told(moderator: FlaskClient) -> None:
    factories.searched("fee du logis")
    factories.search_word("fee du logis", "infirmier", "suggestion")

    post(moderator, WORD, word="fee du logis", kind="synonym", profession="aide-a-domicile")

    assert "annulez d’abord sa décision" in read(moderator, WORDS)


@pytest.mark.usefixtures("engine")
def test_what_is_ignored_is_shown_no_more(moderator: FlaskClient) -> None:
    factories.searched("plombier", seen=9)
    post(moderator, WORD, word="plombier", kind="ignored")

    page = read(moderator)
    assert "plombier" not in page
    assert "Rien ne manque" in page
    assert "Rien : ne plus l’afficher ici" in read(moderator, WORDS)


def test_decisions_are_read_page_by_page_in_the_same_number_of_questions(
    moderator: FlaskClient,
) -> None:
    def write(first: int, last: int) -> None:
        for number in range(first, last):
            author = factories.user(Role.MODERATOR)
            factories.search_word(f"mot {number}", "infirmier", author_id=author.id)

    write(0, 2)
    read(moderator, WORDS)
    with count_queries() as few:
        read(moderator, WORDS)
    write(2, 52)
    read(moderator, WORDS)
    with count_queries() as many:
        page = read(moderator, WORDS)

    assert len(many) == len(few)
    assert "Page suivante" in page
    assert "mot 1</th>" in read(moderator, f"{WORDS}?page=2")
