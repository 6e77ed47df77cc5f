"""docs/contract.md, "Native MQTT topics": each row of the table, as a device, a caregiver and the
broker see it. (Unreadable messages: test_bad_input.py; `state`: test_presence.py; the log:
test_log_feed.py; who may read and write what: test_broker.py.)"""

import json
import re

import pytest

from harness import now_ms, wait_until
from town import level, policy

KINDS = {"sos", "service", "family", "fall", "smoke", "gas", "leak", "bed_exit", "inactivity", "vital", "wander",
         "unreadable", "unassigned", "visit_unanswered", "outage"}
# field: (type, required, allowed words)
DOWN_CALL = {"id": (str, True, None), "incident": (str, False, None), "by": (str, False, None), "text": (str, True, None),
             "state": (str, True, {"received", "answered", "searching", "arrived", "closed"})}
INBOX = {"id": (str, True, None), "incident": (str, True, None), "level": (int, True, None), "kind": (str, True, KINDS),
         "state": (str, True, {"open", "joined", "remind", "contacted", "answered", "arrived", "withdrawn", "closed"}),
         "resident": (dict, True, None), "text": (str, True, None), "opened_at": (int, True, None),
         "answer_by": (int, False, None), "url": (str, False, None)}
RESIDENT = {"id": (str, True, None), "name": (str, True, None), "address": (str, True, None), "phone": (str, True, None),
            "access": (str, False, None), "health": (str, False, None)}
RESULT = {"id": (str, True, None), "ok": (bool, True, None), "reason": (str, False, None), "by": (str, False, None)}


def check(payload, form):
    for name, (kind, required, words) in form.items():
        assert name in payload or not required, (name, payload)
        if name in payload:
            assert type(payload[name]) is kind, (name, payload)
            assert words is None or payload[name] in words, (name, payload)


def test_what_the_gateway_writes(world):
    """The rows `down/call`, `inbox`, `result`: their fields and types; "QoS 1 throughout, nothing
    retained but `state`"; news "each with an id of its own"; the whole life of a call."""
    world.begin([policy(levels=[level("family", "grid"), level("doctor"), level("duty")], inform=["duty"])]).village()
    g = world.gateway
    raw = []
    ear = world.device("ear")
    ear.client.on_message = lambda c, u, m: raw.append(m)
    ear.subscribe("yj/v1/#")
    home, family, grid, duty = world.device("b1"), world.caregiver("fam1"), world.caregiver("grid1"), world.caregiver("duty1")
    message_id = home.call(text="胸口痛", pos={"lat": 31.1, "lon": 107.2, "acc": 8, "ts": now_ms()})
    received = home.wait(id=message_id, state="received")
    page = grid.wait(state="open")
    assert received["incident"] == page["incident"] == "gw-1-1" and page["kind"] == "sos" and page["level"] == 0
    assert page["resident"]["name"] == "王秀英" and abs(page["opened_at"] - now_ms()) < 60000
    assert 0 < page["answer_by"] - page["opened_at"] <= 61000
    family.reply(page["incident"], "ack", how="remote")
    contacted = home.wait(state="answered")
    assert contacted["by"] == "王小丽" and "王小丽" in contacted["text"] and contacted["id"] == message_id
    grid.wait(state="contacted")
    grid.reply(page["incident"], "ack", eta=10)
    assert "何晓东" in home.wait(2, state="answered")["text"]
    family.wait(state="answered")
    home.say("cancel", {"id": "c", "ts": 1, "ref": message_id})
    grid.wait(state="withdrawn")
    home.call()
    grid.wait(state="joined")
    grid.reply(page["incident"], "arrive")
    home.wait(state="arrived")
    grid.reply(page["incident"], "resolve", outcome="helped")
    home.wait(state="closed")
    for person in (family, duty):
        person.wait(state="closed")
    seen = set()
    for m in list(raw):
        assert m.qos == 1, m.topic
        assert not m.retain or m.topic.endswith("/state"), m.topic
        payload = json.loads(m.payload)
        if m.topic.endswith("/down/call"):
            check(payload, DOWN_CALL)
            seen.add(("home", payload["state"]))
        elif m.topic.endswith("/inbox"):
            check(payload, INBOX)
            check(payload["resident"], RESIDENT)
            seen.add(("inbox", payload["state"]))
        elif m.topic.endswith("/result"):
            check(payload, RESULT)
    assert seen == {("home", s) for s in ("received", "answered", "arrived", "closed")} | {
        ("inbox", s) for s in ("open", "contacted", "answered", "withdrawn", "joined", "arrived", "closed")}
    inboxes = [p for c in (family, grid, duty) for p in c.pages()]
    assert len({p["id"] for p in inboxes}) == len(inboxes)
    assert all(re.fullmatch(r"gw-1-d\d+", p["id"]) for p in inboxes)
    assert all("answer_by" not in p for p in inboxes if p["state"] in ("closed", "answered", "contacted", "arrived"))
    # `access` (how to get in) goes to those who may go there, `health` to others than these two alone
    assert grid.find(state="open")[0]["resident"]["access"] == "钥匙在邻居家"
    assert not [p for p in inboxes if "health" in p["resident"]]
    assert g.incident(1)["state"] == "resolved"


