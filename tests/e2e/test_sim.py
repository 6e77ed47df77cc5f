"""yijian-sim against a real mosquitto; the tests play the gateway."""

import datetime
import json
import re
import subprocess
import time

import pytest

from sim_world import Broker, DEADLINE_S, Gateway, Sim, broker, cleanup, gateway, sim, wait_for

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.mark.parametrize("version", [3, 5])
def test_call_ends_when_received(gateway, sim, version):
    before = int(time.time() * 1000)
    call = sim("call", "--device", "d1", "--mqtt", version, "--text", "老毛病", "--pos",
               "30.25,106.5,12")
    assert call.exit_code() == 0
    (said,) = gateway.wait("dev/d1/up/call")
    assert UUID7.fullmatch(said["id"])
    assert before <= said["ts"] <= int(time.time() * 1000)
    assert said["button"] == "sos" and said["text"] == "老毛病"
    assert (said["pos"]["lat"], said["pos"]["lon"], said["pos"]["acc"]) == (30.25, 106.5, 12)


def test_every_message_that_is_confirmed(gateway, sim):
    assert sim("call", "--device", "d1", "--button", "service").exit_code() == 0
    assert sim("alarm", "--device", "d1", "--kind", "smoke", "--value", "3.5").exit_code() == 0
    assert sim("well", "--device", "d1", "--msg-id", "w-1", "--ts", "5").exit_code() == 0
    assert sim("cancel", "--device", "d1", "--ref", "c-1").exit_code() == 0
    assert sim("checkin", "--device", "d1", "--caregiver", "g1", "--method", "key", "--type",
               "on").exit_code() == 0
    assert gateway.said("up/call")[0]["button"] == "service"
    alarm = gateway.said("up/alarm")[0]
    assert (alarm["kind"], alarm["value"]) == ("smoke", 3.5)
    assert gateway.said("up/well") == [{"id": "w-1", "ts": 5}]
    assert gateway.said("up/cancel")[0]["ref"] == "c-1"
    checkin = gateway.said("up/checkin")[0]
    assert (checkin["caregiver"], checkin["method"], checkin["type"]) == ("g1", "key", "on")


def test_repeats_byte_for_byte_with_growing_pauses(gateway, sim):
    gateway.deaf = True
    call = sim("call", "--device", "d1", "--retry-first", "100ms", "--retry-max", "400ms")
    gateway.wait("up/call", 5)
    assert call.process.poll() is None
    assert len(set(gateway.heard("up/call"))) == 1
    at = gateway.times("up/call")
    # nothing comes before its time, whatever the machine is doing
    for gap, least in zip((b - a for a, b in zip(at, at[1:])), (0.1, 0.2, 0.4, 0.4)):
        assert gap > least * 0.7, at
    gateway.tell("d1", gateway.said("up/call")[0]["id"], "received")
    assert call.exit_code() == 0


def test_first_repetition_after_5_s_by_default(gateway, sim):
    gateway.deaf = True
    sim("call", "--device", "d1")
    gateway.wait("up/call", 2)
    first, second = gateway.times("up/call")[:2]
    assert 4.5 < second - first < 8


def test_another_ids_received_is_not_ours(gateway, sim):
    gateway.deaf = True
    call = sim("call", "--device", "d1", "--retry-first", "100ms")
    gateway.wait("up/call")
    gateway.tell("d1", "somebody-else", "received")
    call.wait_event("call")
    gateway.wait("up/call", 3)
    assert call.process.poll() is None
    gateway.tell("d1", gateway.said("up/call")[0]["id"], "received")
    assert call.exit_code() == 0


def test_waits_for_a_state(gateway, sim):
    call = sim("call", "--device", "d1", "--wait", "answered", "--retry-first", "100ms")
    msg_id = gateway.wait("up/call")[0]["id"]
    call.wait_event("call")
    assert call.process.poll() is None
    gateway.tell("d1", msg_id, "answered", by="王医生")
    assert call.exit_code() == 0
    assert call.events("call")[-1]["by"] == "王医生"
    assert len(gateway.heard("up/call")) == 1, "confirmed, so not repeated while waiting"


