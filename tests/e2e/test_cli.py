"""yijianctl against a gateway's database and against the other end of its control socket.

The database is written by tests/e2e/store_writer.c with the store's own functions, so that every
reading command is tried while the daemon is down; the control socket is played by a thread, so that
refusals, silence and broken connections can be had at will. test_gateway*.py has the real daemon.
YJ_BIN_DIR names the folder of the programs (default: build/release/bin).
"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
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
pytestmark = pytest.mark.quick

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


# ── usage and exit codes ──


def test_wrong_usage_exits_2(home):
    for args in ([], ["nonsense"], ["roster"], ["incident"], ["incident", "nonsense"],
                 ["incident", "ack", "x"], ["incident", "ack", "--by", "a"],
                 ["incident", "ack", "x", "--by", "a", "--how", "flying"],
                 ["incident", "ack", "x", "--by", "a", "--eta", "soon"],
                 ["incident", "resolve", "x", "--by", "a", "--outcome", "nonsense"],
                 ["incident", "note", "x", "--code", "nonsense"], ["incident", "cancel", "x", "--by", "a"],
                 ["tail", "-n"], ["tail", "-n", "-1"], ["tail", "-n", "1x"], ["tail", "--since", "yesterday"],
                 ["tail", "extra"], ["tail", "--unknown"], ["import", "nonsense", "f.csv"], ["import", "residents"],
                 ["export"], ["resident", "add", "r1", "no-equals"], ["resident", "set", "phone=1"], ["resident", "set", "r1"],
                 ["resident", "add", "r1", "name=a", "name=b"], ["bed", "move", "r1", "bed1"],
                 ["policy", "explain", "r1", "--kind", "nonsense"], ["rejected", "show", "x"],
                 ["log", "verify", "--checkpoint", "1:xyz"], ["device", "enroll", "no/id"],
                 [b"resident", b"show", b"\xff"], [b"incident", b"cancel", b"x", b"--by", b"a", b"--reason", b"\xd6\xd0"],
                 ["completion", "zsh"], ["completion", "bash", "--json"]):
        r = home.ctl(*args, code=2)
        assert r.stderr and not r.stdout, args


def test_every_subcommand_has_help(home):
    usage = home.ctl("--help").stdout
    commands = []
    for line in usage.splitlines():
        m = re.match(r"  (\w+) ?([a-z|]*)", line)
        if m:
            commands += [[m[1], verb] if "|" in m[2] else [m[1]] for verb in m[2].split("|")]
    assert ["incident", "ack"] in commands and ["tail"] in commands and len(commands) > 45
    for command in commands:
        r = home.ctl(*command, "--help")
        assert r.stdout.startswith(f"usage: yijianctl {' '.join(command)}"), command
        assert not r.stderr
        assert all(len(line) <= 80 for line in r.stdout.split("\n\n")[0].splitlines()), r.stdout
    assert home.ctl("incident", "--help").stdout.count("yijianctl incident ") >= 8


def test_configuration_errors_exit_78(home):
    home.config.write_text("gateway: {id: gw-1, nonsense: 1}\n")
    r = home.ctl("status", code=78)
    assert f"{home.config}:1" in r.stderr
    home.config.unlink()
    for args in (["status"], ["tail"], ["resident", "list"]):
        assert str(home.config) in home.ctl(*args, code=78).stderr


def test_gateway_not_reachable_exits_69(home):
    home.writer().close()
    for args in (["status"], ["reload"], ["incident", "ack", "gw-1-1", "--by", "a"],
                 ["resident", "add", "r9", "name=x", "region=511781100200"], ["resident", "remove", "r1"],
                 ["bed", "move", "r1", "bed1", "--reason", "x"], ["device", "revoke", "b1"], ["device", "test", "b1"]):
        assert "not reachable" in home.ctl(*args, code=69).stderr
    r = subprocess.run([CTL, "--socket", home.socket, "tail"], capture_output=True, text=True)
    assert r.returncode == 69


def test_no_database_yet(home):
    r = home.ctl("incident", "list", code=69)
    assert "no database" in r.stderr
    assert not home.database.exists()


# ── reading without the daemon ──


def test_directory_lists_and_shows(home):
    w = home.writer()
    fill_directory(w)
    w.close()
    assert [r["id"] for r in home.json("resident", "list")] == ["r1", "r2"]
    one = home.json("resident", "show", "r1")
    assert one["name"] == "王秀英" and one["region"] == "511781100200"
    assert home.json("device", "show", "b1")["resident"] == "r1"
    assert home.json("region", "show", "511781000000")["name"] == "万源市"
    assert {c["id"] for c in home.json("caregiver", "list")} == {"son", "grid1", "grid2", "doc", "desk", "shop"}
    for kind in ("device", "bed", "institution", "region"):
        assert isinstance(home.json(kind, "list"), list)
    assert "no resident r9" in home.ctl("resident", "show", "r9", code=1).stderr
    assert "王秀英" in home.ctl("export", "residents").stdout
    assert home.json("export", "residents")[0]["id"] == "r1"


def test_long_lists_are_complete(home):
    """They are read piece by piece."""
    w = home.writer()
    w.do("sql", sql="WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 4000)"
                    " INSERT INTO residents (id, name, region) SELECT 't' || n, 'x', '511781100200' FROM i")
    w.do("config", path=str(home.config))
    w.do("sql", sql="".join(INCIDENT.format(n=n, resident=f"t{n}", kind=0, state=3 * (n % 2), due="NULL", level=0,
                                            closed="5" if n % 2 else "NULL", outcome=0, answerer="NULL")
                            for n in range(1, 1001)))
    w.close()
    assert [r["id"] for r in home.json("resident", "list")] == sorted(f"t{n}" for n in range(1, 4001))
    everyone = [i["id"] for i in home.json("incident", "list", "--all")]
    assert everyone == [f"gw-1-{n}" for n in range(1000, 0, -1)]
    assert [i["id"] for i in home.json("incident", "list")] == everyone[::2]
    assert [i["id"] for i in home.json("incident", "list", "-n", "3")] == everyone[:6:2]
    assert [i["id"] for i in home.json("incident", "list", "--all", "-n", "3")] == everyone[:3]


def columns_of(line):
    """Display columns at which the words of a table's line begin (two spaces between)."""
    at, out, gap = 0, [], 2
    for ch in line:
        if ch == " ":
            gap += 1
        else:
            if gap >= 2:
                out.append(at)
            gap = 0
        at += 2 if ord(ch) > 0x2e80 else 1
    return out


