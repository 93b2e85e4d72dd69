"""Backups: the database and the files of one instant, checked, thinned out, and put back.

A folder of backups holds one folder an instant (`20261123T114500Z/`: the copy of the database and
a manifest) and `files/`, where each content is kept once under its SHA-256, for all instants. A
backup that was interrupted bears no name that is read.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.core import storage
from app.core.storage import file_store
from app.main import dumps
from app.main.dumps import DumpError
from app.privacy import ledger

FORMAT = 1
# Nobody who was erased is in a copy after 35 days: contents go a day after the last backup that
# names them, and what is sent elsewhere is kept for two days more (docs/backup.md).
KEPT = dt.timedelta(days=32)
# All those of two hours, then one an hour for two days, then one a day.
ALL_FOR, HOURLY_FOR = dt.timedelta(hours=2), dt.timedelta(days=2)
NAME = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial-"


@dataclass(frozen=True)
class KeptFile:
    """A file of the store: its content, and by what it is known to be the same."""

    sha256: str
    size: int
    modified: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    made_at: str
    backend: str
    schema: str | None
    database: str
    database_sha256: str
    files: dict[str, KeptFile]
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read the manifest of a backup; raise DumpError when it is not one of ours."""
        try:
            raw = json.loads((folder / "manifest.json").read_bytes())
            raw["files"] = {key: KeptFile(**kept) for key, kept in raw["files"].items()}
            manifest = cls(**raw)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise DumpError(f"{folder} n’est pas une sauvegarde lisible.") from error
        if manifest.format != FORMAT:
            raise DumpError(f"{folder} : format de sauvegarde inconnu ({manifest.format}).")
        return manifest


def make_backup(root: Path, engine: Engine, now: dt.datetime) -> tuple[Path, Manifest]:
    """Write a backup of this instant under `root`, then thin out the older ones."""
    with _alone(root):
        before = instants(root)
        known = _known(before)
        partial = root / f"{PARTIAL}{now:{NAME}}"
        partial.mkdir(mode=0o700)
        # Twice: a file that goes meanwhile is in the copy, one that comes too.
        files = _copy_files(root, known)
        name = "database.sqlite" if engine.dialect.name == "sqlite" else "database.pgdump"
        schema = _schema(engine)
        dumps.dump(engine.url, partial / name)
        files |= _copy_files(root, known | files)
        manifest = Manifest(
            made_at=now.isoformat(),
            backend=engine.dialect.name,
            schema=schema,
            database=name,
            database_sha256=_sha256(partial / name),
            files=files,
        )
        written = partial / "manifest.json"
        written.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True))
        dumps.sync(written)
        dumps.sync(partial)
        done = root / f"{now:{NAME}}"
        partial.rename(done)
        dumps.sync(root)
        _thin_out(root, now)
        if not before or _instant(before[-1]).date() != now.date():
            # One that cannot be read any more names some too: they go when it is too old.
            with suppress(DumpError):
                _drop_unused(root)
        return done, manifest


def _known(before: list[Path]) -> dict[str, KeptFile]:
    """Return the files of the last backup, none when it cannot be read: all are copied then."""
    with suppress(DumpError):
        return Manifest.read(before[-1]).files if before else {}
    return {}


def latest(folder: Path) -> Path:
    """Return `folder` when it is a backup, the last of those it holds otherwise."""
    if (folder / "manifest.json").is_file():
        return folder
    found = instants(folder) if folder.is_dir() else []
    if not found:
        raise DumpError(f"Aucune sauvegarde dans {folder}.")
    return found[-1]


def check_backup(folder: Path, engine: Engine) -> Manifest:
    """Return the manifest once the copy of the database was read and is what it says.

    The files are for `restore_backup`: one that is lost is no reason to lose the others.
    """
    manifest = Manifest.read(folder)
    if manifest.backend != engine.dialect.name:
        raise DumpError(
            f"Sauvegarde d’une base {manifest.backend}, base à remplir {engine.dialect.name}."
        )
    database = folder / manifest.database
    if not database.is_file() or _sha256(database) != manifest.database_sha256:
        raise DumpError(f"{database} est absent ou altéré.")
    dumps.check(engine.url, database)
    return manifest


