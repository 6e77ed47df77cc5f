"""Home, house and hospital beds in one register: "whose alert, whose policy and whose people as the
contract says, so that the ward's nurse is called for the ward and the county's desk is not; a smoke
alarm in an institution's corridor is the institution's incident. A resident's bed moves (home →
hospital → institution → home) keep one history"."""

import json
import sqlite3

import pytest

from bed_world import TOWN, VILLAGE, Beds
from harness import wait_until
from town import paged


def quiet(w, *names):
    """They have heard nothing at all."""
    assert not {n: w.who[n].heard for n in names if w.who[n].heard}


def test_the_ward_is_called_for_the_ward(clocked):
    """Bed exit, alarm and vital signs of an occupied bed of the house, and its button."""
    w = Beds(clocked)
    g = w.g
    g.ctl("bed", "move", "r1", "house1", "--reason", "入住")
    s = w.sensor("s-house")
    s.say(True, hr=60)
    w.ins(1)
    s.client.alarm("fall")
    w.who["nurse"].wait(state="open", kind="fall")
    clocked.device("button").call("sos")
    page = w.who["nurse"].wait(state="open", kind="sos")
    assert page["resident"]["name"] == "王秀英" and "敬老院路1号" in page["resident"]["address"]
    s.say(False)
    w.soon(11)
    w.outs(1)
    for number in (1, 2):
        assert w.who["nurse"].reply(f"gw-1-{number}", "ack", eta=80)["ok"]
    w.soon(15 * 60)
    assert w.who["nurse"].wait(state="open", kind="bed_exit")["resident"]["id"] == "r1"
    w.soon(61)
    for number in (1, 2, 3):
        one = g.incident(number)
        assert (one["bed"], one["institution"], one["policy"]) == ("house1", "house", "ward")
        assert one["region"] == TOWN and one["resident"] == "r1"
    assert paged(g, 1) == ["nurse"] and paged(g, 3) == ["carer", "nurse"]
    quiet(w, "desk", "duty", "nurse2", "carer2", "grid", "fam")


def test_smoke_in_the_corridor(clocked):
    """The institution's incident: its address, its people, its policy."""
    w = Beds(clocked)
    clocked.device("smoke").alarm("smoke")
    page = w.who["nurse"].wait(state="open")
    assert page["kind"] == "smoke" and page["resident"]["name"] == "敬老院"
    assert page["resident"]["address"] == "天生镇敬老院路1号" and page["resident"]["phone"] == "000-8"
    assert "二楼走廊" in page["text"]
    one = w.g.incident()
    assert (one["resident"], one["institution"], one["bed"], one["policy"]) == (None, "house", None, "ward")
    assert w.who["nurse"].reply("gw-1-1", "ack")["ok"]
    assert not w.who["grid"].reply("gw-1-1", "ack")["ok"]
    assert paged(w.g) == ["nurse"]
    quiet(w, "desk", "duty", "fam", "nurse2", "carer")
    explained = w.g.ctl_json("policy", "explain", "smoke", "--kind", "smoke")
    assert explained["policy"] == "ward" and explained["institution"] == "house"
    assert [[p["caregiver"] for p in one["people"]] for one in explained["levels"]] == [["nurse"], ["carer"]]


def test_the_desk_where_the_policy_says_so(clocked):
    """A bed may have a policy of its own; its first level has nobody in the house's village."""
    w = Beds(clocked)
    w.g.ctl("bed", "set", "house1", "policy=default", "occupant=r2")
    clocked.device("s-house").alarm("fall")
    w.who["desk"].wait(state="open", kind="fall")
    assert paged(w.g) == ["desk", "duty"]


