"""Rosters: who is paged when, what is reported before nobody is on duty, and the commands."""

import datetime
import json
import subprocess
import unicodedata
import zoneinfo

import pytest

from harness import TIMEOUT, wait_until
from town import ClockWorld, level, paged, policy, steps

VILLAGE = "511781103201"
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
DUTY = {"group": "village", "shifts": [
    {"days": ["mon-fri"], "from": "08:00", "until": "18:00", "who": ["day1"]},
    {"days": ["mon-sun"], "from": "18:00", "until": "08:00",
     "rotation": {"every": "1w", "start": "2026-11-23", "who": [["night1"], ["night2"]]}},
    {"days": "sat-sun", "from": "08:00", "until": "18:00", "who": "day2"}]}


class Town(ClockWorld):
    """A clocked world that begins on a coming Monday at noon, as its zone has it."""

    audit_ms = 100
    zone = SHANGHAI

    def prepare(self, gateway):
        super().prepare(gateway)
        today = datetime.datetime.now(self.zone).date()
        self.monday = today + datetime.timedelta(days=7 - today.weekday())
        self.set_clock(self.at(0, "12:00"))

    def at(self, day, time, fold=0):
        """A time of the week, as its clock has it."""
        hour, minute = map(int, time.split(":"))
        return datetime.datetime.combine(self.monday + datetime.timedelta(days=day),
                                         datetime.time(hour, minute, fold=fold), self.zone)

    def set_clock(self, moment):
        self.clock.utc_ms = round(moment.timestamp() * 1000)
        self.clock.write()

    def go_to(self, moment):
        """Time passes at once, up to a moment; only while no incident is open."""
        self.clock.pass_by((moment.timestamp() * 1000 - self.clock.utc_ms) / 1000)
        self.look()

    def date(self, day):
        return str(self.monday + datetime.timedelta(days=day))

    def set(self, *groups):
        return self.ctl("roster", "set", self.file(*groups))

    def file(self, *groups):
        file = self.folder / "roster.yaml"
        file.write_text(json.dumps(groups, ensure_ascii=False))
        return file

    def ctl(self, *words):
        return self.gateway.ctl(*words)

    def utc(self, moment):
        return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def press(self, device="b1"):
        """A call and all that is done at once; who is paged, by level."""
        home = self.device(device)
        home.wait(id=home.call(ts=self.clock.utc_ms), state="received")
        return len(self.gateway.incidents(everything=True))


PEOPLE = [
    {"id": "day1", "role": "grid", "region": VILLAGE},
    {"id": "day2", "role": "grid", "region": VILLAGE},
    {"id": "night1", "role": "grid", "region": VILLAGE},
    {"id": "night2", "role": "grid", "region": VILLAGE},
    {"id": "town1", "role": "grid", "region": "511781103"},
    {"id": "duty1", "role": "duty"},
    {"id": "fix1", "role": "maintenance"},
]


@pytest.fixture
def town(tmp_path):
    made = Town(tmp_path)
    try:
        yield made
    finally:
        made.end()


def begin(town, *levels, gateway=None):
    town.begin([policy(levels=list(levels) or [level("group:village"), level("duty")])],
               gateway=gateway or {})
    g = town.gateway
    g.load("residents", [{"id": f"r{n}", "name": "王秀英", "region": VILLAGE} for n in range(1, 8)])
    g.load("devices", [{"id": f"b{n}", "kind": "button", "resident": f"r{n}"}
                       for n in range(1, 8)])
    g.load("caregivers", [{"name": p["id"], **p} for p in PEOPLE])
    town.people(*(p["id"] for p in PEOPLE))
    return g


