"""LoRaWAN buttons and radars through ChirpStack and The Things Stack on a real broker: a press is an
alert once, however often it is delivered; what became of it goes back as a downlink."""

import base64
import json

from harness import ROOT, Broker, Client, wait_until
from town import policy

EUI = "24e124535b316056"
APP = "17c82e96-be03-4f38-aef3-f83d48582d97"


def b64(text):
    return base64.b64encode(bytes.fromhex(text)).decode()


def server(world, name):
    return world.client(name)


def begin(world, *devices, **sections):
    world.begin([policy()], **sections)
    g = world.hamlet()
    for device in devices:
        g.load("devices", [{"resident": "r1", **device}])
    return g


def chirpstack(event, eui=EUI, dedup="d-1", profile="Milesight WS101", **more):
    return (f"application/{APP}/device/{eui}/event/{event}",
            {"deduplicationId": dedup, "time": "2026-11-20T01:34:15.775023242+00:00",
             "deviceInfo": {"applicationId": APP, "deviceProfileName": profile, "devEui": eui},
             "fPort": 85, **more})


def tts(dev="bed-201", session="AXA50tHUGUucuzS/bCGMNw==", count=12, data="FF2E01"):
    return (f"v3/calls@ttn/devices/{dev}/up",
            {"end_device_ids": {"device_id": dev}, "received_at": "2026-11-22T01:15:46.014773143Z",
             "uplink_message": {"session_key_id": session, "f_port": 85, "f_cnt": count,
                                "frm_payload": b64(data),
                                "version_ids": {"brand_id": "milesight-iot", "model_id": "ws101"}}})


def button(**more):
    return {"id": "b1", "kind": "button", "family": "chirpstack", "address": EUI.upper(), **more}


def test_a_press_over_chirpstack(world):
    g = begin(world, button())
    grid = world.caregiver("grid1")
    ns = server(world, "chirpstack")
    downs = server(world, "looker")
    downs.subscribe(f"application/{APP}/device/+/command/down")
    press = chirpstack("up", data=b64("01755CFF2E01"), object={}, rxInfo=[{"rssi": -97}])
    ns.publish(*press)
    page = grid.wait(state="open")
    assert (page["kind"], page["resident"]["id"]) == ("sos", "r1")
    # the button beeps from its next uplink on
    assert downs.wait(devEui=EUI) == {
        "devEui": EUI, "confirmed": False, "fPort": 85, "data": b64("FF3E01")}
    ns.publish(*press)  # delivered again
    ns.publish(*chirpstack("up", dedup="d-2", data=b64("017503")))
    g.wait_event("device.low_battery", device="b1")
    assert len(g.events("alert.received")) == 1
    ns.publish(*chirpstack("up", dedup="d-3", data=b64("FF2E02")))
    g.wait_event("alert.received", count=2, device="b1")
    assert g.incident()["alerts"] == 2
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("battery") == 3, "its battery")


def test_what_a_server_says_of_a_device_is_no_sign_of_it(world):
    g = begin(world, button())
    ns = server(world, "chirpstack")
    ns.publish(*chirpstack("log", level="ERROR", description="emergency"))
    ns.publish(*chirpstack("txack", dedup="t-1"))
    ns.publish(f"application/{APP}/device/{EUI}/command/down",
               {"devEui": EUI, "fPort": 85, "data": b64("FF2E01")})
    ns.publish(*chirpstack("up", dedup="d-9", profile="Own", data="%%%"))
    assert g.wait_event("alert.rejected")["data"]["reason"] == "field"
    assert g.events("device.online") == []
    ns.publish(*chirpstack("join", dedup="j-1"))
    g.wait_event("device.online", device="b1")
    assert g.incidents(everything=True) == []


