"""Devices that come, go and run down: `state`, `heartbeat`, `vital` of the topic table, the settings
`devices` of the configuration, and what a home hears again when it comes online."""

import paho.mqtt.client as mqtt
import pytest

from harness import now_ms, wait_until
from town import level, policy

ONLINE, OFFLINE = "device.online", "device.offline"


def with_will(world, device):
    """A device as the contract has it: retained state, and the last will in its place."""
    client = mqtt.Client(client_id=device, protocol=mqtt.MQTTv311)
    client.will_set(f"yj/v1/dev/{device}/state", '{"online":false}', 1, True)
    client.connect("127.0.0.1", world.broker.port)
    client.loop_start()
    info = client.publish(f"yj/v1/dev/{device}/state", '{"online":true,"ts":1}', 1, True)
    info.wait_for_publish(10)
    return client


def vanish(client):
    """The connection breaks without a word."""
    client.loop_stop()
    client._sock_close()


def test_online_and_offline_by_will(world):
    """"`yj/v1/dev/{device}/state`: retained, last will, `{"online": bool, "ts"?}`": `device.online`
    and `device.offline`, each once; who says goodbye, and who just vanishes."""
    world.begin().village()
    g = world.gateway
    home = with_will(world, "b1")
    e = g.wait_event(ONLINE, device="b1")
    assert e["subject"] == "device/b1" and e["data"]["resident"] == "r1" and e["data"]["region"] == "511781103201"
    assert g.ctl_json("status")["devices"]["online"] == 1
    assert g.ctl_json("device", "show", "b1")["last_seen"]
    vanish(home)
    g.wait_event(OFFLINE, device="b1")
    assert g.ctl_json("status")["devices"]["online"] == 0
    home = with_will(world, "b1")
    g.wait_event(ONLINE, 2, device="b1")
    # The retained state comes again with a restart, and is no news.
    g.stop()
    g.start()
    home.publish("yj/v1/dev/b1/state", '{"online":false}', 1, True)
    g.wait_event(OFFLINE, 2, device="b1")
    assert len(g.events(ONLINE)) == 2
    home.disconnect()
    home.loop_stop()


def test_offline_while_the_gateway_was_away(world):
    """The retained will of a device that went while the gateway was down is news at the start."""
    world.begin().village()
    g = world.gateway
    home = with_will(world, "b1")
    g.wait_event(ONLINE, device="b1")
    g.stop()
    vanish(home)
    watcher = world.device("watcher").subscribe("yj/v1/dev/b1/state")
    watcher.wait(online=False)
    g.start()
    g.wait_event(OFFLINE, device="b1")
    assert g.ctl_json("status")["devices"]["online"] == 0


@pytest.mark.parametrize("topic,message", [
    ("heartbeat", {"ts": 1}), ("heartbeat", {"ts": 1, "battery": 55, "rssi": -70, "mains": False, "fw": "1.2"}),
    ("vital", {"id": "v", "ts": 1}), ("vital", {"id": "v", "ts": 1, "hr": 61, "rr": 14.5, "spo2": 97, "in_bed": True}),
    ("well", {"id": "w", "ts": 1}), ("call", {"id": "c", "ts": 1, "button": "service"})])
def test_signs_of_life(world, topic, message):
    """Whatever a device says shows that it is there; `vital` and `heartbeat` open nothing and are not
    refused."""
    world.begin().village()
    g = world.gateway
    world.device("b1").say(topic, message)
    g.wait_event(ONLINE, device="b1")
    assert not g.events("alert.rejected")
    assert len(g.incidents()) == (1 if topic == "call" else 0)


def test_unknown_device_is_not_online(world):
    """A device that the directory does not know has no presence."""
    world.begin().village()
    g = world.gateway
    home = with_will(world, "stranger")
    g.wait_event("alert.rejected")
    world.device("b1").say("heartbeat", {"ts": 1})
    g.wait_event(ONLINE, device="b1")
    assert len(g.events("device.*")) == 1
    assert g.ctl_json("status")["devices"]["online"] == 1
    home.disconnect()
    home.loop_stop()


