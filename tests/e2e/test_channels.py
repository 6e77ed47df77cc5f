"""Contract, "Escalating": a caregiver's channels, receipts, and what counts as a failure."""

import signal
import socket

import pytest

from harness import Broker, wait_until
from town import deliveries, level, paged, policy, status_of, steps


def begin(world, hooks, channels="mqtt;webhook:one", listening=True, names=("one",), broker=None,
          levels=None, **more):
    """fam1 has `channels`; the second level is the doctor. Answers gateway, home, family, hooks."""
    made = [hooks(*more.get(name, ())) for name in names]
    conf = [{"name": name, "url": hook.url, "attempts": 3} for name, hook in zip(names, made)]
    world.begin([policy(levels=levels or [level("family"), level("doctor")])], broker=broker,
                webhooks=conf, notify={"channel_wait": "15s"})
    world.village()
    world.gateway.load("caregivers", [{"id": "fam1", "channels": channels, "name": "王小丽",
                                       "role": "family"}])
    world.people("doc1", "duty1")
    family = world.caregiver("fam1") if listening else None
    return (world.gateway, world.device("b1"), family, *made)


def press(home, **more):
    home.wait(id=home.call(**more), state="received")


def channels_of(gateway, caregiver="fam1", **members):
    return [d["channel"] for d in deliveries(gateway, caregiver, **members)]


@pytest.mark.quick
def test_next_channel_at_the_first_failed_attempt(world, hooks):
    """"A caregiver's channels are tried in order. For a call for help the next channel starts at the
    first failed attempt"; "MQTT 5's "no matching subscribers" is a failure" """
    g, home, _, one = begin(world, hooks, listening=False)
    press(home)
    body = one.wait(state="open")
    assert body["incident"] == "gw-1-1"
    assert channels_of(g) == ["mqtt", "webhook:one"]
    failed = g.wait_event("delivery.failed")["data"]
    assert (failed["caregiver"], failed["channel"]) == ("fam1", "mqtt")
    g.wait_event("delivery.delivered", channel="webhook:one")
    assert status_of(g, "fam1") == "paged", "one channel is enough to be reached"
    assert g.incident()["level"] == 0


def test_next_channel_after_channel_wait(clocked, hooks):
    """"... after `channel_wait` without `seen`, delivery receipt or answer ...; the earlier one goes
    on beside it." """
    g, home, family, one = begin(clocked, hooks)
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent")
    assert not one.got
    clocked.advance(14)
    assert channels_of(g) == ["mqtt"]
    clocked.advance(1)
    one.wait(state="open")
    assert [d["status"] for d in deliveries(g, "fam1")][0] == "sent"
    assert family.reply("gw-1-1", "ack")["ok"], "whoever answers the earlier one is heard"


