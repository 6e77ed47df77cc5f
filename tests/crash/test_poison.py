"""Promise 6 ("One bad thing stays one bad thing"): a message, an incident or a delivery that crashes
the daemon is set aside after the second time, loudly, and the rest goes on. The daemon is started
again whenever it dies, as systemd does."""

import http.server
import json
import threading

import harness

SHORT = {"name": "default",
         "levels": [{"notify": ["grid"], "wait": "1s"}, {"notify": ["doctor"], "wait": "1s"},
                    {"notify": ["duty"]}],
         "repeat_every": "30s"}


def second_home(gateway):
    gateway.load("residents", [{"id": "r2", "name": "李大爷", "region": "511781103201"}])
    gateway.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    gateway.load("caregivers", [{"id": "op1", "name": "操作员", "role": "operator"}])


def restart_with(crash, **environment):
    """From now on the daemon has these faults, and a supervisor."""
    crash.gateway.stop()
    crash.gateway.environment.update(environment)
    crash.gateway.start()
    return crash.supervise()


def aborted(supervisor, times):
    assert supervisor.deaths == [-6] * times, supervisor.deaths


def test_a_message_that_crashes_is_set_aside(crash):
    crash.begin(plant=True).village()
    second_home(crash.gateway)
    home, other = crash.device("b1"), crash.device("b2")
    grid = crash.caregiver("grid1")
    supervisor = restart_with(crash, YJ_PLANT_PAYLOAD="crash me")
    bad = home.call(text="crash me")
    good = other.call()  # behind it in the same queue
    assert other.wait(id=good, state="received")
    grid.wait(state="open", kind="sos")
    # somebody may have pressed the button
    page = grid.wait(state="open", kind="unreadable")
    assert page["resident"]["id"] == "r1"
    answer = home.wait(id=bad, state="received")
    assert answer["incident"] == page["incident"]
    aborted(supervisor, 2)
    gateway = crash.gateway
    gateway.wait_event("gateway.poison", what="message")
    rejected = gateway.wait_event("alert.rejected")
    assert rejected["data"]["reason"] == "poison" and rejected["data"]["device"] == "b1"
    assert any(r["reason"] == "poison" for r in gateway.ctl_json("rejected", "list"))
    # it is aside for good, the device is not
    again = home.call()
    assert home.wait(id=again, state="received")
    home.say("call", {"id": bad, "ts": 5, "button": "sos", "text": "crash me, another one"})
    harness.wait_until(lambda: len(gateway.events("gateway.poison", what="message")) == 2, "aside")
    aborted(supervisor, 4)
    opened = gateway.events("incident.opened")
    assert sorted((e["data"]["device"], e["data"]["kind"]) for e in opened) == [
        ("b1", "sos"), ("b1", "unreadable"), ("b2", "sos")]
    gateway.verify_log()


def test_a_message_that_crashes_even_when_refused_is_kept_raw(crash):
    crash.begin(plant=True).village()
    second_home(crash.gateway)
    home, other = crash.device("b1"), crash.device("b2")
    supervisor = restart_with(crash, YJ_PLANT_PAYLOAD_ALWAYS="crash me")
    home.call(text="crash me")
    good = other.call()
    assert other.wait(id=good, state="received")
    aborted(supervisor, 4)
    gateway = crash.gateway
    gateway.wait_event("gateway.poison", what="message")
    assert [r["reason"] for r in gateway.ctl_json("rejected", "list")] == ["poison"]
    gateway.verify_log()


def test_a_reply_that_crashes_is_set_aside(crash):
    crash.begin(plant=True).village()
    home, grid = crash.device("b1"), crash.caregiver("grid1")
    supervisor = restart_with(crash, YJ_PLANT_PAYLOAD="crash me")
    home.call()
    incident = grid.wait(state="open")["incident"]
    refused = grid.reply(incident, "note", code="other", text="crash me")
    assert refused["ok"] is False
    aborted(supervisor, 2)
    assert grid.reply(incident, "ack", eta=5)["ok"] is True
    crash.gateway.wait_event("gateway.poison", what="message")
    crash.gateway.verify_log()


def test_an_incident_that_crashes_is_set_aside(crash):
    crash.begin(policies=[SHORT], plant=True).village()
    second_home(crash.gateway)
    home, other = crash.device("b1"), crash.device("b2")
    duty, operator = crash.caregiver("duty1"), crash.caregiver("op1")
    grid, doctor = crash.caregiver("grid1"), crash.caregiver("doc1")
    supervisor = restart_with(crash, YJ_PLANT_INCIDENT="1")
    home.call()
    bad = grid.wait(state="open")["incident"]
    other.call()
    # the desk hears of it in fixed words
    for person in (duty, operator):
        page = person.wait(incident=bad, state="open")
        assert page["text"], page
    assert operator.pages(incident=bad)[0]["text"] == duty.pages(incident=bad)[0]["text"]
    aborted(supervisor, 2)
    gateway = crash.gateway
    event = gateway.wait_event("gateway.poison", what="incident")
    assert event["data"]["incident"] == "gw-1-1" and event["subject"] == "incident/gw-1-1"
    assert event["subject"] == f"incident/{bad}"
    assert gateway.incident(1)["poisoned"] is True
    assert not doctor.pages(incident=bad)
    # the other incident goes up all its levels
    doctor.wait(incident="gw-1-2", state="open")
    duty.wait(incident="gw-1-2", state="open")
    # and this one can be answered and ended
    harness.wait_until(lambda: "poison" in gateway.http("/readyz")[1], "degraded")
    assert duty.reply(bad, "ack", eta=5)["ok"] is True
    assert duty.reply(bad, "resolve", outcome="helped")["ok"] is True
    home.wait(incident=bad, state="closed")
    harness.wait_until(lambda: gateway.http("/readyz")[0] == 200, "ready again")
    aborted(supervisor, 2)
    gateway.verify_log()


