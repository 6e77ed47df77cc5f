"""Visits in which something changes on the way: the terminal, the caller, the mode."""

import pytest
import town
from harness import wait_until
from town import level, policy
from visit_world import ANSWER, HTTP, OFFER, VISITS, Caller, Terminal, home


@pytest.fixture
def clocked(tmp_path):
    world = town.ClockWorld(tmp_path)
    world.audit_ms = 100
    world.begin(policies=[policy(levels=[level("family"), level("grid")])], visits=VISITS, http=HTTP)
    home(world)
    yield world
    world.end()


def terminal(world, name="t1"):
    world.clients.append(Terminal(world.broker, name))
    return world.clients[-1]


def pass_by(world, visit, state):
    """Until the visit is in that state."""
    for _ in range(40):
        if world.gateway.ctl_json("visit", "show", visit["id"])["state"] == state:
            return
        world.advance(30)
    raise AssertionError(f"not {state}")


def test_a_terminal_that_was_replaced(clocked):
    """The next try rings the terminal that stands there then; the old one answers for nobody."""
    g = clocked.gateway
    old, new, daughter = terminal(clocked), terminal(clocked, "t9"), Caller(g, "fam1")
    visit = daughter.begin()
    old.wait(action="ring")
    pass_by(clocked, visit, "missed")
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r2"},
                       {"id": "t9", "kind": "terminal", "resident": "r1"}])
    rung = len(old.rings())
    old.visit(visit["id"], "accepted", result="well")
    clocked.advance(301)
    ring = new.wait(action="ring")
    assert ring["session"] == visit["id"]
    assert len(old.rings()) == rung
    assert g.ctl_json("visit", "show", visit["id"])["state"] == "ringing"


def test_a_terminal_that_is_taken_away(clocked):
    """Without a terminal the visit goes on, and becomes an alarm."""
    g = clocked.gateway
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    t1.wait(action="ring")
    g.ctl("device", "revoke", "t1")
    pass_by(clocked, visit, "unanswered")
    assert [i["kind"] for i in g.incidents()] == ["visit_unanswered"]


def test_a_terminal_that_answers_for_nobody(clocked):
    """A page that is gone sees nobody: what answers by itself then is no answer."""
    g = clocked.gateway
    g.load("consents", [{"resident": "r1", "kind": "auto_answer", "who": "fam1", "granted": "yes",
                         "by": "resident"},
                        {"resident": "r1", "kind": "night", "who": "fam1", "granted": "yes",
                         "by": "resident"}])
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    assert t1.wait(action="ring")["auto_answer"] is True
    clocked.advance(11)
    daughter.hang_up(visit)
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    pass_by(clocked, visit, "unanswered")
    assert [i["kind"] for i in g.incidents()] == ["visit_unanswered"]


def test_a_voice_does_not_become_a_camera(clocked):
    """Modes only fall: whoever answered a voice did not answer a camera."""
    g = clocked.gateway
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin(mode="voice")
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    g.wait_event("visit.answered")
    status, _, _ = daughter.ask("POST", f"/api/v1/visits/{visit['id']}/signal",
                                {"offer": OFFER, "mode": "video"})
    assert status == 202
    assert t1.wait(action="signal")["signal"]["mode"] == "voice"
    assert g.ctl_json("visit", "show", visit["id"])["mode"] == "voice"


def test_a_visit_at_another_terminal_meanwhile(clocked):
    """A try waits while somebody talks with the resident elsewhere, and holds nothing else up."""
    g = clocked.gateway
    old, daughter, grid = terminal(clocked), Caller(g, "fam1"), Caller(g, "grid1")
    missed = daughter.begin()
    old.wait(action="ring")
    pass_by(clocked, missed, "missed")
    g.load("devices", [{"id": "t2", "kind": "terminal", "resident": "r1"}])
    new = terminal(clocked, "t2")
    new.publish("yj/v1/dev/t2/state", {"online": True, "ts": 1}, retain=True)
    wait_until(lambda: "t2" in str(g.events("device.online")), "the new terminal to be online")
    visit = grid.begin(mode="voice")
    assert visit["device"] == "t2"
    new.visit(visit["id"], "accepted", answer=ANSWER)
    g.wait_event("visit.answered")
    clocked.advance(400)
    old.call()
    g.wait_event("incident.opened", kind="sos")
    assert "commit_failed" not in g.log.read_text()
    assert g.ctl_json("visit", "show", missed["id"])["state"] in ("missed", "ended")


def test_a_result_of_nothing(clocked):
    """Nobody says for somebody who was not seen how they are."""
    g = clocked.gateway
    t1, daughter = terminal(clocked), Caller(g, "fam1")
    visit = daughter.begin()
    t1.wait(action="ring")
    path = f"/api/v1/visits/{visit['id']}/result"
    status, _, problem = daughter.ask("POST", path, {"result": "well"})
    assert (status, problem["code"]) == (409, "not_answered")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    g.wait_event("visit.answered")
    assert daughter.ask("POST", path, {"result": "well"})[0] == 204
