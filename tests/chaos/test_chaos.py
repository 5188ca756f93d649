"""At every boundary between our code, Postgres and ЮKassa: a crash, a timeout, a duplicate, a reordering, and pairs of them.

Real processes, killed by -9; real requests, broken at the gate (gate.py); no sleeping. Every call meets every fault in one
of the lives that make it, and of the pairs of faults each life meets a few; both are drawn by CHAOS_SEED (1 by default, so that a run can be repeated), which is printed.
CHAOS_PAIRS=50 gives every life every fault and 50 pairs; CHAOS_PAIRS=all, in hours, every pair.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
from collections.abc import Callable, Iterable

import pytest
from chaos.gate import KINDS, Fault
from chaos.invariants import broken, is_at_rest
from chaos.scenarios import LIVES, Scenario, Stage
from kit.figures import FAULTS
from kit.figures import PAIRS as PAIRS_OF_FAULTS

PAIRS = os.environ.get("CHAOS_PAIRS")
SEED = os.environ.get("CHAOS_SEED", "1")
A_FEW = 4
REST = [3, 4, 8, 20, 60, 120, 8 * 60, 16 * 60, 24 * 60, 24 * 60, 48 * 60]  # minutes between two looks


def come_to_rest(stage: Stage, scenario: Scenario) -> None:
    """Time goes on and the scheduler comes by, until all is as it should be; what was held up arrives meanwhile."""
    for minutes in REST:
        stage.env.later(minutes=minutes)
        stage.job("payment_sweep")
        if stage.gate.deliver_late():
            continue
        scenario.meanwhile(stage)
        if is_at_rest(stage):
            if scenario.end(stage) in scenario.ends:
                return
            if stage.kira.subscriptions() == []:
                scenario.happens(stage)  # who got nothing for their pains tries again
        stage.job("subscription_renewal")


def live(stage: Stage, scenario: Scenario, faults: Iterable[Fault]) -> list[str]:
    """One life with these faults in it; what is wrong in the end."""
    scenario.before(stage)
    stage.gate.arm(*faults)
    scenario.happens(stage)
    come_to_rest(stage, scenario)
    end = scenario.end(stage)
    return [*broken(stage), *([] if end in scenario.ends else [f"it ended as {end}"])]


def meets(scenario: Scenario, call: str, kind: str) -> bool:
    """Whether this life is the one that meets the fault, of all those that make the call."""
    scenarios = [other.name for other in LIVES if call in other.calls]
    return PAIRS is not None or random.Random(f"{SEED} {call} {kind}").choice(scenarios) == scenario.name


@pytest.mark.timeout(0 if PAIRS else 900)
@pytest.mark.parametrize("scenario", LIVES, ids=lambda scenario: scenario.name.replace(" ", "-"))
def test_whatever_breaks_it_ends_the_same(
    new_stage: Callable[[], Stage], scenario: Scenario, record_property: Callable[[str, object], None]
) -> None:
    unbroken = new_stage()
    assert live(unbroken, scenario, []) == []
    assert set(unbroken.gate.calls) == set(scenario.calls)

    faults = [Fault(call, kind) for call in scenario.calls for kind in KINDS]
    singles = [fault for fault in faults if meets(scenario, fault.call, fault.kind)]
    pairs = list(itertools.combinations_with_replacement(faults, 2))
    drawn = len(pairs) if PAIRS == "all" else int(PAIRS or A_FEW)
    pairs = random.Random(f"{SEED} {scenario.name}").sample(pairs, drawn)
    sys.stdout.write(f"{scenario.name}: {len(singles)} faults, {len(pairs)} pairs; CHAOS_SEED={SEED}\n")
    record_property(FAULTS, len(singles))
    record_property(PAIRS_OF_FAULTS, len(pairs))

    wrong: list[str] = []
    for number, met in enumerate([*((fault,) for fault in singles), *pairs], 1):
        stage = new_stage()
        if found := live(stage, scenario, met):
            wrong.append(f"{' and '.join(map(str, met))}: {', '.join(found)} ({stage.kira.organization_id})")
            sys.stdout.write(wrong[-1] + "\n")
        if number % 100 == 0:  # -s shows how far a run of hours is
            sys.stdout.write(f"{scenario.name}: {number} lives, {len(wrong)} wrong\n")
    assert not wrong, f"CHAOS_SEED={SEED}\n" + "\n".join(wrong)
