"""Contract, "Restarts and changes": deadlines over restarts and reboots."""

import datetime
import sqlite3

import pytest

from harness import wait_until
from town import deliveries, level, paged, policy, status_of, steps

VILLAGE = "511781103201"


def opened(world, names=("fam1", "grid1", "doc1", "duty1"), **more):
    """A village with everybody listening, after a press: gateway, home, people."""
    world.begin([policy(**more)]).village()
    home = world.device("b1")
    people = world.people(*names)
    home.wait(id=home.call(), state="received")
    return (world.gateway, home, *people)


def restart(clocked, down_s=0.0, reboot=False):
    """SIGKILL, some time, a start."""
    clocked.gateway.kill()
    clocked.clock.pass_by(down_s)
    if reboot:
        clocked.clock.boot_id += "'"
        clocked.clock.boottime_ms = 7000
        clocked.clock.write()
    clocked.gateway.start()


@pytest.mark.quick
def test_restart_on_the_real_clock(world):
    """"All deadlines hold across a restart of the daemon." """
    world.begin([policy(levels=[level("grid", wait="1s"), level("doctor", wait="300ms"),
                                level("duty")])]).village()
    home = world.device("b1")
    _, doctor, duty = (world.caregiver(c) for c in ("grid1", "doc1", "duty1"))
    home.wait(id=home.call(), state="received")
    world.gateway.kill()
    world.gateway.start()
    assert doctor.wait(state="open")["level"] == 1
    assert duty.wait(state="open")["level"] == 2
    assert steps(world.gateway) == ["opened", "notified"] + ["escalated", "notified"] * 2
    first, second = (datetime.datetime.fromisoformat(
        world.gateway.events(f"incident.{what}")[0]["time"].replace("Z", "+00:00"))
        for what in ("opened", "escalated"))
    assert (second - first).total_seconds() > 0.99, "not before its time"


@pytest.mark.parametrize("reboot", [False, True])
def test_deadline_of_a_level_holds(clocked, reboot):
    """"All deadlines hold across a restart of the daemon": neither earlier nor later, also over a
    reboot of the machine."""
    g, *_ = opened(clocked)
    due = g.incident()["next_at"]
    clocked.advance(20)
    restart(clocked, 25, reboot)
    assert g.incident()["next_at"] == due
    clocked.advance(14)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    assert g.incident()["level"] == 1
    assert paged(g, level=1) == ["doc1"]


@pytest.mark.parametrize("reboot", [False, True])
def test_deadlines_of_an_answer_hold(clocked, reboot):
    """"All deadlines hold": those of the reminder, of the arrival and of the end."""
    g, _, _, grid, *_ = opened(clocked, resolve_within="1h")
    grid.reply("gw-1-1", "ack")
    restart(clocked, 600, reboot)
    clocked.advance(599)
    assert not deliveries(g, state="remind")
    clocked.advance(1)
    grid.wait(state="remind")
    restart(clocked, 300, reboot)
    assert g.incident()["next_at"] == clocked.clock.text(300)
    grid.reply("gw-1-1", "arrive")
    restart(clocked, 1800, reboot)
    assert g.incident()["next_at"] == clocked.clock.text(1800)
    clocked.advance(1800)
    assert g.events("incident.reopened")[0]["data"]["reason"] == "resolution_overdue"


def test_deadline_of_a_join_holds(clocked):
    """"All deadlines hold": that of a second call after the arrival, and of the next page about
    joins."""
    g, home, _, grid, *_ = opened(clocked)
    grid.reply("gw-1-1", "ack")
    for _ in range(2):
        home.wait(id=home.call(), state="received")
    restart(clocked, 200)
    assert len(deliveries(g, "grid1", state="joined")) == 1
    clocked.advance(100)
    wait_until(lambda: len(deliveries(g, "grid1", state="joined")) == 2)
    grid.reply("gw-1-1", "arrive")
    home.wait(id=home.call(), state="received")
    restart(clocked, 30)
    assert g.incident()["state"] == "arrived"
    clocked.advance(30)
    assert g.events("incident.reopened")[0]["data"]["reason"] == "joined"


def town(clocked, waits):
    """Residents r1, r2 ..., each with an open incident whose first level has such a wait."""
    policies = [policy()] + [
        policy(f"p{n}", [level("grid", wait=f"{wait}s"), level("doctor", wait="120s"),
                         level("duty")]) for n, wait in enumerate(waits, 1)]
    clocked.begin(policies).village()
    g = clocked.gateway
    g.load("residents", [{"id": f"r{n}", "name": f"老人{n}", "region": VILLAGE, "policy": f"p{n}"}
                         for n in range(1, len(waits) + 1)])
    g.load("devices", [{"id": f"b{n}", "kind": "button", "resident": f"r{n}"}
                       for n in range(1, len(waits) + 1)])
    people = clocked.people("grid1", "doc1", "duty1")
    for n in range(1, len(waits) + 1):
        home = clocked.device(f"b{n}")
        home.wait(id=home.call(), state="received")
    return (g, *people)


def test_passed_while_down(clocked):
    """"Those that passed while it was down fire at start in the order in which they were due, one
    step per incident, whose next level then has its full wait." """
    g, grid, doctor, duty = town(clocked, [40, 20, 50, 30, 10, 4000])
    restart(clocked, 3600)
    doctor.wait(5, state="open")
    escalated = [e["data"]["incident"] for e in g.wait_event("incident.escalated", 5) and
                 g.events("incident.escalated")]
    assert escalated == ["gw-1-5", "gw-1-2", "gw-1-4", "gw-1-1", "gw-1-3"]
    for n in range(1, 6):
        shown = g.incident(n)
        assert (shown["level"], shown["next_at"]) == (1, clocked.clock.text(120))
    assert g.incident(6)["level"] == 0, "not due yet"
    assert not duty.pages()
    clocked.advance(119)
    assert not deliveries(g, "duty1")
    clocked.advance(1)
    duty.wait(5, state="open")