def test_next_channel_beside_an_endpoint_that_hangs(world, hooks):
    """"... after `channel_wait` without `seen`, delivery receipt or answer": also while the earlier one
    is still under way, or waits for its turn behind others (8 at once per endpoint)."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        world.begin([policy(levels=[level("family", wait="30m"), level("duty")])],
                    webhooks=[{"name": "one", "url": url, "timeout": "60s"}],
                    notify={"channel_wait": "1s"}).village()
        g = world.gateway
        g.load("caregivers", [{"id": f"fam{n}", "channels": "webhook:one;mqtt", "name": "王小丽",
                               "role": "family", "residents": "r1"} for n in range(12)])
        people = world.people(*(f"fam{n}" for n in range(12)))
        home = world.device("b1")
        press(home)
        for person in people:
            person.wait(state="open", timeout=10)
        assert channels_of(g, "fam7") == ["webhook:one", "mqtt"]
        assert not g.events("delivery.failed"), "it goes on beside"
        # not a call for help: nobody is told twice
        press(home, button="service")
        g.wait_event("incident.notified", 2)
        press(home, button="sos")
        assert channels_of(g, "fam7", number=2) == ["webhook:one"]


def test_next_channel_beside_a_broker_that_hangs(world, hooks):
    """"... after `channel_wait` without `seen`, delivery receipt or answer": a broker that neither
    answers nor goes away."""
    one = hooks()
    world.begin([policy(levels=[level("grid", wait="2s"), level("family", wait="30m")])],
                webhooks=[{"name": "one", "url": one.url}], notify={"channel_wait": "1s"}).village()
    world.gateway.load("caregivers", [{"id": "fam1", "channels": "mqtt;webhook:one",
                                       "name": "王小丽", "role": "family"}])
    grid, _ = world.people("grid1", "fam1")
    home = world.device("b1")
    press(home)
    grid.wait(state="open")
    world.broker.process.send_signal(signal.SIGSTOP)
    try:
        assert one.wait(state="open")["level"] == 1
    finally:
        world.broker.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("action", ["seen", "decline"])
def test_no_next_channel_with_a_receipt(clocked, hooks, action):
    """"... after `channel_wait` without `seen`, delivery receipt or answer": here is one."""
    g, home, family, one = begin(clocked, hooks)
    press(home)
    page = family.wait(state="open")
    g.wait_event("delivery.sent")
    assert family.reply("gw-1-1", action)["ok"]
    if action == "seen":
        delivered = g.wait_event("delivery.delivered")["data"]
        assert (delivered["delivery"], delivered["caregiver"]) == (page["id"], "fam1")
    clocked.advance(59)
    assert channels_of(g) == ["mqtt"]
    assert not one.got


def test_puback_is_sent_not_delivered(clocked, hooks):
    """"A PUBACK is `delivery.sent`; `delivery.delivered` takes a receipt (`seen`, a provider's
    report, a webhook's 2xx); `incident.notified` says that a level was paged, with how many" """
    g, home, family, one = begin(clocked, hooks)
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent", channel="mqtt")
    assert deliveries(g, "fam1")[0]["status"] == "sent"
    assert not g.events("delivery.delivered")
    clocked.advance(15)
    one.wait(state="open")
    g.wait_event("delivery.delivered", channel="webhook:one")
    assert len(g.events("delivery.delivered")) == 1
    notified = g.events("incident.notified")
    assert [e["data"]["people"] for e in notified] == [1]


def test_no_subscribers_proves_nothing_else(clocked, hooks):
    """"MQTT 5's "no matching subscribers" is a failure, but its absence proves nothing": somebody
    listens and stays silent; the level escalates by its time."""
    g, home, family, _ = begin(clocked, hooks, channels="mqtt")
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent")
    clocked.advance(59)
    assert (g.incident()["level"], status_of(g, "fam1")) == (0, "paged")
    clocked.advance(1)
    assert g.incident()["level"] == 1


def test_webhook_fails_once_and_goes_on_beside(clocked, hooks):
    """"... the next channel starts at the first failed attempt ...; the earlier one goes on beside
    it": a webhook that says 503 once is tried again, and succeeds."""
    g, home, family, one = begin(clocked, hooks, channels="webhook:one;mqtt", one=(503,))
    press(home)
    family.wait(state="open")

    def again():
        clocked.advance(5)
        return len(one.got) >= 2
    wait_until(again, "the second attempt")
    g.wait_event("delivery.delivered", channel="webhook:one")
    assert one.got[0]["id"] == one.got[1]["id"], "the same delivery id"
    assert not g.events("delivery.failed")


def test_cannot_be_reached_when_all_channels_failed(world, hooks):
    """"A person cannot be reached when all their channels have failed": the first alone is not
    enough; a webhook's final 4xx is."""
    g, home, _, one = begin(world, hooks, listening=False, one=(404,))
    press(home)
    one.wait(state="open")
    wait_until(lambda: status_of(g, "fam1") == "unreachable")
    g.wait_event("incident.escalated", reason="unreachable")
    assert g.incident()["level"] == 1
    failed = [e["data"]["channel"] for e in g.events("delivery.failed", caregiver="fam1")]
    assert sorted(failed) == ["mqtt", "webhook:one"]


