"""Village dark: "when the devices of a region go offline together (configurable share and window),
one outage incident with the list of homes to look after replaces hundreds, and ends when they
return; calls for help pass as ever"."""

import paho.mqtt.client as mqtt
import pytest

from harness import Broker, wait_until
from town import deliveries, level, paged, policy, steps

A, B, C, FAR = "511781103201", "511781103202", "511781103203", "511781104201"
GATHER_S = 6


class Places:
    """Homes by the dozen, each with a button whose state one client speaks."""

    def __init__(self, world, **sections):
        self.world = world
        self.g = world.begin(**sections).gateway
        g = self.g
        g.load("regions", [{"code": A, "name": "石门村"}, {"code": B, "name": "新寺村"},
                           {"code": "511781103000", "name": "天生镇"}])
        g.load("caregivers", [
            {"id": "gridA", "name": "何晓东", "role": "grid", "region": A},
            {"id": "gridB", "name": "陈国强", "role": "grid", "region": B},
            {"id": "village1", "name": "村主任", "role": "village", "region": "511781103"},
            {"id": "repair1", "name": "维修", "role": "maintenance", "region": "511781"},
            {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781"},
            {"id": "doc1", "name": "彭医生", "role": "doctor", "region": "511781103"}])
        self.ear = world.device("ear")
        self.heard = {}

    def homes(self, region, names, **more):
        self.g.load("residents", [
            {"id": f"r-{n}", "name": f"老人{n}", "region": region, "address": f"{n}号", "phone": "000-1", **more}
            for n in names])
        self.g.load("devices", [{"id": n, "kind": "button", "resident": f"r-{n}"} for n in names])
        return list(names)

    def say(self, names, online):
        """Each says so itself; returns when the gateway has logged it."""
        what = "online" if online else "offline"
        for n in names:
            self.ear.publish(f"yj/v1/dev/{n}/state", {"online": online}, wait=False)
            self.heard[what, n] = self.heard.get((what, n), 0) + 1

        def logged():
            seen = {}
            for e in self.g.events(f"device.{what}"):
                seen[e["data"]["device"]] = seen.get(e["data"]["device"], 0) + 1
            return all(seen.get(n, 0) >= self.heard[what, n] for n in names)
        wait_until(logged, f"{names} to be {what}")

    def up(self, names):
        self.say(names, True)

    def down(self, names):
        self.say(names, False)

    def later(self, seconds=GATHER_S):
        self.world.advance(seconds)

    def quiet(self):
        """Nothing has come of it so far, and will not: another outage, later, is the first."""
        assert not self.g.incidents(everything=True) and not self.g.events("outage.*")
        canary = self.homes(FAR, [f"canary{i}" for i in range(5)])
        self.up(canary)
        self.down(canary)
        self.later()
        event = self.g.wait_event("outage.began")
        assert event["data"]["region"] == FAR
        assert [i["region"] for i in self.g.incidents(everything=True)] == [FAR]


def named(prefix, count):
    return [f"{prefix}{i}" for i in range(1, count + 1)]


def test_village_dark(clocked):
    """Six of ten homes go: one incident, with the homes, those of high risk first; the people of that
    place are paged, nobody per device; it ends by the gateway when most are back."""
    p = Places(clocked)
    g = p.g
    homes = p.homes(A, named("a", 9)) + p.homes(A, ["z1"], risk="high")
    grid, doctor = clocked.caregiver("gridA"), clocked.caregiver("doc1")
    p.up(homes)
    away = homes[:5] + ["z1"]
    p.down(away)
    p.later()
    began = g.wait_event("outage.began")
    assert began["subject"] == "incident/gw-1-1"
    assert began["data"]["count"] == 6 and began["data"]["region"] == A and began["data"]["kind"] == "outage"
    one = g.incident()
    assert one["kind"] == "outage" and one["state"] == "open" and one["region"] == A
    assert one["resident"] is None and one["alerts"] == 6
    assert paged(g) == ["duty1", "gridA", "repair1", "village1"]
    assert [h["device"] for h in one["homes"]] == ["z1", "a1", "a2", "a3", "a4", "a5"]
    first = one["homes"][0]
    assert first["name"] == "老人z1" and first["address"] == "z1号" and first["phone"] == "000-1"
    assert first["risk"] == "high" and first["region_name"] == "石门村" and first["back_at"] is None
    page = grid.wait(state="open")
    assert page["kind"] == "outage" and page["resident"]["name"] == "石门村"
    assert "石门村" in page["text"] and "共6户：老人z1 z1号 000-1；老人a1" in page["text"]
    assert "access" not in page["resident"]
    assert len(g.events("device.offline")) == 6  # the truth about each stays in the log
    # Three of six are not most.
    p.up(away[:3])
    p.later()
    assert g.incident()["state"] == "open"
    p.up(away[3:4])
    p.later()
    ended = g.wait_event("outage.ended")
    assert ended["data"]["count"] == 6 and ended["data"]["region"] == A
    one = g.incident()
    assert one["state"] == "resolved" and one["outcome"] == "other" and one["answered_by"] is None
    assert [h["device"] for h in one["homes"] if h["back_at"] is None] == ["z1", "a5"]
    resolved = g.events("incident.resolved")[-1]["data"]
    assert resolved["reason"] == "over" and "caregiver" not in resolved and "actor" not in resolved
    grid.wait(state="closed")
    assert not doctor.pages()
    assert g.incidents() == [] and len(g.incidents(everything=True)) == 1
    assert "老人" not in g.ctl("tail", "-n", "1000", "--json")
    g.verify_log()


def test_not_enough(clocked):
    """Fewer than the share, fewer than the least, or not within the window: no outage."""
    p = Places(clocked, outage={"share": 60, "window": "5m", "least": 4})
    homes = p.homes(A, named("a", 10))
    p.up(homes)
    p.down(homes[:5])
    p.later()
    p.up(homes[:5])
    few = p.homes(B, named("b", 3))
    p.up(few)
    p.down(few)
    p.later()
    slow = p.homes(C, named("c", 6))
    p.up(slow)
    for name in slow:
        p.down([name])
        p.later(110)
    p.quiet()


def test_settings(clocked):
    """`outage: {share, window, least}` decide, also after a reload."""
    p = Places(clocked, outage={"share": 90, "window": "20m", "least": 3})
    g = p.g
    homes = p.homes(A, named("a", 4))
    p.up(homes)
    for name in homes[:3]:
        p.down([name])
        p.later(5 * 60)
    assert not g.events("outage.began")
    g.config["outage"]["share"] = 75
    g.write_config()
    g.ctl("reload")
    p.up(homes[:1])
    p.down(homes[:1])
    p.later()
    assert g.wait_event("outage.began")["data"]["count"] == 3
    for wrong in ({"share": 0}, {"share": 101}, {"least": 1}, {"window": "10"}, {"shared": 5}):
        g.config["outage"] = wrong
        g.write_config()
        assert g.ctl_raw("reload").returncode == 78, wrong


def test_calls_for_help_pass(clocked):
    """A call, an alarm and a lesser call of homes in the dark are incidents of their own."""
    p = Places(clocked)
    g = p.g
    homes = p.homes(A, named("a", 6))
    home, grid = clocked.device("a1"), clocked.caregiver("gridA")
    p.up(homes)
    p.down(homes)
    p.later()
    g.wait_event("outage.began")
    grid.wait(state="open", kind="outage")
    home.call("sos")
    assert grid.wait(state="open", kind="sos")["resident"]["id"] == "r-a1"
    clocked.device("a2").alarm("smoke")
    assert grid.wait(state="open", kind="smoke")["resident"]["id"] == "r-a2"
    home.call("service")
    g.wait_event("incident.opened", 4)
    assert {i["kind"] for i in g.incidents()} == {"outage", "sos", "smoke", "service"}


def test_answer(clocked):
    """Somebody goes: no more pages; who was paged may answer, and ends it with any outcome or none."""
    p = Places(clocked)
    g = p.g
    homes = p.homes(A, named("a", 6))
    grid, *_ = clocked.people("gridA", "village1", "repair1", "duty1")
    p.up(homes)
    p.down(homes)
    p.later()
    g.wait_event("outage.began")
    clocked.advance(11 * 60)  # nobody answers: all of them again
    assert len(deliveries(g, "gridA", state="open")) >= 2
    assert grid.reply("gw-1-1", "ack")["ok"]
    pages = len(deliveries(g, state="open"))
    clocked.advance(20 * 60)
    assert len(deliveries(g, state="open")) == pages
    # A device more that goes in the dark village is a home more, and no news.
    more = p.homes(A, ["a7"])
    p.up(more)
    p.down(more)
    p.later()
    assert "a7" in [h["device"] for h in g.incident()["homes"]]
    assert grid.reply("gw-1-1", "resolve")["ok"]
    # They are still away: it is not opened again, also when one of them comes and goes.
    p.up(["a1"])
    p.down(["a1"])
    p.later()
    assert not g.events("outage.ended") and len(g.incidents(everything=True)) == 1
    p.up(homes)
    p.later()
    g.wait_event("outage.ended")
    assert steps(g)[-1] == "resolved" and len(g.events("incident.resolved")) == 1


def test_several_villages_are_one(clocked):
    """Villages of a township that go dark together are one incident, not many; their own people and
    the township's are paged."""
    p = Places(clocked)
    g = p.g
    a, b = p.homes(A, named("a", 6)), p.homes(B, named("b", 6))
    far = p.homes(FAR, named("f", 6))
    p.up(a + b + far)
    p.down(a + b)
    p.later()
    began = g.wait_event("outage.began")["data"]
    assert began["region"] == "511781103000" and began["count"] == 12
    assert len(g.incidents(everything=True)) == 1
    assert paged(g) == ["duty1", "gridA", "gridB", "repair1", "village1"]
    assert clocked.caregiver("gridB") and g.incident()["region_name"] == "天生镇"
    p.up(a)
    p.later()
    assert g.incident()["state"] == "open"
    p.up(b[:1])
    p.later()
    g.wait_event("outage.ended")
    assert g.incident()["state"] == "resolved"


def test_second_village_soon_after(clocked):
    """The second village some minutes later makes it the township's: the first one's incident ends."""
    p = Places(clocked)
    clocked.people("gridA", "gridB", "village1", "repair1", "duty1")
    g = p.g
    a, b = p.homes(A, named("a", 6)), p.homes(B, named("b", 6))
    p.up(a + b)
    p.down(a)
    p.later()
    assert g.wait_event("outage.began")["data"]["region"] == A
    assert paged(g) == ["duty1", "gridA", "repair1", "village1"]
    p.later(4 * 60)
    p.down(b)
    p.later()
    assert g.wait_event("outage.began", 2)["data"]["region"] == "511781103000"
    assert [i["id"] for i in g.incidents()] == ["gw-1-2"]
    assert len(g.incident(2)["homes"]) == 12
    assert paged(g, 2) == ["duty1", "gridA", "gridB", "repair1", "village1"]
    ended = g.events("outage.ended")
    assert [e["data"]["reason"] for e in ended] == ["merged"] and g.incident(1)["state"] == "resolved"
    # A third one joins the township's, whose people hear of it.
    c = p.homes(C, named("c", 6))
    p.up(c)
    p.later(2 * 60)
    p.down(c)
    p.later()
    wait_until(lambda: len(g.incident(2)["homes"]) == 18, "the third village's homes")
    assert [i["id"] for i in g.incidents()] == ["gw-1-2"]
    assert steps(g, 2)[-2:] == ["joined", "notified"] and g.incident(2)["alerts"] == 18


def test_second_village_while_somebody_is_on_the_way(clocked):
    """Whoever goes to the first village does not go to the second: that one is an outage of its own."""
    p = Places(clocked)
    g = p.g
    a, b = p.homes(A, named("a", 6)), p.homes(B, named("b", 6))
    p.up(a + b)
    p.down(a)
    p.later()
    assert clocked.caregiver("gridA").reply("gw-1-1", "ack")["ok"]
    p.down(b)
    p.later()
    assert g.wait_event("outage.began", 2)["data"]["region"] == B
    assert {i["region"]: i["state"] for i in g.incidents()} == {A: "acked", B: "open"}
    assert "gridB" in paged(g, 2) and "gridA" not in paged(g, 2)


def test_policy_may_say_who(clocked):
    """A policy that names the kind under `kinds` decides who is paged."""
    p = Places(clocked, policies=[policy(
        levels=[level("family"), level("duty")],
        kinds=[{"kind": "outage", "levels": [level("doctor", wait="60s"), level("duty")]}])])
    homes = p.homes(A, named("a", 5))
    clocked.people("doc1", "duty1")
    p.up(homes)
    p.down(homes)
    p.later()
    p.g.wait_event("outage.began")
    assert paged(p.g) == ["doc1"]
    clocked.advance(61)
    assert paged(p.g) == ["doc1", "duty1"]


def test_silences(clocked):
    """A silence by device, resident, region or of the kind excuses what it names."""
    p = Places(clocked)
    g = p.g
    homes = p.homes(A, named("a", 10))
    p.up(homes)
    for words in (["--device", "a1"], ["--resident", "r-a2"], ["--region", B]):
        g.ctl("silence", "add", *words, "--for", "1h", "--reason", "检修")
    dark = p.homes(B, named("b", 6))
    p.up(dark)
    p.down(dark + homes[:6])  # with a1 and a2 it would be six of ten; so it is four of eight
    p.later()
    p.quiet()


def test_restart_within_an_outage(clocked):
    """It holds over a restart of the gateway, which opens nothing anew, and ends after it."""
    p = Places(clocked)
    g = p.g
    homes = p.homes(A, named("a", 8))
    p.up(homes)
    p.down(homes[:6])
    p.later()
    g.wait_event("outage.began")
    g.stop()
    g.start()
    p.later(60)
    assert len(g.incidents(everything=True)) == 1 and g.incident()["state"] == "open"
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "up", "the connection for heartbeats")
    p.up(homes[:4])
    p.later()
    g.wait_event("outage.ended")
    assert g.incident()["state"] == "resolved"


