"""Contract, "Answering": who may answer, who ends the search, what the others hear."""

import json

import pytest

from harness import wait_until
from town import deliveries, level, paged, policy, status_of, steps


def begin(world, names=("fam1", "grid1", "doc1", "duty1"), **more):
    """A village with everybody listening: gateway, home, people."""
    world.begin([policy(**more)]).village()
    g = world.gateway
    g.load("residents", [{"id": "r2", "name": "李大爷", "region": "511781103202"}])
    g.load("caregivers", [
        {"id": "seat1", "name": "坐席", "role": "operator", "region": "510100"},
        {"id": "fam2", "name": "别家女儿", "role": "family", "residents": "r2"},
        {"id": "vol1", "name": "志愿者", "role": "volunteer", "region": "511781103201"}])
    return (g, world.device("b1"), *world.people(*names))


def opened(world, *args, **more):
    """The same after a press: and the call's id."""
    g, home, *people = begin(world, *args, **more)
    call = home.call()
    home.wait(id=call, state="received")
    return (g, home, *people, call)


@pytest.mark.quick
def test_who_may_answer(world):
    """"Anyone who serves the resident or was paged may answer, and any operator; others get
    `ok: false` and a `user.denied` event." """
    g, _, volunteer, seat, stranger, nobody, _ = opened(world, ("vol1", "seat1", "fam2", "ghost"))
    assert volunteer.reply("gw-1-1", "note", code="no_reply")["ok"], "serves, was not paged"
    assert seat.reply("gw-1-1", "note", code="no_reply")["ok"], "any operator"
    before = g.incident()
    for action in ("ack", "decline", "arrive", "resolve", "note"):
        result = stranger.reply("gw-1-1", action, outcome="helped")
        assert (result["ok"], result["reason"]) == (False, "not_allowed")
    assert nobody.reply("gw-1-1", "ack")["ok"] is False
    after = g.incident()
    assert [after[k] for k in ("state", "people", "next_at", "notes")] == [
        before[k] for k in ("state", "people", "next_at", "notes")]
    denied = [e["data"].get("caregiver") for e in g.events("user.denied")]
    assert denied[:5] == ["fam2"] * 5 and len(denied) == 6, "the sixth is nobody the directory knows"
    assert "incident" in g.events("user.denied")[0]["data"]


def test_paged_by_hand_may_answer(world):
    """"Anyone who ... was paged may answer": here somebody who serves another village; "`incident
    page` pages a chosen person at any time, whose `going` then takes over." """
    g, home, grid, far, call = opened(world, ("grid1", "fam2"))
    grid.reply("gw-1-1", "ack")
    home.wait(id=call, state="answered")
    assert far.reply("gw-1-1", "ack")["ok"] is False
    g.ctl("incident", "page", "gw-1-1", "--to", "fam2")
    far.wait(state="open")
    assert g.events("incident.paged")[0]["data"]["caregiver"] == "fam2"
    assert g.incident()["answered_by"] == "grid1"
    assert far.reply("gw-1-1", "ack")["ok"]
    assert g.incident()["answered_by"] == "fam2"
    assert home.wait(2, id=call, state="answered")["by"] == "别家女儿"
    grid.wait(2, state="answered")


def test_page_by_hand_remote_does_not_take_over(world):
    """"... whose `going` then takes over": their `remote` does not."""
    g, _, grid, far, _ = opened(world, ("grid1", "fam2"))
    grid.reply("gw-1-1", "ack")
    g.ctl("incident", "page", "gw-1-1", "--to", "fam2")
    far.wait(state="open")
    assert far.reply("gw-1-1", "ack", how="remote")["ok"]
    assert g.incident()["answered_by"] == "grid1"


@pytest.mark.parametrize("who,on_site,how,state", [
    ("grid1", "", None, "acked"), ("grid1", "no", None, "open"), ("grid1", "no", "going", "acked"),
    ("grid1", "", "remote", "open"), ("seat1", "", None, "open"), ("seat1", "yes", None, "acked"),
    ("seat1", "", "going", "acked")])
def test_going_or_remote(world, who, on_site, how, state):
    """"An answer is `going` or `remote`; without `how` it is `going` for a caregiver whose
    `on_site` is true (the default, but for `operator`)." """
    g, _, caregiver, _ = opened(world, (who,))
    if on_site:
        g.ctl("caregiver", "set", who, f"on_site={on_site}")
    assert caregiver.reply("gw-1-1", "ack", **({"how": how} if how else {}))["ok"]
    assert g.incident()["state"] == state
    assert ("contacted" in steps(g)) is (state == "open")