def test_low_battery(world):
    """"low at or under 20 %, again only after it has been over 25 %"; not for what is no percentage."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")

    def beat(*percents):
        for percent in percents:
            home.say("heartbeat", {"ts": now_ms(), "battery": percent})
        # A sign that all of it has been taken: another device of this test, later on the same way.
        beat.n += 1
        g.load("devices", [{"id": f"mark{beat.n}", "kind": "button", "resident": ""}])
        home.publish(f"yj/v1/dev/mark{beat.n}/up/heartbeat", {"ts": 1})
        g.wait_event(ONLINE, device=f"mark{beat.n}")
        return len(g.events("device.low_battery", device="b1"))
    beat.n = 0
    assert beat(100, 21) == 0
    assert beat(101, -1, "5", None, 5.5, True) == 0  # no percentage: absent
    assert beat(20) == 1
    assert beat(20, 19, 3, 0) == 1
    assert beat(21, 25, 20, 25, 1) == 1  # never over 25
    assert beat(26) == 1
    assert beat(20) == 2
    # Neither a reload nor a restart forgets it.
    g.ctl("reload")
    assert beat(19) == 2
    g.stop()
    g.start()
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "up", "the connection for heartbeats")
    assert beat(18) == 2
    assert beat(26, 17) == 3
    e = g.events("device.low_battery")[-1]
    assert e["subject"] == "device/b1" and e["data"]["resident"] == "r1"


@pytest.mark.slow
def test_missed_heartbeats(clocked):
    """"`devices: {heartbeat: 5m, offline_after: 3, ...}`: offline after that many missed heartbeats"; a
    device's own `heartbeat` of the directory goes before; whoever goes on beating stays online."""
    clocked.begin(devices={"heartbeat": "5m", "offline_after": 3}).village()
    g = clocked.gateway
    g.load("devices", [{"id": n, "kind": "sensor", "resident": "", "heartbeat": h}
                       for n, h in (("slow", "1h"), ("quick", "10s"), ("steady", ""), ("b2", ""))])
    ear = clocked.device("ear")

    def beat(*names):
        for name in names:
            ear.publish(f"yj/v1/dev/{name}/up/heartbeat", {"ts": 1})
    beat("b1", "b2", "slow", "quick", "steady")
    g.wait_event(ONLINE, 5)
    clocked.clock.pass_by(14 * 60)
    clocked.look()
    beat("steady")
    g.wait_event(OFFLINE, device="quick", timeout=90)
    assert len(g.events(OFFLINE)) == 1
    clocked.clock.pass_by(61)
    clocked.look()
    g.wait_event(OFFLINE, device="b1", timeout=90)
    g.wait_event(OFFLINE, device="b2", timeout=90)
    assert {e["data"]["device"] for e in g.events(OFFLINE)} == {"quick", "b1", "b2"}
    beat("b1")
    g.wait_event(ONLINE, 2, device="b1")


def at_home(world, *states):
    """A pressed b1 (twice) whose incident stands at these states; (home, incident, last id)."""
    home, grid = world.device("b1"), world.caregiver("grid1")
    home.call(id="first")
    page = grid.wait(state="open")
    home.call(id="second")
    home.wait(id="second", state="received")
    for state in states:
        action = {"answered": "ack", "arrived": "arrive", "closed": "resolve"}[state]
        assert grid.reply(page["incident"], action, outcome="helped")["ok"]
        home.wait(id="second", state=state)
    return home, page["incident"]


@pytest.mark.parametrize("states", [["answered"], ["answered", "arrived"], []])
def test_home_that_comes_online_hears_it_again(world, states):
    """"These go to every device with a call in the incident, with its latest id, and again when such a
    device comes online"; `answered` "names who is coming"."""
    world.begin().village()
    g = world.gateway
    home, incident = at_home(world, *states)
    home.close()
    world.clients.remove(home)
    later = world.device("b1")
    later.publish("yj/v1/dev/b1/state", {"online": True}, retain=True)
    g.wait_event(ONLINE, device="b1")
    if states:
        again = later.wait(state=states[-1])
        assert again["id"] == "second" and again["incident"] == incident and again["by"] == "何晓东"
        assert "何晓东" in again["text"]
    # Once more: it says so itself, though nobody noticed that it was away.
    later.publish("yj/v1/dev/b1/state", {"online": True}, retain=True)
    if states:
        later.wait(2, state=states[-1])
    later.call(id="third")
    later.wait(id="third", state="received")
    assert {p["id"] for p in later.find()} <= {"second", "third"}
    assert {p["state"] for p in later.find(id="second")} == set(states[-1:])


def test_home_that_comes_online_after_the_search_went_on(world):
    """"`searching` comes at each escalation and takes an answer back", and again when the device comes
    online: a home that missed it must not believe in an answer."""
    world.begin([policy(levels=[level("grid", wait="60s"), level("doctor"), level("duty")])]).village()
    g = world.gateway
    home, incident = at_home(world, "answered")
    home.close()
    world.clients.remove(home)
    grid = world.clients[-1]
    assert grid.reply(incident, "decline")["ok"]
    g.wait_event("incident.reopened")
    later = world.device("b1")
    later.publish("yj/v1/dev/b1/state", {"online": True}, retain=True)
    assert later.wait(state="searching")["id"] == "second"
    assert not later.find(state="answered")


def test_home_that_comes_online_after_the_end(world):
    """What is closed is not told again for ever."""
    world.begin().village()
    g = world.gateway
    home, incident = at_home(world, "answered", "arrived", "closed")
    heard = len(home.find())
    home.publish("yj/v1/dev/b1/state", {"online": True}, retain=True)
    home.call(id="fourth")  # opens another one, behind whatever would have come
    home.wait(id="fourth", state="received")
    news = home.find()[heard:]
    assert [p for p in news if p["state"] in ("answered", "arrived")] == []
    assert len(g.incidents(everything=True)) == 2
