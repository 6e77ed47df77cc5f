"""docs/contract.md, "Promises", as far as no crash is needed (those are in tests/crash): no silence,
exactly once inward, the log that only grows. Least reach: also test_broker.py (who may read and write
what), test_answering.py (what each role is told), test_configuration.py (files), test_log_feed.py."""

import datetime
import hashlib
import json
import random
import shutil
import sqlite3
import subprocess

import pytest

import harness
from harness import wait_until
from town import policy, level

DAY_S = 86400
PAGES = ("open", "joined", "remind")


# --- 1: nothing acknowledged is lost ---

def test_flood_of_qos_0_in_an_outage_leaves_the_gateway_hearing(world):
    """"Nothing acknowledged is lost", and "Intruders: floods ... nothing disturbed": what one device
    sent at QoS 0 while the gateway was away is all there, and the next call of another is confirmed."""
    world.begin().village()
    g = world.gateway
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
    g.stop()
    wild = world.device("b2")
    for i in range(1500):
        wild.say("call", {"id": f"w{i}", "ts": 1, "button": "family"}, qos=0, wait=False)
    wild.call(button="family", id="last")
    g.start()
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
    wild.wait(id="last", state="received")
    kinds = {i["kind"]: i["id"] for i in g.incidents()}
    assert g.ctl_json("incident", "show", kinds["family"])["alerts"] == 1501


@pytest.mark.parametrize("ids", ["new", "one"])
def test_flood_of_one_device_takes_nothing_from_another(world, ids):
    """"Intruders: a device that ... floods: ... nothing disturbed": a call between 30,000 of another
    device is confirmed without a repetition, be their ids new or always the same with other bytes."""
    world.begin().village()
    g = world.gateway
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
    g.stop()
    home, wild = world.device("b1"), world.device("b2")

    def flood(first, count):
        for i in range(first, first + count):
            message = {"id": f"w{i}" if ids == "new" else "w", "ts": i, "button": "family"}
            wild.say("call", message, qos=0, wait=False)
    flood(0, 5000)
    wild.call(button="family")
    mine = home.call()
    flood(5000, 25000)
    wild.call(button="family", id="last")
    g.start()
    home.wait(id=mine, state="received")
    wild.wait(id="last", state="received")
    kinds = {i["kind"]: i["id"] for i in g.incidents()}
    assert g.ctl_json("incident", "show", kinds["family"])["alerts"] == 30002
    for i in range(5000):  # each with a call to look for
        wild.say("cancel", {"id": f"c{i}", "ts": i, "ref": "w"}, qos=0, wait=False)
    wild.cancel(ref="w", id="c")
    home.wait(id=home.call(), state="received")
    wild.wait(id="c", state="received")


# --- 2: no silence ---

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_silence(clocked, seed):
    """"For every incident not closed, whatever people do or fail to do, a page goes out within
    max(`wait` + `verify_within`, `repeat_every`, `arrive_max`, `resolve_within`)": people answer, lie,
    decline, ask for help, come and do nothing, in an order of chance; then all are silent, and the
    next page must come in time. And again, for as long as the incident is open."""
    chance = random.Random(seed)
    clocked.begin([policy(levels=[level("family", "grid", wait="40s"), level("doctor", wait="60s"), level("duty")],
                          verify_within="50s", repeat_every="70s", arrive_within="60s", arrive_max="120s",
                          resolve_within="150s")]).village()
    bound_s = max(60 + 50, 70, 120, 150)
    g, home = clocked.gateway, clocked.device("b1")
    people = clocked.people("fam1", "grid1", "doc1", "duty1")
    home.wait(id=home.call(), state="received")
    incident = people[0].wait(state="open")["incident"]
    actions = [("ack", {"how": "going"}), ("ack", {"how": "going", "eta": 600}), ("ack", {"how": "remote"}), ("decline", {}),
               ("arrive", {}), ("note", {"code": "need_help"}), ("note", {"code": "no_reply"}), ("seen", {})]

    def pages():
        return sum(len([p for p in c.pages() if p["state"] in PAGES]) for c in people)
    for _ in range(8):
        for _ in range(chance.randrange(5)):
            action, more = chance.choice(actions)
            who = chance.choice(people)
            if action == "seen":
                who.reply(incident, action, wait=False)
            else:
                who.reply(incident, action, **more)
            if chance.random() < 0.3:
                home.wait(id=home.call(), state="received")
            if chance.random() < 0.5:
                clocked.advance(chance.randrange(1, 40))
        before, waited = pages(), 0
        while pages() == before and waited < bound_s:
            clocked.advance(5)
            waited += 5
        wait_until(lambda: pages() > before, f"a page within {bound_s} s (seed {seed}): {g.incident()}", 3)
        assert g.incident()["state"] in ("open", "acked", "arrived")
    ids = [p["id"] for c in people for p in c.pages()]
    assert len(ids) == len(set(ids))  # "a new page has a new one"
    assert clocked.gateway.http("/readyz")[0] == 200


