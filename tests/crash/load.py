"""Load for the crash tests: devices that press and never repeat (so that only broker and gateway can
lose an alert), and people who answer some of the pages."""

import getpass
import json
import random
import subprocess
import threading
import time
import uuid

import harness
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

HOMES = 3000
REGION = "511781103201"


def directory(gateway, homes=HOMES):
    """Homes r1…rN with buttons b1…bN, people who answer and people who never do."""
    gateway.load("residents", [{"id": f"r{i}", "name": f"住户{i}", "region": REGION}
                               for i in range(1, homes + 1)])
    gateway.load("caregivers", [
        {"id": "grid1", "name": "何晓东", "role": "grid", "region": REGION},
        {"id": "doc1", "name": "彭医生", "role": "doctor", "region": REGION[:9]},
        {"id": "duty1", "name": "值班室", "role": "duty", "region": REGION[:6]}])
    gateway.load("devices", [{"id": f"b{i}", "kind": "button", "resident": f"r{i}"}
                             for i in range(1, homes + 1)])


def _client(broker, name, clean, expiry=0):
    client = mqtt.Client(client_id=name, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(1000)
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = expiry
    client.connect("127.0.0.1", broker.port, clean_start=clean, properties=properties)
    return client


class Presses:
    """Presses at a steady rate, each alert once; every tenth is sent twice, as a broker may."""

    def __init__(self, broker, seed, rate=250, homes=HOMES):
        self.rate, self.homes = rate, homes
        self.sent = {}  # id -> device, once handed to the broker
        self.acked = 0
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._client = _client(broker, "load", True)
        self._client.on_publish = self._on_publish
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _on_publish(self, *_):
        self.acked += 1

    def _run(self):
        self._published = 0
        begin, n = time.monotonic(), 0
        while not self._stop.is_set():
            due = begin + n / self.rate
            if self._stop.wait(max(0.0, due - time.monotonic())):
                break
            device = f"b{n % self.homes + 1}"
            self._press(device)
            n += 1

    def _press(self, device):
        id = str(uuid.UUID(int=self._random.getrandbits(128)))
        if self._random.random() < 0.8:
            topic, what = "call", {"button": "sos"}
        else:
            topic, what = "alarm", {"kind": "fall"}
        payload = json.dumps({"id": id, "ts": harness.now_ms(), **what})
        for _ in range(2 if self._random.random() < 0.1 else 1):
            self._client.publish(f"yj/v1/dev/{device}/up/{topic}", payload, 1)
            self._published += 1
        self.sent[id] = device

    def end(self):
        """Stops pressing; returns when the broker has taken everything."""
        self._stop.set()
        self._thread.join()
        harness.wait_until(lambda: self.acked == self._published, "the broker to take all", 60)
        self._client.disconnect()
        self._client.loop_stop()


class Answers:
    """grid1 takes every third page, and ends the incident at once."""

    def __init__(self, broker, seed):
        self.replies = []  # ids of all replies that were sent
        self.pages = 0
        self.ids = set()  # of deliveries
        self._random = random.Random(seed)
        self._client = _client(broker, "grid1", False, 3600)
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.subscribe("yj/v1/cg/grid1/inbox", 1)
        self._client.loop_start()
        assert subscribed.wait(harness.TIMEOUT)
        self.stopped = False

    def _on_message(self, client, userdata, message):
        page = json.loads(message.payload)
        if self.stopped or page.get("state") != "open":
            return
        self.pages += 1
        self.ids.add(page["id"])
        if self._random.random() < 0.33:
            self._reply(page["incident"], "ack")
            self._reply(page["incident"], "resolve", outcome="helped")

    def _reply(self, incident, action, **more):
        id = str(uuid.UUID(int=self._random.getrandbits(128)))
        self._client.publish("yj/v1/cg/grid1/reply", json.dumps(
            {"id": id, "incident": incident, "action": action, "ts": harness.now_ms(), **more}), 1)
        self.replies.append(id)

    def end(self):
        self._client.disconnect()
        self._client.loop_stop()


def tls_broker(folder):
    """A broker with a plain listener for the load and a TLS one for the gateway; (broker, section
    `mqtt` of the gateway)."""
    ca = harness.ROOT / "scripts" / "yijian-ca"
    folder.mkdir(parents=True, exist_ok=True)
    for words in (("init",), ("server", "localhost", "127.0.0.1")):
        subprocess.run([ca, "--dir", folder / "ca", *words], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
    port = harness.free_port()
    settings = harness.Broker.SETTINGS + (
        f"user {getpass.getuser()}\nlistener {port} 127.0.0.1\ncafile {folder}/ca/ca.crt\n"
        f"certfile {folder}/ca/server.crt\nkeyfile {folder}/ca/server.key\n")
    return (harness.Broker(folder / "broker", settings),
            {"port": port, "tls": {"ca_file": str(folder / "ca" / "ca.crt")}})
