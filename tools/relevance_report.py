"""Tables and pages, in French, of the measure of relevance."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tools.relevance_judge import FIRST, Query, ndcg, succeeds

OURS, NAIVE = "notre recherche", "réglages par défaut"
ENRICHED, DATABASE = "défaut, nos documents", "base de données"
ENGINES = (OURS, NAIVE, ENRICHED, DATABASE)
SENTENCES = "phrase entière"
MIN_NDCG, MIN_SUCCESS, MIN_SENTENCES, MIN_GAIN = 0.90, 0.97, 0.60, 1.25
WORST = 12
# Below this a query is told in the report.
GOOD = 0.9

Measured = Sequence[tuple[str, Sequence["Outcome"]]]


class Listed(NamedTuple):
    """An offer among the first ten: its grade, and the wishes it does not meet."""

    grade: int
    title: str
    missed: tuple[str, ...] = ()

    def __str__(self) -> str:
        lacks = f" — manque : {', '.join(self.missed)}" if self.missed else ""
        return f"{self.grade} {self.title}{lacks}"


@dataclass(frozen=True)
class Score:
    """What one search answered to one query, judged."""

    listed: tuple[Listed, ...]
    ndcg: float
    success: bool
    total: int

    @classmethod
    def of(cls, listed: tuple[Listed, ...], ideal: Sequence[int], total: int) -> Score:
        """Measure the grades of what is listed against those of all the offers."""
        grades = [one.grade for one in listed]
        return cls(listed, ndcg(grades, ideal), succeeds(grades, ideal), total)


@dataclass(frozen=True)
class Outcome:
    """One query, the best grades that any answer could have, and the scores by search."""

    query: Query
    ideal: tuple[int, ...]
    scores: dict[str, Score]

    @property
    def has_answers(self) -> bool:
        """Return whether some offer answers the query, even a little."""
        return any(self.ideal)


@dataclass(frozen=True)
class Target:
    """Something to reach."""

    text: str
    reached: bool


def mean(outcomes: Iterable[Outcome], value: Callable[[Outcome], float]) -> float:
    """Return the mean of a measure; 0 without any query."""
    values = [value(one) for one in outcomes]
    return statistics.fmean(values) if values else 0.0


def judged(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the queries that some offer answers: the others have no order to judge."""
    return [one for one in outcomes if one.has_answers]


def quality(outcomes: Iterable[Outcome], engine: str = OURS) -> float:
    """Return the mean nDCG@10."""
    return mean(judged(outcomes), lambda one: one.scores[engine].ndcg)


def success(outcomes: Iterable[Outcome], engine: str = OURS) -> float:
    """Return the share of queries with a good answer among the first three."""
    return mean(judged(outcomes), lambda one: one.scores[engine].success)


def empty(outcomes: Iterable[Outcome], engine: str = OURS) -> float:
    """Return the share of queries that find nothing."""
    return mean(outcomes, lambda one: not one.scores[engine].total)


