"""Blocks of a diploma, in view of the diplomas a person holds: only what was read counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.i18n import _
from app.professions.pathways.model import Block
from app.professions.queries import DiplomaEntry

_STATUS = {"dispensed": "acquired", "shortened": "shortened", "full": "to-follow"}
# The most favourable first: what one diploma gives is not taken back by another.
_RANK = {"acquired": 0, "shortened": 1, "unknown": 2, "to-follow": 3}


@dataclass(frozen=True, slots=True)
class Credit:
    """What the diplomas held give in a diploma; `hours_left` only when it was read."""

    blocks: tuple[Block, ...]
    hours_left: int | None
    given_by: tuple[str, ...]


def to_confirm() -> str:
    """Say that something is due less, without saying how much: it was not read."""
    return _("Des équivalences peuvent exister, leur volume reste à confirmer.")


def credit(diploma: DiplomaEntry, held: Iterable[str]) -> Credit:
    """Return the blocks of `diploma` for somebody who holds the diplomas `held`."""
    structure = _structure(diploma)
    owned = set(held)
    given = [
        equivalence
        for equivalence in diploma.data.get("equivalences", ())
        if equivalence["from_diploma"] in owned and _applies(equivalence, structure)
    ]
    blocks = _plain_blocks(structure)
    for equivalence in given:
        blocks = _better(blocks, _given_blocks(equivalence, structure))
    read = [e["hours_remaining"] for e in given if e["hours_remaining"] is not None]
    return Credit(
        blocks=tuple(blocks),
        hours_left=min(read, default=None),
        given_by=tuple(dict.fromkeys(e["from_diploma"] for e in given)),
    )


def _structure(diploma: DiplomaEntry) -> Mapping[str, Any] | None:
    """Return the structure of the present version; not that of a part of the training."""
    hours = (diploma.data.get("duration") or {}).get("hours")
    for structure in diploma.data.get("structures", ()):
        found: Mapping[str, Any] = structure
        if hours is None or found["total_hours"] in (None, hours):
            return found
    return None


def _applies(equivalence: Mapping[str, Any], structure: Mapping[str, Any] | None) -> bool:
    """Say whether an equivalence is in force for the present version of the diploma."""
    if equivalence["in_force"] is not True or equivalence["kind"] == "access":
        return False
    if equivalence["id"].endswith("@ancien"):
        return False
    wanted, present = equivalence["to_version"], (structure or {}).get("version")
    return wanted is None or present is None or str(present).startswith(wanted)


def _number(value: object) -> str:
    return "" if value is None else str(value)


def _plain_blocks(structure: Mapping[str, Any] | None) -> list[Block]:
    return [
        Block(_number(row["number"]), row["title"] or "", row["hours"], "to-follow", "", None)
        for row in (structure or {}).get("blocs", ())
    ]


def _given_blocks(
    equivalence: Mapping[str, Any], structure: Mapping[str, Any] | None
) -> list[Block]:
    """Return the blocks of the structure with what the equivalence says of each."""
    origin = equivalence["from_diploma"]
    said = {_number(row["number"]): row for row in equivalence["blocks"]}
    whole = said.get("tous")
    notes = [row["title"] for row in equivalence["blocks"] if row["number"] is None]
    vague = f"{notes[0]}." if notes else to_confirm()
    blocks = []
    for block in _plain_blocks(structure):
        row = whole or (said.get(block.number) if block.number else None)
        status = _STATUS.get(row["status"], "unknown") if row else "unknown"
        note = _note(equivalence, row) if row else vague
        gives = origin if status != "to-follow" else None
        blocks.append(Block(block.number, block.title, block.hours, status, note, gives))
    return blocks


def _note(equivalence: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    parts = [row.get("basis")]
    if equivalence["from_version"]:
        parts.append(f"version {equivalence['from_version']} du diplôme détenu")
    if row["status"] == "unspecified":
        parts.append("à confirmer")
    text = " ; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _better(blocks: list[Block], others: list[Block]) -> list[Block]:
    """Return the more favourable of each pair of blocks, in the order of the structure."""
    return [
        other
        if (_RANK[other.status], not other.note) < (_RANK[block.status], not block.note)
        else block
        for block, other in zip(blocks, others, strict=True)
    ]
