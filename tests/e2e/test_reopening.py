"""Contract, "Answering": answers that are not kept, check-ins, and what the resident takes back."""

import json

import pytest

from harness import wait_until
from town import deliveries, level, paged, policy, status_of, steps


def opened(world, names=("fam1", "grid1", "doc1", "duty1"), answered_by=None, **more):
    """A village with everybody listening, after a press: gateway, home, people, the call's id."""
    world.begin([policy(**more)]).village()
    g = world.gateway
    g.load("residents", [{"id": "r2", "name": "李大爷", "region": "511781103202"}])
    g.load("caregivers", [
        {"id": "fam2", "name": "别家女儿", "role": "family", "residents": "r2"},
        {"id": "vol1", "name": "志愿者", "role": "volunteer", "region": "511781103201"},
        {"id": "fix1", "name": "运维", "role": "maintenance", "region": "511781"},
        {"id": "shop1", "name": "服务商", "role": "provider", "region": "511781"}])
    home = world.device("b1")
    people = world.people(*names)
    call = home.call()
    home.wait(id=call, state="received")
    if answered_by:
        people[names.index(answered_by)].reply("gw-1-1", "ack")
        home.wait(id=call, state="answered")
    return (g, home, *people, call)


def pages(gateway, caregiver):
    return len(deliveries(gateway, caregiver, state="open"))


def test_decline_of_the_answer_reopens(clocked):
    """"Only the person whose answer stands can reopen by `decline`"; "Reopened
    (`incident.reopened`, and `searching` to the devices), the others of the level are paged at once
    with a full `wait`" """
    g, home, family, grid, *_, call = opened(clocked, answered_by="grid1")
    clocked.advance(100)
    assert grid.reply("gw-1-1", "decline")["ok"]
    home.wait(id=call, state="searching")
    family.wait(2, state="open")
    shown = g.incident()
    assert (shown["state"], shown["level"], shown["answered_by"]) == ("open", 0, None)
    assert shown["next_at"] == clocked.clock.text(60)
    assert (pages(g, "fam1"), pages(g, "grid1")) == (2, 1)
    reopened = g.events("incident.reopened")[0]["data"]
    assert (reopened["caregiver"], reopened["reason"]) == ("grid1", "declined")


def test_decline_of_others_counts_for_the_level(world):
    """"... anybody else's decline only counts for the level." """
    g, _, family, grid, doctor, *_ = opened(world, answered_by="grid1")
    assert family.reply("gw-1-1", "decline")["ok"]
    assert doctor.reply("gw-1-1", "decline")["ok"]
    shown = g.incident()
    assert (shown["state"], shown["answered_by"]) == ("acked", "grid1")
    assert "reopened" not in steps(g)
    # it does count: reopened, the family are not asked, so there are no others
    grid.reply("gw-1-1", "decline")
    assert g.incident()["level"] == 2, "family, grid and doctor have all declined"


def test_reopened_without_others_goes_on(clocked):
    """"... or, if there are none, the next level." """
    g, _, family, doctor, *_ = opened(clocked, ("fam1", "doc1", "duty1"), answered_by="fam1",
                                      levels=[level("family"), level("doctor"), level("duty")])
    family.reply("gw-1-1", "decline")
    doctor.wait(state="open")
    shown = g.incident()
    assert (shown["level"], shown["next_at"]) == (1, clocked.clock.text(60))


def test_arrival_overdue(clocked):
    """"Letting the arrival pass without `arrived` or `resolved` ... counts as a decline." """
    g, home, family, grid, *_, call = opened(clocked, answered_by="grid1", arrive_within="10m")
    clocked.advance(599)
    assert g.incident()["state"] == "acked"
    clocked.advance(1)
    family.wait(2, state="open")
    home.wait(id=call, state="searching")
    assert g.incident()["state"] == "open"
    assert g.incident()["next_at"] == clocked.clock.text(60)
    assert status_of(g, "grid1") == "declined"
    assert pages(g, "grid1") == 1


def test_leaving_the_directory(world):
    """"... or leaving the directory, counts as a decline." """
    g, home, family, *_, call = opened(world, answered_by="grid1")
    g.ctl("caregiver", "remove", "grid1")
    family.wait(2, state="open")
    home.wait(id=call, state="searching")
    assert g.incident()["state"] == "open"
    assert g.events("incident.reopened")[0]["data"]["reason"] == "gone"


