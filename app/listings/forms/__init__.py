"""Forms of those who write listings: one screen a kind, drafts accepted half filled."""

from app.listings.forms.differences import Difference, differences
from app.listings.forms.kinds import form_class
from app.listings.forms.listing import ListingForm, initial_values, text_version

__all__ = [
    "Difference",
    "ListingForm",
    "differences",
    "form_class",
    "initial_values",
    "text_version",
]