class Hook:
    """An HTTP endpoint that keeps what it is told."""

    def __init__(self):
        heard = self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_a_delivery_that_crashes_is_set_aside(crash):
    hook = Hook()
    secret = crash.folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    secret.chmod(0o600)
    policy = {**SHORT, "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}]}
    crash.begin(policies=[policy], plant=True,
                webhooks=[{"name": "hook", "url": hook.url, "secret_file": str(secret)}]).village()
    gateway = crash.gateway
    second_home(gateway)
    gateway.load("caregivers", [{"id": "grid1", "name": "何晓东", "role": "grid",
                                 "region": "511781103201", "channels": "mqtt;webhook:hook"},
                                {"id": "op1", "name": "操作员", "role": "operator"}])
    home, other = crash.device("b1"), crash.device("b2")
    grid = crash.caregiver("grid1")
    supervisor = restart_with(crash, YJ_PLANT_DELIVERY="1")
    home.call()
    # the next channel of the same person
    page = harness.wait_until(lambda: next(iter(hook.heard), None), "the page over the webhook")
    assert page["incident"] == "gw-1-1" and not grid.pages(incident="gw-1-1")
    aborted(supervisor, 2)
    event = gateway.wait_event("gateway.poison", what="delivery")
    assert event["subject"] == "delivery/gw-1-d1"
    failed = gateway.wait_event("delivery.failed", incident="gw-1-1", caregiver="grid1")
    assert failed["data"]["channel"] == "mqtt"
    other.call()
    grid.wait(incident="gw-1-2", state="open")
    aborted(supervisor, 2)
    gateway.verify_log()


def test_a_delivery_that_crashes_is_somebody_who_cannot_be_reached(crash):
    policy = {**SHORT, "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}]}
    crash.begin(policies=[policy], plant=True).village()
    home, duty = crash.device("b1"), crash.caregiver("duty1")
    supervisor = restart_with(crash, YJ_PLANT_DELIVERY="1")
    home.call()
    duty.wait(incident="gw-1-1", state="open")  # the level is exhausted, long before its wait
    aborted(supervisor, 2)
    crash.gateway.wait_event("gateway.poison", what="delivery")
    crash.gateway.verify_log()


def test_a_retained_state_that_crashes_is_set_aside(crash):
    """It comes again with every connection, and would crash the daemon for ever."""
    crash.begin(plant=True).village()
    home, grid = crash.device("b1"), crash.caregiver("grid1")
    supervisor = restart_with(crash, YJ_PLANT_PAYLOAD="crash me")
    home.publish("yj/v1/dev/b1/state", {"online": True, "fw": "crash me"}, retain=True)
    crash.gateway.wait_event("gateway.poison", what="message")
    aborted(supervisor, 2)
    rejected = crash.gateway.wait_event("alert.rejected")
    assert rejected["data"]["reason"] == "poison" and rejected["data"]["device"] == "b1"
    assert home.wait(id=home.call(), state="received")
    grid.wait(state="open")
    aborted(supervisor, 2)
    crash.gateway.verify_log()


def test_a_result_that_crashes_is_set_aside(crash):
    """What became of a delivery crashes the daemon: the person counts as not reached."""
    policy = {**SHORT, "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}]}
    crash.begin(policies=[policy], plant=True).village()
    home, duty = crash.device("b1"), crash.caregiver("duty1")
    crash.caregiver("grid1")
    supervisor = restart_with(crash, YJ_PLANT_RESULT="1")
    home.call()
    duty.wait(incident="gw-1-1", state="open")  # the level is exhausted, long before its wait
    aborted(supervisor, 2)
    event = crash.gateway.wait_event("gateway.poison", what="delivery")
    assert event["subject"] == "delivery/gw-1-d1"
    crash.gateway.verify_log()


def test_a_result_that_crashes_even_when_set_aside(crash):
    crash.begin(policies=[SHORT], plant=True).village()
    second_home(crash.gateway)
    home, other = crash.device("b1"), crash.device("b2")
    grid, duty = crash.caregiver("grid1"), crash.caregiver("duty1")
    supervisor = restart_with(crash, YJ_PLANT_RESULT_ALWAYS="1")
    home.call()
    crash.gateway.wait_event("gateway.poison", what="delivery")
    aborted(supervisor, 4)
    duty.wait(incident="gw-1-1", state="open")
    other.call()
    grid.wait(incident="gw-1-2", state="open")
    aborted(supervisor, 4)
    crash.gateway.verify_log()
