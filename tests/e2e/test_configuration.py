"""docs/contract.md, "Programs" (yijiand) and "Configuration"; docs/configuration.md."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess

import pytest

import harness
import shipped_broker
from harness import Gateway, wait_until
from town import level, policy

MINIMAL = """\
gateway: {{id: gw-1, data_dir: {data}}}
mqtt: {{host: 127.0.0.1, port: {port}}}
policies:
  - name: default
    levels:
      - {{notify: [family], wait: 60s}}
      - {{notify: [duty]}}
"""


def daemon(*words, **kwargs):
    return subprocess.run([harness.BIN / "yijiand", *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30, **kwargs)


@pytest.fixture
def check(tmp_path):
    """check(text) runs --check-config on it."""
    file = tmp_path / "yijian.yaml"

    def run(text):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = daemon("-c", file, "--check-config")
        assert not (tmp_path / "data").exists()  # checking changes nothing
        return done
    run.file = file
    run.good = MINIMAL.format(data=tmp_path / "data", port=1883)
    return run


def test_what_may_be_added(tmp_path):
    """The example of docs/configuration.md is a good configuration."""
    page = (harness.ROOT / "docs" / "configuration.md").read_text()
    text = re.search(r"```yaml\n(.*?)```", page, re.S).group(1)
    file = tmp_path / "yijian.yaml"
    file.write_text(text + "mqtt: {host: 127.0.0.1}\n"
                    "policies: [{name: default, levels: [{notify: [duty]}]}]\n")
    done = daemon("-c", file, "--check-config")
    assert (done.returncode, done.stderr) == (0, "")


# --- programs ---

@pytest.mark.parametrize("program", ["yijiand", "yijianctl", "yijian-sim"])
def test_version_and_wrong_usage(program):
    """"`--version`"; "Exit ... 2 wrong usage"."""
    path = harness.BIN / program
    done = subprocess.run([path, "--version"], stdout=subprocess.PIPE, text=True, timeout=10)
    assert done.returncode == 0 and re.fullmatch(program + r" \d+\.\d+\.\d+\S*\n", done.stdout)
    for words in (["--no-such-option"], ["no-such-word"]):
        done = subprocess.run([path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=10)
        assert done.returncode == 2 and done.stderr and not done.stdout, words


def test_version_in_metrics_and_state(world):
    """`yijian_build_info`; "`yj/v1/gw/{gateway}/state`: gateway's own, retained, last will
    `{"online": bool, "version", "degraded"?: reason, "ts"}`"."""
    world.begin()
    version = daemon("--version").stdout.split()[1]
    assert world.gateway.metric(f'yijian_build_info{{version="{version}"}}') == 1
    ear = world.device("ear").subscribe("yj/v1/gw/gw-1/state")
    state = ear.wait(online=True, version=version)
    assert abs(state["ts"] - harness.now_ms()) < 60000 and "degraded" not in state
    world.gateway.stop()
    ear.wait(online=False, version=version)
    assert world.gateway.log.read_text().count("event=stopping") == 1
    world.gateway.start()
    ear.wait(2, online=True)
    world.gateway.kill()  # the last will
    ear.wait(2, online=False)
    # Retained: who comes later hears it too.
    late = world.device("late").subscribe("yj/v1/gw/gw-1/state")
    late.wait(online=False)


def test_check_config_good(check):
    """"`--check-config` exits 0"; "`gateway`, `mqtt` and a policy named `default` are required"; "An
    empty value means "not set""."""
    assert check(check.good).returncode == 0
    assert check(check.good + "webhooks:\nhttp:\ndevices: {heartbeat: , low_battery: ~}\nnotify: {channel_wait: 500ms}\n").returncode == 0


def test_shipped_configuration_is_good(tmp_path):
    """The contract's own example, and the file that is shipped."""
    text = (harness.ROOT / "docs" / "contract.md").read_text()
    example = re.search(r"```yaml\n(gateway:.*?)```", text, re.S)[1]
    secret = tmp_path / "hook.secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    file = tmp_path / "yijian.yaml"
    file.write_text(example.replace("/etc/yijian/hook.secret", str(secret)))
    done = daemon("-c", file, "--check-config")
    assert done.returncode == 0, done.stderr
    shipped = (harness.ROOT / "systemd" / "yijian.yaml").read_text()
    assert "/etc/yijian/mqtt.password" in shipped
    file.write_text(shipped.replace("/etc/yijian/mqtt.password", str(secret)))
    done = daemon("-c", file, "--check-config")
    assert done.returncode == 0, done.stderr