def test_one_history(clocked):
    """Home, hospital, house, home: where the bed is decides who is called, and all of it can be read
    of the resident and of each bed."""
    w = Beds(clocked)
    g = w.g
    button = clocked.device("button")
    called = {"home1": "fam", "hosp1": "nurse2", "house1": "nurse"}
    stations = ["home1", "hosp1", "house1", "home1"]
    for n, bed in enumerate(stations, 1):
        if n > 1:
            g.ctl("bed", "move", "r1", bed, "--reason", f"第{n}站")
        button.call("sos")
        w.who[called[bed]].wait(2 if n == 4 else 1, state="open")
        one = g.incident(n)
        assert one["bed"] == bed and one["resident"] == "r1"
        assert one["region"] == (VILLAGE if bed == "home1" else TOWN)
        assert paged(g, n) == (["fam", "grid"] if bed == "home1" else [called[bed]])
        g.ctl("incident", "resolve", f"gw-1-{n}", "--by", called[bed], "--outcome", "helped")
        clocked.advance(60)
    quiet(w, "desk", "duty")
    shown = g.ctl_json("resident", "show", "r1")
    route = [(None, "home1"), ("home1", "hosp1"), ("hosp1", "house1"), ("house1", "home1")]
    assert [(m["from"], m["to"]) for m in reversed(shown["moves"])] == route
    assert [(i["id"], i["bed"]) for i in reversed(shown["incidents"])] == [
        (f"gw-1-{n}", bed) for n, bed in enumerate(stations, 1)]
    house = g.ctl_json("bed", "show", "house1")
    assert [i["id"] for i in house["incidents"]] == ["gw-1-3"] and len(house["moves"]) == 2
    history = g.ctl_json("bed", "history", "home1")
    assert [(h["what"], h["resident"]) for h in reversed(history)] == [
        ("move", "r1"), ("incident", "r1"), ("move", "r1"), ("move", "r1"), ("incident", "r1")]
    of_resident = g.ctl_json("bed", "history", "--resident", "r1")
    assert [h["what"] for h in reversed(of_resident)] == ["move", "incident"] * 4
    assert [h["incident"] for h in reversed(of_resident) if h["what"] == "incident"] == [
        f"gw-1-{n}" for n in (1, 2, 3, 4)]
    text = g.ctl("bed", "history", "--resident", "r1")
    assert "第3站" in text and "gw-1-2" in text
    events = [(e["type"].rsplit(".", 1)[1], e["subject"]) for e in g.events("bed.*")]
    assert events == [("released", "bed/home1"), ("assigned", "bed/hosp1"), ("released", "bed/hosp1"),
                      ("assigned", "bed/house1"), ("released", "bed/house1"), ("assigned", "bed/home1")]
    assert "第3站" not in str(g.events())
    assert g.ctl_raw("bed", "history", "nosuch").returncode == 1


def test_other_ways_of_moving_are_in_the_history_too(world):
    """An import that swaps two residents, a bed that is set, cleared and removed."""
    w = Beds(world)
    g = w.g
    g.ctl("bed", "set", "house1", "occupant=r2")
    g.load("beds", [{"id": "home1", "kind": "home", "occupant": "r2"},
                    {"id": "house1", "kind": "institution", "occupant": "r1"}])
    g.ctl("bed", "set", "house1", "occupant=")
    g.ctl("bed", "move", "r1", "hosp1", "--reason", "x")
    moves = {r: [(m["from"], m["to"]) for m in reversed(g.ctl_json("resident", "show", r)["moves"])]
             for r in ("r1", "r2")}
    assert moves == {"r1": [(None, "home1"), ("home1", "house1"), ("house1", None), (None, "hosp1")],
                     "r2": [(None, "house1"), ("house1", "home1")]}
    g.load("beds", [{"id": "home1", "kind": "home", "occupant": "r2"}])  # nothing new
    assert len(g.ctl_json("resident", "show", "r2")["moves"]) == 2


def test_a_resident_who_lies_elsewhere(clocked):
    """Who is in hospital did not get up at home, though the sensor at home is theirs."""
    w = Beds(clocked)
    g = w.g
    g.ctl("device", "set", "s-home", "resident=r1")
    s = w.sensor()
    s.say(True)
    w.ins(1)
    g.ctl("bed", "move", "r1", "hosp1", "--reason", "住院")
    s.say(False)
    w.soon(11)
    assert "resident" not in w.outs(1)["data"]
    w.soon(20 * 60)
    assert not g.incidents()
    there = w.sensor("s-hosp")
    there.say(True)
    w.ins(2)
    there.say(False)
    w.soon(11)
    w.outs(2)
    w.soon(15 * 60)
    w.who["nurse2"].wait(state="open", kind="bed_exit")
    quiet(w, "fam", "grid")


@pytest.mark.parametrize("rows", [
    [{"id": "x1", "kind": "home", "occupant": "r1"}],
    [{"id": "x1", "kind": "home", "occupant": "r2"}, {"id": "x2", "kind": "hospital", "occupant": "r2"}]])
def test_two_beds_are_refused(world, rows):
    """A resident in two beds, and a bed of two, are refused wherever they are written."""
    w = Beds(world)
    with pytest.raises(AssertionError, match="already"):
        w.g.load("beds", rows)
    assert w.g.ctl_raw("bed", "add", "x3", "kind=home", "occupant=r1").returncode == 1
    assert w.g.ctl_raw("bed", "move", "r2", "home1", "--reason", "x").returncode == 1
    assert len(w.g.ctl_json("bed", "list")) == 3