def test_leaving_the_directory_unanswered(world):
    """"... leaving the directory, counts as a decline": also of the level, which it exhausts."""
    g, _, family, doctor, *_ = opened(world, ("fam1", "doc1", "duty1", "grid1"))
    family.reply("gw-1-1", "decline")
    g.ctl("caregiver", "remove", "grid1")
    doctor.wait(state="open")
    assert g.incident()["level"] == 1


def test_second_answer_of_who_broke_the_first(clocked):
    """"A second `ack` by somebody who did not keep the first one is welcome but does not stop the
    clock; only `arrive` does." """
    g, _, family, grid, doctor, *_ = opened(clocked, answered_by="grid1", arrive_within="10m")
    clocked.advance(600)
    due = g.incident()["next_at"]
    assert grid.reply("gw-1-1", "ack")["ok"] is True
    shown = g.incident()
    assert (shown["state"], shown["next_at"]) == ("open", due)
    clocked.advance(60)
    doctor.wait(state="open")
    assert grid.reply("gw-1-1", "arrive")["ok"]
    assert g.incident()["state"] == "arrived"
    assert steps(g).count("acked") == 2, "the first one, and the arrival's"


def test_resolution_overdue(clocked):
    """"`arrived` without `resolved` within `resolve_within` reopens too." """
    g, home, family, grid, *_, call = opened(clocked, answered_by="grid1", resolve_within="20m")
    grid.reply("gw-1-1", "arrive")
    assert g.incident()["next_at"] == clocked.clock.text(1200)
    clocked.advance(1199)
    assert g.incident()["state"] == "arrived"
    clocked.advance(1)
    home.wait(id=call, state="searching")
    family.wait(2, state="open")
    assert g.incident()["state"] == "open"
    assert g.events("incident.reopened")[0]["data"]["reason"] == "resolution_overdue"


def test_reopened_at_the_level_where_it_stands(clocked):
    """"... the others of the level are paged at once with a full `wait`": of the level that had been
    reached when the answer came."""
    g, _, family, grid, doctor, *_ = opened(clocked)
    clocked.advance(60)
    doctor.wait(state="open")
    grid.reply("gw-1-1", "ack")
    clocked.advance(30)
    grid.reply("gw-1-1", "decline")
    doctor.wait(2, state="open")
    shown = g.incident()
    assert (shown["level"], shown["next_at"]) == (1, clocked.clock.text(120))
    assert pages(g, "fam1") == 1


def test_decline_after_arriving(world):
    """"Only the person whose answer stands can reopen by `decline`": also after they arrived, and
    nobody else then."""
    g, home, family, grid, *_, call = opened(world)
    grid.reply("gw-1-1", "arrive")
    family.reply("gw-1-1", "decline")
    assert g.incident()["state"] == "arrived"
    grid.reply("gw-1-1", "decline")
    home.wait(id=call, state="searching")
    assert g.incident()["state"] == "open"


def test_broken_answer_and_another_one(world):
    """"The first `ack` that is `going` wins": after a reopening, the next one of somebody else."""
    g, home, family, grid, *_, call = opened(world, answered_by="grid1")
    grid.reply("gw-1-1", "decline")
    assert family.reply("gw-1-1", "ack")["ok"]
    assert home.wait(id=call, state="answered", by="王小丽")
    second = grid.reply("gw-1-1", "ack")
    assert second["ok"] and second["by"] == "王小丽"
    assert g.incident()["answered_by"] == "fam1"


def test_need_help_at_the_last_level(world):
    """"`need_help` pages the next level and leaves the state"; where there is none, the last one
    again."""
    g, _, family, grid, *_ = opened(world, levels=[level("family", "grid")])
    grid.reply("gw-1-1", "ack")
    assert grid.reply("gw-1-1", "note", code="need_help")["ok"]
    family.wait(2, state="open")
    assert (g.incident()["state"], g.incident()["answered_by"]) == ("acked", "grid1")
    assert pages(g, "grid1") == 1


def test_need_help_climbs_until_somebody_comes(world):
    """"`need_help` pages the next level": that one declines, so the one after it."""
    g, _, _, grid, doctor, duty, _ = opened(world)
    grid.reply("gw-1-1", "arrive")
    grid.reply("gw-1-1", "note", code="need_help")
    doctor.wait(state="open")
    doctor.reply("gw-1-1", "decline")
    duty.wait(state="open")
    assert g.incident()["state"] == "arrived"


