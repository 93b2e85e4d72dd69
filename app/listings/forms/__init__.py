"""Forms of those who write listings: one screen a kind, drafts accepted half filled."""

from app.listings.forms.kinds import form_class
from app.listings.forms.listing import ListingForm, initial_values

__all__ = ["ListingForm", "form_class", "initial_values"]