def long_ago(w, *sensors):
    """As if they had lain there for long: the daemon is stopped meanwhile."""
    w.g.stop()
    with sqlite3.connect(w.g.database) as db:
        for name in sensors:
            changed = db.execute("UPDATE bed_sensors SET since_t = since_t - 700000,"
                                 " since_utc_ms = since_utc_ms - 700000 WHERE device = ?", (name,)).rowcount
            assert changed == 1
    w.g.start()


def problems(w):
    return {b["id"]: b["problem"] for b in w.g.ctl_json("bed", "list") if b["problem"]}


def test_an_occupied_bed_of_nobody_is_shown(world):
    """"an occupied bed that is assigned to nobody ... is an error that is shown", once it is for
    long, and until it is assigned."""
    w = Beds(world)
    g = w.g
    w.sensor("s-house").say(True, hr=70)
    w.ins(1)
    w.sensor("s-home").say(True, hr=70)
    w.ins(2)
    assert problems(w) == {} and g.ctl_json("status")["beds"]["wrong"] == 0
    long_ago(w, "s-house", "s-home")
    for name in ("desk", "repair"):
        assert "house1" in w.who[name].wait(state="notice")["text"]
    wait_until(lambda: g.ctl_json("status")["beds"]["wrong"] == 1, "it to be counted")
    assert g.metric("yijian_beds_wrong") == 1
    assert problems(w) == {"house1": "unassigned"}
    shown = g.ctl_json("bed", "show", "house1")
    assert shown["problem"] == "unassigned" and shown["sensor"]["state"] == "in"
    assert shown["sensor"]["device"] == "s-house" and shown["sensor"]["since"]
    assert "unassigned" in g.ctl("bed", "list")
    done = g.ctl_raw("ready", "--json")
    found = [f for f in json.loads(done.stdout) if f["what"] == "bed_unassigned"]
    assert done.returncode == 1 and [(f["bed"], f["device"], f["region"]) for f in found] == [("house1", "s-house", TOWN)]
    long_ago(w, "s-house")  # it is not told again
    g.ctl("bed", "set", "house1", "occupant=r2")
    wait_until(lambda: g.ctl_json("status")["beds"]["wrong"] == 0, "it to be well")
    assert problems(w) == {}
    assert len(w.who["desk"].pages(state="notice")) == 1
    quiet(w, "nurse", "fam", "grid", "duty")


def test_a_resident_in_two_beds_is_shown(world):
    """... "or a resident in two beds": the sensors of both say so, or the data do."""
    w = Beds(world)
    g = w.g
    g.ctl("device", "set", "s-house", "resident=r1")
    w.sensor("s-house").say(True, hr=70)
    w.ins(1)
    w.sensor("s-home").say(True, hr=70)
    w.ins(2)
    long_ago(w, "s-house", "s-home")
    assert "r1" in w.who["desk"].wait(state="notice")["text"]
    assert problems(w) == {"house1": "two_beds", "home1": "two_beds"}
    g.stop()
    with sqlite3.connect(g.database) as db:
        db.execute("UPDATE bed_sensors SET lies = 2")
        db.execute("UPDATE beds SET occupant = 'r1' WHERE id = 'hosp1'")
        db.execute("UPDATE devices SET gone_utc_ms = NULL")
        db.execute("DELETE FROM device_residents WHERE device = 's-house'")
    g.start()
    assert problems(w) == {"hosp1": "two_beds", "home1": "two_beds"}
    g.ctl("bed", "move", "r1", "home1", "--reason", "在家")
    assert problems(w) == {}
    g.ctl("device", "set", "s-home", "resident=r2")
    assert problems(w) == {"home1": "sensor_of_another"}


def test_history_of_a_large_import(world):
    """What an import moves comes into the history in pieces, over a crash, and each move once."""
    w = Beds(world)
    g = w.g
    count = 9000
    g.load("residents", [{"id": f"x{i}", "name": "x", "region": VILLAGE} for i in range(count)])
    for shift in (0, 1):
        g.load("beds", [{"id": f"x{i}", "kind": "home", "occupant": f"x{(i + shift) % count}"}
                        for i in range(count)])
        g.kill()
        g.start()
        sql = "SELECT count(*), count(DISTINCT to_bed), count(from_bed) FROM bed_moves WHERE to_bed LIKE 'x%'"
        wait_until(lambda: rows(g, "SELECT count(*) FROM meta WHERE key = 'beds_noting'") == [(0,)],
                   "all of it to be noted")
        assert rows(g, sql) == [(count * (shift + 1), count, count * shift)]
    moves = g.ctl_json("resident", "show", "x77")["moves"]
    assert [(m["from"], m["to"]) for m in reversed(moves)] == [(None, "x77"), ("x77", "x76")]


def rows(g, sql):
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()
