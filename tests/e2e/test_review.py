"""Failures that only time, restarts or a second accident bring to light."""

from harness import wait_until
from town import level, policy


def test_the_only_channel_is_tried_again_by_itself(world, hooks):
    """A page whose only channel failed once is sent again when its time has come, though nothing
    else happens meanwhile."""
    one = hooks(500, 200)
    world.begin([policy(levels=[level("family")])],
                webhooks=[{"name": "one", "url": one.url, "attempts": 3}])
    world.village()
    g = world.gateway
    g.load("caregivers", [{"id": "fam1", "name": "王小丽", "role": "family",
                           "channels": "webhook:one"}])
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
    wait_until(lambda: len(one.got) >= 2, "the second attempt")
    g.wait_event("delivery.delivered", caregiver="fam1")


def test_missed_after_a_restart(world):
    """A device that was online before a restart and is silent after it goes offline by missing its
    heartbeats, not never."""
    world.begin(devices={"heartbeat": "1s", "offline_after": 3}).village()
    g = world.gateway
    home = world.device("b1")
    home.say("heartbeat", {"ts": 1})
    g.wait_event("device.online", device="b1")
    g.stop()
    g.start()
    g.wait_event("device.offline", device="b1", timeout=30)
