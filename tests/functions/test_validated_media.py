"""validate_video, validate_image, story_media and story_withdrawal, with real files over real HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, get_args
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from bootstrap import ROOT
from kit import people, videos
from kit.customer import Customer
from kit.env import Env
from kit.people import Person
from kit.refused import Refused
from kit.server import CLIENT
from kit.waiting import at_once, until
from PIL import Image
from stories.inspection import LARGEST, Code

CONTRACT = json.loads((ROOT / "docs" / "contract.json").read_text())
TYPES = {"video": "video/mp4", "image": "image/jpeg"}
HELD_UP = (
    "from pg_stat_activity where wait_event_type = 'Lock' and pid <> pg_backend_pid()"
    " and query like '%%settle_media_check%%'"
)


@dataclass
class Author:
    """Somebody with a subscription, who tells stories."""

    customer: Customer

    @property
    def env(self) -> Env:
        return self.customer.env

    @property
    def person(self) -> Person:
        return self.customer.person

    def ask(self, kind: str, content: bytes, content_type: str = "") -> dict[str, Any]:
        """Room for this file."""
        asked: dict[str, Any] = self.person.rpc(
            "create_story_media", organization_id=self.customer.organization_id, kind=kind, bytes=len(content),
            content_type=content_type or TYPES[kind],
        )  # fmt: skip
        return asked

    def upload(self, kind: str, content: bytes, content_type: str = "") -> dict[str, Any]:
        asked = self.ask(kind, content, content_type)
        answer = self.put(asked, content, content_type or TYPES[kind])
        assert answer.is_success, answer.text
        return asked

    def put(self, asked: dict[str, Any], content: bytes, content_type: str, **headers: str) -> httpx.Response:
        return self.person.send(
            "POST", f"/storage/v1/object/{asked['bucket']}/{asked['path']}", content=content,
            headers={"Content-Type": content_type, **headers},
        )  # fmt: skip

    def validate(self, media_id: str, kind: str = "video", functions: str | None = None) -> httpx.Response:
        return self.customer.post(f"validate_{kind}", {"media_id": media_id}, functions=functions)

    def ready(self, kind: str = "video", content: bytes | None = None) -> str:
        """Media that were found good."""
        media_id = str(self.upload(kind, content or GOOD[kind]())["media_id"])
        answer = self.validate(media_id, kind)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "ready", answer.text
        return media_id

    def tell(self, media_id: str, status: str = "draft") -> dict[str, Any]:
        """A story with these media that has come to this status."""
        (story,) = self.person.insert(
            "stories", organization_id=self.customer.organization_id, story_type="success_story", title="Мёд",
            content_text="Рано утром.", media_id=media_id,
        )  # fmt: skip
        if status != "draft":
            story = self.person.rpc("submit_story", story_id=story["id"])
        if status == "published":
            story = self.approve(story)
        return story

    def approve(self, story: dict[str, Any]) -> dict[str, Any]:
        approved: dict[str, Any] = self.env.moderator().rpc("approve_story", story_id=story["id"])
        return approved

    def row(self, media_id: str) -> dict[str, Any]:
        (row,) = self.env.rows("select * from public.story_media where id = %s", media_id)
        return row

    def files(self, bucket: str) -> set[str]:
        """What lies in this organization's folder."""
        rows = self.env.rows(
            "select name from storage.objects where bucket_id = %s and name like %s",
            bucket, f"{self.customer.organization_id}/%",
        )  # fmt: skip
        return {row["name"] for row in rows}


def photo(size: tuple[int, int] = (800, 600)) -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Camera of Anna"
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


GOOD = {"video": lambda: videos.film(sound="aac"), "image": photo}


@pytest.fixture
def vera(env: Env) -> Author:
    customer = env.customer("Вера")
    customer.try_for_free()
    return Author(customer)


def follow(address: str, **headers: str) -> httpx.Response:
    """As a player does: the function's address, then where it leads. The last answer."""
    answer = CLIENT.get(address, headers=headers)
    return CLIENT.get(answer.headers["location"], headers=headers) if answer.status_code == 302 else answer


