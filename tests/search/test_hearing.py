"""Names written as they are heard, cut short, refused or left: what people mean is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.criteria import parse
from app.search.denials import is_denied
from app.search.hearing import sound
from app.search.reading import Reading
from app.search.understanding import understand, understood
from app.search.vocabulary import search_words

pytestmark = pytest.mark.usefixtures("session")


def reading(text: str) -> Reading:
    return understand(parse({"q": text}))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("soiniante", "soignante"),
        ("sicologue", "psychologue"),
        ("oxilière", "auxilière"),
        ("édukateur", "éducateur"),
        ("anbulansier", "ambulancier"),
        ("ortofoniste", "orthophoniste"),
        ("fame", "femme"),
        ("kinésitérapeute", "kinésithérapeute"),
    ],
)
def test_what_is_said_alike_has_the_same_sound(typed: str, meant: str) -> None:
    def plain(word: str) -> str:
        return word.replace("é", "e").replace("è", "e")

    assert sound(plain(typed)) == sound(plain(meant))


@pytest.mark.parametrize(
    ("one", "other"), [("aide", "aise"), ("nuit", "jour"), ("infirmier", "infirmerie")]
)
def test_what_is_said_otherwise_has_another_sound(one: str, other: str) -> None:
    assert sound(one) != sound(other)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=40))
def test_any_word_has_a_sound(word: str) -> None:
    assert sound(word) == sound(word)
    assert len(sound(word)) <= 2 * len(word)


@pytest.mark.parametrize(
    ("typed", "profession"),
    [
        ("sicologue", "psychologue"),
        ("ède soiniante", "aide-soignant"),
        ("aide swagnante", "aide-soignant"),
        ("oxiliaire de vi", "auxiliaire-de-vie"),
        ("auxi de puer", "auxiliaire-de-puericulture"),
        ("aide dom", "aide-a-domicile"),
        ("aide med psy", "accompagnant-educatif-social"),
        ("assist soc", "assistant-service-social"),
        ("monit educ", "moniteur-educateur"),
        ("psicomotricienne", "psychomotricien"),
    ],
)
def test_a_name_heard_or_cut_short_is_read(typed: str, profession: str) -> None:
    assert reading(typed).professions == (profession,)
    assert not reading(typed).words


@pytest.mark.parametrize(
    "text", ["jardinage", "restauration", "pizza lyon", "piano", "moto", "une maison", "vélo"]
)
def test_another_word_is_no_profession(text: str) -> None:
    assert not reading(text).named


def test_every_name_of_a_profession_still_reads_as_itself() -> None:
    words = search_words()
    for entry in words.professions:
        for label in (entry.label_feminine, entry.label_masculine):
            assert entry.slug in reading(label).professions, label


@pytest.mark.parametrize(
    ("text", "asked", "refused"),
    [
        ("aide soignante pas en ehpad", None, "workplace/ehpad"),
        ("j'en peux plus de l'hôpital, je veux un ehpad", "workplace/ehpad", "workplace/hopital"),
        ("quitter l'hôpital pour un ssiad", "workplace/ssiad", "workplace/hopital"),
        ("je veux plus travailler de nuit", None, "schedule/nuit"),
        ("je veux plus travailler à l'hôpital", None, "workplace/hopital"),
        ("pas de nuit aide soignante", "schedule/jour", "schedule/nuit"),
        ("aide soignante sans diplôme", "diploma/none", None),
        ("je sors de l'école, premier poste en crèche", "workplace/creche", "kind/training"),
    ],
)
def test_what_is_refused_is_not_asked(text: str, asked: str | None, refused: str | None) -> None:
    facets = {f"{name}/{value}" for name, value in reading(text).facets}
    assert asked is None or asked in facets
    assert refused not in facets


def test_more_of_something_is_no_refusal() -> None:
    assert not is_denied(["je", "veux", "plus", "de", "nuits"], 4)
    assert is_denied(["je", "ne", "veux", "plus", "de", "nuits"], 5)


@pytest.mark.parametrize("text", ["école d'infirmière", "ecole d'aide soignante lyon"])
def test_the_school_of_a_profession_is_a_training(text: str) -> None:
    facets = {f"{name}/{value}" for name, value in reading(text).facets}
    assert facets == {"kind/training"}
    assert "workplace/ecole" in {
        f"{name}/{value}" for name, value in reading("infirmière dans une école").facets
    }


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("d'ash à aide soignante", "aide-soignant"),
        ("je suis ash et je veux devenir aide soignante", "aide-soignant"),
        ("passer d'aide-soignante à infirmière", "infirmier"),
    ],
)
def test_a_way_asks_for_where_it_goes(text: str, target: str) -> None:
    found = reading(text)
    assert found.professions == (target,)
    assert {"kind/training", "kind/path"} <= {f"{name}/{value}" for name, value in found.facets}


def test_two_professions_without_a_way_are_both_asked() -> None:
    found = reading("aide soignante ou infirmière")
    assert found.professions == ("aide-soignant", "infirmier")


def test_a_name_that_begins_in_a_wish_is_read() -> None:
    found = reading("passer le cap petite enfance")
    assert found.professions == ("accompagnant-petite-enfance",)
    assert ("kind", "training") in found.facets


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("aide soignante part dieu", "Lyon 3e"),
        ("as gerland", "Lyon 7e"),
        ("infirmière croix-rousse", "Lyon 4e"),
        ("éducateur gratte-ciel", "Villeurbanne"),
        ("aide à domicile Minguettes", "Vénissieux"),
        ("infirmière villefranche", "Villefranche-sur-Saône"),
    ],
)
def test_places_are_read_as_people_around_say_them(text: str, place: str) -> None:
    found = reading(text).place
    assert found is not None
    assert found.name == place


def test_what_is_said_twice_is_one_piece() -> None:
    chips = understood(parse({"q": "aide soignante nuit aide soignante nuit"})).chips
    assert [chip.label for chip in chips] == ["Aide-soignant·e", "De nuit"]
    assert "aide" not in chips[0].url
