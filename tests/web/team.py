"""An organization with people in it, and what is uploaded: made without the pages.

team = Team(stack.addresses)
gleb = team.join("viewer")
e-mail = letter_to(stack.addresses, gleb.email)
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from kit.mailbox import emails_to
from kit.people import Person, service, sign_up
from kit.server import CLIENT
from PIL import Image
from playwright.sync_api import FilePayload
from pypdf import PdfWriter
from stack.parts import Addresses


@dataclass
class Team:
    """An organization of a new owner's."""

    site: Addresses
    name: str = "Пасека Ивановых"
    owner: Person = field(init=False)
    organization: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.owner = sign_up(self.site, "Анна")
        self.organization = self.owner.create_organization(name=self.name)

    @property
    def id(self) -> str:
        return str(self.organization["id"])

    @property
    def slug(self) -> str:
        return str(self.organization["slug"])

    @property
    def public_page(self) -> str:
        return f"/organizations/{self.slug}"

    def invite(self, email: str, role: str = "editor") -> str:
        """The path of the link."""
        token = self.owner.rpc("invite_member", organization_id=self.id, email=email, role=role)["token"]
        return f"/invitations/{token}"

    def join(self, role: str, name: str = "Глеб") -> Person:
        """Somebody new in this role."""
        person = sign_up(self.site, name)
        token = self.invite(person.email, role).rpartition("/")[2]
        person.rpc("accept_invitation", token=token)
        return person

    def grant(self, level: str, **terms: str) -> None:
        platform = service(self.site)
        platform.rpc("grant_status_level", organization_id=self.id, level=level, **terms)


def email_to(site: Addresses, email: str, words: str = "") -> dict[str, Any]:
    """The latest e-mail in that mailbox that says these words, once the post has been: others wait in front of it."""
    for _ in range(50):
        CLIENT.post(
            f"{site.functions}/deliver_email",
            headers={"Authorization": f"Bearer {site.scheduler_secret}"},
            json={},
        ).raise_for_status()
        for sent in emails_to(site.mail, email):
            if words in sent["text"]:
                return sent
        time.sleep(0.2)
    raise AssertionError(f"no e-mail came to {email} with {words!r}")


def picture(name: str = "логотип.png", side: int = 300) -> FilePayload:
    content = BytesIO()
    Image.new("RGB", (side, side), (180, 83, 9)).save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


def document(name: str = "договор.pdf") -> FilePayload:
    writer, content = PdfWriter(), BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(content)
    return {"name": name, "mimeType": "application/pdf", "buffer": content.getvalue()}
