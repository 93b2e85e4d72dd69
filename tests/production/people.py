"""People who come to the site through nginx, each from an address of the loopback."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import requests
from bs4 import BeautifulSoup
from requests.adapters import HTTPAdapter

from tests.pages.seeker import REFERENCE

_numbers = itertools.count(1)


class _From(HTTPAdapter):
    """Connections that leave from one address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Bind each connection to the address."""
        super().init_poolmanager(*args, **options, source_address=(self.address, 0))


class Person(requests.Session):
    """A browser without scripts."""

    def __init__(self, url: str, certificate: Path) -> None:
        super().__init__()
        number = next(_numbers)
        self.url = url
        self.number = number
        # Nobody is 127.0.0.1, which nginx takes for the machine itself.
        self.address = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.verify = str(certificate)
        self.trust_env = False
        self.mount("https://", _From(self.address))
        self.mount("http://", _From(self.address))

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Ask for a path of the site, or for an address in full."""
        full = url if str(url).startswith("http") else self.url + str(url)
        return super().request(method, full, *args, **{"timeout": 90} | options)

    def form(self, path: str) -> dict[str, str]:
        """Open a page; return the hidden fields of its main form."""
        page = self.get(path)
        assert page.status_code == 200, f"{path}: {page.status_code}"
        return hidden(page.text)

    def fill_application(self, listing: str) -> dict[str, str]:
        """Open the form of a listing and fill it."""
        return self.form(f"{listing}/candidater") | {
            "first_name": f"Samira {self.number}",
            "phone": f"06399{self.number:05d}",
            "email": f"samira{self.number}@example.org",
            "call_back": "any",
        }

    def send_application(self, listing: str, filled: dict[str, str]) -> requests.Response:
        """Send the form, and follow to what it answers."""
        return self.post(f"{listing}/candidater", data=filled)


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the main form of a page."""
    fields = BeautifulSoup(page, "lxml").select("main form[method=post] input[type=hidden]")
    return {str(field["name"]): str(field.get("value", "")) for field in fields}


def heading(page: str) -> str:
    """Return the title shown at the top of a page."""
    found = BeautifulSoup(page, "lxml").find("h1")
    assert found, page[:500]
    return found.get_text(" ", strip=True)


def reference(page: str) -> str:
    """Return the reference that a page gives."""
    found = re.search(REFERENCE, page)
    assert found, heading(page)
    return found.group()
