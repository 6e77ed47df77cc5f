"""Contract, "Restarts and changes": reloads, imports and removals while incidents are open."""

import json

import pytest

from harness import wait_until
from town import LEVELS, deliveries, level, paged, policy, steps

VILLAGE = "511781103201"
SHORT = [level("family", wait="5s"), level("duty")]


def reload(gateway, policies=None, webhooks=None, ok=True):
    """SIGHUP with another file; waits until it is taken, or refused."""
    if policies is not None:
        gateway.config["policies"] = policies
    if webhooks is not None:
        gateway.config["webhooks"] = webhooks
    gateway.write_config()
    word = "event=config_loaded" if ok else "event=reload_refused"
    before = gateway.log.read_text(errors="replace").count(word)
    gateway.hangup()
    wait_until(lambda: gateway.log.read_text(errors="replace").count(word) > before, word)


def press(home, **more):
    answer = home.wait(id=home.call(**more), state="received")
    return int(answer["incident"].rsplit("-", 1)[1])


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_incident_keeps_its_policy(clocked, how):
    """"An incident keeps the policy that it was opened with, across reload and restart." """
    clocked.begin([policy()]).village()
    g, home = clocked.gateway, clocked.device("b1")
    _, _, doctor, duty = clocked.people("fam1", "grid1", "doc1", "duty1")
    press(home)
    if how == "reload":
        reload(g, [policy(levels=SHORT, repeat_every="2m")])
    else:
        g.stop()
        g.config["policies"] = [policy(levels=SHORT, repeat_every="2m")]
        g.write_config()
        g.start()
    clocked.advance(59)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    assert doctor.wait(state="open")["level"] == 1
    clocked.advance(119)
    assert g.incident()["level"] == 1
    clocked.advance(1)
    assert duty.wait(state="open")["level"] == 2
    assert g.incident()["next_at"] == clocked.clock.text(300)
    # a new one has the new policy
    assert press(home, button="family", ts=clocked.clock.utc_ms) == 2
    assert paged(g, 2) == ["fam1"]
    assert g.incident(2)["next_at"] == clocked.clock.text(5)


def test_dropped_policy_of_an_open_incident(clocked):
    """"An incident keeps the policy": also one that the new file drops, since no record names it
    any more."""
    clocked.begin([policy(), policy("slow", [level("grid", wait="70s"), level("doctor")])])
    clocked.village()
    g, home = clocked.gateway, clocked.device("b1")
    clocked.people("fam1", "grid1", "doc1")
    g.ctl("resident", "set", "r1", "policy=slow")
    press(home)
    g.ctl("resident", "set", "r1", "policy=")
    reload(g, [policy()])
    g.kill()
    g.start()
    clocked.advance(69)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    assert paged(g) == ["doc1", "grid1"]


@pytest.mark.parametrize("where", ["resident", "bed", "institution"])
def test_reload_that_drops_a_policy_in_use(world, where):
    """"A reload that drops a policy or webhook which the directory names is refused" """
    world.begin([policy(), policy("special")]).village()
    g = world.gateway
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": VILLAGE, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "home"}])
    g.ctl(where, "set", {"resident": "r1", "bed": "bed1", "institution": "inst1"}[where],
          "policy=special")
    reload(g, [policy(levels=SHORT)], ok=False)
    assert "special" in g.log.read_text()
    home = world.device("b1")
    world.people("fam1", "grid1")
    press(home)
    assert paged(g) == ["fam1", "grid1"], "and nothing of that file is applied"
    assert world.gateway.http("/readyz")[0] == 200
    g.ctl(where, "set", {"resident": "r1", "bed": "bed1", "institution": "inst1"}[where],
          "policy=")
    reload(g)


def test_reload_that_drops_a_webhook_in_use(world, hooks):
    """"... or webhook which the directory names is refused" """
    one = hooks()
    webhooks = [{"name": "one", "url": one.url}]
    world.begin([policy()], webhooks=webhooks).village()
    g, home = world.gateway, world.device("b1")
    g.ctl("caregiver", "set", "fam1", "channels=webhook:one")
    reload(g, webhooks=[], ok=False)
    press(home)
    one.wait(state="open")
    g.ctl("caregiver", "set", "fam1", "channels=mqtt")
    reload(g)


