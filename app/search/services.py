"""The team decides what words that people type mean. Nothing changes by itself: a human decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError

from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue_many
from app.geography.queries import PLACES
from app.search import counts, decisions
from app.search.counts import PERIOD
from app.search.decisions import Decision
from app.search.enums import WordKind
from app.search.models import SearchEntry, SearchWord
from app.search.naming import LONGEST_NAME
from app.search.query_log import LONGEST, is_personal
from app.search.reading import Reading, key_of, normalise, read, stem
from app.search.vocabulary import TOO_BROAD, SearchWords, search_words

# Shorter words are acronyms: they are written by hand in the vocabulary, with their other meanings.
SHORTEST = 4
# When every process knows the decision: listings are then read again.
SETTLED = dt.timedelta(seconds=2 * decisions.RECHECK_SECONDS)


class WordRefused(DomainError):
    """The words cannot become this. `field`: what to correct, word or target."""

    status = 422

    def __init__(self, message: str, field: str = "word") -> None:
        super().__init__(message)
        self.field = field


class WordDecided(DomainError):
    """Somebody has decided of these words, or undone it, meanwhile."""


def decide(actor_id: int, kind: WordKind, word: str, target: str, now: dt.datetime) -> SearchWord:
    """Write what words mean from now on. Raises WordRefused, WordDecided.

    `target`: slug of a profession, words meant by a misspelling, nothing to ignore.
    """
    words = normalise(word)
    if not words:
        raise WordRefused(_("Écrivez au moins un mot."))
    if len(words) > LONGEST or len(words.split()) > LONGEST_NAME:
        raise WordRefused(_("C’est trop long\u00a0: gardez l’essentiel."))
    if is_personal(word):
        raise WordRefused(_("Ces mots peuvent désigner une personne\u00a0: rien n’en est gardé."))
    asked = counts.asked_with(words, paris_date(now) - PERIOD)
    if asked is None:
        raise WordRefused(_("Trop peu de personnes ont cherché ces mots pour en décider."))
    known = search_words()
    target = _CHECKS[kind](words, target, known)
    decided = SearchWord(
        word=words,
        kind=kind,
        target=target,
        seen=asked.seen,
        author_id=actor_id,
        created_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(decided)
    except IntegrityError as error:
        raise WordDecided(
            _("Quelqu’un a déjà décidé de ces mots\u00a0: annulez d’abord sa décision.")
        ) from error
    _read_titles_again(decided, now)
    return decided


def undo(actor_id: int, decided: SearchWord, now: dt.datetime) -> None:
    """Read the words as before; the decision stays in the history. Raises WordDecided."""
    row = db.session.scalar(
        select(SearchWord)
        .where(SearchWord.id == decided.id, SearchWord.undone_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise WordDecided(_("Cette décision est déjà annulée."))
    row.undone_by_id, row.undone_at = actor_id, now
    db.session.flush()
    _read_titles_again(row, now)


def _check_synonym(words: str, target: str, known: SearchWords) -> str:
    slug = _check_profession(words, target, known)
    _check_free(words, known)
    if len(words) < SHORTEST or words in known.lexicon.ambiguous:
        raise WordRefused(
            _(
                "«\u00a0%(word)s\u00a0» est trop court et peut vouloir dire autre chose\u00a0: "
                "proposez le métier à la saisie.",
                word=words,
            )
        )
    if words in TOO_BROAD or set(words.split()) <= known.lexicon.stop_words:
        raise WordRefused(
            _("Ces mots sont trop généraux\u00a0: ils cacheraient d’autres annonces.")
        )
    if PLACES.get().namesakes(words):
        raise WordRefused(_("C’est aussi le nom d’une commune."))
    if _read_as(WordKind.SYNONYM, words, slug, known).professions != (slug,):
        raise WordRefused(_("La recherche lit déjà ces mots autrement\u00a0: vérifiez-les."))
    return slug


def _check_misspelling(words: str, target: str, known: SearchWords) -> str:
    meant = normalise(target)
    if not meant or len(meant) > LONGEST:
        raise WordRefused(_("Écrivez les mots corrects, en quelques mots."), "target")
    if key_of(words) == key_of(meant):
        raise WordRefused(_("Ce sont déjà les mêmes mots pour la recherche."), "target")
    reading = read(meant, known.lexicon, PLACES.get())
    if not reading.parts or reading.words:
        raise WordRefused(
            _("La recherche ne comprend pas ces mots\u00a0: écrivez un métier ou un souhait."),
            "target",
        )
    _check_free(words, known)
    if len(words) < SHORTEST or _is_word(words, known):
        raise WordRefused(
            _(
                "«\u00a0%(word)s\u00a0» est un mot juste\u00a0: le corriger changerait d’autres "
                "recherches.",
                word=words,
            )
        )
    if PLACES.get().namesakes(words):
        raise WordRefused(_("C’est aussi le nom d’une commune."))
    before = read(words, known.lexicon)
    again = _read_as(WordKind.MISSPELLING, words, meant, known)
    understood = before.parts and not before.words
    if understood or (again.named, again.meanings) != (reading.named, reading.meanings):
        raise WordRefused(_("La recherche lit déjà ces mots autrement\u00a0: vérifiez-les."))
    return meant


def _read_as(kind: WordKind, words: str, target: str, known: SearchWords) -> Reading:
    """Return how words would be read after a decision."""
    return read(words, known.deciding(Decision(kind, words, target)).lexicon)


def _check_profession(words: str, target: str, known: SearchWords) -> str:
    entry = known.by_slug.get(target)
    if entry is None:
        raise WordRefused(_("Choisissez un métier."), "target")
    if known.lexicon.professions.get(key_of(words)) == target:
        raise WordRefused(
            _("C’est déjà un nom du métier\u00a0: %(name)s.", name=entry.label), "target"
        )
    return target


def _check_free(words: str, known: SearchWords) -> None:
    """Refuse words that mean something already."""
    key, lexicon = key_of(words), known.lexicon
    slug = lexicon.professions.get(key) or lexicon.outside.get(key)
    if slug is not None:
        raise WordRefused(
            _("C’est déjà le nom d’un métier\u00a0: %(name)s.", name=counts.label_of(slug))
        )
    if key in lexicon.choices:
        raise WordRefused(
            _("Ces mots désignent plusieurs métiers\u00a0: la recherche demande lequel.")
        )
    if (meaning := lexicon.meanings.get(key)) is not None:
        raise WordRefused(_("Ces mots disent déjà un souhait\u00a0: %(name)s.", name=meaning.label))


def _check_ignored(_words: str, _target: str, _known: SearchWords) -> str:
    return ""


_CHECKS: dict[WordKind, Callable[[str, str, SearchWords], str]] = {
    WordKind.SYNONYM: _check_synonym,
    WordKind.MISSPELLING: _check_misspelling,
    WordKind.SUGGESTION: _check_profession,
    WordKind.IGNORED: _check_ignored,
}


def _is_word(word: str, known: SearchWords) -> bool:
    """Return whether one word stands in a name that the search knows."""
    lexicon = known.lexicon
    names = (lexicon.professions, lexicon.outside, lexicon.meanings, lexicon.choices)
    return word in lexicon.stop_words or any(stem(word) in key for one in names for key in one)


def _read_titles_again(decided: SearchWord, now: dt.datetime) -> None:
    """Index again the listings whose title may hold the words: professions are read in titles."""
    if decided.kind != WordKind.SYNONYM:
        return
    held = [SearchEntry.title_words.contains(f" {one}") for one in key_of(decided.word)]
    ids = db.session.scalars(
        select(SearchEntry.listing_id).where(and_(*held)).order_by(SearchEntry.listing_id)
    ).all()
    payloads = [{"listing_id": one} for one in ids]
    enqueue_many("listing.changed", payloads, now=now, at=now + SETTLED)