def categories(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Return the outcomes by category, in the order of the file."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.query.category, []).append(one)
    return found


def targets(outcomes: Sequence[Outcome]) -> list[Target]:
    """Return what is to be reached, and whether it is."""
    reached = quality(outcomes)
    naive = quality(outcomes, NAIVE)
    gain = reached / naive if naive else 0.0
    sentences = quality(one for one in outcomes if one.query.category == SENTENCES)
    absent = [one for one in outcomes if one.query.expects == "absent"]
    shown = [one.query.text for one in absent if one.scores[OURS].total]
    return [
        _target("nDCG@10", reached, MIN_NDCG),
        _target(f"succès@{FIRST}", success(outcomes), MIN_SUCCESS),
        _target("nDCG@10 des phrases entières", sentences, MIN_SENTENCES),
        _target("nDCG@10 rapporté aux réglages par défaut", gain, MIN_GAIN),
        Target(
            f"métiers absents sans annonce : {len(absent) - len(shown)} sur {len(absent)}"
            + (f" (sauf {', '.join(shown)})" if shown else ""),
            not shown,
        ),
    ]


def _target(name: str, value: float, least: float) -> Target:
    return Target(f"{name} {value:.3f} (but : {least:.2f})", value >= least)


def table(title: str, outcomes: Sequence[Outcome]) -> str:
    """Return the measures by category, the three searches side by side."""
    lines = [
        f"{title} : {len(outcomes)} recherches",
        f"{'':38}   n  " + "".join(f"{engine:^22}" for engine in ENGINES),
        f"{'':38}      " + "  nDCG@10  succès  vide" * len(ENGINES),
    ]
    groups = {**categories(outcomes), "ensemble": list(outcomes)}
    for name, group in groups.items():
        cells = "".join(_cell(group, engine) for engine in ENGINES)
        lines.append(f"{name:38} {len(group):3}  {cells}")
    return "\n".join(lines)


def _cell(group: Sequence[Outcome], engine: str) -> str:
    with_answers = judged(group)
    if not with_answers:
        return f"{'–':>9}{'–':>8}{empty(group, engine):>6.0%}"
    measured = quality(group, engine), success(group, engine), empty(with_answers, engine)
    return "{:>9.3f}{:>8.2f}{:>6.0%}".format(*measured)


def worst(outcomes: Sequence[Outcome], count: int = WORST) -> str:
    """Return the queries answered worst, with what came first."""
    ranked = sorted(judged(outcomes), key=lambda one: one.scores[OURS].ndcg)[:count]
    lines = ["Les moins bien servies :"]
    for one in ranked:
        score = one.scores[OURS]
        first = " / ".join(map(str, score.listed[:FIRST]))
        lines.append(f"  {score.ndcg:.2f}  « {one.query.text} »  → {first or 'rien'}")
    return "\n".join(lines)


def wishes_of(query: Query) -> str:
    """Return in words what a query wishes."""
    found = [f"{name} {' ou '.join(sorted(values))}" for name, values in query.wishes.items()]
    found += [f"à {query.place.name}"] if query.place else []
    found += ["sans diplôme"] if query.no_diploma else []
    found += [f"structure « {query.employer} »"] if query.employer else []
    return ", ".join(found) or {"absent": "métier absent", "nothing": "rien"}[query.expects]


def details(measured: Measured, told: Sequence[Outcome]) -> str:
    """Return the tables, then every query of `told` that is not well answered, and why."""
    lines = ["# Recherches mal servies", ""]
    for title, outcomes in measured:
        lines += [f"## {title}", "", "```", table(title, outcomes), "```", ""]
        lines += [f"- {'atteint' if t.reached else 'MANQUÉ'} : {t.text}" for t in targets(outcomes)]
        lines.append("")
    for one in sorted(told, key=lambda one: one.scores[OURS].ndcg):
        lines += _detail(one)
    return "\n".join(lines) + "\n"


def _detail(one: Outcome) -> list[str]:
    score = one.scores[OURS]
    wrong = score.ndcg < GOOD or not score.success if one.has_answers else bool(score.total)
    if not wrong:
        return []
    measures = ", ".join(f"{engine} {one.scores[engine].ndcg:.2f}" for engine in ENGINES)
    lines = [
        f"### « {one.query.text} » ({one.query.category})",
        f"Souhaits : {wishes_of(one.query)}. {measures}. {score.total} annonces trouvées.",
        f"Meilleures notes possibles : {''.join(map(str, one.ideal))}.",
    ]
    return [*lines, *(f"- {offer}" for offer in score.listed), ""]


def page(measured: Measured, now: dt.datetime) -> str:
    """Return the page of the documentation."""
    parts = [_METHOD, f"\nMesuré le {now:%d/%m/%Y} par `make relevance ARGS=--write`.\n"]
    for title, outcomes in measured:
        parts += [f"\n## {title}\n\n", _markdown(outcomes), "\n"]
        parts += [
            f"- {'Atteint' if t.reached else 'Manqué'} : {t.text}\n" for t in targets(outcomes)
        ]
    return "".join(parts)


def _markdown(outcomes: Sequence[Outcome]) -> str:
    head = "| Recherches | Nombre |" + "".join(f" {engine} |" for engine in ENGINES)
    lines = [head, "|---|---:|" + "---:|" * len(ENGINES)]
    for name, group in {**categories(outcomes), "**Ensemble**": list(outcomes)}.items():
        cells = [
            f"{quality(group, engine):.2f} · {success(group, engine):.0%}"
            if judged(group)
            else f"{empty(group, engine):.0%} vides"
            for engine in ENGINES
        ]
        lines.append(f"| {name} | {len(group)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


_METHOD = f"""# La recherche trouve-t-elle ce que l’on veut ?

`make relevance` écrit deux jeux d’offres inventées (`bench/relevance`), y pose des recherches comme
les personnes les tapent, et note les dix premières réponses. Chaque offre a une vérité (métier,
horaires, lieu…) tirée avant d’être écrite : les champs peuvent être vides, vagues ou faux, le texte
parle d’autres métiers en passant. Une recherche dit ce que veut son auteur. La note, de 0 à 3, suit
des seules deux vérités (`tools/relevance_judge.py`), jamais de ce qu’un moteur trouve :

- 3 : tous les souhaits, à moins de 10 km du lieu voulu ;
- 2 : tous les souhaits, de 10 à 20 km ; ou le bon métier et un souhait manqué ;
- 1 : le bon métier et deux souhaits manqués, ou un métier proche et tout le reste ;
- 0 : le reste, et tout ce qui est à plus de 45 km, ou exige un diplôme de qui n’en a pas.

Chaque case donne le nDCG@10 moyen (1 : le meilleur ordre possible) et la part des recherches dont
l’une des {FIRST} premières réponses convient. Quatre recherches répondent aux mêmes questions :
celle du site ; Meilisearch sans réglage, sur les offres telles que publiées, puis sur nos
documents, où nous ajoutons les noms du métier et les métiers lus ; le secours par la base.
« Les mots des autres », écrits par d’autres sur d’autres offres, vérifient que rien n’est fait pour
le seul premier jeu. « D’autres encore » sont de personnes qui n’avaient vu ni le site, ni aucune
recherche. Posées à l’aveugle, le 23/11/2026, elles notaient 0,864 de nDCG@10 et 93 % de succès,
0,648 pour les phrases entières : moins que nos buts.
Leurs échecs ont montré ce qui manquait (lire à l’oreille, ce qui est refusé, les quartiers,
« passer le DEAES », « 50 % ») ; aucune n’est réglée une à une, mais elles ne sont donc plus à
l’aveugle.
"""
