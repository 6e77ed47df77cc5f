"""Contract, "Opening and joining": whose alert it is, strangers, and the device's clock."""

import json

import pytest

from harness import now_ms, wait_until
from town import deliveries, level, paged, policy, steps

HOME = "511781103201"
STAFF = [level("family", "grid", "nurse", wait="60s"), level("duty")]


def begin(world):
    """Homes and an institution; everybody who may be paged listens. Answers the gateway."""
    world.begin([policy(levels=STAFF), policy("of-res", STAFF), policy("of-inst", STAFF),
                 policy("of-bed", STAFF)])
    g = world.gateway
    g.load("institutions", [
        {"id": "inst1", "name": "石门敬老院", "region": "511781104000", "filing": "filed",
         "policy": "of-inst", "address": "石门镇街道1号", "phone": "000-9"}])
    g.load("residents", [
        {"id": f"r{n}", "name": f"老人{n}", "region": HOME, "address": f"石门村{n}组",
         "policy": "of-res" if n in (1, 3, 4) else ""} for n in range(1, 7)])
    g.load("devices", [
        {"id": "b1", "kind": "button", "resident": "r1"},
        {"id": "b2", "kind": "button", "resident": "r2"},
        {"id": "b3", "kind": "button", "resident": "r3"},
        {"id": "b4", "kind": "button", "resident": "r4"},
        {"id": "d5", "kind": "bed"},
        {"id": "hall", "kind": "button", "institution": "inst1", "place": "二楼走廊"},
        {"id": "spare", "kind": "button", "place": "仓库三号架"},
    ])
    g.load("beds", [
        {"id": "bed3", "kind": "institution", "institution": "inst1", "occupant": "r3"},
        {"id": "bed4", "kind": "institution", "institution": "inst1", "occupant": "r4",
         "policy": "of-bed"},
        {"id": "bed5", "kind": "institution", "institution": "inst1", "occupant": "r5",
         "device": "d5"},
    ])
    g.load("caregivers", [
        {"id": "grid1", "name": "何晓东", "role": "grid", "region": HOME},
        {"id": "nurse1", "name": "郑护士", "role": "nurse", "institution": "inst1"},
        {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781"},
        {"id": "duty9", "name": "外县值班", "role": "duty", "region": "510100"},
        {"id": "seat1", "name": "坐席", "role": "operator"},
    ])
    world.people("grid1", "nurse1", "duty1", "duty9", "seat1")
    return g


def press(world, device, what="call", **more):
    """A press or an alarm; the number of its incident."""
    home = world.device(device)
    call = home.alarm(more.pop("kind"), **more) if what == "alarm" else home.call(**more)
    return int(home.wait(id=call, state="received")["incident"].rsplit("-", 1)[1])


def page_at(world, caregiver):
    who = next(c for c in world.clients if getattr(c, "caregiver", "") == caregiver)
    return who.wait(state="open")


def test_whose_alert_a_resident(world):
    """"Whose alert it is: the device's resident", under "the resident's" policy, at home."""
    g = begin(world)
    shown = g.incident(press(world, "b1"))
    assert (shown["resident"], shown["policy"], shown["bed"]) == ("r1", "of-res", None)
    page = page_at(world, "grid1")["resident"]
    assert (page["id"], page["name"], page["address"]) == ("r1", "老人1", "石门村1组")


def test_whose_policy_default(world):
    """"Whose policy: ... else `default`." """
    g = begin(world)
    assert g.incident(press(world, "b2"))["policy"] == "default"


def test_whose_alert_bed_device(world):
    """"... else the occupant of the bed that names the device"; "The address paged is where the
    bed is." """
    g = begin(world)
    shown = g.incident(press(world, "d5", "alarm", kind="fall"))
    assert (shown["resident"], shown["bed"], shown["institution"]) == ("r5", "bed5", "inst1")
    assert paged(g) == ["nurse1"], "the institution's nurse for the ward"
    page = page_at(world, "nurse1")["resident"]
    assert page["name"] == "老人5"
    assert "石门镇街道1号" in page["address"] and "石门村" not in page["address"]


def test_whose_policy_institution_before_resident(world):
    """"Whose policy: the bed's, else the institution's, else the resident's": without one of its
    own, a bed has the institution's."""
    g = begin(world)
    shown = g.incident(press(world, "b3"))
    assert (shown["resident"], shown["policy"]) == ("r3", "of-inst")
    assert "石门镇街道1号" in page_at(world, "nurse1")["resident"]["address"]


def test_whose_policy_bed_first(world):
    """"Whose policy: the bed's": before the institution's and the resident's."""
    g = begin(world)
    assert g.incident(press(world, "b4"))["policy"] == "of-bed"


def test_address_of_a_bed_whose_institution_has_none(world):
    """"The address paged is where the bed is": never the home that the resident has left."""
    g = begin(world)
    g.load("institutions", [{"id": "inst2", "name": "柳坪卫生院", "region": "511781105000",
                             "filing": "filed"}])
    g.load("residents", [{"id": "r7", "name": "老人7", "region": HOME, "address": "石门村7组"}])
    g.load("devices", [{"id": "b7", "kind": "button", "resident": "r7"}])
    g.load("beds", [{"id": "ward-7", "kind": "hospital", "institution": "inst2",
                     "occupant": "r7"}])
    g.load("caregivers", [{"id": "nurse2", "name": "刘护士", "role": "nurse",
                           "institution": "inst2"}])
    world.people("nurse2")
    press(world, "b7")
    address = page_at(world, "nurse2")["resident"]["address"]
    assert "柳坪卫生院" in address and "ward-7" in address and "石门村" not in address


def test_whose_alert_institution(world):
    """"... else its institution (an incident without a resident, with the institution's address and
    people)." """
    g = begin(world)
    shown = g.incident(press(world, "hall"))
    assert (shown["resident"], shown["institution"], shown["kind"]) == (None, "inst1", "sos")
    assert shown["policy"] == "of-inst"
    assert paged(g) == ["nurse1"]
    page = page_at(world, "nurse1")
    assert "石门镇街道1号" in page["resident"]["address"]
    assert page["resident"]["phone"] == "000-9"
    assert "二楼走廊" in page["text"]


def test_institution_has_an_incident_per_device(world):
    """"several alerts of one resident and kind join one incident": where there is no resident, two
    corridors are two places to go to, and each joins its own."""
    g = begin(world)
    g.load("devices", [{"id": "yard", "kind": "button", "resident": "", "institution": "inst1",
                        "place": "后院"}])
    assert [press(world, device) for device in ("hall", "yard", "hall")] == [1, 2, 1]
    nurse = next(c for c in world.clients if getattr(c, "caregiver", "") == "nurse1")
    assert "二楼走廊" in nurse.wait(state="open", incident="gw-1-1")["text"]
    assert "后院" in nurse.wait(state="open", incident="gw-1-2")["text"]


def test_moved_while_it_is_open(clocked):
    """"The address paged is where the bed is", "Who belongs to a level is worked out when it is
    paged": a resident who has been brought to hospital is not looked for at home."""
    clocked.begin([policy(levels=[level("grid"), level("nurse"), level("duty")]),
                   policy("ward")]).village()
    g = clocked.gateway
    g.load("institutions", [{"id": "hosp", "name": "县医院", "region": "511781001000",
                             "filing": "filed", "address": "县城大道9号", "policy": "ward"}])
    g.load("caregivers", [{"id": "nurse1", "name": "郑护士", "role": "nurse",
                           "institution": "hosp"}])
    g.load("devices", [{"id": "d1", "kind": "bed", "resident": ""}])
    g.load("beds", [{"id": "ward-1", "kind": "hospital", "institution": "hosp", "device": "d1"}])
    grid, nurse = clocked.people("grid1", "nurse1")
    assert press(clocked, "b1") == 1
    assert "石门村" in grid.wait(state="open")["resident"]["address"]
    g.ctl("bed", "move", "r1", "ward-1", "--reason", "ill")
    clocked.advance(60)
    assert "县城大道9号" in nurse.wait(state="open")["resident"]["address"]
    assert press(clocked, "d1") == 1, "it is the resident's incident still"
    assert grid.reply("gw-1-1", "ack")["ok"], "whoever was paged may answer"
    shown = g.incident()
    assert (shown["policy"], shown["bed"], shown["institution"], shown["region"]) == (
        "default", "ward-1", "hosp", "511781001000")
    grid.reply("gw-1-1", "resolve", outcome="hospital")
    g.ctl("bed", "set", "ward-1", "occupant=")
    assert grid.reply("gw-1-1", "ack")["ok"] is False
    assert g.incident()["bed"] == "ward-1", "what has ended stays as it was"


def test_where_in_an_institution(world):
    """"The address paged is where the bed is": also of a bed that nobody lies in; a device whose
    place nobody wrote down is named."""
    g = begin(world)
    g.load("devices", [{"id": d, "kind": "bed", "resident": "", "institution": i}
                       for d, i in (("d7", ""), ("yard", "inst1"))])
    g.load("beds", [{"id": "bed7", "kind": "institution", "institution": "inst1", "device": "d7"}])
    nurse = next(c for c in world.clients if getattr(c, "caregiver", "") == "nurse1")
    assert press(world, "d7") == 1
    page = nurse.wait(state="open", incident="gw-1-1")
    assert page["resident"]["address"] == "石门镇街道1号 bed7" in page["text"]
    assert press(world, "yard") == 2
    assert "yard" in nurse.wait(state="open", incident="gw-1-2")["text"]


def test_status_is_shown_and_ignores_no_call(world):
    """"a `status` (`active`, `away`, `moved`, `deceased`, with `status_until`: shown to those paged,
    never a reason to ignore a call)"; people read the 中文."""
    g = begin(world)
    g.load("residents", [
        {"id": "r1", "name": "老人1", "region": HOME, "status": "away",
         "status_until": "2026-12-01"},
        {"id": "r2", "name": "老人2", "region": HOME, "status": "deceased"}])
    grid = next(c for c in world.clients if getattr(c, "caregiver", "") == "grid1")
    assert press(world, "b1") == 1 and press(world, "b2") == 2
    assert "外出，至2026-12-01" in grid.wait(state="open", incident="gw-1-1")["text"]
    assert "去世" in grid.wait(state="open", incident="gw-1-2")["text"]


def test_institution_with_an_open_incident_stays(world):
    """"Removing somebody or something is ... refused" while an incident that is its own is open."""
    g = begin(world)
    g.load("institutions", [{"id": "inst", "name": "日间照料中心", "region": HOME,
                             "filing": "filed"}])
    g.load("devices", [{"id": "gate", "kind": "button", "resident": "", "institution": "inst"}])
    assert press(world, "gate") == press(world, "hall") - 1 == 1
    g.ctl("device", "remove", "gate")
    refused = g.ctl_raw("institution", "remove", "inst")
    assert refused.returncode == 1 and "open incident" in refused.stderr
    g.ctl("incident", "resolve", "gw-1-1", "--by", "duty1", "--outcome", "helped")
    g.ctl("institution", "remove", "inst")


@pytest.mark.parametrize("device", ["stranger", "revoked", "spare"])
def test_unassigned(world, device):
    """"A call or help alarm from a native device that the broker let in but the directory does not
    know, has revoked or has bound to nobody and nothing opens an `unassigned` incident under
    `default` that pages `duty` and `operator` (with the device's `place`, if known)." """
    g = begin(world)
    if device == "revoked":
        g.load("devices", [{"id": "revoked", "kind": "button", "resident": "r6",
                            "place": "仓库三号架"}])
        g.ctl("device", "revoke", "revoked")
    shown = g.incident(press(world, device))
    assert (shown["kind"], shown["policy"], shown["resident"]) == ("unassigned", "default", None)
    assert paged(g) == ["duty1", "duty9", "seat1"]
    page = page_at(world, "seat1")
    assert page["kind"] == "unassigned"
    assert device not in ("revoked", "spare") or "仓库三号架" in page["text"]
    assert device != "stranger" or "stranger" in page["text"]
    rejected = [e["data"]["reason"] for e in g.events("alert.rejected")]
    assert rejected == {"stranger": ["unknown_device"], "revoked": ["revoked_device"],
                        "spare": []}[device]


def test_unassigned_help_alarms_only(world):
    """"A call or help alarm": a leak of an unknown device opens nothing, smoke and a service call
    do, and each device has its own incident."""
    g = begin(world)
    home = world.device("stranger")
    assert "incident" not in home.wait(id=home.alarm("leak"), state="received")
    assert g.incidents() == []
    assert home.wait(id=home.alarm("smoke"), state="received")["incident"] == "gw-1-1"
    assert home.wait(id=home.call("service"), state="received")["incident"] == "gw-1-1"
    assert press(world, "other") == 2
    assert {i["kind"] for i in g.incidents()} == {"unassigned"}


def test_device_of_several_residents(world):
    """"A device of several residents: the incident belongs to the first, the page names all, and
    whoever serves any of them may answer." """
    g = begin(world)
    g.load("residents", [{"id": "r8", "name": "邻村老人", "region": "511781103202"}])
    g.load("devices", [{"id": "pair", "kind": "button", "resident": "r2;r1;r8"}])
    g.load("caregivers", [
        {"id": "fam1", "name": "王小丽", "role": "family", "residents": "r1"},
        {"id": "fam2", "name": "李大勇", "role": "family", "residents": "r2"},
        {"id": "fam3", "name": "赵小兰", "role": "family", "residents": "r3"},
        {"id": "grid8", "name": "邻村网格", "role": "grid", "region": "511781103202"},
    ])
    first, second, stranger, near = world.people("fam2", "fam1", "fam3", "grid8")
    assert g.incident(press(world, "pair"))["resident"] == "r2"
    page = first.wait(state="open")
    assert page["resident"]["id"] == "r2"
    assert all(name in page["text"] for name in ("老人2", "老人1", "邻村老人"))
    assert stranger.reply("gw-1-1", "ack")["ok"] is False
    assert near.reply("gw-1-1", "note", code="spoke_resident")["ok"], "serves the third by region"
    assert second.reply("gw-1-1", "ack")["ok"]
    assert g.incident()["answered_by"] == "fam1"


def test_device_of_several_residents_joins(world):
    """"A device of several residents: ... the page names all, and whoever serves any of them may
    answer": also when it joins what another device opened; but not once it is bound anew."""
    g = begin(world)
    g.load("devices", [{"id": "pair", "kind": "button", "resident": "r1;r2"}])
    g.load("caregivers", [{"id": "fam2", "name": "李大勇", "role": "family", "residents": "r2"},
                          {"id": "fam5", "name": "赵小兰", "role": "family", "residents": "r5"}])
    second, anew = world.people("fam2", "fam5")
    assert press(world, "b1") == 1
    assert second.reply("gw-1-1", "note", code="no_reply")["ok"] is False
    assert press(world, "pair") == 1
    assert second.reply("gw-1-1", "note", code="no_reply")["ok"]
    g.ctl("incident", "page", "gw-1-1", "--to", "seat1")
    text = page_at(world, "seat1")["text"]
    assert "老人1" in text and "老人2" in text
    g.load("devices", [{"id": "pair", "kind": "button", "resident": "r5"}])
    assert anew.reply("gw-1-1", "ack")["ok"] is False


def test_late(clocked):
    """"An alert whose plausible `ts` (from 2020-01-01 on, at most a day ahead) is older than
    `stale_after` still opens an incident, marked `late`"; "`ts` is for people and records; receipt
    time drives the clocks." """
    g = begin(clocked)
    n = press(clocked, "b1", ts=now_ms() - 3 * 3600 * 1000)
    shown = g.incident(n)
    assert shown["late"] is True
    assert shown["opened_at"] == clocked.clock.text()
    assert shown["next_at"] == clocked.clock.text(60)
    opened = g.events("incident.opened")[0]["data"]
    assert opened["late"] is True
    assert g.events("alert.received")[0]["data"]["late"] is True
    assert "clock" not in g.events("alert.received")[0]["data"]
    assert "迟到" in page_at(clocked, "grid1")["text"]
    assert not g.incident(press(clocked, "b2", ts=now_ms() - 500 * 1000))["late"]


@pytest.mark.parametrize("ts", [1577836799999, 0, -1, "ahead", 2**63 - 1, -2**63])
def test_clock_unknown(clocked, ts):
    """"Any other integer is accepted too and marked `clock: "unknown"`." """
    g = begin(clocked)
    ts = clocked.clock.utc_ms + 86400 * 1000 + 1 if ts == "ahead" else ts
    shown = g.incident(press(clocked, "b1", ts=ts))
    assert (shown["late"], shown["state"]) == (False, "open")
    assert g.events("alert.received")[0]["data"]["clock"] == "unknown"
    assert shown["opened_at"] == clocked.clock.text()


@pytest.mark.parametrize("ts,late", [(1577836800000, True), ("ahead", False)])
def test_clock_plausible(clocked, ts, late):
    """"... plausible `ts` (from 2020-01-01 on, at most a day ahead)": the bounds belong to it."""
    g = begin(clocked)
    ts = clocked.clock.utc_ms + 86400 * 1000 if ts == "ahead" else ts
    assert g.incident(press(clocked, "b1", ts=ts))["late"] is late
    assert "clock" not in g.events("alert.received")[0]["data"]


@pytest.mark.parametrize("button", ["sos", "service", "family"])
def test_kinds_of_calls(world, button):
    """"Kinds: the button of a call (`sos`, `service`, `family`)": """
    g = begin(world)
    assert g.incident(press(world, "b1", button=button))["kind"] == button


def test_kinds_of_alarms(world):
    """"... the `kind` of an alarm, and the gateway's own (`unreadable` ...)": each an incident of
    its own, all of them a call for help or not, without an answer's outcome as the kind wants."""
    g = begin(world)
    home = world.device("b1")
    kinds = ["fall", "smoke", "gas", "leak", "bed_exit", "inactivity", "vital", "wander"]
    for kind in kinds:
        home.wait(id=home.alarm(kind), state="received")
    home.say("call", '{"id": "x", "button": 7}')
    home.wait(id="x", state="received")
    assert sorted(i["kind"] for i in g.incidents()) == sorted(kinds + ["unreadable"])


@pytest.mark.parametrize("kind,needs", [
    ("sos", True), ("fall", True), ("smoke", True), ("gas", True), ("wander", True),
    ("inactivity", True), ("leak", False), ("bed_exit", False), ("vital", False),
    ("service", False), ("family", False)])
def test_resolving_a_call_for_help_takes_an_outcome(world, kind, needs):
    """"Resolving a call for help takes an `outcome`: `helped`, `hospital`, `false_alarm`, `test`,
    `device_fault`, `deceased`, `other`." """
    g = begin(world)
    call = kind in ("sos", "service", "family")
    press(world, "b1", *([] if call else ["alarm"]), **{"button" if call else "kind": kind})
    seat = next(c for c in world.clients if getattr(c, "caregiver", "") == "seat1")
    result = seat.reply("gw-1-1", "resolve")
    assert result["ok"] is not needs
    if needs:
        assert result["reason"] == "outcome_required"
        assert g.incident()["state"] == "open"
        assert seat.reply("gw-1-1", "resolve", outcome="device_fault")["ok"]
        assert g.incident()["outcome"] == "device_fault"
    assert g.incident()["state"] == "resolved"
    assert steps(g)[-2:] == ["acked", "resolved"]


def test_outcomes(world):
    """"... `helped`, `hospital`, `false_alarm`, `test`, `device_fault`, `deceased`, `other`": these
    and no others."""
    g = begin(world)
    home = world.device("b1")
    seat = next(c for c in world.clients if getattr(c, "caregiver", "") == "seat1")
    words = ["helped", "hospital", "false_alarm", "test", "device_fault", "deceased", "other"]
    for n, word in enumerate(words, 1):
        home.wait(id=home.call(), state="received")
        assert seat.reply(f"gw-1-{n}", "resolve", outcome="fine")["ok"] is False
        assert seat.reply(f"gw-1-{n}", "resolve", outcome=word)["ok"]
    done = [e["data"]["outcome"] for e in g.events("incident.resolved")]
    assert done == words


def test_test_press(clocked):
    """"A test: within 5 minutes of an installer's or operator's command one press of that device is
    a test and pages nobody; a second press, an alarm or a late message is real." """
    g = begin(clocked)
    home = clocked.device("b1")
    g.ctl("device", "test", "b1")
    clocked.advance(299)
    call = json.dumps({"id": "t", "ts": clocked.clock.utc_ms, "button": "sos"})
    home.say("call", call)
    assert "incident" not in home.wait(id="t", state="received")
    assert g.incidents(True) == []
    received = g.events("alert.received")[0]["data"]
    assert received["test"] is True and "incident" not in received
    home.say("call", call)  # the same press, repeated by the device
    home.wait(2, id="t", state="received")
    assert g.incidents(True) == []
    second = home.call(ts=clocked.clock.utc_ms)
    assert home.wait(id=second, state="received")["incident"] == "gw-1-1"
    assert paged(g) == ["grid1"]


@pytest.mark.parametrize("what", ["alarm", "late", "after", "other device"])
def test_test_that_is_none(clocked, what):
    """"... a second press, an alarm or a late message is real", and so is one after the 5 minutes
    and one of another device."""
    g = begin(clocked)
    g.ctl("device", "test", "b1")
    if what == "alarm":
        n = press(clocked, "b1", "alarm", kind="fall")
    elif what == "late":
        n = press(clocked, "b1", ts=now_ms() - 11 * 60 * 1000)
    elif what == "after":
        clocked.advance(301)
        n = press(clocked, "b1", ts=clocked.clock.utc_ms)
    else:
        n = press(clocked, "b2")
    assert n == 1
    assert deliveries(g, "grid1", state="open")
    wait_until(lambda: g.events("incident.opened"))
    assert not g.events("alert.received")[0]["data"].get("test")


def test_test_press_that_is_late_by_its_policy(clocked):
    """"... or a late message is real": late is what is older than `stale_after`."""
    clocked.begin([policy(stale_after="60s")]).village()
    g, home = clocked.gateway, clocked.device("b1")
    clocked.people("fam1", "grid1")
    g.ctl("device", "test", "b1")
    home.wait(id=home.call(ts=clocked.clock.utc_ms - 61000), state="received")
    assert g.incident()["late"] is True
    home.wait(id=home.call(ts=clocked.clock.utc_ms - 59000), state="received")
    assert g.incident()["alerts"] == 1, "the test is still expected"


def test_long_text_is_cut_between_characters(world):
    """The page carries what the resident said; of much, as much as fits, in whole characters."""
    world.begin().village()
    grid = world.caregiver("grid1")
    world.device("b1").call(text="ab" + "救" * 3000)
    text = grid.wait(state="open")["text"]
    assert "“ab救救救" in text and text.endswith("救”") and "\ufffd" not in text