def test_bad_reload_changes_nothing(world):
    """"SIGHUP checks the whole file first and then applies ..., or, if anything is wrong, nothing":
    the open incident and its policy stay."""
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    world.people("fam1", "grid1")
    press(home)
    before = g.incident()
    reload(g, [policy(levels=SHORT), policy("other", wait="often")], ok=False)
    g.config["policies"] = [policy()]
    g.write_config()  # yijianctl reads it too
    after = g.incident()
    assert [after[k] for k in ("state", "policy_hash", "next_at")] == [
        before[k] for k in ("state", "policy_hash", "next_at")]
    assert press(home, button="service") == 2
    assert paged(g, 2) == ["fam1", "grid1"]


@pytest.mark.parametrize("kind,row", [
    ("residents", {"id": "r9", "name": "新人", "region": VILLAGE, "policy": "nosuch"}),
    ("beds", {"id": "bed9", "kind": "home", "policy": "nosuch"}),
    ("institutions", {"id": "inst9", "name": "新院", "region": VILLAGE, "filing": "filed",
                      "policy": "nosuch"}),
    ("caregivers", {"id": "cg9", "name": "新人", "role": "grid", "channels": "webhook:nosuch"}),
])
def test_import_that_names_what_is_not_there(world, kind, row):
    """"... so is an import that names one that is not there." """
    world.begin([policy()])
    g = world.gateway
    with pytest.raises(AssertionError, match="nosuch"):
        g.load(kind, [row])
    assert g.ctl_json(kind.rstrip("s"), "list") == []
    assert g.http("/readyz")[0] == 200, "a refused import is no trouble of the gateway"
    assert "commit_failed" not in g.log.read_text()


@pytest.mark.parametrize("record", ["r1 policy=nosuch", "cg1 channels=webhook:nosuch"])
def test_setting_what_is_not_there(world, record):
    """"... so is an import that names one that is not there": a single record too."""
    world.begin([policy()])
    g = world.gateway
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": VILLAGE}])
    g.load("caregivers", [{"id": "cg1", "name": "何晓东", "role": "grid"}])
    kind = "resident" if record.startswith("r1") else "caregiver"
    done = g.ctl_raw(kind, "set", *record.split())
    assert done.returncode == 1 and "nosuch" in done.stderr
    assert g.http("/readyz")[0] == 200


def test_removing_a_resident(world):
    """"Removing somebody or something is a tombstone, refused for a resident with an open incident
    or a bound device" """
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    (grid,) = world.people("grid1")
    press(home)
    g.ctl("device", "set", "b1", "resident=")
    assert g.ctl_raw("resident", "remove", "r1").returncode == 1, "an open incident"
    g.ctl("device", "set", "b1", "resident=r1")
    grid.reply("gw-1-1", "resolve", outcome="helped")
    assert g.ctl_raw("resident", "remove", "r1").returncode == 1, "a bound device"
    g.ctl("device", "set", "b1", "resident=")
    g.ctl("resident", "remove", "r1")
    assert g.ctl_json("resident", "list") == []
    assert g.ctl_raw("resident", "remove", "r1").returncode == 1
    assert g.ctl_raw("resident", "remove", "nobody").returncode == 1
    # a tombstone: what was, is still told
    shown = g.incident()
    assert (shown["resident"], shown["resident_name"]) == ("r1", "王秀英")
    assert g.events("directory.changed", key="r1")[-1]["data"]["change"] == "removed"
    assert g.http("/readyz")[0] == 200