# --- 3: exactly once inward ---

def test_redelivered_alert_never_opens_a_second_incident(world):
    """"a redelivered alert never opens a second incident": not while it is open, not after it is
    closed, not after a restart, not by another connection, and not among a hundred at once."""
    world.begin().village()
    g, home, grid = world.gateway, world.device("b1"), world.caregiver("grid1")
    message = {"id": "one", "ts": 1, "button": "sos"}
    for _ in range(100):
        home.say("call", message, wait=False)
    home.wait(100, id="one", state="received")
    incident = grid.wait(state="open")["incident"]
    grid.reply(incident, "arrive")
    grid.reply(incident, "resolve", outcome="helped")
    home.say("call", message)
    for way in ("stop", "kill"):
        getattr(g, way)()
        g.start()
        world.device("b1", client_id=f"b1-{way}").say("call", message)
    home.wait(103, id="one", state="received")
    assert [i["alerts"] for i in g.incidents(everything=True)] == [1]
    assert len(g.events("alert.received")) == 1 and len(g.events("incident.opened")) == 1


def test_remembered_for_seven_days(clocked):
    """"the gateway remembers it for at least 7 days", over its own restarts, however much came since."""
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    people = clocked.people("fam1", "grid1", "doc1", "duty1")
    old = {"id": "old", "ts": 1, "button": "sos"}
    home.say("call", old)
    incident = people[0].wait(state="open")["incident"]
    people[0].reply(incident, "resolve", outcome="test")
    for day in range(6):
        g.stop()
        clocked.clock.pass_by(DAY_S)
        g.start()
        home.wait(id=home.call(button="service"), state="received")
        g.ctl("incident", "cancel", g.incidents()[0]["id"], "--by", "duty1", "--reason", "x")
    g.stop()
    clocked.clock.pass_by(DAY_S - 60)
    g.start()
    clocked.advance(65 - 60)
    home.say("call", old)
    g.wait_event("alert.duplicate", alert="old")
    assert not g.incidents()


# --- 4: the log only grows ---

@pytest.fixture
def story(world):
    """A stopped gateway with some 30 events; story.copy() is another configuration with its copy."""
    world.begin().village()
    g, home, grid = world.gateway, world.device("b1"), world.caregiver("grid1")
    for n in range(3):
        home.wait(id=home.call(text=f"{n}"), state="received")
    grid.reply(grid.wait(state="open")["incident"], "arrive")
    g.checkpoint = g.ctl("log", "checkpoint").strip()
    home.wait(id=home.alarm("fall"), state="received")
    g.stop()

    def copy(change):
        data = world.folder / "copy"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(g.database.parent, data)
        db = sqlite3.connect(data / "yijian.db")
        with db:
            change(db)
        db.close()
        config = {**g.config, "gateway": {"id": "gw-1", "data_dir": str(data)}}
        file = world.folder / "copy.yaml"
        file.write_text(json.dumps(config))
        return file
    g.copy = copy
    return g


