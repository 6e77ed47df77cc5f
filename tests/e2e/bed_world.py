"""A home, a house and a hospital with beds and their sensors, for the tests of "The bed"."""

import datetime
import uuid
import zoneinfo

from harness import now_ms, wait_until
from town import level, policy

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
COUNTY, VILLAGE, TOWN = "511781", "511781103201", "511781001001"
WARD = policy("ward", [level("nurse", wait="60s"), level("care_worker")])
HOME = policy(levels=[level("family", "grid"), level("operator", "duty")])


def around(clock_utc_ms, before_h=-1, after_h=5):
    """A window of times of day by the municipality's clock, as the configuration has it."""
    now = datetime.datetime.fromtimestamp(clock_utc_ms / 1000, ZONE)
    ends = [now + datetime.timedelta(hours=h) for h in (before_h, after_h)]
    return "-".join(t.strftime("%H:%M") for t in ends)


REFUSED = 'yijian_alerts_rejected_total{reason="unknown_device"}'


class Sensor:
    """A native bed sensor. What it says has been heard by the gateway when say() returns: so has,
    then, what a stranger said behind it, which is counted."""

    def __init__(self, world, name):
        self.g = world.gateway
        self.client = world.device(name)

    def say(self, in_bed=None, **values):
        body = {"id": str(uuid.uuid4()), "ts": now_ms(), **values}
        if in_bed is not None:
            body["in_bed"] = in_bed
        self.client.say("vital", body)
        before = self.g.metric(REFUSED)
        self.client.publish("yj/v1/dev/stranger/up/heartbeat", {"ts": 1})
        wait_until(lambda: self.g.metric(REFUSED) > before, "the gateway to hear it")


class Beds:
    """r1 at home (bed home1, sensor s-home), nobody yet in the house's bed (house1, s-house) and the
    hospital's (hosp1, s-hosp). The people of each, and the county's desk."""

    def __init__(self, world, night=True, **sections):
        self.world = world
        beds = {"night": around(now_ms(), *((-1, 5) if night else (6, 12))),
                **sections.pop("beds", {})}
        self.g = g = world.begin(policies=[HOME, WARD], beds=beds, **sections).gateway
        g.load("institutions", [
            {"id": "house", "name": "敬老院", "region": TOWN, "filing": "filed", "policy": "ward",
             "address": "天生镇敬老院路1号", "phone": "000-8"},
            {"id": "hospital", "name": "县医院", "region": TOWN, "filing": "filed", "policy": "ward",
             "address": "县医院3楼", "phone": "000-9"}])
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": VILLAGE, "phone": "000-1",
                              "address": "石门村二组", "health": "高血压"},
                             {"id": "r2", "name": "李大山", "region": VILLAGE, "phone": "000-2",
                              "address": "石门村三组"}])
        g.load("devices", [{"id": "s-home", "kind": "bed", "resident": ""},
                           {"id": "s-house", "kind": "bed", "resident": ""},
                           {"id": "s-hosp", "kind": "bed", "resident": ""},
                           {"id": "button", "kind": "button", "resident": "r1"},
                           {"id": "smoke", "kind": "sensor", "resident": "",
                            "institution": "house", "place": "二楼走廊"}])
        g.load("beds", [
            {"id": "home1", "kind": "home", "occupant": "r1", "device": "s-home", "institution": ""},
            {"id": "house1", "kind": "institution", "institution": "house", "device": "s-house"},
            {"id": "hosp1", "kind": "hospital", "institution": "hospital", "device": "s-hosp"}])
        g.load("caregivers", [
            {"id": "fam", "name": "王小丽", "role": "family", "residents": "r1"},
            {"id": "grid", "name": "何晓东", "role": "grid", "region": VILLAGE},
            {"id": "doctor", "name": "彭医生", "role": "doctor", "region": COUNTY},
            {"id": "nurse", "name": "周护士", "role": "nurse", "institution": "house"},
            {"id": "carer", "name": "赵护理员", "role": "care_worker", "institution": "house"},
            {"id": "nurse2", "name": "钱护士", "role": "nurse", "institution": "hospital"},
            {"id": "carer2", "name": "孙护理员", "role": "care_worker", "institution": "hospital"},
            {"id": "desk", "name": "县坐席", "role": "operator", "region": COUNTY},
            {"id": "duty", "name": "县值班", "role": "duty", "region": COUNTY},
            {"id": "repair", "name": "维修", "role": "maintenance", "region": COUNTY}])
        names = ("fam", "grid", "doctor", "nurse", "carer", "nurse2", "carer2", "desk", "duty", "repair")
        self.who = dict(zip(names, world.people(*names)))

    def sensor(self, name="s-home"):
        return Sensor(self.world, name)

    def ins(self, count):
        return self.g.wait_event("bed.in", count)

    def outs(self, count):
        return self.g.wait_event("bed.out", count)

    def soon(self, seconds=11):
        """Longer than a turn in bed."""
        self.world.advance(seconds)

    def up(self):
        wait_until(lambda: self.g.ctl_json("status")["broker"]["chatter"] == "up", "the broker to be back")
