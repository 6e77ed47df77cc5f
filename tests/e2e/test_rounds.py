"""Rounds: "Lists (CSV kind `rounds`) of residents with a period by risk class (defaults: high risk weekly and within
24 h of a major change, living alone in the mountains daily by device and monthly in person, others monthly or
quarterly), due dates, an assignee, and what counts. Due and overdue visits go to the assignee's channels once a day,
at a sensible hour, and overdue ones climb. ... `not_home` and `refused` do not count." """

import json

import pytest

from harness import wait_until
from rounds_town import OTHER, REGION, Days


@pytest.fixture
def days(tmp_path):
    w = Days(tmp_path)
    try:
        yield w
    finally:
        w.end()


def residents(w, *rows):
    w.gateway.load("residents", [{"name": f"老人{r['id']}", "region": REGION, **r} for r in rows])
    w.settle()


def plus_months(day, months):
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for mday in range(day.day, 27, -1):
        try:
            return day.replace(year=year, month=month, day=mday).isoformat()
        except ValueError:
            continue
    return day.replace(year=year, month=month).isoformat()


def test_defaults(days):
    """Without a list of their own, by class."""
    days.begin().people()
    residents(days, {"id": "high", "risk": "high"}, {"id": "key", "risk": "key"}, {"id": "gen", "risk": "general"},
              {"id": "none"}, {"id": "alone", "risk": "general", "lives_alone": "yes", "mountain": "yes"},
              {"id": "both", "risk": "high", "lives_alone": "yes", "mountain": "yes"},
              {"id": "valley", "risk": "general", "lives_alone": "yes", "mountain": "no"})
    month, quarter = plus_months(days.first, 1), plus_months(days.first, 3)
    week, day = days.date(7), days.date(1)
    assert sorted(days.due()) == sorted([
        ("high", "default-high", week, "planned"),
        ("key", "default-monthly", month, "planned"), ("none", "default-monthly", month, "planned"),
        ("gen", "default-quarterly", quarter, "planned"), ("valley", "default-quarterly", quarter, "planned"),
        ("alone", "default-mountain-daily", day, "planned"), ("alone", "default-mountain-monthly", month, "planned"),
        ("both", "default-high", week, "planned"),
        ("both", "default-mountain-daily", day, "planned"), ("both", "default-mountain-monthly", month, "planned")])
    # a key is enough for the day, not for the month; a visit in person is for both
    days.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "alone"}])
    b1 = days.device("b1")
    days.to(1, "07:00")
    b1.say("well", {"id": "w1", "ts": days.clock.utc_ms})
    b1.wait(id="w1", state="received")
    assert ("alone", "default-mountain-daily", days.date(2), "planned") in days.due()
    assert ("alone", "default-mountain-monthly", month, "planned") in days.due()
    days.saw("alone")
    assert ("alone", "default-mountain-monthly", plus_months(days.first.fromisoformat(day), 1), "planned") in days.due()


def test_told_once_a_day(days):
    """Due at the hour, overdue day by day, once also over restarts; the events once per due date; then it climbs."""
    days.begin().people()
    g = days.gateway
    g.load("rounds", [{"id": "weekly", "name": "每周", "period": "7d", "risk": "high", "assignee": "grid"}])
    residents(days, {"id": "r1", "name": "王秀英", "risk": "high"}, {"id": "r2", "name": "赵国富", "risk": "high"})
    days.to(6)
    assert days.told("grid1") == [] and days.events("due") == []
    days.saw("r2")
    days.to(7, "08:29")
    assert days.told("grid1") == []
    days.to(7, "08:31")
    assert days.hears("grid1", 1) == "【巡访】今天应巡访：王秀英。"
    assert days.events("due") == [("round/weekly", "r1")] and days.events("missed") == []
    assert days.due("--due") == [("r1", "weekly", days.date(7), "due")] and days.due("--overdue") == []
    days.to(7, "18:00")
    g.stop()
    g.start()
    days.settle()
    assert len(days.told("grid1")) == 1
    days.saw("r1", "not_home")
    days.saw("r1", "refused")
    days.to(8)
    assert days.hears("grid1", 2) == "【巡访】已逾期：王秀英（1天）。"
    assert days.hears("vil1", 1) == "【巡访】已逾期：王秀英（1天）。"
    assert days.told("duty1") == days.told("op1") == []
    assert days.events("missed") == [("round/weekly", "r1")]
    assert days.due("--overdue") == [("r1", "weekly", days.date(7), "overdue")]
    days.to(10)
    assert "（3天）" in days.hears("grid1", 3) and "（3天）" in days.hears("duty1", 1) and days.told("op1") == []
    days.to(14)
    assert "（7天）" in days.hears("op1", 1)
    assert days.events("due") == [("round/weekly", "r1"), ("round/weekly", "r2")]  # seen on day 6, due on day 13
    assert days.events("missed") == [("round/weekly", "r1"), ("round/weekly", "r2")]
    days.saw("r1", "needs", "phone")
    before = len(days.told("vil1"))
    days.to(15)
    assert all("王秀英" not in t for t in days.told("vil1")[before:])
    text = g.log.read_text() + g.ctl("tail", "-n", "10000", "--json")
    assert "王秀英" not in text and "赵国富" not in text
    g.verify_log()