def test_first_going_wins(clocked):
    """"The first `ack` that is `going` wins; in the same transaction all pending pages are
    cancelled, those paged get `answered`, and the second one's `result` says who was first." """
    g, home, family, grid, doctor, duty, call = opened(clocked, inform=["volunteer"])
    volunteer = clocked.caregiver("vol1")
    clocked.advance(60)
    doctor.wait(state="open")
    first = grid.reply("gw-1-1", "ack")
    assert first["ok"] and "by" not in first
    second = family.reply("gw-1-1", "ack")
    assert second["ok"] is True and second["by"] == "何晓东"
    for who in (family, doctor, volunteer):
        assert "何晓东" in who.wait(state="answered")["text"]
    answer = home.wait(id=call, state="answered")
    assert answer["by"] == "何晓东" and "何晓东" in answer["text"]
    shown = g.incident()
    assert (shown["state"], shown["answered_by"]) == ("acked", "grid1")
    clocked.advance(600)
    assert not duty.pages(), "no page after the answer"
    assert steps(g).count("acked") == 1
    ids = [p["id"] for c in (family, doctor, volunteer) for p in c.pages()]
    assert len(set(ids)) == len(ids), "news have an id of their own"


def test_remote_ends_nothing(clocked):
    """"**Only somebody who goes there ends the search.**" "A `remote` answer ... is
    `incident.contacted`: told to those paged and to the home ..., it stops neither pages nor
    clock, but once per incident it may hold the next level back for `verify_within`." """
    g, home, family, grid, doctor, duty, call = opened(clocked)
    clocked.advance(50)
    assert family.reply("gw-1-1", "ack", how="remote")["ok"]
    assert "王小丽" in grid.wait(state="contacted")["text"]
    told = home.wait(id=call, state="answered")
    assert told["by"] == "王小丽" and "正在找附近的人" in told["text"]
    shown = g.incident()
    assert (shown["state"], shown["answered_by"]) == ("open", None)
    assert shown["next_at"] == clocked.clock.text(120), "held back for verify_within, 2 minutes"
    clocked.advance(119)
    assert g.incident()["level"] == 0
    clocked.advance(1)
    doctor.wait(state="open")
    due = g.incident()["next_at"]
    assert due == clocked.clock.text(120)
    clocked.advance(100)
    assert grid.reply("gw-1-1", "ack", how="remote")["ok"]
    assert g.incident()["next_at"] == due, "once per incident"
    clocked.advance(20)
    duty.wait(state="open")
    assert [e["data"]["caregiver"] for e in g.events("incident.contacted")] == ["fam1", "grid1"]


def test_remote_early_in_a_long_level(clocked):
    """"... it stops neither pages nor clock": a level that lasts longer than `verify_within` keeps
    its time."""
    g, _, family, *_ = opened(clocked, levels=[level("family", "grid", wait="10m"), level("duty")])
    family.reply("gw-1-1", "ack", how="remote")
    assert g.incident()["next_at"] == clocked.clock.text(600)


def test_remote_does_not_hold_with_zero(clocked):
    """"... may hold the next level back for `verify_within`": 0 s holds nothing."""
    g, _, family, *_ = opened(clocked, verify_within="0s")
    clocked.advance(30)
    family.reply("gw-1-1", "ack", how="remote")
    assert g.incident()["next_at"] == clocked.clock.text(30)


def test_remote_of_last_remaining_counts_as_neither(world):
    """"it stops neither pages nor clock": a remote answer is no decline either."""
    g, _, family, grid, *_ = opened(world)
    family.reply("gw-1-1", "ack", how="remote")
    grid.reply("gw-1-1", "decline")
    assert g.incident()["level"] == 0


@pytest.mark.parametrize("eta,due_s", [(None, 1800), (10, 1800), (40, 2700), (600, 5400),
                                       (5000, 5400), (2**40, 5400)])
def test_eta(clocked, eta, due_s):
    """"With `eta` the arrival is due at eta + 5 minutes, not before `arrive_within` and not after
    `arrive_max`; at two thirds of the time the person gets `remind`." """
    g, _, _, grid, *_ = opened(clocked)
    assert grid.reply("gw-1-1", "ack", **({} if eta is None else {"eta": eta}))["ok"]
    remind = due_s * 2 // 3
    assert g.incident()["next_at"] == clocked.clock.text(remind)
    clocked.advance(remind)
    assert grid.wait(state="remind")["incident"] == "gw-1-1"
    assert g.incident()["next_at"] == clocked.clock.text(due_s - remind)
    clocked.advance(due_s - remind - 1)
    assert (g.incident()["state"], len(deliveries(g, state="remind"))) == ("acked", 1)
    clocked.advance(1)
    assert g.events("incident.reopened")[0]["data"]["reason"] == "arrival_overdue"


