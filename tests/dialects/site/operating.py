"""An admin at the operations page: a client that keeps cookies and fills in forms as a browser does."""

import re
from html.parser import HTMLParser

import httpx

from backend.core import db
from backend.core.actor import Role
from backend.domain.accounts import passwords
from tests.people import an_account

PASSWORD = "kapal selam biru laut"


class Form(HTMLParser):
    """The forms of a page. Shape: action -> hidden and given fields; and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._fields: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag == "form":
            self._fields = self.forms.setdefault(given["action"], {})
        elif tag == "input" and given.get("type") == "hidden":
            self._fields[given["name"]] = given["value"]


def form(answer: httpx.Response, action: str) -> tuple[str, dict[str, str]]:
    """The first form of a page whose action matches. Shape: (action, fields)."""
    for where, fields in Form(answer.text).forms.items():
        if re.search(action, where):
            return where, dict(fields)
    raise AssertionError(f"no form {action} in {answer.text}")


async def somebody(role: Role, name: str = "") -> str:
    """An account that can log in with PASSWORD; its e-mail."""
    id_, _, _, email = await an_account(role, name=name)
    await db.statement("UPDATE account SET password_hash = $2 WHERE id = $1", id_, await passwords.hashed(PASSWORD))
    return email


async def log_in(http: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """Fill in the login form."""
    where, fields = form(await http.get("/ops/login"), "/ops/login")
    return await http.post(where, data={**fields, "email": email, "password": password})
