"""Issue 5: the visit, from the tap of a caregiver to its end, as HTTP and MQTT show it."""

import harness
import pytest
import town
from harness import wait_until
from town import level, policy
from visit_world import ANSWER, HTTP, OFFER, VISITS, Caller, Terminal, home


@pytest.fixture
def clocked(tmp_path):
    world = town.ClockWorld(tmp_path)
    world.audit_ms = 100
    yield world
    world.end()


def begin(world, **sections):
    world.begin(policies=[policy(levels=[level("family"), level("grid")])], visits=VISITS, http=HTTP,
                **sections)
    return home(world)


def terminal(world, name="t1"):
    t = Terminal(world.broker, name)
    world.clients.append(t)
    return t


def test_a_visit(world):
    """"the caregiver's page POSTs an SDP offer ... and gets 201 at once with ... state `ringing`; the
    terminal's answer ... and the end come as server-sent events of that visit; DELETE hangs up."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    ring = t1.wait(action="ring")
    assert ring["session"] == visit["id"] and ring["from"] == "王小丽"
    assert ring["auto_answer"] is False
    assert ring["signal"]["mode"] == "video" and ring["signal"]["offer"] == OFFER
    assert ring["signal"]["who"] == {"id": "fam1", "role": "family"}
    events = daughter.events(visit)
    events.wait("ringing")
    t1.visit(visit["id"], "ringing")
    g.wait_event("visit.ringing")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    assert events.wait("answered")["answer"] == ANSWER
    daughter.hang_up(visit)
    assert t1.wait(action="end")["signal"]["reason"] == "caller"
    ended = events.wait("ended")
    assert ended["reason"] == "caller" and "answer" not in ended
    wait_until(lambda: events.over, "the stream to end")
    daughter.hang_up(visit)  # again
    types = [e["type"].removeprefix("yijian.") for e in g.events("visit.*")]
    assert types == ["visit.requested", "visit.ringing", "visit.answered", "visit.ended"]
    for e in g.events("visit.*"):
        assert e["subject"] == f"visit/{visit['id']}"
        assert (e["data"]["caregiver"], e["data"]["resident"], e["data"]["device"]) == (
            "fam1", "r1", "t1")
    assert g.events("visit.ended")[0]["data"]["duration_s"] >= 0
    shown = g.ctl_json("visit", "show", visit["id"])
    assert (shown["state"], shown["caregiver"]) == ("ended", "fam1")
    assert [v["id"] for v in g.ctl_json("visit", "list")] == [visit["id"]]
    seen = g.ctl_json("round", "ledger")
    assert [(s["resident"], s["method"]) for s in seen] == [("r1", "video")]


def test_declined_is_no_alarm(world):
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin(mode="voice")
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "declined")
    events.wait("declined")
    g.wait_event("visit.declined")
    assert g.incidents() == []
    assert g.ctl_json("round", "ledger")[0]["result"] == "refused"


def test_the_second_visitor_is_told(world):
    """"two visitors at once (the second is told)"""
    g = begin(world)
    t1, daughter, grid = terminal(world), Caller(g, "fam1"), Caller(g, "grid1")
    visit = daughter.begin()
    t1.wait(action="ring")
    status, _, problem = grid.ask("POST", "/api/v1/visits",
                                  {"resident": "r1", "mode": "voice", "offer": OFFER})
    assert (status, problem["code"], problem["by"]) == (409, "busy", "王小丽")
    assert problem["since"]
    assert len(t1.rings()) == len(t1.rings(visit["id"]))
    assert grid.ask("GET", "/api/v1/me")[2]["residents"][0]["busy"] == "王小丽"
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    t1.visit(visit["id"], "ended")
    g.wait_event("visit.ended")
    assert g.events("visit.ended")[0]["data"]["reason"] == "resident"
    grid.begin(mode="voice")  # now it is free


