"""Promise 2 whatever the clocks do: through 1970, forward and back by years, reboots with and without
the time, crash loops. Pages are neither skipped nor postponed, nor do they come early.

YJ_SEED: of the random history."""

import os
import pathlib
import random
import re
import sqlite3
import time

import crashworld  # noqa: F401 (puts the end-to-end folder on the path)
import harness
import pytest
import town

SEED = int(os.environ.get("YJ_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
YEAR_MS = 365 * 86400 * 1000
WAITS = [60, 120, 300]  # of the levels; the last one is repeated
POLICY = {"name": "default",
          "levels": [{"notify": ["grid"], "wait": "60s"}, {"notify": ["doctor"], "wait": "120s"},
                     {"notify": ["duty"]}],
          "repeat_every": "300s"}


def listeners(world):
    """Whoever does not listen cannot be reached, and the next level is paged at once."""
    return [world.caregiver(c) for c in ("grid1", "doc1", "duty1")]


@pytest.fixture
def clocked(tmp_path):
    w = town.ClockWorld(tmp_path)
    try:
        yield w
    finally:
        w.end()


class History:
    """One incident, and what time has really passed since its last page."""

    def __init__(self, world, rng):
        self.world, self.gateway, self.clock, self.rng = world, world.gateway, world.clock, rng
        self.pages, self.jumps = 1, 0
        self.real_s = 0.0  # since the last page
        self.up_s = 0.0    # of these, those that the machine was running and can know of
        self.offset_ms = 0  # by which UTC is wrong now
        self.known = []    # what was done, for a failure

    def seen(self):
        return sum(1 for s in town.steps(self.gateway) if s == "notified")

    def check(self, must_look=True):
        if must_look:
            self.world.look()
            self.gateway.ctl_json("status")  # it has had a turn since
        wait = WAITS[min(self.pages - 1, 2)]
        if self.up_s >= wait:  # the timer's own turn comes a little later
            harness.wait_until(lambda: self.seen() > self.pages, f"a page; {self.known}")
        seen = self.seen()
        told = (f"{seen} pages after {self.pages}, {self.real_s} s since the last ({self.up_s} s up), "
                f"wait {wait}; {self.known}")
        assert seen in (self.pages, self.pages + 1), "one step at a time: " + told
        # when the time becomes known after all, the timeline jumps by what it says
        jumps = len(re.findall(r"timeline_by_ms=[1-9]", self.gateway.log.read_text()))
        if self.real_s < wait and jumps == self.jumps:
            assert seen == self.pages, "early: " + told
        if seen > self.pages:
            self.pages, self.jumps = seen, jumps
            self.real_s = self.up_s = 0.0

    def passes(self, seconds, up=True):
        self.real_s += seconds
        self.up_s += seconds if up else 0

    def go_on(self):
        seconds = self.rng.choice((1, 5, 20, 59, 61, 130, 400))
        self.clock.pass_by(seconds)
        self.passes(seconds)
        return f"pass {seconds}"

    def step(self):
        """UTC is set wrong, or right."""
        new = self.rng.choice((0, 0, YEAR_MS, -YEAR_MS, 30 * YEAR_MS, -self.true_ms()))
        self.clock.utc_ms += new - self.offset_ms
        self.offset_ms = new
        self.clock.write()
        return f"step to {new / YEAR_MS:.1f} years"

    def true_ms(self):
        return self.clock.utc_ms - self.offset_ms

    def crash(self):
        """Killed some times, with little or no time between."""
        times = self.rng.choice((1, 1, 4))
        for _ in range(times):
            self.gateway.kill()
            seconds = self.rng.choice((0, 2, 10))
            self.clock.pass_by(seconds)
            self.passes(seconds)
            self.gateway.start()
            self.check(must_look=False)
        return f"crash {times}"

    def reboot(self):
        """The machine goes down, cleanly or not; its clock may begin in 1970."""
        self.rng.choice((self.gateway.kill, self.gateway.stop))()
        down, up = self.rng.choice((5, 90, 1000)), self.rng.choice((3, 15))
        # the timeline is stored every 10 s of the machine's time, not of this test's
        database = sqlite3.connect(f"file:{self.gateway.database}?mode=ro", uri=True)
        stored = database.execute("SELECT boottime_ms FROM timeline").fetchone()[0]
        database.close()
        self.up_s -= (self.clock.boottime_ms - stored) / 1000
        self.clock.pass_by(down)
        self.passes(down, up=False)
        self.clock.boot_id = f"boot-{self.rng.getrandbits(32)}"
        self.clock.boottime_ms = 0
        if self.rng.random() < 0.5:
            true = self.true_ms()
            self.clock.utc_ms, self.offset_ms = 0, -true
        self.clock.pass_by(up)
        self.passes(up)
        self.gateway.start()
        self.check(must_look=False)
        return f"reboot after {down} s, up {up} s, offset {self.offset_ms / YEAR_MS:.1f} years"


def test_random_history_of_clocks(clocked):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    clocked.begin([POLICY]).village()
    home, _ = clocked.device("b1"), listeners(clocked)
    home.wait(id=home.call(), state="received")
    history = History(clocked, rng)
    for _ in range(120):
        what = rng.choice((history.go_on, history.go_on, history.go_on, history.step,
                           history.crash, history.reboot))
        history.known.append(what())
        history.check()
    levels = [e["data"]["level"] for e in clocked.gateway.events("incident.notified")]
    assert levels == sorted(levels) and levels[:3] == [0, 1, 2] and set(levels[2:]) == {2}
    assert len(levels) > 10
    clocked.gateway.verify_log()


def test_crash_loop(clocked):
    """A daemon that never lives for long pages in time all the same."""
    clocked.begin([POLICY]).village()
    home, _ = clocked.device("b1"), listeners(clocked)
    home.wait(id=home.call(), state="received")
    gateway, passed = clocked.gateway, 0
    for _ in range(45):
        gateway.kill()
        clocked.clock.pass_by(5)
        passed += 5
        gateway.start()
        expected = ["opened", "notified"]
        expected += ["escalated", "notified"] * ((passed >= 60) + (passed >= 180))
        assert town.steps(gateway) == expected, passed
    gateway.verify_log()


FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def test_faketime(world_of_release):
    """The program as it is shipped, with the wall clock moved under it."""
    w = world_of_release
    times = w.folder / "faketime"

    def wall(text):
        new = w.folder / "faketime.new"
        new.write_text(text + "\n")
        new.rename(times)
    wall("+0")
    policy = {"name": "default",
              "levels": [{"notify": ["grid"], "wait": "2s"}, {"notify": ["doctor"], "wait": "2s"},
                         {"notify": ["duty"]}],
              "repeat_every": "2s"}
    w.begin(policies=[policy], environment={
        "LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(times),
        "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
    w.village()
    home = w.device("b1")
    grid, _, duty = listeners(w)

    def pages():
        return len(w.gateway.events("incident.notified"))
    home.call()
    grid.wait(state="open")
    last, n = time.monotonic(), 1
    for text in ("+10y", "-10y", "@1970-01-02 00:00:00", "+0", "+50y", "@1970-01-02 00:00:00"):
        wall(text)
        if text == "+0":
            w.gateway.kill()
            w.gateway.start(ready=False)
        harness.wait_until(lambda: pages() > n, f"a page after {text}")
        now, n = time.monotonic(), pages()
        assert 1.5 < now - last < 4.5, f"{now - last} s between pages after {text}"
        last = now
    assert len(duty.pages(incident="gw-1-1")) >= 5
    stepped = w.gateway.events("clock.stepped")
    assert any(e["data"]["by_ms"] > 9 * YEAR_MS for e in stepped), stepped
    w.gateway.verify_log()


@pytest.fixture
def world_of_release(crash):
    assert FAKETIME, "the package faketime is missing"
    return crash