def is_gone(address: str) -> bool:
    return CLIENT.get(address).status_code in (400, 404)


def withdraw(env: Env) -> dict[str, Any]:
    return env.job("story_withdrawal")


# From the upload to the public


def test_a_film_comes_to_the_public(vera: Author) -> None:
    content = videos.film(sound="aac", moov="end")
    asked = vera.upload("video", content)
    answer = vera.validate(asked["media_id"])
    assert answer.status_code == 200
    said = answer.json()
    assert set(said) == {
        "media_id",
        "status",
        "duration_seconds",
        "width",
        "height",
        "poster_url",
        "problems",
    }
    assert (said["media_id"], said["status"], said["problems"]) == (asked["media_id"], "ready", [])
    assert (said["width"], said["height"], round(said["duration_seconds"])) == (256, 144, 1)
    poster = CLIENT.get(said["poster_url"])
    assert (poster.status_code, poster.headers["content-type"]) == (200, "image/webp")
    assert Image.open(BytesIO(poster.content)).size == (256, 144)
    assert vera.files("story-uploads") == set(), "nobody needs it any more"

    story = vera.tell(asked["media_id"], "pending_review")
    assert CLIENT.get(story["content_video_url"]).status_code == 404
    story = vera.approve(story)
    assert story["content_video_url"].startswith(f"{vera.env.functions}/story_media/{story['id']}/")
    led = CLIENT.get(story["content_video_url"])
    assert (led.status_code, led.headers["cache-control"]) == (302, "no-store")
    assert urlsplit(led.headers["location"]).path.startswith("/storage/v1/object/sign/story-media/")
    assert CLIENT.head(story["content_video_url"]).status_code == 302
    film = CLIENT.get(led.headers["location"])
    assert (film.status_code, film.headers["content-type"]) == (200, "video/mp4")
    with videos.opened(film.content) as opened:
        assert len(list(opened.decode(video=0))) == 10
    part = CLIENT.get(led.headers["location"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, film.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(film.content)}"
    assert follow(story["thumbnail_url"]).headers["content-type"] == "image/webp"


@pytest.mark.parametrize("content_type", ["video/mp4", "video/webm"])
def test_a_film_that_may_stay_as_it_is_is_copied_where_it_lies(vera: Author, content_type: str) -> None:
    """Called what it is, whatever it was called when it came."""
    content = videos.film()
    asked = vera.upload("video", content, content_type)
    assert vera.validate(asked["media_id"]).json()["status"] == "ready"
    story = vera.tell(asked["media_id"], "published")
    film = follow(story["content_video_url"])
    assert film.content == content
    (kept,) = vera.env.rows(
        "select metadata ->> 'mimetype' as type from storage.objects where name like %s",
        f"{vera.customer.organization_id}/{asked['media_id']}/%/video.mp4",
    )
    assert kept["type"] == film.headers["content-type"] == "video/mp4"


def test_a_picture_comes_to_the_public(vera: Author) -> None:
    media_id = vera.ready("image")
    story = vera.tell(media_id, "published")
    assert story["content_video_url"] is None
    picture = follow(story["content_image_url"])
    assert picture.headers["content-type"] == "image/webp"
    image = Image.open(BytesIO(picture.content))
    assert (image.size, dict(image.getexif())) == ((800, 600), {})
    small = Image.open(BytesIO(follow(story["thumbnail_url"]).content))
    assert small.size == (640, 480)


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        ("video", b"#EXTM3U\nhttp://127.0.0.1/x.ts\n", "playlist"),
        ("video", photo(), "wrong_type"),
        ("image", b"not a picture", "wrong_type"),
    ],
)
def test_what_is_unfit_is_refused_with_a_reason(
    vera: Author, kind: str, content: bytes, problem: str
) -> None:
    asked = vera.upload(kind, content)
    for _ in range(2):
        answer = vera.validate(asked["media_id"], kind)
        assert answer.status_code == 200
        said = answer.json()
        assert (said["status"], said["problems"], said["poster_url"]) == ("refused", [problem], None)
    assert vera.files("story-uploads") | vera.files("story-media") == set()
    with pytest.raises(Refused) as refused:
        vera.tell(asked["media_id"], "pending_review")
    assert (refused.value.status, refused.value.code) == (422, "media_not_validated")