def test_page_by_hand_at_any_time(world):
    """"`incident page` pages a chosen person at any time": while it is open, answered and arrived;
    not once it is closed."""
    g, _, _, grid, doctor, *_ = opened(world)
    for n, action in enumerate((None, "ack", "arrive"), 1):
        if action:
            grid.reply("gw-1-1", action)
        g.ctl("incident", "page", "gw-1-1", "--to", "doc1")
        doctor.wait(n, state="open")
    grid.reply("gw-1-1", "resolve", outcome="helped")
    done = g.ctl_raw("incident", "page", "gw-1-1", "--to", "doc1")
    assert done.returncode == 1 and "closed" in done.stderr


def checkin(home, caregiver, **more):
    home.wait(id=home.checkin(caregiver, **more), state="received")


@pytest.mark.quick
def test_checkin_is_an_arrival(world):
    """"A check-in (`visit`) on the home's device by a caregiver who serves the resident, other than
    `maintenance` and `provider`, is an arrival for the incidents of that resident that are not
    closed" """
    g, home, family, volunteer, *_, call = opened(world, ("fam1", "vol1", "grid1"))
    home.wait(id=home.alarm("fall"), state="received")
    checkin(home, "vol1")
    assert home.wait(id=call, state="arrived")["by"] == "志愿者"
    family.wait(2, state="arrived")
    for n in (1, 2):
        assert g.incident(n)["state"] == "arrived"
    assert g.events("checkin")[0]["data"]["caregiver"] == "vol1"
    assert [e["data"]["via"] for e in g.events("incident.arrived")] == ["checkin"] * 2
    # those that are closed stay so
    volunteer.reply("gw-1-1", "resolve", outcome="helped")
    checkin(home, "grid1")
    assert g.incident(1)["state"] == "resolved"


@pytest.mark.parametrize("caregiver,more", [
    ("fix1", {}), ("shop1", {}), ("grid1", {"type": "on"}), ("grid1", {"type": "off"})])
def test_checkin_that_is_only_logged(world, caregiver, more):
    """"... any other is logged": maintenance, provider, and the ends of a shift."""
    g, home, *_ = opened(world)
    checkin(home, caregiver, **more)
    logged = g.events("checkin")[0]["data"]
    assert (logged["caregiver"], logged["type"]) == (caregiver, more.get("type", "visit"))
    assert g.incident()["state"] == "open"


@pytest.mark.parametrize("caregiver", ["fam2", "nobody"])
def test_checkin_of_somebody_else(world, caregiver):
    """"... by a caregiver who serves the resident": others are refused, with a confirmation to the
    device."""
    g, home, *_ = opened(world)
    checkin(home, caregiver)
    assert g.events("alert.rejected")[0]["data"]["reason"] == "caregiver"
    assert not g.events("checkin")
    assert g.incident()["state"] == "open"


def test_checkin_on_another_homes_device(world):
    """"... on the home's device ... of that resident": next door is not there."""
    g, home, *_ = opened(world)
    g.load("residents", [{"id": "r3", "name": "邻居", "region": "511781103201"}])
    g.load("devices", [{"id": "b3", "kind": "button", "resident": "r3"}])
    next_door = world.device("b3")
    checkin(next_door, "grid1")
    assert g.incident()["state"] == "open"
    assert g.events("checkin")[0]["data"]["resident"] == "r3"


@pytest.mark.parametrize("what", ["device", "bed"])
def test_checkin_where_the_resident_is_no_more(world, what):
    """"A check-in (`visit`) on the home's device ... is an arrival for the incidents of that
    resident": not for those of whoever had that device, or lay in that bed, when they called."""
    g, home, *_ = opened(world)
    if what == "device":
        g.ctl("device", "set", "b1", "resident=r2")
        there = home
    else:
        g.load("institutions", [{"id": "i1", "name": "敬老院", "region": "511781103201",
                                 "filing": "filed"}])
        g.load("devices", [{"id": "d1", "kind": "button", "resident": ""}])
        g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "i1",
                         "occupant": "r2", "device": "d1"},
                        {"id": "bed2", "kind": "institution", "institution": "i1"}])
        there = world.device("d1")
        assert there.wait(id=there.call(), state="received")["incident"] == "gw-1-2"
        g.ctl("bed", "move", "r2", "bed2", "--reason", "换房")
        g.ctl("bed", "move", "r1", "bed1", "--reason", "入院")
    g.load("caregivers", [{"id": "vol2", "name": "志愿者乙", "role": "volunteer",
                           "region": "511781103"}])
    checkin(there, "vol2")
    left, here = (1, None) if what == "device" else (2, 1)
    assert g.incident(left)["state"] == "open"
    assert here is None or g.incident(here)["state"] == "arrived"
    assert g.events("checkin")[0]["data"]["resident"] == ("r2" if what == "device" else "r1")