# What is put in place of what, the line, and words that the message must have.
WRONG = [
    ("id: gw-1", "id: 'gw 1'", 1, ["gateway.id"]),
    ("id: gw-1, ", "", 1, ['"id"', "gateway"]),
    ("port: 1883", "port: 70000", 2, ["mqtt.port"]),
    ("port: 1883", "port: '1883'", 2, ["mqtt.port"]),
    ("port: 1883", "prot: 1883", 2, ["prot"]),
    ("port: 1883", "port: 1883, port: 1884", 2, ["port"]),
    ("port: 1883", "port: 1883, password_file: /no/such/file", 2, ["password_file"]),
    ("port: 1883", "port: 1883, tls: {cert_file: /dev/null}", 2, ["mqtt.tls"]),
    ("wait: 60s", "wait: 60", 6, ["wait", "60s"]),
    ("wait: 60s", "wait: 1h30m", 6, ["wait"]),
    ("wait: 60s", "wait: -5s", 6, ["wait"]),
    ("wait: 60s", "wait: 60 s", 6, ["wait"]),
    ("wait: 60s", "wait: 1d, wiat: 5s", 6, ["wiat"]),
    ("notify: [duty]", "notify: [boss]", 7, ["notify", "boss"]),
    ("notify: [duty]", "notify: duty", 7, ["notify"]),
    ("notify: [duty]", "notify: []", 7, ["notify"]),
    ("name: default", "name: other", None, ["default"]),
    ("  - name: default", "  - name: default\n    kinds: [{kind: sos, levels: []}]", 5, ["levels"]),
    ("  - name: default", "  - name: default\n    kinds: [{kind: fire}]", 5, ["kind", "fire"]),
    ("  - name: default", "  - name: default\n    resident_may_cancel: perhaps", 5, ["resident_may_cancel"]),
    ("policies:", "devices: {low_battery: 101}\npolicies:", 3, ["low_battery"]),
    ("policies:", "devices: {heartbeat: 5}\npolicies:", 3, ["heartbeat"]),
    ("policies:", "webhooks:\n  - {name: a, url: 'ftp://x'}\npolicies:", 4, ["url"]),
    ("policies:", "notify: {default_channels: [webhook:nobody]}\npolicies:", 3, ["webhook"]),
    ("policies:", "http: {listen: localhost}\npolicies:", 3, ["listen"]),
    ("policies:", "sms:\n  driver: http\n  url: https://x/\n  body: '{{who}}'\npolicies:", 6, ["who"]),
    ("policies:", "email: {url: 'http://x', from: a@b.example}\npolicies:", 3, ["email", "url"]),
    ("policies:", "\nvoice: {driver: baresip, dial: phone}\npolicies:", 4, ["voice", "dial"]),
    ("policies:", "webhooks:\n  - {name: a, url: 'https://x',\n     body: '{{who}}'}\npolicies:", 5,
     ["webhook:a", "who"]),
    ("policies:", "cloud: {}\npolicies:", 3, ["cloud"]),
    ("policies:", "gateway: {id: gw-2}\npolicies:", 3, ["gateway"]),
    ("policies:", "- policies:", 3, []),
    ("policies:", "\tpolicies:", 3, []),
]


@pytest.mark.parametrize("old,new,line,words", WRONG, ids=[w[1][:40] for w in WRONG])
def test_check_config_wrong(check, old, new, line, words):
    """"`--check-config` exits ... 78 with file, line and reason"; "A wrong or repeated key, type or
    value names the file, line and what was expected."; "starting with a bad file exits 78 too"."""
    assert old in check.good
    done = check(check.good.replace(old, new))
    assert done.returncode == 78 and done.stdout == ""
    first = done.stderr.splitlines()[0]
    assert first.startswith(f"{check.file}:{line}: " if line else str(check.file)), done.stderr
    for word in words:
        assert word in first, done.stderr
    assert "expected" in first or not words
    started = daemon("-c", check.file)
    assert started.returncode == 78 and first in started.stderr


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[]", b"5", b"a: &a [*a]", b"a: " + b"[" * 100,
                                 b"a: b\n---\nc: d\n", b"\0", b"x" * 2000000], ids=range(9))
