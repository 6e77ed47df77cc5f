"""docs/contract.md, "Bad input": what is refused is kept, counted, acknowledged and shown, and what
may have been a press is treated as one. (CSV imports: test_import.py.)"""

import base64
import hashlib
import json
import socket

import pytest

from harness import TIMEOUT, now_ms, wait_until
from town import policy

CALL = {"id": "x", "ts": 1, "button": "sos"}
ALARM = {"id": "x", "ts": 1, "kind": "fall"}
WELL = {"id": "x", "ts": 1}
CHECKIN = {"id": "x", "ts": 1, "caregiver": "grid1", "method": "nfc"}
HEARTBEAT = {"ts": 1}
VITAL = {"id": "x", "ts": 1}
VISIT = {"session": "s", "state": "ringing"}
STATE = {"online": True}


def without(message, *keys, **more):
    return {**{k: v for k, v in message.items() if k not in keys}, **more}


def text(message):
    return json.dumps(message, ensure_ascii=False).encode()


# name: (topic behind yj/v1/dev/ID/, payload, reason, the id that can be read)
BROKEN = {
    "call, not UTF-8": ("up/call", b'{"id":"i","ts":1,"button":"sos","text":"\xff\xfe"}', "utf8", "i"),
    "call, GB18030": ("up/call", '{"id":"i","ts":1,"button":"sos","text":"救命"}'.encode("gb18030"), "utf8", "i"),
    "call, cut off": ("up/call", b'{"id":"i","ts":1,"button":', "json", "i"),
    "call, cut off in the id": ("up/call", b'{"id":"i', "json", None),
    "call, empty": ("up/call", b"", "json", None),
    "call, an array": ("up/call", b"[1,2]", "json", None),
    "call, a word": ("up/call", b'"sos"', "json", None),
    "call, null": ("up/call", b"null", "json", None),
    "call, NUL": ("up/call", b"\0" * 100, "json", None),
    "call, two objects": ("up/call", text(CALL) * 2, "json", "x"),
    "call, over 16 KiB": ("up/call", text({**CALL, "text": "x" * 16384}), "size", "x"),
    "call, 64 KiB": ("up/call", b'{"id":"i",' + b" " * (65536 - 10), "size", "i"),
    "call, deep": ("up/call", b'{"id":"i","a":' + b"[" * 16000, "json", "i"),
    "call, deep objects": ("up/call", b'{"a":' * 3200, "json", None),
    "call, no id": ("up/call", text(without(CALL, "id")), "field", None),
    "call, no ts": ("up/call", text(without(CALL, "ts")), "field", "x"),
    "call, no button": ("up/call", text(without(CALL, "button")), "field", "x"),
    "call, number as id": ("up/call", text({**CALL, "id": 7}), "field", None),
    "call, empty id": ("up/call", text({**CALL, "id": ""}), "field", None),
    "call, id of 129 bytes": ("up/call", text({**CALL, "id": "x" * 129}), "field", None),
    "call, text as ts": ("up/call", text({**CALL, "ts": "now"}), "field", "x"),
    "call, null as ts": ("up/call", text({**CALL, "ts": None}), "field", "x"),
    "call, ts with a fraction": ("up/call", text({**CALL, "ts": 1.5}), "field", "x"),
    "call, ts of 65 bits": ("up/call", text({**CALL, "ts": 2 ** 64}), "field", "x"),
    "call, unknown button": ("up/call", text({**CALL, "button": "fall"}), "field", "x"),
    "call, number as button": ("up/call", text({**CALL, "button": 1}), "field", "x"),
    "alarm, not JSON": ("up/alarm", b"fall", "json", None),
    "alarm, unknown kind": ("up/alarm", text({**ALARM, "kind": "sos"}), "field", "x"),
    "alarm, no kind": ("up/alarm", text(without(ALARM, "kind")), "field", "x"),
    "well, no ts": ("up/well", text(without(WELL, "ts")), "field", "x"),
    "well, not JSON": ("up/well", b"well", "json", None),
    "cancel, no ts": ("up/cancel", text(without(WELL, "ts")), "field", "x"),
    "cancel, not UTF-8": ("up/cancel", b'{"id":"i","\xff', "utf8", "i"),
    "checkin, no caregiver": ("up/checkin", text(without(CHECKIN, "caregiver")), "field", "x"),
    "checkin, unknown method": ("up/checkin", text({**CHECKIN, "method": "face"}), "field", "x"),
    "visit, no state": ("up/visit", text(without(VISIT, "state")), "field", None),
    "heartbeat, no ts": ("up/heartbeat", b"{}", "field", None),
    "heartbeat, not JSON": ("up/heartbeat", b"beat", "json", None),
    "vital, no id": ("up/vital", text(without(VITAL, "id")), "field", None),
    "state, a word": ("state", b"online", "json", None),
    "state, text as online": ("state", text({**STATE, "online": "yes"}), "field", None),
    "wrong topic": ("up/help", text(CALL), "topic", None),
    "wrong topic below call": ("up/call/2", text(CALL), "topic", None),
}
# Optional fields of a wrong type, and unknown ones.
WELCOME = [
    ("up/call", {**CALL, "text": 5, "pos": "here", "who": {"a": [1]}}),
    ("up/call", {**CALL, "pos": {"lat": 91, "lon": 0}}),
    ("up/call", {**CALL, "pos": {"lat": 31.0, "lon": "107"}, "text": None}),
    ("up/call", {**CALL, "id": "老" * 42 + "xx"}),  # 128 bytes
    ("up/alarm", {**ALARM, "value": "high", "text": []}),
    ("up/alarm", {**ALARM, "kind": "leak", "value": True}),
]