def test_searching(world):
    """"`searching` comes at each escalation and takes an answer back ("正在联系其他人")"; to every
    device with a call in the incident, "with its latest id"."""
    world.begin([policy(levels=[level("grid"), level("doctor"), level("duty")])]).village()
    g = world.gateway
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}, {"id": "b3", "kind": "button", "resident": "r1"}])
    first, second, third = world.device("b1"), world.device("b2"), world.device("b3")
    grid, doctor = world.caregiver("grid1"), world.caregiver("doc1")
    first.call(id="early")
    first.call(id="late")
    second.call(id="other")
    incident = first.wait(id="late", state="received")["incident"]
    second.wait(id="other", state="received")
    assert grid.reply(incident, "ack")["ok"]
    first.wait(id="late", state="answered")
    second.wait(id="other", state="answered")
    assert grid.reply(incident, "decline")["ok"]
    doctor.wait(state="open")
    said = first.wait(id="late", state="searching")
    assert "正在联系" in said["text"] and "by" not in said
    second.wait(id="other", state="searching")
    assert not first.find(id="early", state="searching") and not third.find()


@pytest.mark.parametrize("what", ["call", "alarm", "well", "cancel", "checkin"])
def test_received_for_everything_that_is_repeated(world, what):
    """"A native device repeats a `call`, `alarm`, `cancel`, `well` or `checkin`, byte for byte, until
    `down/call` with `received` for that id arrives": so each is confirmed, the repeat too, and a
    repeat changes nothing; "also ... for a `cancel` or `checkin` that was refused"."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    message = {"call": {"button": "service"}, "alarm": {"kind": "leak"}, "well": {}, "cancel": {},
               "checkin": {"caregiver": "grid1", "method": "key"}}[what]
    for n in range(3):
        home.say(what, {"id": "m", "ts": 7, **message})
        assert home.wait(n + 1, id="m", state="received")["text"]
    assert len(g.events("alert.duplicate", alert="m")) == 2
    counted = {"call": "incident.opened", "alarm": "incident.opened", "well": "resident.well", "cancel": "alert.rejected",
               "checkin": "checkin"}[what]
    assert len(g.events(counted)) == 1
    if what == "cancel":
        assert g.events("alert.rejected")[0]["data"]["reason"] == "no_call"
    home.say("checkin", {"id": "k", "ts": 7, "caregiver": "nobody", "method": "nfc"})
    home.wait(id="k", state="received")
    assert g.events("alert.rejected")[-1]["data"]["reason"] == "caregiver"


def test_well(world):
    """"`up/well`: "I am well": a sign of life and a visit, no incident"."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    home.say("well", {"id": "w", "ts": now_ms()})
    e = g.wait_event("resident.well")
    assert e["subject"] == "resident/r1" and e["data"]["device"] == "b1" and e["data"]["alert"] == "w"
    assert e["data"]["region"] == "511781103201"
    g.wait_event("device.online", device="b1")
    assert g.incidents(everything=True) == []


