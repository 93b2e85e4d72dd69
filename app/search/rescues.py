"""What to propose to someone whose search finds nothing, or little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.listings.enums import Kind
from app.search.criteria import MULTIPLE, SearchCriteria
from app.search.reading import Reading
from app.search.results import Proposal, Rescue
from app.search.vocabulary import SearchWords

RADIUS_STEPS_KM = (10, 20, 30, 50, 100)
MAX_STEPS = 3
MAX_CLOSE_PROFESSIONS = 6
MAX_SHOWN_PROFESSIONS = 3
# The database counts one search after the other.
MAX_DATABASE_IDEAS = 6
# Under this number on the first page, more is proposed below.
FEW = 5
# Schools are fewer than employers: people look for them further.
TRAINING_RADIUS_KM = 50
TRAINING = str(Kind.TRAINING)
_FILTERS = (*MULTIPLE.values(), "diploma_none", "duration", "since_days")


def ideas(
    criteria: SearchCriteria, understood: Reading, words: SearchWords, found: int = 0
) -> list[Proposal]:
    """Return what could be searched instead, the closest to the question first."""
    return [
        *(() if found else _alone(understood, words)),
        *_wider(criteria),
        *_fewer_filters(criteria),
        *_fewer_words(criteria, understood, words),
        *_trainings(criteria, understood, words),
        *_close_professions(criteria, understood, words),
        *_elsewhere(criteria),
    ]


def useful(proposals: Sequence[Proposal], totals: Sequence[int], found: int = 0) -> Rescue:
    """Return the ideas that find something more, with one radius and few professions."""
    kept: list[Proposal] = []
    absent = ""
    room = {"radius": 1, "training": 1, "profession": MAX_SHOWN_PROFESSIONS}
    for proposal, total in zip(proposals, totals, strict=True):
        if proposal.reason == "alone":
            absent = absent if total else proposal.value
            continue
        left = room.get(proposal.reason, 1)
        # Another profession or a training is something else, even if there is less of it.
        least = 0 if proposal.reason in {"training", "profession"} else found
        if total > least and left:
            room[proposal.reason] = left - 1 if proposal.reason in room else left
            kept.append(replace(proposal, total=total))
    return Rescue(tuple(kept), absent)


def _alone(understood: Reading, words: SearchWords) -> Iterator[Proposal]:
    """The profession anywhere and nothing else: is there any?"""
    for slug in understood.named[:1]:
        entry = words.by_slug.get(slug)
        name = entry.label_feminine if entry else words.outside_labels[slug]
        yield Proposal("alone", SearchCriteria(q=name), value=slug)


def _trainings(
    criteria: SearchCriteria, understood: Reading, words: SearchWords
) -> Iterator[Proposal]:
    """What leads to the profession: near, then anywhere."""
    if criteria.kinds == (TRAINING,):
        return
    for slug in (*understood.professions, *criteria.professions)[:1]:
        anywhere = SearchCriteria(q=words.by_slug[slug].label_feminine, kinds=(TRAINING,))
        if criteria.place:
            radius = max(TRAINING_RADIUS_KM, criteria.radius_km)
            near = anywhere.but(
                place=criteria.place, place_text=criteria.place_text, radius_km=radius
            )
            yield Proposal("training", near, value=slug)
        yield Proposal("training", anywhere, value=slug)


def _wider(criteria: SearchCriteria) -> Iterator[Proposal]:
    if criteria.place:
        steps = [step for step in RADIUS_STEPS_KM if step > criteria.radius_km]
        for step in steps[:MAX_STEPS]:
            yield Proposal("radius", criteria.but(radius_km=step), value=str(step))


def _fewer_filters(criteria: SearchCriteria) -> Iterator[Proposal]:
    active = [name for name in _FILTERS if getattr(criteria, name)]
    for name in active:
        chosen = getattr(criteria, name)
        single = len(chosen) == 1 if isinstance(chosen, tuple) else True
        value = chosen[0] if isinstance(chosen, tuple) else str(chosen)
        yield Proposal("filter", criteria.without(name), field=name, value=value if single else "")
    if len(active) > 1:
        bare = criteria
        for name in active:
            bare = bare.without(name)
        yield Proposal("filters", bare)


def _fewer_words(
    criteria: SearchCriteria, understood: Reading, words: SearchWords
) -> Iterator[Proposal]:
    """The profession alone; without any profession, everything but the words."""
    if understood.professions and understood.words:
        label = words.by_slug[understood.professions[0]].label_feminine
        yield Proposal("words", criteria.but(q=label), value=label)
    elif understood.words and (criteria.place or criteria.active_filters):
        yield Proposal("words", criteria.but(q=""))


def _close_professions(
    criteria: SearchCriteria, understood: Reading, words: SearchWords
) -> Iterator[Proposal]:
    wanted = (*understood.professions, *criteria.professions)
    close = dict.fromkeys(other for slug in wanted for other in words.close[slug])
    for slug in [slug for slug in close if slug not in wanted][:MAX_CLOSE_PROFESSIONS]:
        changed = criteria.but(q=understood.text, professions=(slug,))
        yield Proposal("profession", changed, field="professions", value=slug)


def _elsewhere(criteria: SearchCriteria) -> Iterator[Proposal]:
    if criteria.place and (criteria.q or criteria.active_filters):
        yield Proposal("place", criteria.without("place"))