def test_the_same_count_of_two_sessions_is_two_presses(world):
    g = begin(world, {"id": "b2", "kind": "button", "family": "tts", "address": "bed-201"})
    ns = server(world, "tts")
    downs = server(world, "looker")
    downs.subscribe("v3/+/devices/+/down/push")
    ns.publish(*tts())
    g.wait_event("alert.received", device="b2", kind="sos")
    assert downs.wait()["downlinks"][0]["frm_payload"] == b64("FF3E01")
    g.kill()
    g.start()
    ns.publish(*tts())
    ns.publish(*tts(session="AXBSH1Pk6Z0G166RlH16CQ=="))
    g.wait_event("alert.received", count=2, device="b2")
    ns.publish(*tts(session="AXBSH1Pk6Z0G166RlH16CQ=="))
    ns.publish(*tts(session="AXBSH1Pk6Z0G166RlH16CQ==", count=13))
    g.wait_event("alert.received", count=3, device="b2")
    assert len(g.events("alert.received")) == 3
    assert g.incident()["alerts"] == 3


def test_a_fall_is_dismissed_at_the_radar(world):
    g = begin(world, {"id": "v1", "kind": "sensor", "family": "chirpstack", "address": EUI})
    ns = server(world, "chirpstack")
    downs = server(world, "looker")
    downs.subscribe("application/+/device/+/command/down")
    ns.publish(*chirpstack("up", profile="VS373", data=b64("03F804007800960006FB0801000100")))
    g.wait_event("incident.opened", kind="fall")
    assert g.incident()["alerts"] == 1  # what it sees and what it raises are one fall
    number = g.incident()["id"]
    g.ctl("incident", "arrive", number, "--by", "grid1")
    g.ctl("incident", "resolve", number, "--by", "grid1", "--outcome", "helped")
    wait_until(lambda: downs.find(data=b64("F9B4080102")), "the alarm is dismissed at the radar")


def test_the_directory_says_what_shows_it(world):
    g = begin(world, button(feedback="received=2:01;closed=2:00"))
    ns = server(world, "chirpstack")
    downs = server(world, "looker")
    downs.subscribe("application/+/device/+/command/down")
    ns.publish(*chirpstack("up", profile="Own", object={"button": "short"}))
    assert downs.wait(data=b64("01"))["fPort"] == 2
    g.ctl("incident", "cancel", g.incident()["id"], "--by", "grid1", "--reason", "false_alarm")
    wait_until(lambda: downs.find(data=b64("00")), "its end is shown")


def test_strangers_are_listed_by_their_eui(world):
    g = begin(world, devices={"discover": ["chirpstack", "tts"]})
    ns = server(world, "lns")
    ns.publish(*chirpstack("up", eui="24E124535B31AAAA", data=b64("FF2E01")))
    ns.publish(*tts("new-1"))
    seen = wait_until(lambda: [s for s in g.ctl_json("device", "seen")] if len(
        g.ctl_json("device", "seen")) == 2 else None, "both")
    assert {(s["family"], s["address"], s["said"]) for s in seen} == {
        ("chirpstack", "24e124535b31aaaa", "call"), ("tts", "new-1", "call")}
    assert json.loads(seen[0]["payload"])
    assert g.incidents(everything=True) == []


def bridge_of_the_guide(port):
    """The bridge of docs/families/tts.md, to a server here, without its account and TLS."""
    guide = (ROOT / "docs" / "families" / "tts.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in guide.splitlines() if line.startswith("    ")]
    assert lines[0] == "connection tts"
    lines = [f"address 127.0.0.1:{port}" if line.startswith("address ") else line for line in lines
             if not line.startswith(("bridge_capath", "remote_username", "remote_password"))]
    return "\n".join(lines) + "\n"


def test_a_bridge_as_the_guide_has_it(world, tmp_path):
    stack = Broker(tmp_path / "stack").start()
    ours = Broker(tmp_path / "ours", Broker.SETTINGS + bridge_of_the_guide(stack.port))
    try:
        world.begin([policy()], ours)
        g = world.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
        g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1", "family": "tts",
                            "address": "bed-201"}])
        ns = Client(stack, "calls@ttn")
        world.clients.append(ns)
        ns.subscribe("v3/calls@ttn/devices/+/down/push")

        def bridged():  # the bridge connects by itself, later
            ns.publish(*tts(count=1, data="017550"), qos=0)
            return g.events("device.online")
        wait_until(bridged, "the bridge")
        ns.publish(*tts(count=2), qos=0)
        g.wait_event("incident.opened", kind="sos")
        assert ns.wait()["downlinks"][0] == {
            "f_port": 85, "frm_payload": b64("FF3E01"), "priority": "NORMAL"}
    finally:
        stack.stop()
