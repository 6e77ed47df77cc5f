"""The event log on its way out (docs/contract.md, event types, `yj/v1/log/{type}`, "The log for the
platform"): the same events by every way, in order, none skipped, and nobody's data in them."""

import csv
import datetime
import hashlib
import io
import json
import re
import sqlite3
import subprocess

import pytest

import harness
from harness import Client, wait_until
from town import level, policy


class Platform(Client):
    """The platform's account; keeps events in the order in which they came."""

    def __init__(self, world):
        super().__init__(world.broker, "platform")
        self.raw = []
        keep = self.client.on_message
        self.client.on_message = lambda c, u, m: (self.raw.append(m), keep(c, u, m))
        world.clients.append(self)
        self.subscribe("yj/v1/log/#")

    def events(self):
        return [json.loads(m.payload) for m in list(self.raw)]

    def numbers(self):
        return [int(e["id"].split(":")[1]) for e in self.events()]

    def wait_all(self, g):
        """Until the newest event so far is here."""
        head = int(g.events()[-1]["id"].split(":")[1])
        wait_until(lambda: head in self.numbers(), f"event {head}", 30)
        return self.events()


def lifecycle(world):
    """One incident from the press to the end, with words and a place that are nobody's business."""
    g, home = world.gateway, world.device("b1")
    people = {name: world.caregiver(name) for name in ("fam1", "grid1", "doc1", "duty1")}
    home.say("call", {"id": "press-1", "ts": harness.now_ms(), "button": "sos", "text": "我摔倒了 secret-text",
                      "pos": {"lat": 31.234567, "lon": 107.456789, "acc": 5, "ts": 1}})
    page = people["grid1"].wait(state="open")
    incident = page["incident"]
    people["grid1"].reply(incident, "seen", wait=False)
    people["fam1"].reply(incident, "ack", how="remote", note="电话打不通 secret-note")
    people["grid1"].reply(incident, "ack", how="going", eta=5, note="马上 secret-note")
    people["grid1"].reply(incident, "note", code="called_120", note="secret-note 救护车")
    people["grid1"].reply(incident, "arrive")
    g.ctl("incident", "note", incident, "--code", "other", "--text", "secret-note 值班")
    people["grid1"].reply(incident, "resolve", outcome="hospital", note="送医 secret-note")
    g.wait_event("incident.resolved")
    return incident


def test_a_platform_that_comes_late(world):
    """"An event that no subscription matches waits ... and is not skipped, so a platform that connects
    late gets what it missed"; "Events go out in order"; "`id` ... stable over every way out": tail,
    MQTT and the export of the log say the very same."""
    world.begin().village()
    lifecycle(world)
    g = world.gateway
    platform = Platform(world)
    heard = platform.wait_all(g)
    told = [json.loads(line) for line in g.ctl("tail", "-n", "100000", "--json").splitlines()]
    exported = [json.loads(line) for line in g.ctl("log", "export").splitlines()]
    assert told == exported
    assert [e["id"] for e in told] == [f"gw-1:{n + 1}" for n in range(len(told))]
    n = len(heard)
    assert heard == told[:n] and n > 20
    for message in list(platform.raw):
        event = json.loads(message.payload)
        assert message.topic == "yj/v1/log/" + event["type"].removeprefix("yijian.")
        assert message.qos == 1 and not message.retain