@pytest.mark.parametrize("notify", ["group:village", "grid"])
def test_by_day_and_by_night(town, notify):
    """Each call pages those on duty at that time, in the municipality's zone: by weekly shift, by
    rotation, over midnight, and by an override."""
    g = begin(town, level(notify), level("duty"))
    town.set({**DUTY, "overrides": [
        {"date": town.date(2), "from": "08:00", "until": "12:00", "who": ["town1"]}]})
    weeks = (town.monday - datetime.date(2026, 11, 23)).days // 7
    first, second = ("night1", "night2") if weeks % 2 == 0 else ("night2", "night1")
    expected = [(0, "12:00", "day1"), (0, "17:59", "day1"), (0, "18:00", first), (1, "07:59", first),
                (2, "08:00", "town1"), (6, "10:00", "day2"), (7, "18:00", second)]
    for number, (day, time, person) in enumerate(expected, 1):
        town.go_to(town.at(day, time))
        town.press(f"b{number}")
        assert paged(g, number, level=0) == [person], (day, time)
        g.ctl("incident", "cancel", f"gw-1-{number}", "--by", "duty1", "--reason", "test")


def test_passed_over_at_once(town):
    """"A level with nobody on duty is logged and passed over at once." """
    g = begin(town)
    town.set({"group": "village", "shifts": [
        {"from": "18:00", "until": "08:00", "who": ["night1"]}]})
    town.press()
    assert paged(g) == ["duty1"]
    assert steps(g)[:4] == ["opened", "notified", "escalated", "notified"]
    told = [e["data"] for e in g.events("incident.notified")]
    assert [(d["level"], d["people"]) for d in told[:2]] == [(0, 0), (1, 1)]
    assert next(e["data"] for e in g.events("incident.escalated"))["reason"] == "nobody"
    # nothing had to be waited for
    assert all(e["time"] == town.clock.text() for e in g.events("incident.*"))


def test_nobody_of_a_role_on_duty(town):
    """"of these only the ones with the longest matching prefix that has somebody on duty" """
    g = begin(town, level("grid"), level("duty"))
    town.set({"group": "village", "shifts": [
        {"from": "00:00", "until": "06:00", "who": ["day1", "day2", "night1", "night2"]}]})
    town.press()
    assert paged(g, level=0) == ["town1"]


@pytest.mark.parametrize("role,expected", [("doctor", ["near1"]), ("family", [])])
def test_those_named_are_off_duty(town, role, expected):
    """"first those who name the resident in `residents`; if none of them is on duty, and the role is
    not `family` or `neighbor`, those of ... `region`" """
    g = begin(town, level(role), level("duty"))
    g.load("caregivers", [{"id": "hers1", "name": "h", "role": role, "residents": "r1;r2"},
                          {"id": "near1", "name": "n", "role": role, "region": VILLAGE}])
    town.set({"group": "x", "shifts": [{"from": "18:00", "until": "08:00", "who": ["hers1"]}]})
    town.press()
    assert paged(g, level=0) == expected
    town.go_to(town.at(0, "20:00"))
    town.press("b2")
    assert paged(g, 2, level=0) == ["hers1"]


def test_level_is_worked_out_when_it_is_paged(town):
    """"Who belongs to a level is worked out when it is paged." """
    g = begin(town, level("duty", wait="60s"), level("group:village"))
    town.set(DUTY)
    town.go_to(town.at(0, "17:59"))
    town.press()
    assert paged(g) == ["duty1"]
    town.advance(60)
    assert len(paged(g)) == 2 and paged(g)[1].startswith("night")


def test_desk_whatever_the_roster(town):
    """"at once pages every `duty` and `operator` whatever their region or roster" """
    g = begin(town, level("group:village"))
    g.load("caregivers", [{"id": "seat1", "name": "s", "role": "operator"}])
    town.set({"group": "village", "shifts": []},
             {"group": "desk", "shifts": [{"from": "00:00", "until": "01:00",
                                           "who": ["duty1", "seat1"]}]})
    town.press()
    assert paged(g) == ["duty1", "seat1"]
    assert "unreachable" in steps(g)


def test_clock_unknown(town):
    """"While the gateway does not know the time, everybody of a role is on duty." """
    g = begin(town, level("grid", "group:village"), level("duty"))
    town.set(DUTY)
    g.stop()
    town.clock.boot_id, town.clock.boottime_ms, town.clock.utc_ms = "boot-2", 5000, 5000
    town.clock.write()
    g.start()
    assert g.ctl_json("status")["utc_known"] is False
    home = town.device("b1")
    home.wait(id=home.call(ts=None), state="received")
    assert paged(g, level=0) == ["day1", "day2", "night1", "night2"]


