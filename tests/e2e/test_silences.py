"""Silences: "by device, resident, region or kind, with an author, a reason and an end; they never
mute a call for help"."""

import getpass

import pytest

from harness import now_ms, wait_until
from town import steps

HELP = ["sos", "fall", "smoke", "gas", "wander", "inactivity", "unreadable", "unassigned",
        "visit_unanswered"]


def silence(g, *words, reason="换电池"):
    return g.ctl_json("silence", "add", *words, "--reason", reason)["id"]


def listed(g, *words):
    return {s["id"]: s for s in g.ctl_json("silence", "list", *words)}


def heard(home, id):
    """The device was told that it is on disk; its text."""
    return home.wait(id=id, state="received")["text"]


def muted(g, home, say=lambda home: home.alarm("leak")):
    """Did this alert open nothing?"""
    before = len(g.events("alert.received"))
    id = say(home)
    text = heard(home, id)
    event = g.wait_event("alert.received", before + 1)["data"]
    assert ("silenced" in event) != ("incident" in event)
    if "silenced" in event:
        assert text == "已收到"  # nobody is being called
    return event.get("silenced")


def end_all(g):
    for i in g.incidents():
        g.ctl("incident", "cancel", i["id"], "--by", "duty1", "--reason", "x")


def two_homes(world):
    g = world.begin().village().gateway
    g.load("residents", [{"id": "r2", "name": "李国富", "region": "511781104205"}])
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"},
                       {"id": "b3", "kind": "sensor", "resident": "r1"}])
    return g, world.device("b1"), world.device("b2"), world.device("b3")


def test_what_is_muted(world):
    """A muted alert is logged with the silence, confirmed, remembered and counted; it opens nothing
    and pages nobody."""
    g = world.begin().village().gateway
    home, family = world.device("b1"), world.caregiver("fam1")
    id = silence(g, "--device", "b1", "--for", "2h")
    assert id == "gw-1-s1"
    assert muted(g, home, lambda h: h.alarm("leak", id="one")) == id
    event = g.events("alert.received")[-1]["data"]
    assert event["device"] == "b1" and event["resident"] == "r1" and event["kind"] == "leak"
    # Once more the same: remembered, confirmed, nothing new.
    home.say("alarm", {"id": "one", "ts": event_ts(home), "kind": "leak"})
    g.wait_event("alert.received", 2)
    assert muted(g, home, lambda h: h.call("service")) == id
    assert g.incidents(everything=True) == [] and not family.pages()
    assert g.metric('yijian_alerts_total{kind="leak"}') == 2
    one = listed(g)[id]
    assert one["author"] == getpass.getuser() and one["reason"] == "换电池" and one["device"] == "b1"
    assert one["muted"] == 3 and one["active"] and one["kind"] is None and one["ended_at"] is None
    changed = g.events("directory.changed")[-1]["data"]
    assert changed["of"] == "silences" and changed["change"] == "added" and changed["key"] == id
    assert "换电池" not in g.ctl("tail", "-n", "100", "--json") + g.log.read_text()
    g.verify_log()


def event_ts(home):
    """A time of its own: other bytes under the same id are a message of its own."""
    return now_ms() + 1


def test_repeat_of_a_muted_alert(world):
    """The same bytes again change nothing and are confirmed again, also once the silence is over."""
    g = world.begin().village().gateway
    home = world.device("b1")
    id = silence(g, "--kind", "leak", "--for", "1h")
    message = {"id": "one", "ts": now_ms(), "kind": "leak"}
    home.say("alarm", message)
    heard(home, "one")
    home.say("alarm", message)
    g.wait_event("alert.duplicate")
    g.ctl("silence", "remove", id)
    home.say("alarm", message)
    g.wait_event("alert.duplicate", 2)
    home.wait(3, id="one", state="received")
    assert g.incidents(everything=True) == [] and len(g.events("alert.received")) == 1


@pytest.mark.parametrize("words", [["--device", "b1"], ["--resident", "r1"], ["--region", "511781"],
                                   ["--region", "511781103000"], ["--region", "511781103201"]])
