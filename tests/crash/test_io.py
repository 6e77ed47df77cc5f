"""Promise 1 and 2 with I/O errors at each write in turn (a failing file layer below SQLite in the
build with planted faults): nothing is acknowledged that is not stored, it is redelivered and handled
once the fault is over, and open incidents go on escalating meanwhile."""

import collections
import os
import uuid

import harness
import load
import pytest

QUICK = {"name": "default",
         "levels": [{"notify": ["grid"], "wait": "2s"}, {"notify": ["doctor"], "wait": "2s"},
                    {"notify": ["duty"]}],
         "repeat_every": "3s"}
SLOW = {"name": "default", "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}],
        "repeat_every": "1h"}


def faulty(crash, policy, **sections):
    plan = crash.folder / "fault-plan"

    def set_plan(text):
        temporary = crash.folder / "fault-plan.new"
        temporary.write_text(text)
        os.rename(temporary, plan)
    crash.begin(policies=[policy], plant=True, environment={"YJ_PLANT_IO": str(plan)},
                **sections)
    return set_plan


@pytest.mark.parametrize("times, kind, numbers", [
    ("1", "", range(1, 61, 2)), ("3", "", range(2, 61, 4)), ("3", " full", range(2, 61, 4))])
def test_a_fault_at_each_write(crash, times, kind, numbers):
    set_plan = faulty(crash, SLOW)
    gateway = crash.gateway
    load.directory(gateway, 2 * len(numbers))
    homes = harness.Client(crash.broker, "homes").subscribe("yj/v1/dev/+/down/call")
    crash.clients.append(homes)
    grid = crash.caregiver("grid1")
    calls = {}
    for i, n in enumerate(numbers):
        set_plan("0")
        gateway.stop()  # or the pauses before it connects again would grow from fault to fault
        gateway.start()
        set_plan(f"{n}:{times}{kind}")
        for device in (f"b{2 * i + 1}", f"b{2 * i + 2}"):  # two in one batch
            id = str(uuid.uuid4())
            calls[id] = device
            homes.publish(f"yj/v1/dev/{device}/up/call",
                          {"id": id, "ts": harness.now_ms(), "button": "sos"}, wait=False)
        for id in list(calls)[-2:]:
            heard = homes.wait(id=id, state="received")
            # whoever hears `received` finds it stored at once
            number = int(heard["incident"].rsplit("-", 1)[1])
            assert gateway.query("SELECT 1 FROM incidents WHERE n = ?", number)
    set_plan("0")
    failed = gateway.log.read_text().count("event=commit_failed")
    print(f"{len(calls)} alerts, {failed} commits failed")
    assert failed >= len(numbers) // 4
    gateway.wait_ready()
    harness.wait_until(lambda: len({p["incident"] for p in grid.pages(state="open")}) == len(calls),
                       "every page")
    times = collections.Counter(e["data"]["alert"] for e in gateway.events("incident.opened"))
    assert times == {id: 1 for id in calls}
    assert not gateway.events("gateway.poison")
    gateway.verify_log()


def test_errors_that_last_with_many_in_need(crash):
    """"open incidents go on escalating": all of them, though their pages are more than a connection
    takes at once (200)."""
    homes = 350
    policy = {"name": "default", "levels": [{"notify": ["grid"], "wait": "5s"},
                                            {"notify": ["doctor"], "wait": "30m"}, {"notify": ["duty"]}],
              "repeat_every": "1h"}
    set_plan = faulty(crash, policy)
    load.directory(crash.gateway, homes)
    grid, doctor = crash.caregiver("grid1"), crash.caregiver("doc1")
    village = harness.Client(crash.broker, "homes")
    crash.clients.append(village)
    for n in range(1, homes + 1):
        village.publish(f"yj/v1/dev/b{n}/up/call", {"id": f"call-{n}", "ts": 1, "button": "sos"}, wait=False)

    def paged(person):
        return {p["incident"] for p in person.pages(state="open")}
    harness.wait_until(lambda: len(paged(grid)) == homes, "level 0")
    set_plan("1:forever full")
    harness.wait_until(lambda: len(paged(doctor)) == homes, "level 1, of which nothing is stored")
    assert "emergency incidents=" in crash.gateway.log.read_text()
    set_plan("0")
    crash.gateway.wait_ready()


def test_errors_that_last_without_a_broker(crash, hook):
    """"open incidents go on escalating": also with no broker, to those who have another channel."""
    policy = {"name": "default", "levels": [{"notify": ["grid"], "wait": "5s"},
                                            {"notify": ["doctor"], "wait": "30m"}, {"notify": ["duty"]}],
              "repeat_every": "1h"}
    set_plan = faulty(crash, policy, webhooks=[{"name": "desk", "url": hook.url}])
    crash.village()
    gateway = crash.gateway
    gateway.load("caregivers", [{"id": "doc1", "name": "彭医生", "role": "doctor",
                                 "region": "511781103", "channels": "mqtt;webhook:desk"}])
    grid = crash.caregiver("grid1")
    crash.device("b1").call()
    incident = grid.wait(state="open")["incident"]
    set_plan("1:forever full")
    crash.broker.stop()
    assert hook.wait(state="open")["incident"] == incident
    set_plan("0")
    crash.broker.start()
    gateway.wait_ready()


@pytest.mark.parametrize("kind", ["", " full"])
def test_errors_that_last(crash, kind):
    set_plan = faulty(crash, QUICK)
    crash.village()
    gateway, home = crash.gateway, crash.device("b1")
    people = {c: crash.caregiver(c) for c in ("grid1", "doc1", "duty1")}
    home.call("service")
    people["grid1"].wait(incident="gw-1-1", state="open")
    watcher = harness.Client(crash.broker, "watcher").subscribe("yj/v1/gw/gw-1/state")
    crash.clients.append(watcher)
    set_plan(f"1:forever{kind}")
    lost = home.call()
    # a call that is delivered again and again, and dropped with the connection, does not hush this
    for count in (1, 2):
        harness.wait_until(lambda: count <= sum(
            p["online"] and "store" in p.get("degraded", "") for p in watcher.find()), "the state topic")
    people["doc1"].wait(incident="gw-1-1", state="open")
    people["duty1"].wait(count=2, incident="gw-1-1", state="open")
    assert not home.find(id=lost)
    status, why = gateway.http("/readyz")
    assert status == 503 and "store" in why
    assert lost not in {e["data"].get("alert") for e in gateway.events("incident.*")}
    set_plan("0")
    home.wait(id=lost, state="received")
    gateway.wait_ready()
    gateway.wait_event("gateway.recovered")
    harness.wait_until(lambda: watcher.find()[-1]["online"] and "degraded" not in watcher.find()[-1],
                       "the state topic")
    opened = [e["data"]["alert"] for e in gateway.events("incident.opened")]
    assert opened.count(lost) == 1
    # what was undone was not taken
    assert gateway.metric('yijian_alerts_total{kind="sos"}') == 1
    assert gateway.metric('yijian_alerts_total{kind="service"}') == 1
    gateway.verify_log()
