"""The ledger: each time somebody looked in on a resident, when, who, how, how they were, what it counts as.
"Each visit has a method (on_site, video, phone, device) and a result (well, needs, not_home, refused,
hospital)", "and the ledger for the reports"."""

import datetime

from harness import wait_until


def ledger(g, *words):
    return g.ctl_json("round", "ledger", *words)


def couple(world):
    g = world.begin().village().gateway
    g.load("residents", [{"id": "r2", "name": "赵国富", "region": "511781103201"}])
    g.load("institutions", [{"id": "i1", "name": "石门院", "region": "511781103201", "filing": "filed"}])
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1;r2"},
                       {"id": "hall", "kind": "button", "resident": "r1;r2", "institution": "i1"}])
    return g


def test_what_homes_say(world):
    """The resident's own key counts as `well`, a caregiver who checks in as a visit on the spot, of everybody who
    lives there; a repeat of the message is no second entry, and a shift's check-in is none."""
    g = couple(world)
    b1, t1 = world.device("b1"), world.device("t1")
    well = {"id": "w-1", "ts": 0}
    b1.say("well", well)
    b1.wait(id="w-1", state="received")
    b1.say("well", well)
    b1.wait(2, id="w-1", state="received")
    (entry,) = ledger(g)
    assert (entry["resident"], entry["caregiver"], entry["method"], entry["result"], entry["counts"]) == \
        ("r1", None, "device", "well", ["well"])
    assert entry["source"] == "alert/b1/w-1" and entry["region"] == "511781103201"
    id = t1.checkin("grid1", type="visit")
    t1.wait(id=id, state="received")
    on = t1.checkin("grid1", type="on")
    t1.wait(id=on, state="received")
    found = ledger(g, "--from", "1h")[1:]
    assert sorted((e["resident"], e["caregiver"], e["method"], e["result"], *e["counts"]) for e in found) == \
        [(r, "grid1", "on_site", None, "visit", "on_site") for r in ("r1", "r2")]
    # a corridor's button tells of nobody in particular
    hall = world.device("hall")
    hall.say("well", {"id": "w-2", "ts": 0})
    hall.wait(id="w-2", state="received")
    assert len(ledger(g)) == 3
    # what waited on its way counts from its own time
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=5)
    b1.say("well", {"id": "w-3", "ts": int(then.timestamp() * 1000)})
    b1.wait(id="w-3", state="received")
    assert ledger(g)[0]["source"] == "alert/b1/w-3"
    assert ledger(g)[0]["at"][:16] == then.strftime("%Y-%m-%dT%H:%M")
    g.verify_log()


def test_entered_by_hand(world):
    """yijianctl round record, what it refuses, what it leaves in the log, and taking it back."""
    g = couple(world)
    said = g.ctl_json("round", "record", "r1", "--by", "grid1", "--method", "phone", "--result", "needs",
                      "--at", "2h", "--note", "药快吃完了")
    assert said["ok"] and said["id"] == "gw-1-l1"
    g.ctl("round", "record", "r1", "--by", "grid1", "--method", "on_site", "--result", "not_home")
    entries = ledger(g)
    assert [(e["method"], e["result"], e["counts"], e["note"]) for e in entries] == [
        ("phone", "needs", ["visit", "check-in"], "药快吃完了"),
        ("on_site", "not_home", ["visit", "on_site"], None)]
    assert entries[0]["entered_by"] and entries[0]["caregiver_name"] == "何晓东"
    event = g.wait_event("directory.changed", of="ledger")
    assert event["data"]["resident"] == "r1" and event["data"]["caregiver"] == "grid1"
    assert "药" not in g.ctl("tail", "-n", "1000", "--json") and "药" not in g.log.read_text()
    wrong = [(["r9", "--by", "grid1", "--method", "phone", "--result", "well"], "no such resident"),
             (["r1", "--by", "nobody", "--method", "phone", "--result", "well"], "no such caregiver"),
             (["r1", "--by", "grid1", "--method", "mail", "--result", "well"], "on_site, video, phone"),
             (["r1", "--by", "grid1", "--method", "phone", "--result", "good"], "well, needs, not_home"),
             (["r1", "--by", "grid1", "--method", "phone", "--result", "well", "--at", "500d"], "within a year"),
             (["r1", "--by", "grid1", "--method", "phone", "--result", "well", "--at", "2099-01-01T00:00:00Z"],
              "has been")]
    for words, why in wrong:
        done = g.ctl_raw("round", "record", *words)
        assert done.returncode == 1 and why in done.stderr, (words, done)
    assert g.ctl_raw("round", "record", "r1", "--by", "grid1").returncode == 2
    assert len(ledger(g)) == 2
    assert len(ledger(g, "--region", "511781103")) == 2 and ledger(g, "--region", "520000") == []
    assert len(ledger(g, "--resident", "r1", "-n", "1")) == 1 and ledger(g, "--resident", "r2") == []
    assert len(ledger(g, "--to", "1h")) == 1
    g.ctl("round", "unrecord", "gw-1-l2")
    assert len(ledger(g)) == 1
    assert "no such entry" in g.ctl_raw("round", "unrecord", "gw-1-l2").stderr
    b1 = world.device("b1")
    b1.say("well", {"id": "w-1", "ts": 0})
    b1.wait(id="w-1", state="received")
    own = wait_until(lambda: ledger(g)[1:], "the entry")[0]
    done = g.ctl_raw("round", "unrecord", own["id"])
    assert done.returncode == 1 and "by hand" in done.stderr
    g.verify_log()
