"""What members send, and what they say of its columns."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.imports.csv_columns import COLUMNS, missing_columns
from app.imports.csv_records import Shape, UnreadableFile, shape_of
from app.imports.models import FileFormat
from app.listings.forms.fields import NOT_IN_LIST

_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that may be read: what it is, its bytes and, for a CSV, how it is written."""

    format: FileFormat
    name: str
    data: bytes
    shape: Shape | None = None

    @property
    def sha256(self) -> str:
        """Return the digest of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


class FileForm(BaseForm):
    """A file of listings. `max_bytes`: what it may weigh."""

    file = FileField(lazy("Votre fichier (CSV ou LHEO)"))
    full = BooleanField(lazy("Ce fichier contient toutes nos annonces"))

    sent: Sent | None = None

    def __init__(self, *args: Any, max_bytes: int, **kwargs: Any) -> None:
        self.max_bytes = max_bytes
        super().__init__(*args, **kwargs)

    def validate_file(self, field: Field) -> None:
        """Tell a file that cannot be read before it is kept."""
        if not field.data:
            raise ValidationError(_("Choisissez un fichier sur votre appareil."))
        data = field.data.stream.read(self.max_bytes + 1)
        if not data.strip():
            raise ValidationError(_("Ce fichier est vide. Choisissez-en un autre."))
        if len(data) > self.max_bytes:
            raise ValidationError(
                _(
                    "Ce fichier dépasse %(mb)d\u00a0Mo. Coupez-le en plusieurs fichiers.",
                    mb=self.max_bytes // (1024 * 1024),
                )
            )
        if data.startswith(_ARCHIVES):
            raise ValidationError(
                _(
                    "C’est un fichier de tableur. Dans votre tableur, choisissez Enregistrer sous, "
                    "puis CSV."
                )
            )
        self.sent = _recognised(field.data.filename or "", data)


def _recognised(filename: str, data: bytes) -> Sent:
    name = filename.replace("\\", "/").rpartition("/")[2].replace("\x00", "")[:200]
    head = data[:200]
    for mark in _MARKS:
        head = head.removeprefix(mark)
    if head.replace(b"\x00", b"").lstrip().startswith(b"<"):
        return Sent(FileFormat.LHEO, name or "fichier.xml", data)
    try:
        shape = shape_of(io.BytesIO(data))
    except UnreadableFile as error:
        raise ValidationError(
            _("Nous ne pouvons pas lire ce fichier\u00a0: %(why)s.", why=error)
        ) from error
    return Sent(FileFormat.CSV, name or "fichier.csv", data, shape)


class ColumnsForm(BaseForm):
    """Which column of the file is which of ours: a field a header, see columns_form."""

    headers: Sequence[str] = ()

    @property
    def fields_of_headers(self) -> list[Field]:
        """Return the field of each header, in the order of the file."""
        return [self[f"column{number}"] for number in range(len(self.headers))]

    def columns(self) -> dict[str, str]:
        """Return header -> name of our column, empty when it is not read."""
        pairs = zip(self.headers, self.fields_of_headers, strict=True)
        return {header: field.data for header, field in pairs}

    def validate(self, extra_validators: Any = None) -> bool:
        """Check that no column is given twice, and that none is missing."""
        valid = super().validate(extra_validators)
        taken: set[str] = set()
        for field in self.fields_of_headers:
            if field.data and field.data in taken:
                field.errors = [*field.errors, _("Une autre colonne est déjà lue ainsi.")]
                valid = False
            taken.add(field.data)
        if missing := missing_columns(self.columns()):
            self.form_errors.append(
                _("Dites quelle colonne contient\u00a0: %(what)s.", what=", ".join(missing))
            )
            valid = False
        return valid


def columns_form(headers: Sequence[str], columns: Mapping[str, str]) -> ColumnsForm:
    """Return the form of a file's columns, filled with what is known of them."""
    choices = [SelectChoice("", _("Ne pas lire cette colonne"))]
    choices += [SelectChoice(column.name, column.name) for column in COLUMNS]
    fields: dict[str, Any] = {
        f"column{number}": SelectField(
            header,
            choices=choices,
            default=columns.get(header, ""),
            invalid_choice_message=NOT_IN_LIST,
        )
        for number, header in enumerate(headers)
    }
    kind = type("ColumnsForm", (ColumnsForm,), fields | {"headers": list(headers)})
    return kind()
