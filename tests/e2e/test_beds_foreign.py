"""Bed sensors of other makers, and simulated ones: "nobody lies there" is a reading for which the
rule decides, unless the device is no bed sensor; what they measure counts like a native one's."""

import json
import subprocess

from bed_world import VILLAGE, Beds
from harness import BIN, Client, wait_until
from town import paged

EUI = "24e124535b316056"


class Radar:
    """A LoRaWAN radar on ChirpStack that says what it sees, message after message."""

    def __init__(self, w, eui=EUI):
        self.w, self.eui, self.count = w, eui, 0
        self.client = Client(w.world.broker, f"chirpstack-{eui}")
        w.world.clients.append(self.client)

    def say(self, **seen):
        self.count += 1
        self.client.publish(f"application/app-1/device/{self.eui}/event/up", {
            "deduplicationId": f"0b9c0f9e-0f6a-4b1d-9a7a-{self.count:012d}",
            "deviceInfo": {"devEui": self.eui, "applicationId": "app-1"},
            "fCnt": self.count, "fPort": 85, "object": seen})


def begin(clocked, kind="bed"):
    w = Beds(clocked)
    w.g.ctl("device", "add", "radar", f"kind={kind}", "family=chirpstack", f"address={EUI}", "resident=")
    return w


def test_out_of_bed_is_a_reading(clocked):
    w = begin(clocked)
    w.g.ctl("bed", "set", "home1", "device=radar")
    radar = Radar(w)
    wait_until(lambda: radar.say(in_bed="occupied") or w.g.events("bed.in"), "the radar to be heard")
    radar.say(event="out_of_bed")
    wait_until(lambda: clocked.advance(11) or w.g.events("bed.out"), "the exit")
    assert not w.g.incidents()
    clocked.advance(15 * 60)
    opened = w.g.wait_event("incident.opened")
    assert opened["data"]["kind"] == "bed_exit" and opened["data"]["resident"] == "r1"
    assert paged(w.g) == ["fam", "grid"]
    assert not w.g.events("alert.received")


def test_of_another_device_it_is_an_alarm(clocked):
    w = begin(clocked, "sensor")
    w.g.ctl("device", "set", "radar", "resident=r1")
    radar = Radar(w)
    wait_until(lambda: radar.say(event="out_of_bed") or w.g.events("alert.received"), "the alarm")
    assert w.g.wait_event("incident.opened")["data"]["kind"] == "bed_exit"


def sim(w, *words):
    return subprocess.Popen([str(BIN / "yijian-sim"), "bed", "--host", "127.0.0.1", "--port",
                             str(w.world.broker.port), "--every", "200ms", "--json", *words],
                            stdout=subprocess.PIPE, text=True)


def test_simulated_bed(world):
    """`yijian-sim bed --no-alarm`: up by night, and back too late; --hr: a heart that is not well."""
    w = Beds(world, beds={"return_within": "1s", "turn": "1s"}, vitals={"for": "1s"})
    with sim(w, "--device", "s-home", "--no-alarm", "--exit-after", "1s", "--return-after", "4s",
             "--duration", "8s") as bed:
        w.g.wait_event("incident.opened", kind="bed_exit", timeout=30)
        wait_until(lambda: any("回到床上" in n["text"] for n in w.g.incident()["notes"]), "them to be back")
        bed.wait(30)
    assert [e["data"]["kind"] for e in w.g.events("incident.opened")] == ["bed_exit"]
    with sim(w, "--device", "s-home", "--hr", "160", "--duration", "5s") as bed:
        said = [json.loads(line) for line in bed.stdout]
        bed.wait(30)
    assert said
    assert w.g.wait_event("incident.opened", 2)["data"]["kind"] == "vital"


def test_explained(world):
    """`policy explain BED`: whom a bed calls, empty or not."""
    w = Beds(world)
    explain = lambda bed: w.g.ctl_json("policy", "explain", bed)  # noqa: E731
    assert (explain("home1")["resident"], explain("home1")["region"]) == ("r1", VILLAGE)
    assert explain("house1")["institution"] == "house" and explain("house1")["resident"] is None
    assert [p["caregiver"] for p in explain("house1")["levels"][0]["people"]] == ["nurse"]
    assert w.g.ctl_raw("policy", "explain", "nosuch").returncode == 1
