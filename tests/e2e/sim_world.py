"""What the tests of yijian-sim share: a real mosquitto, the program, and a gateway that the test plays.

YJ_BIN_DIR names the folder of the programs (default: build/release/bin).
"""

import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import uuid

import paho.mqtt.client as mqtt
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("YJ_BIN_DIR", ROOT / "build/release/bin"))
DEADLINE_S = 20


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        pause.wait(0.01)
    raise AssertionError(f"waited {deadline_s} s for {what}")


class Broker:
    def __init__(self, folder, listener="allow_anonymous true\n"):
        self.folder, self.port, self.process = folder, free_port(), None
        self.conf = folder / "mosquitto.conf"
        self.conf.write_text(
            f"listener {self.port} 127.0.0.1\npersistence false\nset_tcp_nodelay true\n"
            + ("user root\n" if os.getuid() == 0 else "") + listener)

    def start(self):
        log = open(self.folder / "mosquitto.log", "ab")
        self.process = subprocess.Popen(["mosquitto", "-c", self.conf], stdout=log, stderr=log)
        log.close()
        wait_for(self.accepts, "the broker")
        return self

    def accepts(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class Gateway:
    """What the simulator talks to: notes every message; says `received` unless told not to."""

    def __init__(self, port, deaf=False, tls=None, username=None, password=None):
        self.deaf, self.log, self.lock = deaf, [], threading.Lock()
        self.client = mqtt.Client(client_id=f"test.{uuid.uuid4()}")
        self.client.max_inflight_messages_set(1000)
        self.client.reconnect_delay_set(1, 1)
        if tls:
            self.client.tls_set(**tls)
        if username:
            self.client.username_pw_set(username, password)
        ready = threading.Event()
        self.client.on_connect = lambda c, u, f, rc: c.subscribe(
            [("yj/v1/dev/+/up/#", 1), ("yj/v1/dev/+/state", 1), ("yj/v1/cg/+/reply", 1)])
        self.client.on_subscribe = lambda c, u, mid, qos: ready.set()
        self.client.on_message = self.on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.ready = ready
        assert ready.wait(DEADLINE_S)

    def on_message(self, client, userdata, msg):
        with self.lock:
            self.log.append((time.monotonic(), msg.topic, bytes(msg.payload), bool(msg.retain)))
        kind, who, word = msg.topic.split("/")[2], msg.topic.split("/")[3], msg.topic.split("/")[-1]
        said = json.loads(msg.payload)
        if self.deaf:
            return
        if kind == "dev" and word in ("call", "alarm", "well", "cancel", "checkin"):
            self.tell(who, said["id"], "received")
        if kind == "cg" and said["action"] != "seen":
            self.result(who, said["id"])

    def publish(self, topic, obj):
        return self.client.publish(topic, json.dumps(obj, ensure_ascii=False).encode(), 1)

    def tell(self, device, msg_id, state, **more):
        return self.publish(f"yj/v1/dev/{device}/down/call",
                            {"id": msg_id, "state": state, "text": "已收到", **more})

    def result(self, caregiver, reply_id, ok=True, **more):
        self.publish(f"yj/v1/cg/{caregiver}/result", {"id": reply_id, "ok": ok, **more})

    def visit(self, device, session, action, **more):
        self.publish(f"yj/v1/dev/{device}/down/visit",
                     {"session": session, "action": action, **more})

    def page(self, caregiver, incident, state="open"):
        return self.publish(f"yj/v1/cg/{caregiver}/inbox", {
            "id": str(uuid.uuid4()), "incident": incident, "level": 0, "kind": "sos",
            "state": state, "text": "求助", "opened_at": int(time.time() * 1000),
            "resident": {"id": "r1", "name": "甲", "address": "一组", "phone": ""}})

    def heard(self, topic_end):
        with self.lock:
            return [payload for _, topic, payload, _ in self.log if topic.endswith(topic_end)]

    def said(self, topic_end):
        return [json.loads(payload) for payload in self.heard(topic_end)]

    def times(self, topic_end):
        with self.lock:
            return [at for at, topic, _, _ in self.log if topic.endswith(topic_end)]

    def wait(self, topic_end, count=1):
        return wait_for(lambda: len(self.heard(topic_end)) >= count and self.said(topic_end),
                        f"{count} of {topic_end}; heard {self.log}")

    def wait_action(self, caregiver, action, count=1):
        def find():
            found = [r for r in self.said(f"{caregiver}/reply") if r["action"] == action]
            return found if len(found) >= count else None
        return wait_for(find, f"{action} of {caregiver}")

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


class Sim:
    """A running yijian-sim; its lines (from --json) can be waited for."""

    def __init__(self, port, command, *args, json_lines=True, stdin=None):
        argv = [BIN / "yijian-sim", command, "--port", str(port), *map(str, args)]
        if json_lines:
            argv.append("--json")
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=stdin or subprocess.DEVNULL, text=True)
        self.lines, self.errors = [], []
        self.readers = [threading.Thread(target=self.read, args=pair, daemon=True) for pair in
                        ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()

    @staticmethod
    def read(stream, to):
        for line in stream:
            to.append(line.rstrip("\n"))

    def events(self, what):
        return [e for e in map(json.loads, list(self.lines)) if e["what"] == what]

    def wait_event(self, what, count=1):
        return wait_for(lambda: len(self.events(what)) >= count and self.events(what),
                        f"{what} of the sim; it said {self.lines} {self.errors}")

    def exit_code(self, deadline_s=DEADLINE_S):
        code = self.process.wait(deadline_s)
        for reader in self.readers:
            reader.join(DEADLINE_S)
        assert "Sanitizer" not in "\n".join(self.errors), self.errors
        return code

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.exit_code()

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path).start()
    yield broker
    broker.kill()


@pytest.fixture
def cleanup():
    things = []
    yield things
    for thing in reversed(things):
        thing.stop()


@pytest.fixture
def gateway(broker, cleanup):
    made = Gateway(broker.port)
    cleanup.append(made)
    return made


@pytest.fixture
def sim(broker, cleanup):
    def start(command, *args, **more):
        made = Sim(broker.port, command, *args, **more)
        cleanup.append(made)
        return made
    return start
