"""Writes of the imports. Nothing here commits: the caller ends the transaction."""

from app.imports.services.files import (
    apply_file,
    choose_columns,
    confirm_file,
    fail_file,
    has_changes,
    preview_file,
    purge_files,
    receive_file,
    records_of,
)
from app.imports.services.reports import Report
from app.imports.services.runs import PlanChanged, UnknownSourceError, run_import
from app.imports.services.snapshots import Owner

__all__ = [
    "Owner",
    "PlanChanged",
    "Report",
    "UnknownSourceError",
    "apply_file",
    "choose_columns",
    "confirm_file",
    "fail_file",
    "has_changes",
    "preview_file",
    "purge_files",
    "receive_file",
    "records_of",
    "run_import",
]