def test_checkin_where_nobody_lives(world):
    """"... on the home's device": of an incident without a resident, the device that called; no
    more once it hangs elsewhere."""
    g, *_ = opened(world)
    g.load("institutions", [{"id": i, "name": "敬老院", "region": "511781103201",
                             "filing": "filed"} for i in ("i1", "i2")])
    g.load("devices", [{"id": "d1", "kind": "button", "resident": "", "institution": "i1"}])
    corridor = world.device("d1")
    corridor.wait(id=corridor.call(), state="received")
    g.ctl("device", "set", "d1", "institution=i2")
    checkin(corridor, "grid1")
    assert g.incident(2)["state"] == "open"
    g.ctl("device", "set", "d1", "institution=i1")
    checkin(corridor, "grid1")
    assert g.incident(2)["state"] == "arrived"


def test_checkin_closes_a_grace(clocked):
    """"A check-in ... is an arrival" also again: whoever was asked after a second call and checks
    in has answered."""
    g, home, _, grid, *_ = opened(clocked)
    grid.reply("gw-1-1", "arrive")
    home.wait(id=home.call(), state="received")
    checkin(home, "grid1")
    clocked.advance(120)
    assert g.incident()["state"] == "arrived"


# ── the resident takes it back ──

def test_cancel_asks_for_confirmation(clocked):
    """"A `cancel` by the resident closes the incident only if the policy says
    `resident_may_cancel: true` (default false) ...; otherwise those paged are told with
    `withdrawn`, "please confirm", and the clock runs on." """
    g, home, family, grid, *_ = opened(clocked)
    due = g.incident()["next_at"]
    cancel = home.cancel()
    home.wait(id=cancel, state="received")
    assert "核实" in family.wait(state="withdrawn")["text"]
    grid.wait(state="withdrawn")
    shown = g.incident()
    assert (shown["state"], shown["next_at"]) == ("open", due)
    assert g.events("incident.withdrawn")[0]["data"]["alert"] == cancel
    clocked.advance(60)
    assert g.incident()["level"] == 1, "the clock runs on"


def test_cancel_again_after_others_were_paged(clocked):
    """"... those paged are told with `withdrawn`": once, until somebody else has been paged who did
    not hear of it."""
    g, home, family, _, doctor, *_ = opened(clocked)
    for _ in range(2):
        home.wait(id=home.cancel(), state="received")
    assert len(deliveries(g, "fam1", state="withdrawn")) == 1
    clocked.advance(60)
    doctor.wait(state="open")
    home.wait(id=home.cancel(), state="received")
    assert "核实" in doctor.wait(state="withdrawn")["text"]
    home.wait(id=home.cancel(), state="received")
    assert len(deliveries(g, "doc1", state="withdrawn")) == 1


def test_cancel_closes_where_it_may(world):
    """"... closes the incident only if the policy says `resident_may_cancel: true` ... and all its
    alerts are calls of that device" """
    g, home, family, *_, call = opened(world, resident_may_cancel=True)
    home.wait(id=home.cancel(), state="received")
    family.wait(state="closed")
    home.wait(id=call, state="closed")
    assert g.incident()["state"] == "cancelled"
    assert g.events("incident.cancelled")[0]["data"]["reason"] == "resident"


@pytest.mark.parametrize("what", ["another device", "arrived"])
def test_cancel_does_not_close(world, what):
    """"... and all its alerts are calls of that device"; and "from `open` or `acked` also
    `cancelled`", not from `arrived`."""
    g, home, family, grid, *_ = opened(world, resident_may_cancel=True)
    if what == "another device":
        g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
        other = world.device("b2")
        other.wait(id=other.call(), state="received")
    else:
        grid.reply("gw-1-1", "arrive")
    home.wait(id=home.cancel(), state="received")
    family.wait(state="withdrawn")
    assert g.incident()["state"] == ("arrived" if what == "arrived" else "open")