def test_timeout_and_usage(gateway, sim):
    gateway.deaf = True
    assert sim("call", "--device", "d1", "--timeout", "300ms").exit_code() == 1
    assert len(gateway.heard("up/call")) == 1
    for wrong in (["call"], ["call", "--device", "a b"], ["call", "--device", "d", "--button", "x"],
                  ["alarm", "--device", "d"], ["alarm", "--device", "d", "--kind", "sos"],
                  ["checkin", "--device", "d"], ["call", "--device", "d", "--nonsense"],
                  ["call", "--device", "d", "--timeout", "5"], ["resume", "--device", "d"],
                  ["heartbeat", "--device", "d", "--battery", "101"],
                  *(["call", "--device", "d", "--pos", p] for p in
                    ("nan,nan", "1,2x", "1,2,-3", "1,2,inf", "1,2,", "91,0")),
                  ["alarm", "--device", "d", "--kind", "gas", "--value", "1e400"],
                  ["caregiver"], ["caregiver", "--id", "c", "--decline", "--silent"], ["fleet"],
                  ["fleet", "--homes", "0"], ["dance"]):
        run = sim(*wrong)
        assert run.exit_code() == 2, wrong
        assert run.errors and not run.lines


def test_help(sim):
    for command in ("call", "cancel", "alarm", "well", "checkin", "heartbeat", "resume", "terminal",
                    "bed", "caregiver", "fleet"):
        run = sim(command, "--help", json_lines=False)
        assert run.exit_code() == 0
        assert "--host" in "\n".join(run.lines)


def test_repeats_across_its_own_death(gateway, sim, tmp_path):
    gateway.deaf = True
    state = ["--device", "d1", "--state-dir", tmp_path / "state", "--retry-first", "100ms"]
    first = sim("call", *state)
    gateway.wait("up/call", 2)
    first.kill()
    # a second press of the restarted device does not make it forget the first
    second = sim("call", *state)
    wait_for(lambda: len(set(gateway.heard("up/call"))) == 2, "the second press")
    second.kill()
    before = len(gateway.heard("up/call"))
    resumed = sim("resume", *state)
    gateway.wait("up/call", before + 4)
    assert len(set(gateway.heard("up/call"))) == 2, "the same bytes"
    ids = list({said["id"] for said in gateway.said("up/call")})
    gateway.tell("d1", ids[0], "received")
    resumed.wait_event("call")
    assert resumed.process.poll() is None
    gateway.tell("d1", ids[1], "received")
    assert resumed.exit_code() == 0
    assert json.loads((tmp_path / "state/d1.json").read_text()) == []
    assert sim("resume", *state).exit_code() == 0


def test_same_message_id_after_a_restart_is_the_same_press(gateway, sim, tmp_path):
    gateway.deaf = True
    args = ["--device", "d1", "--state-dir", tmp_path, "--msg-id", "m-1"]
    first = sim("call", *args)
    gateway.wait("up/call")
    first.kill()
    gateway.deaf = False
    assert sim("call", *args).exit_code() == 0
    assert len(set(gateway.heard("up/call"))) == 1


def test_one_process_per_state_file(gateway, sim, tmp_path):
    gateway.deaf = True
    sim("call", "--device", "d1", "--state-dir", tmp_path)
    gateway.wait("up/call")
    other = sim("call", "--device", "d1", "--state-dir", tmp_path)
    assert other.exit_code() == 1
    assert "another process" in other.errors[0]


