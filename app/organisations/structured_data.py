"""What search engines read of an organisation: the Organization of schema.org."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.organisations.enums import OrganisationKind
from app.organisations.models import Establishment, Organisation


def structured_data(
    organisation: Organisation, establishments: Sequence[Establishment], url: str
) -> dict[str, Any]:
    """Return the document of a verified organisation: its name, its SIREN and its places."""
    school = organisation.kind == OrganisationKind.SCHOOL
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "EducationalOrganization" if school else "Organization",
        "name": organisation.name,
        "url": url,
    }
    if organisation.siren:
        data["identifier"] = {
            "@type": "PropertyValue",
            "name": "SIREN",
            "value": organisation.siren,
        }
    places = [_place(one) for one in establishments if one.commune is not None]
    if places:
        data["location"] = places
    return data


def _place(establishment: Establishment) -> dict[str, Any]:
    commune = establishment.commune
    assert commune is not None  # noqa: S101 - chosen by the caller
    address = {
        "@type": "PostalAddress",
        "addressLocality": commune.name,
        "postalCode": commune.postal_code,
        "addressCountry": "FR",
    }
    if establishment.address:
        address["streetAddress"] = establishment.address
    return {"@type": "Place", "name": establishment.name, "address": address}
