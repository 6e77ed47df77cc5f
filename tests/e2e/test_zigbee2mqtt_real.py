"""Zigbee2MQTT itself between a simulated stick and the gateway: its converters say what its messages
look like, not we."""

import pytest

from harness import wait_until
from town import policy
from zigbee import Zigbee

ALARM_1, ALARM_2, LOW = 1, 2, 8


@pytest.fixture
def zigbee(world):
    world.begin([policy()])
    g = world.hamlet()
    g.load("devices", [
        {"id": "b1", "kind": "button", "resident": "r1", "family": "zigbee2mqtt",
         "address": "203房/床头呼叫"},
        {"id": "s1", "kind": "sensor", "resident": "r1", "family": "zigbee2mqtt", "address": "smoke"},
        {"id": "w1", "kind": "sensor", "resident": "r1", "family": "zigbee2mqtt", "address": "leak"},
        {"id": "z1", "kind": "sensor", "resident": "", "family": "zigbee2mqtt",
         "address": "zigbee2mqtt/bridge", "region": "511781103201"}])
    made = Zigbee(world.broker, world.folder, [
        ("203房/床头呼叫", "_TZ3000_pkfazisv", "TS0215A"), ("smoke", "HEIMAN", "SmokeSensor-EM"),
        ("leak", "HEIMAN", "WaterSensor-EM")], availability={"enabled": True}).start()
    g.wait_event("device.online", device="z1")
    yield made
    made.close()


def opened(g):
    return sorted(i["kind"] for i in g.incidents(everything=True))


def test_from_the_air_to_an_alert(world, zigbee):
    g = world.gateway
    grid = world.caregiver("grid1")
    zigbee.emergency("203房/床头呼叫")
    page = grid.wait(state="open")
    assert (page["kind"], page["resident"]["id"]) == ("sos", "r1")
    zigbee.zone("smoke", ALARM_1)
    g.wait_event("incident.opened", kind="smoke", device="s1")
    zigbee.battery("smoke", 7, tsn=2)  # comes with smoke: true from the cache
    g.wait_event("device.low_battery", device="s1")
    zigbee.zone("leak", ALARM_1)
    g.wait_event("incident.opened", kind="leak", device="w1")
    assert opened(g) == ["leak", "smoke", "sos"]
    assert len(g.events("alert.received")) == 3


def test_its_restart_is_no_alarm(world, zigbee):
    g = world.gateway
    zigbee.zone("smoke", ALARM_1)
    g.wait_event("incident.opened", kind="smoke")
    zigbee.stop()
    g.wait_event("device.offline", device="z1")
    zigbee.start()
    g.wait_event("device.online", device="z1", count=2)
    zigbee.zone("smoke", ALARM_1, tsn=9)  # still so
    zigbee.battery("smoke", 50, tsn=10)
    wait_until(lambda: g.ctl_json("device", "show", "s1").get("battery") == 50, "its battery")
    assert len(g.events("alert.received")) == 1
    zigbee.zone("smoke", 0, tsn=11)
    zigbee.zone("smoke", ALARM_1, tsn=12)
    g.wait_event("alert.received", count=2, kind="smoke")
    assert opened(g) == ["smoke"]