def test_nobody_answers_and_it_becomes_an_alarm(clocked):
    """"Unanswered: `ring_for`, `retries`, `retry_after`; then incident `visit_unanswered` under the
    resident's policy."""
    clocked.audit_ms = 100
    clocked.begin(policies=[policy(levels=[level("family"), level("grid")])], visits=VISITS, http=HTTP)
    g = home(clocked)
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    page = clocked.caregiver("fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    first = t1.wait(action="ring")
    t1.visit(visit["id"], "ringing")
    g.wait_event("visit.ringing")
    clocked.advance(59)
    assert events.states()[-1] == "ringing"
    clocked.advance(2)
    missed = events.wait("missed")
    assert missed["retry_at"]
    assert t1.wait(action="end")["session"] == visit["id"]
    clocked.advance(301)  # her page is open: she is rung for again
    again = wait_until(lambda: [r for r in t1.rings() if r is not first], "the second ring")[-1]
    assert (again["signal"]["mode"], again["signal"]["offer"]) == ("video", OFFER)
    t1.visit(visit["id"], "ringing")
    g.wait_event("visit.ringing", count=2)
    events.close()  # she has given up
    clocked.advance(62)
    g.wait_event("visit.missed", count=2)
    clocked.advance(301)
    last = wait_until(lambda: [r for r in t1.rings() if r["signal"]["mode"] == "check-in"],
                      "the terminal to be asked for a check-in")[-1]
    assert "offer" not in last["signal"]
    assert g.incidents() == []
    clocked.advance(62)
    opened = page.wait(state="open", kind="visit_unanswered")
    assert "王小丽" in opened["text"] and "3次" in opened["text"]
    shown = g.ctl_json("visit", "show", visit["id"])
    assert (shown["state"], shown["tries"], shown["raised"]) == ("unanswered", 3, opened["incident"])
    assert len(g.events("visit.missed")) == 3
    assert g.ctl_json("round", "ledger")[-1]["result"] == "not_home"


def test_a_check_in(clocked):
    """"`check-in` (no camera: the terminal asks aloud "are you well?", any key answers)"."""
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    t1 = terminal(clocked)
    started = g.ctl_json("visit", "start", "r1", "--by", "op1")
    ring = t1.wait(action="ring")
    assert ring["session"] == started["id"] and ring["signal"]["mode"] == "check-in"
    assert "offer" not in ring["signal"] and ring["auto_answer"] is False
    t1.visit(started["id"], "accepted", result="well")
    e = g.wait_event("visit.ended")
    assert e["data"]["reason"] == "answered"
    assert g.ctl_json("round", "ledger")[0]["result"] == "well"
    assert g.incidents() == []


def test_who_changes_their_mind_alarms_nobody(clocked):
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    clocked.advance(9)
    daughter.hang_up(visit)
    assert g.ctl_json("visit", "show", visit["id"])["state"] == "cancelled"
    visit = daughter.begin()
    clocked.advance(11)
    daughter.hang_up(visit)  # nobody came for so long
    assert g.ctl_json("visit", "show", visit["id"])["state"] == "missed"
    t1.say("well", {"id": "w1", "ts": harness.now_ms()})  # but there they are
    g.wait_event("visit.ended", reason="answered")
    clocked.advance(1200)  # all tries would be over
    assert g.incidents() == []


def test_strangers(world):
    g = begin(world)
    t1, stranger = terminal(world), Caller(g, "fam2")
    status, _, problem = stranger.ask("POST", "/api/v1/visits",
                                      {"resident": "r1", "mode": "video", "offer": OFFER})
    assert (status, problem["code"]) == (403, "not_yours")
    denied = g.wait_event("user.denied")
    assert (denied["data"]["caregiver"], denied["data"]["resident"]) == ("fam2", "r1")
    daughter = Caller(g, "fam1")
    visit = daughter.begin()
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("POST", "/signal")):
        status, _, problem = stranger.ask(method, f"/api/v1/visits/{visit['id']}{path}", {})
        assert (status, problem["code"]) == (404, "unknown_visit")
    other = terminal(world, "b1")  # a device of the same home that was not rung
    other.visit(visit["id"], "accepted", answer=ANSWER)
    t1.visit("0" * 32, "accepted", answer=ANSWER)
    t1.wait(action="ring")
    t1.visit(visit["id"], "ringing")
    g.wait_event("visit.ringing")
    assert daughter.ask("GET", f"/api/v1/visits/{visit['id']}")[2]["state"] == "ringing"
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r2"}])


