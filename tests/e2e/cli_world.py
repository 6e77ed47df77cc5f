"""What the tests of yijianctl share: a gateway's database written by tests/e2e/store_writer.c with the
store's own functions, and the other end of the control socket, played by a thread, so that refusals,
silence and broken connections can be had at will.

YJ_BIN_DIR names the folder of the programs (default: build/release/bin).
"""

import json
import os
import pathlib
import socket
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("YJ_BIN_DIR", ROOT / "build/release/bin"))
CTL = BIN / "yijianctl"
WRITER = BIN.parent / "tests" / "store_writer"
DEADLINE_S = 20

CONFIG = """gateway: {{id: gw-1, data_dir: {data}}}
mqtt: {{host: 127.0.0.1, port: 1}}
ctl: {{socket: {socket}}}
notify: {{default_channels: [mqtt]}}
policies:
  - name: default
    levels:
      - {{notify: [family, grid], wait: 60s}}
      - {{notify: ["caregiver:doc"], wait: 120s}}
      - {{notify: [duty]}}
    repeat_every: 5m
    inform: [family]
    kinds:
      - {{kind: service, levels: [{{notify: [provider], wait: 30m}}], repeat_every: 4h}}
"""


def wait_for(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        pause.wait(0.01)
    raise AssertionError(f"waited {deadline_s} s for {what}")


class Writer:
    """The daemon's place at the database."""

    def __init__(self, database, gateway="gw-1"):
        self.process = subprocess.Popen([WRITER, database, gateway], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def do(self, what, **args):
        self.process.stdin.write(json.dumps({"do": what, **args}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["ok"], answer
        return answer

    def event(self, type="incident.opened", **args):
        self.do("event", type=type, **args)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            assert self.process.wait(DEADLINE_S) == 0
        self.process.stdout.close()


class Home:
    """A gateway's folder, configuration and database."""

    def __init__(self, path):
        self.path = path
        self.data = path / "data"
        self.data.mkdir()
        self.config = path / "yijian.yaml"
        self.socket = path / "ctl.sock"
        self.config.write_text(CONFIG.format(data=self.data, socket=self.socket))
        self.database = self.data / "yijian.db"
        self.writers = []

    def writer(self):
        writer = Writer(self.database)
        self.writers.append(writer)
        return writer

    def ctl(self, *args, code=0, **kw):
        kw.setdefault("env", {"LC_ALL": "C", "PATH": os.environ["PATH"]})
        r = subprocess.run([CTL, "-c", self.config, *args], capture_output=True, text=True,
                           encoding="utf-8", timeout=60, **kw)
        assert r.returncode == code, (args, r.returncode, r.stdout, r.stderr)
        assert "ERROR: AddressSanitizer" not in r.stderr
        return r

    def json(self, *args):
        return json.loads(self.ctl(*args, "--json").stdout)

    def close(self):
        for writer in self.writers:
            writer.close()


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    yield home
    home.close()


def fill_directory(w):
    def put(table, **record):
        w.do("put", kind=table, record=record)
    put("regions", code="511781000000", name="万源市")
    put("regions", code="511781100200", name="山背村")
    put("institutions", id="i1", name="太平养老院", region="511781100000", filing="filed")
    put("residents", id="r1", name="王秀英", region="511781100200", phone="13900000001",
        address="三组 12 号")
    put("residents", id="r2", name="Li Wei", region="511781100200")
    put("caregivers", id="son", name="王强", role="family", residents="r1", channels="mqtt;sms")
    put("caregivers", id="grid1", name="网格员甲", role="grid", region="511781100")
    put("caregivers", id="grid2", name="网格员乙", role="grid", region="511781")
    put("caregivers", id="doc", name="陈医生", role="doctor", region="511781")
    put("caregivers", id="desk", name="值班室", role="duty", channels="webhook:desk")
    put("caregivers", id="shop", name="服务商", role="provider")
    put("devices", id="b1", kind="button", resident="r1")
    put("devices", id="b-hall", kind="button", institution="i1", place="走廊")
    put("beds", id="bed1", kind="home", occupant="r1")


INCIDENT = """INSERT INTO incidents (n, subject, kind, state, due_t, level, round, outstanding, flags,
 policy, resident, device, region, alerts, opened_utc_ms, opened_t, closed_utc_ms, outcome, answerer, late)
 VALUES ({n}, 'r:{resident}', {kind}, {state}, {due}, {level}, 1, 0, 0,
 (SELECT hash FROM policy_names WHERE name = 'default'), '{resident}', 'b1', '511781100200', 3,
 1800000000000, 5000, {closed}, {outcome}, {answerer}, 1);"""


def add_incidents(home, w):
    fill_directory(w)
    w.do("config", path=str(home.config))
    w.do("timeline", t_ms=10_000, utc_ms=1_800_000_100_000)
    w.do("sql", sql=INCIDENT.format(n=1, resident="r1", kind=0, state=3, due="NULL", level=0,
                                    closed=1800000060000, outcome=1, answerer="'son'"))
    w.do("sql", sql=INCIDENT.format(n=2, resident="r1", kind=0, state=1, due=70_000, level=1,
                                    closed="NULL", outcome=0, answerer="'son'"))
    w.do("sql", sql="INSERT INTO incident_people VALUES (2, 'son', 1, 0, 0, 1), (2, 'grid1', 2, 0, 0, 1),"
                    " (2, 'doc', 3, 1, 1, 2), (2, 'desk', 0, 4, 0, 0);"
                    "INSERT INTO incident_notes (incident, caregiver, utc_ms, text) VALUES"
                    " (2, 'son', 1800000001000, '已打 120');"
                    "INSERT INTO incident_devices VALUES (2, 'b1', 'call-1', 3, 0, 1);"
                    "INSERT INTO outbox (n, due_t, status, incident, home, target, say, level, round, page,"
                    " chain, channel, attempts, words, created_utc_ms) VALUES"
                    " (5, NULL, 2, 2, 0, 'son', 0, 0, 1, 5, 0, 'mqtt', 1, 'ok', 1800000000000),"
                    " (6, 9, 0, 2, 1, 'b1', 1, 0, 1, 6, 0, 'mqtt', 0, NULL, 1800000000000);")
    w.event(incident=2, kind="sos", resident="r1", device="b1", level=0)
    w.event(type="incident.acked", incident=2, resident="r1", caregiver="son")
    w.event(type="device.online", subject="device/b1", device="b1")


class Gateway:
    """The other end of the control socket: answers each request with what the test has set."""

    def __init__(self, path):
        self.path = path
        self.requests = []
        self.answer = {"ok": True, "data": {}}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as f:
                line = f.readline()
                if not line:
                    continue
                request = json.loads(line)
                request["content"] = f.read(request.get("body", 0))
                self.requests.append(request)
                if callable(self.answer):
                    self.answer(peer)
                else:
                    peer.sendall(json.dumps(self.answer).encode() + b"\n")

    def asked(self):
        request = self.requests.pop()
        assert not self.requests
        return request["cmd"], request.get("args")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE_S)


@pytest.fixture
def gateway(home):
    gateway = Gateway(home.socket)
    yield gateway
    gateway.close()
