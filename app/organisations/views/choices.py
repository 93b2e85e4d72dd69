"""Lists of the reference base, as the forms of organisations offer them."""

from __future__ import annotations

from wtforms.fields import SelectChoice

from app.core.i18n import _
from app.professions.queries import term_label, terms


def workplaces() -> list[SelectChoice]:
    """Return the workplaces by category, after « Non précisé »."""
    found = [
        SelectChoice(
            term.slug,
            term.label,
            optgroup=term_label("workplace-category", term.category)
            if term.category
            else _("Autres"),
        )
        for term in terms("workplace")
    ]
    return [SelectChoice("", _("Non précisé")), *sorted(found, key=lambda one: one.optgroup or "")]


def publics() -> list[SelectChoice]:
    """Return the people cared for."""
    return [SelectChoice(term.slug, term.label) for term in terms("public")]
