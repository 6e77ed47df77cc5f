"""Rounds: "`round extra --region R --within 24h` for a typhoon, cold or a festival. `yijianctl round list|show`", the
import of lists, and what is refused."""

import json
import sqlite3
import time

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


def village(w):
    w.begin().people({"id": "grid2", "name": "外村网格", "role": "grid", "region": OTHER, "channels": "mqtt"})
    w.gateway.load("residents", [
        {"id": "r1", "name": "王秀英", "region": REGION}, {"id": "r2", "name": "赵国富", "region": REGION},
        {"id": "r3", "name": "周明", "region": REGION, "status": "away"},
        {"id": "r4", "name": "李婆婆", "region": OTHER}, {"id": "r5", "name": "外县人", "region": "520000000000"}])
    w.settle()
    return w.gateway


def test_extra_round(days):
    """Everybody of the region who is at home: told at once to who serves them, a reminder in the morning, at the end
    who was not seen, once, also to the village; then it is over by itself."""
    g = village(days)
    days.to(0, "20:00")
    said = g.ctl_json("round", "extra", "--region", "511781000000", "--within", "24h", "--reason", "台风", "--by", "vil1")
    assert said["id"] == "gw-1-r1" and said["until"] == days.clock.text(86400)
    month, mday = (days.first.fromisoformat(days.date(1))).timetuple()[1:3]
    assert days.hears("grid1", 1) == f"【巡访】台风，请在{month}月{mday}日20:00前逐一巡访：王秀英、赵国富。"
    assert "李婆婆" in days.hears("grid2", 1)
    assert sorted(days.events("due")) == [("round/gw-1-r1", r) for r in ("r1", "r2", "r4")]
    assert sorted(r for r, i, _, _ in days.due() if i == "gw-1-r1") == ["r1", "r2", "r4"]
    shown = g.ctl_json("round", "show", "gw-1-r1")
    assert shown["reason"] == "台风" and shown["members"] == 3 and shown["by"] == "vil1" and len(shown["rounds"]) == 3
    # a key is not somebody who has looked in
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    days.device("b2").say("well", {"id": "w1", "ts": days.clock.utc_ms})
    g.wait_event("resident.well")
    days.saw("r1", "well", "phone")
    days.saw("r4", "not_home", "on_site", "grid2")
    days.to(1, "08:40")
    assert days.hears("grid1", 2) == "【巡访】今天应巡访：赵国富。"
    assert days.events("missed") == []
    days.to(1, "20:01")
    assert "20:00仍未巡访：赵国富" in days.hears("grid1", 3)
    assert "仍未巡访：赵国富" in days.hears("vil1", 1) and "李婆婆" in days.hears("grid2", 3)
    assert sorted(days.events("missed")) == [("round/gw-1-r1", "r2"), ("round/gw-1-r1", "r4")]
    assert [i for _, i, _, _ in days.due() if i == "gw-1-r1"] == []
    g.stop()
    g.start()
    days.to(2, "09:00")
    assert len(days.told("grid1")) == 3 and len(days.told("vil1")) == 1
    changes = {e["data"]["change"] for e in g.events("directory.changed", of="rounds")}
    assert changes == {"extra"}
    assert {e["data"]["reason"] for e in g.events("round.*")} == {"extra"}
    assert "台风" not in g.ctl("tail", "-n", "1000", "--json")
    g.verify_log()


def test_extra_over_a_restart(days):
    """One that ended while the gateway was down is told of when it is back; one that was taken back is not."""
    g = village(days)
    g.ctl("round", "extra", "--region", REGION, "--within", "2h", "--reason", "寒潮", "--assignee", "caregiver:vil1")
    g.ctl("round", "extra", "--region", OTHER, "--within", "2h", "--reason", "春节")
    assert "寒潮" in days.hears("vil1", 1) and "春节" in days.hears("grid2", 1)
    g.ctl("round", "end", "gw-1-r2")
    assert "has ended" in g.ctl_raw("round", "end", "gw-1-r2").stderr
    g.stop()
    days.clock.pass_by(3 * 3600)
    g.start()
    assert "仍未巡访：王秀英、赵国富" in days.hears("vil1", 2)
    days.settle()
    assert len(days.told("grid2")) == 1
    assert g.ctl_raw("round", "end", "gw-1-r1").returncode == 1