def test_clock_steps(days):
    """Put back, the day's reminder is not sent again; ahead by mistake, it goes on with the day that it is."""
    days.begin().people()
    days.gateway.load("rounds", [{"id": "d", "name": "每天", "period": "daily", "assignee": "grid1"}])
    residents(days, {"id": "r1", "name": "王秀英"})
    days.to(1)
    days.hears("grid1", 1)
    for there, back in ((9, 7), (9, 9)):
        days.clock.utc_ms = days.at(1, f"{back:02}:00")
        days.clock.write()
        days.settle()
        days.clock.utc_ms = days.at(1, f"{there:02}:30")
        days.clock.write()
        days.settle()
    assert len(days.told("grid1")) == 1
    days.to(2)
    assert "（1天）" in days.hears("grid1", 2)
    days.clock.utc_ms = days.at(40)
    days.clock.write()
    days.hears("grid1", 3)
    days.clock.utc_ms = days.at(2, "12:00")
    days.clock.write()
    days.settle()
    assert len(days.told("grid1")) == 3
    days.clock.utc_ms = days.at(3)
    days.clock.write()
    days.hears("grid1", 4)


def test_down_at_the_hour(days):
    """A gateway that was down tells later on that day, but not in the night: then the next morning."""
    days.begin().people()
    g = days.gateway
    g.load("rounds", [{"id": "d", "name": "每天", "period": "daily"}])
    residents(days, {"id": "r1", "name": "王秀英"})
    g.stop()
    days.clock.pass_by((days.at(1, "14:00") - days.clock.utc_ms) / 1000)
    g.start()
    assert days.hears("grid1", 1) == "【巡访】今天应巡访：王秀英。"
    g.stop()
    days.clock.pass_by((days.at(2, "23:30") - days.clock.utc_ms) / 1000)
    g.start()
    days.settle()
    assert len(days.told("grid1")) == 1
    days.to(3)
    assert days.hears("grid1", 2) == "【巡访】已逾期：王秀英（2天）。"


def test_summer_time(tmp_path):
    """At the hour of the municipality's clock, also on the day on which that hour does not come."""
    class Zone(Days):
        zone = "America/New_York"

        def prepare(self, gateway):
            super().prepare(gateway)
            self.first = self.first.replace(year=2027, month=3, day=12)
            self.clock.utc_ms = self.at(0, "10:00")
            self.clock.write()

    w = Zone(tmp_path)
    try:
        w.begin(rounds={"remind_at": "02:30"}, notify={"night": {"from": "23:00", "until": "01:00"}}).people()
        w.gateway.load("rounds", [{"id": "d", "name": "每天", "period": "1d"}])
        residents(w, {"id": "r1", "name": "王秀英"})
        w.to(1, "02:29")
        assert w.told("grid1") == []
        w.to(1, "02:31")
        w.hears("grid1", 1)
        w.to(2, "01:59")  # the clock goes from 02:00 to 03:00
        assert len(w.told("grid1")) == 1
        w.clock.pass_by(120)
        assert "（1天）" in w.hears("grid1", 2)
        w.to(3, "02:31")
        assert "（2天）" in w.hears("grid1", 3)
    finally:
        w.end()