def homes(world, names, *policies, **sections):
    """A home of its own for each, so that each incident has one reason."""
    world.begin(list(policies) or None, **sections).village()
    g = world.gateway
    g.load("residents", [{"id": f"r-{n}", "name": "李桂芳", "region": "511781103201"} for n in names])
    g.load("devices", [{"id": n, "kind": "button", "resident": f"r-{n}"} for n in names])
    return g


def rejections(g, count):
    return wait_until(lambda: (lambda e: e if len(e) >= count else None)(g.events("alert.rejected")),
                      f"{count} x alert.rejected")


@pytest.mark.quick
def test_every_way_to_be_unreadable(world):
    """"Wrong topic, not UTF-8, not JSON, over 16 KiB (over 64 KiB the broker refuses it), missing or
    ill-typed field ...: `alert.rejected` with `reason`, `length` and `sha256` ...; the payload's
    beginning is kept ... where `yijianctl rejected list` shows it; a counter; and the message is
    acknowledged so that it cannot block those behind it. An unreadable message on `up/call` or
    `up/alarm` from a *known* device also opens an incident of kind `unreadable`"; `received` is sent
    "also for ... an unreadable message whose id can be read"."""
    cases = {f"d{n}": (name, *case) for n, (name, case) in enumerate(BROKEN.items())}
    g = homes(world, cases)
    ear = world.device("all")
    ear.subscribe("yj/v1/dev/+/down/call")
    for device, (name, topic, payload, reason, readable) in cases.items():
        ear.publish(f"yj/v1/dev/{device}/{topic}", payload)
    events = {e["data"]["device"]: e for e in rejections(g, len(cases))}
    kept = {r["device"]: r for r in g.ctl_json("rejected", "list", "-n", "1000")}
    for device, (name, topic, payload, reason, readable) in cases.items():
        data = events[device]["data"]
        sha256 = hashlib.sha256(payload).hexdigest()
        assert (data["reason"], data["length"], data["sha256"]) == (reason, len(payload), sha256), name
        assert events[device]["subject"] == f"device/{device}"
        row = kept[device]
        assert (row["topic"], row["reason"]) == (f"yj/v1/dev/{device}/{topic}", reason), name
        assert (row["length"], row["sha256"]) == (len(payload), sha256), name
        assert g.metric(f'yijian_alerts_rejected_total{{reason="{reason}",device="{device}"}}') == 1
    assert len(events) == len(cases)
    opened = {i["device"] for i in g.incidents() if i["kind"] == "unreadable"}
    assert opened == {d for d, c in cases.items() if c[1] in ("up/call", "up/alarm")}
    assert len(g.incidents()) == len(opened)
    # Whose id could not be read is not answered; nor is what cannot be a press at all.
    def answered():
        return {topic.split("/")[3]: p["id"] for topic, p in list(ear.heard) if p["state"] == "received"}
    wait_until(lambda: len(answered()) >= len([c for c in cases.values() if c[4]]), "all `received`")
    assert answered() == {d: c[4] for d, c in cases.items() if c[4]}
    # What was read is not delivered again to the next session.
    g.stop()
    g.start()
    ear.publish("yj/v1/dev/b1/up/call", {**CALL, "id": "behind"})
    ear.wait(id="behind", state="received")
    assert len(g.events("alert.rejected")) == len(cases)
    assert not g.events("alert.duplicate")


