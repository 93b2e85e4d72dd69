"""Forms of those who write listings: one screen a kind, drafts accepted half filled."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.validators import Optional as MayBeEmpty
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.clock import PARIS, paris_date, paris_instant
from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.geography.queries import Place, find_place, get_place
from app.listings.enums import (
    MODALITY_LABELS,
    PAY_PERIOD_LABELS,
    UNFILLED_REASON_LABELS,
    DiplomaNeed,
    Kind,
    Outcome,
)
from app.listings.models import Listing, ListingSession
from app.professions.queries import diplomas, professions, term_label, terms

MAX_PAY_EUROS = 1_000_000
MAX_TEXT = 10_000
_SPACES = re.compile(r"[\s€]")
NOT_IN_LIST = lazy("Choisissez une réponse de la liste.")
TOO_LONG = lazy("Raccourcissez ce texte\u00a0: %(max)d caractères au plus.")


def parse_number(text: str) -> Decimal | None:
    """Read a number as people write it: « 2 077 », « 12,31 », « 2077 € ».

    Returns None when the text is empty; raises ValueError when it is not a number.
    """
    plain = _SPACES.sub("", text).replace(",", ".")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value


class Needed:
    """What must be filled to send the listing, but may wait in a draft (unless `always`)."""

    def __init__(self, message: Any, *, always: bool = False) -> None:
        self.message = message
        self.always = always

    def __call__(self, form: ListingForm, field: Field) -> None:
        """Stop the validation of an empty field, with the message unless it is a draft."""
        if field.data not in (None, "", []):
            return
        # A date that could not be read has said so already.
        waits = not self.always and form.draft
        raise StopValidation(None if field.errors or waits else self.message)


class Amount:
    """A number between two bounds, written as people do."""

    def __init__(self, low: float, high: float, message: Any) -> None:
        self.low, self.high, self.message = low, high, message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise ValidationError unless the text is a number within the bounds."""
        try:
            value = parse_number(field.data or "")
        except ValueError as error:
            raise ValidationError(self.message) from error
        if value is not None and not self.low <= value <= self.high:
            raise ValidationError(self.message)


class OneOf:
    """One of the values offered, or none."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = {*values, None}

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise ValidationError on a value that was not offered."""
        if field.data not in self.values:
            raise ValidationError(NOT_IN_LIST)


class FrenchDateField(DateField):
    """A day, typed in the browser's calendar or as 31/12/2026."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; say how to write it when it cannot be read."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Écrivez la date ainsi\u00a0: 31/12/2026.")) from error


class FrenchTimeField(TimeField):
    """An hour, typed in the browser's clock or as 14:30."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, format=["%H:%M", "%Hh%M", "%H:%M:%S"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the hour; say how to write it when it cannot be read."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Écrivez l’heure ainsi\u00a0: 14:30.")) from error


def _choices(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


def _boxes(label: Any, kind: str) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        choices=lambda: [SelectChoice(term.slug, term.label) for term in terms(kind)],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_choice_message=NOT_IN_LIST,
    )


def _radios(label: Any, labels: Mapping[Any, Any], *validators: Any, default: Any = None) -> Any:
    return RadioField(
        label,
        choices=_choices(labels),
        default=default,
        validators=[*validators, OneOf(labels)],
        # OneOf judges instead, so that an answer may be missing from a draft.
        validate_choice=False,
    )