def test_known_to_be_down_at_once(clocked, hooks):
    """"... or at once if the channel is known to be down": the broker stops while an incident is
    open, and the next level, of webhook people among others, is paged over the second channel."""
    g, home, _, one = begin(clocked, hooks, listening=False,
                            levels=[level("doctor"), level("family")])
    press(home)
    g.wait_event("delivery.sent")
    clocked.broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"]["help"] == "down")
    clocked.advance(60)
    assert one.wait(state="open")["level"] == 1
    assert channels_of(g) == ["mqtt", "webhook:one"]
    assert deliveries(g, "fam1")[0]["status"] == "pending", "it goes on beside"
    assert g.ctl_raw("incident", "ack", "gw-1-1", "--by", "fam1").returncode == 0
    assert g.incident()["state"] == "acked"


def without_broker(clocked, hooks, channels, **answers):
    """fam1 of the second level is paged after the broker has gone. Answers gateway and hooks."""
    g, home, _, *made = begin(clocked, hooks, channels, listening=False, names=("one", "two"),
                              levels=[level("doctor"), level("family"), level("grid")], **answers)
    press(home)
    g.wait_event("delivery.sent")
    clocked.broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"]["help"] == "down")
    clocked.advance(60)
    return (g, *made)


def test_down_channel_after_a_failed_one(clocked, hooks):
    """"the next channel starts at the first failed attempt, ... or at once if the channel is known
    to be down": the third one too, when the first fails and the second is known to be down."""
    g, one, two = without_broker(clocked, hooks, "webhook:one;mqtt;webhook:two", one=(503,) * 9)
    one.wait(state="open")
    two.wait(state="open")
    assert channels_of(g) == ["webhook:one", "mqtt", "webhook:two"]


@pytest.mark.parametrize("channels", ["mqtt;webhook:one", "webhook:one;mqtt"])
def test_broker_down_is_a_failure_for_others(clocked, hooks, channels):
    """"A person cannot be reached when all their channels have failed; a broker that is down is no
    failure for somebody who has nothing but `mqtt`": it is one for whoever has a webhook too."""
    g, one, _ = without_broker(clocked, hooks, channels, one=(404,))
    one.wait(state="open")
    wait_until(lambda: g.incident()["level"] == 2)
    assert status_of(g, "fam1") == "unreachable"
    assert g.events("incident.escalated")[-1]["data"]["reason"] == "unreachable"


def test_broker_goes_down_with_a_page_under_way(clocked, hooks):
    """"... at once if the channel is known to be down": also for a page that waits for `seen` when
    the broker dies."""
    g, home, family, one = begin(clocked, hooks)
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent")
    clocked.broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"]["help"] == "down")
    clocked.advance(15)
    one.wait(state="open")


def test_broker_down_is_no_failure_for_mqtt_alone(clocked, hooks):
    """"... a broker that is down is no failure for somebody who has nothing but `mqtt`": they are
    not counted out, the clock runs, and the page comes when the broker is back."""
    folder = clocked.folder / "broker"
    broker = Broker(folder, Broker.SETTINGS + "user root\npersistence true\n"
                    f"persistence_location {folder}/\n")
    g, home, _, _ = begin(clocked, hooks, listening=False, broker=broker,
                          levels=[level("grid"), level("doctor"), level("family")],
                          channels="mqtt")
    clocked.caregiver("grid1")
    family = clocked.caregiver("fam1", clean=False)
    press(home)
    g.wait_event("delivery.sent")
    broker.stop()
    wait_until(lambda: g.ctl_json("status")["broker"]["help"] == "down")
    clocked.advance(60)
    assert g.incident()["level"] == 1, "not exhausted: the doctor has nothing but mqtt"
    clocked.advance(60)
    assert g.incident()["level"] == 2
    assert steps(g).count("unreachable") == 0
    assert [d["status"] for d in deliveries(g, "fam1", state="open")] == ["pending"]
    broker.start()
    assert family.wait(state="open")["level"] == 2
    assert not g.events("delivery.failed", caregiver="fam1")