def test_kept_payload(world):
    """"the payload's beginning is kept 30 days (bounded in size) where `yijianctl rejected list`
    shows it": the first 1 KiB; what is not text is shown as base64."""
    g = homes(world, ["d1", "d2"])
    home = world.device("d1")
    long = "老" * 5000
    home.publish("yj/v1/dev/d1/up/call", long)
    home.publish("yj/v1/dev/d2/up/call", b"\x80\x81")
    rejections(g, 2)
    rows = {r["device"]: r["n"] for r in g.ctl_json("rejected", "list")}
    shown = g.ctl_json("rejected", "show", str(rows["d1"]))
    assert shown["text"] == "老" * 341  # without the third of the next that the first 1 KiB has
    assert shown["length"] == 15000
    assert base64.b64decode(g.ctl_json("rejected", "show", str(rows["d2"]))["base64"]) == b"\x80\x81"


def test_size_limits(world):
    """"over 16 KiB (over 64 KiB the broker refuses it)": 16 KiB are read, one byte more is not, and
    nothing above 64 KiB reaches the gateway."""
    g = homes(world, ["d1", "d2", "d3"])
    home = world.device("d1")

    def sized(n):
        return text({**CALL, "text": "x" * (n - len(text({**CALL, "text": ""})))})
    home.publish("yj/v1/dev/d1/up/call", sized(16384))
    home.publish("yj/v1/dev/d2/up/call", sized(16385))
    home.publish("yj/v1/dev/d3/up/call", sized(65537), qos=0)
    home.publish("yj/v1/dev/b1/up/call", CALL)
    g.wait_event("alert.received", device="b1")
    g.wait_event("alert.received", device="d1")
    assert [(e["data"]["device"], e["data"]["reason"]) for e in g.events("alert.rejected")] == [("d2", "size")]
    assert {i["device"]: i["kind"] for i in g.incidents()} == {"d1": "sos", "d2": "unreadable", "b1": "sos"}


def test_ill_typed_optional_fields_count_as_absent(world):
    """"Unknown fields are ignored, an ill-typed optional field counts as absent"; "A message's `id`
    is 1 to 128 bytes"."""
    g = homes(world, [f"d{n}" for n in range(len(WELCOME))])
    home = world.device("all")
    for n, (topic, message) in enumerate(WELCOME):
        home.publish(f"yj/v1/dev/d{n}/{topic}", message)
    g.wait_event("alert.received", len(WELCOME))
    assert g.events("alert.rejected") == []
    assert {i["device"]: i["kind"] for i in g.incidents()} == {
        f"d{n}": m.get("button") or m["kind"] for n, (_, m) in enumerate(WELCOME)}


