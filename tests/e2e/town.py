"""A bigger world for the tests of the contract's "Incidents": a clock that is moved by hand,
policies, people by role, a webhook's receiver.

The clock needs programs with planted faults (`cmake --preset plant`); YJ_PLANT_BIN_DIR names their
folder (default build/plant/bin)."""

import datetime
import http.server
import json
import os
import pathlib
import threading

from harness import ROOT, World, now_ms, wait_until

PLANT = pathlib.Path(os.environ.get("YJ_PLANT_BIN_DIR", ROOT / "build" / "plant" / "bin"))
STEP_S = 50  # less than the daemon accepts an overdue deadline for


def level(*notify, wait="60s"):
    return {"notify": list(notify), "wait": wait}


LEVELS = [level("family", "grid"), level("doctor", wait="120s"), level("duty")]


def policy(name="default", levels=None, **more):
    """Informs nobody but those who are paged, unless it is told to."""
    return {"name": name, "levels": levels or LEVELS, "repeat_every": "5m", "inform": [], **more}


class Clock:
    """What a daemon of the plant build takes for the machine's clocks."""

    def __init__(self, file):
        self.file = pathlib.Path(file)
        self.boot_id = "boot-1"
        self.boottime_ms = 1000000
        self.utc_ms = now_ms()
        self.write()

    def write(self):
        new = self.file.with_suffix(".new")
        new.write_text(f"boot_id={self.boot_id}\nboottime_ms={self.boottime_ms}\n"
                       f"utc_ms={self.utc_ms}\n")
        new.rename(self.file)

    def pass_by(self, seconds):
        """Time passes; nobody is told."""
        self.boottime_ms += round(seconds * 1000)
        self.utc_ms += round(seconds * 1000)
        self.write()

    def text(self, after_s=0):
        """The time as RFC 3339, as `incident list` has it."""
        at = datetime.datetime.fromtimestamp(self.utc_ms / 1000 + after_s, datetime.timezone.utc)
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class ClockWorld(World):
    """Time stands still until advance(). (Without it, that is in a plain World, the waits of
    policy() are longer than any test.)"""

    clock = None
    audit_ms = None  # the self-audit and its sweeps, which go by the machine's time: else every 5 s

    def prepare(self, gateway):
        assert (PLANT / "yijiand").exists(), \
            f"{PLANT} has no programs: build them with `cmake --preset plant`, or set YJ_PLANT_BIN_DIR"
        self.clock = Clock(self.folder / "clock")
        gateway.bin = PLANT
        gateway.environment["YJ_TEST_CLOCK"] = str(self.clock.file)
        if self.audit_ms:
            gateway.environment["YJ_TEST_AUDIT_MS"] = str(self.audit_ms)

    def begin(self, *args, **kwargs):
        super().begin(*args, **kwargs)
        started = self.gateway.ctl_json("status")["started_at"]
        assert started == self.clock.text(), "the daemon does not read YJ_TEST_CLOCK"
        return self

    def loads(self):
        return self.gateway.log.read_text(errors="replace").count("event=config_loaded")

    def look(self):
        """Makes the daemon look at the clock."""
        before = self.loads()
        self.gateway.hangup()
        wait_until(lambda: self.loads() > before, "the daemon to look at its clock")

    def advance(self, seconds):
        """Time passes in steps, and the daemon notices each. When this returns, all that was due
        is done."""
        while seconds > 0:
            step = min(seconds, STEP_S)
            self.clock.pass_by(step)
            self.look()
            wait_until(self.nothing_due, "what is due to be done")
            seconds -= step

    def nothing_due(self):
        return all(i["next_at"] > self.clock.text() for i in self.gateway.incidents())


def steps(gateway, number=None):
    """Short types of the incidents' events so far, oldest first."""
    found = gateway.events("incident.*")
    if number:
        found = [e for e in found if e["data"]["incident"] == f"gw-1-{number}"]
    return [e["type"].rsplit(".", 1)[1] for e in found]


def deliveries(gateway, caregiver=None, number=1, **members):
    """Deliveries of an incident to caregivers, as `incident show` has them, oldest first."""
    members = {**members, **({"caregiver": caregiver} if caregiver else {})}
    found = [d for d in gateway.incident(number)["deliveries"] if d["caregiver"]
             and all(d[k] == v for k, v in members.items())]
    return sorted(found, key=lambda d: int(d["id"].rsplit("d", 1)[1]))


def paged(gateway, number=1, level=None):
    """Who has been paged so far (pages, not news), each once, sorted."""
    return sorted({d["caregiver"] for d in deliveries(gateway, number=number)
                   if d["state"] in ("open", "joined", "remind")
                   and (level is None or d["level"] == level)})


def status_of(gateway, caregiver, number=1):
    return next(p["status"] for p in gateway.incident(number)["people"]
                if p["caregiver"] == caregiver)


class Hook:
    """An HTTP server that keeps what it is sent. `answers` are the status codes of the next
    requests; after them it says 200."""

    def __init__(self, *answers):
        hook = self
        self.got = []
        self.answers = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.got.append(body)
                self.send_response(hook.answers.pop(0) if hook.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def wait(self, count=1, **members):
        def found():
            some = [b for b in list(self.got) if all(b.get(k) == v for k, v in members.items())]
            return some if len(some) >= count else None
        return wait_until(found, f"{count} x {members} at the hook in {self.got}")[-1]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