def test_broker_that_comes_later_and_goes_again(tmp_path, cleanup):
    broker = Broker(tmp_path)
    call = Sim(broker.port, "call", "--device", "d1", "--retry-first", "200ms", "--retry-max",
               "200ms")
    cleanup.append(call)
    wait_for(lambda: call.errors, "a word about the broker that is not there")
    assert call.process.poll() is None
    try:
        gateway = Gateway(broker.start().port, deaf=True)
        cleanup.append(gateway)
        gateway.wait("up/call", 2)
        # a broker that dies and forgets everything
        gateway.ready.clear()
        broker.kill()
        call.wait_event("disconnected")
        broker.start()
        assert gateway.ready.wait(DEADLINE_S)
        before = len(gateway.heard("up/call"))
        gateway.wait("up/call", before + 2)
        assert len(set(gateway.heard("up/call"))) == 1
        gateway.deaf = False
        assert call.exit_code() == 0
    finally:
        broker.kill()


@pytest.mark.parametrize("version", [3, 5])
def test_the_session_outlives_the_connection(gateway, sim, version):
    device = ["--device", "d1", "--mqtt", version, "--retry-first", "10s"]
    assert sim("call", *device, "--msg-id", "m-1").exit_code() == 0
    gateway.tell("d1", "m-1", "answered").wait_for_publish(DEADLINE_S)
    later = sim("call", *device, "--msg-id", "m-2", "--wait", "received")
    assert later.exit_code() == 0
    assert [(e["id"], e["state"]) for e in later.events("call")] == [
        ("m-1", "answered"), ("m-2", "received")]


def test_heartbeat(gateway, sim):
    assert sim("heartbeat", "--device", "d1", "--battery", "17", "--rssi", "-71", "--mains", "0",
               "--fw", "1.0").exit_code() == 0
    (beat,) = gateway.wait("up/heartbeat")
    del beat["ts"]
    assert beat == {"battery": 17, "rssi": -71, "mains": False, "fw": "1.0"}
    steady = sim("heartbeat", "--device", "d2", "--every", "50ms")
    gateway.wait("d2/up/heartbeat", 3)
    assert steady.stop() == 0


def test_terminal_state_and_last_will(gateway, sim):
    terminal = sim("terminal", "--device", "t1", "--heartbeat", "100ms")
    assert gateway.wait("t1/state")[0]["online"] is True
    gateway.wait("t1/up/heartbeat", 2)
    terminal.kill()
    born, died = gateway.wait("t1/state", 2)
    assert died == {"online": False, "session": born["session"]}
    terminal = sim("terminal", "--device", "t1")
    gateway.wait("t1/state", 3)
    assert terminal.stop() == 0
    states = gateway.wait("t1/state", 4)
    assert [s["online"] for s in states] == [True, False, True, False]
    late = Gateway(gateway.client._port)
    try:
        late.wait("t1/state")
        with late.lock:
            assert late.log[0][3], "retained"
    finally:
        late.stop()


def test_terminal_visits(gateway, sim):
    def states(session):
        return [v["state"] for v in gateway.said("up/visit") if v["session"] == session]

    def expect(session, *wanted):
        wait_for(lambda: states(session) == list(wanted), f"{wanted}; it said {states(session)}")

    sim("terminal", "--device", "t1", "--accept-after", "50ms").wait_event("said")
    gateway.visit("t1", "v1", "ring", **{"from": "女儿"})
    expect("v1", "ringing", "accepted")
    gateway.visit("t1", "v2", "ring")
    expect("v2", "ringing", "accepted")  # in the place of the one before
    gateway.visit("t1", "v1", "end")  # of a session that is no more
    gateway.visit("t1", "v2", "ring")
    expect("v2", "ringing", "accepted", "accepted")
    gateway.visit("t1", "v2", "end")
    expect("v2", "ringing", "accepted", "accepted", "ended")
    expect("v1", "ringing", "accepted")
    sim("terminal", "--device", "t2", "--decline-after", "50ms", "--accept-after",
        "10s").wait_event("said")
    gateway.visit("t2", "v3", "ring")
    expect("v3", "ringing", "declined")
    gateway.visit("t2", "v4", "ring", auto_answer=True)
    expect("v4", "ringing", "accepted")
    sim("terminal", "--device", "t3", "--no-answer").wait_event("said")
    gateway.visit("t3", "v5", "ring")
    expect("v5", "ringing")
    gateway.visit("t3", "v5", "end")
    expect("v5", "ringing", "ended")


