"""The search of pathways on the real base: what it takes into account, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.professions import services
from app.professions.pathways import (
    Answer,
    Base,
    Pathway,
    Situation,
    Wishes,
    base_of_reference,
    find,
)

no_database = pytest.mark.no_database


def ask(
    base: Base,
    start: str | None,
    target: str | None = None,
    *diplomas: str,
    years: int | None = None,
    wishes: Wishes | None = None,
) -> Answer:
    situation = Situation(start, frozenset(diplomas), years)
    return find(base, situation, replace(wishes or Wishes(), target=target))


def best(answer: Answer) -> Pathway:
    assert answer.pathways, answer.remarks
    return answer.pathways[0]


def said(words: tuple[str, ...], *fragments: str) -> bool:
    text = " ".join(words).replace("\u00a0", " ")
    return all(fragment in text for fragment in fragments)


@no_database
def test_a_diploma_gives_blocks_only_by_a_table_in_force(base: Base) -> None:
    (step,) = best(ask(base, "auxiliaire-de-puericulture", "assistant-maternel")).steps

    assert [block.status for block in step.blocks] == ["acquired", "to-follow", "to-follow"]
    assert step.blocks[0].from_diploma == "deap"
    # The hours of the block are a minimum: what is left cannot be computed.
    assert (step.hours_full, step.hours_left) == (120, None)
    # The dispense of the former DEAF is over: nothing of it is given.
    family = best(ask(base, "auxiliaire-de-puericulture", "assistant-familial")).steps[0]
    assert {block.status for block in family.blocks} == {"unknown"}
    assert family.hours_left is None


@no_database
def test_a_shortened_block_is_told_from_one_not_read(base: Base) -> None:
    answer = ask(base, "assistant-familial", "moniteur-educateur")

    blocks = best(answer).steps[0].blocks
    assert [block.status for block in blocks] == ["unknown", "shortened", "shortened"]
    assert said(best(answer).reasons, "2 blocs sont raccourcis", "épreuves restent à passer")


@no_database
def test_common_blocks_stay_to_confirm_and_say_for_which_version(base: Base) -> None:
    answer = ask(base, "tisf", "moniteur-educateur")

    first, second, _third = best(answer).steps[0].blocks
    assert (first.status, second.status) == ("unknown", "to-follow")
    assert first.note == "Bloc commun ; version 2024 du diplôme détenu ; à confirmer."
    assert best(answer).hours_left is None
    assert said(best(answer).reasons, "suppose que vous avez déjà", "DETISF")


@no_database
def test_a_first_year_of_nursing_gives_the_whole_diploma(base: Base) -> None:
    (step,) = best(ask(base, None, "aide-soignant", "etudes-dei-annee-1")).steps

    assert (step.months, step.hours_left, step.hours_full) == (0, 0, 1540)
    assert {block.status for block in step.blocks} == {"acquired"}


@no_database
def test_hours_are_known_when_the_whole_training_is_due(base: Base) -> None:
    whole = best(ask(base, "agent-de-service-hospitalier", "aide-soignant"))
    part = best(ask(base, "accompagnant-educatif-social", "aide-soignant"))

    assert (whole.months, whole.hours_left) == (11, 1540)
    assert (part.months, part.hours_left) == (7, None)


@no_database
def test_a_diploma_held_makes_the_step_immediate(base: Base) -> None:
    answer = ask(base, "aesh", "aide-soignant", "deas")

    assert (best(answer).months, best(answer).hours_left) == (0, 0)
    assert said(best(answer).reasons, "Vous avez déjà le diplôme demandé (DEAS)")


@no_database
def test_a_regulated_profession_supposes_its_diploma_and_others_say_it(base: Base) -> None:
    regulated = best(ask(base, "aide-soignant", "accompagnant-educatif-social"))
    other = best(ask(base, "accompagnant-educatif-social", "aide-soignant"))
    told = best(ask(base, "accompagnant-educatif-social", "aide-soignant", "deaes"))

    assert not said(regulated.reasons, "suppose")
    assert said(other.reasons, "suppose que vous avez déjà ce diplôme : DEAES")
    assert not said(told.reasons, "suppose")


@no_database
def test_who_starts_without_diploma_cannot_use_it_later(base: Base) -> None:
    ways = ask(base, None, "aide-soignant").pathways

    # An AES without the DEAES has none of its equivalences.
    assert not any(
        way.steps[0].to_slug == "accompagnant-educatif-social" and way.steps[0].diploma is None
        for way in ways
    )
    assert [way.slugs for way in ways][:2] == [
        ("aide-soignant",),
        ("agent-de-service-hospitalier", "aide-soignant"),
    ]


@no_database
def test_to_start_exceptionally_without_the_diploma_comes_last_and_is_said(base: Base) -> None:
    ways = ask(base, None, "educateur-specialise").pathways

    assert ways[0].steps[0].diploma == "dees"
    assert ways[-1].steps[0].diploma is None
    assert said(ways[-1].reasons, "Ce n’est pas la règle")
    assert said((ways[-1].steps[0].note,), "faisant fonction")


@no_database
@pytest.mark.parametrize(
    ("years", "sentence"),
    [
        (None, "Cette étape demande 3 ans d’exercice du métier"),
        (0, "elle s’ouvre pour vous dans 3 ans"),
        (2, "elle s’ouvre pour vous dans un an"),
        (3, "Votre expérience remplit la condition : 3 ans"),
        (40, "Votre expérience remplit la condition"),
    ],
)
def test_years_open_a_way_or_say_when_it_opens(
    base: Base, years: int | None, sentence: str
) -> None:
    answer = ask(base, "aide-soignant", "infirmier", years=years)

    assert (best(answer).slugs, best(answer).months) == (("aide-soignant", "infirmier"), 27)
    assert said(best(answer).reasons, sentence)
    assert said(answer.remarks, "il vous manque") == (years in (0, 2))
    # Who has not got the years may train at once.
    assert answer.pathways[1].steps[0].months == 36


@no_database
def test_years_in_the_first_job_do_not_count_in_the_next(base: Base) -> None:
    way = next(
        way
        for way in ask(base, "agent-de-service-hospitalier", "infirmier", years=10).pathways
        if "aide-soignant" in way.slugs
    )

    assert said(way.reasons, "Votre ancienneté vous dispense de la sélection")
    assert said(way.reasons, "Cette étape demande 3 ans d’exercice du métier : Aide-soignant·e")


@no_database
def test_limits_are_kept_or_the_nearest_way_is_named(base: Base) -> None:
    months = ask(base, "aide-soignant", "infirmier", wishes=Wishes(max_months=12))
    level = ask(base, "aide-soignant", "infirmier", wishes=Wishes(max_level=4))
    near = ask(base, "aide-soignant", "infirmier", wishes=Wishes(taught_near=frozenset()))
    pay = ask(base, None, "psychologue", wishes=Wishes(keep_pay=True))

    assert not any(answer.pathways for answer in (months, level, near, pay))
    assert said(months.remarks, "Le plus proche : Infirmier·ère", "27 mois")
    assert said(level.remarks, "accepter un diplôme de niveau 6")
    assert said(near.remarks, "chercher une formation plus loin")
    assert said(pay.remarks, "accepter une période sans salaire")


@no_database
def test_unknown_lengths_are_kept_after_the_others(base: Base) -> None:
    ways = ask(base, "accompagnant-educatif-social", wishes=Wishes(max_months=12)).pathways

    known = [way.months is not None for way in ways]
    assert known == sorted(known, reverse=True)
    assert not all(known)


@no_database
def test_near_counts_only_what_is_still_to_prepare(base: Base) -> None:
    wishes = Wishes(taught_near=frozenset({"dei"}))

    assert ask(base, None, "infirmier", "deas", wishes=wishes).pathways[0].slugs == (
        "aide-soignant",
        "infirmier",
    )


@no_database
@pytest.mark.parametrize(
    ("order", "value"),
    [("months", "months"), ("hours", "hours_left"), ("level", "level")],
)
def test_each_order_puts_the_unknown_last(base: Base, order: str, value: str) -> None:
    found = [
        getattr(way, value)
        for way in ask(base, "aide-soignant", wishes=Wishes(order=order)).pathways
    ]

    known = [number for number in found if number is not None]
    assert known == sorted(known)
    assert found[: len(known)] == known


@no_database
def test_contradictory_answers_get_a_sentence_and_a_way(base: Base) -> None:
    present = ask(base, "aide-soignant", "aide-soignant")
    above = ask(base, "infirmier", "aide-soignant")
    unknown = ask(base, "aide-soignant", "aide-soignante-de-nuit")
    nowhere = ask(base, "directeur-etablissement")
    start = ask(base, "astronaute", "infirmier", years=3)
    strange = ask(base, "aide-soignant", "infirmier", "permis-b", years=-1)

    assert said(present.remarks, "Vous exercez déjà ce métier")
    assert said(above.remarks, "DEI", "plus élevé")
    assert said(unknown.remarks, "ne connaissons pas le métier visé")
    assert said(start.remarks, "métier de départ", "Indiquez votre métier")
    assert said(strange.remarks, "permis-b", "n’est pas possible")
    assert all(answer.pathways for answer in (present, above, unknown, start, strange))
    assert said(nowhere.remarks, "Métiers voisins")
    assert said(ask(base, "auxiliaire-de-vie", None, "deavs").remarks, "n’est plus délivré")


@no_database
def test_a_name_close_to_one_we_know_is_proposed(base: Base) -> None:
    assert said(ask(base, None, "aide-soigniante").remarks, "Vouliez-vous dire « Aide-soignant·e »")


@no_database
def test_a_level_4_diploma_may_stand_for_the_bac(base: Base) -> None:
    plain = best(ask(base, None, "educateur-specialise"))
    level_4 = best(ask(base, None, "educateur-specialise", "deme"))

    assert said(plain.reasons, "Il faut le bac")
    assert level_4.slugs[0] == "moniteur-educateur" or said(level_4.reasons, "peut remplacer")


@no_database
def test_a_move_carries_its_sources_and_the_date_of_the_newest_text(base: Base) -> None:
    (step,) = best(ask(base, "aide-soignant", "infirmier")).steps

    assert "S14" in step.sources
    assert step.as_of == "2023-08-02"
    assert step.funding[0] == "employeur-parcours-as-ide"
    assert step.keeps_pay


def test_the_graph_follows_the_base(app: Flask) -> None:
    before = base_of_reference()
    assert base_of_reference() is before
    reference = services.read_reference()
    row = next(
        row
        for row in reference.mobility
        if (row["from"], row["to"]) == ("aide-soignant", "infirmier")
    )
    row["duration_months"] = 30

    services.load_reference(replace(reference, version="longer"))

    assert base_of_reference() is not before
    assert find(base_of_reference(), Situation("aide-soignant"), Wishes("infirmier")).pathways[
        0
    ].months == pytest.approx(30)
