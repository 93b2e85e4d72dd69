"""Pathways between professions: a pure search over the graph of the reference base."""

from app.professions.pathways.base import Base, base_of_reference
from app.professions.pathways.finding import find
from app.professions.pathways.model import Answer, Block, Pathway, Situation, Step, Wishes

__all__ = [
    "Answer",
    "Base",
    "Block",
    "Pathway",
    "Situation",
    "Step",
    "Wishes",
    "base_of_reference",
    "find",
]
