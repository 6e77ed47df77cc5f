"""Passive safety: "no sign of life (any sensor, bed or button) for a set time (default 12 h for high-risk
residents, 24 h for others, quiet hours aware) opens an `inactivity` incident; ... It rests while the
resident's `status` is not `active` or the bed is away from home, and resumes at `status_until` or the first
sign of life; family and grid worker may set `away`." """

import datetime
import uuid
import zoneinfo

import pytest

from harness import wait_until
from town import ClockWorld, level, policy

HOUR = 3600
ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
LEVELS = [level("family", "grid", wait="20h"), level("duty", wait="20h")]
REGION = "511781103201"


class Days(ClockWorld):
    """A world whose clock begins tomorrow at an hour of the municipality's day."""

    audit_ms = 100

    def prepare(self, gateway):
        super().prepare(gateway)
        now = datetime.datetime.fromtimestamp(self.clock.utc_ms / 1000, ZONE)
        at = (now + datetime.timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        self.clock.utc_ms = int(at.timestamp() * 1000)
        self.clock.write()

    def begin(self, quiet="22:00-06:00", **sections):
        inactivity = {"quiet": quiet, **sections.pop("inactivity", {})}
        # hours pass at once, and all beats are missed together: that is no dark village here
        sections.setdefault("outage", {"least": 1000})
        super().begin([policy(levels=LEVELS, repeat_every="24h", resolve_within="24h")],
                      inactivity=inactivity, **sections)
        self.gateway.load("caregivers", [
            {"id": "grid1", "name": "何晓东", "role": "grid", "region": REGION},
            {"id": "fam1", "name": "王小丽", "role": "family", "residents": "", "phone": "13900000009"},
            {"id": "fix1", "name": "修理工", "role": "maintenance", "region": REGION},
            {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781"}])
        return self

    def home(self, resident, kind="sensor", **more):
        """A resident with one device, {resident}d, which is heard of now."""
        self.gateway.load("residents", [{"id": resident, "name": f"老人{resident}", "region": REGION,
                                         "address": "石门村", **more}])
        self.gateway.load("devices", [{"id": f"{resident}d", "kind": kind, "resident": resident}])
        device = self.device(f"{resident}d")
        self.beat(device)
        wait_until(lambda: "last_sign" in self.life(resident), "the resident to be known")
        return device

    def beat(self, device):
        device.say("heartbeat", {"ts": self.clock.utc_ms, "battery": 90})

    def sign(self, device):
        """Somebody breathes in that bed."""
        device.say("vital", {"id": str(uuid.uuid4()), "ts": self.clock.utc_ms, "in_bed": True, "hr": 61})
        resident = device.device[:-1]
        wait_until(lambda: self.life(resident)["last_sign"] == self.clock.text(), "the sign to be noted")

    def life(self, resident):
        return self.gateway.ctl_json("resident", "show", resident)

    def later(self, hours=0, minutes=0, seconds=0):
        """So much later, all that is due has been done."""
        self.clock.pass_by(hours * HOUR + minutes * 60 + seconds)
        self.look()
        done = self.gateway.metric("yijian_audits_total") + 3
        wait_until(lambda: self.gateway.metric("yijian_audits_total") >= done, "a look at everybody")

    def missed(self, everything=True):
        """Residents with an incident `inactivity`, as often as they have one."""
        return [i["resident"] for i in self.gateway.incidents(everything)
                if i["kind"] == "inactivity"]

    def close(self, resident):
        number = next(i["id"] for i in self.gateway.incidents() if i["resident"] == resident)
        self.gateway.ctl("incident", "resolve", number, "--by", "grid1", "--outcome", "false_alarm")


@pytest.fixture
def days(tmp_path):
    w = Days(tmp_path)
    try:
        yield w
    finally:
        w.end()


def test_everybody_at_their_time(days):
    """12 h for high risk, 24 h for others, what the resident has, never where it is off; heartbeats are no
    sign; buttons alone are not watched; each is missed once."""
    days.begin()
    g, grid = days.gateway, days.caregiver("grid1")
    days.home("r1", risk="high")
    steady = days.home("r2")
    days.home("r3", kind="button", risk="high")
    days.home("r4", inactivity="6h")
    days.home("r5", inactivity="off", risk="high")
    moving = days.home("r6", risk="high")
    for resident, why in (("r3", "no_sensor"), ("r5", "off")):
        shown = days.life(resident)
        assert shown["watched"] is False and shown["rests"] == why
    assert days.life("r1")["missed_at"] == days.clock.text(12 * HOUR)
    assert g.metric("yijian_residents_watched") == 4
    days.later(5, 59)
    assert days.missed() == []
    days.later(minutes=1)
    assert days.missed() == ["r4"]
    days.close("r4")
    days.sign(moving)
    days.beat(steady)
    days.later(5, 59)
    assert days.missed() == ["r4"]
    days.later(minutes=1)  # 21:00
    assert sorted(days.missed()) == ["r1", "r4", "r4"]  # r4's time began anew as it was closed
    e = g.events("incident.opened", resident="r1")[0]
    assert e["data"]["kind"] == "inactivity" and not e["data"].get("device")
    def page():
        return next((p["text"] for p in grid.pages(state="open") if p["resident"]["id"] == "r1"), None)
    text = wait_until(page, "the page")
    assert "长时间无活动" in text and "09:00起已12小时没有动静" in text, text
    assert days.life("r1")["rests"] == "incident_open"
    days.close("r1")
    days.close("r4")
    days.sign(moving)
    days.later(10)  # 07:00 of the next day
    assert days.missed(everything=False) == ["r4"]
    days.close("r4")
    days.later(2)
    assert sorted(days.missed(everything=False)) == ["r1", "r2", "r6"]


def test_quiet_hours_wait_for_the_morning(days):
    """"quiet hours aware": what is long enough by night is looked after when people are up."""
    days.begin()
    device = days.home("r1", risk="high")
    days.later(3)
    days.sign(device)  # 12:00
    assert days.life("r1")["missed_at"] == days.clock.text(19 * HOUR)  # 07:00, not 24:00
    days.later(12)
    assert days.missed() == []
    days.later(6, 59)
    assert days.missed() == []
    days.later(minutes=1)
    assert days.missed() == ["r1"]


def test_what_the_gateway_could_not_hear(days):
    """A restart neither forgets a silence nor misses anybody; time in which the gateway was off, or had no
    broker, does not count."""
    days.begin(quiet="none")
    g = days.gateway
    days.home("r1", risk="high")
    days.later(6)
    g.stop()
    days.clock.pass_by(8 * HOUR)
    g.start()
    days.later(seconds=1)
    assert days.missed() == []
    days.later(4)  # 10 h of silence
    days.broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"] == {"help": "down", "chatter": "down"}, "no broker")
    days.clock.pass_by(30 * HOUR)
    days.look()
    days.broker.start()
    wait_until(lambda: g.ctl_json("status")["broker"] == {"help": "up", "chatter": "up"}, "the broker",
               timeout=90)
    days.later(minutes=5)
    assert days.missed() == []
    days.later(1, 50)
    assert days.missed() == []
    g.kill()
    g.start()
    days.later(minutes=6)  # and a grace after the start
    assert days.missed() == []
    days.later(minutes=10)
    assert days.missed() == ["r1"]
    g.kill()
    g.start()
    days.later(minutes=30)
    assert days.missed() == ["r1"]


def test_a_sign_while_people_look(days):
    """It may have been a cat: those paged hear of it, the incident stays; after its end the time begins anew."""
    days.begin(quiet="none", inactivity={"others": "2h"})
    g = days.gateway
    device = days.home("r1")
    grid = days.caregiver("grid1")
    days.later(2)
    page = grid.wait(kind="inactivity", state="open")
    days.sign(device)
    note = grid.wait(state="notice")
    assert "又有动静" in note["text"]
    assert g.wait_event("incident.noted", reason="sign_of_life")["data"]["incident"] == page["incident"]
    days.sign(device)
    days.later(1)
    days.sign(device)
    days.later(minutes=1)
    assert days.missed(everything=False) == ["r1"]
    assert len(grid.pages(state="notice")) == 1
    assert grid.reply(page["incident"], "resolve", outcome="false_alarm")["ok"]
    days.later(1, 58)
    assert days.missed(everything=False) == []
    days.later(minutes=3)
    assert days.missed() == ["r1", "r1"]


def test_whose_sign_it_is(days):
    """`up/well`, a call, a check-in count; a couple's sensor counts for both, an institution's for nobody; an
    alarm of smoke is no sign. Who has said `well` once is missed without a sensor, once."""
    days.begin(quiet="none", inactivity={"others": "4h"})
    g = days.gateway
    button = days.home("r1", kind="button")
    days.home("r2")
    days.home("r3")
    g.load("devices", [{"id": "two", "kind": "sensor", "resident": "r2;r3"},
                       {"id": "r2b", "kind": "button", "resident": "r2"},
                       {"id": "smoke", "kind": "sensor", "resident": "r3"}])
    button.say("well", {"id": "w1", "ts": days.clock.utc_ms})
    wait_until(lambda: days.life("r1")["watched"], "somebody to be watched")
    e = g.wait_event("resident.well")
    assert e["data"]["resident"] == "r1" and e["data"]["device"] == "r1d"
    days.later(3)
    ear = days.device("two")
    ear.say("vital", {"id": "v", "ts": days.clock.utc_ms, "in_bed": True})
    for r in ("r2", "r3"):
        wait_until(lambda r=r: days.life(r)["last_sign"] == days.clock.text(), "both to be heard of")
    days.later(1)
    assert days.missed() == ["r1"]
    days.close("r1")
    days.later(2)
    days.device("r2b").say("checkin", {"id": "c1", "ts": days.clock.utc_ms, "caregiver": "grid1",
                                       "method": "nfc"})
    days.device("smoke").say("alarm", {"id": "s1", "ts": days.clock.utc_ms, "kind": "smoke"})
    g.wait_event("incident.opened", kind="smoke")
    days.later(1)
    assert sorted(days.missed()) == ["r1", "r3"]
    days.later(3)
    assert sorted(days.missed()) == ["r1", "r2", "r3"]


def test_away_and_back(days):
    """Only who serves the resident may say so; rests until `status_until`, `back`, or a sign that is not that
    of leaving."""
    days.begin(quiet="none", inactivity={"others": "4h"})
    g = days.gateway
    device = days.home("r1")
    for by in ("fam1", "fix1"):
        done = g.ctl_raw("resident", "away", "r1", "--for", "2d", "--by", by)
        assert done.returncode == 1 and "serve" in done.stderr
    for bad in (["--for", "0s"], ["--until", "2020-01-01"], ["--until", "soon"], ["--for", "500d"]):
        assert g.ctl_raw("resident", "away", "r1", *bad).returncode == 1, bad
    assert g.ctl_raw("resident", "away", "r1").returncode == 2
    assert g.ctl_raw("resident", "away", "nobody", "--for", "2d").returncode == 1
    g.ctl("caregiver", "set", "fam1", "residents=r1")
    g.ctl("resident", "away", "r1", "--for", "2d", "--by", "fam1")
    e = g.events("directory.changed", change="away")[-1]
    assert e["data"]["caregiver"] == "fam1" and e["data"]["key"] == "r1"
    shown = days.life("r1")
    assert shown["status"] == "away" and shown["rests"] == "away" and not shown["watched"]
    device.say("vital", {"id": "leaving", "ts": days.clock.utc_ms, "in_bed": True})
    days.later(47, 58)
    assert days.life("r1")["status"] == "away" and days.missed() == []
    # its time is over
    days.later(minutes=3)
    back = g.wait_event("directory.changed", change="back")
    assert back["data"]["key"] == "r1" and not back["data"].get("actor")
    assert days.life("r1")["status"] == "active"
    days.later(3, 55)
    assert days.missed() == []
    days.later(minutes=6)
    assert days.missed() == ["r1"]
    days.close("r1")
    # back, by the grid worker
    g.ctl("resident", "away", "r1", "--for", "30d", "--by", "grid1")
    days.later(24)
    g.ctl("resident", "back", "r1", "--by", "grid1")
    assert days.life("r1")["status"] == "active"
    # and by the first sign, also after a restart
    g.ctl("resident", "away", "r1", "--for", "30d")
    g.stop()
    g.start()
    days.later(5)
    assert days.missed() == ["r1"] and days.life("r1")["rests"] == "away"
    device.say("vital", {"id": "home", "ts": days.clock.utc_ms, "in_bed": True})
    wait_until(lambda: days.life("r1")["status"] == "active", "the sign to count")
    assert days.life("r1")["status_until"] == ""
    days.later(4)
    assert days.missed() == ["r1", "r1"]


def test_bed_elsewhere(days):
    """It rests while the bed is in a hospital, and the hospital's bed device is none of the home; it goes on
    when they are moved back. Who has moved or died is never missed."""
    days.begin(quiet="none", inactivity={"others": "4h"})
    g = days.gateway
    days.home("r1")
    gone = days.home("r2")
    g.load("institutions", [{"id": "h1", "name": "医院", "region": REGION, "filing": "filed"}])
    g.load("devices", [{"id": "mat", "kind": "bed", "resident": ""}])
    g.load("beds", [{"id": "home1", "kind": "home", "occupant": "r1"},
                    {"id": "ward1", "kind": "hospital", "institution": "h1", "device": "mat"}])
    g.ctl("resident", "set", "r2", "status=moved")
    g.ctl("bed", "move", "r1", "ward1", "--reason", "住院")
    assert days.life("r1")["rests"] == "bed_elsewhere"
    days.device("mat").say("vital", {"id": "m", "ts": days.clock.utc_ms, "in_bed": True})
    gone.say("vital", {"id": "n", "ts": days.clock.utc_ms, "in_bed": True})
    days.later(30)
    gone.say("vital", {"id": "o", "ts": days.clock.utc_ms, "in_bed": True})
    days.later(10)
    assert days.missed() == [] and days.life("r2")["status"] == "moved"
    g.ctl("bed", "move", "r1", "home1", "--reason", "出院")
    days.later(3, 58)
    assert days.missed() == []
    days.later(minutes=3)
    assert days.missed() == ["r1"]


def test_a_late_message_is_no_sign_of_now(days):
    """What a device had kept for hours tells of then."""
    days.begin(quiet="none", inactivity={"others": "4h"})
    device = days.home("r1")
    days.later(3)
    device.say("well", {"id": "old", "ts": days.clock.utc_ms - 2 * HOUR * 1000})
    days.gateway.wait_event("resident.well")
    days.later(2, 1)
    assert days.missed() == ["r1"]


def test_off_and_all(days):
    """`watch: off` misses nobody, `all` buttons too; a reload is enough."""
    days.begin(quiet="none", inactivity={"others": "4h", "watch": "off"})
    g = days.gateway
    days.home("r1", kind="button")
    days.home("r2")
    days.later(5)
    assert days.missed() == []
    g.config["inactivity"]["watch"] = "all"
    g.write_config()
    g.ctl("reload")
    wait_until(lambda: g.metric("yijian_residents_watched") == 2, "both to be watched")
    days.later(3, 55)
    assert days.missed() == []
    days.later(minutes=6)
    assert sorted(days.missed()) == ["r1", "r2"]
