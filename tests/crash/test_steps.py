"""Promise 1 and 3 with the daemon killed between each two steps of the path: nothing acknowledged is
lost, outward at least once (the same delivery id), inward exactly once."""

import json
import re
import uuid

import harness
import pytest

STEPS = ("before_dispatch", "after_results", "after_message", "after_ticks", "before_commit",
         "after_commit", "after_effects", "after_drain", "after_dispatch", "before_published",
         "after_published")
TIMES = range(1, 13)


def test_every_step_is_tried():
    """A step that is added to the path is added here."""
    source = "".join(f.read_text() for f in (harness.ROOT / "daemon" / "app").glob("*.c"))
    assert set(re.findall(r'yj_plant_step\("(\w+)"\)', source)) == set(STEPS)


class Story:
    """A press, its page, an answer and an end, by people who repeat what was not confirmed."""

    def __init__(self, crash, home, grid):
        self.crash, self.gateway, self.home, self.grid = crash, crash.gateway, home, grid
        self.died = False
        self.known = {p["incident"] for p in grid.pages()}

    def _live(self):
        """Notices a death, and starts again without the planted kill."""
        if not self.gateway.alive():
            assert self.gateway.process.returncode == -9, self.gateway.log.read_text()[-2000:]
            assert not self.died, "died twice"
            self.died = True
            self.gateway.environment.pop("YJ_PLANT_STEP", None)
            self.gateway.start()

    def _until(self, condition, what, again=None):
        """Waits; after a death `again` is done once more, as a device and an app do."""
        def look():
            died = self.died
            self._live()
            if again and self.died != died:
                again()
            return condition()
        return harness.wait_until(look, what)

    def tell(self):
        call = self.home.call()
        # the press itself is never repeated: its page must come from broker and gateway alone
        page = self._until(lambda: next((p for p in self.grid.pages(state="open")
                                         if p["incident"] not in self.known), None), "the page")
        incident = page["incident"]
        for action, more in (("ack", {"eta": 5}), ("resolve", {"outcome": "helped"})):
            id = str(uuid.uuid4())

            bytes_ = json.dumps({"id": id, "incident": incident, "action": action,
                                 "ts": harness.now_ms(), **more})

            def say():
                self.grid.publish("yj/v1/cg/grid1/reply", bytes_, wait=False)
            say()
            result = self._until(lambda: next(
                (p for p in self.grid.find(id=id) if "ok" in p), None), f"result of {action}", say)
            assert result["ok"] is True, result
        self._until(lambda: self.home.find(incident=incident, state="closed"), "closed")
        return call, incident


@pytest.mark.parametrize("step", STEPS)
def test_kill_at(crash, step):
    crash.begin(plant=True).village()
    gateway = crash.gateway
    home, grid = crash.device("b1"), crash.caregiver("grid1")
    deaths, calls = 0, {}
    for times in TIMES:
        gateway.stop()
        gateway.environment["YJ_PLANT_STEP"] = f"{step}:{times}"
        gateway.start(ready=False)
        story = Story(crash, home, grid)
        call, incident = story.tell()
        calls[call] = incident
        deaths += story.died
        if not story.died:  # the path is shorter than that
            gateway.environment.pop("YJ_PLANT_STEP", None)
            gateway.process.terminate()
            code = gateway.process.wait(harness.TIMEOUT)
            assert code in (0, -9), code  # the last transaction has these steps too
            deaths += code == -9
            gateway.start()
    assert deaths >= 3, f"{deaths} kills at {step}"
    print(f"{step}: {deaths} kills")
    gateway.wait_ready()
    for call, incident in calls.items():
        events = gateway.events("incident.*", incident=incident)
        kinds = [e["type"].rsplit(".", 1)[1] for e in events]
        assert kinds == ["opened", "notified", "acked", "resolved"], kinds
        assert events[0]["data"]["alert"] == call
        pages = [p["id"] for p in grid.pages(incident=incident, state="open")]
        assert len(set(pages)) == 1, "a repeated page keeps its delivery id"
    assert not gateway.events("gateway.poison")
    gateway.verify_log()
