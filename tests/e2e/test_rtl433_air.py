"""rtl_433 itself, of Debian: keyed carriers in, alerts out. What its JSON looks like is its own affair
here, not ours."""

import pytest

from harness import wait_until
from radio import Air, ev1527
from town import policy

PENDANT, NEIGHBOUR = 5069, 1234
SOS = 48


@pytest.fixture
def air(world):
    world.begin([policy()], devices={"discover": ["rtl_433"]})
    made = Air(world.broker, world.folder, "-R", "30")
    yield made
    made.close()


def test_a_pendant_on_the_air(world, air):
    g = world.hamlet()
    grid = world.caregiver("grid1")

    def seen():
        return {s["address"]: s for s in g.ctl_json("device", "seen")}

    def heard(remote):
        air.send(ev1527(remote << 8 | SOS))
        return seen().get(f"Generic-Remote/{remote}")

    found = wait_until(lambda: heard(PENDANT), "the pendant to be heard")
    assert found["said"] == "call" and found["family"] == "rtl_433"
    assert g.incidents(everything=True) == []
    g.ctl("device", "adopt", f"Generic-Remote/{PENDANT}", "b1", "resident=r1")
    air.send(ev1527(PENDANT << 8 | SOS))
    page = grid.wait(state="open")
    assert (page["kind"], page["resident"]["id"]) == ("sos", "r1")
    # the neighbour's is heard, too, and rings nobody
    wait_until(lambda: heard(NEIGHBOUR), "the neighbour's remote")
    # one press is many frames: they are one alert
    assert len(g.incidents(everything=True)) == 1
    assert g.incident()["alerts"] == 1
    air.send(ev1527(PENDANT << 8 | 3))  # another key
    wait_until(lambda: g.incident()["alerts"] == 2, "another key is another press")
