"""Shelly, Tasmota, OpenMQTTGateway and rtl_433 on a real broker: what is heard by several bridges is
one press, a code is its device's whichever family hears it, and a siren beside a pendant shows it."""

from harness import wait_until
from test_foreign import begin, wanted

TASMOTA = {"Time": "2026-11-20T17:03:12", "RfReceived": {
    "Sync": 10010, "Low": 340, "High": 1020, "Data": "4AF10A", "RfKey": "None"}}
OMG = {"value": 0x4AF10A, "protocol": 1, "length": 24, "delay": 317}


def radio(world):
    return world.client("bridges")


def heard(client, topic):
    with client.changed:
        return [payload for t, payload in client.heard if t == topic]


def register(g, family, address, id="p1", **more):
    g.load("devices", [{"id": id, "kind": "button", "resident": "r1", "family": family,
                        "address": address, **more}])


def alerts(g):
    return len(g.events("alert.received"))


def test_one_pendant_through_bridges_of_two_families(world):
    g = begin(world)
    register(g, "tasmota", "rf:4AF10A")
    air = radio(world)
    wait_until(lambda: wanted(world, "home/omg/433toMQTT"), "the other family is listened to")
    air.publish("home/omg/433toMQTT", OMG)
    g.wait_event("alert.received", device="p1", kind="sos")
    air.publish("tele/rfbridge/RESULT", TASMOTA)
    air.publish("home/omg2/433toMQTT", OMG)
    air.publish("home/omg/433toMQTT", {**OMG, "value": 0x4AF10B})  # somebody else's
    register(g, "openmqttgateway", "rf:4AF10C", id="p2")
    air.publish("tele/rfbridge/RESULT", {"RfReceived": {"Data": "0x4AF10C"}})
    g.wait_event("alert.received", device="p2")
    assert [e["data"]["device"] for e in g.events("alert.received")] == ["p1", "p2"]
    g.ctl("device", "remove", "p1")
    g.ctl("device", "remove", "p2")
    wait_until(lambda: not wanted(world, "home/omg/433toMQTT"), "both are left alone")
    assert not wanted(world, "tele/rfbridge/RESULT")


def test_one_ble_button_through_gateways_of_two_families(world):
    g = begin(world)
    register(g, "openmqttgateway", "ble:bc026eaabbcc")
    air = radio(world)
    wait_until(lambda: wanted(world, "shellyplus1/events/ble"), "the other family is listened to")

    def shelly(pid, key, who="shellyplus1"):
        air.publish(f"{who}/events/ble", {
            "scriptVersion": "1.4.0", "src": who, "srcBle": {"mac": "bc:02:6e:aa:bb:cc",
                                                             "rssi": -62},
            "payload": f"4400{pid:02x}01643a{key:02x}"})

    def theengs(pid, key):
        air.publish("home/omg/BTtoMQTT/BC026EAABBCC", {
            "id": "BC:02:6E:AA:BB:CC", "rssi": -70, "model_id": "SBBT-002C", "packet": pid,
            "batt": 100, "button": key})

    theengs(29, 1)
    shelly(29, 1)
    shelly(29, 1, "shellyplus2")
    theengs(30, 0)
    shelly(31, 2)
    theengs(31, 2)
    shelly(32, 0)
    g.wait_event("alert.received", count=2, device="p1")
    theengs(33, 9)
    g.wait_event("alert.received", count=3, device="p1")
    assert alerts(g) == 3 and len(g.incidents()) == 1


def test_a_sealed_button_is_a_fault_and_no_alarm(world):
    g = begin(world)
    register(g, "shelly", "ble:bc026eaabbcc")
    air = radio(world)
    air.publish("shellyplus1/events/ble", {"srcBle": {"mac": "bc:02:6e:aa:bb:cc"},
                                           "payload": "45ab12cd34ef5601020304a1b2c3d4"})
    g.wait_event("alert.rejected", device="p1", reason="field")
    assert g.incidents(everything=True) == []


def test_a_siren_beside_a_pendant(world):
    g = begin(world)
    register(g, "rtl_433", "X10-Security/a40b", feedback="cmnd/siren_1f/POWER")
    air = radio(world)
    air.subscribe("cmnd/#")
    air.publish("rtl_433/pi4/events", {"time": "2026-11-20 12:00:02", "model": "X10-Security",
                                       "id": "a40b", "event": "KR18 PANIC"})
    g.wait_event("incident.opened", kind="sos")
    wait_until(lambda: heard(air, "cmnd/siren_1f/POWER") == [b"ON"], "the siren")
    g.ctl("incident", "resolve", g.incidents()[0]["id"], "--by", "grid1", "--outcome",
          "helped")
    wait_until(lambda: heard(air, "cmnd/siren_1f/POWER") == [b"ON", b"OFF"], "its end")


def test_a_shelly_speaks_of_each_press_once(world):
    g = begin(world)
    register(g, "shelly", "shellybutton1-A4CF12F45174", keys="double=family")
    register(g, "shelly", "home/3/i4", id="p2", keys="1:single=service;*=ignore")
    air = radio(world)
    topic = "shellies/shellybutton1-A4CF12F45174/input_event/0"

    def i4(n, ts):
        air.publish("home/3/i4/events/rpc", {
            "src": "shellyplusi4-1", "dst": "x", "method": "NotifyEvent", "params": {
                "ts": ts, "events": [{"component": f"input:{n}", "id": n, "event": "btn_down",
                                      "ts": ts},
                                     {"component": f"input:{n}", "id": n, "event": "single_push",
                                      "ts": ts}]}})

    wait_until(lambda: wanted(world, "home/3/i4/events/rpc"), "its own topic is listened to")
    for event, count in (("", 0), ("S", 1), ("S", 1), ("SS", 2), ("SS", 2), ("", 0), ("S", 1)):
        air.publish(topic, {"event": event, "event_cnt": count})
    g.wait_event("alert.received", count=3, device="p1")
    assert [e["data"]["kind"] for e in g.events("alert.received")] == ["sos", "family", "sos"]
    g.kill()
    g.start()
    air.publish(topic, {"event": "S", "event_cnt": 1})  # told again after our own restart
    i4(0, 1795138095.02)
    i4(1, 1795138096.02)
    i4(1, 1795138096.02)
    g.wait_event("alert.received", device="p2", kind="service")
    air.publish("shellies/shellybutton1-A4CF12F45174/online", "false")
    g.wait_event("device.offline", device="p1")
    assert alerts(g) == 4


def test_tasmota(world):
    g = begin(world)
    register(g, "tasmota", "wc_button_2", feedback="answered:POWER")
    air = radio(world)
    air.subscribe("cmnd/#")
    air.publish("tele/wc_button_2/LWT", "Online", retain=True)
    g.wait_event("device.online", device="p1")
    air.publish("cmnd/wc_button_2/RESULT", {"Button1": {"Action": "SINGLE"}})
    for action in ("CLEAR", "HOLD"):
        air.publish("stat/wc_button_2/RESULT", {"Button1": {"Action": action}})
    g.wait_event("incident.opened", kind="sos")
    incident = g.incidents()[0]["id"]
    grid = world.caregiver("grid1")
    assert grid.reply(incident, "ack")["ok"]
    wait_until(lambda: heard(air, "cmnd/wc_button_2/POWER")[-1:] == [b"ON"], "its lamp")
    assert alerts(g) == 1
    air.publish("tele/wc_button_2/LWT", "Offline", retain=True)
    g.wait_event("device.offline", device="p1")
