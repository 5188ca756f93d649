"""A standing attack: everything there is, tried by everybody, over real requests. Nothing may be found.

What is attacked is read from the catalog, from docs/access.md and from the tables of functions and jobs: whatever is added later
is attacked without a line here. test_planted_holes.py shows that the attack sees what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest
from attack import catalog, on_files, on_functions, on_rpcs, on_tables
from attack.scene import EVERYBODY, INSIDERS, Finding, Scene
from kit.figures import OTHERS, REST, RPCS
from stack.scheduler import read_jobs

Record = Callable[[str, object], None]
GROUPS = {
    "from outside": ("visitor", "stranger", "viewer of another", "editor of another", "admin of another"),
    "the owner of another": ("owner of another",),
    "from inside": (*INSIDERS, "moderator"),
}
LEAST_REST = {"from outside": 2200, "the owner of another": 700, "from inside": 1200}
LEAST_RPC = {"from outside": 800, "the owner of another": 1800, "from inside": 1800}


def test_everybody_attacks_and_it_is_as_large_as_it_was() -> None:
    assert sorted(chain(*GROUPS.values())) == sorted(EVERYBODY)
    assert sum(LEAST_REST.values()) >= 3500
    assert sum(LEAST_RPC.values()) >= 4200


@pytest.mark.parametrize("group", GROUPS)
def test_no_table_gives_or_takes_more_than_it_says(scene: Scene, group: str, record_property: Record) -> None:
    found, calls, tables = set[Finding](), 0, catalog.tables(scene.victim)
    for who in GROUPS[group]:
        its, asked = on_tables.attack(scene, who, tables)
        found, calls = found | its, calls + asked
    assert sorted(found) == []
    assert calls >= LEAST_REST[group]
    record_property(REST, calls)


@pytest.mark.parametrize("group", GROUPS)
def test_no_rpc_breaks_tells_or_does_what_it_must_not(
    scene: Scene, group: str, record_property: Record
) -> None:
    found, calls, rpcs = set[Finding](), 0, catalog.rpcs(scene.victim)
    for who in GROUPS[group]:
        its, asked = on_rpcs.attack(scene, who, rpcs)
        found, calls = found | its, calls + asked
    assert sorted(found) == []
    assert calls >= LEAST_RPC[group]
    record_property(RPCS, calls)


def test_no_bucket_gives_or_takes_what_is_others(scene: Scene, record_property: Record) -> None:
    found, calls, buckets = set[Finding](), 0, on_files.buckets(scene)
    for who in ("visitor", "owner of another", "viewer", "owner", "moderator"):
        its, asked = on_files.attack(scene, who, buckets)
        found, calls = found | its, calls + asked
    assert sorted(found) == []
    assert calls >= 250 * len(buckets)
    record_property(OTHERS, calls)


def test_no_bad_token_opens_anything(scene: Scene, record_property: Record) -> None:
    found, calls = on_functions.attack(scene, on_functions.with_tokens(scene))
    assert sorted(found) == []
    assert calls >= 200
    record_property(OTHERS, calls)


def test_no_job_runs_for_who_is_not_the_scheduler(scene: Scene, record_property: Record) -> None:
    found, calls = on_functions.attack(scene, on_functions.at_jobs(scene))
    assert sorted(found) == []
    assert calls >= 15 * len(read_jobs())
    record_property(OTHERS, calls)


def test_no_webhook_is_believed(scene: Scene, record_property: Record) -> None:
    found, calls = on_functions.attack(scene, on_functions.at_the_webhook(scene))
    assert sorted(found) == []
    assert calls >= 40
    record_property(OTHERS, calls)


def test_no_function_serves_who_may_not(scene: Scene, record_property: Record) -> None:
    found, calls = set[Finding](), 0
    for who in ("stranger", "owner of another", "viewer", "editor"):
        its, asked = on_functions.attack(scene, on_functions.at_functions(scene, who))
        found, calls = found | its, calls + asked
    assert sorted(found) == []
    assert calls >= 40 * len(on_functions.OF_PEOPLE)
    record_property(OTHERS, calls)
