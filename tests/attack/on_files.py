"""Each bucket × person × all that storage can do with the victim's files. docs/access.md says who may upload and who may read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

from attack.asking import Answer, Ask, ask_all, improper
from attack.scene import Finding, Scene
from kit import access, people
from kit.server import CLIENT

SIGNS = access.signs(access.BUCKETS)
STORAGE = "/storage/v1"


@dataclass(frozen=True)
class Bucket:
    name: str
    is_public: bool
    content_type: str
    theirs: str
    """The path of the victim's file in it."""
    own: str
    """The path of the attackers'."""
    content: str
    """Of the victim's file: nothing else says this."""


def buckets(scene: Scene) -> list[Bucket]:
    """Every bucket there is, with a file of either side in it."""
    return [
        _with_files(scene, row["id"], row["public"], (row["allowed_mime_types"] or ["text/plain"])[0])
        for row in scene.victim.rows("select id, public, allowed_mime_types from storage.buckets order by id")
    ]


def _with_files(scene: Scene, name: str, is_public: bool, content_type: str) -> Bucket:
    content = f"тайна {uuid4().hex}"
    theirs, own = (f"{side.organization}/{uuid4().hex}" for side in (scene.victim, scene.rival))
    for path, its in ((theirs, content), (own, "своё")):
        answer = CLIENT.post(
            f"{scene.site.api}{STORAGE}/object/{name}/{path}",
            content=its.encode(),
            headers={**people.service(scene.site).headers, "Content-Type": content_type},
        )
        assert answer.is_success, answer.text
    return Bucket(name, is_public, content_type, theirs, own, content)


def attack(scene: Scene, who: str, its_buckets: list[Bucket]) -> tuple[set[Finding], int]:
    """What went wrong when this person tried everything, and how many calls that took."""
    found, calls, signed = set[Finding](), 0, list[Ask]()
    by_name = {bucket.name: bucket for bucket in its_buckets}
    before = _files(scene)

    def judge(answers: list[Answer]) -> None:
        nonlocal calls
        calls += len(answers)
        found.update(improper(scene, answers))
        for answer in answers:
            bucket = by_name[answer.ask.where]
            found.update(_of_an_answer(answer, bucket))
            signed.extend(_address_in(answer, bucket))

    first = [ask for bucket in its_buckets for ask in asks(who, bucket)]
    ask_all(scene, [first], judge)
    ask_all(scene, [signed], judge)
    for change in _changes(scene, who, before, by_name):
        found.add(change)
    return found, calls


def asks(who: str, bucket: Bucket) -> Iterator[Ask]:
    def ask(what: str, method: str, path: str, **more: object) -> Ask:
        return Ask(bucket.name, who, what, method, STORAGE + path, **more)  # type: ignore[arg-type]

    name, theirs, own = bucket.name, bucket.theirs, bucket.own
    folder = theirs.partition("/")[0]
    new = f"{folder}/{uuid4().hex}"
    aside = f"{own.partition('/')[0]}/../{theirs}"
    for path in (
        theirs,
        quote(theirs, safe=""),
        aside,
        quote(aside, safe=""),
        f"{own}/../../{theirs}",
        f"/{theirs}",
    ):
        for where in ("", "authenticated/", "public/", "info/"):
            if not (where == "public/" and bucket.is_public):
                yield ask("read", "GET", f"/object/{where}{name}/{path}")
        yield ask("sign", "POST", f"/object/sign/{name}/{path}", json={"expiresIn": 60})
    yield ask("sign", "POST", f"/object/sign/{name}", json={"expiresIn": 60, "paths": [theirs, aside]})
    for prefix in ("", folder, f"{folder}/", f"%{folder[1:]}", f"x/../{folder}"):
        yield ask(
            "list", "POST", f"/object/list/{name}", json={"prefix": prefix, "limit": 1000, "search": ""}
        )
    file = {"content": b"chuzhoe", "headers": {"Content-Type": bucket.content_type}}
    upsert = {"content": b"chuzhoe", "headers": {"Content-Type": bucket.content_type, "x-upsert": "true"}}
    for path in (theirs, aside):
        yield ask("overwrite", "POST", f"/object/{name}/{path}", **file)
        yield ask("overwrite", "POST", f"/object/{name}/{path}", **upsert)
        yield ask("overwrite", "PUT", f"/object/{name}/{path}", **file)
        yield ask("upload signed", "POST", f"/object/upload/sign/{name}/{path}", headers={"x-upsert": "true"})
    yield ask("upload", "POST", f"/object/{name}/{new}", **file)
    yield ask("upload signed", "POST", f"/object/upload/sign/{name}/{folder}/{uuid4().hex}")
    for verb in ("move", "copy"):
        for source, target in (
            (theirs, f"{own}-{verb}"),
            (own, f"{folder}/{uuid4().hex}"),
            (own, theirs),
            (aside, own),
        ):
            body = {"bucketId": name, "sourceKey": source, "destinationKey": target}
            yield ask(verb, "POST", f"/object/{verb}", json=body)
    yield ask("delete", "DELETE", f"/object/{name}/{theirs}")
    yield ask("delete", "DELETE", f"/object/{name}", json={"prefixes": [theirs, folder, aside]})
    yield ask("bucket", "GET", "/bucket")
    yield ask("bucket", "GET", f"/bucket/{name}")
    yield ask("bucket changed", "PUT", f"/bucket/{name}", json={"id": name, "name": name, "public": True})
    yield ask("bucket changed", "POST", f"/bucket/{name}/empty")
    yield ask("bucket changed", "DELETE", f"/bucket/{name}")
    yield ask("bucket changed", "POST", "/bucket", json={"id": "mine", "name": "mine", "public": True})
    yield ask("sign", "POST", f"/object/sign/{name}/{own}", json={"expiresIn": 60})


