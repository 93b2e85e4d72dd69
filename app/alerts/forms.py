"""Forms of the alerts feature: an address, and how often.

They carry no token: the pages that hold them are the same for everybody and set no cookie. They use
no right of who sends them, and the browser says whether another site sends (see security.py).
"""

from __future__ import annotations

from wtforms import EmailField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from app.alerts.enums import FREQUENCY_LABELS, Frequency
from app.core.forms import NOT_IN_LIST, TOO_LONG, EmailFields, OpenForm
from app.core.i18n import lazy


class WatchForm(EmailFields, OpenForm):
    """Where to write."""

    class Meta(OpenForm.Meta):
        """Without token: see the top of the file."""

        csrf = False

    email = EmailField(
        lazy("Votre e-mail"),
        validators=[
            InputRequired(lazy("Indiquez votre e-mail, par exemple prenom@exemple.fr")),
            Length(max=254, message=TOO_LONG),
        ],
    )


class AlertForm(WatchForm):
    """Where to write, and how often."""

    frequency = RadioField(
        lazy("À quel rythme\u00a0?"),
        choices=[SelectChoice(value, label) for value, label in FREQUENCY_LABELS.items()],
        default=Frequency.DAILY,
        validators=[InputRequired(NOT_IN_LIST)],
    )
