"""A push over HTTP with the daemon killed at each step of its way: no 2xx before it is on disk, and
what the cloud pushes again is one alert."""

import http.client
import json

import harness
import pytest

SECRET = "t0ken"
STEPS = ("after_message", "before_commit", "after_commit", "after_effects", "after_drain")
TIMES = range(1, 9)


def push(gateway, body):
    """Status; None: the connection died without one."""
    c = http.client.HTTPConnection("127.0.0.1", gateway.http_port, timeout=20)
    try:
        c.request("POST", "/api/v1/in/ct", body, {"Authorization": SECRET})
        return c.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        c.close()


def stored(gateway, at):
    """As the database has it, whether or not the daemon lives."""
    return gateway.query("SELECT count(*) FROM dedupe WHERE id LIKE ?", f"{at}+%")[0][0]


@pytest.mark.parametrize("step", STEPS)
def test_kill_at(crash, step, tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    crash.begin(plant=True, devices={"mappings": ["ctwing"]}, inlets=[
        {"name": "ct", "mapping": "ctwing", "verify": "token",
         "secret_file": str(tmp_path / "secret")}])
    g = crash.gateway
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
    g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1", "family": "ctwing",
                        "address": "8603"}])
    armed = tmp_path / "armed"  # what the start itself writes is not counted
    g.environment["YJ_PLANT_ARMED"] = str(armed)
    deaths = under_way = silent = 0
    for times in TIMES:
        g.stop()
        armed.unlink(missing_ok=True)
        g.environment["YJ_PLANT_STEP"] = f"{step}:{times}"
        g.start(ready=False)
        at = 1606982320000 + times
        body = json.dumps({"messageType": "eventReport", "timestamp": at, "serviceId": 1,
                           "IMEI": "8603", "eventContent": {"sos": 1}})
        status = None
        while status is None:  # as the platform does
            harness.wait_until(lambda: not g.alive() or g.http("/healthz")[0] == 200, "it to listen")
            armed.touch()
            asked = g.alive()
            status = push(g, body) if asked else None
            assert status in (None, 200)
            if status == 200:
                assert stored(g, at) == 1  # already, whatever comes
            elif not g.alive() or g.process.wait(harness.TIMEOUT) is not None:
                deaths += 1
                under_way += asked
                silent += stored(g, at)
                g.environment.pop("YJ_PLANT_STEP", None)
                g.forget_crashes()
                g.start(ready=False)
        if g.process.poll() is not None:
            deaths += 1
        g.environment.pop("YJ_PLANT_STEP", None)
        if g.alive():
            g.process.terminate()
        g.process.wait(harness.TIMEOUT)
        g.forget_crashes()
        g.start()
        assert push(g, body) == 200  # once more: a repeat
        assert stored(g, at) == 1
        received = [e["data"]["alert"] for e in g.stream("alert.received")]
        assert len(received) == len(set(received)) == times
        assert len(g.incidents()) == 1
    assert deaths > 0 and (under_way > 0 or step not in STEPS[:3])
    if step in ("after_message", "before_commit"):
        assert silent == 0  # it died before: nothing is there, and nothing was promised
    g.verify_log()