def test_terminal_commands(gateway, sim):
    terminal = sim("terminal", "--device", "t1", "--commands", stdin=subprocess.PIPE)
    terminal.wait_event("connected")
    for word, topic in (("call", "up/call"), ("well", "up/well"), ("cancel", "up/cancel")):
        terminal.process.stdin.write(word + "\n")
        terminal.process.stdin.flush()
        gateway.wait("t1/" + topic)
    terminal.wait_event("call", 3)
    terminal.process.stdin.write("quit\n")
    terminal.process.stdin.close()
    assert terminal.exit_code() == 0


def test_bed(gateway, sim):
    bed = sim("bed", "--device", "b1", "--every", "50ms", "--exit-after", "300ms",
              "--return-after", "300ms")
    (alarm,) = gateway.wait("b1/up/alarm")
    assert alarm["kind"] == "bed_exit"
    # "in_bed" goes true, false, true again
    def changes():
        seen = [v["in_bed"] for v in gateway.said("b1/up/vital")]
        return [a for a, b in zip(seen, seen[1:] + [None]) if a != b] == [True, False, True]
    wait_for(changes, "back in bed")
    assert all(40 < v["hr"] < 100 for v in gateway.said("b1/up/vital") if v["in_bed"])
    assert bed.stop() == 0


def test_thrown_out_by_its_own_client_id(gateway, sim):
    terminal = sim("terminal", "--device", "t1")
    terminal.wait_event("connected")
    assert sim("heartbeat", "--device", "t1").exit_code() == 0
    terminal.wait_event("connected", 2)
    # two that want to stay do not keep each other busy: each try waits longer than the last
    rival = sim("terminal", "--device", "t1")
    rival.wait_event("connected", 4)
    at = [e["time"] for e in rival.events("connected")]
    assert (datetime.datetime.fromisoformat(at[3][:-1])
            - datetime.datetime.fromisoformat(at[0][:-1])).total_seconds() > 1.4, at


def test_caregiver_answers_arrives_resolves(gateway, sim):
    person = sim("caregiver", "--id", "c1", "--answer-after", "100ms", "--eta", "7",
                 "--arrive-after", "50ms", "--resolve-after", "50ms", "--outcome", "hospital",
                 "--until", "resolve")
    person.wait_event("connected")
    gateway.page("c1", "i1")
    assert person.exit_code() == 0
    replies = gateway.said("c1/reply")
    assert [r["action"] for r in replies] == ["seen", "ack", "arrive", "resolve"]
    assert {r["incident"] for r in replies} == {"i1"}
    assert (replies[1]["how"], replies[1]["eta"]) == ("going", 7)
    assert replies[3]["outcome"] == "hospital"
    assert len({r["id"] for r in replies}) == 4


def test_caregiver_declines_or_is_silent(gateway, sim):
    sim("caregiver", "--id", "no", "--decline").wait_event("connected")
    sim("caregiver", "--id", "still", "--silent").wait_event("connected")
    sim("caregiver", "--id", "off", "--silent", "--no-seen").wait_event("connected")
    sim("caregiver", "--id", "far", "--how", "remote").wait_event("connected")
    for person in ("off", "still", "no", "far"):
        gateway.page(person, "i1")
    gateway.wait_action("no", "decline")
    assert gateway.wait_action("far", "ack")[0]["how"] == "remote"
    # two rounds, so that a late answer of the first would show
    gateway.page("still", "i1", "remind")
    gateway.wait_action("still", "seen", 2)
    assert [r["action"] for r in gateway.said("still/reply")] == ["seen", "seen"]
    assert gateway.said("off/reply") == []


def test_caregiver_finds_the_pages_of_its_absence(gateway, sim):
    person = sim("caregiver", "--id", "c1", "--silent")
    person.wait_event("connected")
    assert person.stop() == 0
    gateway.page("c1", "i1").wait_for_publish(DEADLINE_S)
    sim("caregiver", "--id", "c1")
    gateway.wait_action("c1", "ack")
    assert [r["action"] for r in gateway.said("c1/reply")] == ["seen", "ack"]