def test_what_extra_refuses(days):
    g = village(days)
    good = {"--region": REGION, "--within": "24h", "--reason": "台风"}
    for option, value, why in (("--region", "5x", "region"), ("--region", "", "region"), ("--within", "5s", "10m"),
                               ("--within", "31d", "30d"), ("--within", "soon", "within"), ("--by", "nobody", "caregiver"),
                               ("--assignee", "caregiver:nobody", "caregiver"), ("--assignee", "boss", "role"),
                               ("--reason", "x" * 201, "200")):
        words = [w for pair in {**good, option: value}.items() for w in pair]
        done = g.ctl_raw("round", "extra", *words)
        assert done.returncode in (1, 2) and (why in done.stderr or value == ""), (option, value, done)
    assert g.ctl_raw("round", "extra", "--region", REGION).returncode == 2
    assert g.ctl_raw("round", "list", "--due", "--overdue").returncode == 2
    assert "no round and no resident" in g.ctl_raw("round", "show", "nothing").stderr
    assert g.events("round.*") == []


def test_lists(days, tmp_path):
    """CSV in and out, Chinese headers and words, what is wrong with its line and column."""
    g = village(days)
    file = tmp_path / "巡访.csv"
    file.write_text("清单编号,名称,周期,风险等级,区划代码,计入方式,责任人\n"
                    "gao,高风险每周,每周,高,511781103,上门签到、探视,网格员\n"
                    "shan,山区独居,每天,山区,,平安键;电话问候,\n"
                    "all,所有人,3个月,,,,duty1\n", encoding="gb18030")
    assert "3 rows, 3 added" in g.ctl("import", "rounds", file)
    rows = {r["id"]: r for r in g.ctl_json("export", "rounds")}
    assert rows["gao"] == {"id": "gao", "name": "高风险每周", "period": "7d", "risk": "high", "region": "511781103",
                           "counts": "visit;on_site", "assignee": "grid"}
    assert rows["shan"]["counts"] == "check-in;well" and rows["all"]["assignee"] == "duty1"
    again = tmp_path / "again.csv"
    again.write_text(g.ctl("export", "rounds"))
    g.ctl("import", "rounds", again)
    assert {r["id"]: r for r in g.ctl_json("export", "rounds")} == rows
    template = g.ctl("import", "rounds", "--template")
    again.write_text(template)
    assert "1 rows" in g.ctl("import", "rounds", again)
    bad = [("period", "soon", "daily, weekly"), ("period", "", "must not be empty"), ("period", "0d", "days or months"),
           ("period", "400d", "days or months"), ("period", "25mo", "days or months"), ("risk", "none", "must be one of"),
           ("region", "5117", "12 digits"), ("counts", "visit;mail", "must be some of"), ("assignee", "nobody", "does not exist"),
           ("assignee", "group:none", "has no roster"), ("assignee", "a b", "a role, group:NAME"),
           ("name", "", "must not be empty")]
    before = g.ctl("export", "rounds")
    for column, value, why in bad:
        row = {"id": "x", "name": "x", "period": "7d", "risk": "", "region": "", "counts": "", "assignee": "", column: value}
        again.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
        done = g.ctl_raw("import", "rounds", again)
        assert done.returncode == 1 and f"line 2, column {column}" in done.stderr and why in done.stderr, (column, value, done)
    again.write_text("id,name,period\nx,x,1d\nx,x,2d\n")
    assert g.ctl_raw("import", "rounds", again).returncode == 1
    assert g.ctl("export", "rounds") == before
    # who makes one cannot leave unnoticed
    done = g.ctl_raw("caregiver", "remove", "duty1")
    assert done.returncode == 1 and "all" in done.stderr
    g.ctl("round", "set", "all", "assignee=grid")
    g.ctl("caregiver", "remove", "duty1")