def test_check_config_no_yaml(check, raw):
    """"`--check-config` exits ... 78 with file ... and reason", whatever the bytes."""
    done = check(raw)
    assert done.returncode == 78 and str(check.file) in done.stderr and len(done.stderr) < 4000


def test_several_errors_in_their_order(check):
    """"one line per error, in the order of the file"."""
    text = check.good.replace("id: gw-1", "id: ''").replace("60s", "60").replace("[duty]", "[boss]")
    lines = check(text).stderr.splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "6", "7"]


def test_no_file(tmp_path):
    """"starting with a bad file exits 78": also one that is not there, or a folder."""
    for path in (tmp_path / "none.yaml", tmp_path):
        done = daemon("-c", path)
        assert done.returncode == 78 and str(path) in done.stderr


# --- fallback ---

def test_fallback(world):
    """"with `--fallback` (the shipped unit uses it), starts degraded on the last configuration that
    worked"; a press is answered under it; with the file mended, SIGHUP makes it well again."""
    world.begin().village()
    g = world.gateway
    home, family = world.device("b1"), world.caregiver("fam1")
    good = g.file.read_text()
    g.stop()
    g.file.write_text(good.replace('"60s"', '"60"'))
    assert daemon("-c", g.file).returncode == 78
    g.start(ready=False, arguments=["--fallback"])
    wait_until(lambda: g.http("/healthz")[0] == 200, "the process")
    status, why = g.http("/readyz")
    assert status == 503 and "config" in why
    home.wait(id=home.call(), state="received")
    family.wait(state="open")
    assert str(g.file) in g.log.read_text() and "60" in g.log.read_text()
    # Asked of the socket: yijianctl itself reads the bad file.
    done = subprocess.run([harness.BIN / "yijianctl", "--socket", g.config["ctl"]["socket"], "status", "--json"],
                          stdout=subprocess.PIPE, text=True, timeout=30)
    assert "config" in json.loads(done.stdout)["degraded"]
    ear = world.device("ear").subscribe("yj/v1/gw/gw-1/state")
    wait_until(lambda: any("config" in (p.get("degraded") or "") for p in ear.find(online=True)), "degraded state")
    g.file.write_text(good)
    g.hangup()
    g.wait_ready()
    assert len(g.events("gateway.degraded")) >= 1
    g.wait_event("gateway.recovered")


def test_fallback_never_worked(tmp_path):
    """--fallback without a configuration that worked: 78, and both reasons."""
    file = tmp_path / "yijian.yaml"
    file.write_text("gateway: {id: x}\n")
    done = daemon("-c", file, "--fallback", env={**os.environ})
    assert done.returncode == 78
    assert f"{file}:" in done.stderr and "worked" in done.stderr


def test_fallback_when_data_dir_is_unreadable_in_the_bad_file(world):
    """The last good one is found behind the link beside the file, if the bad file names no folder."""
    world.begin()
    g = world.gateway
    g.stop()
    g.file.write_text("gateway: [\n")
    g.start(ready=False, arguments=["--fallback"])
    wait_until(lambda: g.http("/healthz")[0] == 200, "the process")
    assert "config" in g.http("/readyz")[1]


# --- reload ---