def with_wills(world, names):
    """Devices as the contract has them: retained state, and the last will in its place."""
    made = []
    for name in names:
        client = mqtt.Client(client_id=name, protocol=mqtt.MQTTv311)
        client.will_set(f"yj/v1/dev/{name}/state", '{"online":false}', 1, True)
        client.on_connect = lambda c, *_, n=name: c.publish(
            f"yj/v1/dev/{n}/state", '{"online":true}', 1, True)
        client.reconnect_delay_set(1, 1)
        client.connect("127.0.0.1", world.broker.port)
        client.loop_start()
        made.append(client)
    return made


def test_broker_and_gateway_restart(clocked):
    """"Not one false outage": a broker that stops says goodbye for every device; one that was killed
    forgets them; a gateway that comes back finds what the broker kept."""
    broker = Broker(clocked.folder / "broker", Broker.SETTINGS + "persistence true\n"
                    f"persistence_location {clocked.folder}/\nautosave_on_changes true\nautosave_interval 1\n")
    p = Places(clocked, broker=broker)
    g = p.g
    names = p.homes(A, named("a", 8))
    clients = with_wills(clocked, names)
    online = lambda: g.ctl_json("status")["devices"]["online"] == 8  # noqa: E731
    up = lambda: g.ctl_json("status")["broker"]["chatter"] == "up"  # noqa: E731
    wait_until(online, "all to be online")
    for end in (clocked.broker.stop, clocked.broker.kill, None):
        if end:
            end()
            wait_until(lambda: not up(), "the broker to be away")
            clocked.advance(30)
            clocked.broker.start()
        else:
            clocked.broker.stop()
            g.stop()
            clocked.clock.pass_by(60)
            clocked.broker.start()
            g.start()
        wait_until(up, "the broker to be back")
        wait_until(online, "all to be back")
        clocked.advance(240)
        assert not g.events("outage.*") and not g.incidents(everything=True)
    # And a real one, right after, is seen.
    for client in clients:
        client.loop_stop()
        client._sock_close()
    wait_until(lambda: g.ctl_json("status")["devices"]["online"] == 0, "all to be gone")
    clocked.advance(6)
    assert g.wait_event("outage.began")["data"]["count"] == 8


