"""Contract, "Opening and joining": repeats of an alert."""

import json

import pytest

from harness import now_ms, wait_until
from town import deliveries, paged, policy, status_of, steps


def begin(world, **more):
    """A village with everybody listening: world, home, family, grid."""
    world.begin([policy(**more)]).village()
    home = world.device("b1")
    family, grid, *_ = world.people("fam1", "grid1", "doc1", "duty1")
    return world.gateway, home, family, grid


def pages_of(gateway, caregiver, state="joined"):
    return len(deliveries(gateway, caregiver, state=state))


def test_opens_or_joins(clocked):
    """"An alert opens an incident, or joins the resident's incident of that kind that is not
    closed: the repeat is counted, logged, confirmed to the device, and does not restart the
    clock." """
    gateway, home, _, grid = begin(clocked)
    home.wait(id=home.call(), state="received")
    due = gateway.incident()["next_at"]
    assert due == clocked.clock.text(60)
    clocked.advance(40)
    second = home.call()
    assert home.wait(id=second, state="received")["incident"] == "gw-1-1"
    shown = gateway.incident()
    assert (shown["alerts"], shown["next_at"], shown["state"]) == (2, due, "open")
    assert gateway.wait_event("incident.joined")["data"]["alert"] == second
    assert len(gateway.incidents()) == 1
    clocked.advance(20)
    assert gateway.incident()["level"] == 1
    # another kind is another incident; so is the same kind once the first one is closed
    assert home.wait(id=home.alarm("fall"), state="received")["incident"] == "gw-1-2"
    assert grid.reply("gw-1-1", "resolve", outcome="helped")["ok"]
    assert home.wait(id=home.call(), state="received")["incident"] == "gw-1-3"


def test_alerts_of_two_devices_of_a_resident_join(world):
    """"... or joins the resident's incident of that kind": whichever of their devices it is; and
    what happens goes to "every device with a call in the incident, with its latest id"."""
    gateway, home, _, grid = begin(world)
    gateway.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
    other = world.device("b2")
    home.wait(id=home.call(), state="received")
    latest = home.call()
    there = other.call()
    assert other.wait(id=there, state="received")["incident"] == "gw-1-1"
    grid.reply("gw-1-1", "ack")
    assert home.wait(id=latest, state="answered")["by"] == "何晓东"
    assert other.wait(id=there, state="answered")["by"] == "何晓东"


def test_joined_while_acked(clocked):
    """"Joined while `acked`: whoever answered is paged (`joined`), at once and then at most every
    5 minutes, and the device hears `answered` again." """
    gateway, home, _, grid = begin(clocked)
    home.wait(id=home.call(), state="received")
    grid.reply("gw-1-1", "ack")
    again = home.call()
    home.wait(id=again, state="answered")
    grid.wait(state="joined")
    clocked.advance(200)
    third = home.call()
    home.wait(id=third, state="answered")
    assert pages_of(gateway, "grid1") == 1, "no second page within 5 minutes"
    clocked.advance(99)
    assert pages_of(gateway, "grid1") == 1
    clocked.advance(1)
    assert pages_of(gateway, "grid1") == 2, "at the end of the 5 minutes"
    clocked.advance(300)
    assert pages_of(gateway, "grid1") == 2, "once for the third press"
    assert paged(gateway) == ["fam1", "grid1"]
    assert gateway.incident()["state"] == "acked"


def arrived(world, **more):
    gateway, home, family, grid = begin(world, **more)
    home.wait(id=home.call(), state="received")
    grid.reply("gw-1-1", "arrive")
    return gateway, home, family, grid


def test_joined_soon_after_the_arrival_and_no_answer(clocked):
    """"Joined by a call for help while `arrived`: within 5 minutes of the arrival whoever arrived
    is paged, and if they do not answer within level 0's `wait` the incident reopens at level 0"""
    gateway, home, _, grid = arrived(clocked)
    clocked.advance(280)
    home.wait(id=home.call(), state="received")
    grid.wait(state="joined")
    assert gateway.incident()["state"] == "arrived"
    clocked.advance(59)
    assert gateway.incident()["state"] == "arrived"
    clocked.advance(1)
    shown = gateway.incident()
    assert (shown["state"], shown["level"], shown["answered_by"]) == ("open", 0, None)
    assert gateway.wait_event("incident.reopened")["data"]["reason"] == "joined"
    assert home.wait(state="searching")
    assert pages_of(gateway, "fam1", "open") == 2
    assert shown["next_at"] == clocked.clock.text(60)