def test_show(days):
    """`round show` of a list, of a resident, of all lists; without the gateway too."""
    g = village(days)
    g.load("rounds", [{"id": "w", "name": "每周", "period": "1w", "region": REGION}])
    days.settle()
    days.saw("r1", "needs", "video")
    for up in (True, False):
        if not up:
            g.stop()
        lists = {row["id"]: row for row in g.ctl_json("round", "show")}
        assert set(lists) == {"w", "default-monthly"} and lists["w"]["members"] == 2
        assert lists["w"]["assignee"] == "grid" and lists["default-monthly"]["built_in"] is True
        one = g.ctl_json("round", "show", "r1")
        assert [r["round"] for r in one["rounds"]] == ["w"] and one["ledger"][0]["result"] == "needs"
        assert g.ctl_json("round", "show", "w")["rounds"][0]["resident_name"]
        assert "每周" in g.ctl("round", "show") and "r1" in g.ctl("round", "list")
        assert len(g.ctl_json("round", "list", "--region", REGION)) == 2
        assert json.loads(g.ctl("round", "list", "--due", "--json")) == []


PEOPLE = 8000  # more than one piece of the telling has


def counted(g, sql):
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchone()[0]


@pytest.mark.parametrize("begun", ("round_told", "notices"))
def test_who_tells_twice(days, begun):
    """Killed in the middle of looking or of telling, the gateway tells each person once all the same."""
    days.begin()
    g = days.gateway
    code = "5117811{:05}".format
    g.load("caregivers", [{"id": f"g{n}", "name": f"网格员{n}", "role": "grid", "region": code(n + 10000),
                           "channels": "mqtt"} for n in range(PEOPLE)])
    g.load("residents", [{"id": f"r{n}", "name": f"老人{n}", "region": code(n + 10000)} for n in range(PEOPLE)])
    g.load("rounds", [{"id": "d", "name": "d", "period": "1d"}])
    armed = days.folder / "armed"
    g.environment.update(YJ_PLANT_STEP="after_commit:1", YJ_PLANT_ARMED=str(armed))
    g.stop()
    g.start()
    wait_until(lambda: g.ctl_json("round", "show")[0]["members"] == PEOPLE, "the list")
    days.settle()
    days.clock.pass_by((days.at(1, "08:40") - days.clock.utc_ms) / 1000)
    end = time.monotonic() + 20
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:  # the next commit is soon
        while not db.execute(f"SELECT EXISTS (SELECT 1 FROM {begun})").fetchone()[0]:
            assert time.monotonic() < end
    armed.write_text("")
    wait_until(lambda: not g.alive(), "the gateway to be killed")
    assert 0 < counted(g, f"SELECT count(*) FROM {begun}") < PEOPLE
    armed.unlink()
    g.start()
    wait_until(lambda: f"event=rounds_told people={PEOPLE}" in g.log.read_text(), "everybody to be told")
    days.settle()
    assert len(g.events("round.due")) == PEOPLE
    assert counted(g, "SELECT count(DISTINCT caregiver) FROM notices") == PEOPLE
    assert counted(g, "SELECT count(*) FROM notices") == PEOPLE
    assert counted(g, "SELECT count(*) FROM round_people") == 0


def test_many_hold_nobody_up(days):
    """20,000 residents who are all due at once, and a press in the middle of it: it is answered as ever."""
    days.begin().people()
    g = days.gateway
    g.load("residents", [{"id": f"r{n}", "name": f"老人{n}", "region": REGION} for n in range(20000)])
    g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
    g.load("rounds", [{"id": "d", "name": "d", "period": "1d"}])
    wait_until(lambda: g.ctl_json("round", "show")[0]["members"] == 20000, "the list")
    b1 = days.device("b1")
    days.clock.pass_by((days.at(1, "08:40") - days.clock.utc_ms) / 1000)
    slowest, presses = 0.0, 0
    while "event=rounds_told people=1" not in g.log.read_text():
        began = time.monotonic()
        id = b1.call()
        b1.wait(id=id, state="received")
        slowest = max(slowest, time.monotonic() - began)
        presses += 1
    assert presses > 2 and slowest < 1, (presses, slowest)
    assert days.hears("grid1", 1).endswith("另有19985人。")
    assert len(g.events("round.due")) == 20000