def test_who_may_have_it_looked_at(vera: Author, anna: Customer) -> None:
    asked = vera.upload("video", videos.film())
    viewer = vera.customer.hire("Глеб", "viewer")
    answers = {
        "stranger": anna.post("validate_video", {"media_id": asked["media_id"]}),
        "viewer": viewer.post("validate_video", {"media_id": asked["media_id"]}),
        "nobody": vera.customer.post("validate_video", {"media_id": asked["media_id"]}, token="x"),
        "nothing": vera.validate(str(uuid4())),
        "another kind": vera.validate(asked["media_id"], "image"),
        "no id": vera.customer.post("validate_video", {"media_id": "1"}),
    }
    assert {who: (answer.status_code, answer.json()["error"]) for who, answer in answers.items()} == {
        "stranger": (404, "not_found"),
        "viewer": (403, "not_allowed"),
        "nobody": (401, "sign_in_required"),
        "nothing": (404, "not_found"),
        "another kind": (422, "invalid_input"),
        "no id": (422, "invalid_input"),
    }
    assert vera.row(asked["media_id"])["status"] == "uploaded"


# Again, at once, and killed


def test_an_upload_that_broke_off_is_repeated(vera: Author) -> None:
    content = videos.film()
    asked = vera.ask("video", content)
    api = urlsplit(vera.env.stack.api)
    with socket.create_connection((api.hostname, api.port)) as line:
        head = "".join(f"{name}: {value}\r\n" for name, value in vera.person.headers.items())
        line.sendall(
            f"POST /storage/v1/object/{asked['bucket']}/{asked['path']} HTTP/1.1\r\nHost: {api.netloc}\r\n{head}"
            f"Content-Type: video/mp4\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content[:500]
        )
    assert vera.validate(asked["media_id"]).status_code == 404
    assert vera.put(asked, content, "video/mp4").is_success
    # come through, though its author was not told: the same again is refused, and is there
    for upsert in ("false", "true"):
        assert vera.put(asked, b"another", "video/mp4", **{"x-upsert": upsert}).status_code == 400
    assert vera.validate(asked["media_id"]).json()["status"] == "ready"


def test_asked_by_many_it_is_looked_at_once(vera: Author) -> None:
    boris = Author(vera.customer.hire("Борис", "admin"))
    asked = vera.upload("video", videos.film(sound="aac", moov="end"))
    with vera.env.more_functions() as (functions, _):
        answers = at_once(
            *[lambda who=who: who.validate(asked["media_id"]) for who in (vera, boris)],
            lambda: vera.validate(asked["media_id"], functions=functions),
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["status"] for answer in answers} <= {"ready", "checking"}
    assert vera.validate(asked["media_id"]).json()["status"] == "ready"
    assert len({path.split("/")[2] for path in vera.files("story-media")}) == 1


def test_killed_half_way_it_is_asked_again(vera: Author) -> None:
    asked = vera.upload("video", videos.film(sound="aac", moov="end"))
    with (
        vera.env.more_functions() as (functions, server),
        psycopg.connect(str(vera.env.stack.database_url)) as gate,
    ):

        def ask() -> None:
            with pytest.raises(httpx.TransportError):
                vera.validate(asked["media_id"], functions=functions)

        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: vera.row(asked["media_id"])["status"] == "checking")
        # it may look, and put its files there, but what it says is held up, and lost when it is killed
        gate.execute(
            "select from public.organizations where id = %s for update", [vera.customer.organization_id]
        )
        assert vera.row(asked["media_id"])["status"] == "checking"
        until(lambda: vera.env.rows(f"select pid {HELD_UP}"))
        assert vera.files("story-media")
        server.kill()
        asking.join()
        vera.env.rows(f"select pg_cancel_backend(pid) {HELD_UP}")
    assert vera.validate(asked["media_id"]).json()["status"] == "checking"
    vera.env.rows(
        "update public.story_media set checked_until = now() where id = %s returning id", asked["media_id"]
    )
    assert vera.validate(asked["media_id"]).json()["status"] == "ready"
    folders = {path.split("/")[2] for path in vera.files("story-media")}
    assert len(folders) == 2, "what the first left is swept after a day"
    vera.tell(asked["media_id"])
    vera.env.job("organization_cleanup", as_of=vera.env.moment(hours=49).isoformat())
    assert {path.split("/")[2] for path in vera.files("story-media")} == {
        vera.row(asked["media_id"])["folder"]
    }


