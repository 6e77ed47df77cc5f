"""Devices that come and go all the time: told once, quiet while it lasts, told again when steady."""

import pytest

from harness import wait_until

ONLINE, OFFLINE = "device.online", "device.offline"


@pytest.fixture(autouse=True)
def looked_at_often(clocked):
    clocked.audit_ms = 100


class Flapper:
    def __init__(self, world, device="b1"):
        self.g, self.ear, self.device, self.n = world.gateway, world.device("ear"), device, 0

    def say(self, online):
        self.ear.publish(f"yj/v1/dev/{self.device}/state", {"online": online})
        wait_until(lambda: self.g.ctl_json("status")["devices"]["online"] == online, f"to be {online}")


def events(g):
    return [(e["type"].rsplit(".", 1)[1], e["data"].get("flapping")) for e in g.events("device.o*line", device="b1")]


def look(world):
    """Two audits have looked."""
    g = world.gateway
    before = g.metric("yijian_audits_total")
    wait_until(lambda: g.metric("yijian_audits_total") > before + 1, "audits", 30)


def test_flapping_is_held_down(clocked):
    """"flapping held down": six changes within ten minutes are told, the seventh says that it is
    flapping, then nothing until it is steady for ten minutes; then how it is."""
    g = clocked.begin().village().gateway
    f = Flapper(clocked)
    for i in range(7):
        f.say(i % 2 == 0)
    told = [("online", None), ("offline", None)] * 3
    wait_until(lambda: len(events(g)) == 7, "it to be told")
    assert events(g) == told + [("offline", True)]
    for i in range(20):
        f.say(i % 2 == 1)
    f.say(True)
    clocked.advance(500)
    look(clocked)
    assert len(events(g)) == 7
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("flapping"), "it to be shown")
    # It is work in the end, and no incident.
    assert not g.incidents(everything=True)
    clocked.advance(120)
    wait_until(lambda: len(events(g)) == 8, "it to be steady", 30)
    assert events(g)[-1] == ("online", False)
    wait_until(lambda: "flapping" not in g.ctl_json("device", "show", "b1"), "it to be shown")
    # Afterwards it is a device like any other.
    f.say(False)
    wait_until(lambda: len(events(g)) == 9, "it to be told")
    assert events(g)[-1] == ("offline", None)
    g.verify_log()


def test_seldom_is_not_flapping(clocked):
    """As many changes, but more slowly; and what `flapping: 0` means."""
    g = clocked.begin(devices={"flapping": 2, "flapping_window": "1m"}).village().gateway
    f = Flapper(clocked)
    for i in range(9):
        f.say(i % 2 == 0)
        clocked.advance(31)
    wait_until(lambda: len(events(g)) == 9, "all to be told")
    assert all(flapping is None for _, flapping in events(g))
    g.config["devices"]["flapping"] = 0
    g.write_config()
    g.ctl("reload")
    for i in range(9):
        f.say(i % 2 == 1)
    wait_until(lambda: len(events(g)) == 18, "all to be told")
    assert all(flapping is None for _, flapping in events(g))


def test_held_over_a_restart(clocked):
    """A restart of the gateway is no reason to tell it again; it ends as ever."""
    g = clocked.begin(devices={"flapping": 2, "flapping_window": "1m"}).village().gateway
    f = Flapper(clocked)
    for i in range(4):
        f.say(i % 2 == 0)
    wait_until(lambda: ("offline", True) in events(g), "it to be told")
    wait_until(lambda: g.ctl_json("device", "show", "b1").get("flapping"), "it to be written")
    told = len(events(g))
    g.kill()
    g.start()
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "up", "the gateway to hear")
    look(clocked)
    f.say(True)
    look(clocked)
    assert len(events(g)) == told
    clocked.advance(61)
    wait_until(lambda: len(events(g)) == told + 1, "it to be steady", 30)
    assert events(g)[-1] == ("online", False)


def test_flapping_feeds_no_outage(clocked):
    """Devices that come and go are no dark village, and the return of one from an outage counts when
    it is steady."""
    g = clocked.begin(devices={"flapping": 2, "flapping_window": "10m"}).village().gateway
    names = [f"a{i}" for i in range(8)]
    g.load("residents", [{"id": f"r-{n}", "name": n, "region": "511781103205"} for n in names])
    g.load("devices", [{"id": n, "kind": "button", "resident": f"r-{n}"} for n in names])
    ear = clocked.device("ear")
    for turn in range(4):  # on, off, on (held by then), off
        clocked.advance(120)
        for n in names:
            ear.publish(f"yj/v1/dev/{n}/state", {"online": turn % 2 == 0}, wait=False)
            if turn == 1 and n == "a3":
                break  # too few for an outage
        at = {0: 8, 1: 4, 2: 8, 3: 0}[turn]
        wait_until(lambda at=at: g.ctl_json("status")["devices"]["online"] == at, f"{at} to be online")
    wait_until(lambda: len(g.events(OFFLINE, flapping=True)) == 4, "four to flap")
    clocked.advance(10)
    assert not g.events("outage.*")  # the other four have gone once: five are the least
    g.load("residents", [{"id": "r-z", "name": "z", "region": "511781103205"}])
    g.load("devices", [{"id": "z", "kind": "button", "resident": "r-z"}])
    for online in (True, False):
        ear.publish("yj/v1/dev/z/state", {"online": online})
    g.wait_event(OFFLINE, device="z")
    clocked.advance(10)
    assert g.wait_event("outage.began")["data"]["count"] == 5
