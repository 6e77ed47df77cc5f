"""What a home hears of its incident (contract, "Native MQTT topics" and "Incidents"), and devices
that call too often."""

import pytest

from harness import now_ms, wait_until
from town import level, policy, steps


def opened(world, **more):
    world.begin([policy(**more)]).village()
    home = world.device("b1")
    people = world.people("fam1", "grid1", "doc1", "duty1")
    call = home.call()
    home.wait(id=call, state="received")
    return (world.gateway, home, *people, call)


def online(world):
    """The device b1 connects and says so; another client takes its place."""
    home = world.device("b1", client_id="b1-again")
    home.publish("yj/v1/dev/b1/state", {"online": False, "ts": now_ms()}, retain=True)
    home.publish("yj/v1/dev/b1/state", {"online": True, "ts": now_ms()}, retain=True)
    return home


def test_answer_again_when_the_device_comes_online(world):
    """"`answered` ... go to every device with a call in the incident, with its latest id, and again
    when such a device comes online." """
    _, home, _, grid, *_, call = opened(world)
    grid.reply("gw-1-1", "ack")
    home.wait(id=call, state="answered")
    home.close()
    world.clients.remove(home)
    again = online(world)
    assert again.wait(id=call, state="answered")["by"] == "何晓东"


def test_remote_answer_again_when_the_device_comes_online(world):
    """"`answered` names ... who has heard of it and is looking for somebody near ... and again when
    such a device comes online": with that name, though nobody's answer stands."""
    _, home, family, *_, call = opened(world)
    family.reply("gw-1-1", "ack", how="remote")
    told = home.wait(id=call, state="answered")
    assert told["by"] == "王小丽"
    home.close()
    world.clients.remove(home)
    assert online(world).wait(id=call, state="answered") == told


def test_end_again_when_the_device_comes_online(world):
    """"... and again when such a device comes online": a home that was away when its call ended
    hears of the end, once."""
    g, home, _, grid, *_, call = opened(world)
    home.close()
    world.clients.remove(home)
    grid.reply("gw-1-1", "resolve", outcome="helped")
    again = online(world)
    assert again.wait(id=call, state="closed")["incident"] == "gw-1-1"
    again.publish("yj/v1/dev/b1/state", {"online": True, "ts": now_ms()}, retain=True)
    again.wait(id=again.call(), state="received")
    assert len(again.find(id=call)) == 1


def test_end_is_not_told_into_a_new_call(clocked):
    """`closed` of the call before is nothing to hear right after pressing again, though a silent
    device "comes online" with that press."""
    g, home, _, grid, *_, call = opened(clocked)
    grid.reply("gw-1-1", "resolve", outcome="helped")
    home.wait(id=call, state="closed")
    clocked.advance(1000)
    g.wait_event("device.offline")
    again = home.call()
    grid.wait(state="open", incident="gw-1-2")
    grid.reply("gw-1-2", "ack")
    home.wait(id=again, state="answered")
    assert len(home.find(state="closed")) == 1


def test_answer_again_for_a_stranger(world):
    """"These go to every device with a call in the incident ... and again when such a device comes
    online": also one that the directory does not know."""
    world.begin([policy()]).village()
    home = world.device("b9")
    duty = world.caregiver("duty1")
    call = home.call()
    home.wait(id=call, state="received")
    duty.reply("gw-1-1", "ack")
    home.wait(id=call, state="answered")
    home.publish("yj/v1/dev/b9/state", {"online": True, "ts": now_ms()}, retain=True)
    home.wait(2, id=call, state="answered")


def test_whole_story_at_home(world):
    """"`answered` names who is coming, or who has heard of it and is looking for somebody near";
    "`searching` comes at each escalation and takes an answer back" """
    _, home, family, grid, doctor, _, call = opened(world)
    family.reply("gw-1-1", "ack", how="remote")
    grid.reply("gw-1-1", "ack")
    grid.reply("gw-1-1", "decline")
    home.wait(id=call, state="searching")
    doctor.reply("gw-1-1", "arrive")
    doctor.reply("gw-1-1", "resolve", outcome="helped")
    home.wait(id=call, state="closed")
    heard = [(p["state"], p.get("by")) for p in home.find(id=call)]
    assert heard == [("received", None), ("answered", "王小丽"), ("answered", "何晓东"),
                     ("searching", None), ("arrived", "彭医生"), ("closed", None)]
    assert all(p["incident"] == "gw-1-1" and p["text"] for p in home.find(id=call))