def test_arrive_and_resolve_count_as_answers(world):
    """"`open` → `acked` → `arrived` → `resolved`"; "`arrive` and `resolve` by somebody who had not
    answered count as their answer too." """
    g, home, family, grid, doctor, _, call = opened(world)
    assert grid.reply("gw-1-1", "arrive")["ok"]
    assert g.incident()["state"] == "arrived"
    assert home.wait(id=call, state="arrived")["by"] == "何晓东"
    assert "何晓东" in family.wait(state="arrived")["text"]
    acked = g.events("incident.acked")
    assert [(e["data"]["caregiver"], e["data"]["how"]) for e in acked] == [("grid1", "going")]
    assert doctor.reply("gw-1-1", "resolve", outcome="hospital")["ok"]
    assert [e["data"]["caregiver"] for e in g.events("incident.acked")] == ["grid1", "doc1"]
    shown = g.incident()
    assert (shown["state"], shown["outcome"]) == ("resolved", "hospital")
    home.wait(id=call, state="closed")
    family.wait(state="closed")
    grid.wait(state="closed")


def test_inform(world):
    """News are "to all who were paged or are informed"; who is informed is told of opening, answer,
    arrival and end, and never asked."""
    g, home, family, grid, *_ = opened(world, ("fam1", "grid1"), levels=[level("grid"),
                                                                         level("duty")],
                                       inform=["family"])
    opening = family.wait(state="open")
    assert "answer_by" not in opening and opening["text"].startswith("【告知】")
    assert status_of(g, "fam1") == "informed"
    assert g.events("incident.notified")[0]["data"]["people"] == 1
    grid.reply("gw-1-1", "ack")
    grid.reply("gw-1-1", "arrive")
    grid.reply("gw-1-1", "resolve", outcome="helped")
    family.wait(state="closed")
    assert [p["state"] for p in family.pages()] == ["open", "answered", "arrived", "closed"]


def test_news_for_who_answers_unasked(world):
    """News are "to all who were paged or are informed", "and also to whoever answered": a volunteer
    whom nobody had asked hears that it was taken back, who has arrived and that it is over, and is
    not asked by the answer."""
    g, home, _, grid, volunteer, _ = opened(world, ("fam1", "grid1", "vol1"))
    assert volunteer.reply("gw-1-1", "ack")["ok"]
    home.wait(id=home.cancel(), state="received")
    volunteer.wait(state="withdrawn")
    grid.reply("gw-1-1", "arrive")
    assert "何晓东" in volunteer.wait(state="arrived")["text"]
    grid.reply("gw-1-1", "decline")
    home.wait(state="searching")
    grid.reply("gw-1-1", "resolve", outcome="helped")
    volunteer.wait(state="closed")
    assert "vol1" not in paged(g)


def test_whole_names(world):
    """`by` is the "name of who was first": all of it, as long as the directory takes one."""
    g, home, family, grid, *_ = begin(world)
    name = "ab" + "王" * 42
    assert len(name.encode()) == 128
    g.ctl("caregiver", "set", "grid1", f"name={name}")
    call = home.call()
    home.wait(id=call, state="received")
    grid.reply("gw-1-1", "ack")
    assert family.reply("gw-1-1", "ack")["by"] == name
    assert home.wait(id=call, state="answered")["by"] == name


def test_what_each_role_may_read(world):
    """`access` (how to get in) goes to those who may go there, `health` to `doctor`, `nurse` and
    `operator` alone."""
    g, home, *rest = begin(world, ("fam1", "grid1", "doc1", "seat1", "nurse1", "far1"),
                                   levels=[level("family", "grid", "doctor", "operator", "nurse")])
    g.load("caregivers", [
        {"id": "nurse1", "name": "护士", "role": "nurse", "region": "511781"},
        {"id": "seat1", "name": "坐席", "role": "operator", "region": ""},
        {"id": "far1", "name": "远方儿子", "role": "family", "residents": "r1", "on_site": "no"}])
    family, grid, doctor, seat, nurse, far = rest
    home.wait(id=home.call(), state="received")

    def seen(who):
        resident = who.wait(state="open")["resident"]
        return "access" in resident, "health" in resident
    assert seen(family) == (True, False)
    assert seen(grid) == (True, False)
    assert seen(doctor) == (True, True)
    assert seen(nurse) == (True, True)
    assert seen(seat) == (False, True)
    assert seen(far) == (False, False)
    assert doctor.find(state="open")[0]["resident"]["health"] == "高血压"
    assert grid.find(state="open")[0]["resident"]["phone"] == "000-1"


