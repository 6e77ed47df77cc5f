"""The daemon dies between each two steps of the path while devices of other makers speak, who repeat
nothing: what the sieve remembers and the alarm that follows from it are on disk together or not at
all."""

import harness
import pytest
from test_poison import aborted, restart_with
from test_steps import STEPS

BUTTON, SMOKE = "zigbee2mqtt/床头", "zigbee2mqtt/smoke"


def begin(crash):
    crash.begin(plant=True).village()
    crash.gateway.load("devices", [
        {"id": "b7", "kind": "button", "resident": "r1", "family": "zigbee2mqtt", "address": "床头"},
        {"id": "s7", "kind": "sensor", "resident": "r1", "family": "zigbee2mqtt",
         "address": "smoke"}])
    hub = harness.Client(crash.broker, "zigbee2mqtt")
    crash.clients.append(hub)
    return crash.gateway, hub, crash.caregiver("grid1")


def live_until(gateway, condition, what):
    """Starts the daemon again after its death, without the planted kill. Did it die?"""
    died = False

    def look():
        nonlocal died
        if not gateway.alive():
            assert gateway.process.returncode == -9 and not died
            died = True
            gateway.environment.pop("YJ_PLANT_STEP", None)
            gateway.start()
        return condition()
    harness.wait_until(look, what)
    return died


@pytest.mark.parametrize("step", STEPS)
def test_kill_at(crash, step):
    gateway, hub, grid = begin(crash)
    deaths = 0
    for times in range(1, 9):
        gateway.stop()
        gateway.environment["YJ_PLANT_STEP"] = f"{step}:{times}"
        gateway.start(ready=False)
        known = {p["incident"] for p in grid.pages()}

        def fresh(kind):
            return next((p["incident"] for p in grid.pages(state="open", kind=kind)
                         if p["incident"] not in known), None)
        hub.publish(SMOKE, {"smoke": True, "battery": 90})
        hub.publish(BUTTON, {"action": f"{times}_hold"})
        died = live_until(gateway, lambda: fresh("smoke") and fresh("sos"), "both pages")
        hub.publish(SMOKE, {"smoke": True, "battery": 89})  # the same fire
        hub.publish(SMOKE, {"smoke": False, "battery": 89})
        marker = {"action": f"{times}_single"}
        hub.publish(BUTTON, marker)  # behind those: all is read when it has come
        died |= live_until(gateway, lambda: len(gateway.events("alert.received", device="b7"))
                           >= 2 * times, "all that was said")
        gateway.environment.pop("YJ_PLANT_STEP", None)
        if not died:  # the path is shorter than that, but for its end
            gateway.process.terminate()
            died = gateway.process.wait(harness.TIMEOUT) == -9
            gateway.start()
        gateway.wait_ready()
        deaths += died
        for incident in (fresh("smoke"), fresh("sos")):
            gateway.ctl("incident", "resolve", incident, "--by", "grid1", "--outcome", "helped")
    assert deaths >= 2, f"{deaths} kills at {step}"
    opened = [e["data"]["kind"] for e in gateway.events("incident.opened")]
    assert sorted(opened) == ["smoke"] * 8 + ["sos"] * 8
    fires = gateway.events("alert.received", kind="smoke")
    assert len(fires) == 8, "each fire is told once, however often the daemon died"
    gateway.verify_log()


def test_a_message_that_crashes_may_have_been_a_call(crash):
    gateway, hub, grid = begin(crash)
    supervisor = restart_with(crash, YJ_PLANT_PAYLOAD="crash me")
    hub.publish(BUTTON, {"action": "emergency", "note": "crash me"})
    page = grid.wait(state="open", kind="unreadable")
    assert page["resident"]["id"] == "r1"
    aborted(supervisor, 2)
    gateway.wait_event("alert.rejected", reason="poison", device="b7")
    hub.publish(SMOKE, {"smoke": True})
    grid.wait(state="open", kind="smoke")
