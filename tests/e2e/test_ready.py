"""`yijianctl ready`, and what it rests on: tests of channels, tests of buttons."""

import json

from harness import wait_until

DAY_S = 24 * 3600


def ready(gateway, *words):
    """What `ready` lists; its exit code says the same."""
    done = gateway.ctl_raw("ready", *words, "--json")
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def what(findings, resident="r1"):
    return sorted(f["what"] for f in findings if f["resident"] == resident)


def one(findings, kind, **members):
    return next(f for f in findings if f["what"] == kind
                and all(f[k] == v for k, v in members.items()))


def confirm(world, *people):
    """Each is sent a test over mqtt and confirms it."""
    for name in people:
        who = world.caregiver(name)
        notice = world.gateway.ctl_json("caregiver", "verify", name)["notice"]
        assert who.wait(incident=notice, state="notice")["text"]
        assert who.reply(notice, "ack")["ok"]


def press_test(world, device="b1"):
    button = world.device(device)
    world.gateway.ctl("device", "test", device)
    id = button.call()
    button.wait(id=id, state="received")


def well(world):
    """A village in which nothing is amiss."""
    world.begin().village()
    world.gateway.ctl("caregiver", "set", "fam1", "on_site=no")
    confirm(world, "fam1", "grid1", "doc1", "duty1")
    press_test(world)
    return world.gateway


def test_all_is_well(world):
    g = well(world)
    assert ready(g) == []
    done = g.ctl_raw("ready")
    assert (done.returncode, done.stdout) == (0, "every home is ready\n")
    # a code with a wrong digit does not say that all is well
    done = g.ctl_raw("ready", "--region", "519999")
    assert (done.returncode, done.stdout) == (0, "there are no homes\n")
    assert g.incidents(everything=True) == []


def test_a_new_village_is_not_ready(world):
    g = world.begin().village().gateway
    found = ready(g)
    assert what(found) == ["few_contacts", "not_proved", "not_tested"]
    few = one(found, "few_contacts")
    assert (few["verified"], few["contacts"], few["resident_name"], few["region"]) == \
        (0, 4, "王秀英", "511781103201")
    unproved = one(found, "not_proved")["caregivers"]
    assert sorted(c["caregiver"] for c in unproved) == ["doc1", "duty1", "fam1", "grid1"]
    assert all(c["channels"] == ["mqtt"] for c in unproved)
    assert one(found, "not_tested")["devices"] == ["b1"]
    assert one(found, "not_tested")["tested_at"] is None
    undecided = one(found, "on_site_undecided")
    assert (undecided["caregiver"], undecided["role"], undecided["resident"]) == \
        ("fam1", "family", None)
    assert len(found) == 4
    table = g.ctl_raw("ready")
    assert table.returncode == 1 and "0 of 4 people" in table.stdout and "王秀英" in table.stdout


def test_three_verified_contacts_are_enough(world):
    g = world.begin().village().gateway
    confirm(world, "fam1", "grid1")
    assert one(ready(g), "few_contacts")["verified"] == 2
    confirm(world, "doc1")
    found = ready(g)
    assert what(found) == ["not_proved", "not_tested"]
    assert [c["caregiver"] for c in one(found, "not_proved")["caregivers"]] == ["duty1"]


def test_an_unproved_second_channel_is_named(world, hooks):
    hook = hooks()
    world.begin(webhooks=[{"name": "app", "url": hook.url}]).village()
    g = world.gateway
    g.ctl("caregiver", "set", "grid1", "channels=mqtt;webhook:app")
    confirm(world, "grid1")
    entry = next(c for c in one(ready(g), "not_proved")["caregivers"]
                 if c["caregiver"] == "grid1")
    assert entry["channels"] == ["webhook:app"]
    # one proved channel makes a verified contact
    assert one(ready(g), "few_contacts")["verified"] == 1


def test_works_while_the_gateway_is_down(world):
    g = well(world)
    g.ctl("device", "add", "b2", "kind=button", "resident=r1")
    g.ctl("resident", "add", "r2", "name=李桂芳", "region=511781103202")
    before = ready(g)
    g.stop()
    assert ready(g) == before and what(before, "r2") == ["few_contacts", "not_tested"]


def test_after_31_days_all_is_to_be_proved_again(clocked):
    clocked.begin = lambda: begin_in_the_past(clocked, 30.9)
    g = well(clocked)
    assert ready(g) == []