def test_unknown_and_revoked_devices(world):
    """"unknown or revoked device: `alert.rejected` with `reason` ... (`device` only if the directory
    has or had it)"; and `yijian_alerts_rejected_total{reason,device}` "with `device` only for
    registered ones"; a call of theirs opens its `unassigned` incident all the same."""
    g = homes(world, ["old", "gone"])
    g.ctl("device", "revoke", "old", "--json")
    g.ctl("device", "set", "gone", "resident=")
    g.ctl("device", "remove", "gone")
    home = world.device("all")
    home.subscribe("yj/v1/dev/+/down/call")
    for device in ("stranger", "old", "gone"):
        for topic, message in (("up/heartbeat", HEARTBEAT), ("up/vital", {**VITAL, "id": "v"}),
                               ("up/cancel", {**WELL, "id": "n"}), ("up/well", {**WELL, "id": "w"}),
                               ("up/checkin", {**CHECKIN, "id": "k"}), ("up/call", {**CALL, "id": "c"})):
            home.publish(f"yj/v1/dev/{device}/{topic}", message)
    events = rejections(g, 18)
    assert len(events) == 18
    by = [(e["data"].get("device"), e["data"]["reason"], e["subject"]) for e in events]
    assert by.count((None, "unknown_device", "gateway")) == 6
    assert by.count(("old", "revoked_device", "device/old")) == 6
    assert by.count(("gone", "revoked_device", "device/gone")) == 6
    assert not g.events("alert.received")
    assert {(i["device"], i["kind"]) for i in g.incidents()} == {
        ("stranger", "unassigned"), ("old", "unassigned"), ("gone", "unassigned")}
    assert g.metric('yijian_alerts_rejected_total{reason="unknown_device"}') == 6
    assert g.metric('yijian_alerts_rejected_total{reason="revoked_device",device="old"}') == 6
    for message_id in "cnwk":  # refused, and still confirmed
        home.wait(3, id=message_id, state="received")
    assert not home.find(id="v")


@pytest.mark.parametrize("device", ["a.b", "x" * 65, "老人", "a b", ""])
def test_ids_that_are_none(world, device):
    """"`[A-Za-z0-9_-]{1,64}`": a call under another name is a wrong topic, whose `device` is none."""
    g = homes(world, ["d1"])
    home = world.device("d1")
    home.publish(f"yj/v1/dev/{device}/up/call", CALL)
    home.publish(f"yj/v1/dev/{device}/up/heartbeat", HEARTBEAT)
    home.publish(f"yj/v1/cg/{device}/reply", {"id": "r", "incident": "gw-1-1", "action": "ack", "ts": 1})
    events = rejections(g, 3)
    assert {e["data"]["reason"] for e in events} == {"topic"}
    assert not any("device" in e["data"] for e in events)
    assert {r["topic"] for r in g.ctl_json("rejected", "list")} == {
        f"yj/v1/dev/{device}/up/call", f"yj/v1/dev/{device}/up/heartbeat", f"yj/v1/cg/{device}/reply"}
    home.call(id="y")
    home.wait(id="y", state="received")
    assert len(g.incidents()) == 1


def test_unreadable_message_again(world):
    """A device repeats "byte for byte, until `down/call` with `received` for that id arrives": an
    unreadable one too is one alert, confirmed each time."""
    g = homes(world, ["d1"])
    home = world.device("d1")
    for n in range(3):
        home.say("call", b'{"id":"i","ts":1,"button":"s')
        home.wait(n + 1, id="i", state="received")
    assert len(g.events("alert.rejected")) == 1
    assert g.incident()["alerts"] == 1
    assert g.incident()["kind"] == "unreadable"
    # Without an id each may be another press; they join.
    home.say("call", b"help")
    rejections(g, 2)
    wait_until(lambda: g.incident()["alerts"] == 2, "the second to join")
    assert len(g.incidents()) == 1