def test_searching_at_each_escalation(clocked):
    """"`searching` comes at each escalation" and with the latest id."""
    _, home, *_, call = opened(clocked)
    clocked.advance(60)
    home.wait(id=call, state="searching")
    second = home.call()
    home.wait(id=second, state="received")
    clocked.advance(120)
    home.wait(id=second, state="searching")
    assert len(home.find(id=call, state="searching")) == 1


def test_flood(clocked):
    """"More than 10 alerts a minute from one device: each is stored for de-duplication and counted
    in its incident, the log gets one `alert.flood` a minute with their `count`; so received plus
    flood counts are all that was acknowledged." """
    g, home, *_, call = opened(clocked)
    for n in range(2, 26):
        home.wait(id=home.call(id=f"c{n}"), state="received")
    assert g.incident()["alerts"] == 25
    assert len(g.events("alert.received")) == 10
    assert not g.events("alert.flood")
    ts = 1700000000000
    home.say("call", {"id": "dup", "ts": ts, "button": "sos"})
    home.say("call", {"id": "dup", "ts": ts, "button": "sos"})
    home.wait(2, id="dup", state="received")
    assert g.incident()["alerts"] == 26, "each is stored for de-duplication"
    clocked.advance(50)
    clocked.advance(10)
    assert [e["data"]["count"] for e in g.wait_event("alert.flood") and
            g.events("alert.flood")] == [16]
    for n in range(12):
        home.wait(id=home.call(id=f"d{n}"), state="received")
    clocked.advance(60)
    g.wait_event("alert.flood", 2)
    assert [e["data"]["count"] for e in g.events("alert.flood")] == [16, 2]
    assert len(g.events("alert.received")) == 20
    assert g.incident()["alerts"] == 38 == 20 + 16 + 2


def test_flood_over_a_restart(clocked):
    """"... so received plus flood counts are all that was acknowledged": what was counted is not
    forgotten by a kill."""
    g, home, *_ = opened(clocked)
    for n in range(2, 16):
        home.wait(id=home.call(id=f"c{n}"), state="received")
    g.kill()
    g.start()
    g.wait_event("alert.flood")
    assert sum(e["data"]["count"] for e in g.events("alert.flood")) == 5
    assert len(g.events("alert.received")) == 10
    assert g.incident()["alerts"] == 15


def test_call_for_help_in_a_flood_is_heard(clocked):
    """"call for help: ... never throttled, bundled, muted or dropped": the eleventh press of a
    minute reopens what it must, and a fall in a flood opens its incident."""
    g, home, _, grid, *_ = opened(clocked)
    grid.reply("gw-1-1", "arrive")
    clocked.advance(301)
    for n in range(11):
        home.wait(id=home.alarm("vital", id=f"v{n}"), state="received")
    home.wait(id=home.call(), state="received")
    assert "reopened" in steps(g, 1)
    fall = home.wait(id=home.alarm("fall"), state="received")["incident"]
    assert g.incident(int(fall.rsplit("-", 1)[1]))["state"] == "open"


def test_flood_of_one_does_not_count_for_another(world):
    """"More than 10 alerts a minute from one device": each device by itself."""
    g, home, *_ = opened(world)
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
    other = world.device("b2")
    for n in range(9):
        home.wait(id=home.call(), state="received")
    for n in range(10):
        other.wait(id=other.call(), state="received")
    assert len(g.events("alert.received")) == 20


@pytest.mark.parametrize("states", [("open",), ("open", "acked"), ("open", "acked", "arrived")])
def test_home_hears_the_end(world, states):
    """"These go to every device with a call in the incident": the end too, from every state."""
    g, home, _, grid, *_, call = opened(world, levels=[level("grid"), level("duty")])
    for state in states[1:]:
        grid.reply("gw-1-1", {"acked": "ack", "arrived": "arrive"}[state])
    assert g.incident()["state"] == states[-1]
    grid.reply("gw-1-1", "resolve", outcome="helped")
    home.wait(id=call, state="closed")
    wait_until(lambda: g.incidents() == [])
