"""What the page of a profession tells search engines, in the words of schema.org.

Only what the page shows. A pay that was not read in a source is left out.
See https://developers.google.com/search/docs/appearance/structured-data.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.professions.details import Pay, Way
from app.professions.queries import ProfessionEntry


def structured_data(
    profession: ProfessionEntry, pay: Pay | None, ways: Iterable[Way], *, url: str
) -> dict[str, Any]:
    """Return the JSON-LD of a profession."""
    asked = [way.diploma for way in ways if way.required]
    qualification = " / ".join(diploma.label for diploma in asked)
    data = {
        "@context": "https://schema.org",
        "@type": "Occupation",
        "name": profession.label,
        "alternateName": [profession.label_feminine, profession.label_masculine],
        "description": profession.summary,
        "mainEntityOfPage": url,
        "occupationLocation": {"@type": "Country", "name": "France"},
        "occupationalCategory": [rome.code for rome in profession.rome if rome.current],
        "responsibilities": " ; ".join(profession.data["typical_tasks"]),
        "skills": ", ".join(profession.data["qualities"]),
        "qualifications": qualification or profession.data["without_diploma_entry"]["note"],
        "educationRequirements": [
            {
                "@type": "EducationalOccupationalCredential",
                "name": diploma.label,
                "credentialCategory": diploma.data["kind"],
            }
            for diploma in asked
        ],
    }
    if pay is not None and pay.verified:
        value = {"@type": "QuantitativeValue", "unitText": "MONTH", "minValue": pay.low_cents / 100}
        if pay.high_cents > pay.low_cents:
            value["maxValue"] = pay.high_cents / 100
        data["estimatedSalary"] = {"@type": "MonetaryAmount", "currency": "EUR", "value": value}
    return {name: value for name, value in data.items() if value not in ("", [])}
