"""A broker that was restarted counts its packets anew: what devices of other makers say then, who give
no id, is no repeat of what they said before, though it is the same byte for byte."""

import itertools
import sqlite3

import pytest
from harness import Broker, Client, wait_until
from test_foreign import begin

# nothing of QoS 0 gets a packet's number; the session is saved at a clean end alone
KEPT = """
allow_anonymous true
persistence true
autosave_interval 0
max_inflight_messages 1000
"""
SMOKE = "zigbee2mqtt/kitchen"


@pytest.mark.parametrize("persistence", ["none", "kept"])
def test_the_same_after_a_restart_of_the_broker(world, tmp_path, persistence):
    folder = tmp_path / "b"
    settings = KEPT if persistence == "kept" else KEPT.replace("persistence true", "")
    if persistence == "kept":
        settings += f"persistence_location {folder}/\n"
    g = begin(world, broker=Broker(folder, settings))
    g.load("devices", [{"id": "s1", "kind": "sensor", "resident": "r1", "family": "zigbee2mqtt",
                        "address": "kitchen"}])
    batteries = itertools.count(30)

    def heard():
        """A hub on a broker that the gateway listens to: tried at QoS 0."""
        hub = Client(world.broker, "zigbee2mqtt")
        battery = next(batteries)

        def told():
            hub.publish(SMOKE, {"battery": battery}, qos=0)
            return g.ctl_json("device", "show", "s1").get("battery") == battery
        wait_until(told, "the hub to be heard")
        return hub
    for fires, end in enumerate(("stop", "kill", "kill"), 1):
        hub = heard()
        hub.publish(SMOKE, {"smoke": True})
        g.wait_event("alert.received", count=fires, device="s1", kind="smoke")
        hub.publish(SMOKE, {"smoke": False})
        wait_until(lambda: remembered(g) == "0", "the fire to be over")
        hub.close()
        getattr(world.broker, end)()
        world.broker.start()
    assert g.incident()["alerts"] == 3


def remembered(g):
    """What is remembered of the condition."""
    db = sqlite3.connect(f"file:{g.database}?mode=ro", uri=True)
    try:
        row = db.execute("SELECT value FROM device_memory WHERE field = 'smoke'").fetchone()
    finally:
        db.close()
    return row and row[0]
