"""What programs receive and may ask. These models are the contract: the OpenAPI is made of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from app.listings.enums import DiplomaNeed, Kind, Modality, PayPeriod
from app.search.criteria import (
    DEFAULT_RADIUS_KM,
    MAX_QUERY_LENGTH,
    MAX_RADIUS_KM,
    MIN_RADIUS_KM,
    PER_PAGE,
)

PER_PAGE_MAX = 50
PAGE_MAX = 10_000
VALUES_MAX = 40


def _digits(value: object) -> object:
    """Refuse « 1_0 », « +1 » and « 1.0 », which numbers of an address never are."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("not a number")
    return value


Slug = Annotated[str, Field(max_length=60)]
Number = BeforeValidator(_digits)


class Schema(BaseModel):
    """Base of all: closed, so that nothing is sent or accepted by accident."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=True)


class ListingsQuery(Schema):
    """Parameters of a search of listings. Those in lists may be repeated."""

    q: str = Field("", max_length=MAX_QUERY_LENGTH, description="Mots libres, en français.")
    kind: list[Kind] = Field([], max_length=VALUES_MAX, description="Type d’annonce.")
    profession: list[Slug] = Field(
        [], max_length=VALUES_MAX, description="Identifiant d’un métier, voir /professions."
    )
    contract: list[Slug] = Field(
        [], max_length=VALUES_MAX, description="Identifiant d’un contrat, par exemple cdi."
    )
    commune: str | None = Field(
        None, pattern=r"^(?:\d|2[AB])\d+$", min_length=5, max_length=5, description="Code INSEE."
    )
    radius: Annotated[int, Number] = Field(
        DEFAULT_RADIUS_KM,
        ge=MIN_RADIUS_KM,
        le=MAX_RADIUS_KM,
        description="Distance en kilomètres autour de la commune.",
    )
    page: Annotated[int, Number] = Field(1, ge=1, le=PAGE_MAX)
    per_page: Annotated[int, Number] = Field(PER_PAGE, ge=1, le=PER_PAGE_MAX)


class PathsQuery(Schema):
    """Parameters of a search of moves between professions."""

    origin: Slug | None = Field(None, alias="from", description="Métier de départ.")
    to: Slug | None = Field(None, description="Métier d’arrivée.")


class CommuneOut(Schema):
    """A commune by its INSEE code."""

    code: str
    name: str


class SourceOut(Schema):
    """Where a listing comes from: « site » when it was written here."""

    name: str
    id: str
    url: str | None


class PayOut(Schema):
    """A pay before tax, in euros for a period; only the words of the source when it is unclear."""

    min: float | None
    max: float | None
    period: PayPeriod | None
    label: str


class HoursOut(Schema):
    """Hours a week."""

    min: float
    max: float


class ListingOut(Schema):
    """A listing in a list."""

    id: int
    kind: Kind
    title: str
    organisation: str | None = Field(description="Absent quand la source ne la nomme pas.")
    commune: CommuneOut | None
    place: str
    profession: str | None
    contract: str | None
    contract_months: float | None
    workplace: str | None
    schedules: list[str]
    hours: HoursOut | None
    pay: PayOut | None
    diploma: DiplomaNeed
    url: str
    published_at: AwareDatetime
    updated_at: AwareDatetime
    closes_at: AwareDatetime | None
    source: SourceOut


class FoundListingOut(ListingOut):
    """A listing found by a search."""

    distance_km: float | None


class ListingsOut(Schema):
    """One page of a search."""

    total: int
    page: int
    per_page: int
    engine: str = Field(json_schema_extra={"enum": ["meilisearch", "database"]})
    items: list[FoundListingOut]
    facets: dict[str, dict[str, int]]


class SessionOut(Schema):
    """A dated session."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime | None
    deadline: dt.date | None
    seats_left: int | None = Field(description="Absent quand les places ne sont pas limitées.")


class ListingDetailOut(ListingOut):
    """A whole listing."""

    answer_url: str = Field(description="Où l’on répond : ici, ou sur le site d’origine.")
    summary: str
    description_html: str
    conditions: str
    entry_conditions: str
    publics: list[str]
    licence_required: bool
    positions: int
    duration: str
    modality: Modality | None
    starts_on: dt.date | None
    deadline: dt.date | None
    sessions: list[SessionOut]


class RomeOut(Schema):
    """A code of the ROME; `current` is false for those from before ROME 4.0."""

    code: str
    current: bool


class ProfessionOut(Schema):
    """A profession."""

    id: str
    label: str
    label_feminine: str
    label_masculine: str
    sector: str
    summary: str
    regulated: bool
    open_without_diploma: bool
    diplomas: list[str]
    rome: list[RomeOut]
    verified: bool
    url: str


class ProfessionsOut(Schema):
    """All the professions."""

    items: list[ProfessionOut]


class ReadSourceOut(Schema):
    """Where a fact was read."""

    code: str
    title: str
    url: str | None
    text_date: dt.date | None = Field(description="Date du texte cité, quand elle est connue.")


class PathOut(Schema):
    """A move from a profession to another."""

    origin: str = Field(alias="from")
    to: str
    kind: str
    diploma: str | None
    duration_months: float | None
    entry: str
    exemptions: str
    funding: list[str]
    verified: bool = Field(description="Lu dans les sources pour ces deux métiers.")
    route_verified: bool = Field(description="Conditions du diplôme visé lues dans les sources.")
    as_of: dt.date | None = Field(description="Date du plus récent des textes cités.")
    sources: list[ReadSourceOut]


class PathsOut(Schema):
    """Moves between professions."""

    items: list[PathOut]


class FieldErrorOut(Schema):
    """What is wrong with one parameter."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """A problem, as RFC 9457 writes them."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldErrorOut] = []
