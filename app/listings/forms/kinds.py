"""One form a kind of listing, with as many dates as it needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    SelectField,
    TextAreaField,
)
from wtforms.validators import Length, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from app.core.i18n import _, lazy
from app.listings.enums import (
    MODALITY_LABELS,
    PAY_PERIOD_LABELS,
    DiplomaNeed,
    Kind,
)
from app.listings.forms.fields import (
    MAX_PAY_EUROS,
    MAX_TEXT,
    NOT_IN_LIST,
    TOO_LONG,
    FrenchDateField,
    FrenchTimeField,
    Needed,
    contract_choices,
    diploma_choices,
    id_select,
    number_field,
    parse_number,
    profession_choices,
    radio_buttons,
    text_field,
    tick_boxes,
)
from app.listings.forms.listing import ListingForm


class ProfessionFields:
    """The profession, asked for or not."""

    profession_id = id_select(lazy("Métier"), profession_choices)


class DurationFields:
    """How long it lasts."""

    duration_label = text_field(lazy("Durée"), 120)


class DatesFields:
    """From when to when."""

    starts_on = FrenchDateField(lazy("Début"), validators=[MayBeEmpty()])
    ends_on = FrenchDateField(lazy("Fin"), validators=[MayBeEmpty()])

    def validate_ends_on(self, field: Field) -> None:
        """Refuse an end before the start."""
        start: dt.date | None = self.starts_on.data
        if field.data and start and field.data < start:
            raise ValidationError(_("La fin vient avant le début. Corrigez l’une des deux dates."))


class JobForm(ListingForm):
    """A job: pay, hours, contract and place are what people decide on, hence needed."""

    profession_id = id_select(
        lazy("Métier"), profession_choices, Needed(lazy("Choisissez le métier dans la liste."))
    )
    pay_min = number_field(
        lazy("Brut minimum, en euros"),
        1,
        MAX_PAY_EUROS,
        lazy("Indiquez un montant brut en euros, par exemple 2\u00a0077."),
        Needed(
            lazy(
                "Indiquez le salaire brut, par exemple 2\u00a0077. "
                "Sans salaire, l’annonce ne peut pas paraître."
            )
        ),
    )
    pay_max = number_field(
        lazy("Brut maximum, en euros"),
        1,
        MAX_PAY_EUROS,
        lazy("Indiquez un montant brut en euros, par exemple 2\u00a0290."),
    )
    pay_period = radio_buttons(lazy("Ce montant est"), PAY_PERIOD_LABELS, default="month")
    collective_agreement = text_field(lazy("Grille ou convention collective"), 120)
    hours_min = number_field(
        lazy("Heures par semaine"),
        1,
        60,
        lazy("Indiquez un nombre d’heures, par exemple 35."),
        Needed(lazy("Indiquez un nombre d’heures, par exemple 35.")),
    )
    hours_max = number_field(
        lazy("Heures par semaine, au plus"),
        1,
        60,
        lazy("Indiquez un nombre d’heures, par exemple 35."),
    )
    hours_label = text_field(lazy("Horaires précis"), 200)
    schedules = tick_boxes(lazy("Rythme"), "schedule")
    contract = SelectField(
        lazy("Contrat"),
        choices=contract_choices,
        default="",
        invalid_choice_message=NOT_IN_LIST,
        validators=[Needed(lazy("Choisissez le contrat dans la liste."))],
    )
    contract_months = number_field(
        lazy("Durée du contrat, en mois"),
        0.1,
        72,
        lazy("Indiquez un nombre de mois, par exemple 6."),
    )
    starts_on = FrenchDateField(lazy("Début"), validators=[MayBeEmpty()])
    positions = number_field(
        lazy("Nombre de postes"), 1, 500, lazy("Indiquez un nombre de postes, par exemple 1.")
    )
    diploma_need = radio_buttons(
        lazy("Faut-il un diplôme\u00a0?"),
        {DiplomaNeed.NONE: lazy("Non, aucun"), DiplomaNeed.REQUIRED: lazy("Oui, il est exigé")},
        Needed(lazy("Dites si un diplôme est exigé.")),
    )
    diploma_id = id_select(lazy("Lequel\u00a0?"), diploma_choices)
    licence_required = BooleanField(lazy("Le permis de conduire est demandé"))

    def validate_pay_max(self, field: Field) -> None:
        """Refuse a maximum below the minimum."""
        try:
            low, high = parse_number(self.pay_min.data or ""), parse_number(field.data or "")
        except ValueError:
            return
        if high is None:
            return
        if low is None:
            raise ValidationError(_("Indiquez aussi le minimum."))
        if high < low:
            raise ValidationError(
                _("Le maximum est plus petit que le minimum. Corrigez l’un des deux.")
            )


class TrainingForm(ProfessionFields, ListingForm):
    """A training, with its sessions."""

    diploma_id = id_select(lazy("Diplôme préparé"), diploma_choices)
    duration_months = number_field(
        lazy("Durée en mois"), 0.1, 72, lazy("Indiquez un nombre de mois, par exemple 11.")
    )
    duration_hours = number_field(
        lazy("Durée en heures"),
        1,
        10_000,
        lazy("Indiquez un nombre d’heures, par exemple 1\u00a0540."),
    )
    modality = radio_buttons(lazy("Où la suit-on\u00a0?"), MODALITY_LABELS, default="on_site")
    diploma_need = radio_buttons(
        lazy("Faut-il un diplôme pour entrer\u00a0?"),
        {
            DiplomaNeed.NONE: lazy("Non, aucun"),
            DiplomaNeed.REQUIRED: lazy("Oui"),
            DiplomaNeed.UNKNOWN: lazy("Cela dépend"),
        },
        default=DiplomaNeed.UNKNOWN,
    )
    entry_conditions = TextAreaField(
        lazy("Conditions d’entrée"), validators=[Length(max=MAX_TEXT, message=TOO_LONG)]
    )
    free = BooleanField(lazy("C’est gratuit pour la personne"))
    cost = number_field(
        lazy("Coût pour la personne, en euros"),
        0,
        MAX_PAY_EUROS,
        lazy("Indiquez un montant en euros, par exemple 450."),
    )
    funding = tick_boxes(lazy("Qui peut payer\u00a0?"), "funding")


class InternshipForm(ProfessionFields, DurationFields, DatesFields, ListingForm):
    """An internship."""

    diploma_id = id_select(lazy("Diplôme préparé"), diploma_choices)
    positions = number_field(
        lazy("Nombre de stagiaires"), 1, 500, lazy("Indiquez un nombre, par exemple 2.")
    )


class ImmersionForm(ProfessionFields, DurationFields, ListingForm):
    """A visit or a few days to discover, with its dates."""


class PathForm(DurationFields, ListingForm):
    """A way from one profession to another."""

    from_profession_id = id_select(lazy("Métier de départ"), profession_choices)
    profession_id = id_select(
        lazy("Métier d’arrivée"),
        profession_choices,
        Needed(lazy("Choisissez le métier d’arrivée dans la liste.")),
    )
    diploma_id = id_select(lazy("Diplôme préparé"), diploma_choices)
    duration_months = number_field(
        lazy("Durée en mois"), 0.1, 120, lazy("Indiquez un nombre de mois, par exemple 19.")
    )
    positions = number_field(
        lazy("Nombre de places"), 1, 500, lazy("Indiquez un nombre de places, par exemple 6.")
    )
    free = BooleanField(lazy("C’est gratuit pour la personne"))
    funding = tick_boxes(lazy("Qui peut payer\u00a0?"), "funding")


class EventForm(ProfessionFields, ListingForm):
    """A meeting, with its dates and seats."""

    free = BooleanField(lazy("L’entrée est gratuite"), default=True)


_FORMS: dict[Kind, type[ListingForm]] = {
    Kind.JOB: JobForm,
    Kind.TRAINING: TrainingForm,
    Kind.INTERNSHIP: InternshipForm,
    Kind.IMMERSION: ImmersionForm,
    Kind.PATH: PathForm,
    Kind.EVENT: EventForm,
}
MIN_SLOTS = {Kind.TRAINING: 3, Kind.INTERNSHIP: 3, Kind.IMMERSION: 3, Kind.EVENT: 1}
_DAY_NEEDED = lazy("Indiquez la date, par exemple 31/12/2026.")
_SEATS = lazy(
    "Indiquez un nombre de places, par exemple 12, ou laissez vide s’il n’y a pas de limite."
)


def _slot_fields(kind: Kind, number: int) -> Iterator[tuple[str, Any]]:
    needed = [Needed(_DAY_NEEDED)] if kind == Kind.EVENT and number == 1 else [MayBeEmpty()]
    first = {Kind.TRAINING: lazy("Date de rentrée"), Kind.INTERNSHIP: lazy("Premier jour")}
    yield "day", FrenchDateField(first.get(kind, lazy("Date")), validators=needed)
    if kind == Kind.TRAINING:
        yield "label", text_field(lazy("Rythme"), 120)
        yield "closing", FrenchDateField(lazy("Dossier avant le"), validators=[MayBeEmpty()])
    elif kind == Kind.INTERNSHIP:
        yield "last", FrenchDateField(lazy("Dernier jour"), validators=[MayBeEmpty()])
    else:
        yield "start", FrenchTimeField(lazy("Début"), validators=[MayBeEmpty()])
        yield "end", FrenchTimeField(lazy("Fin"), validators=[MayBeEmpty()])
    yield "capacity", number_field(lazy("Places"), 1, 10_000, _SEATS)


def form_class(kind: Kind, dates: int) -> type[ListingForm]:
    """Return the form of a kind, with room for `dates` dates and one more."""
    base = _FORMS[kind]
    if kind not in MIN_SLOTS:
        return base
    slots = max(MIN_SLOTS[kind], dates + 1 if kind != Kind.EVENT else dates)
    fields = {
        f"date{number}_{name}": field
        for number in range(1, slots + 1)
        for name, field in _slot_fields(kind, number)
    }
    return type(base.__name__, (base,), fields | {"slots": slots})
