"""Over which channels a person is reached: their own order, another by night, the configured one."""

import datetime
import zoneinfo

import pytest

from town import Hook, deliveries, policy, level

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


@pytest.fixture
def day_and_night():
    made = [Hook(), Hook()]
    yield made
    for hook in made:
        hook.close()


def at_wall_clock(w, hour, minute=0, zone=SHANGHAI):
    """The clock goes on to that time of day."""
    now = datetime.datetime.fromtimestamp(w.clock.utc_ms / 1000, zone)
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if then <= now:
        then = (now.replace(tzinfo=None) + datetime.timedelta(days=1)).replace(
            hour=hour, minute=minute, second=0, microsecond=0, tzinfo=zone)
    w.clock.pass_by(then.timestamp() - w.clock.utc_ms / 1000)
    w.look()


def begin(w, hooks, notify=None, **person):
    w.begin([policy(levels=[level("grid")])], notify=notify or {}, webhooks=[
        {"name": "day", "url": hooks[0].url}, {"name": "night", "url": hooks[1].url}])
    w.gateway.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
    w.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
    w.gateway.load("caregivers", [
        {"id": "grid1", "name": "何晓东", "role": "grid", "region": "511781103201", **person}])
    return w.device("b1")


@pytest.mark.parametrize("hour,minute,over", [(21, 59, "webhook:day"), (22, 0, "webhook:night"),
                                              (5, 59, "webhook:night"), (6, 0, "webhook:day")])
def test_own_order_by_night(clocked, day_and_night, hour, minute, over):
    button = begin(clocked, day_and_night, channels="webhook:day", night_channels="webhook:night")
    at_wall_clock(clocked, hour, minute)
    button.call()
    clocked.gateway.wait_event("delivery.delivered", channel=over)
    assert [d["channel"] for d in deliveries(clocked.gateway, "grid1")] == [over]


def test_night_of_the_configuration(clocked, day_and_night):
    """For whoever names no channels; its hours can be set, and need not cross midnight."""
    button = begin(clocked, day_and_night, {
        "default_channels": ["webhook:day"],
        "night": {"from": "01:00", "until": "04:30", "channels": ["webhook:night"]}})
    at_wall_clock(clocked, 0, 59)
    button.call()
    clocked.gateway.wait_event("delivery.delivered", channel="webhook:day")
    at_wall_clock(clocked, 1)
    button.alarm("fall")
    clocked.gateway.wait_event("delivery.delivered", channel="webhook:night")


def test_night_elsewhere(clocked, day_and_night):
    """The municipality's clock counts, not the machine's."""
    w = clocked
    w.begin([policy(levels=[level("grid")])], gateway={"timezone": "America/New_York"}, webhooks=[
        {"name": "day", "url": day_and_night[0].url},
        {"name": "night", "url": day_and_night[1].url}])
    w.gateway.load("residents", [{"id": "r1", "name": "Ann", "region": "511781103201"}])
    w.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
    w.gateway.load("caregivers", [
        {"id": "grid1", "name": "Bob", "role": "grid", "region": "511781103201",
         "channels": "webhook:day", "night_channels": "webhook:night"}])
    at_wall_clock(w, 23, zone=zoneinfo.ZoneInfo("America/New_York"))
    w.device("b1").call()
    w.gateway.wait_event("delivery.delivered", channel="webhook:night")


def test_none_twice_though_night_falls(clocked, day_and_night):
    """A page whose chain crosses ten o'clock uses each channel once and leaves none out."""
    day_and_night[0].answers += [400] * 9
    day_and_night[1].answers += [400] * 9
    button = begin(clocked, day_and_night, {"channel_wait": "60s"},
                   channels="mqtt;webhook:day;webhook:night",
                   night_channels="webhook:night;webhook:day;mqtt")
    clocked.caregiver("grid1")  # somebody takes the page, but nobody sees it
    at_wall_clock(clocked, 21, 59)
    button.call()
    clocked.gateway.wait_event("delivery.sent", channel="mqtt")
    clocked.advance(70)
    clocked.gateway.wait_event("delivery.failed", count=2)
    found = [d["channel"] for d in deliveries(clocked.gateway, "grid1")]
    assert sorted(found) == ["mqtt", "webhook:day", "webhook:night"]


def test_a_channel_that_is_not_configured_is_passed_over(world, day_and_night):
    button = begin(world, day_and_night, channels="sms;webhook:day", phone="13900000000")
    button.call()
    world.gateway.wait_event("delivery.delivered", channel="webhook:day")
    assert world.gateway.wait_event("delivery.failed", channel="sms")


def test_wrong_night_is_named(world, day_and_night):
    begin(world, day_and_night)
    g = world.gateway
    g.config["notify"]["night"] = {"from": "25:00", "channels": ["webhook:nobody"]}
    g.write_config()
    done = g.ctl_raw("reload")
    assert done.returncode == 78
    assert "notify.night.from" in done.stderr and "a channel is not known" in done.stderr


def test_unknown_zone_is_named(world):
    world.begin()
    g = world.gateway
    for zone in ("Asia/Atlantis", "../../etc/passwd", "/etc/localtime"):
        g.config["gateway"]["timezone"] = zone
        g.write_config()
        done = g.ctl_raw("reload")
        assert done.returncode == 78 and "gateway.timezone" in done.stderr
