"""Bed exit by night: "presence, bed exit by night with a return time, ... hysteresis and duration so
that one bad sample alarms nobody"; deadlines survive a restart, an outage causes and swallows none."""

from bed_world import Beds
from harness import wait_until
from town import paged


def got_up(w):
    """The sensor of a bed that somebody has lain in and, by night, left."""
    s = w.sensor()
    s.say(True)
    w.ins(1)
    s.say(False)
    w.soon(11)
    w.outs(1)
    return s


def test_up_by_night_and_not_back(clocked):
    """Who gets up by night and is not back in time is looked for, once; that they are back is told in
    the incident, which people end."""
    w = Beds(clocked)
    family = w.who["fam"]
    s = w.sensor()
    s.say(True, hr=60)
    event = w.ins(1)
    assert event["subject"] == "bed/home1" and event["data"]["resident"] == "r1"
    assert event["data"]["device"] == "s-home" and event["data"]["region"] == "511781103201"
    for _ in range(3):
        s.say(True, hr=61)
    s.say(False)
    w.soon(5)
    assert not w.g.events("bed.out")
    w.soon(6)
    w.outs(1)
    s.say(False)
    w.soon(14 * 60)
    assert not w.g.incidents()
    w.soon(60)
    w.g.wait_event("incident.opened")
    one = w.g.incident()
    assert (one["kind"], one["resident"], one["bed"], one["device"]) == ("bed_exit", "r1", "home1", "s-home")
    assert paged(w.g) == ["fam", "grid"] and one["alerts"] == 1
    assert "夜间离床，15分钟未归" in family.wait(state="open")["text"]
    s.say(False)
    w.soon(30)
    assert len(w.g.events("bed.out")) == 1 and len(w.g.incidents()) == 1
    s.say(True, hr=66)
    w.soon(11)
    w.ins(2)
    one = w.g.incident()
    assert one["state"] == "open"
    assert any("已回到床上" in n["text"] for n in one["notes"]) and "已回到床上" in one["text"]
    assert "已回到床上" in family.wait(state="notice")["text"]
    assert len(w.g.events("bed.in")) == 2 and not w.g.events("alert.received")
    w.g.verify_log()


def test_back_in_time(clocked):
    """A walk to the toilet is no incident, nor are many of them."""
    w = Beds(clocked)
    s = w.sensor()
    s.say(True)
    w.ins(1)
    for n in range(3):
        s.say(False)
        w.soon(11)
        w.outs(n + 1)
        w.soon(13 * 60)
        s.say(True)
        w.soon(11)
        w.ins(n + 2)
    w.soon(20 * 60)
    assert not w.g.incidents(everything=True)


def test_by_day(clocked):
    """By day nothing but the event."""
    w = Beds(clocked, night=False)
    got_up(w)
    w.soon(3 * 3600)
    assert not w.g.incidents(everything=True)


def test_a_turn_in_bed_and_a_bad_sample(clocked):
    """Less than a turn is nothing, in both directions: a sample "in" of an empty bed is nobody's
    return."""
    w = Beds(clocked)
    s = w.sensor()
    s.say(True)
    w.ins(1)
    for _ in range(5):
        s.say(False)
        w.soon(6)
        s.say(True)
        w.soon(6)
    assert not w.g.events("bed.out")
    s.say(False)
    w.soon(11)
    w.outs(1)
    w.soon(10 * 60)
    s.say(True)
    w.soon(5)
    s.say(False)
    w.soon(5 * 60)
    w.g.wait_event("incident.opened")
    assert len(w.g.events("bed.in")) == 1 and w.g.incident()["kind"] == "bed_exit"


def test_return_time_of_a_bed(clocked):
    """`beds.return_within` is a bed's own; an alarm of the sensor itself is one at once."""
    w = Beds(clocked)
    w.g.ctl("bed", "set", "home1", "return_within=5m")
    assert w.g.ctl_json("bed", "show", "home1")["return_within"] == "5m"
    got_up(w)
    w.soon(5 * 60)
    w.g.wait_event("incident.opened")
    other = clocked.device("s-house")
    other.alarm("bed_exit")
    w.g.wait_event("incident.opened", 2)
    assert w.g.incident(2)["institution"] == "house"


def test_restart(clocked):
    """What was due stays due over a restart, and is done once the sensor is heard or could be."""
    w = Beds(clocked)
    s = got_up(w)
    w.g.stop()
    clocked.clock.pass_by(20 * 60)
    w.g.start()
    w.up()
    s.say(False)
    w.g.wait_event("incident.opened")
    assert len(w.g.events("bed.out")) == 1
    # and killed, within a turn in bed, with nothing heard afterwards
    s.say(True)
    w.soon(11)
    w.ins(2)
    w.g.ctl("incident", "resolve", "gw-1-1", "--by", "grid", "--outcome", "helped")
    s.say(False)
    wait_until(lambda: due(w), "that to be on disk")
    w.g.kill()
    clocked.clock.pass_by(60)
    w.g.start()
    w.up()
    w.soon(130)
    w.outs(2)
    w.soon(14 * 60)
    w.g.wait_event("incident.opened", 2)


def due(w):
    import sqlite3
    with sqlite3.connect(f"file:{w.g.database}?mode=ro", uri=True) as db:
        return db.execute("SELECT turn_t FROM bed_sensors WHERE device = 's-home'").fetchone()[0]


def test_back_while_nobody_could_hear(clocked):
    """Back in bed while the gateway was down, or the broker: no false exit."""
    w = Beds(clocked)
    s = w.sensor()
    s.say(True)
    w.ins(1)
    for n, away in enumerate(("gateway", "broker")):
        s.say(False)
        w.soon(11)
        w.outs(n + 1)
        if away == "gateway":
            w.g.stop()
            clocked.clock.pass_by(40 * 60)
            w.g.start()
        else:
            clocked.broker.stop()
            wait_until(lambda: w.g.ctl_json("status")["broker"]["chatter"] == "down", "the broker to be away")
            w.soon(40 * 60)
            clocked.broker.start()
        w.up()
        s = w.sensor() if away == "broker" else s
        s.say(True)
        w.soon(11)
        w.ins(n + 2)
        w.soon(20 * 60)
        assert not w.g.incidents(everything=True), away


def test_up_while_the_broker_was_away(clocked):
    """Nobody is judged while nobody can be heard, and what passed meanwhile is not swallowed."""
    w = Beds(clocked)
    got_up(w)
    clocked.broker.stop()
    wait_until(lambda: w.g.ctl_json("status")["broker"]["chatter"] == "down", "the broker to be away")
    w.soon(30 * 60)
    assert not w.g.incidents()
    clocked.broker.start()
    w.up()
    w.soon(100)
    assert not w.g.incidents()
    w.soon(40)
    w.g.wait_event("incident.opened")
