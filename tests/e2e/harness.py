"""A small world for end-to-end tests: a real mosquitto, the real programs, people and homes that
speak MQTT. Nothing sleeps; everything waits for a condition with a deadline.

YJ_BIN_DIR names the folder of the programs (default build/release/bin)."""

import csv
import io
import json
import os
import pathlib
import queue
import socket
import subprocess
import threading
import time
import uuid

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("YJ_BIN_DIR", ROOT / "build" / "release" / "bin"))
TIMEOUT = float(os.environ.get("YJ_TEST_TIMEOUT", "20"))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, what="condition", timeout=TIMEOUT):
    """Calls condition() until it is true; returns its value."""
    end = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {timeout} s waiting for {what}")
        pause.wait(0.02)


def now_ms():
    return int(time.time() * 1000)


class Broker:
    """mosquitto on a loopback port, with the settings that the promises need."""

    SETTINGS = """
allow_anonymous true
max_queued_messages 100000
queue_qos0_messages true
upgrade_outgoing_qos true
max_inflight_messages 1000
message_size_limit 65536
set_tcp_nodelay true
"""

    def __init__(self, folder, settings=None, listener=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.conf = self.folder / "mosquitto.conf"
        text = f"listener {self.port} 127.0.0.1\n" if listener else ""
        self.conf.write_text(text + (self.SETTINGS if settings is None else settings))
        self.process = None

    def start(self):
        log = open(self.folder / "mosquitto.log", "ab")
        self.process = subprocess.Popen(
            ["mosquitto", "-c", str(self.conf)], stdout=log, stderr=log)
        wait_until(self._listens, "the broker to listen")
        return self

    def _listens(self):
        assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait(10)


DEFAULT_POLICY = {
    "name": "default",
    "levels": [
        {"notify": ["family", "grid"], "wait": "60s"},
        {"notify": ["doctor"], "wait": "120s"},
        {"notify": ["duty"]},
    ],
    "repeat_every": "5m",
}


class Gateway:
    """yijiand with a configuration of its own; JSON is YAML."""

    def __init__(self, folder, broker, policies=None, **sections):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.http_port = free_port()
        self.config = {
            "gateway": {"id": "gw-1", "data_dir": str(self.folder / "data")},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
            "ctl": {"socket": str(self.folder / "control.sock")},
            "policies": policies or [DEFAULT_POLICY],
        }
        for name, section in sections.items():
            if isinstance(section, dict):
                self.config.setdefault(name, {}).update(section)
            else:
                self.config[name] = section
        self.file = self.folder / "yijian.yaml"
        self.write_config()
        self.process = None
        self.bin = BIN
        self.environment = {}
        self.log = self.folder / "yijiand.log"

    @property
    def database(self):
        return pathlib.Path(self.config["gateway"]["data_dir"]) / "yijian.db"

    def write_config(self):
        self.file.write_text(json.dumps(self.config, ensure_ascii=False, indent=1))

    def start(self, ready=True, arguments=()):
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [str(self.bin / "yijiand"), "-c", str(self.file), *arguments],
            stdout=log, stderr=log, env={**os.environ, **self.environment})
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=TIMEOUT):
        wait_until(lambda: self.http("/readyz")[0] == 200, "the gateway to be ready", timeout)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def http(self, path):
        """(status, text); (0, "") if nobody answers."""
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def metric(self, name):
        """Value of one line of /metrics, with its labels as in the text; 0 if it is not there."""
        for line in self.http("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def stop(self):
        """A clean stop; fails on a sanitizer's report or a wrong exit code."""
        if not self.alive():
            return
        self.process.terminate()
        code = self.process.wait(20)
        text = self.log.read_text(errors="replace")
        assert "Sanitizer" not in text and "runtime error" not in text, text[-4000:]
        assert code == 0, f"exit {code}\n{text[-4000:]}"

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def hangup(self):
        import signal
        self.process.send_signal(signal.SIGHUP)

    def ctl_raw(self, *words, **kwargs):
        """yijianctl as a user calls it: the finished process."""
        return subprocess.run(
            [str(self.bin / "yijianctl"), "-c", str(self.file), *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **kwargs)

    def ctl(self, *words):
        """yijianctl that must succeed; its output as text."""
        done = self.ctl_raw(*words)
        assert done.returncode == 0, f"{words}: {done.returncode} {done.stderr}"
        return done.stdout

    def ctl_json(self, *words):
        return json.loads(self.ctl(*words, "--json"))

    def load(self, kind, rows):
        """Imports rows (dicts) through a CSV file."""
        columns = []
        for row in rows:
            columns += [c for c in row if c not in columns]
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
        file = self.folder / f"{kind}-{uuid.uuid4().hex[:8]}.csv"
        file.write_text(out.getvalue())
        return self.ctl("import", kind, file)

    def events(self, glob=None, **data):
        """All events so far (CloudEvents), oldest first, that match a glob and members of data."""
        words = ["tail", "-n", "1000000", "--json"] + (["--type", glob] if glob else [])
        found = [json.loads(line) for line in self.ctl(*words).splitlines()]
        return [e for e in found
                if all(e["data"].get(k) == v for k, v in data.items())]

    def wait_event(self, glob, count=1, timeout=TIMEOUT, **data):
        """Waits for `count` such events; returns the last of them."""
        found = wait_until(
            lambda: (lambda e: e if len(e) >= count else None)(self.events(glob, **data)),
            f"{count} x {glob} {data}", timeout)
        return found[-1]

    def incidents(self, everything=False):
        return self.ctl_json("incident", "list", *(["--all"] if everything else []))

    def incident(self, number=1):
        return self.ctl_json("incident", "show", f"gw-1-{number}")

    def verify_log(self):
        done = self.ctl_raw("log", "verify")
        assert done.returncode == 0, done.stdout + done.stderr


class Client:
    """One MQTT connection that keeps all it hears."""

    def __init__(self, broker, client_id, username=None, password=None, clean=True, port=None):
        self.heard = []
        self.changed = threading.Condition()
        self.up = threading.Event()
        self.client = mqtt.Client(client_id=client_id, protocol=mqtt.MQTTv5)
        if username:
            self.client.username_pw_set(username, password)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda *_: self.up.set()
        self.client.on_subscribe = lambda c, u, mid, codes, p=None: self._subscribed.put(mid)
        self._subscribed = queue.Queue()
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0 if clean else 3600
        self.client.connect("127.0.0.1", port or broker.port, clean_start=clean,
                            properties=properties)
        self.client.loop_start()
        assert self.up.wait(TIMEOUT)

    def _on_message(self, client, userdata, message):
        try:
            payload = json.loads(message.payload)
        except (ValueError, RecursionError):
            payload = message.payload
        with self.changed:
            self.heard.append((message.topic, payload))
            self.changed.notify_all()

    def subscribe(self, topic, qos=1):
        code, mid = self.client.subscribe(topic, qos)
        assert code == 0
        while self._subscribed.get(timeout=TIMEOUT) != mid:
            pass
        return self

    def publish(self, topic, payload, qos=1, retain=False, wait=True):
        if not isinstance(payload, (bytes, str)):
            payload = json.dumps(payload, ensure_ascii=False)
        info = self.client.publish(topic, payload, qos, retain)
        if wait:
            info.wait_for_publish(TIMEOUT)
        return info

    def find(self, **members):
        """All payloads heard so far with these members."""
        with self.changed:
            return [p for _, p in self.heard if isinstance(p, dict)
                    and all(p.get(k) == v for k, v in members.items())]

    def wait(self, count=1, timeout=TIMEOUT, **members):
        """Waits for `count` payloads with these members; returns the last of them."""
        found = wait_until(
            lambda: (lambda p: p if len(p) >= count else None)(self.find(**members)),
            f"{count} x {members} in {self.heard}", timeout)
        return found[-1]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Device(Client):
    """A home's native device, heard on its down topics."""

    def __init__(self, broker, device, **kwargs):
        super().__init__(broker, kwargs.pop("client_id", device), **kwargs)
        self.device = device
        self.subscribe(f"yj/v1/dev/{device}/down/#")

    def say(self, what, payload, **kwargs):
        return self.publish(f"yj/v1/dev/{self.device}/up/{what}", payload, **kwargs)

    def call(self, button="sos", id=None, **more):
        id = id or str(uuid.uuid4())
        self.say("call", {"id": id, "ts": now_ms(), "button": button, **more})
        return id

    def alarm(self, kind, id=None, **more):
        id = id or str(uuid.uuid4())
        self.say("alarm", {"id": id, "ts": now_ms(), "kind": kind, **more})
        return id

    def cancel(self, id=None, **more):
        id = id or str(uuid.uuid4())
        self.say("cancel", {"id": id, "ts": now_ms(), **more})
        return id

    def checkin(self, caregiver, id=None, **more):
        id = id or str(uuid.uuid4())
        self.say("checkin", {"id": id, "ts": now_ms(), "caregiver": caregiver,
                             "method": "nfc", **more})
        return id


class Caregiver(Client):
    """Somebody with the app: hears the inbox and results, replies."""

    def __init__(self, broker, caregiver, **kwargs):
        super().__init__(broker, kwargs.pop("client_id", caregiver), **kwargs)
        self.caregiver = caregiver
        self.subscribe(f"yj/v1/cg/{caregiver}/inbox")
        self.subscribe(f"yj/v1/cg/{caregiver}/result")

    def pages(self, **members):
        """Inbox messages so far (results have no `state`)."""
        return [p for p in self.find(**members) if "state" in p]

    def reply(self, incident, action, id=None, wait=True, **more):
        """Replies and returns the result."""
        id = id or str(uuid.uuid4())
        self.publish(f"yj/v1/cg/{self.caregiver}/reply",
                     {"id": id, "incident": incident, "action": action, "ts": now_ms(), **more})
        if not wait:
            return None
        return wait_until(
            lambda: next((p for p in self.find(id=id) if "ok" in p), None), f"result of {id}")


class World:
    """Broker, gateway and the clients of one test; everything ends with it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.broker = None
        self.gateway = None
        self.clients = []

    def begin(self, policies=None, broker=None, **sections):
        self.broker = (broker or Broker(self.folder / "broker")).start()
        self.gateway = Gateway(self.folder / "gateway", self.broker, policies, **sections)
        self.prepare(self.gateway)
        self.gateway.start()
        return self

    def prepare(self, gateway):
        """Before the first start; for worlds with something special."""

    def device(self, name, **kwargs):
        self.clients.append(Device(self.broker, name, **kwargs))
        return self.clients[-1]

    def caregiver(self, name, **kwargs):
        self.clients.append(Caregiver(self.broker, name, **kwargs))
        return self.clients[-1]

    def client(self, name):
        """One that is neither a device nor a caregiver of ours: a bridge, a hub."""
        self.clients.append(Client(self.broker, name))
        return self.clients[-1]

    def people(self, *names):
        """Connects caregivers; all of them in this order."""
        return [self.caregiver(name) for name in names]

    def hamlet(self):
        """One resident r1 without a device and a grid worker; the gateway."""
        g = self.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
        g.load("caregivers", [{"id": "grid1", "name": "何晓东", "role": "grid",
                               "region": "511781103201", "channels": "mqtt"}])
        return g

    def village(self):
        """One resident r1 with button b1, a daughter, a grid worker, a doctor and a duty room."""
        g = self.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201",
                              "phone": "000-1", "address": "石门村二组", "access": "钥匙在邻居家",
                              "health": "高血压"}])
        g.load("caregivers", [
            {"id": "fam1", "name": "王小丽", "role": "family", "residents": "r1",
             "channels": "mqtt"},
            {"id": "grid1", "name": "何晓东", "role": "grid", "region": "511781103201"},
            {"id": "doc1", "name": "彭医生", "role": "doctor", "region": "511781103"},
            {"id": "duty1", "name": "值班室", "role": "duty", "region": "511781"},
        ])
        g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
        return self

    def end(self):
        for client in self.clients:
            client.close()
        if self.gateway:
            self.gateway.stop()
        if self.broker:
            self.broker.stop()