def test_calls_for_help_pass(world, words):
    """"they never mute a call for help": whatever the silence names, also what cannot be read."""
    g = world.begin().village().gateway
    home, family = world.device("b1"), world.caregiver("fam1")
    id = silence(g, *words, "--for", "1h")
    assert muted(g, home) == id
    for number, say in enumerate(
            [lambda: home.call("sos"), *(lambda k=k: home.alarm(k) for k in
                                         ("fall", "smoke", "gas", "wander", "inactivity")),
             lambda: home.publish("yj/v1/dev/b1/up/call", '{"id":"broken",')], 1):
        say()
        family.wait(number, state="open")
    kinds = {i["kind"] for i in g.incidents()}
    assert kinds == {"sos", "fall", "smoke", "gas", "wander", "inactivity", "unreadable"}
    assert all(i["alerts"] == 1 for i in g.incidents())


def test_whose_alerts(world):
    """By device, resident, region, kind; several selectors must all be met. (At most ten alerts per
    device, for those beyond are not logged singly.)"""
    g, b1, b2, b3 = two_homes(world)
    for words, expected in [
            (["--device", "b1"], [True, False, False]),
            (["--resident", "r1"], [True, False, True]),
            (["--region", "511781104"], [False, True, False]),
            (["--region", "511781103000"], [True, False, True]),
            (["--region", "511781000000"], [True, True, True]),
            (["--kind", "leak"], [True, True, True]),
            (["--resident", "r1", "--device", "b3"], [False, False, True]),
            (["--resident", "r1", "--device", "b2"], [False, False, False]),
            (["--region", "511781104", "--kind", "leak"], [False, True, False]),
            (["--region", "511781104", "--kind", "service"], [False, False, False]),
            (["--region", "51178110"], None)]:
        if expected is None:
            assert g.ctl_raw("silence", "add", *words, "--for", "1h", "--reason", "x").returncode == 1
            continue
        id = silence(g, *words, "--for", "1h")
        for home, expects in zip((b1, b2, b3), expected):
            assert (muted(g, home) is not None) == expects, (words, home.device)
            end_all(g)  # or the next one of this resident joins
        g.ctl("silence", "remove", id)


def test_refusals(world):
    """A silence that names only a call for help is refused with a clear word; so is what is not
    there, has no end, or no reason."""
    g, *_ = two_homes(world)
    for kind in HELP:
        for words in (["--kind", kind], ["--kind", kind, "--device", "b1"]):
            done = g.ctl_raw("silence", "add", *words, "--for", "1h", "--reason", "x")
            assert done.returncode == 1
            assert f"{kind} is a call for help, which is never muted" in done.stderr
    for code, *words in [
            (1, "--device", "nobody", "--for", "1h"), (1, "--resident", "b1", "--for", "1h"),
            (1, "--region", "hill", "--for", "1h"), (1, "--device", "b1", "--until", "2020-01-01T00:00:00Z"),
            (1, "--device", "b1", "--until", "2999-01-01T00:00:00Z"),
            (2, "--kind", "thunder", "--for", "1h"), (2, "--for", "1h"), (2, "--device", "b1"),
            (2, "--device", "b1", "--for", "0s"), (2, "--device", "b1", "--for", "soon"),
            (2, "--device", "b1", "--until", "tomorrow"),
            (2, "--device", "b1", "--device", "b2", "--for", "1h"),
            (2, "--device", "b1", "--for", "1h", "--until", "2999-01-01T00:00:00Z")]:
        done = g.ctl_raw("silence", "add", *words, "--reason", "x")
        assert done.returncode == code and done.stderr, words
    assert g.ctl_raw("silence", "add", "--device", "b1", "--for", "1h").returncode == 2
    assert g.ctl_raw("silence", "remove", "gw-1-s1").returncode == 1
    assert g.ctl_json("silence", "list", "--all") == []
    id = silence(g, "--device", "b1", "--for", "1h")
    g.ctl("silence", "remove", id)
    assert g.ctl_raw("silence", "remove", id).returncode == 1
    assert listed(g) == {} and listed(g, "--all")[id]["ended_by"] == getpass.getuser()


