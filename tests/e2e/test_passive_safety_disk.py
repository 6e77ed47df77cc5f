"""Passive safety on a disk that fails: who was judged within a transaction that came to nothing is
judged again."""

import os

import pytest

from harness import wait_until
from test_passive_safety import Days


class Failing(Days):
    def prepare(self, gateway):
        super().prepare(gateway)
        gateway.environment["YJ_PLANT_IO"] = str(self.folder / "plan")

    def plan(self, text):
        (self.folder / "plan.new").write_text(text)
        os.rename(self.folder / "plan.new", self.folder / "plan")


@pytest.fixture
def failing(tmp_path):
    w = Failing(tmp_path)
    try:
        yield w
    finally:
        w.end()


def failures(g):
    return g.log.read_text().count("event=commit_failed")


def test_missed_though_the_commit_failed(failing):
    failing.begin(inactivity={"high": "10h"})
    g = failing.gateway
    home = failing.home("r1", kind="button", risk="high")
    home.say("well", {"id": "w1", "ts": failing.clock.utc_ms})
    wait_until(lambda: failing.life("r1")["watched"], "the resident to be watched")
    failing.later(9, 50)
    failing.plan("1:2")
    failing.clock.pass_by(11 * 60)
    wait_until(lambda: failures(g) > 0, "a commit to fail")
    for _ in range(2):
        failing.later(minutes=1)
    assert failing.missed() == ["r1"]
