"""The measure of relevance is right: its measures, its rules, its offers, and what it can see."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from app.geography.queries import find_place, get_place
from app.professions.enums import TermKind
from app.professions.queries import professions, terms
from tools import relevance
from tools.relevance_corpus import Truth, corpus, read_wording
from tools.relevance_judge import (
    Query,
    grade,
    missed_wishes,
    ndcg,
    read_close,
    read_queries,
    succeeds,
)
from tools.relevance_report import (
    DATABASE,
    ENRICHED,
    NAIVE,
    OURS,
    Listed,
    Outcome,
    Score,
    details,
    empty,
    page,
    quality,
    success,
    targets,
)

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
CLOSE = {"aide-soignant": frozenset({"auxiliaire-de-vie"})}
SETS = pytest.mark.parametrize("chosen", relevance.SETS, ids=lambda one: one.name)


# Measures


def test_the_gain_is_worth_less_lower_in_the_list():
    # (2³-1)/log2(2) + 0 + (2¹-1)/log2(4), over 7 + 3/log2(3) + 1/2.
    best = 7 + 3 / math.log2(3) + 0.5
    assert ndcg([3, 0, 1], [3, 2, 1]) == pytest.approx(7.5 / best)


def test_the_best_order_is_worth_one_and_nothing_found_zero():
    assert ndcg([3, 3, 2], [3, 2, 3]) == 1
    assert ndcg([], [3, 2, 3]) == 0
    assert ndcg([0], []) == 0


def test_only_the_first_ten_are_measured():
    assert ndcg([0] * 10 + [3], [3]) == 0
    # A list of ten perfect answers is perfect, however many others there are.
    assert ndcg([3] * 10, [3] * 200) == 1


@pytest.mark.parametrize(
    ("grades", "ideal", "expected"),
    [
        ([0, 0, 2], [3, 3], True),
        ([1, 1, 1, 3], [3, 3], False),
        ([1], [1, 1], True),
        ([0, 0, 0], [1], False),
        ([], [2], False),
    ],
)
def test_a_search_succeeds_with_a_good_answer_among_three(
    grades: list[int], ideal: list[int], expected: bool
):
    assert succeeds(grades, ideal) is expected


# Rules


def _truth(code: str = "69029", **values: object) -> Truth:
    place = get_place(code)
    assert place is not None
    base = Truth(
        kind="job",
        professions=frozenset({"aide-soignant"}),
        workplace="ehpad",
        contract="cdi",
        latitude=place.latitude,
        longitude=place.longitude,
        commune=code,
        employer="EHPAD Les Tilleuls",
        schedules=frozenset({"nuit"}),
        publics=frozenset({"personnes-agees"}),
        open_to_all=None,
    )
    return replace(base, **values)  # type: ignore[arg-type]


def _query(place: str = "", **wishes: str) -> Query:
    return Query(
        "essai",
        "",
        {name: frozenset(value.split(",")) for name, value in wishes.items()},
        find_place(place) if place else None,
    )


@pytest.mark.parametrize(
    ("query", "truth", "expected"),
    [
        ({"profession": "aide-soignant"}, {}, 3),
        ({"profession": "aide-soignant", "schedule": "nuit"}, {}, 3),
        # One wish is not met, then two, then three.
        ({"profession": "aide-soignant", "schedule": "jour"}, {}, 2),
        ({"profession": "aide-soignant", "schedule": "jour", "contract": "cdd"}, {}, 1),
        (
            {
                "profession": "aide-soignant",
                "schedule": "jour",
                "contract": "cdd",
                "workplace": "mas",
            },
            {},
            0,
        ),
        # A close profession, with the rest met or not; a profession that is far.
        ({"profession": "aide-soignant"}, {"professions": frozenset({"auxiliaire-de-vie"})}, 1),
        (
            {"profession": "aide-soignant", "schedule": "jour"},
            {"professions": frozenset({"auxiliaire-de-vie"})},
            0,
        ),
        ({"profession": "aide-soignant"}, {"professions": frozenset({"psychologue"})}, 0),
        # Any of several values answers.
        ({"profession": "infirmier,aide-soignant"}, {}, 3),
        # Another kind than the one named is of little use.
        ({"profession": "aide-soignant", "kind": "training"}, {}, 1),
        ({"profession": "aide-soignant", "kind": "training"}, {"kind": "training"}, 3),
        # Without a profession.
        ({"workplace": "ehpad"}, {}, 3),
        ({"workplace": "mas"}, {}, 0),
        ({"workplace": "ehpad", "schedule": "jour"}, {}, 1),
    ],
)
def test_the_grade_follows_from_the_wishes_met(
    query: dict[str, str], truth: dict[str, object], expected: int
):
    assert grade(_query(**query), _truth(**truth), CLOSE) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    # Bron; Villeurbanne, 4 km; Givors, 19 km; Vienne, 24 km; Villefranche, 33 km; Mâcon, 62 km.
    [("69029", 3), ("69266", 3), ("69091", 2), ("38544", 2), ("69264", 2), ("71270", 0)],
)
def test_nearer_is_better(code: str, expected: int):
    query = _query("Bron", profession="aide-soignant")
    assert grade(query, _truth(code), CLOSE) == expected


def test_who_has_no_diploma_is_not_offered_what_asks_for_one():
    query = replace(_query(profession="aide-soignant"), no_diploma=True)
    assert [grade(query, _truth(open_to_all=one), CLOSE) for one in (True, None, False)] == [
        3,
        2,
        0,
    ]


def test_a_structure_named_is_the_only_answer():
    query = replace(_query(), employer="les tilleuls")
    assert grade(query, _truth(), CLOSE) == 3
    assert grade(query, _truth(employer="EHPAD Bellevue"), CLOSE) == 0


def test_nothing_answers_an_absent_profession():
    query = Query("métier absent", "kiné", expects="absent")
    assert grade(query, _truth(), CLOSE) == 0


def test_what_is_missed_is_named():
    query = _query("Givors", profession="aide-soignant", schedule="jour", contract="cdi")
    assert missed_wishes(query, _truth("69264")) == ["schedule", "place"]


# Files


@SETS
def test_what_queries_wish_exists(chosen: relevance.BenchSet):
    known = {
        "profession": {entry.slug for entry in professions()} | {"aide-soignant"},
        "workplace": {term.slug for term in terms(TermKind.WORKPLACE)},
        "schedule": {term.slug for term in terms(TermKind.SCHEDULE)},
        "contract": {term.slug for term in terms(TermKind.CONTRACT)},
        "public": {term.slug for term in terms(TermKind.PUBLIC)},
        "kind": {"job", "training", "internship", "immersion", "path", "event"},
    }
    asked = read_queries(relevance.FOLDER / chosen.queries)
    for query in asked:
        for name, values in query.wishes.items():
            assert values <= known[name], query.text
    texts = [query.text.lower() for query in asked]
    assert len(set(texts)) == len(texts)


def test_there_are_enough_queries_of_each_sort():
    sets = [read_queries(relevance.FOLDER / one.queries) for one in relevance.SETS]
    assert len(sets[0]) >= 160
    for asked in sets:
        assert len(asked) >= 80
        assert sum(query.category == "phrase entière" for query in asked) >= 20
        assert sum(query.expects == "absent" for query in asked) >= 10
    # Bare names of professions are what everybody types; longer words are each one's own, but for
    # one or two that everybody says.
    for first, second in combinations(sets, 2):
        same = {query.text.lower() for query in first} & {query.text.lower() for query in second}
        assert len(same) <= 30
        assert sum(len(text.split()) > 3 for text in same) <= 2


def test_a_wish_that_means_nothing_is_an_error(tmp_path: Path):
    file = tmp_path / "q.txt"
    for wrong in ("aide | metier:aide-soignant", "aide | profession:", "aide | place:Nullepart"):
        file.write_text(f"[essai]\n{wrong}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="ligne 2"):
            read_queries(file)


def test_close_professions_exist_both_ways():
    close = read_close(relevance.FOLDER / "judging.json")
    known = {entry.slug for entry in professions()}
    for slug, others in close.items():
        assert {slug, *others} <= known
        assert slug not in others
        assert all(slug in close[other] for other in others)


@SETS
def test_the_wording_knows_what_it_speaks_of(chosen: relevance.BenchSet):
    wording = read_wording(relevance.FOLDER / chosen.offers)
    known = {entry.slug for entry in professions()}
    assert {slug for slug in wording["professions"] if not slug.startswith("hors:")} <= known
    for name, kind in (
        ("workplace", TermKind.WORKPLACE),
        ("schedule", TermKind.SCHEDULE),
        ("contract", TermKind.CONTRACT),
        ("public", TermKind.PUBLIC),
    ):
        assert wording[name].keys() <= {term.slug for term in terms(kind)}


@SETS
def test_the_same_seed_writes_the_same_offers(chosen: relevance.BenchSet):
    wording = read_wording(relevance.FOLDER / chosen.offers)
    first, second = corpus(wording, NOW, 200), corpus(wording, NOW, 200)
    assert [(one.row, one.truth) for one in first] == [(one.row, one.truth) for one in second]


@SETS
def test_offers_are_as_varied_as_real_ones(chosen: relevance.BenchSet):
    wording = read_wording(relevance.FOLDER / chosen.offers)
    offers = corpus(wording, NOW)
    assert 1500 <= len(offers) <= 2000
    assert {one.truth.kind for one in offers} == {
        "job", "training", "internship", "immersion", "path", "event",
    }  # fmt: skip
    assert {slug for one in offers for slug in one.truth.professions} == set(wording["professions"])
    blank = [one for one in offers if one.row["profession_id"] is None]
    assert 0.15 < len(blank) / len(offers) < 0.4
    # What no field says, the title or the text says.
    for one in offers:
        if one.truth.schedules and not one.row["schedules"]:
            told = f"{one.row['title']} {one.row['description']}"
            for slug in one.truth.schedules:
                ways = wording["schedule"][slug]
                assert any(way in told for way in (*ways["title"], *ways["text"])), told


def test_most_queries_have_a_good_answer_among_the_offers():
    chosen = relevance.SETS[0]
    truths = [one.truth for one in corpus(read_wording(relevance.FOLDER / chosen.offers), NOW)]
    close = read_close(relevance.FOLDER / "judging.json")
    asked = [
        query for query in read_queries(relevance.FOLDER / chosen.queries) if not query.expects
    ]
    best = [max(grade(query, truth, close) for truth in truths) for query in asked]
    assert min(best) >= 1
    assert sum(one == 3 for one in best) >= 0.95 * len(best)


# What is told


def _outcome(category: str, grades: list[int], ideal: list[int], **query: str) -> Outcome:
    listed = tuple(Listed(one, f"Annonce notée {one}") for one in grades)
    score = Score.of(listed, ideal, len(grades))
    nothing = Score.of((), ideal, 0)
    asked = Query(category, f"essai {category}", {"profession": frozenset({"infirmier"})}, **query)  # type: ignore[arg-type]
    scores = {OURS: score, NAIVE: nothing, ENRICHED: nothing, DATABASE: nothing}
    return Outcome(asked, tuple(ideal), scores)


def test_queries_without_any_answer_count_for_nothing_but_emptiness():
    outcomes = [_outcome("sigle", [3], [3]), _outcome("métier absent", [], [0], expects="absent")]
    assert quality(outcomes) == 1
    assert success(outcomes) == 1
    assert empty(outcomes) == 0.5


def test_a_target_is_missed_by_one_offer_shown_for_an_absent_profession():
    good = [_outcome("sigle", [3], [3]), _outcome("phrase entière", [3], [3])]
    shown = _outcome("métier absent", [0], [0], expects="absent")
    hidden = _outcome("métier absent", [], [0], expects="absent")
    # Nothing compares with default settings that find nothing.
    assert [one.reached for one in targets([*good, hidden])] == [True, True, True, False, True]
    last = targets([*good, shown])[-1]
    assert not last.reached
    assert "essai métier absent" in last.text


def test_only_what_fails_and_may_be_seen_is_told():
    failed, fine = _outcome("sigle", [0, 0, 3], [3, 3]), _outcome("ancien nom", [3, 3], [3, 3])
    seen = details([("Nos mots", [failed, fine])], [failed, fine])
    assert "« essai sigle »" in seen
    assert "« essai ancien nom »" not in seen
    assert "« essai sigle »" not in details([("Nos mots", [failed, fine])], [])


def test_the_page_gives_every_category_and_the_whole():
    written = page([("Nos mots", [_outcome("sigle", [3], [3])])], NOW)
    assert "23/11/2026" in written
    assert "| sigle | 1 | 1.00 · 100% | 0.00 · 0% | 0.00 · 0% | 0.00 · 0% |" in written
    assert "| **Ensemble** | 1 |" in written
