"""Failed devices are work for the maintenance role, never a call for help; batteries are forecast."""

import datetime

import pytest

from harness import wait_until

ONLINE, OFFLINE = "device.online", "device.offline"
DAY_S = 86400


def look(world):
    """The gateway has looked at its clock, and two audits have run."""
    g = world.gateway
    world.look()
    before = g.metric("yijian_audits_total")
    wait_until(lambda: g.metric("yijian_audits_total") > before + 1, "audits", 30)


def set_hour(world, hour):
    """Until that hour of the municipality's day (Asia/Shanghai)."""
    local = (world.clock.utc_ms // 1000 + 8 * 3600) % DAY_S
    world.clock.pass_by((hour * 3600 - local) % DAY_S)


def work(g, *words):
    return g.ctl_json("device", "work", *words)


class Home:
    def __init__(self, world, **sections):
        sections.setdefault("devices", {"heartbeat": "30d"})
        world.begin(**sections).village()
        self.world, self.g = world, world.gateway
        self.g.load("caregivers", [
            {"id": "fix1", "name": "维修", "role": "maintenance", "region": "511781"},
            {"id": "fix2", "name": "维修", "role": "maintenance", "region": "500000"},
            {"id": "seat1", "name": "坐席", "role": "operator"}])
        self.fix, self.other = world.caregiver("fix1"), world.caregiver("fix2")
        self.seat, self.grid = world.caregiver("seat1"), world.caregiver("grid1")
        self.ear = world.device("b1")

    def say(self, online):
        self.ear.publish("yj/v1/dev/b1/state", {"online": online})

    def beat(self, **members):
        self.ear.say("heartbeat", {"ts": 1, **members})

    def notices(self, who=None):
        return [p["text"] for p in (who or self.fix).find(state="notice")]


@pytest.fixture
def home(clocked):
    clocked.audit_ms = 100
    set_at = clocked
    h = Home(set_at)
    set_hour(clocked, 10)
    clocked.look()
    return h


def test_offline_is_work_after_a_while(home):
    """Not at once; told once to maintenance who serve the home, by nobody else; closed by its return."""
    g, world = home.g, home.world
    home.say(True)
    g.wait_event(ONLINE, device="b1")
    home.say(False)
    g.wait_event(OFFLINE, device="b1")
    world.clock.pass_by(3500)
    look(world)
    assert work(g) == [] and not home.notices()
    world.clock.pass_by(200)
    look(world)
    text = home.fix.wait(state="notice")["text"]
    assert "b1" in text and "离线" in text and "王秀英" in text and "石门村二组" in text
    one = work(g)[0]
    assert one["device"] == "b1" and one["what"] == "offline" and one["id"] == "gw-1-w1"
    assert one["resident"] == "r1" and one["region"] == "511781103201" and one["told_at"]
    assert g.ctl_json("device", "show", "b1")["work"] == ["offline"]
    assert work(g, "--region", "511781103") and work(g, "--region", "5001") == []
    look(world)
    assert len(home.notices()) == 1
    # Again the next day at nine.
    set_hour(world, 8)
    look(world)
    assert len(home.notices()) == 1
    set_hour(world, 9)
    world.clock.pass_by(1)
    look(world)
    home.fix.wait(2, state="notice")
    home.say(True)
    g.wait_event(ONLINE, 2, device="b1")
    wait_until(lambda: work(g) == [], "it to be closed")
    ended = work(g, "--all")[0]
    assert ended["ended_at"] and ended["by"] is None
    assert not home.other.find() and not home.seat.find() and not home.grid.find()
    assert not g.incidents(everything=True)


def test_back_in_time_is_nothing(home):
    """What passes by itself is never heard of."""
    g, world = home.g, home.world
    for turn in (1, 2):
        home.say(True)
        g.wait_event(ONLINE, turn, device="b1")
        home.say(False)
        g.wait_event(OFFLINE, turn, device="b1")
        world.clock.pass_by(3000)
        look(world)
    assert work(g, "--all") == [] and not home.notices()


def test_faults_by_day_and_night(home):
    """Low battery and lost mains; by night nobody is told, in the morning they are; who is on battery
    by nature has lost no mains."""
    g, world = home.g, home.world
    set_hour(world, 23)
    world.look()
    home.beat(battery=80, mains=False)
    home.beat(battery=12, mains=True)
    g.wait_event("device.low_battery", device="b1")
    look(world)
    assert [w["what"] for w in work(g)] == ["battery_low"] and not home.notices()
    home.beat(battery=12, mains=False, fw="1.2.3", rssi=-71)
    set_hour(world, 7)
    look(world)
    home.fix.wait(state="notice")
    wait_until(lambda: sorted(w["what"] for w in work(g)) == ["battery_low", "mains_lost"], "both", 30)
    look(world)
    texts = home.notices()
    assert sum("电池电量低" in t for t in texts) == 1 and sum("外部电源断电" in t for t in texts) == 1
    shown = g.ctl_json("device", "show", "b1")
    assert shown["mains"] is False and shown["fw"] == "1.2.3" and shown["rssi"] == -71
    assert shown["work"] == ["battery_low", "mains_lost"] and shown["battery_low"] is True
    # Somebody does one, the other ends by itself.
    low = next(w for w in work(g) if w["what"] == "battery_low")
    g.ctl("device", "work", "done", low["id"])
    assert [w["what"] for w in work(g)] == ["mains_lost"]
    assert g.ctl_raw("device", "work", "done", low["id"]).returncode == 1
    done = next(w for w in work(g, "--all") if w["id"] == low["id"])
    assert done["by"] and g.events("directory.changed", change="work_done")
    home.beat(battery=12, mains=True)
    wait_until(lambda: work(g) == [], "mains to be back")
    assert not g.incidents(everything=True)


def test_nobody_of_maintenance(home):
    """Then it is told to the desk."""
    g, world = home.g, home.world
    g.ctl("caregiver", "remove", "fix1")
    home.beat(battery=5)
    g.wait_event("device.low_battery", device="b1")
    look(world)
    assert "电池电量低" in home.seat.wait(state="notice")["text"]
    assert not home.other.find() and not home.fix.find()


def test_a_dark_village_is_no_work(home):
    """While there is an outage, nobody is sent to its devices one by one."""
    g, world = home.g, home.world
    names = [f"a{i}" for i in range(6)]
    g.load("devices", [{"id": n, "kind": "button", "resident": "", "region": "511781103201"} for n in names])
    for what in (True, False):
        for n in names:
            home.ear.publish(f"yj/v1/dev/{n}/state", {"online": what})
        g.wait_event(ONLINE if what else OFFLINE, 6)
    world.advance(10)
    g.wait_event("outage.began")
    world.clock.pass_by(2 * 3600)
    look(world)
    assert work(g) == [] and not home.notices()


@pytest.mark.slow
def test_forecast(home):
    """"battery and signal trends with a forecast of the day a battery will be empty"; known after five
    days; work 14 days before, and in `ready` and `device list`; a new battery ends it."""
    g, world = home.g, home.world
    g.ctl("device", "set", "b1", "heartbeat=30d")

    def day_of(offset=0):
        local = world.clock.utc_ms / 1000 + 8 * 3600 + offset * DAY_S
        return datetime.datetime.fromtimestamp(local, datetime.timezone.utc).date().isoformat()

    def a_day(percent):
        for rssi in (-70, -74):
            home.beat(battery=percent, rssi=rssi)
        wait_until(lambda: g.ctl_json("device", "show", "b1").get("battery") == percent, "it to be written")

    def later():
        world.clock.pass_by(DAY_S)
        world.look()
    for percent in (80, 78, 76, 74):
        a_day(percent)
        later()
    look(world)
    assert "battery_empty_on" not in g.ctl_json("device", "show", "b1")
    a_day(72)
    later()
    shown = wait_until(lambda: (lambda s: s if "battery_empty_on" in s else None)(
        g.ctl_json("device", "show", "b1")), "a forecast", 30)
    assert shown["battery_per_day"] == -2 and shown["rssi_per_day"] == 0
    assert shown["battery_empty_on"] == day_of(35)  # 72 % of yesterday last 36 days
    assert [w["what"] for w in work(g)] == []
    # It runs down faster than thought.
    for percent in (52, 42, 32, 30, 28, 26, 24):
        a_day(percent)
        later()
    wait_until(lambda: [w["what"] for w in work(g)] == ["battery_empty_soon"], "work", 30)
    look(world)
    shown = g.ctl_json("device", "show", "b1")
    assert day_of(0) < shown["battery_empty_on"] <= day_of(14)
    assert any("b1" in t and "电池约" in t for t in home.notices())
    listed = g.ctl_json("device", "list", "--battery-empty-within", "3650d")
    assert [d["id"] for d in listed] == ["b1"]
    assert g.ctl_json("device", "list", "--battery-empty-within", "1s") == []
    assert not g.incidents(everything=True)
    # A new battery.
    a_day(24)
    later()
    for percent in (100, 99):
        a_day(percent)
        later()
    wait_until(lambda: work(g) == [], "it to be over", 40)
    assert "battery_empty_on" not in g.ctl_json("device", "show", "b1")
