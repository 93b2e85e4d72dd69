"""The settings of the index, as code. A change here, or in the vocabulary, asks for a rebuild."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from app.search.documents import FORMAT
from app.search.vocabulary import reference_words, search_words

# The page never shows anything else of a document: the rest is read in the database.
DISPLAYED = [
    "id",
    "version",
    "_geo",
    "published_at",
    "answer_rank",
    "demand",
    "reads",
    "contract",
    "workplace",
    "publics",
    "schedules",
]
SEARCHABLE = [
    "marks",
    "profession_names",
    "title",
    "labels",
    "marks_more",
    "place",
    "employer",
    "text",
]
FILTERABLE = [
    "kind",
    "profession",
    "reads",
    "contract",
    "workplace",
    "publics",
    "schedules",
    "diploma",
    "duration_months",
    "commune",
    "department",
    "published_at",
    "closes_at",
    # The object form of this one breaks the filters by distance.
    "_geo",
]
# Engine and page stop before the timeout of the client.
CUTOFF_MS = 800
MAX_TOTAL_HITS = 1_000_000
MAX_FACET_VALUES = 100


def index_settings() -> dict[str, Any]:
    """Return the whole settings of the index, for `update_settings`."""
    return {
        "displayedAttributes": DISPLAYED,
        "searchableAttributes": SEARCHABLE,
        "filterableAttributes": FILTERABLE,
        "sortableAttributes": ["published_at", "_geo", "answer_rank"],
        # A chosen order comes before all but the number of words found; without one, the
        # listings that answer as well as each other come the latest first.
        "rankingRules": [
            "words",
            "sort",
            "typo",
            "proximity",
            "attribute",
            "exactness",
            "published_at:desc",
        ],
        # Empty words are taken out of the question: in the index they break « auxiliaire de vie ».
        "stopWords": [],
        "synonyms": search_words().synonyms,
        "typoTolerance": {
            "enabled": True,
            "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
            # « Vivaldi » is not « Rivaldi »: names are not corrected.
            "disableOnAttributes": ["employer"],
            "disableOnNumbers": True,
        },
        "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["fra"]}],
        # Words of a same field are near enough; counting the words between them would more than
        # double the time of a rebuild and slow every search.
        "proximityPrecision": "byAttribute",
        "facetSearch": False,
        "pagination": {"maxTotalHits": MAX_TOTAL_HITS},
        "faceting": {"maxValuesPerFacet": MAX_FACET_VALUES, "sortFacetValuesBy": {"*": "count"}},
        "searchCutoffMs": CUTOFF_MS,
    }


def settings_digest() -> str:
    """Return what changes when an index must be built again."""
    # Documents hold the marks of these words, and what is read in titles.
    # What the team decides of words indexes again the listings that hold them, and no other.
    lexicon = reference_words().lexicon
    names = [sorted(" ".join(key) for key in one) for one in (lexicon.professions, lexicon.outside)]
    wishes = sorted((" ".join(key), meaning.mark) for key, meaning in lexicon.meanings.items())
    known = [FORMAT, index_settings(), names, wishes]
    written = json.dumps(known, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:32]