def test_unreadable_replies(world):
    """"a repeated reply gets the same again, an unreadable one with a readable id `false`"; it is
    refused like any other message, and no call."""
    g = homes(world, ["d1"])
    home, family = world.device("b1"), world.caregiver("fam1")
    home.call()
    page = family.wait(state="open")
    good = {"incident": page["incident"], "action": "ack", "ts": now_ms()}
    broken = {
        "n1": {**good, "action": "perhaps"}, "n2": without(good, "ts"), "n3": without(good, "incident"),
        "n4": {**good, "ts": "soon"},
    }
    for message_id, message in broken.items():
        for n in range(2):
            family.publish("yj/v1/cg/fam1/reply", {**message, "id": message_id})
            assert family.wait(n + 1, id=message_id)["ok"] is False
    family.publish("yj/v1/cg/fam1/reply", b'{"id":"n5","incident":')
    assert family.wait(id="n5") == {"id": "n5", "ok": False, "reason": "unreadable"}
    assert {i["kind"]: i["state"] for i in g.incidents()} == {"sos": "open"}
    assert all(e["data"]["reason"] in ("field", "json") and "device" not in e["data"]
               for e in rejections(g, 5))
    # Ill-typed optional fields count as absent: the answer stands.
    result = family.reply(page["incident"], "ack", how="flying", eta="soon", note=5, code=[])
    assert result["ok"] is True
    assert g.incident()["state"] == "acked"


def test_retained_garbage(world):
    """"nothing retained but `state`": what somebody retained all the same comes back with every
    connection, and is one message each."""
    g = homes(world, ["d1", "d2", "d3"])
    home = world.device("d1")
    home.publish("yj/v1/dev/d1/up/call", b"garbage", retain=True)
    home.publish("yj/v1/dev/d2/up/call", {**CALL, "id": "kept"}, retain=True)
    home.publish("yj/v1/dev/d3/state", b"garbage", retain=True)
    home.publish("yj/v1/dev/d3/up/heartbeat", b"garbage", retain=True)
    rejections(g, 2)
    wait_until(lambda: len(g.incidents()) == 2, "both incidents")
    for _ in range(3):
        g.stop()
        g.start()
        home.say("call", {**CALL, "id": "again"})
    g.wait_event("alert.duplicate", 2, device="d1")
    assert len(g.incidents()) == 3 and len(g.events("alert.received", device="d1")) == 1
    assert len([e for e in g.events("alert.received") if e["data"]["device"] == "d2"]) == 1
    assert g.ctl_json("status")["pid"] == g.process.pid


def test_flood(clocked):
    """"More than 10 alerts a minute from one device: each is stored for de-duplication and counted in
    its incident (`incident show --json`: `alerts`), the log gets one `alert.flood` a minute with
    their `count`; so received plus flood counts are all that was acknowledged."""
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    clocked.people("fam1", "grid1", "doc1", "duty1")
    sent = [home.call() for _ in range(35)]
    for message_id in sent:  # every one is confirmed, the flood too
        home.wait(id=message_id, state="received")
    assert len(g.events("alert.received")) == 10
    assert g.events("alert.flood") == []
    assert g.incident()["alerts"] == 35
    again = {"id": sent[-1], "ts": 1, "button": "sos"}
    clocked.advance(61)
    flood = g.wait_event("alert.flood")
    assert flood["data"]["count"] == 25 and flood["data"]["device"] == "b1"
    assert flood["subject"] == "device/b1"
    # Another minute, in which 10 are logged singly again.
    more = [home.call() for _ in range(12)]
    for message_id in more:
        home.wait(id=message_id, state="received")
    clocked.advance(61)
    g.wait_event("alert.flood", 2)
    received = len(g.events("alert.received"))
    floods = sum(e["data"]["count"] for e in g.events("alert.flood"))
    assert (received, floods, g.incident()["alerts"]) == (20, 27, 47)
    assert len(g.incidents()) == 1
    # Stored for de-duplication: the same bytes of one of the flood are a duplicate.
    home.say("call", again)  # other bytes: a message of its own
    home.wait(2, id=sent[-1], state="received")
    home.say("call", again)
    g.wait_event("alert.duplicate", alert=sent[-1])
    assert g.incident()["alerts"] == 48


