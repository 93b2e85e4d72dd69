"""What the team decides of words holds at once, is refused with a reason, and can be undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.core.database import db
from app.core.outbox import OutboxEvent
from app.search import counts, decisions, reading, suggestions, vocabulary
from app.search.criteria import SearchCriteria
from app.search.decisions import Decision
from app.search.enums import WordKind
from app.search.models import SearchWord
from app.search.results import SearchResults
from app.search.services import WordDecided, WordRefused, decide, undo
from app.search.settings import settings_digest
from app.search.suggestions import suggest
from app.search.understanding import understand
from app.search.vocabulary import reference_words, search_words
from tests import factories
from tests.listings.counting import count_queries

SYNONYM, MISSPELLING = WordKind.SYNONYM, WordKind.MISSPELLING
SUGGESTION, IGNORED = WordKind.SUGGESTION, WordKind.IGNORED


@pytest.fixture(autouse=True)
def _nothing_kept(session: object) -> Iterator[None]:
    decisions.forget()
    yield
    decisions.forget()


@pytest.fixture
def author() -> int:
    return factories.user("moderator").id


def read(words: str) -> Any:
    return understand(SearchCriteria(q=words))


def deciding(
    author: int, kind: WordKind, word: str, target: str, now: dt.datetime, **asked: Any
) -> SearchWord:
    factories.searched(word, **asked)
    decided = decide(author, kind, word, target, now)
    decisions.forget()
    return decided


def test_a_synonym_is_read_as_the_profession_and_no_more_once_undone(
    author: int, now: dt.datetime
) -> None:
    assert read("fée du logis à Bron").professions == ()

    decided = deciding(author, SYNONYM, "fee du logis", "aide-a-domicile", now)
    understood = read("une Fée du logis de nuit à Bron")
    assert understood.professions == ("aide-a-domicile",)
    assert understood.place.name == "Bron"
    assert [meaning.label for meaning in understood.meanings] == ["De nuit"]
    assert understood.words == ()
    # As the other names are: without its empty words, in the plural.
    assert read("fées logis").professions == ("aide-a-domicile",)

    undo(author, decided, now)
    decisions.forget()
    assert read("fée du logis").professions == ()


def test_words_of_a_synonym_are_put_right_no_more(author: int, now: dt.datetime) -> None:
    assert read("aidde menagerre volante").words != ("aidde", "menagerre", "volante")
    deciding(author, SYNONYM, "aidde volante", "aide-a-domicile", now)

    assert read("aidde volante").professions == ("aide-a-domicile",)


def test_a_misspelling_is_read_as_what_is_meant(author: int, now: dt.datetime) -> None:
    assert read("enferrmiaire").professions == ()

    deciding(author, MISSPELLING, "enferrmiaire", "Infirmière", now)

    assert read("enferrmiaire de nuit").professions == ("infirmier",)
    # Nothing else is read otherwise.
    assert read("aide-soignante").professions == ("aide-soignant",)


def test_what_is_proposed_while_typing_does_not_change_the_reading(
    author: int, now: dt.datetime
) -> None:
    def proposed() -> list[str]:
        return [one.label for one in suggest("blouse bl", now, "profession")]

    assert proposed() == []
    built = suggestions._kept
    deciding(author, SUGGESTION, "blouse blanche", "infirmier", now)

    (label,) = proposed()
    assert label.startswith("Infirmi")
    # What takes long to build is not built again.
    assert suggestions._kept is built
    assert read("blouse blanche").professions == ()


def test_synonyms_are_proposed_while_typing_too(author: int, now: dt.datetime) -> None:
    deciding(author, SYNONYM, "fee du logis", "aide-a-domicile", now)

    assert [one.kind for one in suggest("fées du l", now)] == ["profession"]


def test_what_is_ignored_leaves_the_lists_and_changes_no_reading(
    author: int, now: dt.datetime
) -> None:
    before = read("plombier")
    decided = deciding(author, IGNORED, "plombier", "", now)
    since = now.date() - counts.PERIOD

    assert read("plombier") == before
    assert search_words() is reference_words()
    assert counts.asked(since, 9, ignored=False) == []
    assert [one.words for one in counts.asked(since, 9)] == ["plombier"]
    undo(author, decided, now)
    assert [one.words for one in counts.asked(since, 9, ignored=False)] == ["plombier"]


@pytest.mark.parametrize(
    ("kind", "word", "target", "field", "reason"),
    [
        (SYNONYM, "…", "infirmier", "word", "Écrivez au moins un mot."),
        (SYNONYM, "fee " * 30, "infirmier", "word", "trop long"),
        (SYNONYM, "a b c d e f g h i j k l", "infirmier", "word", "trop long"),
        (IGNORED, "lea@exemple.fr", "", "word", "peuvent désigner une personne"),
        (SYNONYM, "infirmière", "aide-soignant", "word", "nom d’un métier"),
        (SYNONYM, "orthophoniste", "infirmier", "word", "nom d’un métier"),
        (SYNONYM, "infirmière", "infirmier", "target", "déjà un nom du métier"),
        (SYNONYM, "éducateur", "educateur-specialise", "word", "plusieurs métiers"),
        (SYNONYM, "de nuit", "surveillant-de-nuit", "word", "déjà un souhait"),
        (SYNONYM, "fee", "infirmier", "word", "trop court"),
        (SYNONYM, "anim", "educateur-specialise", "word", "vouloir dire autre chose"),
        (SYNONYM, "Aide-soignente", "infirmier", "word", "lit déjà ces mots autrement"),
        (MISSPELLING, "aide-soignente", "infirmière", "word", "lit déjà"),
        (SYNONYM, "faisant fonction", "infirmier", "word", "trop généraux"),
        (SYNONYM, "Villeurbanne", "infirmier", "word", "nom d’une commune"),
        (SYNONYM, "fee du logis", "licorne", "target", "Choisissez un métier."),
        (SYNONYM, "fee du logis", "", "target", "Choisissez un métier."),
        (SUGGESTION, "blouse blanche", "", "target", "Choisissez un métier."),
        (SUGGESTION, "ide", "infirmier", "target", "déjà un nom du métier"),
        (MISSPELLING, "enferrmiaire", "", "target", "Écrivez les mots corrects"),
        (MISSPELLING, "enferrmiaire", "zzz", "target", "ne comprend pas ces mots"),
        (MISSPELLING, "enferrmiaire", "infirmière zzz", "target", "ne comprend pas ces mots"),
        (MISSPELLING, "infirmieres", "infirmier", "target", "déjà les mêmes mots"),
        (MISSPELLING, "infirmière", "aide-soignante", "word", "nom d’un métier"),
        (MISSPELLING, "puériculture", "infirmière", "word", "un mot juste"),
        (MISSPELLING, "Vénissieux", "infirmière", "word", "nom d’une commune"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    author: int,
    now: dt.datetime,
    kind: WordKind,
    word: str,
    target: str,
    field: str,
    reason: str,
) -> None:
    factories.searched(vocabulary.normalise(word)[:80] or "x", seen=9)
    with pytest.raises(WordRefused) as refused:
        decide(author, kind, word, target, now)

    assert reason in refused.value.message
    assert refused.value.field == field
    assert db.session.scalar(select(func.count()).select_from(SearchWord)) == 0


@pytest.mark.parametrize("asked", [{"seen": 1, "days": 9}, {"seen": 99, "days": 4}])
def test_words_asked_too_rarely_are_decided_by_nobody(
    author: int, now: dt.datetime, asked: dict[str, int]
) -> None:
    with pytest.raises(WordRefused, match="Trop peu"):
        deciding(author, SYNONYM, "fee du logis", "aide-a-domicile", now, **asked)


def test_a_part_of_what_is_asked_is_enough(author: int, now: dt.datetime) -> None:
    factories.searched("cherche fee du logis gentille", seen=2)
    factories.searched("fee du logis", seen=1)

    decided = decide(author, SYNONYM, "fee du logis", "aide-a-domicile", now)

    assert decided.seen == 15
    with pytest.raises(WordRefused):
        decide(author, SYNONYM, "fee du log", "aide-a-domicile", now)


def test_words_are_decided_once_until_they_are_undone(author: int, now: dt.datetime) -> None:
    decided = deciding(author, SUGGESTION, "fee du logis", "infirmier", now)
    with pytest.raises(WordDecided):
        decide(author, SYNONYM, "fee du logis", "aide-a-domicile", now)
    undo(author, decided, now)
    with pytest.raises(WordDecided):
        undo(author, decided, now)

    decide(author, SYNONYM, "fee du logis", "aide-a-domicile", now)

    told = [(one.kind, one.undone_at is None) for one in counts.history("fee du logis")]
    assert told == [("synonym", True), ("suggestion", False)]


@pytest.mark.usefixtures("real_commits")
def test_two_people_cannot_decide_of_the_same_words(app: Flask, now: dt.datetime) -> None:
    author = factories.user("moderator").id
    factories.searched("fee du logis", seen=9)
    db.session.commit()

    def decide_apart(slug: str) -> bool:
        with app.app_context():
            try:
                decide(author, SYNONYM, "fee du logis", slug, now)
                db.session.commit()
            except WordDecided:
                db.session.rollback()
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(decide_apart, ["aide-a-domicile", "auxiliaire-de-vie"]))

    assert sorted(done) == [False, True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "other"},
        {"word": ""},
        {"target": ""},
        {"kind": "ignored"},
        {"seen": 0},
        {"undone_by_id": 1},
        {"undone_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_the_database_refuses_what_makes_no_sense(
    author: int, now: dt.datetime, wrong: dict[str, Any]
) -> None:
    row = {"word": "fee", "kind": "synonym", "target": "infirmier", "seen": 9, "created_at": now}
    if "undone_by_id" in wrong:
        wrong = {"undone_by_id": author}
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(insert(SearchWord).values(row | wrong))


def test_a_decision_holds_in_a_running_process_after_some_seconds_without_building_again(
    author: int, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(decisions.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(vocabulary, "_build", lambda: pytest.fail("built again"))
    assert read("fée du logis").professions == ()
    with count_queries() as asked:
        for _ in range(5):
            search_words()
    assert asked == []

    # Written by another process: nothing is forgotten here.
    db.session.add(
        SearchWord(
            word="fee du logis", kind="synonym", target="aide-a-domicile", seen=9, created_at=now
        )
    )
    db.session.flush()
    clock[0] += decisions.RECHECK_SECONDS - 0.1
    assert read("fée du logis").professions == ()
    clock[0] += 0.2
    with count_queries() as asked:
        assert read("fée du logis").professions == ("aide-a-domicile",)
        words = search_words()
    assert len(asked) == 1
    clock[0] += decisions.RECHECK_SECONDS + 1
    assert search_words() is words
    assert words.lexicon.speller is reference_words().lexicon.speller


def test_a_decision_builds_no_index_again(author: int, now: dt.datetime) -> None:
    before = settings_digest()
    deciding(author, SYNONYM, "fee du logis", "aide-a-domicile", now)

    assert settings_digest() == before


def test_listings_whose_title_holds_a_synonym_are_found_once_they_are_read_again(
    author: int,
    now: dt.datetime,
    index: Callable[[], None],
    found: Callable[..., SearchResults],
) -> None:
    titled = factories.listing(title="Fée du logis H/F", profession_id=None)
    factories.listing(title="Cuisinière", profession_id=None)
    index()
    factories.searched("fee du logis", seen=9)
    event_ids = select(OutboxEvent.id).where(OutboxEvent.topic == "listing.changed")
    before = set(db.session.scalars(event_ids))

    decided = decide(author, SYNONYM, "fee du logis", "aide-a-domicile", now)
    decisions.forget()

    (sent,) = db.session.scalars(select(OutboxEvent).where(OutboxEvent.id.not_in(before))).all()
    assert sent.payload == {"listing_id": titled.id}
    # Every process knows the word by then.
    wait = (sent.available_at - now).total_seconds()
    assert wait >= 2 * decisions.RECHECK_SECONDS
    index()
    assert found(q="aide à domicile").ids == [titled.id]
    undo(author, decided, now)
    decisions.forget()
    index()
    assert found(q="aide à domicile").ids == []


_WORD = st.text("abcdeilmnoprstu", min_size=3, max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.lists(_WORD, min_size=1, max_size=3),
    before=st.sampled_from(["", "aide", "infirmiere", "aide soignante"]),
    slug=st.sampled_from(["infirmier", "aide-a-domicile", "licorne"]),
)
@pytest.mark.usefixtures("session")
def test_names_of_the_base_are_read_as_before_whatever_is_decided(
    words: list[str], before: str, slug: str
) -> None:
    known = reference_words()
    new = " ".join([*before.split(), *words])
    decided = known.deciding(Decision(SYNONYM, new, slug))

    for entry in known.professions:
        for name in (entry.label_feminine, f"{entry.label_masculine} de nuit"):
            assert reading.read(name, decided.lexicon) == reading.read(name, known.lexicon)


def test_a_profession_that_left_the_base_is_no_reason_to_fail(
    author: int, now: dt.datetime
) -> None:
    factories.search_word("fee du logis", "licorne")

    assert read("fée du logis").professions == ()
    assert search_words().proposed == {}