def test_what_goes_wrong_on_our_side_is_no_verdict(vera: Author) -> None:
    asked = vera.upload("video", videos.film(sound="aac", moov="end"))
    with changed_bucket(vera.env, "allowed_mime_types = '{image/png}'"):
        answer = vera.validate(asked["media_id"])
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
    assert vera.row(asked["media_id"])["status"] == "uploaded"
    assert vera.validate(asked["media_id"]).json()["status"] == "ready"


class changed_bucket:
    """Storage takes nothing into the bucket of what is made."""

    def __init__(self, env: Env, change: str) -> None:
        self.env, self.change = env, change

    def __enter__(self) -> None:
        self.env.rows(f"update storage.buckets set {self.change} where id = 'story-media' returning id")

    def __exit__(self, *_: object) -> None:
        self.env.rows(
            "update storage.buckets b set allowed_mime_types = f.content_types from private.file_buckets f"
            " where f.id = b.id and b.id = 'story-media' returning b.id"
        )


# Nothing unpublished leaks


def everybody(vera: Author) -> Iterator[tuple[str, Person]]:
    yield "visitor", people.visitor(vera.env.stack)
    yield "stranger", vera.env.customer("Чужая").person


@pytest.mark.parametrize("status", ["draft", "pending_review"])
def test_nothing_unpublished_leaks(vera: Author, status: str) -> None:
    media_id = vera.ready()
    story = vera.tell(media_id, status)
    paths = vera.files("story-media")
    assert paths
    for who, person in everybody(vera):
        rest = f"/rest/v1/stories?id=eq.{story['id']}&select=*"
        assert person.send("GET", rest).json() == [], who
        embedded = f"/rest/v1/organizations?id=eq.{vera.customer.organization_id}&select=id,stories(id,thumbnail_url)"
        assert story["id"] not in person.send("GET", embedded).text
        count = person.send("HEAD", rest, headers={"Prefer": "count=exact"})
        assert count.headers.get("content-range", "*/0").endswith("/0")
        assert person.rpc("search_stories", organization_id=vera.customer.organization_id)["items"] == []
        listed = person.send("GET", f"/rest/v1/story_media?id=eq.{media_id}")
        assert listed.status_code in (401, 403) or listed.json() == []
        for bucket in ("story-media", "story-uploads"):
            folder = f"{vera.customer.organization_id}/{media_id}"
            for prefix in ("", vera.customer.organization_id, folder, next(iter(paths)).rpartition("/")[0]):
                found = person.send(
                    "POST",
                    f"/storage/v1/object/list/{bucket}",
                    json={"prefix": prefix, "limit": 100, "search": ""},
                )
                assert found.status_code == 400 or found.json() == [], (who, prefix)
        for path in paths:
            for where in ("", "public/", "authenticated/", "info/"):
                answer = person.send("GET", f"/storage/v1/object/{where}story-media/{path}")
                assert answer.status_code in (400, 404), (who, where)
            signed = person.send(
                "POST", f"/storage/v1/object/sign/story-media/{path}", json={"expiresIn": 60}
            )
            assert signed.status_code in (400, 404)
        shown = CLIENT.post(
            f"{vera.env.functions}/story_media", json={"media_id": media_id},
            headers={"Authorization": f"Bearer {person.token or person.key}"},
        )  # fmt: skip
        assert shown.status_code in (401, 404)
    for address in (story["content_video_url"], story["thumbnail_url"]):
        assert CLIENT.get(address).status_code == 404
        assert CLIENT.get(address, headers=vera.person.headers).status_code == 404
    assert CLIENT.get(f"{vera.env.functions}/story_media/{story['id']}/video.mp4").status_code == 404


