"""The daemon dies between each two steps of the path while visits are under way: one that nobody
answers is one alarm, one that is answered is answered once, and none is forgotten."""

import harness
import pytest

STEPS = ("after_message", "after_ticks", "before_commit", "after_commit", "after_effects",
         "after_drain")
TIMES = range(1, 4)


class Home:
    def __init__(self, crash, tmp_path):
        self.armed = tmp_path / "armed"
        crash.begin(plant=True, visits={"ring_for": "1s", "retries": 0},
                    environment={"YJ_PLANT_ARMED": str(self.armed)})
        self.gateway = crash.hamlet()
        self.gateway.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1"}])
        self.terminal = harness.Device(crash.broker, "t1")
        crash.clients.append(self.terminal)
        self.died = 0

    def live(self):
        g = self.gateway
        if not g.alive():
            assert g.process.returncode == -9, g.log.read_text()[-2000:]
            self.died += 1
            g.environment.pop("YJ_PLANT_STEP", None)
            g.forget_crashes()
            g.start()

    def until(self, condition, what):
        def look():
            self.live()
            return condition()
        return harness.wait_until(look, what)

    def plant(self, step, times):
        self.gateway.stop()
        self.armed.unlink(missing_ok=True)
        self.gateway.environment["YJ_PLANT_STEP"] = f"{step}:{times}"
        self.gateway.start()
        self.armed.touch()

    def visits(self):
        return self.gateway.ctl_json("visit", "list")

    def begin(self, before):
        """As an operator does who gets no answer: looks, and asks again."""
        def asked():
            if len(self.visits()) > before:
                return True
            return self.gateway.ctl_raw("visit", "start", "r1", "--by", "grid1").returncode == 0
        self.until(asked, "a visit to begin")
        return self.visits()[-1]["id"]


@pytest.mark.parametrize("step", STEPS)
def test_kill_at(crash, step, tmp_path):
    home = Home(crash, tmp_path)
    g = home.gateway
    for n, times in enumerate(TIMES):
        home.plant(step, times)
        visit = home.begin(2 * n)
        home.until(lambda: g.incidents(), "the alarm")
        alarms = [i for i in g.incidents(everything=True) if i["kind"] == "visit_unanswered"]
        assert len(alarms) == n + 1
        home.until(lambda: home.visits()[-1]["raised"] == alarms[-1]["id"] or
                   alarms[0]["id"] == home.visits()[-1]["raised"], "the visit to name it")
        home.until(lambda: g.ctl_raw("incident", "resolve", home.visits()[-1]["raised"], "--by",
                                     "grid1", "--outcome", "helped").returncode == 0 or
                   not g.incidents(), "its end")
        visit = home.begin(2 * n + 1)
        home.until(lambda: home.terminal.find(action="ring", session=visit), "the ring")
        home.terminal.say("visit", {"session": visit, "state": "accepted",
                                    "signal": {"result": "well"}})
        home.until(lambda: home.visits()[-1]["state"] == "ended", "the answer to be known")
        g.environment.pop("YJ_PLANT_STEP", None)
        home.live()
        assert len(g.events("visit.answered")) == n + 1
        assert len(g.events("visit.requested")) == 2 * n + 2
        assert len(g.events("visit.missed")) == n + 1
        assert len(g.ctl_json("round", "ledger")) == 2 * n + 2
    assert home.died > 0
    g.verify_log()