def test_kept_over_restart_and_reload(town):
    g = begin(town)
    town.set(DUTY)
    before = g.ctl_json("roster", "show", "village", "--at", town.clock.text())
    town.look()
    g.kill()
    g.start()
    assert g.ctl_json("roster", "show", "village", "--at", town.clock.text()) == before
    town.press()
    assert paged(g, level=0) == ["day1"]


def test_wall_clock_on_both_switch_days(town):
    """"zones with daylight saving behave as the wall clock reads, tested on both switch days" """
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    town.zone = berlin
    g = begin(town, gateway={"timezone": "Europe/Berlin"})
    town.set({"group": "village", "shifts": [
        {"from": "00:00", "until": "02:30", "who": ["night1"]},
        {"from": "02:30", "until": "00:00", "who": ["day1"]}]})
    year = town.monday.year + 1  # both days lie ahead
    spring = max(datetime.date(year, 3, d) for d in range(25, 32)
                 if datetime.date(year, 3, d).weekday() == 6)
    autumn = max(datetime.date(year, 10, d) for d in range(25, 32)
                 if datetime.date(year, 10, d).weekday() == 6)
    utc = datetime.timezone.utc
    expected = [  # the clock goes from 01:59 to 03:00, and from 02:59 to 02:00, at 01:00 UTC
        (spring, 0, 59, "night1"), (spring, 1, 0, "day1"), (autumn, 0, 29, "night1"),
        (autumn, 0, 30, "day1"), (autumn, 1, 0, "night1"), (autumn, 1, 29, "night1"),
        (autumn, 1, 30, "day1")]
    for number, (date, hour, minute, person) in enumerate(expected, 1):
        town.go_to(datetime.datetime.combine(date, datetime.time(hour, minute), utc))
        town.press(f"b{number}")
        assert paged(g, number, level=0) == [person], (date, hour, minute)
        g.ctl("incident", "cancel", f"gw-1-{number}", "--by", "duty1", "--reason", "test")


# ── gaps ──


def notices(town, name):
    person = next(c for c in town.clients if getattr(c, "caregiver", None) == name)
    return [p["text"] for p in person.pages(state="notice")]


def audited(town):
    """The gateway has looked at its rosters since."""
    audits = lambda: town.gateway.metric("yijian_audits_total")
    before = audits()
    wait_until(lambda: audits() > before, "an audit")


def test_gap_is_told_48_hours_before(town):
    """"gaps are found ahead and reported 48 h before they begin": to duty rooms, operators and
    maintenance, once."""
    g = begin(town)
    town.set({"group": "village", "shifts": [
        {"days": "mon-fri", "from": "00:00", "until": "24:00", "who": ["day1"]},
        {"days": "sat-sun", "from": "00:00", "until": "20:00", "who": ["day2"]}]})
    town.go_to(town.at(3, "19:59"))
    audited(town)
    assert notices(town, "duty1") == []
    town.go_to(town.at(3, "20:00"))
    for name in ("duty1", "fix1"):
        text, = wait_until(lambda who=name: notices(town, who), f"a notice to {name}")
        saturday = town.at(5, "20:00")
        assert f"{saturday.month}月{saturday.day}日20:00" in text and "village" in text
    # once, also over a restart and while it runs; the next one is told in its time
    g.stop()
    g.start()
    town.go_to(town.at(4, "20:00"))
    wait_until(lambda: len(notices(town, "duty1")) == 2, "the notice of Sunday's gap")
    for day in (5, 6):
        town.go_to(town.at(day, "21:00"))
        audited(town)
    town.go_to(town.at(10, "20:00"))
    wait_until(lambda: len(notices(town, "duty1")) == 3, "the notice of next week's gap")
    assert len(notices(town, "fix1")) == 3 and notices(town, "day1") == []
    assert len(set(notices(town, "duty1"))) == 3