def test_results(world):
    """`ok` is also true for a welcome second; a repeated reply gets the same again, an unreadable
    one with a readable id `false`."""
    g, _, family, grid, doctor, _, _ = opened(world)
    grid.reply("gw-1-1", "ack")
    first = family.reply("gw-1-1", "ack", id="f-1", ts=7)
    grid.reply("gw-1-1", "resolve", outcome="helped")
    topic = "yj/v1/cg/fam1/reply"
    family.publish(topic, {"id": "f-1", "incident": "gw-1-1", "action": "ack", "ts": 7})
    wait_until(lambda: len(family.find(id="f-1")) == 2)
    assert family.find(id="f-1") == [first, first] and first["ok"] and first["by"] == "何晓东"
    late = family.reply("gw-1-1", "ack")
    assert (late["ok"], late["reason"]) == (False, "closed")
    assert family.reply("gw-1-9", "ack")["reason"] == "unknown_incident"
    family.publish(topic, {"id": "f-2", "incident": "gw-1-1", "action": "dance", "ts": 7})
    assert family.wait(id="f-2")["ok"] is False
    family.publish(topic, json.dumps({"id": "f-3", "incident": 7}))
    assert family.wait(id="f-3")["ok"] is False
    assert len(g.events("incident.noted")) == 1, "the repeated reply did nothing"


def test_operators_commands(world):
    """`yijianctl incident ack, arrive, resolve, cancel, page, note` are the same door: the event
    says who (`caregiver`), and by which account (`actor`)."""
    g, home, family, grid, doctor, _, call = opened(world)
    g.ctl("incident", "ack", "gw-1-1", "--by", "fam1", "--how", "remote")
    g.ctl("incident", "note", "gw-1-1", "--code", "called_120", "--text", "救护车在路上")
    g.ctl("incident", "ack", "gw-1-1", "--by", "grid1")
    assert home.wait(id=call, state="answered", by="何晓东")
    g.ctl("incident", "arrive", "gw-1-1", "--by", "grid1")
    refused = g.ctl_raw("incident", "resolve", "gw-1-1", "--by", "grid1")
    assert refused.returncode in (1, 2)
    refused = g.ctl_raw("incident", "cancel", "gw-1-1", "--by", "grid1", "--reason", "test")
    assert refused.returncode == 1, "from `open` or `acked` also `cancelled`, not from `arrived`"
    g.ctl("incident", "resolve", "gw-1-1", "--by", "grid1", "--outcome", "helped", "--note", "好")
    assert steps(g) == ["opened", "notified", "contacted", "noted", "acked", "arrived", "resolved"]
    assert all(e["data"].get("actor") for e in g.events("incident.*")[2:])
    noted = g.events("incident.noted")[0]["data"]
    assert noted["code"] == "called_120"
    assert "救护车" not in json.dumps(g.events(), ensure_ascii=False), "no free text in the log"
    assert [n["text"] for n in g.incident()["notes"]] == ["救护车在路上", "好"]
    assert g.ctl_raw("incident", "ack", "gw-1-1", "--by", "nobody").returncode == 1
    assert g.ctl_raw("incident", "ack", "gw-1-7", "--by", "grid1").returncode == 1
    assert g.ctl_raw("incident", "page", "gw-1-7", "--to", "grid1").returncode == 1
    assert g.http("/readyz")[0] == 200, "a refused command is no trouble of the gateway"
    assert "commit_failed" not in g.log.read_text()


@pytest.mark.parametrize("state", ["open", "acked"])
def test_cancel_by_an_operator(world, state):
    """"from `open` or `acked` also `cancelled`" """
    g, home, family, grid, _, _, call = opened(world)
    if state == "acked":
        grid.reply("gw-1-1", "ack")
    g.ctl("incident", "cancel", "gw-1-1", "--by", "duty1", "--reason", "误按")
    home.wait(id=call, state="closed")
    family.wait(state="closed")
    assert g.incident()["state"] == "cancelled"
    assert g.incidents() == []


