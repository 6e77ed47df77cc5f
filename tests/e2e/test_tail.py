"""docs/contract.md, "Programs": `tail` and the reading commands with the real gateway, up and down;
exit codes. (Restarts in test_cli_log.py and test_cli_gateway.py.)"""

import json
import os
import re
import select
import signal
import subprocess

import pytest

import harness
from harness import wait_until


class Tail:
    """yijianctl tail, read as it comes."""

    def __init__(self, g, *words):
        self.process = subprocess.Popen([harness.BIN / "yijianctl", "-c", g.file, "tail", *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.bytes = b""

    def lines(self):
        while select.select([self.process.stdout], [], [], 0)[0]:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                break
            self.bytes += piece
        return self.bytes.decode().splitlines() if self.bytes.endswith(b"\n") else []

    def wait(self, condition, what):
        return wait_until(lambda: condition(self.lines()) and self.lines(), what)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def tail():
    made = []

    def make(*words):
        made.append(Tail(*words))
        return made[-1]
    yield make
    for t in made:
        t.close()


def busy(world):
    """A gateway with two residents' events."""
    world.begin().village()
    g = world.gateway
    g.load("residents", [{"id": "r2", "name": "赵", "region": "511781103201"}])
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    home, other = world.device("b1"), world.device("b2")
    for _ in range(4):
        home.wait(id=home.call(), state="received")
        other.wait(id=other.alarm("leak"), state="received")
    return g, home, other


def test_lines(world):
    """"`tail` prints one line per event, oldest first: `TIME  TYPE  SUBJECT  SUMMARY` (TYPE without the
    prefix); with `--json` one CloudEvents 1.0 object per line. `-n` defaults to 20, has no upper
    limit"; no name of anybody."""
    g, home, other = busy(world)
    text = g.ctl("tail").splitlines()
    events = [json.loads(line) for line in g.ctl("tail", "--json").splitlines()]
    assert len(text) == len(events) == 20
    for line, event in zip(text, events):
        when, kind, subject, _ = (line + "  ").split("  ", 3)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)
        assert kind == event["type"].removeprefix("yijian.") and subject == event["subject"]
    all_of_them = g.ctl("tail", "-n", "999999999999").splitlines()
    assert len(all_of_them) > 25 and all_of_them[-20:] == text
    assert "gateway.started" in all_of_them[0]
    assert not re.search("王秀英|王小丽|石门村|赵", "\n".join(all_of_them))
    assert g.ctl("tail", "-n", "0") == ""
    assert len(g.ctl("tail", "-n", "3").splitlines()) == 3


def test_filters(world):
    """"`--type` matches the type without its prefix"; `--resident`; both with `-n` count what is
    shown."""
    g, home, other = busy(world)
    for glob, expected in (("alert.*", {"alert.received"}), ("incident.opened", {"incident.opened"}),
                           ("*.opened", {"incident.opened"}), ("yijian.*", set()), ("incident.[oj]*", {"incident.opened", "incident.joined"})):
        kinds = {line.split("  ")[1] for line in g.ctl("tail", "-n", "1000", "--type", glob).splitlines()}
        assert kinds == expected, glob
    mine = [json.loads(line) for line in g.ctl("tail", "-n", "1000", "--json", "--resident", "r2").splitlines()]
    assert mine and {e["data"]["resident"] for e in mine} == {"r2"}
    newest = g.ctl("tail", "-n", "2", "--json", "--resident", "r1", "--type", "alert.*").splitlines()
    assert [json.loads(line)["data"]["device"] for line in newest] == ["b1", "b1"]


def test_follow(world, tail):
    """"`-n` ... is also what `-f` begins with. `tail -f` survives a restart of the daemon and neither
    repeats nor skips an event", also with filters, while presses go on through kills."""
    g, home, other = busy(world)
    every = tail(g, "-f", "-n", "5", "--json")
    of_r2 = tail(g, "-f", "-n", "2", "--json", "--resident", "r2", "--type", "alert.*")
    assert len(every.wait(lambda lines: len(lines) >= 5, "the first lines")) == 5
    of_r2.wait(lambda lines: len(lines) == 2, "the first lines")
    for way in ("kill", "stop", "kill"):
        for _ in range(3):
            home.call()
            other.alarm("smoke")
        getattr(g, way)()
        home.call()
        g.start()
        other.wait(id=other.alarm("gas"), state="received")
    head = g.events()[-1]["id"]
    lines = every.wait(lambda lines: lines and json.loads(lines[-1])["id"] == head, "the newest event")
    numbers = [int(json.loads(line)["id"].split(":")[1]) for line in lines]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    wanted = [e["id"] for e in g.events("alert.*") if e["data"].get("resident") == "r2"]
    lines = of_r2.wait(lambda lines: lines and json.loads(lines[-1])["id"] == wanted[-1], "the newest of r2")
    shown = [json.loads(line)["id"] for line in lines]
    assert shown == wanted[-len(shown):] and len(shown) > 5


def untimed(text):
    text = re.sub(r"\d\d:\d\d\.\d{3}Z", "", text)  # `next_at` is worked out from the gateway's own time
    # of a resident only the running gateway knows who is waited for
    return re.sub(r"(?m)^(last_sign|missed_at|rests|watched) .*\n", "", text)


def test_reading_while_it_is_down(world):
    """"`tail`, `log`, `list`, `show`, `export` ... also work while it is down. `status` then exits 69";
    "Whatever changes something goes through the daemon": 69 too."""
    g, home, other = busy(world)
    incident = g.incidents()[0]["id"]
    reading = [["tail"], ["tail", "--json"], ["log", "verify"], ["log", "export"], ["log", "checkpoint"],
               ["incident", "list"], ["incident", "list", "--all"], ["incident", "show", incident],
               ["resident", "list"], ["resident", "show", "r1"], ["device", "list"], ["device", "show", "b1"],
               ["caregiver", "list"], ["caregiver", "show", "fam1"], ["region", "list"], ["bed", "list"],
               ["institution", "list"], ["export", "residents"], ["export", "devices"], ["rejected", "list"],
               ["policy", "check"], ["policy", "explain", "r1"]]
    up = {tuple(words): g.ctl_raw(*words) for words in reading}
    for how in ("stop", "kill"):
        getattr(g, how)()
        for words in reading:
            done = g.ctl_raw(*words)
            assert done.returncode == up[tuple(words)].returncode == 0, (words, done.stderr)
            if words[0] not in ("tail", "log", "device"):
                assert untimed(done.stdout) == untimed(up[tuple(words)].stdout), words
        for words in (["status"], ["status", "--json"], ["incident", "ack", incident, "--by", "fam1"],
                      ["incident", "resolve", incident, "--by", "fam1", "--outcome", "helped"],
                      ["resident", "set", "r1", "phone=1"], ["resident", "remove", "r1"], ["device", "test", "b1"],
                      ["incident", "note", incident, "--code", "other"], ["reload"]):
            done = g.ctl_raw(*words)
            assert done.returncode == 69 and done.stderr and not done.stdout, words
        g.start()


def test_refusals(world):
    """"Exit 0 done, 1 refused by the gateway or a check that failed (reason on stderr), 2 wrong usage,
    69 gateway not reachable, 78 configuration"."""
    g, home, other = busy(world)
    for words, code in ((["incident", "show", "gw-1-999"], 1), (["incident", "show", "nonsense"], 1),
                        (["incident", "ack", "gw-1-1", "--by", "nobody"], 1), (["resident", "show", "r9"], 1),
                        (["resident", "remove", "r1"], 1), (["incident", "resolve", "gw-1-1", "--by", "grid1", "--outcome", "magic"], None),
                        (["incident", "ack"], 2), (["tail", "-n"], 2), (["tail", "-n", "many"], 2), (["frobnicate"], 2),
                        (["incident", "list", "--frobnicate"], 2), (["tail", "--since", "yesterday"], 2)):
        done = g.ctl_raw(*words)
        assert done.returncode == code or (code is None and done.returncode in (1, 2)), (words, done.returncode, done.stderr)
        assert done.stderr.strip() and not done.stdout, words
    done = subprocess.run([harness.BIN / "yijianctl", "-c", "/no/such.yaml", "tail"], stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 78
    done = subprocess.run([harness.BIN / "yijianctl", "--socket", world.folder / "none", "status"], stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 69