def _optional_id(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


def _select(label: Any, choices: Callable[[], Any], *validators: Any) -> SelectField:
    return SelectField(
        label,
        choices=choices,
        coerce=_optional_id,
        validators=validators,
        invalid_value_message=NOT_IN_LIST,
        invalid_choice_message=NOT_IN_LIST,
    )


def _profession_choices() -> list[SelectChoice]:
    found = [SelectChoice(entry.id, entry.label) for entry in professions()]
    return [SelectChoice("", _("Choisissez")), *found]


def _diploma_choices() -> list[SelectChoice]:
    found = [SelectChoice(entry.id, entry.label) for entry in diplomas()]
    return [SelectChoice("", _("Aucun en particulier")), *found]


def _workplace_choices() -> list[SelectChoice]:
    found = [
        SelectChoice(term.slug, term.label, optgroup=_category(term.category))
        for term in terms("workplace")
    ]
    return [SelectChoice("", _("Non précisé")), *sorted(found, key=lambda one: one.optgroup or "")]


def _category(slug: str | None) -> str:
    return term_label("workplace-category", slug) if slug else _("Autres")


def _contract_choices() -> list[SelectChoice]:
    # An internship is a kind of listing of its own.
    found = [SelectChoice(t.slug, t.label) for t in terms("contract") if t.slug != "stage"]
    return [SelectChoice("", _("Choisissez")), *found]


def _text(label: Any, maximum: int, *validators: Any) -> StringField:
    return StringField(label, validators=[*validators, Length(max=maximum, message=TOO_LONG)])


def _number(label: Any, low: float, high: float, message: Any, *validators: Any) -> StringField:
    return StringField(label, validators=[*validators, Amount(low, high, message)])


class ListingForm(BaseForm):
    """What every kind of listing says. `draft` is set by the view before validation."""

    draft = False

    version = HiddenField()
    title = _text(
        lazy("Intitulé"),
        160,
        Needed(
            lazy("Donnez un titre, par exemple «\u00a0Aide-soignant·e de jour\u00a0»."), always=True
        ),
    )
    description = TextAreaField(
        lazy("Description"),
        validators=[
            Needed(lazy("Décrivez l’annonce en quelques phrases simples.")),
            Length(max=MAX_TEXT, message=TOO_LONG),
        ],
    )
    conditions = TextAreaField(
        lazy("Ce qui est difficile, ce que vous proposez"),
        validators=[Length(max=MAX_TEXT, message=TOO_LONG)],
    )
    place = _text(
        lazy("Commune"),
        120,
        Needed(lazy("Indiquez la commune, par exemple Bron (69500).")),
    )
    address = _text(lazy("Adresse"), 200)
    workplace = SelectField(
        lazy("Lieu d’exercice"),
        choices=_workplace_choices,
        default="",
        invalid_choice_message=NOT_IN_LIST,
    )
    publics = _boxes(lazy("Auprès de qui\u00a0?"), "public")
    contact_name = _text(
        lazy("Qui répond aux candidatures\u00a0?"),
        120,
        Needed(lazy("Indiquez un nom et une fonction, par exemple Mme Ravier, cadre de santé.")),
    )
    deadline = FrenchDateField(lazy("Dernier jour pour répondre"), validators=[MayBeEmpty()])

    found_place: Place | None = None
    slots = 0

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def validate_place(self, field: Field) -> None:
        """Find the commune that the text names."""
        self.found_place = find_place(field.data) if field.data else None
        if field.data and self.found_place is None:
            raise ValidationError(
                _(
                    "Nous ne connaissons pas cette commune. "
                    "Écrivez son nom et son code postal, par exemple Bron (69500)."
                )
            )

    def validate_deadline(self, field: Field) -> None:
        """Refuse a day that is over."""
        if field.data is not None and field.data < self.today:
            raise ValidationError(_("Cette date est passée. Choisissez un jour à venir."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then that dates end after they start."""
        valid = super().validate(extra_validators)
        for fields in self.session_fields:
            start, end = (
                fields[name].data if name in fields else None for name in ("start", "end")
            )
            if start and end and end < start:
                message = _("La fin vient avant le début. Corrigez l’une des deux heures.")
                fields["end"].errors = [*fields["end"].errors, message]
                valid = False
        return valid

    @property
    def session_fields(self) -> list[dict[str, Field]]:
        """Return the fields of each date: day, start, end, capacity, deadline, label."""
        names = ("day", "start", "end", "capacity", "closing", "label")
        return [
            {name: self[f"date{n}_{name}"] for name in names if f"date{n}_{name}" in self}
            for n in range(1, self.slots + 1)
        ]

    def values(self, sessions: list[ListingSession]) -> dict[str, Any]:
        """Return the values of the listing, as the services take them.

        `sessions`: those the listing has, in the order in which the form shows them.
        """
        found: dict[str, Any] = {}
        for field in self:
            if field.name in _DIRECT:
                found[field.name] = field.data if field.data is not None else _EMPTY.get(field.name)
        for name, column, convert in _AMOUNTS:
            if name in self:
                value = parse_number(self[name].data or "")
                found[column] = None if value is None else convert(value)
        found["commune_code"] = self.found_place.code if self.found_place else None
        found["workplace"] = self.workplace.data or None
        if "pay_period" in found and not (found["pay_min_cents"] and found["pay_period"]):
            found["pay_min_cents"] = found["pay_max_cents"] = found["pay_period"] = None
        if "free" in self:
            found["cost_cents"] = 0 if self["free"].data else found.get("cost_cents")
        found["positions"] = found.get("positions") or 1
        if self.slots:
            found["sessions"] = self._sessions(sessions)
        return found

    def _sessions(self, existing: list[ListingSession]) -> list[dict[str, Any]]:
        found = []
        for index, fields in enumerate(self.session_fields):
            known = existing[index] if index < len(existing) else None
            if fields["day"].data is not None:
                found.append(_session_values(fields, known))
        return found


def _session_values(fields: dict[str, Field], known: ListingSession | None) -> dict[str, Any]:
    day: dt.date = fields["day"].data
    start = fields["start"].data if "start" in fields else None
    end = fields["end"].data if "end" in fields else None
    capacity = parse_number(fields["capacity"].data or "")
    label = fields.get("label")
    return {
        "id": known.id if known else None,
        "starts_at": paris_instant(day, start or dt.time(9)),
        "ends_at": paris_instant(day, end)
        if end
        else (known.ends_at if known and not start else None),
        "deadline": fields["closing"].data if "closing" in fields else None,
        "capacity": None if capacity is None else int(capacity),
        "label": label.data if label else "",
    }


def _cents(value: Decimal) -> int:
    return round(value * 100)


_DIRECT = frozenset(
    {
        "address",
        "collective_agreement",
        "conditions",
        "contact_name",
        "contract",
        "deadline",
        "description",
        "diploma_id",
        "diploma_need",
        "duration_label",
        "ends_on",
        "entry_conditions",
        "from_profession_id",
        "funding",
        "hours_label",
        "licence_required",
        "modality",
        "pay_period",
        "profession_id",
        "publics",
        "schedules",
        "starts_on",
        "title",
    }
)
_EMPTY: dict[str, Any] = {"diploma_need": DiplomaNeed.UNKNOWN}
_AMOUNTS: tuple[tuple[str, str, Callable[[Decimal], Any]], ...] = (
    ("pay_min", "pay_min_cents", _cents),
    ("pay_max", "pay_max_cents", _cents),
    ("hours_min", "hours_min", float),
    ("hours_max", "hours_max", float),
    ("contract_months", "contract_months", float),
    ("positions", "positions", int),
    ("cost", "cost_cents", _cents),
    ("duration_months", "duration_months", float),
    ("duration_hours", "duration_hours", int),
)


class ProfessionFields:
    """The profession, asked for or not."""

    profession_id = _select(lazy("Métier"), _profession_choices)


class DurationFields:
    """How long it lasts."""

    duration_label = _text(lazy("Durée"), 120)


class DatesFields:
    """From when to when."""

    starts_on = FrenchDateField(lazy("Début"), validators=[MayBeEmpty()])
    ends_on = FrenchDateField(lazy("Fin"), validators=[MayBeEmpty()])

    def validate_ends_on(self, field: Field) -> None:
        """Refuse an end before the start."""
        start = self.starts_on.data
        if field.data and start and field.data < start:
            raise ValidationError(_("La fin vient avant le début. Corrigez l’une des deux dates."))


class JobForm(ListingForm):
    """A job: pay, hours, contract and place are what people decide on, hence needed."""

    profession_id = _select(
        lazy("Métier"), _profession_choices, Needed(lazy("Choisissez le métier dans la liste."))
    )
    pay_min = _number(
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
    pay_max = _number(
        lazy("Brut maximum, en euros"),
        1,
        MAX_PAY_EUROS,
        lazy("Indiquez un montant brut en euros, par exemple 2\u00a0290."),
    )
    pay_period = _radios(lazy("Ce montant est"), PAY_PERIOD_LABELS, default="month")
    collective_agreement = _text(lazy("Grille ou convention collective"), 120)
    hours_min = _number(
        lazy("Heures par semaine"),
        1,
        60,
        lazy("Indiquez un nombre d’heures, par exemple 35."),
        Needed(lazy("Indiquez un nombre d’heures, par exemple 35.")),
    )
    hours_max = _number(
        lazy("Heures par semaine, au plus"),
        1,
        60,
        lazy("Indiquez un nombre d’heures, par exemple 35."),
    )
    hours_label = _text(lazy("Horaires précis"), 200)
    schedules = _boxes(lazy("Rythme"), "schedule")
    contract = SelectField(
        lazy("Contrat"),
        choices=_contract_choices,
        default="",
        invalid_choice_message=NOT_IN_LIST,
        validators=[Needed(lazy("Choisissez le contrat dans la liste."))],
    )
    contract_months = _number(
        lazy("Durée du contrat, en mois"),
        0.1,
        72,
        lazy("Indiquez un nombre de mois, par exemple 6."),
    )
    starts_on = FrenchDateField(lazy("Début"), validators=[MayBeEmpty()])
    positions = _number(
        lazy("Nombre de postes"), 1, 500, lazy("Indiquez un nombre de postes, par exemple 1.")
    )
    diploma_need = _radios(
        lazy("Faut-il un diplôme\u00a0?"),
        {DiplomaNeed.NONE: lazy("Non, aucun"), DiplomaNeed.REQUIRED: lazy("Oui, il est exigé")},
        Needed(lazy("Dites si un diplôme est exigé.")),
    )
    diploma_id = _select(lazy("Lequel\u00a0?"), _diploma_choices)
    licence_required = BooleanField(lazy("Le permis de conduire est demandé"))

    def validate_pay_max(self, field: Field) -> None:
        """Refuse a maximum below the minimum."""
        try:
            low, high = parse_number(self.pay_min.data or ""), parse_number(field.data or "")
        except ValueError:
            return
        if high is not None and low is None:
            raise ValidationError(_("Indiquez aussi le minimum."))
        if high is not None and low is not None and high < low:
            raise ValidationError(
                _("Le maximum est plus petit que le minimum. Corrigez l’un des deux.")
            )


class TrainingForm(ProfessionFields, ListingForm):
    """A training, with its sessions."""

    diploma_id = _select(lazy("Diplôme préparé"), _diploma_choices)
    duration_months = _number(
        lazy("Durée en mois"), 0.1, 72, lazy("Indiquez un nombre de mois, par exemple 11.")
    )
    duration_hours = _number(
        lazy("Durée en heures"),
        1,
        10_000,
        lazy("Indiquez un nombre d’heures, par exemple 1\u00a0540."),
    )
    modality = _radios(lazy("Où la suit-on\u00a0?"), MODALITY_LABELS, default="on_site")
    diploma_need = _radios(
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
    cost = _number(
        lazy("Coût pour la personne, en euros"),
        0,
        MAX_PAY_EUROS,
        lazy("Indiquez un montant en euros, par exemple 450."),
    )
    funding = _boxes(lazy("Qui peut payer\u00a0?"), "funding")


class InternshipForm(ProfessionFields, DurationFields, DatesFields, ListingForm):
    """An internship."""

    diploma_id = _select(lazy("Diplôme préparé"), _diploma_choices)
    positions = _number(
        lazy("Nombre de stagiaires"), 1, 500, lazy("Indiquez un nombre, par exemple 2.")
    )


class ImmersionForm(ProfessionFields, DurationFields, ListingForm):
    """A visit or a few days to discover, with its dates."""


class PathForm(DurationFields, ListingForm):
    """A way from one profession to another."""

    from_profession_id = _select(lazy("Métier de départ"), _profession_choices)
    profession_id = _select(
        lazy("Métier d’arrivée"),
        _profession_choices,
        Needed(lazy("Choisissez le métier d’arrivée dans la liste.")),
    )
    diploma_id = _select(lazy("Diplôme préparé"), _diploma_choices)
    duration_months = _number(
        lazy("Durée en mois"), 0.1, 120, lazy("Indiquez un nombre de mois, par exemple 19.")
    )
    free = BooleanField(lazy("C’est gratuit pour la personne"))
    funding = _boxes(lazy("Qui peut payer\u00a0?"), "funding")


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
MIN_SLOTS = {Kind.TRAINING: 3, Kind.IMMERSION: 3, Kind.EVENT: 1}
_DAY_NEEDED = lazy("Indiquez la date, par exemple 31/12/2026.")
_SEATS = lazy(
    "Indiquez un nombre de places, par exemple 12, ou laissez vide s’il n’y a pas de limite."
)


def _slot_fields(kind: Kind, number: int) -> Iterator[tuple[str, Any]]:
    needed = [Needed(_DAY_NEEDED)] if kind == Kind.EVENT and number == 1 else [MayBeEmpty()]
    first = {Kind.TRAINING: lazy("Date de rentrée"), Kind.EVENT: lazy("Date")}
    yield "day", FrenchDateField(first.get(kind, lazy("Date")), validators=needed)
    if kind == Kind.TRAINING:
        yield "label", _text(lazy("Rythme"), 120)
        yield "closing", FrenchDateField(lazy("Dossier avant le"), validators=[MayBeEmpty()])
    else:
        start = [Needed(lazy("Indiquez l’heure, par exemple 14:00."))] if number == 1 else []
        yield "start", FrenchTimeField(lazy("Début"), validators=start or [MayBeEmpty()])
        yield "end", FrenchTimeField(lazy("Fin"), validators=[MayBeEmpty()])
    yield "capacity", _number(lazy("Places"), 1, 10_000, _SEATS)


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
    return type(base)(base.__name__, (base,), fields | {"slots": slots})


def initial_values(listing: Listing) -> dict[str, Any]:
    """Return what the form of a listing shows first."""
    found = {name: getattr(listing, name) for name in _DIRECT}
    if listing.diploma_need == DiplomaNeed.UNKNOWN and listing.kind == Kind.JOB:
        found["diploma_need"] = None
    found |= {
        "version": str(listing.version),
        "workplace": listing.workplace or "",
        "contract": listing.contract or "",
        "place": _place_text(listing),
        "free": listing.cost_cents == 0,
        "pay_min": _plain(listing.pay_min_cents, 100),
        "pay_max": _plain(listing.pay_max_cents, 100),
        "cost": _plain(listing.cost_cents, 100) if listing.cost_cents else "",
        "hours_min": _plain(listing.hours_min),
        "hours_max": _plain(listing.hours_max),
        "contract_months": _plain(listing.contract_months),
        "duration_months": _plain(listing.duration_months),
        "duration_hours": _plain(listing.duration_hours),
        "positions": str(listing.positions),
    }
    for number, session in enumerate(listing.sessions, 1):
        found |= _initial_session(number, session)
    # An unknown value leaves the field its default.
    return {name: value for name, value in found.items() if value is not None}


def _initial_session(number: int, session: ListingSession) -> dict[str, Any]:
    start = session.starts_at.astimezone(PARIS)
    end = session.ends_at.astimezone(PARIS) if session.ends_at else None
    values = {
        "day": paris_date(session.starts_at),
        "start": start.time(),
        "end": end.time() if end else None,
        "capacity": _plain(session.capacity),
        "closing": session.deadline,
        "label": session.label,
    }
    return {f"date{number}_{name}": value for name, value in values.items()}


def _place_text(listing: Listing) -> str:
    place = get_place(listing.commune_code) if listing.commune_code else None
    return place.label if place else listing.place_label


def _plain(value: float | int | None, divisor: int = 1) -> str:
    if value is None:
        return ""
    amount = value / divisor
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}".replace(".", ",")


class CloseForm(BaseForm):
    """How a listing ended."""

    outcome = _radios(
        lazy("Comment s’est-elle terminée\u00a0?"),
        {
            Outcome.FILLED: lazy("Nous avons trouvé quelqu’un"),
            Outcome.UNFILLED: lazy("Nous n’avons trouvé personne"),
            Outcome.WITHDRAWN: lazy("Nous la retirons"),
        },
        Needed(NOT_IN_LIST, always=True),
    )
    unfilled_reason = _radios(
        lazy("Si vous n’avez trouvé personne, pourquoi\u00a0?"),
        {"": lazy("Sans objet")} | UNFILLED_REASON_LABELS,
        default="",
    )

    def validate_unfilled_reason(self, field: Field) -> None:
        """Ask why when nobody was found."""
        if self.outcome.data == Outcome.UNFILLED and not field.data:
            raise ValidationError(_("Dites pourquoi\u00a0: cela aide à comprendre ce qui manque."))