def test_removed_people_are_not_paged(clocked):
    """"Removing somebody ... is a tombstone": who is gone is paged no more, neither by a level nor
    by a repeat, hears no news, and may not answer; what they did is still there."""
    clocked.begin([policy(levels=[level("family", "grid")])]).village()
    g, home = clocked.gateway, clocked.device("b1")
    family, grid = clocked.people("fam1", "grid1")
    press(home)
    family.wait(state="open")
    g.ctl("caregiver", "remove", "fam1")
    assert family.reply("gw-1-1", "ack")["ok"] is False
    clocked.advance(300)
    grid.wait(2, state="open")
    grid.reply("gw-1-1", "ack")
    assert not deliveries(g, "fam1", state="answered")
    assert len(deliveries(g, "fam1", state="open")) == 1
    assert "fam1" in {p["caregiver"] for p in g.incident()["people"]}


def test_removed_device_is_a_stranger(world):
    """"Removing ... something is a tombstone": a device that is gone is not known any more, and its
    press still opens `unassigned`."""
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    world.people("duty1")
    g.ctl("device", "remove", "b1")
    assert g.incident(press(home))["kind"] == "unassigned"
    g.ctl("resident", "remove", "r1")


def test_device_bound_anew(world):
    """"... an open incident stays with its resident when a device is bound anew." """
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    family, grid = world.people("fam1", "grid1")
    g.load("residents", [{"id": "r2", "name": "李大爷", "region": VILLAGE}])
    assert press(home) == 1
    g.ctl("device", "set", "b1", "resident=r2")
    assert g.incident()["resident"] == "r1"
    assert press(home) == 2, "the next press is the new resident's"
    assert (g.incident(2)["resident"], paged(g, 2)) == ("r2", ["grid1"])
    assert family.reply("gw-1-1", "ack")["ok"]
    assert [g.incident(n)["state"] for n in (1, 2)] == ["acked", "open"]
    assert "王秀英" in grid.wait(state="answered")["text"]


def test_bed_move_keeps_the_incident(world):
    """"... an open incident stays with its resident": also when they are moved to another bed."""
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    world.people("fam1", "grid1")
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": VILLAGE, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "inst1"}])
    press(home)
    g.ctl("bed", "move", "r1", "bed1", "--reason", "住院")
    assert (g.incident()["resident"], g.incident()["state"]) == ("r1", "open")
    assert press(home) == 1, "joins: it is still theirs"
    assert g.incident()["alerts"] == 2


def test_bed_move_keeps_its_reason(world):
    """"`bed move RESIDENT BED --reason`": who, when, by whom and why, but no word of it in the log."""
    world.begin([policy()]).village()
    g = world.gateway
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": VILLAGE, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "inst1"},
                    {"id": "bed2", "kind": "institution", "institution": "inst1"}])
    for bed, why in (("bed1", "住院"), ("bed2", "换房"), ("-", "回家")):
        g.ctl("bed", "move", "r1", bed, "--reason", why)
    moves = g.ctl_json("resident", "show", "r1")["moves"]
    assert [(m["from"], m["to"], m["reason"]) for m in moves] == [
        ("bed2", None, "回家"), ("bed1", "bed2", "换房"), (None, "bed1", "住院")]
    assert all(m["resident"] == "r1" and m["by"] and m["at"] for m in moves)
    assert [m["reason"] for m in g.ctl_json("bed", "show", "bed1")["moves"]] == ["换房", "住院"]
    assert "换房" in g.ctl("bed", "show", "bed2")
    assert [(e["type"], e["subject"]) for e in g.events("bed.*")] == [
        ("yijian.bed.assigned", "bed/bed1"), ("yijian.bed.released", "bed/bed1"),
        ("yijian.bed.assigned", "bed/bed2"), ("yijian.bed.released", "bed/bed2")]
    assert "换房" not in json.dumps(g.events(), ensure_ascii=False)


def test_added_people_serve_open_incidents(world):
    """"Who belongs to a level is worked out when it is paged", and who may answer when they do:
    somebody hired this minute may."""
    world.begin([policy()]).village()
    g, home = world.gateway, world.device("b1")
    world.people("fam1", "grid1")
    press(home)
    g.load("caregivers", [{"id": "vol1", "name": "志愿者", "role": "volunteer", "region": VILLAGE}])
    (volunteer,) = world.people("vol1")
    assert volunteer.reply("gw-1-1", "ack")["ok"]
    assert steps(g) == ["opened", "notified", "acked"]


