"""yijianctl tail, and log verify and export, against a database that grows, moves and is read
slowly."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

from cli_world import CTL, DEADLINE_S, Writer, add_incidents, fill_directory, home, wait_for

pytestmark = pytest.mark.quick


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
