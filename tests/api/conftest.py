"""The API searches for real: the index of the search tests serves these too."""

from tests.search.conftest import engine, index

__all__ = ["engine", "index"]