def test_flood_over_a_crash(clocked):
    """"received plus flood counts are all that was acknowledged", also of a minute in which the daemon
    was killed; a flood of one device does not touch another's alerts."""
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    g.load("residents", [{"id": "r2", "name": "赵", "region": "511781103201"}])
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    other = clocked.device("b2")
    for message_id in [home.call() for _ in range(17)] + [home.alarm("fall") for _ in range(6)]:
        home.wait(id=message_id, state="received")
    g.kill()
    g.start()
    for message_id in [home.call() for _ in range(14)]:
        home.wait(id=message_id, state="received")
    other.wait(id=other.call(), state="received")
    assert g.events("alert.received", device="b2")
    clocked.advance(61)
    floods = wait_until(lambda: (lambda e: e if len(e) >= 2 else None)(g.events("alert.flood")), "the counts")
    received = g.events("alert.received", device="b1")
    assert len(received) + sum(e["data"]["count"] for e in floods) == 37
    assert sorted(i["alerts"] for i in g.incidents()) == [1, 6, 31]


def test_flood_of_garbage(clocked):
    """"More than 10 refused messages a minute from one device are counted in `alert.flood` too."; and
    each is one alert of the `unreadable` incident."""
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    for n in range(30):
        home.say("call", f"garbage {n}")
    wait_until(lambda: g.incidents() and g.incident()["alerts"] == 30, "all of them in the incident")
    assert g.incident()["kind"] == "unreadable"
    assert len(g.events("alert.rejected")) == 10
    clocked.advance(61)
    assert g.wait_event("alert.flood")["data"]["count"] == 20
    assert g.metric('yijian_alerts_rejected_total{reason="json",device="b1"}') == 30


@pytest.mark.parametrize("topic", [
    pytest.param(b"yj/v1/dev/\xff\xfe/up/call", id="no UTF-8"),
    pytest.param(b"yj/v1/dev/\xed\xa0\x80/up/call", id="half a surrogate"),
    pytest.param(b"yj/v1/dev/+/up/call", id="plus"),
    pytest.param(b"yj/v1/dev/#", id="hash"),
    pytest.param(b"yj/v1/dev/d1\0/up/call", id="NUL"),
    pytest.param(b"", id="empty"),
    pytest.param(b"yj/v1/dev/" + b"d1/" * 5000 + b"up/call", id="long")])
def test_topics_that_are_none(world, topic):
    """"Wrong topic", as bytes that no library would send: nothing of it is a call, and those behind it
    are not blocked."""
    g = homes(world, ["d1"])
    home = world.device("d1")
    with socket.create_connection(("127.0.0.1", world.broker.port), timeout=TIMEOUT) as s:
        s.sendall(packet(0x10, mqtt_text(b"MQTT") + b"\x04\x02\0\x3c" + mqtt_text(b"raw")))
        assert s.recv(4) == b"\x20\x02\0\0"
        s.sendall(packet(0x32, mqtt_text(topic) + b"\0\x01" + text(CALL)))
        s.recv(4)  # confirmed, or thrown out
    home.call(id="behind")
    home.wait(id="behind", state="received")
    assert [i["device"] for i in g.incidents()] == ["d1"] and g.incident()["alerts"] == 1
    assert {e["data"]["reason"] for e in g.events("alert.rejected")} <= {"topic"}


def packet(kind, body):
    length, rest = b"", len(body)
    while True:
        rest, low = divmod(rest, 128)
        length += bytes([low | (128 if rest else 0)])
        if not rest:
            return bytes([kind]) + length + body


def mqtt_text(raw):
    return len(raw).to_bytes(2, "big") + raw


