"""A township whose days pass at once: for the tests of rounds."""

import datetime
import zoneinfo

from harness import wait_until
from town import ClockWorld, level, policy

REGION = "511781103201"
OTHER = "511781104201"


class Days(ClockWorld):
    """The clock begins tomorrow at an hour of the municipality's day, which to() moves on."""

    audit_ms = 50
    zone = "Asia/Shanghai"
    hour = 10

    def prepare(self, gateway):
        super().prepare(gateway)
        now = datetime.datetime.fromtimestamp(self.clock.utc_ms / 1000, zoneinfo.ZoneInfo(self.zone))
        first = (now + datetime.timedelta(days=1)).replace(hour=self.hour, minute=0, second=0, microsecond=0)
        self.first = first.date()
        self.clock.utc_ms = int(first.timestamp() * 1000)
        self.clock.write()

    def begin(self, **sections):
        sections.setdefault("outage", {"least": 1000})
        sections.setdefault("inactivity", {"watch": "off"})
        gateway = sections.setdefault("gateway", {})
        gateway.setdefault("timezone", self.zone)
        super().begin([policy(levels=[level("family", "grid", wait="20h"), level("duty", wait="20h")],
                              repeat_every="24h", resolve_within="24h")], **sections)
        return self

    def people(self, *more):
        self.gateway.load("caregivers", [
            {"id": "grid1", "name": "何晓东", "role": "grid", "region": REGION, "channels": "mqtt"},
            {"id": "vil1", "name": "石主任", "role": "village", "region": REGION, "channels": "mqtt"},
            {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781", "channels": "mqtt"},
            {"id": "op1", "name": "坐席", "role": "operator", "channels": "mqtt"}, *more])
        self.inbox = {c: self.caregiver(c) for c in ("grid1", "vil1", "duty1", "op1")}
        for row in more:
            self.inbox[row["id"]] = self.caregiver(row["id"])

    def settle(self):
        """The gateway has looked at the clock and has nothing more to do about it."""
        audits = self.gateway.metric("yijian_audits_total")
        wait_until(lambda: self.gateway.metric("yijian_audits_total") >= audits + 4, "the gateway to look")

    def at(self, day, clock="09:00"):
        """That day (0 is the first one) and time by the municipality's clock, as ms."""
        hour, minute = map(int, clock.split(":"))
        when = datetime.datetime.combine(self.first + datetime.timedelta(days=day),
                                         datetime.time(hour, minute), zoneinfo.ZoneInfo(self.zone))
        return int(when.timestamp() * 1000)

    def to(self, day, clock="09:00"):
        self.clock.pass_by((self.at(day, clock) - self.clock.utc_ms) / 1000)
        self.settle()

    def date(self, day):
        return (self.first + datetime.timedelta(days=day)).isoformat()

    def told(self, caregiver):
        """What a person was told so far, in order."""
        return [p["text"] for p in self.inbox[caregiver].pages(state="notice")]

    def hears(self, caregiver, count):
        return wait_until(lambda: (lambda t: t if len(t) >= count else None)(self.told(caregiver)),
                          f"{count} notices for {caregiver}: {self.told(caregiver)}")[-1]

    def due(self, *words):
        """(resident, list, due, state) of all that is listed."""
        return [(i["resident"], i["round"], i["due"], i["state"])
                for i in self.gateway.ctl_json("round", "list", *words)]

    def events(self, what):
        return [(e["subject"], e["data"]["resident"]) for e in self.gateway.events(f"round.{what}")]

    def saw(self, resident, result="well", method="on_site", by="grid1"):
        self.gateway.ctl("round", "record", resident, "--by", by, "--method", method, "--result", result)
