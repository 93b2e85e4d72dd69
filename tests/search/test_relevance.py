"""The search finds what people want, on a sample of the offers and queries of the measure."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from app.core import clock
from app.core.database import db
from app.listings.models import Listing
from app.search.client import Engine
from app.search.documents import all_documents
from tools import relevance
from tools.meilisearch import Meilisearch
from tools.relevance_corpus import corpus, read_wording, store
from tools.relevance_judge import read_queries
from tools.relevance_report import (
    NAIVE,
    OURS,
    Outcome,
    judged,
    mean,
    quality,
    success,
)

COUNT = 500
PLAIN = "mots tels quels"


def _plainly(outcomes: list[Outcome]) -> float:
    return mean(judged(outcomes), lambda one: one.scores[PLAIN].ndcg)


def test_what_is_understood_of_the_words_brings_the_right_offers(
    engine: Engine, index: Callable[[], None], meilisearch: Meilisearch
):
    chosen = relevance.SETS[0]
    now = clock.now()
    truths = store(corpus(read_wording(relevance.FOLDER / chosen.offers), now, COUNT))
    index()
    asked = read_queries(relevance.FOLDER / chosen.queries)[::2]
    documents = [
        relevance.as_published(one) for batch in all_documents(now, COUNT) for one in batch
    ]
    naive = relevance.default_index(meilisearch, "naive", documents)
    found = {
        OURS: [relevance.ask_site(query, now) for query in asked],
        PLAIN: [relevance.ask_site(query, now, mots="tels-quels") for query in asked],
        NAIVE: [naive(query) for query in asked],
    }
    engine.admin().delete_index("naive")
    titles = {row.id: row.title for row in db.session.execute(select(Listing.id, Listing.title))}
    outcomes = relevance.judge(asked, truths, found, titles)

    assert quality(outcomes) >= 0.85
    assert success(outcomes) >= 0.95
    assert quality(outcomes) >= quality(outcomes, NAIVE) + 0.1
    # The words as they are: what is left when nothing is understood.
    assert _plainly(outcomes) < 0.8
    absent = [one for one in outcomes if one.query.expects == "absent"]
    assert absent
    assert not any(one.scores[OURS].total for one in absent)