def test_reload_applies_at_once(world, hooks):
    """"SIGHUP checks the whole file first and then applies policies, webhooks and device settings at
    once"; "what needs a restart is said"; an open incident keeps its policy."""
    world.begin().village()
    g = world.gateway
    home, family, doctor = world.device("b1"), world.caregiver("fam1"), world.caregiver("doc1")
    grid = world.caregiver("grid1")
    hook = hooks()
    home.call()
    family.wait(state="open")
    g.config["policies"] = [policy(levels=[level("doctor"), level("duty")])]
    g.config["webhooks"] = [{"name": "new", "url": hook.url}]
    g.config["devices"] = {"low_battery": 50}
    g.config["mqtt"]["port"] += 1
    g.write_config()
    g.hangup()
    wait_until(lambda: "event=config_loaded" in g.log.read_text(), "the reload")
    assert "mqtt.port" in g.log.read_text().split("event=config_loaded")[-1]
    # webhook and policy at once, without a restart
    g.load("caregivers", [{"id": "doc1", "name": "彭医生", "role": "doctor", "region": "511781103",
                           "channels": "webhook:new;mqtt"}])
    home.alarm("fall")
    hook.wait(kind="fall", state="open")
    home.say("heartbeat", {"ts": 1, "battery": 50})
    g.wait_event("device.low_battery")
    assert not doctor.pages(kind="sos") and not family.pages(kind="fall") and grid.pages(kind="sos")
    assert len(g.events("config.loaded")) == 2
    assert g.ctl_json("status")["broker"]["help"] == "up"  # the old port is still in use


@pytest.mark.quick
def test_reload_refused_changes_nothing(world):
    """"or, if anything is wrong, nothing": a file with one wrong value behind many right ones; and the
    daemon goes on, not degraded."""
    world.begin().village()
    g = world.gateway
    home, family, doctor = world.device("b1"), world.caregiver("fam1"), world.caregiver("doc1")
    good = g.file.read_text()
    g.config["policies"] = [policy(levels=[level("doctor"), level("duty")])]
    g.config["webhooks"] = [{"name": "new", "url": "http://127.0.0.1:1/"}]
    g.config["devices"] = {"low_battery": 101}
    g.write_config()
    g.hangup()
    wait_until(lambda: "event=reload_refused" in g.log.read_text(), "the refusal")
    refusal = [line for line in g.log.read_text().splitlines() if "reload_refused" in line][-1]
    assert str(g.file) in refusal and "low_battery" in refusal
    home.call()
    family.wait(state="open")
    assert not doctor.pages()
    assert g.http("/readyz")[0] == 200
    g.file.write_text(good)  # which yijianctl reads too
    assert len(g.events("config.loaded")) == 1


@pytest.mark.parametrize("what", ["policy", "webhook"])
def test_reload_that_drops_what_is_named(world, hooks, what):
    """"A reload that drops a policy or webhook which the directory names is refused; so is an import
    that names one that is not there"."""
    hook = hooks()
    world.begin([policy(), policy("night")], webhooks=[{"name": "a", "url": hook.url}]).village()
    g = world.gateway
    g.ctl("resident", "set", "r1", "policy=night")
    g.ctl("caregiver", "set", "duty1", "channels=webhook:a")
    g.config["policies" if what == "policy" else "webhooks"].pop()
    g.write_config()
    g.hangup()
    wait_until(lambda: "event=reload_refused" in g.log.read_text(), "the refusal")
    refusal = [line for line in g.log.read_text().splitlines() if "reload_refused" in line][-1]
    assert ("night" in refusal and "r1" in refusal) if what == "policy" else ("duty1" in refusal)
    assert len(g.events("config.loaded")) == 1
    assert g.ctl_json("policy", "explain", "r1")["policy"] == "night"
    kind, column, value = {"policy": ("residents", "policy", "day"),
                           "webhook": ("caregivers", "channels", "webhook:b")}[what]
    file = world.folder / "bad.csv"
    row = {"policy": "r1,王秀英,511781103201", "webhook": "duty1,值班室,duty"}[what]
    third = "region" if what == "policy" else "role"
    file.write_text(f"id,name,{third},{column}\n{row},{value}\n")
    done = g.ctl_raw("import", kind, file)
    assert done.returncode == 1 and "line 2" in done.stderr and column in done.stderr


# --- sd_notify ---

class Notify:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.got = []

    def lines(self):
        while True:
            try:
                self.got += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.got

    def wait(self, line, count=1):
        wait_until(lambda: self.lines().count(line) >= count, f"{count} x {line}")


