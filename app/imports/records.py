"""Reading of the files of a source, record by record, whatever their size or their state.

A JSON file is cut into its records before any is parsed: one broken record, or a file cut short,
spoils nothing else, and only one record at a time is held as text.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

CHUNK_BYTES = 1 << 20
# What a catalogue of a whole region weighs; more is sent in several files.
FILE_MAX_BYTES = 50 * 1024 * 1024
TOO_HEAVY = "fichier de plus de 50 Mo : coupez-le"
# The largest real offers weigh 20 kB; nothing honest comes near one megabyte.
RECORD_MAX_BYTES = 1_000_000
# Real offers nest three levels; beyond this, the record was made to exhaust a parser.
MAX_DEPTH = 32

_OUTSIDE_STRINGS = re.compile(rb'["{}\[\],]')
_INSIDE_STRINGS = re.compile(rb'["\\]')
MARKED_CODECS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source: where it was, and its content or why it cannot be read.

    `complete` is False on the mark left by a file that could not be read to its end: what more
    the source holds is unknown. `source_id` names a record that cannot be read, when it can.
    """

    position: str
    raw: Any = None
    error: str = ""
    complete: bool = True
    source_id: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: the name that is told, and how to open it."""

    name: str
    open: Callable[[], BinaryIO]

    @classmethod
    def at(cls, path: Path) -> Source:
        """Return the file at `path`."""
        return cls(path.name, lambda: path.open("rb"))

    @classmethod
    def of(cls, name: str, content: bytes) -> Source:
        """Return a file whose content is known already."""
        return cls(name, lambda: io.BytesIO(content))


def read_json_files(sources: Iterable[Source], *, envelope: str) -> Iterator[Record]:
    """Yield the records of JSON files: a bare list, or an object whose key `envelope` is a list.

    A file that cannot be read, or not to its end, yields a last Record that is not complete.
    """
    for source in sources:
        try:
            with source.open() as file:
                yield from _read_list(source.name, envelope, _utf8_chunks(file))
        except OSError:
            yield Record(source.name, error="fichier introuvable ou illisible", complete=False)


def _utf8_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content as UTF-8 without its mark, from UTF-8 or from a marked UTF-16 or 32."""
    chunk = file.read(CHUNK_BYTES)
    for mark, codec in MARKED_CODECS:
        if chunk.startswith(mark):
            decoder = codecs.getincrementaldecoder(codec)("replace")
            while chunk:
                yield decoder.decode(chunk).encode()
                chunk = file.read(CHUNK_BYTES)
            return
    chunk = chunk.removeprefix(codecs.BOM_UTF8)
    while chunk:
        yield chunk
        chunk = file.read(CHUNK_BYTES)


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the text in pieces that each end with a bracket or a comma outside strings.

    The second value is that byte, or nothing for a piece that the end of a chunk has cut.
    """
    in_string = False
    position = 0
    for chunk in chunks:
        start = 0
        while match := (_INSIDE_STRINGS if in_string else _OUTSIDE_STRINGS).search(chunk, position):
            position = match.end()
            byte = match.group()
            if byte == b"\\":
                position += 1  # What a backslash escapes ends nothing.
            elif byte == b'"':
                in_string = not in_string
            else:
                yield chunk[start:position], byte
                start = position
        yield chunk[start:], b""
        position = max(0, position - len(chunk))


def _read_list(name: str, envelope: str, chunks: Iterable[bytes]) -> Iterator[Record]:
    pieces = _pieces(chunks)
    line = _enter_list(pieces, re.compile(rb'\s*"%b"\s*:\s*\[' % re.escape(envelope).encode()))
    if line is None:
        reason = f"ni une liste d’offres, ni une réponse qui contient « {envelope} »"
        yield Record(name, error=reason, complete=False)
        return
    depth = deepest = 1
    size = number = 0
    kept: list[bytes] = []
    started_at = line
    for piece, token in pieces:
        ends_record = depth == 1 and token in {b",", b"]", b"}"}
        text = piece[:-1] if ends_record else piece
        size += len(text)
        if size <= RECORD_MAX_BYTES:
            kept.append(text)
        line += piece.count(b"\n")
        depth += (token in {b"{", b"["}) - (token in {b"}", b"]"} and not ends_record)
        deepest = max(deepest, depth)
        if not ends_record:
            continue
        content = b"".join(kept)
        if size > RECORD_MAX_BYTES or content.strip():
            number += 1
            position = f"{name}, ligne {started_at + _leading_lines(content)}, offre {number}"
            yield _record(position, content, size, deepest - 1)
        if token == b"]":
            return
        kept, size, deepest, started_at = [], 0, 1, line
        if token == b"}":
            break
    yield Record(
        f"{name}, ligne {line}", error="fichier coupé ou abîmé avant sa fin", complete=False
    )


def _leading_lines(content: bytes) -> int:
    return content[: len(content) - len(content.lstrip())].count(b"\n")


def _enter_list(pieces: Iterator[tuple[bytes, bytes]], key: re.Pattern[bytes]) -> int | None:
    """Consume the pieces up to the opening of the list; return its line, or None without one."""
    depth = 0
    line = 1
    head = b""
    for piece, token in pieces:
        line += piece.count(b"\n")
        head = (head + piece)[-RECORD_MAX_BYTES:]
        if not token:
            continue
        if token == b"[" and (key.fullmatch(head) if depth == 1 else not depth):
            return line if depth or head.strip() == b"[" else None
        depth += (token in {b"{", b"["}) - (token in {b"}", b"]"})
        head = b""
    return None


def _record(position: str, content: bytes, size: int, depth: int) -> Record:
    if size > RECORD_MAX_BYTES:
        return Record(position, error="offre trop lourde (plus de 1 Mo)")
    if depth > MAX_DEPTH:
        return Record(position, error="offre aux niveaux imbriqués trop profonds")
    try:
        return Record(position, raw=orjson.loads(content))
    except orjson.JSONDecodeError:
        return Record(position, error=_why_unreadable(content))


def _why_unreadable(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        return "texte qui n’est pas en UTF-8"
    return "JSON mal formé"
