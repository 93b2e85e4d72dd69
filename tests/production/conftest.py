"""The site of production, started once for all the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app import create_app
from app.accounts.enums import Role
from app.core.database import db
from app.listings.models import Listing
from config import TestConfig
from tests import factories
from tests.production import shipped
from tests.production.people import Person
from tests.production.site import Production

# What docs/deploy.md runs before the site opens, in its order; listings come in between.
STEPS = [
    line
    for line in shipped.commands(shipped.ROOT / "docs" / "deploy.md")
    if line.startswith("deploy/flask")
]
OPENING = STEPS[: STEPS.index("deploy/flask verify")]
LISTINGS = 6
TITLE = "Aide-soignant de la maison"


class Opened:
    """The site, and what is on it when it opens."""

    def __init__(self, production: Production) -> None:
        self.production = production
        self.said: dict[str, str] = {}
        self.listings: list[str] = []
        self.recruiters: list[str] = []
        self.engine = create_engine(production.postgres.url, pool_pre_ping=True)

    def person(self) -> Person:
        """Return somebody who comes from an address of her own."""
        return Person(self.production.url, self.production.certificate)

    def session(self) -> Session:
        """Open the database of the site."""
        return Session(self.engine)

    def follow_the_steps(self) -> None:
        """Run the commands of docs/deploy.md as they are written."""
        for line in OPENING:
            if "search rebuild" in line:
                self._add_listings()
            command = line.replace("deploy/flask", "flask --app wsgi")
            self.said[line.removeprefix("deploy/flask ")] = self.production.run(command)

    def _add_listings(self) -> None:
        environ = self.production.environ
        app = create_app(TestConfig({k: environ[k] for k in ("DATA_DIR", "DATABASE_URL")}))
        with app.app_context():
            for number in range(LISTINGS):
                person = factories.user(Role.RECRUITER, email=f"recrute{number}@example.org")
                owner = factories.organisation(person, name=f"Maison des Lilas {number}")
                factories.listing(
                    title=f"{TITLE} {number}", slug=f"maison-{number}", organisation=owner
                )
            db.session.commit()
            self.listings = [one.path for one in db.session.scalars(select(Listing))]
            self.recruiters = [f"recrute{number}@example.org" for number in range(LISTINGS)]
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Install the site as docs/deploy.md says, and open it."""
    production = Production(tmp_path_factory.mktemp("production"))
    opened = Opened(production)
    try:
        production.prepare()
        opened.follow_the_steps()
        production.open()
        yield opened
    finally:
        production.close()
        opened.engine.dispose()
