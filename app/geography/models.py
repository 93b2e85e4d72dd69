"""Communes of France, and the arrondissements of Lyon, Paris and Marseille."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db

# Paris, Lyon and Marseille: article L. 2511-1 of the local authorities code divides these three.
DIVIDED_CITIES = frozenset({"13055", "69123", "75056"})


def place_label(code: str, name: str, postal_code: str) -> str:
    """Return how a place is shown and typed; a divided city goes without a postal code."""
    return name if code in DIVIDED_CITIES else f"{name} ({postal_code})"


class Commune(db.Model):
    """A commune, or a municipal arrondissement of a divided city.

    Loaded from the official geographic code; nothing else writes here.
    """

    __tablename__ = "commune"

    code: Mapped[str] = mapped_column(String(5), primary_key=True, comment="INSEE code")
    name: Mapped[str] = mapped_column(String(80), comment="with its article: Le Havre, Lyon 3e")
    slug: Mapped[str] = mapped_column(String(90), unique=True)
    search_name: Mapped[str] = mapped_column(
        String(80), index=True, comment="name as normalise() writes it"
    )
    postal_code: Mapped[str | None] = mapped_column(String(5), comment="the first one, for labels")
    department_code: Mapped[str] = mapped_column(String(3), index=True)
    department_name: Mapped[str] = mapped_column(String(50))
    population: Mapped[int]
    latitude: Mapped[float] = mapped_column(comment="degrees, centre of the commune")
    longitude: Mapped[float] = mapped_column(comment="degrees, centre of the commune")
    parent_code: Mapped[str | None] = mapped_column(
        ForeignKey("commune.code"), index=True, comment="the city of an arrondissement"
    )
    in_territory: Mapped[bool] = mapped_column(default=False)

    parent: Mapped[Commune | None] = relationship(
        remote_side="Commune.code", back_populates="arrondissements"
    )
    arrondissements: Mapped[list[Commune]] = relationship(
        back_populates="parent", order_by="Commune.code"
    )
    postal_codes: Mapped[list[CommunePostalCode]] = relationship(
        back_populates="commune", order_by="CommunePostalCode.postal_code"
    )

    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_in_range"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_in_range"),
        CheckConstraint("population >= 0", name="population_positive"),
        Index("ix_commune_position", "latitude", "longitude"),
    )

    def __repr__(self) -> str:
        return f"<Commune {self.code} {self.name}>"

    @property
    def label(self) -> str:
        """How the place is shown and typed: "Bron (69500)", "Lyon 3e (69003)", "Lyon"."""
        return place_label(self.code, self.name, self.postal_code or self.department_code)


class CommunePostalCode(db.Model):
    """One postal code of a commune: a commune has several, a code covers several communes."""

    __tablename__ = "commune_postal_code"

    commune_code: Mapped[str] = mapped_column(ForeignKey("commune.code"), primary_key=True)
    postal_code: Mapped[str] = mapped_column(String(5), primary_key=True, index=True)

    commune: Mapped[Commune] = relationship(back_populates="postal_codes")