def test_tables_are_aligned_in_any_locale(home):
    w = home.writer()
    fill_directory(w)
    w.close()
    for env in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {}):
        lines = home.ctl("caregiver", "list", env=env).stdout.splitlines()
        title = columns_of(lines[0])
        assert len(lines) == 7
        for line in lines[1:]:
            starts = columns_of(line)
            assert set(starts) <= set(title), lines
            assert "?" not in line
    assert "王秀英" in home.ctl("resident", "list", env={"LC_ALL": "C"}).stdout


def test_controls_never_reach_the_terminal(home):
    w = home.writer()
    fill_directory(w)
    w.do("sql", sql="UPDATE residents SET name = 'evil' || char(27) || '[2J' || char(155) || char(8238)"
                    " || char(10) || 'x' WHERE id = 'r1'")
    w.close()
    for args in (["resident", "list"], ["resident", "show", "r1"], ["resident", "list", "--json"]):
        out = home.ctl(*args).stdout
        assert "\x1b" not in out and "\x9b" not in out and "\u202e" not in out, args
    assert "\\x1b[2J\\u009b\\u202e\\nx" in home.ctl("resident", "list").stdout
    assert home.json("resident", "show", "r1")["name"] == "evil\x1b[2J\x9b\u202e\nx"


def on_a_terminal(args, env):
    """What a program writes to a terminal."""
    leader, follower = pty.openpty()
    p = subprocess.Popen(args, stdout=follower, stderr=subprocess.DEVNULL, env=env)
    os.close(follower)
    out = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(leader)
    assert p.wait() == 0
    return out.decode()


def test_colours_only_on_a_terminal(home):
    w = home.writer()
    fill_directory(w)
    w.event(kind="sos", resident="r1", level=0, incident=1)
    w.close()
    for args in (["resident", "list"], ["tail"]):
        command = [CTL, "-c", home.config, *args]
        assert "\x1b[" in on_a_terminal(command, {"TERM": "xterm"})
        assert "\x1b" not in on_a_terminal(command, {"TERM": "xterm", "NO_COLOR": "1"})
        assert "\x1b" not in on_a_terminal(command, {"TERM": "dumb"})
        assert "\x1b" not in home.ctl(*args, env={"TERM": "xterm"}).stdout


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


