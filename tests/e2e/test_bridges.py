"""Zigbee2MQTT, ESPHome, Home Assistant and Homie on a real broker: what they announce is offered, a
press is an alert once, and what becomes of it is shown in their words."""

import json

from harness import wait_until
from town import policy


def begin(world, **sections):
    world.begin([policy()], **sections)
    return world.hamlet()


def bridge(world):
    return world.client("zigbee2mqtt")


def add(g, id, family, address, **more):
    g.load("devices", [{"id": id, "kind": "button", "resident": "r1", "family": family,
                        "address": address, **more}])


def announcement(topic, **more):
    return {"state_topic": topic, "unique_id": "0x1_action",
            "device": {"identifiers": ["0x1"], "name": "SOS emergency"}, **more}


def test_what_discovery_announces_is_offered_and_adopted(world):
    g = begin(world, devices={"discover": ["homeassistant"]})
    hub = bridge(world)
    where = "homeassistant/{}/0x1/{}/config"
    hub.publish(where.format("event", "action"), announcement("zigbee2mqtt/新按钮"), retain=True)
    hub.publish(where.format("binary_sensor", "sos"),
                announcement("call-r3/binary_sensor/sos/state"), retain=True)
    hub.publish(where.format("light", "lamp"), announcement("zigbee2mqtt/lamp"), retain=True)
    hub.publish("homeassistant/binary_sensor/hall_sos/state", "on")
    seen = wait_until(lambda: (lambda s: s if len(s) == 3 else None)(
        {(d["family"], d["address"]): d for d in g.ctl_json("device", "seen")}), "three")
    assert set(seen) == {("zigbee2mqtt", "新按钮"), ("esphome", "call-r3"),
                         ("homeassistant", "binary_sensor.hall_sos")}
    assert seen["zigbee2mqtt", "新按钮"]["said"] == "ignore"
    assert json.loads(seen["zigbee2mqtt", "新按钮"]["payload"])["unique_id"] == "0x1_action"
    assert seen["homeassistant", "binary_sensor.hall_sos"]["said"] == "call"
    assert g.events("alert.*") == []

    g.ctl("device", "adopt", "新按钮", "b7", "resident=r1")
    assert g.ctl_json("device", "show", "b7")["family"] == "zigbee2mqtt"
    # announced again (Home Assistant was started): it has said nothing itself
    hub.publish(where.format("event", "action"), announcement("zigbee2mqtt/新按钮"), retain=True)
    hub.publish(where.format("event", "next"), announcement("zigbee2mqtt/next"), retain=True)
    wait_until(lambda: "next" in [d["address"] for d in g.ctl_json("device", "seen")], "the next")
    assert not g.ctl_json("device", "show", "b7").get("online")
    assert g.events("device.online") == []
    hub.publish("zigbee2mqtt/新按钮", {"action": "emergency"})
    g.wait_event("incident.opened", kind="sos")
    assert len(g.events("alert.received")) == 1
    assert ("zigbee2mqtt", "新按钮") not in {
        (d["family"], d["address"]) for d in g.ctl_json("device", "seen")}


def test_each_family_calls_once_and_is_shown_what_became_of_it(world):
    g = begin(world)
    cases = [
        ("zigbee2mqtt", "sos_101", "siren_3f", "zigbee2mqtt/sos_101",
         {"action": "sos", "sos_alarm": True}, "zigbee2mqtt/siren_3f/set",
         lambda p: p["warning"]["duration"] == 1),
        ("esphome", "call-r3", "switch/lamp", "call-r3/binary_sensor/sos/state", "ON",
         "call-r3/switch/lamp/command", lambda p: p == b"ON"),
        ("esphome", "esphome/h17/bed", "button/beep", "esphome/h17/bed/event/cord/state",
         {"event_type": "press"}, "esphome/h17/bed/button/beep/command", lambda p: p == b"PRESS"),
        ("homie", "pendant-12", "lamp/on", "homie/pendant-12/button/action", "press",
         "homie/pendant-12/lamp/on/set", lambda p: p is True),
        ("homeassistant", "event.call", "", "homeassistant/event/call/state",
         "2026-11-20T03:14:02+00:00", None, None),
    ]
    add(g, "b0", "zigbee2mqtt", "siren_3f")
    for n, (family, address, feedback, *_) in enumerate(cases, 1):
        add(g, f"b{n}", family, address, feedback=feedback)
    hub = bridge(world)
    for n, (_, _, _, topic, said, shown_on, shows) in enumerate(cases, 1):
        if shown_on:
            hub.subscribe(shown_on)
        hub.publish(topic, said)
        g.wait_event("alert.received", device=f"b{n}", kind="sos")
        hub.publish(topic, said)  # told again
        if shown_on:
            wait_until(lambda: any(shows(p) for at, p in hub.heard if at == shown_on),
                       f"{shown_on} shows it")
    hub.publish("zigbee2mqtt/sos_101", {"action": "single"})  # everything before it was heard
    g.wait_event("alert.received", count=len(cases) + 1)
    assert len(g.events("alert.received")) == len(cases) + 1