@pytest.mark.parametrize("action", ["ack", "arrive", "note"])
def test_joined_soon_after_the_arrival_and_answered(clocked, action):
    """"... and if they do not answer": here they do, and it stays `arrived`."""
    gateway, home, _, grid = arrived(clocked)
    home.wait(id=home.call(), state="received")
    grid.wait(state="joined")
    assert grid.reply("gw-1-1", action)["ok"]
    clocked.advance(120)
    assert gateway.incident()["state"] == "arrived"
    assert "reopened" not in steps(gateway)


def test_joined_long_after_the_arrival(clocked):
    """"... later than that it reopens at once." """
    gateway, home, _, _ = arrived(clocked)
    clocked.advance(301)
    call = home.call()
    home.wait(id=call, state="received")
    shown = gateway.incident()
    assert (shown["state"], shown["level"]) == ("open", 0)
    assert pages_of(gateway, "fam1", "open") == 2
    assert pages_of(gateway, "grid1", "open") == 2, "nobody has failed: all of level 0 are paged"
    assert home.wait(id=call, state="searching")


def test_joined_long_after_the_arrival_asks_everybody(clocked):
    """"... reopens at level 0": from the beginning, so that who declined then is asked again."""
    gateway, home, family, grid = begin(clocked)
    home.wait(id=home.call(), state="received")
    family.reply("gw-1-1", "decline")
    clocked.advance(1)
    grid.reply("gw-1-1", "arrive")
    clocked.advance(301)
    home.wait(id=home.call(), state="received")
    family.wait(2, state="open")
    assert status_of(gateway, "fam1") == "paged"


def test_joined_after_arrival_but_no_call_for_help(clocked):
    """"Joined by a call for help while `arrived`": a service request does not reopen."""
    gateway, home, _, grid = begin(clocked)
    home.wait(id=home.call("service"), state="received")
    grid.reply("gw-1-1", "arrive")
    clocked.advance(400)
    home.wait(id=home.call("service"), state="received")
    assert gateway.incident()["state"] == "arrived"
    assert gateway.incident()["alerts"] == 2


def test_joined_after_withdrawn(world):
    """"Joined after `withdrawn`: the level is paged again." """
    gateway, home, family, _ = begin(world)
    home.wait(id=home.call(), state="received")
    home.wait(id=home.cancel(), state="received")
    family.wait(state="withdrawn")
    due = gateway.incident()["next_at"]
    home.wait(id=home.call(), state="received")
    assert pages_of(gateway, "fam1", "open") == 2
    assert pages_of(gateway, "grid1", "open") == 2
    assert gateway.incident()["next_at"] == due, "it does not restart the clock"


def repeat(home, payload, topic="call"):
    """Publishes and waits until it is confirmed once more."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    member = json.loads(text)["id"]
    before = len(home.find(id=member, state="received"))
    home.say(topic, text)
    return home.wait(before + 1, id=member, state="received")


def test_same_bytes_again(clocked):
    """"The same device, `id` and bytes again changes nothing and is confirmed again." Also after a
    restart, after the end, and for at least 7 days."""
    gateway, home, family, _ = begin(clocked)
    call = json.dumps({"id": "c-1", "ts": now_ms(), "button": "sos"})
    repeat(home, call)
    before = gateway.incident()
    assert repeat(home, call)["incident"] == "gw-1-1"
    after = gateway.incident()
    new = [e for e in after["events"] if e not in before["events"]]
    # what became of the first page may be written only now
    assert [e for e in new if not e["type"].startswith("yijian.delivery.")] == []
    assert after["people"] and len(after["deliveries"]) == len(before["deliveries"])
    assert (after["alerts"], after["next_at"]) == (1, before["next_at"])
    assert len(gateway.events("alert.duplicate")) == 1
    family.reply("gw-1-1", "resolve", outcome="helped")
    gateway.stop()
    clocked.clock.pass_by(7 * 86400 - 3600)
    gateway.start()
    assert repeat(home, call)["incident"] == "gw-1-1"
    assert gateway.incidents() == []


def test_other_bytes_with_the_same_id(world):
    """"The same device and `id` with other bytes (a device that lost its counter) is a message of
    its own, marked `id_reused`: what its topic says, joining as ever." """
    gateway, home, family, _ = begin(world)
    repeat(home, {"id": "1", "ts": now_ms(), "button": "sos"})
    repeat(home, {"id": "1", "ts": now_ms() + 1, "button": "sos"})
    assert gateway.incident()["alerts"] == 2
    received = gateway.events("alert.received")
    assert [e["data"].get("id_reused") for e in received] == [None, True]
    repeat(home, {"id": "1", "ts": now_ms(), "kind": "smoke"}, "alarm")
    assert gateway.incident(2)["kind"] == "smoke"
    assert gateway.events("alert.received")[-1]["data"]["id_reused"] is True
    # a cancel with a call's id is a cancel
    repeat(home, {"id": "1", "ts": now_ms()}, "cancel")
    assert family.wait(state="withdrawn")["incident"] == "gw-1-1"


