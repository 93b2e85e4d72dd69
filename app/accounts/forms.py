"""Forms of sign-in."""

from __future__ import annotations

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import Email, InputRequired, Length

from app.accounts.services import PASSWORD_MIN_LENGTH
from app.core.forms import BaseForm
from app.core.i18n import lazy

LONGEST = 200
TOO_LONG = lazy("Ce mot de passe est trop long.")
EMAIL_WRONG = lazy("Indiquez une adresse e-mail complète, par exemple prenom@exemple.fr.")


class LinkRequestForm(BaseForm):
    """The address to which a link is sent."""

    email = EmailField(
        lazy("Votre adresse e-mail"),
        validators=[
            InputRequired(lazy("Indiquez votre adresse e-mail.")),
            Length(max=254, message=EMAIL_WRONG),
            Email(EMAIL_WRONG),
        ],
    )
    next = HiddenField()


class SignInForm(LinkRequestForm):
    """Address and password."""

    password = PasswordField(
        lazy("Votre mot de passe"),
        validators=[
            InputRequired(lazy("Indiquez votre mot de passe, ou demandez un lien par e-mail.")),
            Length(max=LONGEST, message=TOO_LONG),
        ],
    )


class CodeForm(BaseForm):
    """A code of the application, or one kept on paper."""

    code = StringField(
        lazy("Votre code"),
        validators=[
            InputRequired(lazy("Écrivez le code.")),
            Length(max=40, message=lazy("Ce code est trop long.")),
        ],
    )

    @property
    def digits(self) -> str:
        """Return the code as it was typed."""
        return self.code.data or ""


class EmailCodeForm(CodeForm):
    """The code received by e-mail."""

    remember = BooleanField(lazy("Ne plus me demander de code sur cet appareil pendant six mois."))


class PasswordForm(BaseForm):
    """A new password, with the one before when there is one."""

    current = PasswordField(
        lazy("Votre mot de passe actuel"), validators=[Length(max=LONGEST, message=TOO_LONG)]
    )
    new = PasswordField(
        lazy("Votre nouveau mot de passe"),
        validators=[
            InputRequired(lazy("Écrivez votre nouveau mot de passe.")),
            Length(
                min=PASSWORD_MIN_LENGTH,
                message=lazy("Écrivez douze caractères au moins, par exemple quatre mots."),
            ),
            Length(max=LONGEST, message=TOO_LONG),
        ],
    )
