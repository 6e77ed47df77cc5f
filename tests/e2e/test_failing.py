"""Promise 6 ("One bad thing stays one bad thing. A message, row or endpoint that fails ... is set
aside"), for what fails without a crash: rows that the database refuses, by a trigger. What came in
the same transaction goes on. (tests/crash/test_poison.py is about those that crash the daemon.)"""

import sqlite3

import harness

SHORT = {"name": "default",
         "levels": [{"notify": ["grid"], "wait": "1s"}, {"notify": ["doctor"], "wait": "60s"},
                    {"notify": ["duty"]}]}


def begin(world, trigger):
    """A village with a second home; its database will refuse what the trigger says."""
    gateway = world.begin(policies=[SHORT]).village().gateway
    gateway.load("residents", [{"id": "r2", "name": "李大爷", "region": "511781103201"}])
    gateway.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    gateway.load("caregivers", [{"id": "op1", "name": "操作员", "role": "operator"}])
    gateway.stop()
    with sqlite3.connect(gateway.database) as db:
        db.execute(f"CREATE TRIGGER refuse {trigger} BEGIN SELECT RAISE(ABORT, 'planted'); END")
    db.close()
    return gateway


def press_both(world):
    """Both presses wait at the broker when the gateway starts, so it takes them as one batch."""
    homes = [world.device("b1"), world.device("b2")]
    calls = [home.call() for home in homes]
    world.gateway.start()
    return homes, calls


def test_message_that_fails(world):
    gateway = begin(world, "BEFORE INSERT ON events"  # type 0 is alert.received
                           " WHEN NEW.type = 0 AND NEW.subject = 'device/b1'")
    grid = world.caregiver("grid1")
    (home, other), (bad, good) = press_both(world)
    assert other.wait(id=good, state="received")
    page = grid.wait(state="open", kind="unreadable")  # somebody may have pressed the button
    assert page["resident"]["id"] == "r1"
    assert home.wait(id=bad, state="received")["incident"] == page["incident"]
    assert grid.wait(state="open", kind="sos")["resident"]["id"] == "r2"
    assert [r["reason"] for r in gateway.ctl_json("rejected", "list")] == ["poison"]
    assert len(gateway.events("gateway.poison", what="message")) == 1
    assert len(gateway.events("alert.received")) == 1
    gateway.verify_log()


def test_incident_that_fails(world):
    gateway = begin(world, "BEFORE UPDATE ON incidents WHEN NEW.level > 0 AND NEW.resident = 'r1'")
    grid, doctor, operator = (world.caregiver(c) for c in ("grid1", "doc1", "op1"))
    press_both(world)
    grid.wait(state="open", count=2)
    bad = next(p["incident"] for p in grid.find(state="open") if p["resident"]["id"] == "r1")
    assert doctor.wait(state="open")["resident"]["id"] == "r2"
    assert operator.wait(state="open", incident=bad)["text"]
    poison = gateway.wait_event("gateway.poison", what="incident")
    assert poison["subject"] == f"incident/{bad}"
    harness.wait_until(lambda: gateway.http("/readyz")[0] == 503, "degraded")
    gateway.verify_log()


def test_delivery_whose_result_fails(world):
    gateway = begin(world, "BEFORE UPDATE ON outbox WHEN NEW.status = 1 AND OLD.target = 'grid1'")
    doctor = world.caregiver("doc1")
    grid = world.caregiver("grid1")
    press_both(world)
    grid.wait(state="open", count=2)
    gateway.wait_event("gateway.poison", count=2, what="delivery")
    doctor.wait(state="open", count=2)
    gateway.wait_event("delivery.sent", count=2, caregiver="doc1")
    assert not gateway.events("delivery.sent", caregiver="grid1")
    gateway.verify_log()