def test_caregiver_repeats_a_reply_until_its_result(gateway, sim):
    gateway.deaf = True
    person = sim("caregiver", "--id", "c1", "--retry-first", "100ms", "--arrive-after", "0s")
    person.wait_event("connected")
    gateway.page("c1", "i1")
    acks = gateway.wait_action("c1", "ack", 3)
    assert acks[0] == acks[1] == acks[2]
    gateway.result("c1", acks[0]["id"], ok=False, reason="not yours")
    person.wait_event("result")
    gateway.page("c1", "i2")
    second = wait_for(lambda: [a for a in gateway.wait_action("c1", "ack")
                               if a["incident"] == "i2"], "an ack of i2")
    gateway.result("c1", second[0]["id"])
    arrive = gateway.wait_action("c1", "arrive")
    assert arrive[0]["incident"] == "i2", "a refused answer is followed by nothing"


def test_caregiver_leaves_it_to_who_answered_first(gateway, sim):
    person = sim("caregiver", "--id", "c1", "--answer-after", "400ms")
    keen = sim("caregiver", "--id", "c2", "--answer-after", "400ms", "--insist")
    person.wait_event("connected")
    keen.wait_event("connected")
    for who in ("c1", "c2"):
        gateway.page(who, "i1")
        gateway.page(who, "i1", "answered")
        gateway.page(who, "i2")
    gateway.wait_action("c2", "ack", 2)
    assert [r["incident"] for r in gateway.wait_action("c1", "ack")] == ["i2"]


def test_fleet_counts_what_the_gateway_counts(gateway, sim):
    fleet = sim("fleet", "--homes", "200", "--rate", "100", "--duration", "2s", "--connections",
                "3", "--heartbeat", "1s", "--bounce", "20", "--stuck", "0", "--prefix", "h",
                json_lines=False)
    assert fleet.exit_code(60) == 0
    (summary,) = map(json.loads, fleet.lines)
    calls = gateway.said("up/call")
    assert summary["presses"] == summary["received"] == len({c["id"] for c in calls}) > 50
    assert summary["unconfirmed"] == 0
    assert 0 < summary["latency_p50_ms"] <= summary["latency_p99_ms"] < 20000
    # heartbeats go out at QoS 0, so one or the other may be lost when the connection ends
    wait_for(lambda: len(gateway.heard("up/heartbeat")) >= summary["heartbeats"] * 0.98,
             "the heartbeats still under way")
    assert summary["heartbeats"] >= len(gateway.heard("up/heartbeat")) > 100
    with gateway.lock:
        devices = {topic.split("/")[3] for _, topic, _, _ in gateway.log}
    assert devices <= {f"h-{i:06d}" for i in range(1, 201)} and len(devices) > 100


def test_fleet_repeats_and_says_what_is_missing(gateway, sim):
    gateway.deaf = True
    fleet = sim("fleet", "--homes", "5", "--rate", "50", "--duration", "500ms", "--retry-first",
                "100ms", "--drain", "500ms", "--stuck", "0", "--bounce", "0", json_lines=False)
    assert fleet.exit_code(60) == 1
    (summary,) = map(json.loads, fleet.lines)
    assert summary["unconfirmed"] == summary["presses"] > 0
    assert summary["repeats"] >= summary["presses"] and summary["latency_p50_ms"] is None
    assert len(set(gateway.heard("up/call"))) == summary["presses"], "byte for byte"


def test_fleet_stuck_button(gateway, sim):
    fleet = sim("fleet", "--homes", "5", "--rate", "1", "--stuck", "100", "--seed", "7",
                json_lines=False)
    # more than four presses of one home within ten seconds is no bouncing
    wait_for(lambda: any(
        [t.split("/")[3] for _, t, _, _ in list(gateway.log)].count(f"home-{i:06d}") > 4
        for i in range(1, 6)), "a stuck button")
    assert fleet.stop() == 0


