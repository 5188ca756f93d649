"""Media of stories (sql/55_story_media, sql/60_story_files): who uploads what, what was found in it, and who sees it when."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from kit.db import DbEnv, Row
from kit.refused import Refused
from psycopg.types.json import Jsonb

MEGABYTE = 1024 * 1024
LIMITS = {"video": 100 * MEGABYTE, "image": 10 * MEGABYTE}
TYPES = {"video": "video/mp4", "image": "image/jpeg"}
EDITORS = ("anna", "boris", "vera")
OTHERS = {
    "gleb": "PT403 not_allowed",
    "moderator": "PT404 not_found",
    "stranger": "PT404 not_found",
    "visitor": "42501",
}


@pytest.fixture
def db(db: DbEnv) -> DbEnv:
    """With a trial: whoever may not write yet is a test of its own."""
    db.start_trial()
    return db


def ask(db: DbEnv, person: str = "vera", kind: str = "video", **more: Any) -> Row:
    """Room for one file."""
    given = {
        "organization_id": db.organization,
        "kind": kind,
        "bytes": 1000,
        "content_type": TYPES.get(kind, "video/mp4"),
    } | more
    answer: Row = db.rpc(person, "create_story_media", **given)
    return answer


def put(db: DbEnv, person: str, bucket: str, path: str) -> None:
    db.query(person, "insert into storage.objects (bucket_id, name) values (%s, %s)", bucket, path)


def lie(db: DbEnv, bucket: str, path: str, content: str = "one", size: int = 1000) -> None:
    """Storage has a file there; or another one, in its place."""
    db.run(
        "insert into storage.objects (bucket_id, name, version, metadata) values (%s, %s, %s, %s)"
        " on conflict (bucket_id, name) do update set version = excluded.version, metadata = excluded.metadata",
        bucket, path, str(uuid4()), Jsonb({"size": size, "eTag": content, "mimetype": "video/mp4"}),
    )  # fmt: skip


def begin(db: DbEnv, media_id: Any, person: str = "vera", kind: str = "video") -> Row:
    answer: Row = db.rpc(person, "begin_media_check", media_id=media_id, kind=kind)
    return answer


FILES: dict[str, list[Row]] = {
    "video": [
        {"name": "video.mp4", "content_type": "video/mp4", "bytes": 900, "width": 1280, "height": 720},
        {"name": "poster.webp", "content_type": "image/webp", "bytes": 90, "width": 1280, "height": 720},
        {"name": "poster-640.webp", "content_type": "image/webp", "bytes": 50, "width": 640, "height": 360},
    ],
    "image": [
        {"name": "640.webp", "content_type": "image/webp", "bytes": 50, "width": 640, "height": 480},
        {"name": "1280.webp", "content_type": "image/webp", "bytes": 90, "width": 1280, "height": 960},
    ],
}


def settle(db: DbEnv, begun: Row, *problems: str, files: bool = True) -> Row:
    """The function has looked: it is fit, and this was made of it; or it is not."""
    made = [] if problems else FILES[begun["kind"]]
    for file in made if files else []:
        lie(db, "story-media", begun["made"]["folder"] + file["name"], size=file["bytes"])
    answer: Row = db.service(
        "settle_media_check", media_id=begun["media_id"], check_id=begun["check_id"],
        finding={"problems": list(problems), "content_type": TYPES[begun["kind"]], "duration_seconds": 3.0, "width": 1280,
                 "height": 720, "files": made},
    )  # fmt: skip
    return answer


def medium(db: DbEnv, status: str = "ready", kind: str = "video", person: str = "vera") -> str:
    """Media that have come to this status."""
    asked = ask(db, person, kind)
    if status == "uploaded":
        return str(asked["media_id"])
    lie(db, "story-uploads", asked["path"])
    begun = begin(db, asked["media_id"], person, kind)
    if status == "ready":
        assert settle(db, begun)["settled"]
    if status == "refused":
        assert settle(db, begun, "no_video", "too_long")["settled"]
    return str(asked["media_id"])


def row(db: DbEnv, media_id: str) -> Row:
    return db.one("select * from public.story_media where id = %s", media_id)


def upload_of(db: DbEnv, media_id: str) -> str:
    return f"{row(db, media_id)['organization_id']}/{media_id}/original"


def paths(db: DbEnv, media_id: str) -> list[str]:
    """Where its files lie, by the rules."""
    return [file["path"] for file in db.rpc("anna", "story_media_to_show", media_id=media_id)["files"]]


def write(db: DbEnv, person: str = "vera", **columns: Any) -> Row:
    columns = {"organization_id": db.organization, "story_type": "success_story", "title": "Мёд"} | columns
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    (story,) = db.query(
        person, f"insert into public.stories ({names}) values ({places}) returning *", *columns.values()
    )
    return story


def tell(db: DbEnv, status: str = "draft", **columns: Any) -> Row:
    """A story with a film that has come to this status."""
    story = write(db, **({"media_id": medium(db)} | columns))
    if status != "draft":
        story = db.rpc("vera", "submit_story", story_id=story["id"])
    if status == "published":
        story = db.rpc("moderator", "approve_story", story_id=story["id"])
    if status == "rejected":
        story = db.rpc("moderator", "reject_story", story_id=story["id"], code="other", comment="Нет.")
    return story


def again(db: DbEnv, story: Row) -> Row:
    return db.one("select * from public.stories where id = %s", story["id"])


# Uploading


@pytest.mark.parametrize("kind", LIMITS)
def test_room_for_a_file(db: DbEnv, kind: str) -> None:
    for person in EDITORS:
        asked = ask(db, person, kind, bytes=LIMITS[kind])
        assert asked["bucket"] == "story-uploads"
        assert asked["path"] == f"{db.organization}/{asked['media_id']}/original"
        made = row(db, asked["media_id"])
        assert (made["status"], made["kind"], made["bytes"], made["created_by"]) == (
            "uploaded",
            kind,
            LIMITS[kind],
            db.ids[person],
        )
    with pytest.raises(Refused, match="PT413 too_large"):
        ask(db, "vera", kind, bytes=LIMITS[kind] + 1)
    for person in OTHERS:
        with pytest.raises(Refused, match="42501" if person == "visitor" else "PT403 not_allowed"):
            ask(db, person, kind)


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"kind": None}, [("kind", "required")]),
        ({"kind": "audio", "bytes": 0}, [("kind", "unknown"), ("bytes", "empty")]),
        ({"bytes": None}, [("bytes", "required")]),
        ({"bytes": -1}, [("bytes", "empty")]),
        ({"content_type": None}, [("content_type", "required")]),
        ({"content_type": "image/png"}, [("content_type", "wrong_type")]),
        ({"content_type": "video/x-matroska"}, [("content_type", "wrong_type")]),
    ],
)
def test_what_is_announced_is_looked_at(db: DbEnv, given: Row, faults: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        ask(db, **given)
    assert [(fault["field"], fault["code"]) for fault in json.loads(refusal.value.detail)] == faults


def test_a_recorder_names_its_codecs_too(db: DbEnv) -> None:
    media_id = ask(db, content_type="Video/WebM; codecs=vp9")["media_id"]
    assert row(db, media_id)["content_type"] == "video/webm"


def test_uploading_needs_a_subscription_and_an_organization_that_stays(db: DbEnv) -> None:
    poor = db.another("vera")
    with pytest.raises(Refused, match="PT402 subscription_required"):
        ask(db, organization_id=poor)
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        ask(db)


def test_a_hundred_a_day(db: DbEnv) -> None:
    for _ in range(100):
        ask(db)
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        ask(db)
    db.run("update private.request_counts set minute = minute - interval '1 day'")
    ask(db)


def test_a_file_is_put_where_it_was_asked_for_and_nowhere_else(db: DbEnv) -> None:
    asked = ask(db)
    for person in ("gleb", "stranger", "moderator", "visitor"):
        with pytest.raises(Refused, match="42501"):
            put(db, person, "story-uploads", asked["path"])
    for path in (
        f"{asked['path']}2",
        f"{db.organization}/{asked['media_id']}/another",
        f"{db.organization}/{uuid4()}/original",
        f"{db.organization}/original",
        asked["path"].replace(str(db.organization), str(db.another("stranger"))),
    ):
        with pytest.raises(Refused, match="42501"):
            put(db, "anna", "story-uploads", path)
    with pytest.raises(Refused, match="42501"):
        put(db, "anna", "story-media", asked["path"])
    put(db, "boris", "story-uploads", asked["path"])  # any editor: the bucket is the organization's
    for statement in (
        "update storage.objects set version = 'x' where name = %s",
        "delete from storage.objects where name = %s",
    ):
        assert db.query("anna", statement, asked["path"]) == [{"count": 0}]
    for person in (*EDITORS, "gleb", "stranger", "moderator", "visitor"):
        assert db.query(person, "select name from storage.objects where name = %s", asked["path"]) == []


@pytest.mark.parametrize("status", ["checking", "ready", "refused"])
def test_nothing_is_put_where_somebody_looks_or_has_looked(db: DbEnv, status: str) -> None:
    media_id = medium(db, status)
    path = upload_of(db, media_id)
    db.run("delete from storage.objects where name = %s", path)
    with pytest.raises(Refused, match="42501"):
        put(db, "vera", "story-uploads", path)
    db.run("update story_media set checked_until = now() - interval '1 second' where status = 'checking'")
    if status == "checking":  # who looked was killed
        put(db, "vera", "story-uploads", path)


def test_an_organization_has_some_room(db: DbEnv) -> None:
    for _ in range(2):
        lie(db, "story-uploads", f"{db.organization}/{uuid4()}/original", size=600 * MEGABYTE)
    with pytest.raises(Refused, match="42501"):
        put(db, "vera", "story-uploads", ask(db)["path"])


# Checking


def test_what_was_found_is_written_down(db: DbEnv) -> None:
    media_id = medium(db)
    ready = row(db, media_id)
    assert (
        ready["status"],
        ready["duration_seconds"],
        ready["width"],
        ready["height"],
        ready["problems"],
    ) == ("ready", 3, 1280, 720, [])
    shown = db.rpc("gleb", "story_media_to_show", media_id=media_id)
    assert [file["name"] for file in shown["files"]] == ["video.mp4", "poster.webp", "poster-640.webp"]
    assert all(
        file["path"].startswith(f"{db.organization}/{media_id}/{ready['folder']}/") for file in shown["files"]
    )
    refused = row(db, medium(db, "refused"))
    assert (refused["status"], refused["problems"], refused["folder"]) == (
        "refused",
        ["no_video", "too_long"],
        None,
    )


def test_who_has_an_upload_looked_at(db: DbEnv) -> None:
    asked = ask(db)
    with pytest.raises(Refused, match="PT404 not_found"):
        begin(db, asked["media_id"])  # nothing came yet
    lie(db, "story-uploads", asked["path"])
    for person, code in OTHERS.items():
        with pytest.raises(Refused, match=code):
            begin(db, asked["media_id"], person)
    with pytest.raises(Refused, match="PT404 not_found"):
        begin(db, uuid4())
    with pytest.raises(Refused, match="PT422 invalid_input"):
        begin(db, asked["media_id"], kind="image")
    begun = begin(db, asked["media_id"], "boris")
    assert begun["check_id"]
    assert begun["upload"] == {
        "bucket": "story-uploads",
        "path": asked["path"],
        "bytes": 1000,
        "content_type": "video/mp4",
    }
    for person in (*EDITORS, "moderator", "stranger", "visitor"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "settle_media_check", media_id=asked["media_id"], check_id=begun["check_id"])


def test_one_looks_at_a_time_and_who_was_killed_is_followed(db: DbEnv) -> None:
    media_id = medium(db, "checking")
    waiting = begin(db, media_id, "anna")
    assert (waiting["check_id"], waiting["status"]) == (None, "checking")
    first = row(db, media_id)["check_id"]
    db.run("update story_media set checked_until = now() where id = %s", media_id)
    second = begin(db, media_id, "anna")
    assert UUID(second["check_id"]) != first
    late = settle(db, second | {"check_id": str(first)})
    assert (late["settled"], late["media"]["status"]) == (False, "checking")
    assert settle(db, second)["settled"]
    assert not settle(db, second, "damaged", files=False)["settled"], "what was found once stays"
    assert row(db, media_id)["status"] == "ready"


def test_a_check_that_is_given_back_may_be_done_again(db: DbEnv) -> None:
    media_id = medium(db, "checking")
    check = row(db, media_id)["check_id"]
    answer = db.service("settle_media_check", media_id=media_id, check_id=check)
    assert (answer["settled"], answer["media"]["status"]) == (False, "uploaded")
    assert settle(db, begin(db, media_id))["settled"]
    assert not db.service("settle_media_check", media_id=uuid4(), check_id=check)["settled"]


def test_asked_again_it_says_the_same(db: DbEnv) -> None:
    for status in ("ready", "refused"):
        media_id = medium(db, status)
        before = row(db, media_id)
        for _ in range(12):  # and nothing is counted
            assert begin(db, media_id)["status"] == status
        db.run("delete from storage.objects where name = %s", upload_of(db, media_id))
        assert begin(db, media_id)["check_id"] is None
        assert row(db, media_id) == before


def test_ten_a_minute(db: DbEnv) -> None:
    for _ in range(10):
        medium(db, "checking")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        medium(db, "checking")


def test_what_was_not_uploaded_to_the_end_of_the_check_is_no_verdict(db: DbEnv) -> None:
    media_id = medium(db, "checking")
    begun = row(db, media_id)
    lie(db, "story-uploads", upload_of(db, media_id), "another")
    said = settle(
        db,
        {"media_id": media_id, "kind": "video", "check_id": str(begun["check_id"]), "made": {"folder": "x/"}},
    )
    assert (said["settled"], said["media"]["status"]) == (False, "uploaded")


def test_what_was_made_has_to_lie_there(db: DbEnv) -> None:
    media_id = medium(db, "checking")
    begun = {"media_id": media_id, "kind": "video", "check_id": str(row(db, media_id)["check_id"])}
    with pytest.raises(Refused, match="23502"):
        settle(db, begun, files=False)


# In a story


def test_a_story_shows_its_media(db: DbEnv) -> None:
    film, picture = medium(db), medium(db, kind="image")
    story = write(db, media_id=film)
    base = f"https://chestno.example/functions/v1/story_media/{story['id']}/{row(db, film)['folder']}-"
    assert story["content_video_url"] == f"{base}video.mp4"
    assert (story["content_image_url"], story["thumbnail_url"]) == (None, f"{base}poster-640.webp")
    db.query("vera", "update stories set media_id = %s where id = %s", picture, story["id"])
    story = again(db, story)
    assert story["content_video_url"] is None
    assert story["content_image_url"].endswith(f"{row(db, picture)['folder']}-1280.webp")
    assert story["thumbnail_url"].endswith("-640.webp")
    db.query("vera", "update stories set media_id = null where id = %s", story["id"])
    story = again(db, story)
    assert (story["content_video_url"], story["content_image_url"], story["thumbnail_url"]) == (
        None,
        None,
        None,
    )


def test_it_shows_them_as_soon_as_they_are_ready(db: DbEnv) -> None:
    media_id = medium(db, "checking")
    story = write(db, media_id=media_id)
    assert story["content_video_url"] is None
    db.run("update story_media set checked_until = now() where id = %s", media_id)
    settle(db, begin(db, media_id))
    assert again(db, story)["content_video_url"].endswith("-video.mp4")
    assert again(db, story)["updated_at"] == story["updated_at"]


def test_addresses_follow_the_functions(db: DbEnv) -> None:
    story = tell(db)
    db.service("configure_platform", settings={
        "site_url": "https://chestno.example", "shop_id": "100500", "test_mode": True, "functions_url": "https://f.example/v1/"})  # fmt: skip
    assert again(db, story)["content_video_url"].startswith(
        f"https://f.example/v1/story_media/{story['id']}/"
    )


def test_media_of_others_are_not_shown(db: DbEnv) -> None:
    mine = db.organization
    db.organization = db.another("stranger")
    db.run("update subscriptions set organization_id = %s", db.organization)
    theirs = medium(db, person="stranger")
    db.run("update subscriptions set organization_id = %s", mine)
    db.organization = mine
    for media_id in (theirs, str(uuid4())):
        with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
            write(db, media_id=media_id)
        assert json.loads(refusal.value.detail) == [{"field": "media_id", "code": "not_the_organizations"}]
        with pytest.raises(Refused, match="PT422 invalid_input"):
            db.query("anna", "update stories set media_id = %s where id = %s", media_id, tell(db)["id"])
        with pytest.raises(Refused, match="23503"):  # whoever writes
            db.query("operator", "update stories set media_id = %s where id = %s", media_id, tell(db)["id"])
    taken = tell(db)["media_id"]
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        write(db, media_id=taken)
    assert json.loads(refusal.value.detail) == [{"field": "media_id", "code": "invalid"}]


@pytest.mark.parametrize("column", ["content_video_url", "content_image_url", "thumbnail_url"])
def test_addresses_are_not_written_by_hand(db: DbEnv, column: str) -> None:
    with pytest.raises(Refused, match="42501"):
        write(db, "anna", **{column: "https://e.ru/film.mp4"})
    with pytest.raises(Refused, match="42501"):
        db.query(
            "anna", f"update stories set {column} = 'https://e.ru/film.mp4' where id = %s", tell(db)["id"]
        )


@pytest.mark.parametrize("status", ["uploaded", "checking", "refused"])
def test_what_is_not_ready_is_not_submitted(db: DbEnv, status: str) -> None:
    story = write(db, media_id=medium(db, status), content_text="О мёде")
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc("vera", "submit_story", story_id=story["id"])
    assert again(db, story)["status"] == "draft"


def test_a_film_needs_no_words(db: DbEnv) -> None:
    assert tell(db, "pending_review")["status"] == "pending_review"


def swap_upload(db: DbEnv, story: Row) -> None:
    lie(db, "story-uploads", upload_of(db, story["media_id"]), "another")


def swap_file(db: DbEnv, story: Row) -> None:
    lie(db, "story-media", paths(db, story["media_id"])[0], "another")


def lose_file(db: DbEnv, story: Row) -> None:
    db.run("delete from storage.objects where name = %s", paths(db, story["media_id"])[0])


@pytest.mark.parametrize("change", [swap_upload, swap_file, lose_file])
def test_another_file_in_its_place_is_not_published(db: DbEnv, change: Any) -> None:
    story = tell(db)
    change(db, story)
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc("vera", "submit_story", story_id=story["id"])
    story = tell(db, "pending_review")
    change(db, story)
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc("moderator", "approve_story", story_id=story["id"])
    assert again(db, story)["status"] == "pending_review"


def test_an_upload_that_is_gone_was_looked_at_all_the_same(db: DbEnv) -> None:
    story = tell(db)
    db.run("delete from storage.objects where name = %s", upload_of(db, story["media_id"]))
    assert db.rpc("vera", "submit_story", story_id=story["id"])["status"] == "pending_review"


def test_another_upload_is_looked_at_but_not_under_anybodys_eyes(db: DbEnv) -> None:
    story = tell(db, "pending_review")
    swap_upload(db, story)
    assert begin(db, story["media_id"])["check_id"] is None
    db.rpc("vera", "withdraw_story", story_id=story["id"])
    before = row(db, story["media_id"])["folder"]
    settle(db, begin(db, story["media_id"]))
    assert before not in again(db, story)["content_video_url"]
    assert db.rpc("vera", "submit_story", story_id=story["id"])["status"] == "pending_review"


def test_another_film_makes_a_draft_of_what_is_published(db: DbEnv) -> None:
    story = tell(db, "published")
    first, second = story["media_id"], medium(db)
    db.query("vera", "update stories set media_id = %s where id = %s", second, story["id"])
    assert again(db, story)["status"] == "draft"
    assert row(db, first)["next_folder"]
    assert not row(db, second)["next_folder"]
    entry = db.rows(
        "select detail from story_activity_log where story_id = %s and action = 'edited'", story["id"]
    )
    assert [each["detail"] for each in entry] == [{"fields": ["media_id"]}]
    waiting = tell(db, "pending_review")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.query("vera", "update stories set media_id = null where id = %s", waiting["id"])


# Who sees what


def file_of(db: DbEnv, story: Row) -> Row | None:
    """Where the address of its film leads."""
    name = again(db, story)["content_video_url"].rpartition("/")[2]
    answer: Row | None = db.service("story_file", story_id=story["id"], file=name)
    return answer


@pytest.mark.parametrize("status", ["draft", "pending_review", "published", "rejected"])
def test_the_public_gets_what_is_published(db: DbEnv, status: str) -> None:
    story = tell(db, status)
    found = file_of(db, story)
    if status == "published":
        assert found == {"path": paths(db, story["media_id"])[0], "move": None}
    else:
        assert found is None
    for name in ("video.mp4", "", "../original", f"{'0' * 32}-video.mp4", None):
        assert db.service("story_file", story_id=story["id"], file=name) is None
    for person in (*EDITORS, "moderator", "stranger", "visitor"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "story_file", story_id=story["id"], file="video.mp4")


def test_the_public_gets_it_when_its_time_has_come(db: DbEnv) -> None:
    story = tell(db, "published")
    db.run("update stories set published_at = now() + interval '1 minute' where id = %s", story["id"])
    assert file_of(db, story) is None


def test_what_was_swapped_after_it_was_published_is_not_shown(db: DbEnv) -> None:
    story = tell(db, "published")
    swap_file(db, story)
    assert file_of(db, story) is None


@pytest.mark.parametrize("status", ["draft", "pending_review", "published", "rejected"])
def test_members_see_theirs_and_moderators_what_was_submitted(db: DbEnv, status: str) -> None:
    media_id = tell(db, status)["media_id"]
    for person in (*EDITORS, "gleb"):
        assert db.rpc(person, "story_media_to_show", media_id=media_id)["files"]
        assert db.query(person, "select id from story_media where id = %s", media_id)
    for person in ("moderator", "stranger", "visitor"):
        if person == "moderator" and status != "draft":
            assert db.rpc(person, "story_media_to_show", media_id=media_id)["files"]
        else:
            with pytest.raises(Refused, match="42501" if person == "visitor" else "PT404 not_found"):
                db.rpc(person, "story_media_to_show", media_id=media_id)
    assert db.query("stranger", "select id from story_media") == []
    with pytest.raises(Refused, match="42501"):
        db.query("visitor", "select id from story_media")


# Withdrawn


def move(db: DbEnv) -> int:
    """What the job does: how many media there were to move."""
    moves = db.service("story_files_to_move")
    for each in moves:
        for file in each["files"]:
            db.run(
                "update storage.objects set name = %s, version = %s where name = %s",
                file["to"],
                str(uuid4()),
                file["from"],
            )
        assert db.service("settle_story_files", media_id=each["media_id"])
    return len(moves)


def unpublish(db: DbEnv, story: Row) -> None:
    db.rpc("vera", "unpublish_story", story_id=story["id"])


def edit(db: DbEnv, story: Row) -> None:
    db.query("vera", "update stories set title = 'Другой' where id = %s", story["id"])


def erase(db: DbEnv, story: Row) -> None:
    db.run("delete from stories where id = %s", story["id"])


@pytest.mark.parametrize("withdraw", [unpublish, edit, erase])
def test_what_was_withdrawn_gets_another_name(db: DbEnv, withdraw: Any) -> None:
    story = tell(db, "published")
    before = paths(db, story["media_id"])
    withdraw(db, story)
    assert not db.service("settle_story_files", media_id=story["media_id"]), "it still lies there"
    assert (move(db), move(db)) == (1, 0)
    after = paths(db, story["media_id"])
    assert not set(before) & set(after)
    assert db.rows("select name from storage.objects where name = any (%s)", before) == []


def test_a_story_that_is_published_again_has_new_addresses(db: DbEnv) -> None:
    story = tell(db, "published")
    unpublish(db, story)
    withdrawn = again(db, story)
    assert withdrawn["content_video_url"] != story["content_video_url"]
    # published again before anything was moved: its files are moved first
    db.rpc("vera", "submit_story", story_id=story["id"])
    db.rpc("moderator", "approve_story", story_id=story["id"])
    assert (
        db.service("story_file", story_id=story["id"], file=story["content_video_url"].rpartition("/")[2])
        is None
    )
    found = file_of(db, story)
    assert found is None or found["move"]
    assert found
    assert found["path"] in [file["to"] for file in found["move"]["files"]]
    move(db)
    assert file_of(db, story) == {"path": found["path"], "move": None}
    assert again(db, story)["content_video_url"] == withdrawn["content_video_url"]


def test_half_of_a_move_is_gone_on_with(db: DbEnv) -> None:
    story = tell(db, "published")
    unpublish(db, story)
    (first, *_) = db.service("story_files_to_move")[0]["files"]
    db.run("update storage.objects set name = %s, version = 'x' where name = %s", first["to"], first["from"])
    assert not db.service("settle_story_files", media_id=story["media_id"])
    assert db.rpc("vera", "submit_story", story_id=story["id"])["status"] == "pending_review"
    assert move(db) == 1
    assert db.rpc("moderator", "approve_story", story_id=story["id"])["status"] == "published"


def test_what_is_swapped_on_the_move_is_unvalidated(db: DbEnv) -> None:
    story = tell(db, "published")
    unpublish(db, story)
    (first, *_) = db.service("story_files_to_move")[0]["files"]
    db.run("delete from storage.objects where name = %s", first["from"])
    lie(db, "story-media", first["to"], "another")
    assert move(db) == 1
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc("vera", "submit_story", story_id=story["id"])


def test_only_the_service_key_moves(db: DbEnv) -> None:
    for person in ("anna", "moderator", "visitor"):
        for function, given in (("story_files_to_move", {}), ("settle_story_files", {"media_id": uuid4()})):
            with pytest.raises(Refused, match="42501"):
                db.rpc(person, function, **given)


# Leftovers


def stale(db: DbEnv) -> set[str]:
    return {file["path"] for file in db.service("stale_files") if file["bucket"].startswith("story-")}


def test_what_no_story_names_goes_after_a_day(db: DbEnv) -> None:
    named, idle, abandoned = tell(db), medium(db), medium(db, "uploaded")
    lie(db, "story-uploads", upload_of(db, abandoned))
    leftover = f"{db.organization}/{named['media_id']}/{'0' * 32}/video.mp4"  # of a check that was killed
    lie(db, "story-media", leftover)
    kept = set(paths(db, named["media_id"]))
    assert stale(db) == set()
    db.run(
        "update storage.objects set created_at = now() - interval '25 hours', updated_at = now() - interval '25 hours'"
    )
    uploads = {upload_of(db, str(each)) for each in (named["media_id"], idle, abandoned)}
    assert stale(db) == {leftover, *paths(db, idle), *uploads}
    db.run("alter table story_media disable trigger story_media_touch_updated_at")
    db.run("update story_media set updated_at = now() - interval '25 hours'")
    db.service("run_organization_cleanup")
    left = db.rows("select id::text from story_media where organization_id = %s", db.organization)
    assert [each["id"] for each in left] == [str(named["media_id"])]
    assert not stale(db) & kept


def test_media_go_with_their_organization(db: DbEnv) -> None:
    tell(db, "published")
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    db.run(
        "update organizations set deletion_requested_at = now() - interval '31 days' where id = %s",
        db.organization,
    )
    db.service("run_organization_cleanup")
    assert db.rows("select id from story_media where organization_id = %s", db.organization) == []
    assert {"story-media", "story-uploads"} <= set(db.service("organization_buckets"))


def test_readers_find_the_picture(db: DbEnv) -> None:
    story = tell(db, "published")
    (found,) = db.rpc("visitor", "search_stories", organization_id=db.organization)["items"]
    assert found["thumbnail_url"] == again(db, story)["thumbnail_url"]
    assert found["thumbnail_url"]


def test_one_number_everywhere(db: DbEnv) -> None:
    limits = {each["kind"]: each["most_bytes"] for each in db.rows("select * from private.media_limits()")}
    assert limits == LIMITS
    assert (
        db.one("select max_bytes from private.file_buckets where id = 'story-uploads'")["max_bytes"]
        == LIMITS["video"]
    )
