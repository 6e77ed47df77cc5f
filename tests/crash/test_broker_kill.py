"""Promise 1, "What only the broker held when the broker died comes again from native devices": the
broker is killed with its default autosave (30 minutes), and the devices' repetition loses nothing."""

import json
import subprocess

import harness
import pytest

SETTINGS = harness.Broker.SETTINGS + "persistence true\npersistence_location {}/\n"
HOMES = 8
POLICY = {"name": "default", "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}],
          "repeat_every": "1h"}


@pytest.fixture
def village(crash):
    folder = crash.folder / "broker"
    folder.mkdir()
    folder.chmod(0o777)  # mosquitto gives up being root
    crash.folder.chmod(0o755)
    crash.begin(policies=[POLICY], broker=harness.Broker(folder, SETTINGS.format(folder)))
    crash.village()
    crash.gateway.load("residents", [{"id": f"h{i}", "name": f"住户{i}", "region": "511781103201"}
                                     for i in range(HOMES)])
    crash.gateway.load("devices", [{"id": f"d{i}", "kind": "button", "resident": f"h{i}"}
                                   for i in range(HOMES)])
    crash.sims = []
    yield crash
    for sim in crash.sims:
        if sim.poll() is None:
            sim.kill()
        sim.wait(20)


def sim(crash, device, *words, command="call"):
    process = subprocess.Popen(
        [str(harness.BIN / "yijian-sim"), command, "--port", str(crash.broker.port), "--device",
         device, "--state-dir", str(crash.folder / "state"), "--json", "--retry-first", "1s",
         "--retry-max", "2s", *words],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    crash.sims.append(process)
    return process


def pressed(process):
    """Waits until the press has left; its id."""
    for line in process.stdout:
        said = json.loads(line)
        if said["what"] == "sent":
            return said["id"]
    raise AssertionError("the device ended without a press")


def in_log(gateway):
    return [e["data"]["alert"] for e in gateway.events("incident.*")
            if e["type"] in ("yijian.incident.opened", "yijian.incident.joined")]


def test_broker_killed_with_all_that_it_held(village):
    """The gateway is down, the broker has acknowledged the presses, and dies."""
    village.gateway.kill()
    calls = [sim(village, f"d{i}") for i in range(HOMES)]
    ids = [pressed(c) for c in calls]
    harness.Client(village.broker, "probe").publish("probe", "x")  # all before it has been taken
    killed = calls[-1]
    killed.kill()  # and one device dies with it
    killed.wait(20)
    village.broker.kill()
    village.broker.start()
    village.gateway.start()
    for call in calls[:-1]:
        assert call.wait(60) == 0
    assert sim(village, f"d{HOMES - 1}", command="resume").wait(60) == 0
    found = in_log(village.gateway)
    assert sorted(found) == sorted(ids), "each once"
    notified = {e["data"]["incident"] for e in village.gateway.events("incident.notified")}
    assert len(notified) == HOMES
    village.gateway.verify_log()


def test_broker_killed_again_and_again(village):
    """Presses while broker and gateway die in turns."""
    gateway, ids = village.gateway, []
    for turn in range(6):
        calls = [sim(village, f"d{i}") for i in range(HOMES)]
        if turn % 2:
            gateway.kill()
        village.broker.kill()
        village.broker.start()
        if turn % 2:
            gateway.start(ready=False)
        for call in calls:
            ids.append(pressed(call))
            assert call.wait(60) == 0
    gateway.wait_ready()
    found = in_log(gateway)
    assert sorted(found) == sorted(ids), "each once"
    lost = [e for e in gateway.events("gateway.degraded") if e["data"]["reason"] == "session_lost"]
    assert lost, "a broker that has lost the gateway's session is told loudly"
    gateway.verify_log()