@pytest.mark.parametrize("method", ["nfc", "qr_static", "qr_rotating", "key"])
@pytest.mark.parametrize("kind", [None, "visit", "on", "off"])
def test_checkin(world, method, kind):
    """"`up/checkin`: `"method": "nfc"|"qr_static"|"qr_rotating"|"key", "type"?: "visit"|"on"|"off"`;
    ... is in the home (`visit`, the default), or begins or ends a shift"."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    home.say("checkin", {"id": "k", "ts": 1, "caregiver": "grid1", "method": method, **({"type": kind} if kind else {})})
    e = g.wait_event("checkin")
    assert (e["data"]["caregiver"], e["data"]["method"], e["data"]["type"]) == ("grid1", method, kind or "visit")
    assert e["data"]["resident"] == "r1" and e["subject"] == "device/b1"


def test_vital_and_visit_are_read(world):
    """The rows `up/vital` and `up/visit`: what is right is not refused, and opens nothing by itself."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    home.say("vital", {"id": "v", "ts": now_ms(), "hr": 60, "rr": 12, "spo2": 98.5, "in_bed": False})
    for state in ("ringing", "accepted", "declined", "ended"):
        home.say("visit", {"session": "s1", "state": state, "signal": {"sdp": "x"}})
    home.call(id="end")
    home.wait(id="end", state="received")
    g.wait_event("device.online", device="b1")
    assert not g.events("alert.rejected") and len(g.incidents()) == 1


def test_repeated_reply(world):
    """"a repeated reply gets the same again", also after the daemon was killed and after others have
    changed everything; another reply with an id of its own does not."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    family, grid = world.caregiver("fam1"), world.caregiver("grid1")
    home.call()
    incident = grid.wait(state="open")["incident"]
    message = {"id": "mine", "incident": incident, "action": "ack", "how": "going", "ts": 5}
    grid.publish("yj/v1/cg/grid1/reply", message)
    first = grid.wait(id="mine")
    assert first == {"id": "mine", "ok": True}
    second = family.reply(incident, "ack", how="going", id="second")
    assert second["ok"] is True and second["by"] == "何晓东"  # a welcome second hears who was first
    grid.publish("yj/v1/cg/grid1/reply", message)
    assert grid.wait(2, id="mine") == first
    grid.reply(incident, "resolve", outcome="helped")
    g.kill()
    g.start()
    grid.publish("yj/v1/cg/grid1/reply", message)
    assert grid.wait(3, id="mine") == first
    assert len(g.events("incident.acked")) == 1 and g.incident()["state"] == "resolved"
    assert grid.reply(incident, "ack")["ok"] is False


@pytest.mark.parametrize("eta", [0, 1, 1440])
@pytest.mark.parametrize("message_id", ["x", "y" * 128, "编号-1", "a\"b\\c\n"])
def test_ids_of_replies(world, eta, message_id):
    """"A message's `id` is 1 to 128 bytes": of any characters, and it comes back as it went."""
    world.begin().village()
    home, grid = world.device("b1"), world.caregiver("grid1")
    home.wait(id=home.call(id=message_id), state="received")
    incident = grid.wait(state="open")["incident"]
    assert grid.reply(incident, "ack", id=message_id, eta=eta)["ok"]
    home.wait(id=message_id, state="answered")


def test_an_id_over_all_topics(world):
    """"unique per device over all its topics": the same id under another topic is another message, and
    an alarm does not pass for the repeat of a call."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    home.say("call", {"id": "n", "ts": 1, "button": "sos", "kind": "fall"})
    home.say("alarm", {"id": "n", "ts": 1, "button": "sos", "kind": "fall"})
    home.say("well", {"id": "n", "ts": 1, "button": "sos", "kind": "fall"})
    home.wait(3, id="n", state="received")
    assert {i["kind"] for i in g.incidents()} == {"sos", "fall"}
    assert g.events("resident.well") and not g.events("alert.duplicate")
    assert [e["data"].get("id_reused") for e in g.events("alert.received")] == [None, True]


def test_unknown_things_on_known_topics_change_nothing(world):
    """What the gateway itself writes, written by somebody else: no alert, no state of it, and its own
    go on (a broker without the shipped access list)."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    for topic in ("yj/v1/dev/b1/down/call", "yj/v1/cg/grid1/inbox", "yj/v1/cg/grid1/result", "yj/v1/log/incident.opened",
                  "yj/v1/dev/b1/down/visit"):
        home.publish(topic, {"id": "f", "incident": "gw-1-1", "state": "received", "action": "ring", "session": "s", "text": "x"})
    home.call(id="real")
    wait_until(lambda: "incident" in (home.find(id="real", state="received") or [{}])[0], "the real one")
    assert [i["alerts"] for i in g.incidents()] == [1]