def _of_an_answer(answer: Answer, bucket: Bucket) -> Iterator[Finding]:
    ask = answer.ask
    may_upload, may_read = (sign == "+" for sign in _signs(bucket.name, ask.who))
    if bucket.content in answer.text and not (may_read or bucket.is_public):
        yield answer.finding("read")
    if ask.what == "list" and bucket.theirs.rpartition("/")[2] in answer.text and not may_read:
        yield answer.finding("listed")
    if ask.what == "bucket changed" and answer.is_good:
        yield answer.finding("bucket changed")
    if ask.what == "upload" and answer.is_good and not may_upload:
        yield answer.finding("uploaded")


def _signs(bucket: str, who: str) -> str:
    person = "stranger" if who.endswith(" of another") else who
    return SIGNS.get(bucket, {}).get(person, "--")


def _address_in(answer: Answer, bucket: Bucket) -> Iterator[Ask]:
    """What one goes on to do with an address that was signed: also with its token at another file."""
    said = answer.json
    if not answer.is_good or answer.ask.what not in ("sign", "upload signed") or not said:
        return
    who, name = answer.ask.who, bucket.name
    for one in said if isinstance(said, list) else [said]:
        address = one.get("signedURL") or one.get("url")
        if not address:
            continue
        token = address.rpartition("token=")[2]
        file = {"Content-Type": bucket.content_type}
        yield Ask(name, who, "read signed", "GET", STORAGE + address)
        yield Ask(
            name, who, "read signed", "GET", f"{STORAGE}/object/sign/{name}/{bucket.theirs}?token={token}"
        )
        upload = f"{STORAGE}/object/upload/sign/{name}"
        yield Ask(
            name,
            who,
            "overwrite",
            "PUT",
            f"{upload}/{bucket.theirs}?token={token}",
            content=b"chuzhoe",
            headers=file,
        )
        if answer.ask.what == "upload signed":
            yield Ask(name, who, "overwrite", "PUT", STORAGE + address, content=b"chuzhoe", headers=file)


Files = dict[tuple[str, str], object]


def _files(scene: Scene) -> Files:
    """What lies in the victim's folders, as storage keeps it."""
    rows = scene.victim.rows(
        "select bucket_id, name, metadata, id::text from storage.objects where name like %s",
        f"{scene.victim.organization}/%",
    )
    return {(row["bucket_id"], row["name"]): (row["id"], row["metadata"]) for row in rows}


def _changes(scene: Scene, who: str, before: Files, its_buckets: dict[str, Bucket]) -> Iterator[Finding]:
    now = _files(scene)
    for name, path in before.keys() | now.keys():
        if (name, path) not in before and _signs(name, who)[0] != "+":
            yield Finding(name, who, "uploaded")
        elif (name, path) in before and now.get((name, path)) != before[name, path]:
            yield Finding(name, who, "changed" if (name, path) in now else "deleted")
    for bucket in its_buckets.values():
        service = people.service(scene.site)
        if service.send("GET", f"{STORAGE}/object/{bucket.name}/{bucket.theirs}").text != bucket.content:
            yield Finding(bucket.name, who, "content changed")