def test_an_open_incident_is_joined(world):
    """If an incident of that kind is open already, the alert joins it as ever."""
    g = world.begin().village().gateway
    home = world.device("b1")
    home.alarm("leak")
    g.wait_event("incident.opened")
    silence(g, "--resident", "r1", "--for", "1h")
    assert muted(g, home) is None
    assert g.incident()["alerts"] == 2 and steps(g)[-1] == "joined"
    end_all(g)
    assert muted(g, home)
    assert len(g.incidents(everything=True)) == 1


def test_flood_of_muted_alerts(world):
    """Muted alerts are counted as all others: received plus flood counts are what was acknowledged."""
    g = world.begin().village().gateway
    home = world.device("b1")
    id = silence(g, "--device", "b1", "--for", "1h")
    for n in range(40):
        home.say("alarm", {"id": f"n{n}", "ts": now_ms(), "kind": "leak"}, wait=False)
    heard(home, "n39")
    wait_until(lambda: listed(g)[id]["muted"] == 40, "all 40")
    assert g.incidents(everything=True) == []
    assert len(g.events("alert.received")) == 10
    g.stop()
    g.start()
    assert g.wait_event("alert.flood")["data"]["count"] == 30


def test_ends_by_time_and_holds_over_restart(clocked):
    """The end holds over a restart of the daemon, and is noted and logged once."""
    g = clocked.begin().village().gateway
    home = clocked.device("b1")
    short = silence(g, "--device", "b1", "--for", "30m")
    until = clocked.clock.text(3600)
    long = silence(g, "--kind", "vital", "--until", until)
    assert listed(g)[long]["until"] == until
    clocked.advance(29 * 60)
    assert muted(g, home) == short
    g.stop()
    g.start()
    assert muted(g, home) == short
    clocked.advance(61)
    assert muted(g, home) is None
    assert list(listed(g)) == [long]
    ended = listed(g, "--all")[short]
    assert not ended["active"] and ended["ended_by"] is None and ended["ended_at"] == ended["until"]
    g.stop()
    clocked.clock.pass_by(3600)
    g.start()
    assert muted(g, home, lambda h: h.alarm("vital")) is None
    changed = [e["data"] for e in g.events("directory.changed", of="silences")]
    assert [(c["change"], c["key"]) for c in changed] == [
        ("added", short), ("added", long), ("ended", short), ("ended", long)]


def test_unknown_time(clocked):
    """While the gateway does not know the time of day, the end of a silence cannot be judged: it
    mutes nothing, and none can be made."""
    g = clocked.begin().village().gateway
    home = clocked.device("b1")
    silence(g, "--device", "b1", "--for", "30m")
    g.stop()
    clocked.clock.boot_id = "boot-2"
    clocked.clock.boottime_ms = 1000
    right, clocked.clock.utc_ms = clocked.clock.utc_ms, 1000
    clocked.clock.write()
    g.start()
    assert g.ctl_json("status")["utc_known"] is False
    assert muted(g, home) is None
    done = g.ctl_raw("silence", "add", "--device", "b1", "--for", "1h", "--reason", "x")
    assert done.returncode == 1 and "time of day" in done.stderr
    end_all(g)
    clocked.clock.utc_ms = right + 60000
    clocked.clock.write()
    clocked.look()
    assert g.ctl_json("status")["utc_known"] is True
    assert muted(g, home)


def test_list_without_the_gateway(world):
    """`silence list` reads the database; what changes something needs the gateway."""
    g = world.begin().village().gateway
    id = silence(g, "--device", "b1", "--for", "1h", reason="检修")
    g.stop()
    assert id in g.ctl("silence", "list") and "检修" in g.ctl("silence", "list")
    assert list(listed(g)) == [id]
    assert g.ctl_raw("silence", "remove", id).returncode == 69