def test_tests_older_than_31_days_do_not_count(clocked):
    clocked.begin = lambda: begin_in_the_past(clocked, 31.1)
    g = well(clocked)
    found = ready(g)
    assert what(found) == ["few_contacts", "not_proved", "not_tested"]
    assert one(found, "not_tested")["tested_at"] is not None


def begin_in_the_past(world, days):
    from town import ClockWorld
    prepare = world.prepare

    def earlier(gateway):
        prepare(gateway)
        world.clock.utc_ms -= round(days * DAY_S * 1000)
        world.clock.write()
    world.prepare = earlier
    return ClockWorld.begin(world)


def test_region_narrows_it(world):
    g = world.begin().village().gateway
    g.load("residents", [{"id": "r2", "name": "李桂芳", "region": "511781104001"}])
    g.load("caregivers", [{"id": "op1", "name": "坐席", "role": "operator"},
                          {"id": "op2", "name": "外县坐席", "role": "operator",
                           "region": "511782"}])
    found = ready(g, "--region", "511781104000")
    assert {f["resident"] for f in found} == {"r2", None}
    assert [f["caregiver"] for f in found if f["what"] == "on_site_undecided"] == ["op1"]
    found = ready(g, "--region", "511781")
    assert {f["resident"] for f in found} == {"r1", "r2", None}
    assert sorted(f["caregiver"] for f in found if f["what"] == "on_site_undecided") == \
        ["fam1", "op1"]
    assert g.ctl_raw("ready", "--region", "village").returncode == 2


def test_who_has_moved_or_died_is_no_home(world):
    g = world.begin().village().gateway
    g.ctl("resident", "set", "r1", "status=moved")
    assert what(ready(g)) == []
    g.ctl("resident", "set", "r1", "status=away")
    assert what(ready(g)) != []


def test_a_home_for_which_nobody_would_be_called(world):
    alone = {"name": "alone", "levels": [{"notify": ["neighbor", "caregiver:nobody"]}]}
    from harness import DEFAULT_POLICY
    g = world.begin(policies=[DEFAULT_POLICY, alone]).village().gateway
    g.ctl("resident", "set", "r1", "policy=alone")
    finding = one(ready(g), "uncovered")
    assert (finding["policy"], finding["kind"], finding["at"]) == ("alone", "sos", None)
    g.load("caregivers", [{"id": "n1", "name": "邻居", "role": "neighbor", "residents": "r1"}])
    assert "uncovered" not in what(ready(g))


def test_a_kind_with_levels_of_its_own_counts_too(world):
    smoke = {"name": "default", "levels": [{"notify": ["duty"]}],
             "kinds": [{"kind": "smoke", "levels": [{"notify": ["provider"]}]},
                       {"kind": "service", "levels": [{"notify": ["nurse"]}]}]}
    g = world.begin(policies=[smoke]).village().gateway
    assert [f["kind"] for f in ready(g) if f["what"] == "uncovered"] == ["smoke"]


def test_a_device_that_serves_another_home_is_tested_there_anew(world):
    g = well(world)
    g.load("residents", [{"id": "r2", "name": "李桂芳", "region": "511781103201"}])
    g.ctl("device", "set", "b1", "resident=r2")
    assert "not_tested" in what(ready(g)) and "not_tested" in what(ready(g), "r2")
    press_test(world)
    assert "not_tested" not in what(ready(g), "r2")


def test_the_device_of_a_bed_is_tested_for_its_occupant(world):
    g = world.begin().village().gateway
    g.load("residents", [{"id": "r2", "name": "李桂芳", "region": "511781103201"}])
    g.load("devices", [{"id": "bed1", "kind": "bed", "resident": ""}])
    g.load("beds", [{"id": "k1", "kind": "home", "occupant": "r2", "device": "bed1"}])
    assert one(ready(g), "not_tested", resident="r2")["devices"] == ["bed1"]
    press_test(world, "bed1")
    assert "not_tested" not in what(ready(g), "r2")


# ── caregiver verify ──

def reach(gateway, name):
    return {c["channel"]: c for c in gateway.ctl_json("caregiver", "show", name)["reach"]}


