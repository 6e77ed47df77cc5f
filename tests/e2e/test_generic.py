"""Devices that a mapping describes, on a real broker and in `device try`."""

import json
import pathlib
import subprocess

import pytest
from harness import BIN, wait_until
from town import policy

MAPPINGS = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "mappings"


def begin(world, *mappings, **more):
    world.begin([policy()], devices={"mappings": [str(MAPPINGS / f"{m}.yaml") for m in mappings]},
                **more)
    return world.hamlet()


def vendor(world):
    return world.client("vendor")


def button(g, **more):
    g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1", "family": "nbbutton",
                        "address": "s1:sos-9", **more}])


def test_a_button_is_an_alert_and_hears_of_it(world):
    g = begin(world, "button")
    button(g, keys="left=service")
    grid = world.caregiver("grid1")
    hub = vendor(world)
    hub.subscribe("acme/#")
    hub.publish("acme/s1/sos-9/up", {"evt": "SOS", "seq": 1, "bat": 180, "rssi": "-101"})
    page = grid.wait(state="open")
    assert (page["kind"], page["resident"]["id"]) == ("sos", "r1")
    hub.publish("acme/s1/sos-9/up", {"evt": "SOS", "seq": 1, "bat": 180})  # the same
    hub.publish("acme/s1/sos-9/up", {"evt": "test", "seq": 2})
    hub.publish("acme/s1/sos-9/up", {"evt": "key", "key": "left", "seq": 3, "flags": 5})
    g.wait_event("alert.received", kind="service")
    assert [e["data"]["kind"] for e in g.events("alert.received")] == ["sos", "service"]
    wait_until(lambda: hub.find(led="blink", state="received"), "the button to be told")
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("battery") == 90, "its battery")
    g.wait_event("device.low_battery", device="b1")
    g.verify_log()


def test_what_cannot_be_read_is_counted(world):
    g = begin(world, "button")
    button(g)
    hub = vendor(world)
    hub.publish("acme/s1/sos-9/up", "{")
    g.wait_event("alert.rejected", device="b1", reason="json")
    hub.publish("acme/s1/other/up", {"evt": "SOS", "seq": 1})
    wait_until(lambda: [s["address"] for s in g.ctl_json("device", "seen")] == ["s1:other"],
               "the stranger to be listed")
    assert not g.incidents()


def test_every_element_of_a_batch_of_one_device_counts(world, tmp_path):
    file = tmp_path / "batch.yaml"
    file.write_text("name: batch\ntopic: batch/up\neach: /l\ndevice: /id\n"
                    "rules: [{at: /k, kind: call, key: /k}]\n")
    g = begin(world)
    g.config["devices"]["mappings"] = [str(file)]
    g.write_config()
    g.hangup()
    g.wait_event("config.loaded", count=2)
    g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1", "family": "batch",
                        "address": "x"}])
    vendor(world).publish("batch/up", {"l": [{"id": "x", "k": f"k{n}"} for n in range(10)]})
    g.wait_event("alert.received", count=10, device="b1")  # more a minute are counted, not logged


def test_a_mapping_comes_with_a_reload_and_is_kept_while_devices_need_it(world):
    g = begin(world)
    done = g.ctl_raw("import", "devices", "-",
                     input="id,kind,resident,family,address\nb1,button,r1,nbbutton,a\n")
    assert done.returncode != 0 and "nbbutton" in done.stderr
    g.config["devices"]["mappings"] = [str(MAPPINGS / "button.yaml")]
    g.write_config()
    g.hangup()
    g.wait_event("config.loaded", count=2)
    button(g)
    hub = vendor(world)
    hub.publish("acme/s1/sos-9/up", {"evt": "SOS", "seq": 1})
    g.wait_event("alert.received", device="b1")
    g.config["devices"]["mappings"] = []
    g.write_config()
    g.hangup()
    wait_until(lambda: "event=reload_refused" in g.log.read_text(), "the reload to be refused")
    assert "nbbutton" in g.log.read_text()
    hub.publish("acme/s1/sos-9/up", {"evt": "fall", "seq": 2})
    g.wait_event("alert.received", device="b1", kind="fall")