def test_gap_that_is_near_is_told_at_once(town):
    g = begin(town)
    town.set({"group": "village", "shifts": []}, {"group": "other", "shifts": []})
    wait_until(lambda: len(notices(town, "duty1")) == 1, "a notice")
    # no policy names the other group
    assert "village" in notices(town, "duty1")[0]
    # a roster that is whole again and then is not: that is news
    town.set(DUTY)
    town.set({"group": "village", "shifts": []})
    wait_until(lambda: len(notices(town, "duty1")) == 2, "another notice")
    assert g.ctl_json("log", "verify")["ok"]


# ── commands ──


def refused(town, *words, code=1):
    done = town.gateway.ctl_raw(*words)
    assert done.returncode == code, done
    return done.stderr


def test_set_names_the_line(town):
    begin(town)
    file = town.folder / "roster.yaml"
    file.write_text("""\
- group: village
  members: [day1, day2]
  shifts:
    - {days: [mon-fri], from: 08:00, until: "18:00", who: [day1]}
    - from: 18:00
      until: 08:00
      who: [day9]
- group: other
  shifts: []
""")
    assert "line 7: who: there is no caregiver day9" in refused(town, "roster", "set", file)
    assert town.gateway.ctl_json("roster", "list") == []
    file.write_text(file.read_text().replace("day9", "day2"))
    assert town.gateway.ctl_json("roster", "set", file, "--check")["groups"] == ["village", "other"]
    assert town.gateway.ctl_json("roster", "list") == []
    town.ctl("roster", "set", file)
    assert [r["group"] for r in town.gateway.ctl_json("roster", "list")] == ["other", "village"]
    changed = [e["data"] for e in town.gateway.events("directory.changed")
               if e["data"]["of"] == "rosters"]
    assert [(d["change"], d["key"]) for d in changed] == [("set", "village"), ("set", "other")]
    for text, reason in (("a: [", "roster.yaml:"), ("", "a mapping"), ("just words", "a mapping"),
                         ("{group: x, group: y, shifts: []}", "twice"),
                         ("{group: x, shifts: [], shift: 1}", "line 1: shift: unknown key"),
                         ("&a [*a, *a]", "too deep"), ("\x01", "roster.yaml")):
        file.write_text(text)
        assert reason in refused(town, "roster", "set", file), text
    refused(town, "roster", "set", town.folder / "none.yaml")
    refused(town, "roster", "set", code=2)


def test_set_from_standard_input(town):
    begin(town)
    done = town.gateway.ctl_raw("roster", "set", "-", input="{group: village, shifts: []}")
    assert done.returncode == 0, done
    assert town.gateway.ctl_json("roster", "list")[0]["group"] == "village"


def test_what_was_set_can_be_set_again(town):
    g = begin(town)
    town.set({**DUTY, "members": [p["id"] for p in PEOPLE[:4]],
              "holidays": [{"date": "2027-01-01", "name": "元旦"}], "holiday_shifts": []})
    before = g.ctl_json("roster", "show", "village", "--at", town.clock.text())
    done = g.ctl_raw("roster", "set", "-", input=json.dumps(before["roster"]))
    assert done.returncode == 0, done
    after = g.ctl_json("roster", "show", "village", "--at", town.clock.text())
    assert {**after, "set_at": None} == {**before, "set_at": None}


def test_set_tells_the_gaps_that_stay(town):
    g = begin(town)
    assert "nobody" not in town.set(DUTY)
    file = town.file({**DUTY, "shifts": DUTY["shifts"][:2]})
    assert (f"group village: nobody from Sat {town.date(5)} 08:00 to Sat {town.date(5)} 18:00"
            in g.ctl("roster", "set", file))
    first = g.ctl_json("roster", "set", file)["gaps"][0]
    assert first == {"group": "village", "from": town.utc(town.at(5, "08:00")),
                     "until": town.utc(town.at(5, "18:00"))}