def shown(env: Env, person: Person, media_id: str) -> httpx.Response:
    return CLIENT.post(
        f"{env.functions}/story_media",
        json={"media_id": media_id},
        headers={"Authorization": f"Bearer {person.token}"},
    )


def test_members_look_at_theirs_and_moderators_at_what_was_submitted(vera: Author) -> None:
    media_id = vera.ready()
    story = vera.tell(media_id)
    moderator, gleb = vera.env.moderator(), vera.customer.hire("Глеб", "viewer").person
    assert shown(vera.env, moderator, media_id).status_code == 404
    vera.person.rpc("submit_story", story_id=story["id"])
    for person in (vera.person, gleb, moderator):
        answer = shown(vera.env, person, media_id)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["status"], said["kind"]) == ("ready", "video")
        assert [file["name"] for file in said["files"]] == ["video.mp4", "poster.webp"]
        for file in said["files"]:
            assert set(file) == {"name", "content_type", "bytes", "width", "height", "url"}
            assert len(CLIENT.get(file["url"]).content) == file["bytes"]


def test_what_is_withdrawn_is_dead_within_a_minute_and_has_a_new_name_when_it_is_back(vera: Author) -> None:
    media_id = vera.ready()
    poster = vera.validate(media_id).json()["poster_url"]
    story = vera.tell(media_id, "published")
    addresses = [story["content_video_url"], story["thumbnail_url"]]
    signed = [CLIENT.get(address).headers["location"] for address in addresses]
    previews = [file["url"] for file in shown(vera.env, vera.person, media_id).json()["files"]]
    assert all(CLIENT.get(address).is_success for address in (*signed, *previews, poster))

    vera.person.rpc("unpublish_story", story_id=story["id"])
    assert all(CLIENT.get(address).status_code == 404 for address in addresses), "at once"
    assert withdraw(vera.env)["moved"] >= 1
    assert all(is_gone(address) for address in (*addresses, *signed, *previews, poster))
    assert withdraw(vera.env)["moved"] == 0

    vera.person.rpc("submit_story", story_id=story["id"])
    back = vera.approve(story)
    assert not {back["content_video_url"], back["thumbnail_url"]} & set(addresses)
    led = CLIENT.get(back["content_video_url"]).headers["location"]
    assert urlsplit(led).path not in {urlsplit(address).path for address in signed}
    assert CLIENT.get(led).is_success
    assert all(is_gone(address) for address in (*addresses, *signed, *previews, poster))


def test_published_again_before_the_job_came_by_it_is_moved_first(vera: Author) -> None:
    story = vera.tell(vera.ready(), "published")
    before = CLIENT.get(story["content_video_url"]).headers["location"]
    vera.person.rpc("unpublish_story", story_id=story["id"])
    vera.person.rpc("submit_story", story_id=story["id"])
    back = vera.approve(story)
    answers = at_once(*[lambda: CLIENT.get(back["content_video_url"])] * 3)
    assert {answer.status_code for answer in answers} <= {302, 404, 503}
    until(lambda: follow(back["content_video_url"]).is_success)
    assert is_gone(before)


def test_another_film_in_a_published_story_withdraws_the_first(vera: Author) -> None:
    story = vera.tell(vera.ready(), "published")
    before = CLIENT.get(story["content_video_url"]).headers["location"]
    vera.person.update("stories", {"id": f"eq.{story['id']}"}, media_id=vera.ready("image"))
    withdraw(vera.env)
    assert is_gone(before)
    (now,) = vera.person.get("stories", id=f"eq.{story['id']}")
    assert (now["status"], now["content_video_url"]) == ("draft", None)