def test_ids_are_of_one_device(world):
    """"The same device, `id` and bytes": another device with that id and bytes is heard."""
    gateway, home, _, _ = begin(world)
    gateway.load("residents", [{"id": "r2", "name": "李大爷", "region": "511781103201"}])
    gateway.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    other = world.device("b2")
    call = json.dumps({"id": "1", "ts": now_ms(), "button": "sos"})
    assert repeat(home, call)["incident"] == "gw-1-1"
    assert repeat(other, call)["incident"] == "gw-1-2"


def test_joined_while_open_pages_nobody_again(world):
    """"... does not restart the clock": a frightened person presses five times; people of the level
    are paged once, and those who declined are not asked again."""
    gateway, home, family, _ = begin(world)
    home.wait(id=home.call(), state="received")
    family.reply("gw-1-1", "decline")
    for _ in range(5):
        home.wait(id=home.call(), state="received")
    assert gateway.incident()["alerts"] == 6
    assert pages_of(gateway, "fam1", "open") == pages_of(gateway, "grid1", "open") == 1
    assert status_of(gateway, "fam1") == "declined"
    wait_until(lambda: len(gateway.events("incident.joined")) == 5)


def test_old_cancel_again(world):
    """"The same device, `id` and bytes again changes nothing": a cancel that the broker delivers once
    more does not take the newer call back."""
    gateway, home, *_ = begin(world, resident_may_cancel=True)
    home.wait(id=home.call(), state="received")
    cancel = {"id": "x-1", "ts": now_ms()}
    repeat(home, cancel, "cancel")
    assert gateway.incident()["state"] == "cancelled"
    home.wait(id=home.call(), state="received")
    repeat(home, cancel, "cancel")
    assert gateway.incident(2)["state"] == "open"
    assert "withdrawn" not in steps(gateway, 2)


def test_old_checkin_again(world):
    """"The same device, `id` and bytes again changes nothing": a check-in that comes once more is no
    second arrival."""
    gateway, home, _, grid = begin(world)
    home.wait(id=home.call(), state="received")
    checkin = {"id": "k-1", "ts": now_ms(), "caregiver": "grid1", "method": "key"}
    repeat(home, checkin, "checkin")
    assert gateway.incident()["state"] == "arrived"
    grid.reply("gw-1-1", "decline")
    repeat(home, checkin, "checkin")
    assert gateway.incident()["state"] == "open"
    assert len(gateway.events("checkin")) == 1


def test_well_is_no_alert(world):
    """`up/well`: "a sign of life and a visit, no incident", once however often it comes."""
    gateway, home, *_ = begin(world)
    well = {"id": "w-1", "ts": now_ms()}
    repeat(home, well, "well")
    repeat(home, well, "well")
    assert len(gateway.events("resident.well")) == 1
    assert gateway.incidents(True) == []
    # nobody is called because of it, so the home is not told so
    assert {p["text"] for p in home.find(id="w-1", state="received")} == {"已收到"}
    assert home.wait(id=home.call(), state="received")["text"] == "已收到，正在联系人"
    cancel = home.cancel()
    assert home.wait(id=cancel, state="received")["text"] == "已收到"