def test_whoever_a_group_sends_may_answer_and_arrive(town):
    """A group may have people who do not serve the resident by role: who is paged may answer, and
    check in on the home's device."""
    g = begin(town)
    g.load("caregivers", [{"id": "far1", "name": "f", "role": "volunteer", "region": "110000"},
                          {"id": "far2", "name": "f", "role": "volunteer", "region": "110000"}])
    town.set({"group": "village", "shifts": [
        {"from": "00:00", "until": "24:00", "who": ["far1"]}]})
    far, other = town.people("far1", "far2")
    town.press()
    assert paged(g) == ["far1"]
    assert other.reply("gw-1-1", "ack", how="going")["reason"] == "not_allowed"
    assert far.reply("gw-1-1", "ack", how="going")["ok"]
    home = next(c for c in town.clients if getattr(c, "device", None) == "b1")
    home.checkin("far2")
    home.checkin("far1")
    wait_until(lambda: g.incident()["state"] == "arrived", "the arrival")
    assert [r["reason"] for r in g.ctl_json("rejected", "list")] == ["caregiver"]


def test_remove(town):
    begin(town)
    town.set(DUTY, {**DUTY, "group": "spare"})
    assert "policy default" in refused(town, "roster", "remove", "village")
    town.ctl("roster", "remove", "spare")
    assert "no such roster" in refused(town, "roster", "remove", "spare")
    assert "stands in roster village" in refused(town, "caregiver", "remove", "day1")
    assert [r["group"] for r in town.gateway.ctl_json("roster", "list")] == ["village"]


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_show_draws_a_week(town):
    """"`roster show` draws a week" """
    g = begin(town)
    g.ctl("caregiver", "set", "day1", "name=何晓东")
    shown = lambda *words: g.ctl("roster", "show", "village", "--at", town.clock.text(), *words)
    town.set({**DUTY, "shifts": DUTY["shifts"][:2], "overrides": [
        {"date": town.date(1), "from": "09:00", "until": "10:00", "who": []}]})
    lines = shown().splitlines()
    assert lines[0] == "village, Asia/Shanghai"
    assert lines[1] == " " * 16 + "00    03     06    09     12    15     18    21"
    monday, tuesday, saturday = (lines[2 + day] for day in (0, 1, 5))
    assert monday == f"Mon {town.date(0)}  AAAAAAAAAAAA|AAAABBBBBBBB|BBBBBBBBBBBB|CCCCCCCCCCCC"
    assert tuesday == f"Tue {town.date(1)}  CCCCCCCCCCCC|CCCCBB!!BBBB|BBBBBBBBBBBB|CCCCCCCCCCCC"
    assert saturday == f"Sat {town.date(5)}  CCCCCCCCCCCC|CCCC!!!!!!!!|!!!!!!!!!!!!|CCCCCCCCCCCC"
    assert "B  day1 何晓东" in lines and "!  nobody" in lines
    assert f"  Tue {town.date(1)} 09:00 to Tue {town.date(1)} 10:00" in lines
    assert max(map(columns, lines)) <= 80
    assert shown("--week", town.date(3)).splitlines()[:9] == lines[:9]
    person = lambda letter, lines: next(line[3:] for line in lines if line.startswith(letter + "  "))
    turn, next_turn = person("C", lines), person("C", shown("--week", town.date(7)).splitlines())
    assert {turn, next_turn} == {"night1 night1", "night2 night2"}
    one = g.ctl_json("roster", "show", "village", "--at", town.clock.text())
    assert one["spans"][1] == {"from": town.utc(town.at(0, "08:00")),
                               "until": town.utc(town.at(0, "18:00")), "who": ["day1"]}
    assert one["on_duty"] == ["day1"] and one["policies"] == ["default"]
    assert one["gaps"][0] == {"from": town.utc(town.at(1, "09:00")),
                              "until": town.utc(town.at(1, "10:00"))}
    assert one["zone"] == "Asia/Shanghai" and one["from"] == town.utc(town.at(0, "00:00"))
    assert g.ctl_json("roster", "show") [0]["group"] == "village"
    assert "no roster" in refused(town, "roster", "show", "none")
    for bad in ("tomorrow", "2026-02-30", "2026-1-1"):
        refused(town, "roster", "show", "--week", bad, code=2)


