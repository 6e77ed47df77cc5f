"""The dead man's ping: heard while the self-audit is clean, silent when it is not; and another
gateway's silence, told to people."""

import datetime
import http.server
import threading
import time

import pytest

from harness import Client, Gateway, now_ms, wait_until
from town import policy


class Watchdog:
    """An HTTP server that only notes when it was asked for what, and answers as it is told."""

    def __init__(self):
        dog = self
        self.heard = []
        self.status = 200
        self.hang = threading.Event()
        self.release = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                dog.heard.append((time.monotonic(), self.path))
                if dog.hang.is_set():
                    dog.release.wait(30)
                self.send_response(dog.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/ping/secret-of-gw-1"

    def wait_more(self, count=1):
        before = len(self.heard)
        wait_until(lambda: len(self.heard) >= before + count, f"{count} more pings")

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def dog():
    made = Watchdog()
    yield made
    made.close()


def audits_pass(gateway, count=2):
    before = gateway.metric("yijian_audits_total")
    wait_until(lambda: gateway.metric("yijian_audits_total") >= before + count, "audits")


def alive_topic(world, gateway="gw-1"):
    world.clients.append(Client(world.broker, "peer").subscribe(f"yj/v1/gw/{gateway}/alive"))
    return world.clients[-1]


def test_url_and_topic_hear_of_a_clean_gateway(world, dog):
    started = now_ms()
    world.begin(deadman={"url": dog.url, "every": "1s"})
    peer = alive_topic(world)
    dog.wait_more(3)
    assert dog.heard[0][1] == "/ping/secret-of-gw-1"
    said = peer.wait(count=2, gateway="gw-1")
    assert started <= said["ts"] <= now_ms()
    gaps = [b[0] - a[0] for a, b in zip(dog.heard, dog.heard[1:])]
    assert all(gap > 0.5 for gap in gaps), gaps
    shown = world.gateway.ctl_json("status")["deadman"]
    assert shown["clean"] and shown["pinged_at"] and shown["failed"] is None
    # the address is a secret of the watchdog's
    assert "secret-of-gw-1" not in world.gateway.log.read_text()


def test_without_the_section_nothing_is_said(world):
    world.begin()
    peer = alive_topic(world)
    audits_pass(world.gateway, 1)
    assert peer.find(gateway="gw-1") == [] and world.gateway.ctl_json("status")["deadman"] is None


def test_silent_while_the_audit_is_not_clean(clocked, dog):
    clocked.begin([policy()], deadman={"url": dog.url, "every": "1s"}).village()
    g = clocked.gateway
    button = clocked.device("b1")
    clocked.caregiver("fam1")
    button.wait(id=button.call(ts=clocked.clock.utc_ms), state="received")
    audits_pass(g, 1)
    clocked.clock.pass_by(2)
    dog.wait_more()
    g.stop()
    g.environment["YJ_PLANT_STUCK"] = "1"
    g.start()
    peer = alive_topic(clocked)
    clocked.clock.pass_by(75)
    wait_until(lambda: g.http("/readyz") == (503, "overdue"), "the audit")
    heard, said = len(dog.heard), len(peer.find(gateway="gw-1"))
    for _ in range(3):
        clocked.clock.pass_by(5)
        audits_pass(g, 1)
    assert len(dog.heard) == heard and len(peer.find(gateway="gw-1")) == said
    assert not g.ctl_json("status")["deadman"]["clean"]
    # it is well again, and heard again
    g.stop()
    del g.environment["YJ_PLANT_STUCK"]
    g.start()
    audits_pass(g, 1)
    clocked.clock.pass_by(2)
    dog.wait_more()


def test_silent_without_a_broker_and_heard_again(world, dog):
    world.begin(deadman={"url": dog.url, "every": "1s"})
    dog.wait_more()
    world.broker.kill()
    wait_until(lambda: world.gateway.http("/readyz")[0] == 503, "degraded")
    heard = len(dog.heard)
    audits_pass(world.gateway, 1)
    assert len(dog.heard) == heard
    world.broker.start()
    dog.wait_more()


@pytest.mark.parametrize("fault", ["refused", "status", "silent"])
def test_a_watchdog_that_fails_costs_nothing_else(world, dog, fault):
    """A call is taken while the ping hangs, and the next ping is tried as ever."""
    if fault == "status":
        dog.status = 500
    elif fault == "silent":
        dog.hang.set()
    url = "http://127.0.0.1:1/ping" if fault == "refused" else dog.url
    world.begin(deadman={"url": url, "every": "1s"}).village()
    g = world.gateway
    wait_until(lambda: g.ctl_json("status")["deadman"]["failed"], "the failure")
    assert g.ctl_json("status")["degraded"] is None
    press = world.device("b1")
    press.wait(id=press.call(), state="received", timeout=2)
    if fault != "refused":
        dog.wait_more()
        dog.status = 200
        dog.release.set()
        dog.hang.clear()
        wait_until(lambda: g.ctl_json("status")["deadman"]["failed"] is None, "a good ping")


def test_a_reload_turns_it_on_and_off(world, dog):
    world.begin()
    g = world.gateway
    g.config["deadman"] = {"url": dog.url, "every": "1s"}
    g.write_config()
    g.hangup()
    dog.wait_more()
    del g.config["deadman"]
    g.write_config()
    g.hangup()
    wait_until(lambda: g.ctl_json("status")["deadman"] is None, "the reload")
    heard = len(dog.heard)
    audits_pass(g, 1)
    assert len(dog.heard) <= heard + 1


# ── two gateways that watch each other ──

def news(who):
    """Notices so far, each once however often it was sent."""
    return list({p["id"]: p["text"] for p in who.pages(state="notice")}.values())


def second(world, **deadman):
    """gw-2 on the same broker."""
    gateway = Gateway(world.folder / "second", world.broker, gateway={
        "id": "gw-2", "data_dir": str(world.folder / "second" / "data")}, deadman=deadman)
    return gateway.start()


def people(world):
    world.gateway.load("caregivers", [
        {"id": "op1", "name": "坐席", "role": "operator"},
        {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781"},
        {"id": "mt1", "name": "运维", "role": "maintenance", "region": "511781"},
        {"id": "grid1", "name": "何晓东", "role": "grid", "region": "511781"}])
    return world.people("op1", "duty1", "mt1", "grid1")


def test_a_peer_that_falls_silent_is_told_once_and_its_return_too(world):
    watch = [{"gateway": "gw-2", "within": "3s"}]
    world.begin(deadman={"every": "1s", "watch": watch})
    told = people(world)
    g = world.gateway
    other = second(world, every="1s", watch=[{"gateway": "gw-1", "within": "3s"}])
    try:
        wait_until(lambda: g.ctl_json("status")["deadman"]["watch"][0]["heard_at"], "gw-2")
        wait_until(lambda: other.ctl_json("status")["deadman"]["watch"][0]["heard_at"], "gw-1")
        wait_until(lambda: not g.ctl_json("status")["deadman"]["watch"][0]["silent"], "gw-2")
        before = [len(news(who)) for who in told]
        other.kill()
        for who, n in zip(told[:3], before):
            wait_until(lambda: len(news(who)) == n + 1, "the news of silence")
            assert "gw-2" in news(who)[-1]
        # neither again, nor after a restart
        g.kill()
        g.start()
        audits_pass(g, 1)
        assert g.ctl_json("status")["deadman"]["watch"] == [
            {"gateway": "gw-2", "silent": True, "heard_at": None}]
        told_people = g.ctl("status").splitlines()
        assert "watched     gw-2 is silent, last heard never" in told_people
        assert any(line.startswith("deadman     ") for line in told_people)
        assert [len(news(w)) for w in told[:3]] == [n + 1 for n in before[:3]]
        other.start()
        for who, n in zip(told[:3], before):
            wait_until(lambda: len(news(who)) == n + 2, "the news of return")
        assert told[3].pages() == []
        assert g.incidents(everything=True) == []
    finally:
        other.stop()


def test_a_peer_whose_audit_is_not_clean_is_as_silent_as_a_dead_one(world):
    """A broker's message that is no sign of that gateway's life does not count."""
    world.begin(deadman={"every": "1s", "watch": [{"gateway": "gw-2", "within": "3s"}]})
    told = people(world)[0]
    sender = world.client("sender")
    for payload in (b"\xff", "[]", "{}", {"gateway": "gw-3", "ts": 1}):
        sender.publish("yj/v1/gw/gw-2/alive", payload)
    sender.publish("yj/v1/gw/gw-2/alive", {"gateway": "gw-2", "ts": 1}, retain=True)
    told.wait(state="notice")
    assert world.gateway.events("alert.rejected") == []
    sender.publish("yj/v1/gw/gw-2/alive", {"gateway": "gw-2", "ts": now_ms()})
    told.wait(state="notice", count=2)


def test_silence_of_the_broker_is_not_the_peers(world):
    world.begin(deadman={"every": "1s", "watch": [{"gateway": "gw-2", "within": "3s"}]})
    told = people(world)[0]
    sender = world.client("sender")
    sender.publish("yj/v1/gw/gw-2/alive", {"gateway": "gw-2", "ts": now_ms()})
    world.broker.kill()
    audits_pass(world.gateway, 1)  # 5 s
    assert not world.gateway.ctl_json("status")["deadman"]["watch"][0]["silent"]
    assert told.pages() == []
    back = now_ms()
    world.broker.start()
    silent = wait_until(lambda: [line for line in world.gateway.log.read_text().splitlines()
                                 if "event=peer_silent" in line], "the peer is missed")
    at = datetime.datetime.fromisoformat(silent[0].split()[0].replace("Z", "+00:00"))
    assert at.timestamp() * 1000 >= back + 3000, "it has its time again"


@pytest.mark.parametrize("section,line", [
    ({"url": "ftp://x"}, "deadman.url"), ({"every": "1ms"}, "deadman.every"),
    ({"topic": "a/#"}, "deadman.topic"), ({"watch": [{"within": "3m"}]}, "gateway"),
    ({"watch": [{"gateway": "gw-1"}]}, "this gateway"),
    ({"watch": [{"gateway": "a"}, {"gateway": "a"}]}, "watched already"),
    ({"wath": []}, "wath")])
def test_a_wrong_section_is_refused(world, section, line):
    world.begin()
    g = world.gateway
    g.config["deadman"] = section
    g.write_config()
    import subprocess
    done = subprocess.run([g.bin / "yijiand", "-c", g.file, "--check-config"],
                          capture_output=True, text=True)
    assert done.returncode == 78 and line in done.stderr + done.stdout