def test_incident_list_and_show(home):
    w = home.writer()
    add_incidents(home, w)
    w.close()
    listed = home.json("incident", "list")
    assert [i["id"] for i in listed] == ["gw-1-2"]
    i = listed[0]
    assert (i["kind"], i["state"], i["level"], i["resident"], i["resident_name"]) == ("sos", "acked", 1, "r1", "王秀英")
    assert i["answered_by"] == "son" and i["alerts"] == 3 and i["late"] is True and i["drill"] is False
    assert i["opened_at"] == "2027-01-15T08:00:00.000Z"
    assert i["next_at"] == "2027-01-15T08:02:40.000Z"  # 60 s after the timeline's row
    assert i["outcome"] is None and i["closed_at"] is None
    everyone = home.json("incident", "list", "--all")
    assert [x["id"] for x in everyone] == ["gw-1-2", "gw-1-1"]
    assert everyone[1]["outcome"] == "helped" and everyone[1]["closed_at"] == "2027-01-15T08:01:00.000Z"
    assert "gw-1-2" in home.ctl("incident", "list").stdout and "gw-1-1" not in home.ctl("incident", "list").stdout

    one = home.json("incident", "show", "gw-1-2")
    assert one["policy"] == "default"
    status = {p["caregiver"]: p["status"] for p in one["people"]}
    assert status == {"son": "answered", "grid1": "declined", "doc": "unreachable", "desk": "informed"}
    assert one["notes"] == [{"at": "2027-01-15T08:00:01.000Z", "caregiver": "son", "text": "已打 120"}]
    assert one["devices"][0]["last_id"] == "call-1"
    assert [(d["id"], d["status"], d["state"]) for d in one["deliveries"]] == [
        ("gw-1-d5", "delivered", "open"), ("gw-1-d6", "pending", "answered")]
    assert one["deliveries"][0]["caregiver"] == "son" and one["deliveries"][1]["device"] == "b1"
    assert [e["type"] for e in one["events"]] == ["yijian.incident.opened", "yijian.incident.acked"]
    shown = home.ctl("incident", "show", "gw-1-2").stdout
    for word in ("people:", "deliveries:", "events:", "王强", "unreachable"):
        assert word in shown
    assert "no incident" in home.ctl("incident", "show", "gw-1-99", code=1).stderr
    assert "no incident" in home.ctl("incident", "show", "nonsense", code=1).stderr


def test_incident_list_when_there_is_none(home):
    home.writer().close()
    assert home.json("incident", "list") == []
    assert "no open incidents" in home.ctl("incident", "list").stdout


def test_rejected(home):
    w = home.writer()
    w.do("reject", topic="yj/v1/dev/b1/up/call", device="b1", hex=b"{not json".hex())
    w.do("reject", topic="yj/v1/dev/b1/up/alarm", device="b1", hex="fffe00")
    w.do("reject", topic="yj/v1/dev/b1/up/call", device="b1", hex=b"a\0b".hex())
    w.close()
    zero = home.json("rejected", "list")[0]["n"]
    assert "text    a\\x00b\n" in home.ctl("rejected", "show", str(zero)).stdout
    assert home.json("rejected", "show", str(zero))["text"] == "a\0b"
    listed = home.json("rejected", "list")[1:]
    assert [r["reason"] for r in listed] == ["json", "json"] and listed[0]["n"] > listed[1]["n"]
    assert len(home.json("rejected", "list", "-n", "1")) == 1
    assert home.json("rejected", "show", str(listed[1]["n"]))["text"] == "{not json"
    one = home.json("rejected", "show", str(listed[0]["n"]))
    assert one["base64"] == "//4A" and one["length"] == 3 and len(one["sha256"]) == 64
    assert "no rejected message" in home.ctl("rejected", "show", "99", code=1).stderr


# ── policies ──