def test_sd_notify(world):
    """"speaks sd_notify (READY, RELOADING, STOPPING, WATCHDOG)": a reload with the monotonic time that
    Type=notify-reload asks for, and READY after it, also after one that was refused; WATCHDOG at least
    twice in its time."""
    world.begin()
    g = world.gateway
    g.stop()
    notify = Notify(world.folder)
    g.environment = {"NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "400000"}
    g.start()
    notify.wait("READY=1")
    assert g.process.poll() is None
    notify.wait("WATCHDOG=1", 4)
    g.hangup()
    notify.wait("RELOADING=1")
    notify.wait("READY=1", 2)
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", line) for line in notify.lines())
    g.config["policies"] = []
    g.write_config()
    g.hangup()
    notify.wait("READY=1", 3)
    g.stop()
    notify.wait("STOPPING=1")
    order = [line for line in notify.lines() if line[:5] in ("READY", "RELOA", "STOPP")]
    assert order == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    notify.socket.close()


def test_not_ready_before_it_is(world):
    """READY is said when the store is open: a start that fails never says it."""
    world.begin()
    g = world.gateway
    notify = Notify(world.folder)
    g.stop()
    with sqlite3.connect(g.database) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    done = daemon("-c", g.file, env={**os.environ, "NOTIFY_SOCKET": notify.path})
    assert done.returncode == 1
    assert "READY=1" not in notify.lines()
    notify.socket.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_clean_stop(world, number):
    """"SIGTERM stops cleanly": exit 0, `gateway.stopped`, the socket gone, nothing left in the -wal
    that a reader would need."""
    world.begin().village()
    g = world.gateway
    g.process.send_signal(number)
    assert g.process.wait(20) == 0
    assert g.events()[-1]["type"] == "yijian.gateway.stopped"
    assert not os.path.exists(g.config["ctl"]["socket"])
    g.start()
    assert g.events("gateway.started")[-1]["data"]["unclean"] is False
    g.verify_log()


# --- who may run on which data ---

def test_second_daemon(world):
    """One daemon per data_dir: a second is refused, in words, and does not disturb the first."""
    world.begin().village()
    g = world.gateway
    other = Gateway(world.folder / "other", world.broker)
    other.config["gateway"]["data_dir"] = g.config["gateway"]["data_dir"]
    other.write_config()
    done = daemon("-c", other.file)
    assert done.returncode == 1 and str(g.database.parent) in done.stderr + done.stdout
    same_socket = Gateway(world.folder / "third", world.broker, ctl={"socket": g.config["ctl"]["socket"]})
    done = daemon("-c", same_socket.file)
    assert done.returncode == 1 and "control_socket" in done.stderr
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
    assert g.ctl_json("status")["pid"] == g.process.pid


def test_no_folder_for_the_control_socket(world):
    """"One bad thing stays one bad thing": calls are answered without it, the state topic says it, and
    operators come in as soon as the folder is there."""
    g = world.begin().village().gateway
    g.stop()
    run = world.folder / "run"
    g.config["ctl"]["socket"] = str(run / "control.sock")
    g.write_config()
    watch = world.caregiver("grid1").subscribe("yj/v1/gw/gw-1/state")
    g.start(ready=False)
    watch.wait(online=True, degraded="control_socket")
    home = world.device("b1")
    assert home.wait(id=home.call(), state="received")
    assert g.ctl_raw("status").returncode == 69 and str(run) in g.log.read_text()
    run.mkdir()
    g.wait_event("gateway.recovered")
    assert g.ctl_json("status")["degraded"] is None


def test_newer_database(world):
    """"a newer database than the program is refused, with a clear message" and is left as it is."""
    world.begin().village()
    g = world.gateway
    g.stop()
    with sqlite3.connect(g.database) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    done = daemon("-c", g.file)
    assert done.returncode == 1 and "9999" in done.stderr and "newer" in done.stderr
    done = g.ctl_raw("tail")
    assert done.returncode == 1 and "newer" in done.stderr
    with sqlite3.connect(g.database) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (9999,)
        db.execute("PRAGMA user_version = 1")
    db.close()


def test_not_a_database(world):
    """A data_dir with something else under the database's name: refused in words, not overwritten."""
    world.begin()
    g = world.gateway
    g.stop()
    for file in g.database.parent.glob("yijian.db*"):
        file.unlink()
    g.database.write_bytes(b"this is no database" * 1000)
    done = daemon("-c", g.file)
    assert done.returncode == 1 and "database" in done.stderr
    assert g.database.read_bytes() == b"this is no database" * 1000


def test_another_gateways_database(world):
    """The chain is "this gateway's": the data of another gateway id are refused as configuration (78)."""
    world.begin()
    g = world.gateway
    g.stop()
    g.config["gateway"]["id"] = "gw-2"
    g.write_config()
    done = daemon("-c", g.file)
    assert done.returncode == 78 and "gw-1" in done.stderr and "gw-2" in done.stderr


def test_files_are_the_services_alone(world):
    """"files are readable by the service account alone": data_dir 0700, its files 0600, the control
    socket 0660, whatever the umask."""
    old = os.umask(0)
    try:
        world.begin().village()
    finally:
        os.umask(old)
    g = world.gateway
    home = world.device("b1")
    home.wait(id=home.call(), state="received")

    def mode(path):
        return stat.S_IMODE(os.stat(path).st_mode)
    assert mode(g.database.parent) == 0o700
    files = [f for f in g.database.parent.rglob("*") if f.is_file()]
    assert {f.name for f in files} >= {"yijian.db", "yijian.db-wal", "last-good.yaml"}
    assert {f.name: oct(mode(f)) for f in files if mode(f) != 0o600} == {}
    assert mode(g.config["ctl"]["socket"]) == 0o660
    out = world.folder / "log.json"
    g.ctl("log", "export", "--out", out)
    assert mode(out) == 0o600


def test_missing_data_dir_parent(world, tmp_path):
    """A data_dir that cannot be made is named."""
    world.begin()
    other = Gateway(world.folder / "other", world.broker)
    other.config["gateway"]["data_dir"] = str(tmp_path / "no" / "such")
    other.write_config()
    done = daemon("-c", other.file)
    assert done.returncode in (1, 78) and str(tmp_path / "no" / "such") in done.stderr


def test_language(world):
    """"language: zh-CN" or en: what homes and people are told."""
    world.begin(gateway={"language": "en"}).village()
    home, family = world.device("b1"), world.caregiver("fam1")
    assert not re.search("[一-鿿]", home.wait(id=home.call(), state="received")["text"])
    assert re.search("[A-Za-z]{3}", family.wait(state="open")["text"])


@pytest.mark.parametrize("wait", ["1ms", "500ms", "60s", "5m", "24h", "180d"])
def test_durations(check, wait):
    """"durations carry a unit (`500ms`, `60s`, `5m`, `24h`, `180d`)"."""
    assert check(check.good.replace("wait: 60s", f"wait: {wait}")).returncode == 0


@pytest.mark.parametrize("listen", ["127.0.0.1:{port}", "[::1]:{port}"])
def test_https(world, listen):
    """"http: {listen: ..., tls: {cert_file: , key_file: }}": on IPv4 and IPv6, and plain requests are
    not answered there."""
    ca = shipped_broker.Ca(world.folder / "ca")
    ca.run("init")
    ca.run("server", "localhost", "127.0.0.1", "::1")
    port = harness.free_port()
    world.broker = harness.Broker(world.folder / "broker").start()
    g = world.gateway = Gateway(world.folder / "gateway", world.broker, None, http={
        "listen": listen.format(port=port), "tls": {"cert_file": ca.path("server.crt"), "key_file": ca.path("server.key")}})
    g.start(ready=False)
    host = "::1" if "::" in listen else "127.0.0.1"

    def get():
        c = http.client.HTTPSConnection(host, port, timeout=5, context=ca.context())
        try:
            c.request("GET", "/readyz")
            return c.getresponse().status
        except ConnectionRefusedError:
            return 0
        finally:
            c.close()
    wait_until(lambda: get() == 200, "https")
    plain = http.client.HTTPConnection(host, port, timeout=5)
    with pytest.raises((OSError, http.client.HTTPException)):
        plain.request("GET", "/healthz")
        plain.getresponse()
    plain.close()
    assert get() == 200
