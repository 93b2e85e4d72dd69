"""What a file that somebody sent really holds. It knows nothing of the site.

Parsers are where hostile files strike. They run in a process of their own, `python -m parsing pdf`,
which has no secret and narrow limits, and whose death costs a person a sentence (`__main__.py`).
"""

from __future__ import annotations

from importlib import import_module

from parsing.verdicts import DAMAGED, HEAVY, OK, Refused

# Each parser is loaded only for its own files: most of the work would be to load the others.
_PARSERS = {"pdf": "pdf", "docx": "office", "odt": "office", "jpg": "pictures", "png": "pictures"}


def verdict(data: bytes, extension: str) -> tuple[str, bytes]:
    """Return what a file is found to be (`verdicts.py`), and the bytes to keep when it is OK."""
    parser = import_module(f"parsing.{_PARSERS[extension]}")
    try:
        return OK, parser.check(data, extension)
    except Refused as refused:
        return refused.verdict, b""
    except MemoryError:
        return HEAVY, b""
    except Exception:  # noqa: BLE001 - whatever a parser raises, the file is not one it reads
        return DAMAGED, b""