def test_what_counts(days):
    """Each list takes what it names, and nothing else."""
    days.begin().people()
    g = days.gateway
    g.load("rounds", [{"id": i, "name": i, "period": "7d", "counts": c} for i, c in
                      (("visit", "visit"), ("call", "check-in"), ("spot", "on_site"), ("key", "well"),
                       ("any", ""), ("two", "on_site;check-in"))])
    g.load("institutions", [{"id": "i1", "name": "院", "region": REGION, "filing": "filed"}])
    residents(days, *({"id": f"r{n}"} for n in range(6)))
    g.load("devices", [{"id": "b5", "kind": "terminal", "resident": "r5"},
                       {"id": "b4", "kind": "button", "resident": "r4"}])
    days.to(3)
    for n, method in enumerate(("on_site", "video", "phone", "device")):
        days.saw(f"r{n}", "well", method)
    b4, b5 = days.device("b4"), days.device("b5")
    b4.say("well", {"id": "w1", "ts": days.clock.utc_ms})
    b4.wait(id="w1", state="received")
    id = b5.checkin("grid1", type="visit", ts=days.clock.utc_ms)
    b5.wait(id=id, state="received")
    seen = days.date(10)
    counted = {r: sorted(i for who, i, due, _ in days.due() if who == r and due == seen)
               for r in ("r0", "r1", "r2", "r3", "r4", "r5")}
    assert counted == {"r0": ["any", "spot", "two", "visit"], "r1": ["any", "visit"],
                       "r2": ["any", "call", "two", "visit"], "r3": ["any", "call", "two", "visit"],
                       "r4": ["any", "key"], "r5": ["any", "spot", "two", "visit"]}


def test_results(days):
    """Seen is seen, in hospital too; whoever was not at home or sent the visitor away was not seen, and an entry that
    is taken back was never made."""
    days.begin().people()
    days.gateway.load("rounds", [{"id": "w", "name": "w", "period": "weekly"}])
    results = ("well", "needs", "not_home", "refused", "hospital")
    residents(days, *({"id": r} for r in results), {"id": "back"})
    days.to(2)
    for r in results:
        days.saw(r, r)
    days.saw("back")
    assert {r: due for r, _, due, _ in days.due()} == {
        "well": days.date(9), "needs": days.date(9), "hospital": days.date(9), "back": days.date(9),
        "not_home": days.date(7), "refused": days.date(7)}
    entry = days.gateway.ctl_json("round", "ledger", "--resident", "back")[0]["id"]
    days.gateway.ctl("round", "unrecord", entry)
    days.settle()
    assert ("back", "w", days.date(7), "planned") in days.due()
    days.to(7)
    assert days.hears("grid1", 1).count("、") == 2


def test_own_lists(days):
    """A list takes the place of what is built in for whom it covers, of its class or of all; another region keeps
    what it had. Removing the list brings the built-in ones back."""
    days.begin().people()
    g = days.gateway
    residents(days, {"id": "h1", "risk": "high"}, {"id": "h2", "risk": "high", "region": OTHER},
              {"id": "m1", "risk": "general", "lives_alone": "yes", "mountain": "yes"}, {"id": "k1", "risk": "key"})
    g.load("rounds", [{"id": "h", "name": "高风险每两天", "period": "2d", "risk": "高", "region": "511781103000"},
                      {"id": "m", "name": "山区", "period": "3d", "risk": "mountain", "counts": "上门签到"}])
    days.settle()
    assert sorted((r, i) for r, i, _, _ in days.due()) == [
        ("h1", "h"), ("h2", "default-high"), ("k1", "default-monthly"), ("m1", "m")]
    g.ctl("round", "add", "all", "name=所有人", "period=1mo", "region=511781103")
    days.settle()
    assert sorted((r, i) for r, i, _, _ in days.due()) == [
        ("h1", "all"), ("h1", "h"), ("h2", "default-high"), ("k1", "all"), ("m1", "all"), ("m1", "m")]
    g.ctl("round", "remove", "all")
    g.ctl("round", "remove", "m")
    days.settle()
    assert sorted((r, i) for r, i, _, _ in days.due()) == [
        ("h1", "h"), ("h2", "default-high"), ("k1", "default-monthly"),
        ("m1", "default-mountain-daily"), ("m1", "default-mountain-monthly")]
    # somebody who has long been without is due on the day on which the list begins, and not before
    days.to(30)
    g.ctl("round", "add", "new", "name=新", "period=1d", "risk=key")
    days.settle()
    assert ("k1", "new", days.date(30), "due") in days.due("--due")