def test_verify_goes_over_each_channel_and_is_shown(world, hooks):
    hook = hooks(500, 500, 500)
    world.begin(webhooks=[{"name": "app", "url": hook.url, "attempts": 1}]).village()
    g = world.gateway
    g.ctl("caregiver", "set", "grid1", "channels=mqtt;webhook:app")
    assert [c["test"] for c in reach(g, "grid1").values()] == [None, None]
    who = world.caregiver("grid1")
    notice = g.ctl_json("caregiver", "verify", "grid1")["notice"]
    page = who.wait(incident=notice, state="notice")
    assert "resident" not in page and "level" not in page
    hook.wait(incident=notice, state="notice")
    wait_until(lambda: reach(g, "grid1")["webhook:app"]["test"] == "failed", "the failure")
    failed = reach(g, "grid1")["webhook:app"]
    assert failed["words"] and failed["proved_at"] is None and failed["tested_at"]
    assert who.reply(notice, "ack")["ok"]
    shown = reach(g, "grid1")["mqtt"]
    assert shown["proved_at"] and shown["test"] == "delivered"
    assert "delivered" in g.ctl("caregiver", "show", "grid1")
    g.wait_event("delivery.delivered", caregiver="grid1", channel="mqtt", state="notice")
    assert g.events("directory.changed", change="test_sent", key="grid1")
    assert g.incidents(everything=True) == []


def test_verify_without_a_listener_fails_and_is_seen(world):
    g = world.begin().village().gateway
    g.ctl("caregiver", "verify", "grid1")
    wait_until(lambda: reach(g, "grid1")["mqtt"]["test"] == "failed", "the failure")
    assert reach(g, "grid1")["mqtt"]["words"] == "no matching subscribers"


def test_a_test_is_confirmed_only_by_whom_it_was_for(world):
    g = world.begin().village().gateway
    fam, grid = world.people("fam1", "grid1")
    notice = g.ctl_json("caregiver", "verify", "grid1")["notice"]
    grid.wait(incident=notice)
    assert fam.reply(notice, "ack") | {"id": None} == \
        {"id": None, "ok": False, "reason": "not_allowed"}
    g.wait_event("user.denied", caregiver="fam1")
    assert fam.reply("gw-1-m99", "ack")["reason"] == "unknown_incident"
    assert grid.reply(notice, "resolve", outcome="helped")["reason"] == "state"
    assert reach(g, "grid1")["mqtt"]["proved_at"] is None
    assert g.ctl_raw("caregiver", "verify", "nobody").returncode == 1


def test_seen_is_a_receipt_and_no_proof(world):
    g = world.begin().village().gateway
    grid = world.caregiver("grid1")
    notice = g.ctl_json("caregiver", "verify", "grid1")["notice"]
    grid.wait(incident=notice)
    assert grid.reply(notice, "seen")["ok"]
    shown = reach(g, "grid1")["mqtt"]
    assert shown["test"] == "delivered" and shown["proved_at"] is None


def test_a_real_answer_proves_the_channel(world):
    g = world.begin().village().gateway
    grid, fam = world.people("grid1", "fam1")
    world.device("b1").call()
    incident = grid.wait(state="open")["incident"]
    assert fam.reply(incident, "seen")["ok"]
    assert grid.reply(incident, "decline")["ok"]
    assert reach(g, "grid1")["mqtt"]["proved_at"] and not reach(g, "fam1")["mqtt"]["proved_at"]


def test_a_test_survives_a_restart_between_sending_and_answer(world):
    g = world.begin().village().gateway
    grid = world.caregiver("grid1")
    notice = g.ctl_json("caregiver", "verify", "grid1")["notice"]
    grid.wait(incident=notice)
    g.kill()
    grid.reply(notice, "ack", id="confirm-1", wait=False)
    g.start()
    wait_until(lambda: grid.find(id="confirm-1", ok=True), "the result")
    assert reach(g, "grid1")["mqtt"]["proved_at"]


# ── device test ──

def test_one_press_within_five_minutes_is_a_test(clocked):
    clocked.begin().village()
    g = clocked.gateway
    assert g.ctl_json("device", "show", "b1")["tested_at"] is None
    g.ctl("device", "test", "b1")
    clocked.advance(299)
    button = clocked.device("b1")
    first = button.call(ts=clocked.clock.utc_ms)
    button.wait(id=first, state="received")
    assert g.incidents(everything=True) == []
    assert g.wait_event("alert.received", alert=first)["data"]["test"] is True
    shown = g.ctl_json("device", "show", "b1")["tested_at"]
    assert shown == clocked.clock.text()
    # the second one is real
    second = button.call(ts=clocked.clock.utc_ms)
    button.wait(id=second, state="received")
    assert [i["kind"] for i in g.incidents()] == ["sos"]