def restore_backup(folder: Path, manifest: Manifest, engine: Engine, *, replace: bool) -> list[str]:
    """Put the database and the files back; refuse to replace anything unless told to.

    Return the keys of the files that are lost, in the backup and in the store that was there.

    The ledger of erasures is not put back to what it was: the lines of the store that is there
    stay, those of the last backup made are added, so that nobody comes back.
    """
    if not replace and not (dumps.is_empty(engine) and not any(_keys())):
        raise DumpError("La base ou le dossier des fichiers n’est pas vide : ajoutez --replace.")
    dumps.load(engine, folder / manifest.database)
    store = file_store()
    files = manifest.files | _erased_since(folder)
    lost = []
    for key, kept in sorted(files.items()):
        content = _content(folder.parent, kept.sha256)
        if _is_whole(content, kept):
            store.put(key, content)
        elif storage.read(key, kept.sha256) is None:
            lost.append(key)
    for key in set(_keys()) - files.keys():
        if not ledger.is_line(key):
            store.delete(key)
    return lost


def _is_whole(content: Path, kept: KeptFile) -> bool:
    try:
        return _sha256(content) == kept.sha256
    except OSError:
        return False


def _erased_since(folder: Path) -> dict[str, KeptFile]:
    """Return the lines of the ledger in the last backup made beside this one."""
    last = Manifest.read(max(instants(folder.parent), default=folder))
    return {key: kept for key, kept in last.files.items() if ledger.is_line(key)}


def instants(root: Path) -> list[Path]:
    """Return the finished backups, the oldest first."""
    return sorted(path for path in root.iterdir() if path.name[:1].isdigit() and path.is_dir())


def kept(made: Iterable[dt.datetime], now: dt.datetime) -> set[dt.datetime]:
    """Return which backups stay: the first of each hour and day, the last of all, none too old."""
    made = sorted(made)
    stays: dict[object, dt.datetime] = {}
    for at in made:
        age = now - at
        if age <= ALL_FOR:
            stays[at] = at
        elif age <= HOURLY_FOR:
            stays.setdefault((at.date(), at.hour), at)
        elif age <= KEPT:
            stays.setdefault(at.date(), at)
    return {*stays.values(), *made[-1:]}


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one backup at a time be made in `root`, and remove what a dead one left half done."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / "files").mkdir(mode=0o700, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DumpError("Une sauvegarde est déjà en cours dans ce dossier.") from error
        try:
            yield
        finally:
            for left in root.glob(f"{PARTIAL}*"):
                shutil.rmtree(left)


def _copy_files(root: Path, known: dict[str, KeptFile]) -> dict[str, KeptFile]:
    """Copy what is not there yet, or not any more; what has not changed is not read again."""
    store = file_store()
    copied = {}
    for batch in store.list():
        for meta in batch:
            key, modified = meta["path"], meta["last_modified"].isoformat()
            same = known.get(key)
            if (
                same is None
                or (same.size, same.modified) != (meta["size"], modified)
                or not _is_there(_content(root, same.sha256), same.size)
            ):
                try:
                    data = bytes(store.get(key).bytes())
                except FileNotFoundError:
                    continue
                same = KeptFile(hashlib.sha256(data).hexdigest(), len(data), modified)
                _write(_content(root, same.sha256), data)
            copied[key] = same
    return copied


def _write(content: Path, data: bytes) -> None:
    if _is_there(content, len(data)):
        return
    content.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = content.with_name(f"{PARTIAL}{content.name}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(data)
    dumps.sync(fresh)
    fresh.rename(content)


def _is_there(content: Path, size: int) -> bool:
    return content.is_file() and content.stat().st_size == size


def _thin_out(root: Path, now: dt.datetime) -> None:
    made = {_instant(path): path for path in instants(root)}
    for at in made.keys() - kept(made, now):
        shutil.rmtree(made[at])


def _drop_unused(root: Path) -> None:
    """Once a day: the contents that no backup names any more."""
    named = {one.sha256 for path in instants(root) for one in Manifest.read(path).files.values()}
    for content in (root / "files").glob("*/*"):
        if content.name not in named:
            content.unlink()


def _keys() -> Iterator[str]:
    return (meta["path"] for batch in file_store().list() for meta in batch)


def _content(root: Path, sha256: str) -> Path:
    return root / "files" / sha256[:2] / sha256


def _instant(path: Path) -> dt.datetime:
    return dt.datetime.strptime(path.name, NAME).replace(tzinfo=dt.UTC)


def _schema(engine: Engine) -> str | None:
    """Return the number of the last migration of the database, None without migrations."""
    with engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except SQLAlchemyError:
            return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
