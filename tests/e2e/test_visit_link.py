"""When a visit falls back from video to voice and to a check-in: devices/terminal/link.js, which is
pure, fed with seconds of good and bad weather."""

import json
import random
import subprocess

import pytest

from harness import ROOT

RUN = """
import {begin, judge} from "%s";
let memory = begin("video");
const out = [];
for (const sample of JSON.parse(process.argv[1])) {
	const judged = judge(memory, sample);
	memory = judged.memory;
	out.push([judged.mode, judged.weak]);
}
console.log(JSON.stringify(out));
""" % (ROOT / "devices" / "terminal" / "link.js").as_uri()

GOOD = {"loss": 0.0, "rttMs": 40, "frames": 15, "packets": 50}
FROZEN = {**GOOD, "frames": 0}
LOSSY = {**GOOD, "loss": 0.2}
SLOW = {**GOOD, "rttMs": 3000}
SILENT = {**GOOD, "packets": 0, "frames": 0}
SATELLITE = {**GOOD, "rttMs": 1300, "loss": 0.1}
NO_CAMERA = {**GOOD, "frames": None}
NOTHING_SENT = {**GOOD, "frames": None, "packets": None, "loss": None, "rttMs": None}


def go_on(samples):
    """[mode, weak] after each second of a visit that began with video."""
    done = subprocess.run(["node", "--input-type=module", "-e", RUN, json.dumps(samples)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def falls(samples):
    """{mode: the second at which it was fallen back to}."""
    found = {}
    for second, (mode, _) in enumerate(go_on(samples), 1):
        found.setdefault(mode, second)
    found.pop("video", None)
    return found


@pytest.mark.quick
@pytest.mark.parametrize("weather", [GOOD, SATELLITE, NO_CAMERA, NOTHING_SENT],
                         ids=["good", "far_but_steady", "no_camera_there", "nothing_sent"])
def test_what_can_be_borne_changes_nothing(weather):
    assert go_on([weather] * 600) == [["video", False]] * 600


@pytest.mark.parametrize("weather", [FROZEN, LOSSY, SLOW], ids=["frozen", "lossy", "slow"])
def test_a_poor_picture_is_given_up_and_the_voice_stays(weather):
    """After 4 s that count for nothing, 6 poor ones; the voice bears what the picture could not."""
    assert falls([GOOD] * 30 + [weather] * 600) == {"voice": 36}
    assert falls([weather] * 600) == {"voice": 10}


def test_no_sound_leads_to_a_check_in():
    """10 s for the picture, then 4 + 10 for the voice; nothing goes lower than a check-in."""
    assert falls([SILENT] * 100) == {"voice": 10, "check-in": 24}


@pytest.mark.parametrize("weather", [LOSSY, FROZEN])
def test_a_squall_is_waited_out(weather):
    """5 s of it, again and again with as much between, do not count up."""
    assert falls(([weather] * 5 + [GOOD] * 5) * 60) == {}
    assert falls(([weather] * 4 + [GOOD]) * 60) != {}, "but rain with a second's break does"


def test_it_never_climbs_by_itself():
    assert go_on([LOSSY] * 20 + [GOOD] * 600)[-1] == ["voice", False]


def test_weak_is_said_before_anything_is_given_up():
    said = go_on([GOOD] * 10 + [LOSSY] * 10)
    assert [weak for _, weak in said][10:16] == [False, False, True, True, True, True]
    assert said[14][0] == "video" and said[15][0] == "voice"


def test_in_any_weather_modes_only_go_down_one_at_a_time():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    order = ["video", "voice", "check-in"]
    for _ in range(20):
        samples = [dice.choice([GOOD, FROZEN, LOSSY, SLOW, SILENT, NO_CAMERA]) for _ in range(300)]
        seen = [order.index(mode) for mode, _ in go_on(samples)]
        assert all(0 <= b - a <= 1 for a, b in zip(seen, seen[1:]))