def verify(file, *words):
    done = subprocess.run([harness.BIN / "yijianctl", "-c", file, "log", "verify", *words, "--json"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    return done.returncode, json.loads(done.stdout)


def swap(db, a, b):
    rows = {r[0]: r[1:] for r in db.execute("SELECT seq, utc_ms, type, incident, subject, data, hash FROM events WHERE seq IN (?, ?)", (a, b))}
    for to, row in ((a, rows[b]), (b, rows[a])):
        db.execute("UPDATE events SET utc_ms=?, type=?, incident=?, subject=?, data=?, hash=? WHERE seq=?", (*row, to))


def insert(db, seq):
    db.execute("INSERT INTO events SELECT ?, utc_ms, type, incident, subject, data, hash FROM events WHERE seq = 1", (seq,))


def of(db, change, which):
    assert db.execute(f"UPDATE events SET {change} WHERE seq = (SELECT max(seq) FROM events WHERE {which})").rowcount == 1


TAMPERED = {
    "nothing": (lambda db: None, None),
    "a letter of the data": (lambda db: db.execute("UPDATE events SET data = replace(data, 'r1', 'r2') WHERE seq = 9"), 9),
    "the time": (lambda db: db.execute("UPDATE events SET utc_ms = utc_ms + 1 WHERE seq = 9"), 9),
    "the type": (lambda db: db.execute("UPDATE events SET type = type + 1 WHERE seq = 9"), 9),
    "the first one": (lambda db: db.execute("UPDATE events SET utc_ms = 0 WHERE seq = 1"), 1),
    "one is gone": (lambda db: db.execute("DELETE FROM events WHERE seq = 9"), 9),
    "the first are gone": (lambda db: db.execute("DELETE FROM events WHERE seq < 9"), 1),
    "the last is gone": (lambda db: db.execute("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)"), "head"),
    "the last five are gone": (lambda db: db.execute("DELETE FROM events WHERE seq > (SELECT max(seq) - 5 FROM events)"), "head"),
    "all are gone": (lambda db: db.execute("DELETE FROM events"), "head"),
    "one more at the end": (lambda db: db.execute("INSERT INTO events SELECT max(seq) + 1, utc_ms, type, incident, subject, data, hash FROM events"), "head"),
    "two swapped": (lambda db: swap(db, 9, 11), 9),
    "a hash": (lambda db: db.execute("UPDATE events SET hash = zeroblob(32) WHERE seq = 9"), 9),
    "one more before the first": (lambda db: insert(db, 0), 0),
    "one more far before the first": (lambda db: insert(db, -2**63), -2**63),
    "one more far behind the last": (lambda db: insert(db, 2**63 - 1), "head"),
    "all are gone, and the head": (lambda db: (db.execute("DELETE FROM events"), db.execute("DELETE FROM meta WHERE key = 'log_head'")), 1),
    "the head is gone": (lambda db: db.execute("DELETE FROM meta WHERE key = 'log_head'"), 1),
    "the head without its hash": (lambda db: db.execute("UPDATE meta SET value = replace(value, ':', ' ') WHERE key = 'log_head'"), "head"),
    "the head an earlier one": (lambda db: db.execute("UPDATE meta SET value = (SELECT seq || ':' || lower(hex(hash)) FROM events WHERE seq = 9) WHERE key = 'log_head'"), 10),
    # What SQLite reads the same, and what the log has twice.
    "behind the data, out of sight": (lambda db: db.execute("UPDATE events SET data = data || char(0) || 'x' WHERE seq = 9"), 9),
    "behind the subject, out of sight": (lambda db: of(db, "subject = subject || char(0) || 'x'", "incident IS NULL"), "any"),
    "the data as bytes": (lambda db: db.execute("UPDATE events SET data = CAST(data AS BLOB) WHERE seq = 9"), 9),
    "the hash as text": (lambda db: db.execute("UPDATE events SET hash = CAST(hash AS TEXT) WHERE seq = 9"), 9),
    "the time with a fraction": (lambda db: db.execute("UPDATE events SET utc_ms = utc_ms + 0.5 WHERE seq = 9"), 9),
    "the time as words": (lambda db: db.execute("UPDATE events SET utc_ms = utc_ms || 'x' WHERE seq = 9"), 9),
    "the type beyond 32 bits": (lambda db: db.execute("UPDATE events SET type = type + (1 << 32) WHERE seq = 9"), 9),
    "the type as words": (lambda db: db.execute("UPDATE events SET type = type || 'x' WHERE seq = 9"), 9),
    "an incident out of its list": (lambda db: of(db, "subject = 'incident/gw-1-' || incident, incident = NULL", "incident"), "any"),
    "an incident with a subject beside": (lambda db: of(db, "subject = 'device/b1'", "incident"), "any"),
    "an incident with a fraction": (lambda db: of(db, "incident = incident + 0.5", "incident"), "any"),
    "incident 0": (lambda db: of(db, "incident = 0", "incident IS NULL"), "any"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_log_verify(story, what):
    """"`yijianctl log verify` finds a change, removal (of the last ones too), insertion or swap without
    the daemon"; "exits 1 on a bad log and names the first bad record"."""
    change, bad = TAMPERED[what]
    code, answer = verify(story.copy(change))
    if bad is None:
        assert code == 0 and answer["ok"] is True and answer["events"] > 20
        return
    assert code == 1 and answer["ok"] is False and answer["what"]
    if bad not in ("head", "any"):
        assert answer["bad_seq"] == bad


def chain(db, full=True):
    """Computes the chain as docs/contract.md has it, by our own hand: {seq: hash}."""
    names = {}
    for line in (harness.ROOT / "proto" / "src" / "words.c").read_text().splitlines():
        if line.strip().startswith("[YJ_EV_"):
            names[len(names)] = line.split('"')[1]
    value = hashlib.sha256(b"yijian log v1 gw-1").digest()
    found = {}
    for seq, at, kind, incident, subject, data in db.execute(
            "SELECT seq, utc_ms, type, incident, subject, data FROM events ORDER BY seq"):
        name = f"yijian.{names[kind]}"
        about = f"incident/gw-1-{incident}" if incident else subject or ""
        value = hashlib.sha256(value + f"{seq}\n{at}\n{name}\n{about}\n{data}".encode()).digest()
        found[seq] = value
    return found


def rewrite(db):
    """Somebody who knows the algorithm changes an event and works out all hashes anew, and the head."""
    db.execute("UPDATE events SET data = replace(data, '\"r1\"', '\"r9\"')")
    hashes = chain(db)
    for seq, value in hashes.items():
        db.execute("UPDATE events SET hash = ? WHERE seq = ?", (value, seq))
    db.execute("UPDATE meta SET value = ? WHERE key = 'log_head'", (f"{seq}:{value.hex()}",))


@pytest.mark.quick
def test_chain_and_checkpoint(story):
    """"Each event carries the hash of the one before it": the chain is as written down
    (`hash(n) = SHA-256(hash(n-1) || seq \\n time_ms \\n type \\n subject \\n data)`); "A log rewritten as a
    whole is found against a checkpoint kept elsewhere"."""
    db = sqlite3.connect(story.database)
    stored = dict(db.execute("SELECT seq, hash FROM events"))
    assert chain(db) == stored and len(stored) > 20
    db.close()
    seq, value = story.checkpoint.split(":")
    assert stored[int(seq)].hex() == value
    assert verify(story.file, "--checkpoint", story.checkpoint)[0] == 0
    forged = story.copy(rewrite)
    assert verify(forged)[0] == 0
    code, answer = verify(forged, "--checkpoint", story.checkpoint)
    assert code == 1 and answer["ok"] is False


def append(db):
    """One more record with the right hash behind the last one."""
    db.execute("INSERT INTO events SELECT seq + 1, utc_ms, type, incident, subject, data, hash FROM events"
               " WHERE seq = (SELECT max(seq) FROM events)")
    seq, value = list(chain(db).items())[-1]
    db.execute("UPDATE events SET hash = ? WHERE seq = ?", (value, seq))


@pytest.mark.parametrize("what", ["the last five are gone", "all are gone", "one more at the end", "a good one more"])
def test_log_that_goes_on_does_not_heal(story, world, what):
    """"removal (of the last ones too), insertion": found also after the gateway has gone on with such a
    log; and an id is "unique for ever": no number of a removed event is given to another one."""
    story.ctl("tail")
    change = append if what == "a good one more" else TAMPERED[what][0]
    last = int(json.loads(story.ctl("tail", "-n", "1", "--json"))["id"].split(":")[1])
    file = story.copy(change)
    assert verify(file)[0] == 1
    shutil.rmtree(story.database.parent)
    shutil.move(world.folder / "copy", story.database.parent)
    story.start()
    home = world.clients[0]
    home.wait(id=home.call(id="after"), state="received")
    received = story.wait_event("alert.received", alert="after")
    assert int(received["id"].split(":")[1]) > last
    story.stop()
    assert verify(story.file)[0] == 1


def test_events_of_a_second_are_in_order(story):
    """Oldest first, with times that never run back in a log of one boot."""
    times = [json.loads(line)["time"] for line in story.ctl("log", "export").splitlines()]
    parsed = [datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in times]
    assert parsed == sorted(parsed)