def test_a_move_that_fails_is_tried_again_and_holds_up_no_other(vera: Author) -> None:
    first, second = vera.tell(vera.ready(), "published"), vera.tell(vera.ready("image"), "published")
    signed = [CLIENT.get(story["thumbnail_url"]).headers["location"] for story in (first, second)]
    for story in (first, second):
        vera.person.rpc("unpublish_story", story_id=story["id"])
    row = vera.row(first["media_id"])
    in_the_way = f"{row['organization_id']}/{row['id']}/{row['next_folder']}/video.mp4"
    service = vera.env.service
    put = service.send(
        "POST",
        f"/storage/v1/object/story-media/{in_the_way}",
        content=b"x",
        headers={"Content-Type": "video/mp4"},
    )
    assert put.is_success
    answer = vera.env.call_job("story_withdrawal")
    assert answer.json()["failed"] >= 1
    assert is_gone(signed[1])
    assert service.send(
        "DELETE", "/storage/v1/object/story-media", json={"prefixes": [in_the_way]}
    ).is_success
    assert withdraw(vera.env)["failed"] == 0
    assert is_gone(signed[0])


# Swapped


def overwrite(vera: Author, bucket: str, path: str, content: bytes, content_type: str) -> None:
    """Whoever has the service key puts another file in its place."""
    answer = vera.env.service.send(
        "POST", f"/storage/v1/object/{bucket}/{path}", content=content,
        headers={"Content-Type": content_type, "x-upsert": "true"},
    )  # fmt: skip
    assert answer.is_success, answer.text


@pytest.mark.parametrize("bucket", ["story-uploads", "story-media"])
def test_a_file_that_was_swapped_is_not_published(vera: Author, bucket: str) -> None:
    media_id = vera.ready()
    story = vera.tell(media_id, "pending_review")
    film = next(path for path in vera.files("story-media") if path.endswith("video.mp4"))
    upload = f"{vera.customer.organization_id}/{media_id}/original"
    overwrite(
        vera,
        bucket,
        upload if bucket == "story-uploads" else film,
        videos.film(colours=(videos.RED,)),
        "video/mp4",
    )
    with pytest.raises(Refused) as refused:
        vera.approve(story)
    assert (refused.value.status, refused.value.code) == (422, "media_not_validated")
    vera.person.rpc("withdraw_story", story_id=story["id"])
    with pytest.raises(Refused) as refused:
        vera.person.rpc("submit_story", story_id=story["id"])
    assert refused.value.code == "media_not_validated"
    if bucket == "story-uploads":  # looked at, it is as good as any
        assert vera.validate(media_id).json()["status"] == "ready"
        assert vera.person.rpc("submit_story", story_id=story["id"])["status"] == "pending_review"


def test_a_published_file_that_was_swapped_is_not_shown(vera: Author) -> None:
    story = vera.tell(vera.ready(), "published")
    film = next(path for path in vera.files("story-media") if path.endswith("video.mp4"))
    overwrite(vera, "story-media", film, b"another", "video/mp4")
    assert CLIENT.get(story["content_video_url"]).status_code == 404
    assert CLIENT.get(story["thumbnail_url"]).status_code == 302


def test_uploads_that_nobody_wants_are_swept_after_a_day(vera: Author) -> None:
    vera.upload("video", videos.film())
    idle = vera.ready("image")
    assert vera.files("story-uploads")
    by_storages_clock = datetime.now(UTC) + timedelta(hours=20)  # it does not move
    vera.env.job("organization_cleanup", as_of=by_storages_clock.isoformat())
    assert vera.files("story-uploads")
    assert vera.files("story-media")
    vera.env.job("organization_cleanup", as_of=vera.env.moment(hours=49).isoformat())
    assert vera.files("story-uploads") | vera.files("story-media") == set()
    assert vera.env.rows("select id from public.story_media where id = %s", idle) == []


def test_one_number_and_one_list_of_problems_everywhere(env: Env) -> None:
    limits = {
        row["kind"]: row["most_bytes"]
        for row in env.rows("select kind::text, most_bytes from private.media_limits()")
    }
    assert limits == LARGEST == CONTRACT["codes"]["story_media_limits"]
    (bucket,) = env.rows("select file_size_limit from storage.buckets where id = 'story-uploads'")
    assert bucket["file_size_limit"] == LARGEST["video"]
    (known,) = env.rows("select private.media_problems() as problems")
    assert set(known["problems"]) == set(get_args(Code))
