"""The end-to-end world for tests in which the daemon dies: a gateway that is killed and started again,
the build with planted faults, and what must hold of the log afterwards.

YJ_PLANT_BIN_DIR names the folder of the build with planted faults (default build/plant/bin)."""

import collections
import json
import os
import pathlib
import sqlite3
import subprocess
import threading

import harness

PLANT_BIN = pathlib.Path(os.environ.get("YJ_PLANT_BIN_DIR",
                                        harness.ROOT / "build" / "plant" / "bin"))


class CrashGateway(harness.Gateway):
    """A gateway whose program may be the one with planted faults, and which may die."""

    program = harness.BIN / "yijiand"
    prefix = ()  # words before the program
    deaths = 0

    def start(self, ready=True, arguments=()):
        assert self.program.exists(), f"{self.program} is not built"
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [*self.prefix, str(self.program), "-c", str(self.file), *arguments],
            stdout=log, stderr=log, env={**os.environ, **self.environment})
        if ready:
            self.wait_ready()
        return self

    def wait_death(self, timeout=harness.TIMEOUT):
        """Waits until it died by itself; returns the exit code (negative: by that signal)."""
        self.deaths += 1
        return self.process.wait(timeout)

    def forget_crashes(self):
        """As after a clean stop: the next start does not go in steps of one."""
        in_hand = self.database.parent / "in-hand"
        in_hand.unlink(missing_ok=True)

    def query(self, sql, *values):
        """All rows of a read-only query on the database."""
        with_wal = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            return with_wal.execute(sql, values).fetchall()
        finally:
            with_wal.close()

    def stream(self, glob):
        """Events that match, one by one (a long log does not fit into memory at once)."""
        with subprocess.Popen(
                [str(harness.BIN / "yijianctl"), "-c", str(self.file), "tail", "-n", "100000000",
                 "--json", "--type", glob], stdout=subprocess.PIPE, text=True) as tail:
            for line in tail.stdout:
                yield json.loads(line)
        assert tail.returncode == 0


class Supervisor:
    """Starts the daemon again whenever it dies, as systemd does (Restart=always)."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.deaths = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            process = self.gateway.process
            try:
                code = process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            if self._stop.is_set():
                return
            self.deaths.append(code)
            if len(self.deaths) > 50:
                return
            self.gateway.start(ready=False)

    def end(self):
        self._stop.set()
        self._thread.join(30)


class CrashWorld(harness.World):
    """supervised=True: the daemon is started again whenever it dies."""

    supervisor = None

    def begin(self, policies=None, broker=None, plant=False, environment=None, start=True,
              **sections):
        self.broker = (broker or harness.Broker(self.folder / "broker")).start()
        self.gateway = CrashGateway(self.folder / "gateway", self.broker, policies, **sections)
        if plant:
            self.gateway.program = PLANT_BIN / "yijiand"
        self.gateway.environment.update(environment or {})
        if start:
            self.gateway.start()
        return self

    def supervise(self):
        self.supervisor = Supervisor(self.gateway)
        return self.supervisor

    def end(self):
        if self.supervisor:
            self.supervisor.end()
        super().end()


class Verdict:
    """What the log says of a set of alerts that were sent: {id: device}."""

    def __init__(self, gateway, sent):
        times = collections.Counter()
        opened, notified = set(), set()
        self.duplicates = self.floods = 0
        for event in gateway.stream("incident.*"):
            kind, data = event["type"], event["data"]
            if kind in ("yijian.incident.opened", "yijian.incident.joined"):
                times[data.get("alert")] += 1
            if kind == "yijian.incident.opened":
                opened.add(data["incident"])
            elif kind == "yijian.incident.notified":
                notified.add(data["incident"])
        for event in gateway.stream("alert.*"):
            self.duplicates += event["type"] == "yijian.alert.duplicate"
            self.floods += event["type"] == "yijian.alert.flood"
        self.sent = len(sent)
        self.lost = [i for i in sent if times[i] == 0]
        self.twice = [i for i in sent if times[i] > 1]
        self.incidents = len(opened)
        self.silent = opened - notified
        self.joins = sum(times.values()) - len(opened)
        rows = gateway.query("SELECT count(*) FROM incidents")[0][0]
        self.unlogged = rows - len(opened)
        self.poisoned = sum(1 for _ in gateway.stream("gateway.poison"))
        degraded = [e["data"].get("reason") for e in gateway.stream("gateway.degraded")]
        self.sessions_lost = degraded.count("session_lost")
        self.chain = gateway.ctl_raw("log", "verify")

    def line(self):
        return (f"alerts {self.sent}, in the log exactly once {self.sent - len(self.lost) - len(self.twice)}, "
                f"lost {len(self.lost)}, twice {len(self.twice)}, incidents {self.incidents}, "
                f"joins {self.joins}, not notified {len(self.silent)}, duplicates {self.duplicates}, "
                f"set aside {self.poisoned}, sessions lost {self.sessions_lost}, "
                f"chain {'whole' if self.chain.returncode == 0 else 'BROKEN'}")

    def check(self):
        assert not self.lost, f"{len(self.lost)} lost, e.g. {self.lost[:5]}; {self.line()}"
        assert not self.twice, f"{len(self.twice)} twice, e.g. {self.twice[:5]}; {self.line()}"
        assert not self.silent, f"not notified: {sorted(self.silent)[:5]}; {self.line()}"
        assert self.unlogged == 0, self.line()
        assert self.poisoned == 0 and self.sessions_lost == 0, self.line()
        assert self.chain.returncode == 0, self.chain.stdout + self.chain.stderr