def test_corrected_region_of_an_open_incident(clocked):
    """"Who belongs to a level is worked out when it is paged": with the region that the resident has
    by then, which the log tells "as at the time"."""
    clocked.begin([policy(levels=[level("grid"), level("volunteer"), level("duty")])]).village()
    g, home = clocked.gateway, clocked.device("b1")
    g.load("caregivers", [
        {"id": "vol1", "name": "志愿者", "role": "volunteer", "region": VILLAGE},
        {"id": "vol2", "name": "志愿者", "role": "volunteer", "region": "511781104202"}])
    clocked.people("grid1", "vol1", "vol2")
    press(home, ts=clocked.clock.utc_ms)
    g.ctl("resident", "set", "r1", "region=511781104202")
    clocked.advance(60)
    assert paged(g, level=1) == ["vol2"]
    assert [e["data"]["region"] for e in g.events("incident.notified")] == [VILLAGE, "511781104202"]


def test_people_of_another_bed_may_answer(world):
    """"Anyone who serves the resident ... may answer": where they are now, before anybody there has
    been paged; here the home's device is the bed's."""
    world.begin([policy()]).village()
    g = world.gateway
    g.load("residents", [{"id": "r2", "name": "李大爷", "region": VILLAGE}])
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": "510100000000",
                             "filing": "filed"}])
    g.load("devices", [{"id": "d1", "kind": "bed", "resident": ""}])
    g.load("beds", [{"id": "home1", "kind": "home", "occupant": "r2", "device": "d1"},
                    {"id": "bed1", "kind": "institution", "institution": "inst1"}])
    g.load("caregivers", [{"id": "ward1", "name": "护理员", "role": "care_worker",
                           "institution": "inst1"}])
    home = world.device("d1")
    (ward,) = world.people("ward1")
    press(home)
    assert ward.reply("gw-1-1", "ack")["reason"] == "not_allowed"
    g.ctl("bed", "move", "r2", "bed1", "--reason", "入院")
    assert ward.reply("gw-1-1", "ack")["ok"]
    assert g.incident()["answered_by"] == "ward1"


def test_policy_explain_tells_what_happens(world):
    """`policy explain RESIDENT` says "who would be reached, when, over what": then a press reaches
    exactly those."""
    world.begin([policy(levels=LEVELS)]).village()
    g, home = world.gateway, world.device("b1")
    world.people("fam1", "grid1", "doc1")
    explained = g.ctl_json("policy", "explain", "r1")
    press(home)
    told = sorted(p["caregiver"] for p in explained["levels"][0]["people"])
    assert told == paged(g) == ["fam1", "grid1"]
    assert [lv["after_ms"] for lv in explained["levels"]] == [0, 60000, 180000]
    assert json.dumps(explained["levels"][1]["people"]).count("doc1") == 1


def test_removing_what_is_named(world):
    """"Removing somebody or something is a tombstone": beds, institutions and regions too, and what
    is gone can be there again."""
    world.begin([policy()]).village()
    g = world.gateway
    g.load("regions", [{"code": "511781103201", "name": "石门村"}])
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": VILLAGE, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "inst1",
                     "occupant": "r1"}])
    home = world.device("b1")
    world.people("fam1", "grid1")
    press(home)
    assert g.incident()["bed"] == "bed1"
    g.ctl("bed", "move", "r1", "-", "--reason", "回家")
    g.ctl("bed", "remove", "bed1")
    g.ctl("institution", "remove", "inst1")
    g.ctl("region", "remove", "511781103201")
    for kind in ("bed", "institution", "region"):
        assert g.ctl_json(kind, "list") == []
    shown = g.incident()
    assert (shown["bed"], shown["institution"], shown["state"]) == ("bed1", "inst1", "open")
    assert press(home) == 1
    g.ctl("bed", "add", "bed1", "kind=home", "occupant=r1")
    assert [b["id"] for b in g.ctl_json("bed", "list")] == ["bed1"]