def test_cancel_does_not_close_alarms(world):
    """"... and all its alerts are calls": a detector that also smells smoke is not taken back."""
    g, *_ = opened(world, resident_may_cancel=True)
    g.load("devices", [{"id": "spare", "kind": "button", "resident": ""}])
    home = world.device("spare")
    home.wait(id=home.call(), state="received")
    assert home.wait(id=home.alarm("smoke"), state="received")["incident"] == "gw-1-2"
    home.wait(id=home.cancel(), state="received")
    assert g.incident(2)["state"] == "open"
    assert steps(g, 2)[-1] == "withdrawn"


def test_cancel_from_a_device_bound_anew(world):
    """"A `cancel` by the resident closes the incident": whoever has the device now cannot end the
    call of whoever had it; those paged are told all the same."""
    g, home, family, *_ = opened(world, resident_may_cancel=True)
    g.ctl("device", "set", "b1", "resident=r2")
    home.wait(id=home.cancel(), state="received")
    family.wait(state="withdrawn")
    assert g.incident()["state"] == "open"
    g.ctl("device", "set", "b1", "resident=r2;r1")
    home.wait(id=home.cancel(), state="received")
    family.wait(state="closed")
    assert g.incident()["state"] == "cancelled"


def test_cancel_names_a_call(world):
    """A cancel takes back the call of `ref`, the newest without it; of another device's call
    nothing."""
    g, home, *_, call = opened(world, resident_may_cancel=True)
    service = home.call("service")
    home.wait(id=service, state="received")
    home.wait(id=home.cancel(ref=call), state="received")
    assert (g.incident(1)["state"], g.incident(2)["state"]) == ("cancelled", "open")
    home.wait(id=home.cancel(), state="received")
    assert g.incident(2)["state"] == "cancelled"
    home.wait(id=home.cancel(), state="received")
    assert g.events("alert.rejected")[0]["data"]["reason"] == "no_call"


def test_cancel_names_a_call_whose_id_came_again(world):
    """`ref` is a "call id": an alarm that has the same one (`id_reused`) is not taken back."""
    g, home, *_ = opened(world)
    call = home.call("service", id="7")
    assert home.wait(id=call, state="received")["incident"] == "gw-1-2"
    home.alarm("fall", id="7")
    home.wait(2, id="7", state="received")
    home.wait(id=home.cancel(ref="7"), state="received")
    assert "withdrawn" in steps(g, 2) and "withdrawn" not in steps(g, 3)


def test_cancel_of_another_device(world):
    """The gateway checks again all that a payload names (`ref`): another home's call stays."""
    g, home, *_, call = opened(world, resident_may_cancel=True)
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    other = world.device("b2")
    other.wait(id=other.cancel(ref=call), state="received")
    assert g.incident()["state"] == "open"
    assert "withdrawn" not in steps(g)


@pytest.mark.parametrize("seconds,state", [(599, "cancelled"), (601, "open")])
def test_cancel_before_its_call(clocked, seconds, state):
    """"A `cancel` whose call has not come yet waits 10 minutes for it." """
    g, home, _, grid, *_ = opened(clocked, resident_may_cancel=True)
    grid.reply("gw-1-1", "resolve", outcome="helped")
    home.wait(id=home.cancel(ref="later"), state="received")
    clocked.advance(seconds)
    home.say("call", json.dumps({"id": "later", "ts": clocked.clock.utc_ms, "button": "sos"}))
    home.wait(id="later", state="received")
    wait_until(lambda: len(g.incidents(True)) == 2)
    assert g.incident(2)["state"] == state


def test_cancel_before_its_call_is_told(world):
    """"... waits 10 minutes for it": where the resident may not cancel, those paged are told."""
    g, home, family, *_ = opened(world)
    home.wait(id=home.cancel(ref="later"), state="received")
    assert "withdrawn" not in steps(g)
    home.wait(id=home.call(id="later"), state="received")
    family.wait(state="withdrawn")
    assert paged(g) == ["fam1", "grid1"]
