"""Reading of LHEO files: one training at a time in memory, and no trap of XML followed.

The parser is expat, fed by pieces. A document type is refused as soon as it opens: without it
there is no entity to expand, inside or outside. What one training may weigh is bounded too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from app.imports.lheo_rules import Node, Problem, problems
from app.imports.records import FILE_MAX_BYTES, TOO_HEAVY, Record, Source

CHUNK_BYTES = 1 << 16
# A real training with its sessions weighs 10 kB; a catalogue has a hundred sessions at most.
FORMATION_MAX_BYTES = 8_000_000
FORMATION_MAX_ELEMENTS = 100_000
TAG_MAX_BYTES = 1_000_000
MAX_DEPTH = 32
PROBLEMS_TOLD = 3
ID_MAX = 100
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}
)
_CODES = expat.errors.codes
_MALFORMED = {
    _CODES[expat.errors.XML_ERROR_NO_ELEMENTS]: "fichier vide, ou coupé avant sa fin",
    _CODES[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "fichier coupé avant sa fin",
    _CODES[expat.errors.XML_ERROR_PARTIAL_CHAR]: "fichier coupé avant sa fin",
    _CODES[expat.errors.XML_ERROR_TAG_MISMATCH]: "une balise est fermée sans avoir été ouverte",
    _CODES[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "« & » suivi d’un nom inconnu",
    _CODES[expat.errors.XML_ERROR_BAD_CHAR_REF]: "caractère interdit",
    _CODES[expat.errors.XML_ERROR_INCORRECT_ENCODING]: "l’encodage n’est pas celui qui est annoncé",
    _CODES[expat.errors.XML_ERROR_INVALID_TOKEN]: (
        "caractère interdit (« & » ou « < » seul, ou texte qui n’est pas dans l’encodage annoncé)"
    ),
}
_ROOTS = frozenset({"lheo", "lheo-plus"})
# What partners add for themselves: never read.
_EXTRAS = "extras"


@dataclass(frozen=True, slots=True)
class Action:
    """What one listing is made of: an action, and the training it is one of."""

    formation: Node
    action: Node


class _Refused(Exception):
    """The file asks for what is never done, or is not what it should be."""


@dataclass(slots=True)
class _Formation:
    node: Node
    start_byte: int
    elements: int = 1
    too_heavy: bool = False

    def weigh(self, at_byte: int) -> None:
        """Keep nothing of a training that is heavier than any honest one."""
        weight = at_byte - self.start_byte
        if weight > FORMATION_MAX_BYTES or self.elements > FORMATION_MAX_ELEMENTS:
            self.too_heavy = True
            self.node.children.clear()


class _Parser:
    """The handlers of expat, and the trainings that are whole and wait to be read."""

    def __init__(self) -> None:
        self.whole: deque[_Formation] = deque()
        self.seen = 0
        self._open: _Formation | None = None
        self._stack: list[Node] = []
        # What is written since the last mark: what stands beside elements only lays them out.
        self._texts: list[str] = []
        self._depth = 0
        # The depth of the element that is being passed over with all it holds; 0 for none.
        self._passed = 0
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._text
        self.expat.XmlDeclHandler = self._declared
        self.expat.StartDoctypeDeclHandler = self._doctype

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise _Refused("encodage déclaré inconnu : enregistrez le fichier en UTF-8")

    def _doctype(self, *_declaration: object) -> None:
        raise _Refused("le fichier contient un <!DOCTYPE>, refusé par sécurité : retirez-le")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused("éléments imbriqués trop profonds")
        name = name.rpartition(" ")[2]
        if self._depth == 1 and name not in _ROOTS:
            raise _Refused(f"ce n’est pas un fichier LHEO (<{name[:40]}> au lieu de <lheo>)")
        if self._open is None:
            if name == "formation":
                self._open = _Formation(self._node(name, attributes), self.expat.CurrentByteIndex)
                self._stack = [self._open.node]
                self.seen += 1
            return
        self._open.elements += 1
        if self._passed:
            return
        if name == _EXTRAS or self._open.too_heavy:
            self._passed = self._depth
            return
        node = self._node(name, attributes)
        self._stack[-1].children.append(node)
        self._stack.append(node)
        self._texts.clear()

    def _node(self, name: str, attributes: dict[str, str]) -> Node:
        return Node(name, self.expat.CurrentLineNumber, attributes.get("numero", ""))

    def _text(self, text: str) -> None:
        if self._open is not None and not self._passed and not self._open.too_heavy:
            self._texts.append(text)

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._open is None:
            return
        if self._passed:
            if self._depth < self._passed:
                self._passed = 0
            return
        node = self._stack.pop()
        if not node.children:
            node.text = "".join(self._texts)
        self._texts.clear()
        if not self._stack:
            self._open.weigh(self.expat.CurrentByteIndex)
            self.whole.append(self._open)
            self._open = None

    def weigh(self) -> None:
        """Weigh the training that is being read."""
        if self._open is not None:
            self._open.weigh(self.expat.CurrentByteIndex)


def read_lheo(sources: Iterable[Source]) -> Iterator[Record]:
    """Yield a record an action of LHEO files, its `raw` an Action.

    A file that cannot be read to its end yields a last Record that is not complete.
    """
    for source in sources:
        try:
            with source.open() as file:
                yield from _read_file(source.name, file)
        except OSError:
            yield Record(source.name, error="fichier introuvable ou illisible", complete=False)


def _read_file(name: str, file: BinaryIO) -> Iterator[Record]:
    parser = _Parser()
    number = 0
    error = ""
    for why in _feed(parser, file):
        error = why
        while parser.whole:
            for record in _records(name, parser.whole.popleft(), number):
                number += 1
                yield record
    if not error and not parser.seen:
        error = "aucune formation dans ce fichier"
    if error:
        line = parser.expat.CurrentLineNumber
        yield Record(f"{name}, ligne {line}", error=error, complete=False)


def _feed(parser: _Parser, file: BinaryIO) -> Iterator[str]:
    """Feed the parser and stop after each piece, for what is whole to be read.

    Yields why it cannot go on, an empty text when all is well.
    """
    try:
        for piece in _pieces(parser, file):
            parser.expat.Parse(piece, not piece)
            yield ""
    except _Refused as refusal:
        yield str(refusal)
    except expat.ExpatError as error:
        yield f"XML mal formé : {_MALFORMED.get(error.code, 'une balise est mal écrite')}"
    except (ValueError, LookupError):
        yield "XML mal formé : encodage inconnu"


def _pieces(parser: _Parser, file: BinaryIO) -> Iterator[bytes]:
    """Yield the file by pieces, then nothing once; raise _Refused when it is too heavy."""
    fed = 0
    while chunk := file.read(CHUNK_BYTES):
        fed += len(chunk)
        if fed > FILE_MAX_BYTES:
            raise _Refused(TOO_HEAVY)
        yield chunk
        parser.weigh()
        # What is not closed is read again from its start with each piece.
        if fed - parser.expat.CurrentByteIndex > TAG_MAX_BYTES:
            raise _Refused("une balise ou un commentaire de plus de 1 Mo")
    yield b""


def _records(name: str, formation: _Formation, before: int) -> Iterator[Record]:
    node = formation.node
    if formation.too_heavy:
        yield Record(f"{name}, ligne {node.line}", error="formation trop lourde (plus de 8 Mo)")
        return
    shared = problems(node, apart="action")
    actions = node.all("action")
    if not actions:
        yield Record(f"{name}, ligne {node.line}", error=_reasons(shared))
    for number, action in enumerate(actions, before + 1):
        position = f"{name}, ligne {action.line}, action {number}"
        found = shared[:PROBLEMS_TOLD] + problems(action)
        if found:
            yield Record(position, error=_reasons(found), source_id=source_id_of(node, action))
        else:
            yield Record(position, raw=Action(node, action))


def source_id_of(formation: Node, action: Node) -> str | None:
    """Return the number of an action, with that of its training when it has one, or None."""
    number = "-".join(filter(None, (formation.number.strip(), action.number.strip())))
    return number if action.number.strip() and len(number) <= ID_MAX and _plain(number) else None


def _plain(number: str) -> bool:
    return number.isprintable() and " " not in number


def _reasons(found: list[Problem]) -> str:
    return " ; ".join(f"ligne {line} : {what}" for line, what in found[:PROBLEMS_TOLD])