def check(g):
    done = subprocess.run([str(g.bin / "yijiand"), "-c", str(g.file), "--check-config"],
                          capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_a_wrong_mapping_is_named_with_its_line(world, tmp_path):
    g = begin(world, "button")
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: x\ndevice: /id\nrules:\n  - {at: /a, kind: call}\n  - {at: b, kind: fell}\n")
    g.config["devices"]["mappings"] = ["ctwing", str(bad), "no-such", str(MAPPINGS / "button.yaml")]
    g.write_config()
    code, said = check(g)
    assert code == 78
    assert f"{bad}:5: at is not usable, expected a JSON pointer" in said
    assert f"{bad}:5: kind is not one of ours, expected call, fall" in said
    assert "no-such.yaml" in said and "expected the path of a mapping" in said
    g.config["devices"]["mappings"] = ["onenet", "onenet"]
    g.write_config()
    assert "is there already" in check(g)[1]


def tried(mapping, topic, payload, *words, family="generic", prior=()):
    capture = {"family": family, "topic": topic, "payload": payload,
               "prior": [{"topic": topic, "payload": p} for p in prior]}
    done = subprocess.run([BIN / "yijianctl", "device", "try", "--jsonl", "-", *words, "--mapping",
                           mapping if "/" not in str(mapping) and "." not in str(mapping)
                           else MAPPINGS / mapping],
                          input=json.dumps(capture), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


ROOM = {"vendor": "hy", "ts": 1606982320}


def room(**more):
    return {"list": [{**ROOM, "id": 7, **more}]}


@pytest.mark.parametrize("now,before,expected", [
    # a smoke alarm's raw bytes: flags, battery
    (room(raw="AVA="), [], {"kind": "smoke", "battery_pct": 80}),
    (room(raw="AVA="), [room(raw="AVA=", n=1)], {"kind": "telemetry"}),  # steady
    (room(raw="AVA="), [room(raw="AVA=", n=1), room(raw="AFA=")], {"kind": "smoke"}),
    (room(raw="AVA="), [room(raw="AVA=")], {"kind": "ignore"}),  # the same push again
    (room(raw="AAo="), [], {"kind": "low_battery", "battery_pct": 10}),
    (room(raw="*"), [], {"kind": "error", "reason": "json"}),
    (room(raw=""), [], {"kind": "telemetry"}),
    (room(raw=5), [], {"kind": "telemetry"}),
    # a condition over a limit, only where another value is not there
    (room(temp=61), [], {"kind": "gas"}), (room(temp="60.5"), [], {"kind": "gas"}),
    (room(temp=60), [], {"kind": "telemetry"}), (room(temp="hot"), [], {"kind": "telemetry"}),
    (room(temp=61, door=0), [], {"kind": "telemetry"}),
    # JSON in hex in JSON in a string
    ({"list": json.dumps([{"id": "a", "more": '{"bed":true}'.encode().hex()}])}, [],
     {"device": "a", "in_bed": True, "life": True}),
    ({"list": json.dumps([{"id": "a", "more": '1,"id":"b"'.encode().hex()}])}, [],
     {"kind": "error"}),
    ({"list": "[1"}, [], {"kind": "error", "reason": "json"}),
    # one alone stands for a list of one; nothing is nothing
    ({"list": {"id": "b", "raw": "AVA="}}, [], {"kind": "smoke", "device": "b"}),
    ({"list": []}, [], {"kind": "ignore"}), ({}, [], {"kind": "ignore"}),
    ({"list": [{"vendor": "hy"}]}, [], {"kind": "error", "reason": "field"}),
])
def test_batches_and_what_is_packed(now, before, expected):
    got = tried("home.yaml", "api/v1/in/x", now, prior=before)
    assert {k: got.get(k) for k in expected} == expected


def test_the_ninth_of_a_batch_is_not_lost():
    many = {"list": [{"vendor": "hy", "id": i} for i in range(8)] + [{"id": "last", "raw": "AQA="}]}
    got = tried("home.yaml", "api/v1/in/x", many)
    assert (got["kind"], got["device"]) == ("smoke", "last")


@pytest.mark.parametrize("payload,before,kind", [
    ("ON", [], "call"), ("1", [], "call"), ("ON", ["ON"], "ignore"), ("OFF", [], "heartbeat"),
    ("ALIVE", [], "heartbeat"), ("", [], "heartbeat"), ("on", [], "heartbeat")])
def test_one_word(payload, before, kind):
    assert tried("text.yaml", "plain/hall/door", payload, prior=before)["kind"] == kind
    assert tried("text.yaml", "other/hall/door", payload)["kind"] == "ignore"


CT = {"upPacketSN": -1, "upDataSN": -1, "topic": "v1/up/ad", "timestamp": 1606982320277,
      "tenantId": "10461180", "serviceId": "", "protocol": "lwm2m", "productId": "15014772",
      "messageType": "dataReport", "deviceType": "", "deviceId": "acf7baae", "assocAssetId": "",
      "IMSI": "undefined", "IMEI": "860374051096202"}


@pytest.mark.parametrize("message,expected", [
    ({**CT, "payload": {"APPdata": "AQFWMS4wAAAAACMAAAAH"}}, {"kind": "telemetry"}),
    ({**CT, "payload": {"smoke_state": 1, "battery_value": 90}}, {"kind": "smoke", "battery_pct": 90}),
    ({**CT, "payload": {"valve_state": 2, "gas_sensor_state": 2}}, {"kind": "gas"}),
    ({**CT, "payload": {"valve_state": 2, "gas_sensor_state": 0}}, {"kind": "telemetry"}),
    ({**CT, "IMEI": "", "payload": {"water_leak": 1}}, {"kind": "leak", "device": "acf7baae"}),
    ({"timestamp": 1589444231825, "tenantId": "1", "protocol": "lwm2m", "productId": "1",
      "messageType": "deviceOnlineOfflineReport", "iccid": "undefined", "eventType": 1,
      "deviceId": "44d0"}, {"kind": "online", "device": "44d0"}),
    ({"timestamp": 1589444231825, "messageType": "deviceOnlineOfflineReport", "eventType": 0,
      "deviceId": "44d0"}, {"kind": "offline"}),
    ({"timestamp": 1589444233258, "taskId": 1, "messageType": "commandResponse",
      "result": {"resultCode": "DELIVERED"}, "deviceId": "44d0"}, {"kind": "ignore"}),
])
def test_ctwing(message, expected):
    got = tried("ctwing", "api/v1/in/ctwing", message, family="ctwing")
    assert {k: got.get(k) for k in expected} == expected
    if got["kind"] != "ignore":
        again = tried("ctwing", "api/v1/in/ctwing", message, prior=[message])
        assert again["kind"] in ("ignore", expected["kind"])


def test_by_the_names_of_a_configuration(tmp_path):
    conf = tmp_path / "yijian.yaml"
    conf.write_text(json.dumps({
        "gateway": {"id": "g"}, "mqtt": {}, "devices": {"mappings": [
            str(MAPPINGS / "button.yaml"), "onenet"]},
        "policies": [{"name": "default", "levels": [{"notify": ["duty"]}]}],
        "inlets": [{"name": "cm", "mapping": "onenet", "verify": "onenet", "secret_file": "/x"}]}))

    def words(*more):
        done = subprocess.run([BIN / "yijianctl", "-c", conf, "device", "try", *more, "--json"],
                              capture_output=True, text=True)
        return done.returncode, done.stdout and json.loads(done.stdout)
    press = json.dumps({"evt": "service", "seq": 8})
    for family in ("generic", "nbbutton"):
        assert words(family, "acme/a/b/up", press) == (0, {
            "kind": "call", "device": "a:b", "button": "service", "life": True, "dedup": "seq=8"})
    away = json.dumps({"msg": {"type": 2, "dev_id": 5, "status": 0}})
    assert words("generic", "api/v1/in/cm", away)[1]["kind"] == "offline"
    assert words("generic", "nobody/knows", press)[0] == 2
    assert words("nobody", "nobody/knows", press)[0] == 2