def test_after_five_minutes_a_press_is_real(clocked):
    clocked.begin().village()
    g = clocked.gateway
    g.ctl("device", "test", "b1")
    clocked.advance(301)
    button = clocked.device("b1")
    button.wait(id=button.call(ts=clocked.clock.utc_ms), state="received")
    assert [i["kind"] for i in g.incidents()] == ["sos"]
    assert g.ctl_json("device", "show", "b1")["tested_at"] is None


def test_an_alarm_and_a_late_press_are_real(clocked):
    clocked.begin().village()
    g = clocked.gateway
    g.ctl("device", "test", "b1")
    button = clocked.device("b1")
    button.wait(id=button.alarm("fall", ts=clocked.clock.utc_ms), state="received")
    late = button.call(ts=clocked.clock.utc_ms - 11 * 60 * 1000)
    button.wait(id=late, state="received")
    assert sorted(i["kind"] for i in g.incidents()) == ["fall", "sos"]
    assert g.ctl_json("device", "show", "b1")["tested_at"] is None
    # and the test is expected still
    button.wait(id=button.call(ts=clocked.clock.utc_ms), state="received")
    assert g.ctl_json("device", "show", "b1")["tested_at"] is not None
    assert len(g.incidents()) == 2


def test_the_announcement_holds_over_a_restart(world):
    g = world.begin().village().gateway
    g.ctl("device", "test", "b1")
    g.kill()
    g.start()
    press = world.device("b1")
    press.wait(id=press.call(), state="received")
    assert g.incidents(everything=True) == [] and g.ctl_json("device", "show", "b1")["tested_at"]


def test_only_the_announced_device_is_tested(world):
    g = world.begin().village().gateway
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r1"}])
    g.ctl("device", "test", "b1")
    other = world.device("b2")
    other.wait(id=other.call(), state="received")
    assert len(g.incidents()) == 1 and g.ctl_json("device", "show", "b2")["tested_at"] is None


# ── rosters ──

def rota(gateway, *shifts):
    """grid1 is on duty in these shifts only."""
    file = gateway.folder / "roster.yaml"
    file.write_text(json.dumps([{"group": "village", "shifts": [
        {"days": days, "from": begin, "until": end, "who": ["grid1"]}
        for days, begin, end in shifts]}]))
    gateway.ctl("roster", "set", file)


def test_an_hour_of_the_week_that_nobody_covers(world):
    from harness import DEFAULT_POLICY
    grid_only = {"name": "grid", "levels": [{"notify": ["grid"]}, {"notify": ["group:village"]}]}
    g = world.begin(policies=[DEFAULT_POLICY, grid_only]).village().gateway
    g.ctl("resident", "set", "r1", "policy=grid")
    assert "uncovered" not in what(ready(g))
    rota(g, ("mon-sun", "00:00", "24:00"))
    assert "uncovered" not in what(ready(g))
    rota(g, ("mon-sat", "00:00", "24:00"), ("sun", "00:00", "12:00"), ("sun", "13:00", "24:00"))
    import datetime
    import zoneinfo
    gap = one(ready(g), "uncovered")
    at = datetime.datetime.fromisoformat(gap["at"]).astimezone(zoneinfo.ZoneInfo("Asia/Shanghai"))
    now = datetime.datetime.now(datetime.timezone.utc)
    in_gap = now.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai"))
    if not (in_gap.weekday() == 6 and in_gap.hour == 12):
        assert (at.weekday(), at.hour, at.minute) == (6, 12, 0)
    assert gap["detail"].endswith(f"nobody on duty from {at:%a %Y-%m-%d %H:%M}")
    assert now - datetime.timedelta(minutes=1) < at < now + datetime.timedelta(days=7)
    # people are contacts also at an hour at which they are off duty
    assert one(ready(g), "few_contacts")["contacts"] == 1
    # whoever stands in no roster covers the hour
    g.ctl("caregiver", "add", "grid2", "name=何", "role=grid", "region=511781103201")
    assert "uncovered" not in what(ready(g))