def test_feed_over_restarts(world):
    """"at QoS 1, from a cursor in the database ... After a crash of the gateway some may come twice,
    with the same id": none is missing over a stop, a kill, and a broker that went away."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    platform = Platform(world)
    platform.wait_all(g)
    for way in ("stop", "kill", "broker"):
        home.call()
        g.wait_event("alert.received", 1)
        if way == "broker":
            home.up.clear()
            platform.up.clear()
            world.broker.stop()
            world.broker.start()
            g.wait_ready()
            wait_until(lambda: home.up.is_set() and platform.up.is_set(), "both to be back")
            platform.subscribe("yj/v1/log/#")
        else:
            getattr(g, way)()
            g.start()
        g.ctl("resident", "set", "r1", f"notes={way}")
        platform.wait_all(g)
    numbers = platform.numbers()
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    by_id = {}
    for event in platform.events():
        assert by_id.setdefault(event["id"], event) == event
    first = list(dict.fromkeys(numbers))
    assert first == sorted(first)


def test_cloudevents(world):
    """"CloudEvents 1.0 structured JSON"; "`source` is `yijian/{gateway}`, `subject` is `incident/ID`,
    `device/ID` ... and so on"; "in events ... they are RFC 3339, UTC"; `data` has incident, resident,
    device, caregiver, alert, kind, level, region (12 digits), outcome, actor, via "wherever they
    exist"."""
    world.begin().village()
    world.gateway.ctl("resident", "set", "r1", "region=511781103000")
    world.gateway.ctl("caregiver", "set", "grid1", "region=511781103")
    incident = lifecycle(world)
    g = world.gateway
    events = g.events()
    now = datetime.datetime.now(datetime.timezone.utc)
    for e in events:
        assert e["specversion"] == "1.0" and e["source"] == "yijian/gw-1"
        assert e.get("datacontenttype", "application/json") == "application/json"
        assert re.fullmatch(r"yijian\.[a-z_]+(\.[a-z_]+)?", e["type"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", e["time"])
        assert abs(now - datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00"))) < datetime.timedelta(minutes=5)
        assert re.fullmatch(r"(incident|device|gateway|resident|caregiver|visit|delivery|directory|region|bed|institution)"
                            r"(/[A-Za-z0-9_.-]+)?", e["subject"]), e
        assert e["data"].get("region") in (None, "511781103000"), e
        if e["type"].startswith("yijian.incident."):
            assert e["subject"] == f"incident/{incident}" and e["data"]["incident"] == incident
            assert e["data"]["resident"] == "r1" and e["data"]["kind"] == "sos"

    def one(kind, **data):
        found = [e["data"] for e in g.events(kind) if all(e["data"].get(k) == v for k, v in data.items())]
        assert found, (kind, data, g.events(kind))
        return found[0]
    received = one("alert.received")
    assert (received["device"], received["alert"], received["kind"], received["via"]) == ("b1", "press-1", "sos", "mqtt")
    assert received["region"] == "511781103000" and received["resident"] == "r1" and received["incident"] == incident
    assert one("incident.opened")["level"] == 0
    assert one("incident.notified")["people"] == 2
    assert one("incident.contacted")["caregiver"] == "fam1"
    assert one("incident.acked")["caregiver"] == "grid1" and one("incident.acked")["via"] == "mqtt"
    assert one("incident.noted", code="called_120")["caregiver"] == "grid1"
    assert one("incident.arrived")["caregiver"] == "grid1"
    assert one("incident.resolved")["outcome"] == "hospital"
    desk = one("incident.noted", code="other")
    assert desk["actor"] and desk["via"] != "mqtt"  # the account at the desk
    sent = one("delivery.sent", caregiver="grid1")
    assert re.fullmatch(r"gw-1-d\d+", sent["delivery"]) and sent["channel"] == "mqtt" and sent["incident"] == incident
    assert one("delivery.delivered", caregiver="grid1")["delivery"] == sent["delivery"]


@pytest.mark.parametrize("message_id,logged", [
    ("A.b_c:d-9", "A.b_c:d-9"), ("x" * 64, "x" * 64), ("x" * 65, None), ("a b", None), ("王秀英", None), ("13800138000/1", None)])
def test_alert_ids_in_the_log(world, message_id, logged):
    """"`alert` (the device's own id; its SHA-256 where it is longer than 64 or not of
    `[A-Za-z0-9._:-]`)"."""
    world.begin().village()
    home = world.device("b1")
    home.wait(id=home.call(id=message_id), state="received")
    logged = logged or hashlib.sha256(message_id.encode()).hexdigest()
    assert world.gateway.wait_event("alert.received")["data"]["alert"] == logged


def test_region_as_at_the_time(world):
    """"`region` (12 digits, as at the time)": who moves takes nothing along in what was logged."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    home.wait(id=home.call(), state="received")
    g.ctl("resident", "set", "r1", "region=511702001001")
    home.wait(id=home.alarm("fall"), state="received")
    assert [e["data"]["region"] for e in g.events("alert.received")] == ["511781103201", "511702001001"]


def test_region_and_resident_wherever_they_exist(world):
    """"`data` has, wherever they exist, ... `resident`, ... `region` (12 digits, as at the time)": also
    where a bed is taken or left, a device is withdrawn, a message is refused."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    g.load("institutions", [{"id": "i1", "name": "敬老院", "region": "511702001001", "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "i1"},
                    {"id": "bed2", "kind": "home"}])
    home.wait(id=home.checkin("nobody"), state="received")
    for bed in ("bed1", "bed2", "-"):
        g.ctl("bed", "move", "r1", bed, "--reason", "x")
    g.ctl("device", "revoke", "b1", "--json")
    found = [(e["type"].split(".", 1)[1], e["data"].get("resident"), e["data"].get("region"))
             for e in g.events() if e["type"].split(".")[1] in ("bed", "device", "alert")
             and e["type"] != "yijian.device.online"]
    assert found == [
        ("alert.rejected", "r1", "511781103201"), ("bed.assigned", "r1", "511702001001"),
        ("bed.released", "r1", "511702001001"), ("bed.assigned", "r1", "511781103201"),
        ("bed.released", "r1", "511781103201"), ("device.revoked", "r1", "511781103201")]


