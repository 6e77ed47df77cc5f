"""The self-audit and the rule by which the daemon restarts itself (docs/design.md, "Staying alive"; contract,
"HTTP": `/readyz`)."""

import crashworld  # noqa: F401 (puts the end-to-end folder on the path)
import harness
import pytest
import town


@pytest.fixture
def stuck(tmp_path):
    """A daemon whose deadlines do not fire, with one incident, and a clock moved by hand."""
    w = town.ClockWorld(tmp_path)
    try:
        w.begin([town.policy()]).village()
        w.caregiver("fam1")
        home = w.device("b1")
        home.wait(id=home.call(), state="received")
        w.gateway.stop()
        w.gateway.environment["YJ_PLANT_STUCK"] = "1"
        w.gateway.start()
        yield w
    finally:
        w.end()


def overdue(gateway):
    return harness.wait_until(lambda: gateway.http("/readyz") == (503, "overdue"), "the audit")


def pass_by(world, seconds):
    """The audit looks at least once before and after."""
    world.clock.pass_by(seconds)
    world.look()
    audits = world.gateway.metric("yijian_audits_total")
    harness.wait_until(lambda: world.gateway.metric("yijian_audits_total") >= audits + 1, "an audit")


def test_restart_rule(stuck):
    """"It restarts itself only for an overdue deadline while store and clock are well, at most every 10
    minutes"; "degraded state: `/readyz` 503, its state topic, the log"."""
    g = stuck.gateway
    watcher = harness.Client(stuck.broker, "watcher").subscribe("yj/v1/gw/gw-1/state")
    stuck.clients.append(watcher)
    stuck.clock.pass_by(75)
    overdue(g)
    watcher.wait(degraded="overdue")
    g.wait_event("gateway.degraded", reason="overdue")
    stuck.clock.pass_by(70)
    assert g.process.wait(harness.TIMEOUT) == 1
    assert "event=restarting_itself reason=deadline_overdue" in g.log.read_text()
    assert g.events("gateway.stopped")
    # it did not help, and is not tried again at once
    g.start(ready=False)
    overdue(g)
    for _ in range(2):
        pass_by(stuck, 200)
    assert g.alive()
    stuck.clock.pass_by(300)
    assert g.process.wait(harness.TIMEOUT) == 1
    # a new start that helps
    del g.environment["YJ_PLANT_STUCK"]
    g.start()
    g.wait_event("incident.escalated", level=1)
    g.verify_log()
