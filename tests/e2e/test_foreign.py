"""Devices of other makers on a real broker: a press is an alert, once; strangers are listed and can
be adopted; the broker is asked only for families that are in use."""

import json
import sqlite3
import subprocess

from harness import wait_until
from town import policy


def z2m(world):
    return world.client("zigbee2mqtt")


def begin(world, **sections):
    world.begin([policy()], **sections)
    return world.hamlet()


def button(g, id="b1", address="sos_101", **more):
    g.load("devices", [{"id": id, "kind": "button", "resident": "r1", "family": "zigbee2mqtt",
                        "address": address, **more}])


def test_a_press_is_an_alert(world):
    g = begin(world)
    button(g)
    grid = world.caregiver("grid1")
    hub = z2m(world)
    hub.publish("zigbee2mqtt/sos_101", {"action": "emergency", "battery": 100, "linkquality": 9})
    page = grid.wait(state="open")
    assert (page["kind"], page["resident"]["id"]) == ("sos", "r1")
    g.wait_event("alert.received", device="b1", kind="sos")
    hub.publish("zigbee2mqtt/sos_101", {"action": "", "battery": 100})
    hub.publish("zigbee2mqtt/sos_101/action", "emergency")  # the same press, told twice
    hub.publish("zigbee2mqtt/sos_101", {"battery": 7, "battery_low": True})
    g.wait_event("device.low_battery", device="b1")
    assert len(g.events("alert.received")) == 1
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("battery") == 7, "its battery")


def test_a_retained_press_is_none(world):
    g = begin(world)
    hub = z2m(world)
    hub.publish("zigbee2mqtt/sos_101", {"action": "emergency", "battery": 80}, retain=True)
    hub.publish("zigbee2mqtt/sos_101/availability", {"state": "online"}, retain=True)
    button(g)  # and only now the broker is asked for it
    g.wait_event("device.online", device="b1")
    hub.publish("zigbee2mqtt/sos_101", {"action": "single"})
    g.wait_event("alert.received", device="b1")
    assert len(g.incidents()) == 1
    g.kill()
    g.start()
    hub.publish("zigbee2mqtt/sos_101", {"action": "double"})
    g.wait_event("alert.received", count=2, device="b1")
    assert len(g.incidents()) == 1
    assert g.incident()["alerts"] == 2


def test_what_keys_mean(world):
    g = begin(world)
    button(g, keys="single=sos;double=family;hold=ignore;*=service")
    hub = z2m(world)
    for action in ("hold", "double", "long", "single"):
        hub.publish("zigbee2mqtt/sos_101", {"action": action})
    g.wait_event("incident.opened", kind="sos")
    assert [e["data"]["kind"] for e in g.events("alert.received")] == ["family", "service", "sos"]
    done = g.ctl_raw("device", "set", "b1", "keys=single=help")
    assert done.returncode == 1 and "sos, service, family or ignore" in done.stderr


def test_a_device_that_invents_keys_fills_no_database(world):
    g = begin(world)
    button(g)
    hub = z2m(world)
    hub.publish("zigbee2mqtt/sos_101", {"smoke": True})
    for i in range(400):
        hub.publish("zigbee2mqtt/sos_101", {"action": f"{i}_single"}, wait=False)
    hub.publish("zigbee2mqtt/sos_101", {"smoke": True, "battery": 55})
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("battery") == 55, "all of it")
    shown = {i["kind"]: i["alerts"] for i in map(g.incident, (1, 2))}
    assert shown == {"smoke": 1, "sos": 400}
    db = sqlite3.connect(f"file:{g.database}?mode=ro", uri=True)
    assert db.execute("SELECT count(*) FROM device_memory").fetchone()[0] <= 256
    db.close()


def test_unreadable_is_counted_and_no_alarm(world):
    g = begin(world)
    button(g)
    hub = z2m(world)
    hub.publish("zigbee2mqtt/sos_101", '{"action":"emergency","batt')
    assert g.wait_event("alert.rejected")["data"]["reason"] == "json"
    hub.publish("zigbee2mqtt/sos_101", b'{"action":"emer\xff"}')
    g.wait_event("alert.rejected", reason="utf8", device="b1")
    assert g.incidents(everything=True) == []
    assert len(g.ctl_json("rejected", "list")) == 2


def test_a_stranger_is_listed_and_adopted(world):
    g = begin(world, devices={"discover": ["zigbee2mqtt"]})
    hub = z2m(world)
    hub.publish("zigbee2mqtt/新按钮", {"action": "emergency", "battery": 99})
    hub.publish("zigbee2mqtt/新按钮", {"battery": 98})
    hub.publish("zigbee2mqtt/radar", {"occupancy": True})
    seen = wait_until(lambda: [s for s in g.ctl_json("device", "seen") if s["times"] == 2], "both")
    assert seen[0]["address"] == "新按钮" and seen[0]["said"] == "call"
    assert json.loads(seen[0]["payload"]) == {"battery": 98}
    assert g.incidents(everything=True) == [] and g.events("alert.*") == []
    table = g.ctl("device", "seen")
    assert "新按钮" in table and "radar" in table
    g.ctl("device", "adopt", "新按钮", "b7", "resident=r1", "place=床头")
    adopted = g.ctl_json("device", "show", "b7")
    assert (adopted["kind"], adopted["family"], adopted["address"]) == (
        "button", "zigbee2mqtt", "新按钮")
    assert [s["address"] for s in g.ctl_json("device", "seen")] == ["radar"]
    refused = g.ctl_raw("device", "adopt", "新按钮", "b8")
    assert refused.returncode == 1 and "registered" in refused.stderr
    hub.publish("zigbee2mqtt/新按钮", {"action": "emergency"})
    g.wait_event("incident.opened", kind="sos")


def test_subscriptions_follow_the_directory(world):
    world.begin([policy()])
    g = world.gateway

    def ears():
        return wanted(world, "zigbee2mqtt/x/get")

    assert not ears()
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
    button(g)
    wait_until(ears, "the family is listened to")
    g.ctl("device", "remove", "b1")
    wait_until(lambda: not ears(), "the family is left alone")
    button(g)
    wait_until(ears, "and listened to again")
    g.stop()
    db = sqlite3.connect(g.database)
    db.execute("UPDATE devices SET family = 'native'")
    db.commit()
    db.close()
    g.start()  # the session had asked for it
    wait_until(lambda: not ears(), "what the run before had asked for is forgotten")


def wanted(world, topic):
    """Does anybody subscribe to it? MQTT 5's "no matching subscribers" tells."""
    done = subprocess.run(
        ["mosquitto_pub", "-V", "5", "-p", str(world.broker.port), "-q", "1", "-d", "-t",
         topic, "-m", "x"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 0, done.stderr
    assert "RC:" in done.stdout
    return "RC:16" not in done.stdout


def test_a_family_that_is_not_there_is_refused(world):
    g = begin(world)
    for family, address, why in (("zigbe2mqtt", "x", "no family"), ("zigbee2mqtt", "", "needs its")):
        done = g.ctl_raw("device", "add", "b9", "kind=button", f"family={family}",
                         f"address={address}")
        assert done.returncode == 1 and why in done.stderr, done.stderr
    button(g, "b1", "0xA4C1")
    done = g.ctl_raw("device", "add", "b2", "kind=button", "family=zigbee2mqtt", "address=0xa4c1")
    assert done.returncode == 1 and "is device b1 already" in done.stderr
    z2m(world).publish("zigbee2mqtt/0xa4c1", {"action": "emergency"})
    g.wait_event("incident.opened", kind="sos")