def test_help_during_a_visit(world):
    """"a help press during a visit": it is a call as ever, and whoever visits is told."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    t1.call()
    incident = g.wait_event("incident.opened", kind="sos")["data"]["incident"]
    events.wait_event("help", incident=incident, kind="sos")
    assert events.states()[-1] == "answered"


def test_a_terminal_that_begins_anew(world):
    """A new offer and its answer, and a mode that falls back, go both ways within a visit."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    t1.visit(visit["id"], "accepted", renew=True)
    events.wait_event("signal", renew=True)
    status, _, _ = daughter.ask("POST", f"/api/v1/visits/{visit['id']}/signal", {"offer": OFFER})
    assert status == 202
    assert t1.wait(action="signal")["signal"]["offer"] == OFFER
    t1.visit(visit["id"], "accepted", answer={**ANSWER, "sdp": "v=0\r\n2"})
    wait_until(lambda: any(n == "signal" and d.get("answer", {}).get("sdp") == "v=0\r\n2"
                           for n, d in events.heard), "the new answer")
    t1.visit(visit["id"], "accepted", mode="voice")
    events.wait_event("signal", mode="voice")
    assert g.ctl_json("visit", "show", visit["id"])["mode"] == "voice"


def test_a_restart_in_a_visit(world):
    """"gateway restart during a visit": it goes on where it was."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    g.wait_event("visit.answered")
    g.kill()
    g.start()
    events = daughter.events(visit, last_id="3")
    assert events.wait("answered")["answer"] == ANSWER
    t1.visit(visit["id"], "ended")
    events.wait("ended")


def test_a_page_that_is_gone(clocked):
    """A caller who vanished does not keep the camera on."""
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    clocked.advance(600)
    assert events.states()[-1] == "answered"
    events.close()
    clocked.advance(30)
    clocked.advance(61)
    assert g.wait_event("visit.ended")["data"]["reason"] == "lost"
    assert t1.wait(action="end")["signal"]["reason"] == "lost"


def test_a_ring_that_was_not_heard(clocked):
    """The ring is repeated until the terminal rings, and again when it comes online."""
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    daughter = Caller(g, "fam1")
    visit = daughter.begin()
    clocked.advance(20)
    t1 = terminal(clocked)
    clocked.advance(6)
    t1.wait(action="ring")
    t1.visit(visit["id"], "ringing")
    g.wait_event("visit.ringing")
    n = len(t1.rings())
    clocked.advance(30)
    assert len(t1.rings()) == n
    t1.publish("yj/v1/dev/t1/state", {"online": True, "ts": harness.now_ms()}, retain=True)
    wait_until(lambda: len(t1.rings()) > n, "the ring to come again")
    assert g.incidents() == []


@pytest.mark.parametrize("side", ["home", "caller"])
def test_a_link_too_poor_for_a_voice(clocked, side):
    """"Falls back from video to voice to check-in by itself when the link is poor": who answers the
    check-in is well, and who does not is missed."""
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    if side == "home":
        t1.visit(visit["id"], "accepted", mode="check-in")
    else:
        daughter.ask("POST", f"/api/v1/visits/{visit['id']}/signal", {"mode": "check-in"})
        t1.wait(action="signal")
    assert events.wait("ringing")["mode"] == "check-in"
    if side == "home":
        t1.visit(visit["id"], "accepted", result="needs")
        assert events.wait("ended")["reason"] == "answered"
        assert g.ctl_json("round", "ledger")[-1]["result"] == "needs"
    else:
        clocked.advance(61)
        events.wait("missed")


@pytest.mark.parametrize("news", [{"mode": "check-in"}, {"mode": "voice"}, {"answer": ANSWER},
                                  {"renew": True}], ids=lambda n: "_".join(map(str, n)))
def test_news_of_a_talk_is_no_key_of_the_check_in_after_it(clocked, news):
    """Both sides find the link too poor at once: what the terminal says of the talk when it is a
    check-in already, or says again, makes nobody well. The key does."""
    clocked.begin(visits=VISITS, http=HTTP)
    g = home(clocked)
    t1, daughter = terminal(clocked), Caller(g, "fam1")

    def say_news():
        t1.visit(visit["id"], "accepted", **news)
        t1.wait(id=t1.alarm("tamper"), state="received")  # so what came before it has been read too
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    daughter.ask("POST", f"/api/v1/visits/{visit['id']}/signal", {"mode": "check-in"})
    assert events.wait("ringing")["mode"] == "check-in"
    say_news()
    clocked.advance(61)
    events.wait("missed")
    say_news()
    clocked.advance(301)
    wait_until(lambda: t1.rings(visit["id"])[-1]["signal"]["mode"] == "check-in", "the next try")
    say_news()
    assert g.ctl_json("round", "ledger") == []
    t1.visit(visit["id"], "accepted", result="well")
    assert events.wait("ended")["reason"] == "answered"
    assert [e["result"] for e in g.ctl_json("round", "ledger")] == ["well"]