def test_dark_while_the_gateway_was_away(clocked):
    """Homes that went while the gateway was down are noticed once it is sure that they do not come
    back by themselves."""
    p = Places(clocked)
    g = p.g
    names = p.homes(A, named("a", 6))
    clients = with_wills(clocked, names)
    wait_until(lambda: g.ctl_json("status")["devices"]["online"] == 6, "all to be online")
    g.stop()
    for client in clients:
        client.loop_stop()
        client._sock_close()
    watcher = clocked.device("watcher").subscribe("yj/v1/dev/+/state")
    watcher.wait(6, online=False)
    g.start()
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "up", "the broker to be heard")
    clocked.advance(100)
    assert not g.events("device.offline")  # the grace in which they may come back
    clocked.advance(30)
    g.wait_event("device.offline", 6)
    assert not g.events("outage.began")
    clocked.advance(60)
    assert g.wait_event("outage.began")["data"]["count"] == 6


def every_device_looked_at(g):
    """Missed heartbeats are looked for by each audit, in a twelfth of the devices."""
    before = g.metric("yijian_audits_total")
    wait_until(lambda: g.metric("yijian_audits_total") > before + 13, "the devices to be looked at", 90)


@pytest.mark.slow
def test_broker_away_for_long(clocked):
    """While the gateway hears nobody, nobody has missed a heartbeat."""
    clocked.audit_ms = 100
    p = Places(clocked, devices={"heartbeat": "1m", "offline_after": 3})
    g = p.g
    names = p.homes(A, named("a", 6))
    p.up(names)
    clocked.broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "down", "the broker to be away")
    clocked.advance(20 * 60)
    every_device_looked_at(g)
    clocked.broker.start()
    wait_until(lambda: g.ctl_json("status")["broker"]["chatter"] == "up", "the broker to be back")
    every_device_looked_at(g)
    assert not g.events("device.offline")
    assert g.ctl_json("status")["devices"]["online"] == 6


def test_missed_heartbeats_are_an_outage(clocked):
    """Devices without a last will that fall silent together."""
    p = Places(clocked, devices={"heartbeat": "1m", "offline_after": 3})
    g = p.g
    names = p.homes(A, named("a", 6))
    for name in names:
        p.ear.publish(f"yj/v1/dev/{name}/up/heartbeat", {"ts": 1})
    g.wait_event("device.online", 6)
    clocked.clock.pass_by(181)
    clocked.look()
    g.wait_event("device.offline", 6, timeout=90)
    clocked.advance(6)
    assert g.wait_event("outage.began")["data"]["count"] == 6