PERSONAL = {
    "residents": [{"id": "r1", "name": "欧阳翠花", "region": "511781103201", "phone": "13912345678",
                   "address": "石门村槐树湾七号", "lat": "31.987654", "lon": "107.123987", "access": "钥匙压在石磨底下",
                   "health": "帕金森病三期", "notes": "儿子在东莞打工", "birth_year": "1938",
                   "categories": "独居;失能"}],
    "caregivers": [
        {"id": "fam1", "name": "欧阳小龙", "role": "family", "residents": "r1", "phone": "13987654321",
         "email": "xiaolong@example.org", "certificate": "CERT-778899", "channels": "mqtt"},
        {"id": "grid1", "name": "司马长风", "role": "grid", "region": "511781103201", "phone": "13700001111"},
        {"id": "doc1", "name": "上官医生", "role": "doctor", "region": "511781103", "phone": "08182223333"},
        {"id": "duty1", "name": "镇值班室甲", "role": "duty", "region": "511781"}],
    "devices": [{"id": "b1", "kind": "button", "resident": "r1", "place": "堂屋门后", "serial": "SN-445566",
                 "sim": "89860012345678901234", "installed_by": "诸葛师傅"}],
    "institutions": [{"id": "i1", "name": "夕阳红养老院", "region": "511781103000", "filing": "filed",
                      "address": "沿河路九十九号", "phone": "08187776666"}],
}
HARMLESS = {"id", "region", "role", "kind", "resident", "residents", "channels", "filing", "categories"}


def stands(value, text):
    """A year may be part of a time, an id or a hash by chance: there it says nothing."""
    if value.isdigit() and len(value) < 6:
        return re.search(rf"(?<![0-9A-Za-z-]){value}(?![0-9A-Za-z-])", text) is not None
    return value in text