def test_cancel_in_the_name_of_somebody(world):
    """"Anyone who serves the resident or was paged may answer, and any operator; others get ... a
    `user.denied` event": nobody else ends it by `incident cancel` either."""
    g, _, family, *_ = opened(world)
    for by, why in (("fam2", "not allowed"), ("nobody", "unknown caregiver")):
        done = g.ctl_raw("incident", "cancel", "gw-1-1", "--by", by, "--reason", "误按")
        assert done.returncode == 1 and why in done.stderr
    assert [(e["data"].get("caregiver"), e["data"]["action"]) for e in g.events("user.denied")] == [
        ("fam2", "cancel"), (None, "cancel")]
    assert (g.incident()["state"], g.incident()["notes"]) == ("open", [])
    done = g.ctl_raw("incident", "cancel", "gw-1-9", "--by", "fam1", "--reason", "误按")
    assert done.returncode == 1
    g.ctl("incident", "cancel", "gw-1-1", "--by", "seat1", "--reason", "误按")
    assert [n["text"] for n in g.incident()["notes"]] == ["误按"]
    done = g.ctl_raw("incident", "cancel", "gw-1-1", "--by", "seat1", "--reason", "误按")
    assert done.returncode == 1 and "closed" in done.stderr
    assert family.wait(state="closed")


def test_refused_reply_leaves_nothing(world):
    """"Resolving a call for help takes an `outcome`": a reply that gets `ok: false` leaves no note
    behind, neither twice when it is said again nor in an incident that has ended."""
    g, _, family, grid, *_ = opened(world)
    assert grid.reply("gw-1-1", "resolve", note="扶起来了")["reason"] == "outcome_required"
    assert g.incident()["notes"] == []
    assert grid.reply("gw-1-1", "resolve", note="扶起来了", outcome="helped")["ok"]
    assert family.reply("gw-1-1", "note", note="谢谢")["reason"] == "closed"
    assert [n["text"] for n in g.incident()["notes"]] == ["扶起来了"]


def test_note_in_the_name_of_somebody(world):
    """"Anyone who serves the resident or was paged may answer, and any operator; others get ... a
    `user.denied` event": also by `incident note --by`. The event says what it was about."""
    g, *_ = opened(world)
    done = g.ctl_raw("incident", "note", "gw-1-1", "--by", "fam2", "--code", "need_help", "--text", "x")
    assert done.returncode == 1 and "not allowed" in done.stderr
    shown = g.incident()
    assert (shown["level"], shown["notes"]) == (0, [])
    denied = g.events("user.denied")[0]["data"]
    assert {k: denied[k] for k in ("incident", "resident", "caregiver", "kind", "region", "via")} == {
        "incident": "gw-1-1", "resident": "r1", "caregiver": "fam2", "kind": "sos",
        "region": "511781103201", "via": "ctl"}
    g.ctl("incident", "note", "gw-1-1", "--by", "fam1", "--code", "called_120", "--text", "在路上")
    g.ctl("incident", "note", "gw-1-1", "--code", "called_110", "--text", "坐席")
    assert [(n["caregiver"], n["text"]) for n in g.incident()["notes"]] == [("fam1", "在路上"),
                                                                            (None, "坐席")]
    assert [e["data"]["code"] for e in g.events("incident.noted")] == ["called_120", "called_110"]


def test_notes_and_need_help(clocked):
    """"Notes are codes (`called_120`, ...) with optional text; `need_help` pages the next level and
    leaves the state." """
    g, _, family, grid, doctor, duty, _ = opened(clocked)
    for code in ("called_120", "called_119", "called_110", "spoke_resident", "no_reply",
                 "called_family", "other"):
        assert family.reply("gw-1-1", "note", code=code, note="说明")["ok"]
    assert g.incident()["level"] == 0
    grid.reply("gw-1-1", "arrive")
    assert grid.reply("gw-1-1", "note", code="need_help")["ok"]
    doctor.wait(state="open")
    assert g.incident()["state"] == "arrived"
    assert paged(g, level=1) == ["doc1"]
    assert [e["data"]["code"] for e in g.events("incident.noted")][-1] == "need_help"
    clocked.advance(600)
    assert not duty.pages(), "while an answer stands, levels climb only as they are exhausted"


def test_need_help_while_open(clocked):
    """"`need_help` pages the next level and leaves the state" also of an open incident."""
    g, _, family, _, doctor, *_ = opened(clocked)
    family.reply("gw-1-1", "note", code="need_help")
    doctor.wait(state="open")
    shown = g.incident()
    assert (shown["state"], shown["level"]) == ("open", 1)
    assert shown["next_at"] == clocked.clock.text(120)