def test_not_a_call_for_help(clocked, hooks):
    """"For a call for help the next channel starts ... after `channel_wait`": for a service request
    only a channel that has failed for good is followed by the next."""
    g, home, family, one = begin(clocked, hooks)
    press(home, button="service")
    family.wait(state="open")
    g.wait_event("delivery.sent")
    clocked.advance(50)
    assert channels_of(g) == ["mqtt"] and not one.got


def test_not_a_call_for_help_failed(world, hooks):
    """"A caregiver's channels are tried in order": for a service request too, the next one when
    the first has failed."""
    g, home, _, one = begin(world, hooks, listening=False)
    press(home, button="service")
    assert one.wait(state="open")["kind"] == "service"
    assert g.incident()["level"] == 0


def test_three_channels_in_order(clocked, hooks):
    """"A caregiver's channels are tried in order": mqtt, then one, then two, each after its
    `channel_wait`, unless one brings a receipt."""
    g, home, family, one, two = begin(clocked, hooks, channels="mqtt;webhook:one;webhook:two",
                                      names=("one", "two"), one=(500, 500, 500))
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent")
    clocked.advance(15)
    one.wait(state="open")
    two.wait(state="open")
    assert channels_of(g) == ["mqtt", "webhook:one", "webhook:two"]
    levels = {d["level"] for d in deliveries(g, "fam1")}
    assert levels == {0}


def test_default_channels(clocked, hooks):
    """"A caregiver's channels are tried in order": those of `default_channels` for whoever names
    none."""
    one = hooks()
    clocked.begin([policy(levels=[level("doctor"), level("duty")])],
                  webhooks=[{"name": "one", "url": one.url}],
                  notify={"default_channels": ["webhook:one", "mqtt"]})
    clocked.village()
    home = clocked.device("b1")
    press(home)
    assert one.wait(state="open")["resident"]["id"] == "r1"
    clocked.gateway.wait_event("delivery.delivered", channel="webhook:one")
    clocked.advance(40)
    assert channels_of(clocked.gateway, "doc1") == ["webhook:one"]
    assert paged(clocked.gateway) == ["doc1"]


def test_answer_calls_off_pending_channels(clocked, hooks):
    """"all pending pages are cancelled": after an answer no further channel starts for anybody."""
    g, home, family, one = begin(clocked, hooks, levels=[level("family", "doctor"), level("duty")])
    doctor = next(c for c in clocked.clients if getattr(c, "caregiver", "") == "doc1")
    press(home)
    family.wait(state="open")
    g.wait_event("delivery.sent", 2)
    assert doctor.reply("gw-1-1", "ack")["ok"]
    family.wait(state="answered")
    clocked.advance(120)
    assert channels_of(g, state="open") == ["mqtt"]
    assert not [b for b in one.got if b["state"] == "open"]


def test_answer_calls_off_retries(clocked, hooks):
    """"all pending pages are cancelled": a webhook that fails is not tried again once somebody
    goes; the news is."""
    g, home, _, one = begin(clocked, hooks, channels="webhook:one", one=(503,), listening=False,
                            levels=[level("family", "doctor"), level("duty")])
    press(home)
    one.wait(state="open")
    doctor = next(c for c in clocked.clients if getattr(c, "caregiver", "") == "doc1")
    assert doctor.reply("gw-1-1", "ack")["ok"]
    one.wait(state="answered")
    clocked.advance(300)
    assert [b["state"] for b in one.got] == ["open", "answered"]


def test_webhook_body_as_in_inbox(world, hooks):
    """"named channels for caregivers; body as in `inbox`, times as RFC 3339"."""
    g, home, _, one = begin(world, hooks, channels="webhook:one", listening=False)
    press(home)
    body = one.wait(state="open")
    assert (body["level"], body["kind"], body["resident"]["name"]) == (0, "sos", "王秀英")
    assert body["opened_at"] == g.incident()["opened_at"]
    assert body["answer_by"] > body["opened_at"]
    assert body["id"] == deliveries(g, "fam1")[0]["id"]