def test_garbage_everywhere_and_others_go_on(world):
    """"acknowledged so that it cannot block those behind it": garbage on every topic that a device or
    person can write, while others press; each press is answered in time."""
    g = homes(world, ["d1"])
    home = world.device("b1")
    vandal = world.device("d1")
    shapes = [b"", b"\0", b"\xff" * 1000, b"{" * 10000, b"[" * 65536, b'{"id":' + b"9" * 60000,
              b'"' + b"\\u0000" * 2000 + b'"', text({"id": "\u0000", "ts": 1, "button": "sos"}), b"\xf0\x9f\x9a\x91" * 4000,
              b'{"id":"a","id":"b","ts":1e400,"button":"sos"}', "‮".encode() * 9000, text(CALL)[:-1]]
    topics = ["up/call", "up/alarm", "up/well", "up/cancel", "up/heartbeat", "up/vital", "up/checkin",
              "up/visit", "up/", "up//", "up/$x", "state"]
    pressed = []
    for shape in shapes:
        for topic in topics:
            vandal.publish(f"yj/v1/dev/d1/{topic}", shape, wait=False)
            for name in ("fam1", "nobody", "d1"):
                vandal.publish(f"yj/v1/cg/{name}/reply", shape, wait=False)
        vandal.publish("yj/v1/gw/gw-1/state", shape, wait=False)
        vandal.publish("yj/v1/dev/d1/down/call", shape, wait=False)
        vandal.publish("yj/v1/log/incident.opened", shape, wait=False)
        pressed.append(home.call())
        home.wait(id=pressed[-1], state="received", timeout=5)
    assert g.alive()
    received = g.events("alert.received", device="b1")
    assert len(received) == 10 and g.incident(next(
        int(i["id"].rsplit("-", 1)[1]) for i in g.incidents() if i["resident"] == "r1"))["alerts"] == len(pressed)
    assert g.http("/healthz")[0] == 200
    g.verify_log()


def test_rejected_payloads_are_bounded(world):
    """"the payload's beginning is kept ... (bounded in size)": 10,000 payloads, the newest ones; the
    counter and the incident have all of them, and the next press is not behind."""
    g = homes(world, ["d1"])
    vandal, home = world.device("d1"), world.device("b1")
    for n in range(10050):
        vandal.say("call", f"garbage {n}", wait=False)
    counter = 'yijian_alerts_rejected_total{reason="json",device="d1"}'
    wait_until(lambda: g.metric(counter) == 10050, "all of them", 60)
    home.wait(id=home.call(), state="received", timeout=5)
    kept = g.ctl_json("rejected", "list", "-n", "1000000")
    assert len(kept) == 10000
    assert g.ctl_json("rejected", "show", str(kept[0]["n"]))["text"] == "garbage 10049"
    assert g.ctl_json("rejected", "show", str(kept[-1]["n"]))["text"] == "garbage 50"
    assert next(i["alerts"] for i in g.incidents() if i["kind"] == "unreadable") == 10050


@pytest.mark.slow
def test_rejected_payloads_are_forgotten(clocked):
    """"the payload's beginning is kept 30 days"; what the log says of it stays."""
    clocked.audit_ms = 100
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    home.say("call", b"garbage")
    g.wait_event("alert.rejected")
    incident = wait_until(g.incidents, "the incident")[0]["id"]
    g.ctl("incident", "cancel", incident, "--by", "duty1", "--reason", "x")

    def pass_days(days):
        g.stop()
        clocked.clock.pass_by(days * 86400)
        g.start()
    pass_days(29)
    home.say("cancel", b"younger")
    g.wait_event("alert.rejected", 2)
    assert len(g.ctl_json("rejected", "list")) == 2
    pass_days(1.5)
    wait_until(lambda: len(g.ctl_json("rejected", "list")) == 1, "the older one to go", 90)
    kept = g.ctl_json("rejected", "list")[0]
    assert g.ctl_json("rejected", "show", str(kept["n"]))["text"] == "younger"
    assert len(g.events("alert.rejected")) == 2