def test_fleet_directory(sim):
    residents = sim("fleet", "--homes", "30", "--csv", "residents", json_lines=False)
    devices = sim("fleet", "--homes", "30", "--csv", "devices", json_lines=False)
    assert residents.exit_code() == devices.exit_code() == 0
    assert len(residents.lines) == len(devices.lines) == 31
    known = {line.split(",")[0] for line in residents.lines[1:]}
    assert {line.split(",")[2] for line in devices.lines[1:]} == known


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.crt", "-subj", "/CN=test ca", "-days", "2")
    for name in ("localhost", "d1", "gw"):
        (folder / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
                f"{name}.csr", "-subj", f"/CN={name}")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", f"{name}.crt", "-days", "2", "-extfile", "ext")


def test_tls_with_a_client_certificate(tmp_path, cleanup):
    make_certificates(tmp_path)
    (tmp_path / "acl").write_text("user gw\ntopic readwrite yj/#\n"
                                  "pattern write yj/v1/dev/%u/up/+\n"
                                  "pattern read yj/v1/dev/%u/down/+\n")
    broker = Broker(tmp_path, f"cafile {tmp_path}/ca.crt\ncertfile {tmp_path}/localhost.crt\n"
                    f"keyfile {tmp_path}/localhost.key\nrequire_certificate true\n"
                    f"use_identity_as_username true\nacl_file {tmp_path}/acl\n").start()
    try:
        gateway = Gateway(broker.port, deaf=True, tls={
            "ca_certs": tmp_path / "ca.crt", "certfile": tmp_path / "gw.crt",
            "keyfile": tmp_path / "gw.key"})
        cleanup.append(gateway)
        tls = ["--cafile", tmp_path / "ca.crt", "--cert", tmp_path / "d1.crt", "--key",
               tmp_path / "d1.key"]
        call = Sim(broker.port, "call", "--device", "d1", "--retry-first", "100ms", *tls)
        cleanup.append(call)
        gateway.wait("d1/up/call", 2)
        gateway.deaf = False
        assert call.exit_code() == 0
        # its certificate does not let it speak for another device
        thief = Sim(broker.port, "call", "--device", "d2", "--timeout", "1s", *tls)
        cleanup.append(thief)
        assert thief.exit_code() == 1
        assert gateway.heard("d2/up/call") == []
        assert any("refuses" in line for line in thief.errors)
        # and nobody is believed whose certificate is another authority's
        openssl(tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "x.key",
                "-out", "x.crt", "-subj", "/CN=localhost", "-days", "2")
        wary = Sim(broker.port, "call", "--device", "d1", "--timeout", "1s", "--cafile",
                   tmp_path / "x.crt", "--cert", tmp_path / "d1.crt", "--key", tmp_path / "d1.key")
        cleanup.append(wary)
        assert wary.exit_code() == 1
        assert not wary.events("connected")
    finally:
        broker.kill()


def test_password_file(tmp_path, cleanup):
    for user, word in (("d1", "right"), ("gw", "gw")):
        new = [] if (tmp_path / "passwords").exists() else ["-c"]
        subprocess.run(["mosquitto_passwd", "-b", *new, tmp_path / "passwords", user, word],
                       check=True, capture_output=True)
    broker = Broker(tmp_path, f"password_file {tmp_path}/passwords\n").start()
    try:
        cleanup.append(Gateway(broker.port, username="gw", password="gw"))
        (tmp_path / "word").write_text("right\n")
        good = Sim(broker.port, "call", "--device", "d1", "--password-file", tmp_path / "word")
        cleanup.append(good)
        assert good.exit_code() == 0
        bad = Sim(broker.port, "call", "--device", "d1", "--password", "wrong", "--timeout", "1s")
        cleanup.append(bad)
        assert bad.exit_code() == 1
        assert ["refused by the broker" in line for line in bad.errors] == [True, False], bad.errors
        assert not any("wrong" in line for line in bad.errors)
    finally:
        broker.kill()
