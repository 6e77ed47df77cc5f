"""Vital signs: "heart and breathing rate with ranges per resident, hysteresis and duration so that one
bad sample alarms nobody"."""

import pytest

from bed_world import HOME, Beds
from town import level, paged, policy

DOCTORS = policy(levels=[level("family", "grid", "doctor"), level("operator")])


def measured(w, s, seconds, every=10, **values):
    """The same again and again."""
    for _ in range(seconds // every):
        s.say(True, **values)
        w.soon(every)


def test_heart_rate_out_of_range(clocked):
    """Out of range for a minute and in three samples: one incident, which says what is wrong; how
    much is for those who may read about health alone, and not for any log."""
    w = Beds(clocked)
    clocked.gateway.config["policies"] = [DOCTORS, clocked.gateway.config["policies"][1]]
    w.g.write_config()
    w.g.ctl("reload")
    family, doctor = w.who["fam"], w.who["doctor"]
    s = w.sensor()
    measured(w, s, 60, hr=70, rr=14)
    measured(w, s, 60, hr=147, rr=14)
    assert not w.g.incidents()
    s.say(True, hr=147.53, rr=14)  # a number that stands nowhere else
    w.g.wait_event("incident.opened")
    one = w.g.incident()
    assert (one["kind"], one["resident"], one["text"]) == ("vital", "r1", "心率异常")
    assert paged(w.g) == ["doctor", "fam", "grid"]
    page = doctor.wait(state="open")
    assert page["resident"]["health"] == "心率 147.53次/分；高血压" and "147.53" not in page["text"]
    page = family.wait(state="open")
    assert "心率异常" in page["text"]
    assert "health" not in page["resident"] and "147.53" not in str(page)
    assert "147.53" not in str(w.g.events()) and "147.53" not in w.g.log.read_text()
    # Still so: it is not told again, also when somebody has ended it.
    measured(w, s, 120, hr=150, rr=14)
    w.g.ctl("incident", "resolve", "gw-1-1", "--by", "grid", "--outcome", "helped")
    measured(w, s, 120, hr=150, rr=14)
    assert len(w.g.incidents(everything=True)) == 1 and one["alerts"] == 1
    # Well, but not for long; then well for five minutes, and ill again.
    measured(w, s, 60, hr=80, rr=14)
    measured(w, s, 120, hr=150, rr=14)
    assert len(w.g.incidents(everything=True)) == 1
    measured(w, s, 320, hr=80, rr=14)
    measured(w, s, 80, hr=150, rr=14)
    w.g.wait_event("incident.opened", 2)


def test_one_bad_sample_alarms_nobody(clocked):
    """Nor do several with a good one between, or what a sensor says that measures nothing."""
    w = Beds(clocked)
    s = w.sensor()
    measured(w, s, 30, hr=70, rr=14)
    for _ in range(6):
        s.say(True, hr=190, rr=45)
        w.soon(25)
        s.say(True, hr=191, rr=46)
        w.soon(25)
        s.say(True, hr=72, rr=15)
        w.soon(10)
    measured(w, s, 180, hr=0, rr=0, spo2=0)
    measured(w, s, 180)
    s.say(True, hr=20, rr=3)
    w.soon(300)  # one alone, and then nothing for long
    s.say(False, hr=0, rr=0)
    w.soon(11)
    for _ in range(20):
        s.say(False, hr=200, rr=60)  # of an empty bed
        w.soon(10)
    assert not w.g.incidents(everything=True)


def test_two_samples_are_not_enough(clocked):
    """A slow sensor: three samples, however long they take."""
    w = Beds(clocked)
    s = w.sensor()
    for _ in range(2):
        s.say(True, rr=40)
        w.soon(60)
    assert not w.g.incidents()
    s.say(True, rr=40)
    w.g.wait_event("incident.opened")
    assert w.g.incident()["text"] == "呼吸异常"


def test_hysteresis(clocked):
    """Just inside is not well: the run goes on; 90 to 92 of 88 to 100 would be."""
    w = Beds(clocked)
    s = w.sensor()
    for spo2 in (86, 87, 88, 87, 88, 86):
        s.say(True, spo2=spo2)
        w.soon(15)
    w.g.wait_event("incident.opened")
    assert w.g.incident()["text"] == "血氧异常"


def test_ranges_of_a_resident(clocked):
    """Whose heart is slow is not called for that; whoever has a range of their own is called by it."""
    w = Beds(clocked, vitals={"hr": "50-120", "for": "30s"})
    g = w.g
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201",
                          "体征范围": "hr=35-100; rr=8-25"}])
    assert g.ctl_json("resident", "show", "r1")["vital_ranges"] == "hr=35-100; rr=8-25"
    s = w.sensor()
    measured(w, s, 120, hr=42)
    assert not g.incidents()
    measured(w, s, 60, hr=110)
    g.wait_event("incident.opened")
    g.ctl("bed", "set", "house1", "occupant=r2")
    other = w.sensor("s-house")
    measured(w, other, 60, hr=110)
    measured(w, other, 60, hr=42)
    assert g.wait_event("incident.opened", 2)["data"]["resident"] == "r2"
    assert paged(g, 2) == ["nurse"]


@pytest.mark.parametrize("wrong", ["hr", "hr=120-40", "hr=40-1300", "pulse=40-100", "hr=40-100;hr=50-90",
                                   "spo2=90-101", "hr=40-100,rr=8-20"])
def test_ranges_are_checked(world, wrong):
    w = Beds(world)
    done = w.g.ctl_raw("resident", "set", "r1", f"vital_ranges={wrong}")
    assert done.returncode == 1 and "vital_ranges" in done.stderr
    w.g.ctl("resident", "set", "r1", "vital_ranges=spo2=90-100")


def test_alarm_of_the_sensor_itself(world):
    """`alarm vital` is one at once."""
    w = Beds(world)
    w.sensor("s-home").client.alarm("vital", value=30)
    w.g.wait_event("incident.opened", kind="vital")
    assert paged(w.g) == ["fam", "grid"]


@pytest.mark.parametrize("section", [
    {"vitals": {"hr": "40"}}, {"vitals": {"rr": "30-8"}}, {"vitals": {"samples": 1}},
    {"beds": {"night": "22:00"}}, {"beds": {"night": "22:00-24:00"}}, {"beds": {"return_within": "15"}},
    {"beds": {"evening": "22:00-06:00"}}, {"vitals": {"for": 60}}])
def test_configuration(world, section):
    """What is wrong is named, and nothing of it is applied."""
    w = Beds(world)
    w.g.config.update(section)
    w.g.write_config()
    done = w.g.ctl_raw("reload")
    assert done.returncode == 78 and next(iter(section)) in done.stderr, done.stderr
    assert HOME["levels"]