def test_show_on_the_spring_day(town):
    """The hour that the clock skips is empty; it is no gap."""
    g = begin(town, gateway={"timezone": "Europe/Berlin"})
    town.set({"group": "village", "shifts": [
        {"from": "00:00", "until": "24:00", "who": ["day1"]}]})
    lines = g.ctl("roster", "show", "village", "--week", "2027-03-28").splitlines()
    assert lines[8] == "Sun 2027-03-28  AAAA  AAAAAA|AAAAAAAAAAAA|AAAAAAAAAAAA|AAAAAAAAAAAA"
    assert "nobody" not in "".join(lines)
    lines = g.ctl("roster", "show", "village", "--week", "2027-10-31").splitlines()
    assert lines[8] == "Sun 2027-10-31  AAAAAAAAAAAA|AAAAAAAAAAAA|AAAAAAAAAAAA|AAAAAAAAAAAA"


def test_many_names_fit(town):
    g = begin(town)
    g.load("caregivers", [{"id": f"v{n}", "name": "欧阳" + "小明" * (n % 3), "role": "volunteer"}
                          for n in range(60)])
    town.set({"group": "village", "shifts": [
        {"from": "00:00", "until": "24:00", "who": [f"v{n}" for n in range(60)]}]})
    lines = g.ctl("roster", "show").splitlines()
    assert max(map(columns, lines)) <= 80
    assert sum(line.count("欧阳") for line in lines) == 60


def test_explain_says_who_is_off_duty(town):
    """"`yijianctl policy explain RESIDENT` says beforehand who would be called, when" """
    g = begin(town, level("grid", "group:village"), level("duty"))
    town.set({**DUTY, "shifts": DUTY["shifts"][:1]})
    first = g.ctl_json("policy", "explain", "r1", "--at", town.clock.text())["levels"][0]
    assert [p["caregiver"] for p in first["people"]] == ["day1", "day2", "night1", "night2"]
    assert first["off_duty"] == []
    night = town.utc(town.at(4, "20:00"))
    first = g.ctl_json("policy", "explain", "r1", "--at", night)["levels"][0]
    assert [p["caregiver"] for p in first["people"]] == ["day2", "night1", "night2"]
    off, = first["off_duty"]
    assert (off["caregiver"], off["why"]) == ("day1", "grid")
    assert off["on_duty_at"] == town.utc(town.at(7, "08:00"))
    text = g.ctl("policy", "explain", "r1", "--at", night)
    assert "off duty:" in text and off["on_duty_at"] in text


def findings(town):
    done = town.gateway.ctl_raw("policy", "check", "--json", "--at", town.clock.text())
    assert done.returncode in (0, 1), done
    return [(f.get("resident"), f["what"]) for f in json.loads(done.stdout)]


def test_policy_check_knows_the_week(town):
    """Whether a last level can be empty at some hour of the week."""
    begin(town, level("duty"), level("group:village"))
    assert (None, "group:village does not exist") in findings(town)
    town.set(DUTY)
    assert findings(town) == []
    town.set({**DUTY, "shifts": DUTY["shifts"][:2]})
    assert findings(town) == [(f"r{n}", "the last level has nobody from Sat "
                               f"{town.date(5)} 08:00 on") for n in range(1, 8)]


def test_policy_check_of_people_who_name_the_resident(town):
    """Who is served by one person with a roster is not served while that person is off duty."""
    g = begin(town, level("duty"), level("family"))
    g.load("caregivers", [{"id": "son1", "name": "s", "role": "family",
                           "residents": "r1;r2;r3;r4;r5;r6;r7"},
                          {"id": "son2", "name": "s", "role": "family", "residents": "r2"}])
    assert findings(town) == []
    town.set({"group": "sons", "shifts": [{"from": "18:00", "until": "08:00", "who": ["son1"]}]})
    found = dict(findings(town))
    assert found["r1"] == "the last level has nobody" and "r2" not in found and len(found) == 6


def test_timezone_must_be_known(town):
    begin(town)
    check = lambda: subprocess.run([town.gateway.bin / "yijiand", "--check-config", "-c",
                                    town.gateway.file], capture_output=True, text=True,
                                   timeout=TIMEOUT)
    assert check().returncode == 0
    for zone in ("Mars/Base", "../../etc/passwd", "/etc/passwd", "Asia", "a b"):
        town.gateway.config["gateway"]["timezone"] = zone
        town.gateway.write_config()
        done = check()
        assert done.returncode == 78 and "gateway.timezone is not known" in done.stderr, zone