def test_resting(days):
    """Who is away, has moved, died or lies in hospital is not visited at home; back, they are due."""
    days.begin().people()
    g = days.gateway
    g.load("rounds", [{"id": "w", "name": "w", "period": "7d"}])
    residents(days, {"id": "r1"}, {"id": "r2"}, {"id": "r3", "status": "deceased"}, {"id": "r4", "status": "moved"})
    g.load("institutions", [{"id": "hosp", "name": "县医院", "region": REGION, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "hospital", "institution": "hosp", "occupant": "r2"}])
    g.ctl("resident", "away", "r1", "--until", days.date(9))
    days.settle()
    assert days.due() == []
    days.to(9)
    assert days.told("grid1") == [] and days.events("due") == []
    assert g.ctl_json("round", "show", "r1")["rests"] is True
    days.to(10, "08:00")
    wait_until(lambda: days.due("--due") == [("r1", "w", days.date(10), "due")], "r1 to be due")
    days.to(10, "08:40")
    assert days.hears("grid1", 1) == "【巡访】今天应巡访：老人r1。"
    g.ctl("bed", "move", "r2", "-", "--reason", "出院")
    days.settle()
    assert ("r2", "w", days.date(10), "due") in days.due("--due")


def test_nobody_assigned(days):
    """A village without a grid worker: the duty room hears of it, with the names; without one whoever sits at a desk."""
    days.begin()
    g = days.gateway
    g.load("caregivers", [{"id": "duty1", "name": "值班室", "role": "duty", "region": "511781", "channels": "mqtt"},
                          {"id": "op1", "name": "坐席", "role": "operator", "channels": "mqtt"},
                          {"id": "duty9", "name": "外县", "role": "duty", "region": "511900", "channels": "mqtt"}])
    days.inbox = {c: days.caregiver(c) for c in ("duty1", "op1", "duty9")}
    g.load("rounds", [{"id": "d", "name": "d", "period": "1d"}])
    residents(days, {"id": "r1", "name": "王秀英"}, {"id": "r2", "name": "赵国富", "region": "510000000000"})
    days.to(1)
    assert days.hears("duty1", 1) == "【巡访】今天应巡访：王秀英，另有1人。"
    assert days.hears("op1", 1) == "【巡访】今天应巡访：赵国富。"
    assert days.hears("duty9", 1) == "【巡访】今天应巡访：1人。"


def test_groups_get_numbers(days, hooks):
    """Members of a group have the names of those whom they serve; a robot in a group has numbers alone."""
    hook = hooks()
    days.begin(robots=[{"name": "zhen", "type": "feishu", "url": hook.url}])
    days.people({"id": "vil3", "name": "三主任", "role": "village", "region": REGION, "channels": "feishu"},
                {"id": "vol1", "name": "志愿者", "role": "volunteer", "region": OTHER, "channels": "mqtt"},
                {"id": "vol2", "name": "志愿者二", "role": "volunteer", "region": REGION, "channels": "mqtt"})
    g = days.gateway
    file = days.folder / "roster.yaml"
    file.write_text(json.dumps({"group": "helpers", "shifts": [
        {"from": "00:00", "until": "24:00", "who": ["vol1", "vol2"]}]}))
    done = g.ctl_raw("roster", "set", file)
    assert done.returncode == 0, done.stderr
    g.load("rounds", [{"id": "d", "name": "d", "period": "1d", "assignee": "group:helpers"}])
    residents(days, {"id": "r1", "name": "王秀英"})
    days.to(1)
    assert days.hears("vol2", 1) == "【巡访】今天应巡访：王秀英。"
    assert days.hears("vol1", 1) == "【巡访】今天应巡访：1人。"
    assert days.told("grid1") == []
    days.to(2)
    said = json.dumps(wait_until(lambda: hook.got, "the robot")[0], ensure_ascii=False)
    assert "已逾期：1人。" in said and "王秀英" not in said