def test_policy_explain(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    w.close()
    e = home.json("policy", "explain", "r1")
    assert e["policy"] == "default" and e["kind"] == "sos" and e["repeat_every_ms"] == 300_000
    assert [l["after_ms"] for l in e["levels"]] == [0, 60_000, 180_000]
    people = [[(p["caregiver"], p["why"]) for p in l["people"]] for l in e["levels"]]
    assert people == [[("son", "family"), ("grid1", "grid")], [("doc", "caregiver:doc")], [("desk", "duty")]]
    assert e["levels"][0]["people"][0]["channels"] == ["mqtt", "sms"]
    assert e["levels"][0]["people"][1]["channels"] == ["mqtt"]  # the configured default
    assert [p["caregiver"] for p in e["inform"]] == ["son"]
    service = home.json("policy", "explain", "r1", "--kind", "service")
    assert [[p["caregiver"] for p in l["people"]] for l in service["levels"]] == [["shop"]]
    # A device of an institution has people too.
    hall = home.json("policy", "explain", "b-hall")
    assert hall["resident"] is None and hall["institution"] == "i1"
    assert [[p["caregiver"] for p in l["people"]] for l in hall["levels"]] == [["grid1"], ["doc"], ["desk"]]
    text = home.ctl("policy", "explain", "r1").stdout
    assert "level 2, after 3 min, repeated every 5 min" in text and "王强" in text
    assert home.ctl("policy", "explain", "nobody", code=1).stderr


def test_policy_check(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    assert home.json("policy", "check") == []
    # The last level of `service` has nobody for those who are not near.
    w.do("put", kind="caregivers", record={"id": "shop", "region": "511722"})
    r = home.ctl("policy", "check", "--json", code=1)
    found = json.loads(r.stdout)
    assert {(f.get("resident"), f.get("institution"), f["kind"]) for f in found} == {
        ("r1", None, "service"), ("r2", None, "service"), (None, "i1", "service")}
    assert "3 findings" in r.stderr
    # Whoever is named by a provider of their own has somebody.
    w.do("put", kind="caregivers", record={"id": "shop2", "name": "x", "role": "provider", "residents": "r2"})
    found = json.loads(home.ctl("policy", "check", "--json", code=1).stdout)
    assert {f.get("resident") or f.get("institution") for f in found} == {"r1", "i1"}
    # A caregiver of a policy who is not there, and nobody on duty at all.
    w.do("sql", sql="UPDATE caregivers SET gone_utc_ms = 1 WHERE id IN ('doc', 'desk')")
    r = home.ctl("policy", "check", code=1)
    assert "caregiver:doc does not exist" in r.stdout and "nobody is duty or operator" in r.stdout
    w.close()


def test_policy_check_of_a_town_is_quick(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    w.do("sql", sql="WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 10000)"
                    " INSERT INTO residents (id, name, region) SELECT 't' || n, 'x', '5117811' || (10000 + n) FROM i")
    w.do("sql", sql="UPDATE caregivers SET region = '511722', region_prefix = '511722' WHERE id = 'shop'")
    w.close()
    found = json.loads(home.ctl("policy", "check", "--json", code=1).stdout)
    assert len([f for f in found if f.get("resident")]) == 10_002
    assert {f["kind"] for f in found} == {"service"}


# ── the log ──


def test_tail_lines(home):
    w = home.writer()
    add_incidents(home, w)
    w.event(type="checkin", subject="device/b1", device="b1", caregiver="grid1", more={"people": 3}, times=30)
    w.close()
    lines = home.ctl("tail").stdout.splitlines()
    assert len(lines) == 20
    for line in lines:
        when, kind, subject, summary = line.split("  ", 3)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)
        assert kind == "checkin" and subject == "device/b1" and summary
    assert len(home.ctl("tail", "-n", "100000").stdout.splitlines()) == 33
    assert home.ctl("tail", "-n", "0").stdout == ""
    first = home.ctl("tail", "-n33").stdout.splitlines()[0]
    assert first == "2027-01-15T08:00:00.000Z  incident.opened  incident/gw-1-2  sos resident=r1 device=b1 level=0"
    assert len(home.ctl("tail", "--type", "incident.*").stdout.splitlines()) == 2
    assert home.ctl("tail", "--type", "yijian.incident.*").stdout == ""
    assert len(home.ctl("tail", "--resident", "r1", "-n", "5").stdout.splitlines()) == 2
    assert home.ctl("tail", "--since", "2027-01-15T08:00:01Z").stdout == ""
    assert len(home.ctl("tail", "--since", "2027-01-15T16:00:00+08:00", "-n", "7").stdout.splitlines()) == 7


def test_tail_json_is_cloudevents(home):
    w = home.writer()
    add_incidents(home, w)
    w.close()
    events = [json.loads(line) for line in home.ctl("tail", "--json").stdout.splitlines()]
    assert [e["id"] for e in events] == ["gw-1:1", "gw-1:2", "gw-1:3"]
    e = events[0]
    assert e["specversion"] == "1.0" and e["source"] == "yijian/gw-1" and e["type"] == "yijian.incident.opened"
    assert e["subject"] == "incident/gw-1-2" and e["data"]["resident"] == "r1" and e["time"].endswith("Z")


class Tail:
    """tail -f, read as it comes."""

    def __init__(self, home, *args):
        self.process = subprocess.Popen([CTL, "-c", home.config, "tail", "-f", "--json", *args],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.buffer = b""

    def ids(self, n):
        """The numbers of all events so far, of at least n."""
        end = time.monotonic() + DEADLINE_S
        while self.buffer.count(b"\n") < n and time.monotonic() < end:
            if select.select([self.process.stdout], [], [], 0.05)[0]:
                piece = os.read(self.process.stdout.fileno(), 65536)
                assert piece, self.process.stderr.read()
                self.buffer += piece
        return [int(json.loads(line)["id"].split(":")[1]) for line in self.buffer.splitlines()]

    def more(self, wait_s):
        """Whether anything comes within the time."""
        return bool(select.select([self.process.stdout], [], [], wait_s)[0])

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)
        self.process.stdout.close()
        self.process.stderr.close()


def test_tail_follows_over_restarts_without_gap_or_repeat(home):
    w = home.writer()
    w.event(times=30)
    tail = Tail(home, "-n", "5")
    assert tail.ids(5) == list(range(26, 31))
    w.event(times=1500)  # more than one piece
    assert tail.ids(1505) == list(range(26, 1531))
    w.close()  # the daemon stops cleanly: the -wal goes or stays
    w = home.writer()
    w.event(times=3)
    assert tail.ids(1508)[-3:] == [1531, 1532, 1533]
    w.kill()  # and not cleanly
    w = home.writer()
    w.event(times=2)
    assert tail.ids(1510) == list(range(26, 1536))
    # The database is away for a moment and comes back longer.
    w.close()
    away = home.path / "away"
    away.mkdir()
    for f in home.data.glob("yijian.db*"):
        shutil.move(f, away / f.name)
    assert wait_for(lambda: select.select([tail.process.stderr], [], [], 0)[0], "a word about it")
    moved = Writer(away / "yijian.db")
    moved.event(times=4)
    moved.close()
    for f in away.iterdir():
        shutil.move(f, home.data / f.name)
    assert tail.ids(1514) == list(range(26, 1540))
    # Another file takes its place: what was restored, and has gone on since.
    restored = home.path / "restored.db"
    shutil.copy(home.database, restored)
    w = Writer(restored)
    w.event(times=6)
    w.close()
    for name in ("yijian.db-wal", "yijian.db-shm"):
        (home.data / name).unlink(missing_ok=True)
    os.replace(restored, home.database)
    assert tail.ids(1520) == list(range(26, 1546))
    assert not tail.more(1.2)
    tail.close()


def test_tail_follow_is_there_before_the_database(home):
    shutil.rmtree(home.data)
    tail = Tail(home)
    assert wait_for(lambda: select.select([tail.process.stderr], [], [], 0)[0], "a word about it")
    home.data.mkdir()
    w = home.writer()
    w.event(times=2)
    assert tail.ids(2) == [1, 2]
    tail.close()


def test_tail_follow_of_what_may_not_be_read_is_refused(home):
    """It would wait for ever: "Exit ... 1 refused"."""
    home.writer().event()
    home.data.chmod(0)
    less = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    try:
        for words in (["tail"], ["tail", "-f"]):
            r = subprocess.run([*less, CTL, "-c", home.config, *words], capture_output=True, text=True, timeout=60)
            assert r.returncode == 1 and "Permission denied" in r.stderr and not r.stdout, (words, r)
    finally:
        home.data.chmod(0o700)


def test_tail_has_no_upper_limit(home):
    """"`-n` defaults to 20, has no upper limit"."""
    home.writer().event(times=30)
    for n in (2**31, 2**63 - 1, 2**63, 10**30):
        assert len(home.ctl("tail", "-n", str(n)).stdout.splitlines()) == 30


def test_tail_follow_with_a_filter_sees_only_that(home):
    w = home.writer()
    tail = Tail(home, "--type", "device.*", "-n", "0")
    # It is known to be there once it has shown something.
    wait_for(lambda: w.event(type="device.online", subject="device/x", device="x") or tail.more(0.05), "the first")
    n = len(tail.ids(1))
    w.event(times=700)
    w.event(type="device.offline", subject="device/x", device="x")

    def types():
        n_lines = tail.buffer.count(b"\n")
        tail.ids(n_lines + 1) if tail.more(0.05) else None
        return [json.loads(line)["type"] for line in tail.buffer.splitlines()]
    wait_for(lambda: types()[-1] == "yijian.device.offline", "the last event")
    assert len(types()) > n and "yijian.incident.opened" not in types()
    tail.close()


def test_tail_follow_ends_with_its_reader(home):
    w = home.writer()
    w.event(times=3)
    p = subprocess.Popen([CTL, "-c", home.config, "tail", "-f"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert p.stdout.readline()
    p.stdout.close()
    p.wait(DEADLINE_S)


def test_a_slow_reader_of_tail_does_not_hold_the_log(home):
    """No read of the database stays open while our output is not read."""
    w = home.writer()
    w.event(times=20_000)
    tail = subprocess.Popen([CTL, "-c", home.config, "tail", "-f", "-n", "20000"], stdout=subprocess.PIPE)
    assert select.select([tail.stdout], [], [], DEADLINE_S)[0]  # it writes, nobody reads

    def truncated():  # needs that no reader is left in the log
        r = subprocess.run(["sqlite3", home.database, "PRAGMA busy_timeout=10; PRAGMA wal_checkpoint(TRUNCATE)"],
                           capture_output=True, text=True)
        return r.stdout.splitlines()[-1:] == ["0|0|0"]
    wait_for(truncated, "the -wal to be empty")
    tail.kill()
    tail.wait()
    tail.stdout.close()


def test_log_verify_and_export(home):
    w = home.writer()
    w.event(times=1234)
    w.close()
    good = home.json("log", "verify")
    assert good["ok"] is True and good["events"] == 1234
    assert "1234 events" in home.ctl("log", "verify").stdout
    checkpoint = home.ctl("log", "checkpoint").stdout.strip()
    assert checkpoint == f"1234:{good['head']}"
    assert home.json("log", "checkpoint") == {"seq": 1234, "hash": good["head"]}
    home.ctl("log", "verify", "--checkpoint", checkpoint)
    bad = "1234:" + "0" * 64
    assert "checkpoint" in home.ctl("log", "verify", "--checkpoint", bad, code=1).stderr
    assert home.ctl("log", "verify", "--checkpoint", "9999:" + "0" * 64, code=1).stderr

    out = home.path / "log.jsonl"
    r = home.ctl("log", "export", "--out", str(out))
    assert r.stderr.strip() == checkpoint and not r.stdout
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [f"gw-1:{n}" for n in range(1, 1235)]
    assert out.stat().st_mode & 0o777 == 0o600
    r = home.ctl("log", "export")
    assert r.stdout == out.read_text() and r.stderr.strip() == checkpoint
    assert home.ctl("log", "export", "--since", "2027-01-15T08:00:01Z").stdout == ""
    assert home.ctl("log", "export", "--until", "2027-01-15T07:59:59Z").stdout == ""
    assert home.ctl("log", "export", "--out", "/proc/nowhere", code=1).stderr


@pytest.mark.parametrize("sql,record", [
    ("UPDATE events SET data = replace(data, '}', ',\"x\":1}') WHERE seq = 70", 70),
    ("DELETE FROM events WHERE seq = 70", 70),
    ("DELETE FROM events WHERE seq > 90", 91),
    ("UPDATE events SET utc_ms = utc_ms + 1 WHERE seq = 100", 100),
    ("UPDATE events SET seq = 1000 WHERE seq = 50; UPDATE events SET seq = 50 WHERE seq = 51;"
     "UPDATE events SET seq = 51 WHERE seq = 1000", 50),
])
def test_log_verify_names_the_first_bad_record(home, sql, record):
    w = home.writer()
    for n in range(100):
        w.event(level=n)
    w.do("sql", sql=sql)
    w.close()
    r = home.ctl("log", "verify", code=1)
    assert f"record {record}:" in r.stderr
    verdict = json.loads(home.ctl("log", "verify", "--json", code=1).stdout)
    assert verdict["ok"] is False and verdict["bad_seq"] == record


def test_reading_leaves_the_database_to_its_owner(home):
    """Neither what is read nor who reads it (root) changes the files or who they belong to."""
    w = home.writer()
    fill_directory(w)
    w.event(times=10)
    w.close()
    os.chmod(home.data, 0o700)
    if os.geteuid() == 0:
        for f in [home.data, *home.data.iterdir()]:
            os.chown(f, 65534, 65534)
    owner = home.data.stat().st_uid
    content = home.database.read_bytes()
    for args in (["tail"], ["resident", "list"], ["incident", "list"], ["log", "verify"], ["export", "residents"]):
        home.ctl(*args)
        for f in home.data.iterdir():
            assert f.stat().st_uid == owner, f
            assert f.stat().st_mode & 0o077 == 0, f
    assert home.database.read_bytes() == content


# ── what goes through the gateway ──


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


def test_incident_commands(home, gateway):
    for args, cmd, sent in (
            (["ack", "gw-1-1", "--by", "son"], "incident.ack", {"by": "son"}),
            (["ack", "gw-1-1", "--by=son", "--how", "remote", "--eta", "15"], "incident.ack",
             {"by": "son", "how": "remote", "eta": 15}),
            (["arrive", "gw-1-1", "--by", "son"], "incident.arrive", {"by": "son"}),
            (["resolve", "--by", "son", "--outcome", "helped", "gw-1-1", "--note", "都好"], "incident.resolve",
             {"by": "son", "outcome": "helped", "note": "都好"}),
            (["cancel", "gw-1-1", "--by", "desk", "--reason", "-x"], "incident.cancel", {"by": "desk", "reason": "-x"}),
            (["page", "gw-1-1", "--to", "doc"], "incident.page", {"to": "doc"}),
            (["note", "gw-1-1", "--code", "called_120", "--text", "t", "--by", "doc"], "incident.note",
             {"code": "called_120", "text": "t", "by": "doc"})):
        home.ctl("incident", *args)
        assert gateway.asked() == (cmd, {"id": "gw-1-1", **sent})
    gateway.answer = {"ok": True, "data": {"by": "son"}}
    assert home.json("incident", "ack", "gw-1-1", "--by", "doc") == {"by": "son"}


def test_directory_commands(home, gateway):
    home.ctl("resident", "add", "id=r1", "name=王秀英", "region=511781100200")
    assert gateway.asked() == ("dir.put", {"kind": "residents", "mode": "add", "record": {
        "id": "r1", "name": "王秀英", "region": "511781100200"}})
    home.ctl("resident", "set", "r1", "phone=", "notes=a=b")
    assert gateway.asked() == ("dir.put", {"kind": "residents", "mode": "set", "record": {
        "id": "r1", "phone": "", "notes": "a=b"}})
    home.ctl("region", "add", "511781000000", "name=万源市")
    assert gateway.asked()[1]["record"] == {"code": "511781000000", "name": "万源市"}
    home.ctl("bed", "remove", "bed1")
    assert gateway.asked() == ("dir.remove", {"kind": "beds", "id": "bed1"})
    home.ctl("bed", "move", "r1", "bed2", "--reason", "回家")
    assert gateway.asked() == ("bed.move", {"resident": "r1", "bed": "bed2", "reason": "回家"})
    home.ctl("bed", "move", "r1", "-", "--reason", "x")
    assert gateway.asked()[1]["bed"] == ""
    home.ctl("device", "test", "b1")
    assert gateway.asked() == ("device.test", {"id": "b1"})
    home.ctl("reload")
    assert gateway.asked()[0] == "reload"


def test_import_sends_the_file_as_it_is(home, gateway):
    csv = home.path / "f.csv"
    csv.write_bytes("编号,姓名\n".encode("gb18030") + bytes(range(256)) * 5000)
    gateway.answer = {"ok": True, "data": {"rows": 3, "added": 1, "replaced": 2}}
    r = home.ctl("import", "residents", str(csv), "--ignore", "备注", "--ignore", "x")
    assert r.stdout == "residents: 3 rows, 1 added, 2 replaced\n"
    assert gateway.requests[0]["content"] == csv.read_bytes()
    assert gateway.asked() == ("import", {"kind": "residents", "ignore": ["备注", "x"]})
    r = home.ctl("import", "resident", "-", "--json", stdin=csv.open("rb"))
    assert json.loads(r.stdout)["added"] == 1
    assert gateway.requests.pop()["content"] == csv.read_bytes()
    gateway.answer = {"ok": False, "code": "invalid", "error": "line 3, column region: no code\nline 4: \x1b[2J"}
    r = home.ctl("import", "residents", str(csv), code=1)
    assert "line 3, column region: no code\nline 4: \\x1b[2J\n" in r.stderr
    assert "No such file" in home.ctl("import", "residents", "/nowhere.csv", code=1).stderr
    template = home.ctl("import", "residents", "--template").stdout
    assert "区划代码" in template


def test_refusals_and_broken_gateways(home, gateway):
    gateway.answer = {"ok": False, "code": "denied", "error": "not yours"}
    r = home.ctl("incident", "ack", "gw-1-1", "--by", "x", code=1)
    assert r.stderr == "yijianctl: not yours\n" and not r.stdout
    gateway.answer = {"ok": False, "code": "denied"}
    assert "denied" in home.ctl("status", code=1).stderr
    gateway.answer = {"ok": False, "code": "outcome_required", "error": "outcome_required"}
    assert home.ctl("status", code=1).stderr == "yijianctl: outcome required\n"
    gateway.answer = {"ok": False, "code": "invalid", "error": "a_b: " + "x" * 1000}
    assert home.ctl("status", code=1).stderr == f"yijianctl: a_b: {'x' * 1000}\n"
    gateway.answer = lambda peer: None  # closes without a word
    assert "not known" in home.ctl("reload", code=69).stderr
    gateway.answer = lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert home.ctl("status", code=69).stderr


STATUS = {"gateway": "gw-1", "version": "0.1.0", "pid": 7, "uptime_s": 90061, "started_at": "2027-01-15T08:00:00.000Z",
          "degraded": None, "database": "", "broker": {"help": "up", "chatter": "down"},
          "incidents": {"open": 3, "by_level": [1, 2, 0]}, "outbox": {"pending": 4},
          "devices": {"known": 5, "online": 2}, "utc_known": False}


def test_status(home, gateway):
    gateway.answer = {"ok": True, "data": STATUS}
    assert home.json("status") == STATUS
    text = home.ctl("status").stdout
    for words in ("gw-1", "1 d 1 h 1 min 1 s", "help up, chatter down", "3 open, 1 at level 0, 2 at level 1", "4 pending",
                  "5 known, 2 online", "not known yet"):
        assert words in text
    assert "degraded" not in text
    gateway.answer = {"ok": True, "data": {**STATUS, "degraded": "the disk is full"}}
    assert "the disk is full" in home.ctl("status").stdout


def test_the_socket_alone_is_enough(home, gateway):
    w = home.writer()
    fill_directory(w)
    gateway.answer = {"ok": True, "data": {**STATUS, "database": str(home.database)}}
    r = subprocess.run([CTL, "--socket", home.socket, "resident", "list", "--json"], capture_output=True, text=True)
    assert r.returncode == 0 and [x["id"] for x in json.loads(r.stdout)] == ["r1", "r2"]
    # Options of every command stand anywhere.
    r = subprocess.run([CTL, "resident", "--json", "list", f"--socket={home.socket}"], capture_output=True, text=True)
    assert r.returncode == 0 and len(json.loads(r.stdout)) == 2


def ca_tool(home, body):
    tool = home.path / "yijian-ca"
    tool.write_text(f"#!/bin/sh\necho \"$@\" >> {home.path}/ca.log\n{body}\n")
    tool.chmod(0o755)
    return {"YIJIAN_CA_TOOL": str(tool), "PATH": os.environ["PATH"]}


def test_device_enroll_issues_first_and_tells_then(home, gateway):
    fill_directory(home.writer())
    env = ca_tool(home, "exit 0")
    home.ctl("device", "enroll", "b1", "--days", "30", "--out", "/x", env=env)
    assert (home.path / "ca.log").read_text() == "enroll b1 --days 30 --out /x\n"
    assert [r["cmd"] for r in gateway.requests] == ["status", "device.enroll"]
    gateway.requests.clear()
    assert home.ctl("device", "enroll", "b1", env=ca_tool(home, "exit 1"), code=1).stderr
    assert [r["cmd"] for r in gateway.requests] == ["status"]  # nothing to tell of
    assert home.ctl("device", "enroll", "b1", env={"YIJIAN_CA_TOOL": "/nowhere"}, code=1).stderr
    # Nor is anything issued for a device that the directory does not know.
    (home.path / "ca.log").unlink()
    assert "no device b9" in home.ctl("device", "enroll", "b9", env=env, code=1).stderr
    assert not (home.path / "ca.log").exists()


def test_device_revoke_tells_first(home, gateway):
    home.ctl("device", "revoke", "b1", env=ca_tool(home, "exit 0"))
    assert gateway.asked() == ("device.revoke", {"id": "b1"})
    assert (home.path / "ca.log").read_text() == "revoke b1\n"
    # Without certificates it is revoked all the same, and says so.
    for env in (ca_tool(home, "exit 1"), {"YIJIAN_CA_TOOL": "/nowhere"}):
        r = home.ctl("device", "revoke", "b1", env=env)
        assert "revoked" in r.stdout and r.stderr
    gateway.answer = {"ok": False, "code": "notfound", "error": "no device b9"}
    (home.path / "ca.log").unlink()
    home.ctl("device", "revoke", "b9", env=ca_tool(home, "exit 0"), code=1)
    assert not (home.path / "ca.log").exists()


# ── completion ──


def complete(home, *words):
    script = (f'source <({CTL} completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _yijianctl;'
              ' printf "%s\\n" "${COMPREPLY[@]}"')
    r = subprocess.run(["bash", "-c", script, "bash", "yijianctl", *words], capture_output=True, text=True)
    assert r.returncode == 0 and not r.stderr, r.stderr
    return r.stdout.split()


def test_completion(home):
    assert complete(home, "inc") == ["incident"]
    assert complete(home, "incident", "a") == ["ack", "arrive"]
    assert "--outcome" in complete(home, "incident", "resolve", "gw-1-1", "--")
    assert complete(home, "incident", "resolve", "--outcome", "h") == ["helped", "hospital"]
    assert {"--follow", "--type"} <= set(complete(home, "tail", "--"))
    assert {"enroll", "list", "test"} <= set(complete(home, "-c", "file", "device", ""))
    assert complete(home, "import", "resi") == ["residents"]
    assert complete(home, "import", "residents", str(home.config)[:-3]) == [str(home.config)]
    assert "tail" in complete(home, "") and "nonsense" not in complete(home, "")
    assert complete(home, "roster", "s") == ["show", "set"]