def test_passed_while_down_last_level_once(clocked):
    """"... one step per incident": a last level that should have been repeated ten times is
    repeated once."""
    g, _, family = opened(clocked, ("fam1",), levels=[level("family")])
    restart(clocked, 3030)
    family.wait(2, state="open")
    assert g.incident()["next_at"] == clocked.clock.text(300)
    assert len(deliveries(g, "fam1", state="open")) == 2


def test_passed_while_down_answer(clocked):
    """"... fire at start ..., one step per incident": an arrival that is overdue reopens, and its
    reminder, overdue too, is none any more."""
    g, home, family, grid, *_ = opened(clocked)
    grid.reply("gw-1-1", "ack")
    restart(clocked, 4000)
    home.wait(state="searching")
    family.wait(2, state="open")
    assert not deliveries(g, state="remind")
    shown = g.incident()
    assert (shown["level"], shown["next_at"]) == (0, clocked.clock.text(60))
    assert steps(g)[-2:] == ["reopened", "notified"]


def test_channel_wait_over_a_restart(clocked, hooks):
    """"All deadlines hold": also `channel_wait` of a page that was under way."""
    one = hooks()
    clocked.begin([policy(levels=[level("family"), level("duty")])],
                  webhooks=[{"name": "one", "url": one.url}])
    clocked.village()
    g = clocked.gateway
    g.load("caregivers", [{"id": "fam1", "name": "王小丽", "role": "family",
                           "channels": "mqtt;webhook:one"}])
    home, family = clocked.device("b1"), clocked.caregiver("fam1")
    home.wait(id=home.call(), state="received")
    family.wait(state="open")
    g.wait_event("delivery.sent")
    restart(clocked, 10)
    assert not one.got
    clocked.advance(5)
    one.wait(state="open")


def test_declines_and_answers_survive(clocked):
    """"All deadlines hold across a restart", and so does what people have said."""
    g, _, family, grid, doctor, *_ = opened(clocked)
    family.reply("gw-1-1", "decline")
    restart(clocked, 5)
    assert status_of(g, "fam1") == "declined"
    grid.reply("gw-1-1", "decline")
    doctor.wait(state="open")
    assert g.incident()["level"] == 1


def test_test_command_survives_a_restart(clocked):
    """"A test: within 5 minutes of an installer's or operator's command": also over a restart, and
    its end too."""
    g, home, family, *_ = opened(clocked)
    family.reply("gw-1-1", "resolve", outcome="test")
    g.ctl("device", "test", "b1")
    restart(clocked, 200)
    home.wait(id=home.call(ts=clocked.clock.utc_ms), state="received")
    assert g.incidents() == []
    g.ctl("device", "test", "b1")
    restart(clocked, 301)
    home.wait(id=home.call(ts=clocked.clock.utc_ms), state="received")
    assert [i["id"] for i in g.incidents()] == ["gw-1-2"]


def test_drill_is_marked_everywhere(clocked):
    """"A drill is marked `drill` everywhere": in what people read, in the log, in lists."""
    g, home, _, _, doctor, _ = opened(clocked)
    g.stop()
    with sqlite3.connect(g.database) as db:
        db.execute("UPDATE incidents SET drill = 1")
    db.close()
    g.start()
    clocked.advance(60)
    assert "演练" in doctor.wait(state="open")["text"]
    assert g.incident()["drill"] is True and g.incidents()[0]["drill"] is True
    assert g.events("incident.escalated")[0]["data"]["drill"] is True
    g.wait_event("delivery.sent", caregiver="doc1", drill=True)
    assert " drill" in g.ctl("tail", "-n", "50", "--type", "incident.escalated")
    doctor.reply("gw-1-1", "resolve", outcome="helped")
    assert g.events("incident.resolved")[0]["data"]["drill"] is True


@pytest.mark.parametrize("years", [-56, -10, 10, 50])
def test_deadlines_and_steps_of_the_clock(clocked, years):
    """"All deadlines hold": the clock of the machine is set wrong, or right, while an incident is
    open; pages are neither skipped nor postponed."""
    g, _, _, _, doctor, _ = opened(clocked)
    clocked.advance(20)
    clocked.clock.utc_ms += years * 365 * 86400 * 1000
    clocked.advance(39)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    doctor.wait(state="open")
    clocked.advance(119)
    assert g.incident()["level"] == 1
    clocked.advance(1)
    assert g.incident()["level"] == 2


def test_deadlines_over_a_reboot_without_the_time(clocked):
    """"All deadlines hold": a board without a battery clock starts in 1970; the time since its boot
    counts, and, once the time is known, the time it was down."""
    g, *_ = opened(clocked)
    utc_ms = clocked.clock.utc_ms
    g.kill()
    clocked.clock.boot_id, clocked.clock.boottime_ms, clocked.clock.utc_ms = "boot-2", 5000, 5000
    clocked.clock.write()
    g.start()
    assert g.ctl_json("status")["utc_known"] is False
    assert g.incident()["level"] == 0
    clocked.advance(54)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    assert g.incident()["level"] == 1
    clocked.clock.utc_ms = utc_ms
    clocked.clock.pass_by(3600)
    clocked.look()
    wait_until(lambda: g.incident()["level"] == 2)
    assert g.ctl_json("status")["utc_known"] is True
    assert steps(g) == ["opened", "notified"] + ["escalated", "notified"] * 2