def test_major_change(days):
    """High risk: within 24 h of a move, of coming back, of a risk that was raised, of a call for help that was
    resolved; told at once by day, and in the morning if it was night."""
    days.begin().people({"id": "fam1", "name": "女儿", "role": "family", "residents": "", "channels": "mqtt"})
    g = days.gateway
    residents(days, {"id": "r1", "name": "王秀英", "risk": "high"}, {"id": "r2", "name": "赵国富", "risk": "general"},
              {"id": "r3", "name": "周明", "risk": "high"}, {"id": "r4", "name": "李婆婆", "risk": "general"})
    g.load("institutions", [{"id": "i1", "name": "院", "region": REGION, "filing": "filed"}])
    g.load("beds", [{"id": "bed1", "kind": "home", "occupant": "r1"}, {"id": "bed2", "kind": "institution",
                                                                       "institution": "i1"}])
    g.load("devices", [{"id": "b3", "kind": "button", "resident": "r3"}, {"id": "b4", "kind": "button", "resident": "r4"}])
    days.settle()
    assert days.told("grid1") == [] and days.due("--due") == []
    days.to(2, "11:00")
    days.clock.pass_by(60)
    g.ctl("bed", "move", "r1", "bed2", "--reason", "试住")
    assert "24小时内巡访：王秀英" in days.hears("grid1", 1)
    assert [d for d in days.due() if d[0] == "r1"][0][1:] == ("default-high", days.clock.text(86400), "planned")
    days.settle()
    assert len(days.told("grid1")) == 1
    # whoever looks in on them is all that is needed
    days.clock.pass_by(60)
    days.saw("r1", "well", "video")
    assert [i for r, i, due, _ in days.due() if r == "r1" and "T" in due] == []
    # the risk is raised
    g.ctl("resident", "set", "r2", "risk=high")
    assert "24小时内巡访：赵国富" in days.hears("grid1", 2)
    # a call for help that was resolved; that of somebody whose risk is not high changes nothing
    grid = days.inbox["grid1"]
    for b, n in (("b3", 1), ("b4", 2)):
        days.device(b).call()
        wait_until(lambda: len(g.incidents(True)) == n, "the call")
        assert grid.reply(f"gw-1-{n}", "ack")["ok"]
        assert grid.reply(f"gw-1-{n}", "resolve", outcome="helped")["ok"]
    assert "24小时内巡访：周明" in days.hears("grid1", 3)
    # nobody came: in the morning it is due, and a day later it is overdue and climbs
    days.to(3, "08:40")
    assert "今天应巡访：" in days.hears("grid1", 4)
    assert sorted(days.told("grid1")[3].split("：")[1].rstrip("。").split("、")) == ["周明", "赵国富"]
    days.to(4, "08:40")
    assert sorted(days.events("missed")) == [("round/default-high", "r2"), ("round/default-high", "r3")]
    assert "周明（1天）" in days.hears("vil1", 1)
    reasons = {e["data"].get("reason") for e in g.events("round.due")}
    assert reasons == {"change"}
    # by night: nobody is woken
    days.to(4, "23:00")
    g.ctl("resident", "away", "r1", "--for", "1h")
    days.settle()
    g.ctl("resident", "back", "r1")
    days.settle()
    told = len(days.told("grid1"))
    days.to(5, "07:30")
    assert "24小时内巡访：王秀英" in days.hears("grid1", told + 1)


def test_english(days):
    days.begin(gateway={"language": "en"}).people()
    days.gateway.load("rounds", [{"id": "d", "name": "d", "period": "1d"}, {"id": "w", "name": "w", "period": "1w"}])
    residents(days, *({"id": f"r{n}", "name": f"Name {n} of a long and noble family"} for n in range(12)))
    days.to(1)
    text = days.hears("grid1", 1)
    assert text.startswith("[ROUNDS] To be visited today: Name 0 of") and " and 7 more." in text, text
    assert len(text.encode()) < 512
    days.to(2)
    assert "Overdue: Name 0 of a long and noble family (1 d)" in days.hears("grid1", 2)
