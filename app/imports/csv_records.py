"""Reading of CSV files, as spreadsheets and programs of recruitment write them.

The encoding and the separator are recognised; a line that cannot be read spoils no other.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from app.imports.csv_columns import guess_columns, known_count
from app.imports.labels import one_line
from app.imports.records import FILE_MAX_BYTES, MARKED_CODECS, TOO_HEAVY, Record, Source

CHUNK_BYTES = 1 << 20
HEAD_CHARACTERS = 1 << 16
HEADERS_MAX = 100
HEADER_MAX_LENGTH = 120
LINES_MAX = 200_000
# A text has one or two of them by accident; a picture or a document has them all.
CONTROLS_MAX = 8
_SEPARATORS = ";,\t|"
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written, and the names of its columns."""

    encoding: str
    separator: str
    headers: tuple[str, ...]


class UnreadableFile(ValueError):
    """The file is no CSV; the message says why, in French."""


def shape_of(file: BinaryIO) -> Shape:
    """Return how `file` is written, and go back to its start. Raises UnreadableFile."""
    if file.seek(0, io.SEEK_END) > FILE_MAX_BYTES:
        raise UnreadableFile(TOO_HEAVY)
    encoding = _encoding(file)
    file.seek(0)
    # What follows is closed with the wrapper: the file itself stays open.
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        head = text.read(HEAD_CHARACTERS)
    finally:
        text.detach()
        file.seek(0)
    if len(set(_CONTROLS.findall(head))) > CONTROLS_MAX:
        raise UnreadableFile("ce n’est pas un fichier de texte : enregistrez le tableau en CSV")
    candidates = [(_headers(head, separator), separator) for separator in _SEPARATORS]
    headers, separator = max(candidates, key=lambda one: (known_count(one[0]), len(one[0])))
    if len(headers) < 2:
        raise UnreadableFile(
            "ce n’est pas un fichier CSV : une première ligne doit nommer les colonnes, "
            "séparées par des points-virgules"
        )
    if len(headers) > HEADERS_MAX:
        raise UnreadableFile(f"plus de {HEADERS_MAX} colonnes")
    return Shape(encoding, separator, headers)


def _encoding(file: BinaryIO) -> str:
    """Return the codec of a file: its mark, else UTF-8 when all of it is, else the Windows one."""
    file.seek(0)
    head = file.read(CHUNK_BYTES)
    for mark, codec in MARKED_CODECS:
        if head.startswith(mark):
            return codec
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    # UTF-16 without its mark: every other byte of French is nought.
    pairs = max(1, len(head) // 2)
    if head[1::2].count(0) > 0.7 * pairs:
        return "utf-16-le"
    if head[::2].count(0) > 0.7 * pairs:
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while head:
            decoder.decode(head)
            head = file.read(CHUNK_BYTES)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _headers(head: str, separator: str) -> tuple[str, ...]:
    """Return the names of the first line: each once, a number where a name is missing."""
    try:
        row = next(csv.reader(io.StringIO(head, newline=""), delimiter=separator), [])
    except csv.Error:
        return ()
    while row and not row[-1].strip():
        row.pop()
    found: list[str] = []
    for number, cell in enumerate(row, 1):
        name = one_line(cell)[:HEADER_MAX_LENGTH] or f"colonne {number}"
        found.append(name if name not in found else f"{name} ({number})")
    return tuple(found)


def read_csv(
    sources: Iterable[Source],
    *,
    columns: Mapping[str, str] | None = None,
) -> Iterator[Record]:
    """Yield a record a line of CSV files, its `raw` the texts by the names of our columns.

    `columns`: header -> name of ours; without it the headers speak for themselves. A file that
    cannot be read to its end yields a last Record that is not complete.
    """
    for source in sources:
        try:
            with source.open() as file:
                yield from _read_file(source.name, file, columns)
        except OSError:
            yield Record(source.name, error="fichier introuvable ou illisible", complete=False)
        except UnreadableFile as error:
            yield Record(source.name, error=str(error), complete=False)


def _read_file(name: str, file: BinaryIO, columns: Mapping[str, str] | None) -> Iterator[Record]:
    shape = shape_of(file)
    chosen = columns or guess_columns(shape.headers, {})
    names = [chosen.get(header, "") for header in shape.headers]
    with io.TextIOWrapper(file, shape.encoding, errors="replace", newline="") as text:
        reader = csv.reader(text, delimiter=shape.separator, strict=True)
        yield from _lines(name, reader, names)


def _lines(name: str, reader: Any, names: list[str]) -> Iterator[Record]:
    ended = False
    while not ended:
        line = reader.line_num + 1
        position = f"{name}, ligne {line}"
        if line > LINES_MAX:
            yield Record(position, error="plus de 200 000 lignes : coupez-le", complete=False)
            return
        try:
            row: list[str] | None = next(reader, None)
        except csv.Error as error:
            yield _broken(position, str(error))
            continue
        ended = row is None
        if row is None or line == 1 or not any(cell.strip() for cell in row):
            continue
        yield _record(position, row, names)


def _broken(position: str, error: str) -> Record:
    """Return the record of a line that the reader refuses; the next ones are read."""
    if "expected after" in error:
        told = "guillemets mal placés : doublez ceux qui sont dans un texte"
        return Record(position, error=told)
    told = "guillemet jamais fermé, ou texte de plus de 131 000 caractères"
    return Record(position, error=told, complete=False)


def _record(position: str, row: list[str], names: list[str]) -> Record:
    extra = row[len(names) :]
    if any(cell.strip() for cell in extra):
        return Record(
            position,
            error=f"{len(row)} cases pour {len(names)} colonnes : il manque des guillemets",
        )
    pairs = zip(names, row, strict=False)
    return Record(position, raw={name: cell.strip() for name, cell in pairs if name})