@pytest.mark.quick
def test_nobodys_data_in_the_log(world):
    """"and no name, number, address, position or free text: it is chained for good": everything that a
    directory, a device, a person or a desk can say, and then the whole events table, the process's own
    log and what left for the platform."""
    world.begin([policy(levels=[level("family", "grid"), level("duty")], inform=["family"])])
    g = world.gateway
    for kind, rows in PERSONAL.items():
        g.load(kind, rows)
    platform = Platform(world)
    lifecycle(world)
    home = world.device("b1", client_id="b1-again")
    home.say("checkin", {"id": "k", "ts": 1, "caregiver": "grid1", "method": "nfc", "note": "secret-text"})
    home.say("call", '{"id":"欧阳","ts":1,"button":"欧阳翠花 secret-text'.encode())
    home.say("call", {"id": "secret-text id", "ts": 1, "button": "family", "text": "secret-text"})
    home.say("heartbeat", {"ts": 1, "fw": "secret-text", "battery": 3})
    stranger = world.device("stranger")
    stranger.say("call", {"id": "欧阳翠花", "ts": 1, "button": "sos", "text": "secret-text"})
    stranger.publish("yj/v1/dev/secret-text/up/else", "secret-text")
    g.ctl("resident", "set", "r1", "phone=13900002222", "health=新secret-text")
    other = next(i["id"] for i in g.incidents() if i["kind"] == "family")
    g.ctl("incident", "page", other, "--to", "doc1")
    g.ctl("incident", "cancel", other, "--by", "duty1", "--reason", "secret-text 误按")
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "i1", "occupant": "r1"}])
    g.ctl("bed", "move", "r1", "bed1", "--reason", "secret-text 搬")
    g.wait_event("alert.rejected", 3)
    g.wait_event("incident.cancelled")
    values = {v for rows in PERSONAL.values() for row in rows for k, v in row.items() if k not in HARMLESS}
    values |= {"13900002222", "secret-text", "secret-note", "31.2345", "107.4567", "我摔倒了", "救护车", "欧阳", "石门村"}
    platform.wait_all(g)
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        table = [" ".join(str(c) for c in row) for row in db.execute("SELECT * FROM events")]
    db.close()
    assert len(table) > 30
    log = g.log.read_text()
    sent = "\n".join(json.dumps(e, ensure_ascii=False) for e in platform.events())
    for value in values:
        assert not [row for row in table if stands(value, row)], value
        assert not stands(value, sent), value
        # A stranger's topic may be named by the process, never what it says or whom it serves.
        assert not stands(value, log), value
    # They are in the place that they were meant for.
    assert "欧阳翠花" in json.dumps(g.ctl_json("resident", "show", "r1"), ensure_ascii=False)


def test_ids_that_look_like_numbers(world):
    """"Ids that look like an identity-card or phone number are refused at import.\""""
    world.begin()
    g = world.gateway
    for bad in ("13812345678", "511781193801011234", "51178119380101123X", "+8613812345678"):
        file = world.folder / "r.csv"
        out = io.StringIO()
        csv.writer(out).writerows([["id", "name", "region"], ["r1", "王", "511781103201"], [bad, "李", "511781103201"]])
        file.write_text(out.getvalue())
        done = g.ctl_raw("import", "residents", file)
        assert done.returncode == 1 and "line 3" in done.stderr and "id" in done.stderr, bad
        assert "李" not in done.stderr
    assert g.ctl_json("resident", "list") == []


def test_log_out_of_the_gateways_reach(world):
    """`log verify` and the export need no daemon; verify names what is bad by its exit code."""
    world.begin().village()
    lifecycle(world)
    g = world.gateway
    before = g.ctl("log", "export")
    g.stop()
    after = g.ctl("log", "export")
    assert after.startswith(before) and after.splitlines()[-1].find("gateway.stopped") > 0
    assert g.ctl_json("log", "verify")["events"] == len(after.splitlines())
    done = subprocess.run([harness.BIN / "yijianctl", "-c", g.file, "log", "checkpoint"], stdout=subprocess.PIPE, text=True)
    assert re.fullmatch(r"\d+:[0-9a-f]{64}\n", done.stdout)
