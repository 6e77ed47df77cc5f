"""scripts/bench: speed and memory of the gateway, as ratios against ceilings of the same run.

Each item prints its lines of one table; --json FILE saves them as a list of
{name, value, unit, ceiling, ratio, goal, met}. Nothing here is a test: whether a goal is met is
reported, not asserted. The programs are those of YJ_BIN_DIR, the tools those beside it."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

TOOLS = harness.BIN.parent / "bench"
# One caregiver, found by region, is asked at once; nobody else within the time of a run.
POLICY = {"name": "default", "repeat_every": "24h",
          "levels": [{"notify": ["grid"], "wait": "12h"}, {"notify": ["duty"]}]}


def tool(name, *words):
    """Runs a tool that prints one JSON object; its exit code may say that not all came."""
    done = subprocess.run([str(TOOLS / f"bench_{name}"), *map(str, words)],
                          stdout=subprocess.PIPE, text=True)
    if not done.stdout.strip():
        raise SystemExit(f"bench_{name} {words}: exit {done.returncode}")
    return json.loads(done.stdout)


def fill(gateway, **sizes):
    gateway.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = [w for k, v in sizes.items() for w in (f"--{k}", str(v))]
    subprocess.run([str(TOOLS / "bench_fill"), str(gateway.database), "gw-1", *words], check=True)


@contextlib.contextmanager
def broker(folder):
    b = harness.Broker(folder / "broker").start()
    try:
        yield b
    finally:
        b.stop()


@contextlib.contextmanager
def gateway(folder, b, **sizes):
    """A gateway with a full database, started and ready."""
    g = harness.Gateway(folder, b, [POLICY])
    fill(g, **sizes)
    g.start()
    try:
        yield g
    finally:
        g.stop()


@contextlib.contextmanager
def mirror(b, database=None):
    """The bare client that stands for the gateway."""
    words = [str(TOOLS / "bench_reflect"), str(b.port)] + ([str(database)] if database else [])
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.terminate()
        process.wait(10)


def settle(b, devices):
    """Every device is online before it presses, as in life."""
    tool("load", b.port, "beat", 0, devices, "--rate", 5000)
    time.sleep(6)  # the housekeeping of every 5 s has written it


def cpu_s(pid):
    """Processor time of all threads, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def status(pid, key):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))


def wakeups(pid):
    """How often all threads have gone to sleep of their own will."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                             (task / "status").read_text(), re.M).group(1))
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


class Table:
    FORMAT = "{name:<44}{value:>13}  {unit:<14}{ceiling:>12}{ratio:>9}  {goal:<14}{met}"

    def __init__(self):
        self.rows = []
        print(self.FORMAT.format(name="what", value="value", unit="unit", ceiling="ceiling",
                                 ratio="ratio", goal="goal", met="met"), flush=True)

    def add(self, name, value, unit, ceiling=None, goal=None, low=None, high=None, of=None):
        """`goal` is shown; low and high bound the ratio (or, without a ceiling, the value);
        `of` says which of the two when both would do."""
        ratio = value / ceiling if ceiling else None
        measure = value if of == "value" or ratio is None else ratio
        met = None
        if low is not None or high is not None:
            met = (low is None or measure >= low) and (high is None or measure <= high)
        self.rows.append({"name": name, "value": round(value, 4), "unit": unit,
                          "ceiling": None if ceiling is None else round(ceiling, 4),
                          "ratio": None if ratio is None else round(ratio, 4),
                          "goal": goal, "met": met})

        def short(x):
            return "" if x is None else f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.4g}"
        print(self.FORMAT.format(
            name=name, value=short(value), unit=unit, ceiling=short(ceiling), ratio=short(ratio),
            goal=goal or "", met={True: "yes", False: "NO", None: ""}[met]), flush=True)


# ── a. sustained durable alerts ──

def throughput(table, folder):
    """Rounds of the bare client and of the gateway in turn, so that both see the same machine; of
    each the best round counts, the one that others disturbed least."""
    rounds, each, window = 5, 10000, 1000
    bare, full, groups, cpu = [], [], [], []
    with broker(folder) as b, gateway(folder / "gw", b, residents=(rounds + 1) * each) as g:
        settle(b, (rounds + 1) * each)
        one_load(g, b, rounds * each, each, window, [], [])  # warm
        for n in range(rounds):
            full.append(one_load(g, b, n * each, each, window, groups, cpu))
            bare.append(one_bare(folder / f"bare{n}", each, window))
    group = max(1, round(statistics.median(groups)))
    disk = tool("disk", folder / "disk.db", group, 5)["rows_per_s"]
    broker_ceiling = max(bare)
    value = max(full)
    table.add("alerts/s, broker ceiling", broker_ceiling, "alerts/s")
    table.add(f"alerts/s, disk ceiling (groups of {group})", disk, "alerts/s")
    table.add("alerts/s, sustained and durable", value, "alerts/s", min(broker_ceiling, disk),
              ">= 0.5", low=0.5)
    table.add("processor time of the daemon", statistics.median(cpu) * 1e6, "us/alert")


def one_load(g, b, first, count, window, groups, cpu):
    commits, used = g.metric("yijian_commit_seconds_count"), cpu_s(g.process.pid)
    run = tool("load", b.port, "press", first, count, "--window", window)
    assert run["done"] == count, run
    cpu.append((cpu_s(g.process.pid) - used) / count)
    groups.append(count / (g.metric("yijian_commit_seconds_count") - commits))
    return run["per_s"]


def one_bare(folder, count, window):
    with broker(folder) as b, mirror(b):
        run = tool("load", b.port, "press", 0, count, "--window", window)
        assert run["done"] == count, run
        return run["per_s"]


# ── b. press to inbox ──

def latency(table, folder):
    """At 200 alerts/s; the bare client with one commit is two hops and one commit. Of each the
    best round counts, the one that others disturbed least."""
    rounds, each, rate = 6, 1000, 200
    hops, full = [], []
    with broker(folder) as b, gateway(folder / "gw", b, residents=(rounds + 1) * each) as g:
        settle(b, (rounds + 1) * each)
        tool("load", b.port, "press", rounds * each, each, "--rate", rate)  # warm
        for n in range(rounds):
            run = tool("load", b.port, "press", n * each, each, "--rate", rate)
            assert run["done"] == each, run
            full.append(run["inbox_us"])
            with broker(folder / f"b{n}") as other, mirror(other, folder / f"hops{n}.db"):
                hops.append(tool("load", other.port, "press", 0, each, "--rate", rate)["inbox_us"])
    for point, goal in (("p50", 1.5), ("p99", 2.0)):
        table.add(f"press to inbox at {rate}/s, {point}",
                  min(r[point] for r in full) / 1e3, "ms",
                  min(r[point] for r in hops) / 1e3, f"<= {goal}", high=goal)


# ── c. a large database ──

def size(table, folder):
    """Two gateways, one with a long history, loaded in turn."""
    big_events, rounds, each, window = 10_000_000, 6, 5000, 1000
    residents = (rounds + 1) * each
    runs = {}
    with broker(folder / "s") as bs, broker(folder / "b") as bb, \
            gateway(folder / "small", bs, residents=residents, history=10_000) as small, \
            gateway(folder / "big", bb, residents=residents, history=big_events) as big:
        bytes_big = big.database.stat().st_size
        for name, g, b in (("small", small, bs), ("big", big, bb)):
            runs[name] = {"cpu": [], "per_s": []}
            settle(b, residents)
            one_load(g, b, rounds * each, each, window, [], [])  # warm
        for n in range(rounds):
            for name, g, b in (("small", small, bs), ("big", big, bb)):
                runs[name]["per_s"].append(
                    one_load(g, b, n * each, each, window, [], runs[name]["cpu"]))
    table.add(f"database with {big_events:,} events", bytes_big / 2 ** 30, "GiB")
    small_us, big_us = (statistics.median(runs[n]["cpu"]) * 1e6 for n in ("small", "big"))
    table.add("cost per alert with 10 M events, processor", big_us, "us/alert", small_us,
              "<= 1.2", high=1.2)
    small_ms, big_ms = (1e3 / statistics.median(runs[n]["per_s"]) for n in ("small", "big"))
    table.add("cost per alert with 10 M events, elapsed", big_ms, "ms/alert", small_ms,
              "<= 1.2", high=1.2)


# ── d. memory and start ──

def memory(table, folder):
    """Every one of 100,000 devices presses, and then all beat, some at the rate that a heartbeat of
    5 minutes asks for; their incidents stay open."""
    devices = 100_000
    with broker(folder) as b, gateway(folder / "gw", b, residents=devices) as g:
        run = tool("load", b.port, "press", 0, devices)
        assert run["done"] == devices, run
        tool("load", b.port, "beat", 0, devices, "--rate", 4000)
        tool("load", b.port, "beat", 0, 10_000, "--rate", devices / 300)
        kib = status(g.process.pid, "VmRSS")
        peak = status(g.process.pid, "VmHWM")
        open_now = g.metric('yijian_incidents_open{level="0"}')
        assert open_now == devices, open_now
    table.add("resident, 100,000 devices and incidents", kib / 1024, "MiB", None, "<= 64", high=64)
    table.add("  at most, while all of them pressed", peak / 1024, "MiB")


def audited(g, times):
    """So many self-audits have run, each with its housekeeping."""
    before = g.metric("yijian_audits_total")
    harness.wait_until(lambda: g.metric("yijian_audits_total") >= before + times, "audits", 60)


def presence(table, folder):
    """100,000 devices that beat every 5 minutes, a minute of it; and a minute in which none does."""
    devices, beat_s, seconds = 100_000, 300, 60
    with broker(folder) as b, gateway(folder / "gw", b, residents=devices) as g:
        pid = g.process.pid
        tool("load", b.port, "beat", 0, devices, "--rate", 2000)
        harness.wait_until(lambda: g.ctl_json("status")["devices"]["online"] == devices,
                           "all to be heard", 60)
        audited(g, 4)  # what was heard is written
        used, began = cpu_s(pid), time.monotonic()
        tool("load", b.port, "beat", 0, devices // beat_s * seconds, "--rate", devices / beat_s)
        busy = (cpu_s(pid) - used) / (time.monotonic() - began)
        audited(g, 2)
        used, began = cpu_s(pid), time.monotonic()
        time.sleep(seconds)  # that long is measured: looking at it meanwhile would be work
        still = (cpu_s(pid) - used) / (time.monotonic() - began)
        kib, peak = status(pid, "VmRSS"), status(pid, "VmHWM")
        assert g.ctl_json("status")["devices"]["online"] == devices
    table.add("100,000 devices that beat every 5 min, of one core", busy * 100, "%", None, "< 5", high=5)
    table.add("  while none of them says anything", still * 100, "%")
    table.add("  memory", kib / 1024, "MiB", None, "<= 64", high=64)
    table.add("  memory at most, while all came online", peak / 1024, "MiB")


def start(table, folder):
    open_incidents, times = 1_000_000, []
    with broker(folder) as b:
        g = harness.Gateway(folder / "gw", b, [POLICY])
        fill(g, residents=200_000, open=open_incidents)
        for _ in range(5):
            began = time.monotonic()
            g.start(ready=False)
            while g.http("/readyz")[0] != 200:
                assert g.alive() and time.monotonic() - began < 60
                time.sleep(0.002)
            times.append(time.monotonic() - began)
            assert g.metric('yijian_incidents_open{level="0"}') == open_incidents
            g.stop()
    table.add("start to ready, 1,000,000 open incidents", statistics.median(times), "s", None,
              "< 1", high=1)
    table.add("  the slowest of five", max(times), "s")


# ── e. idle ──

def idle(table, folder):
    seconds = 30
    with broker(folder) as b, gateway(folder / "gw", b, residents=1000) as g:
        pid = g.process.pid
        time.sleep(10)  # the platform's feed has found that nobody listens
        used, slept, began = cpu_s(pid), wakeups(pid), time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        used, slept = cpu_s(pid) - used, wakeups(pid) - slept
    table.add("idle, of one core", used / took * 100, "%", None, "<= 0.1", high=0.1)
    # What wakes it: the audit every 5 s; each of two connections' keep-alives of 30 s, a ping and its
    # answer; the feed's next try, at most every 60 s by then; timeouts that epoll ends a millisecond early.
    table.add("idle, wake-ups in 30 s", slept, "")


# ── f. endpoints that hang ──

ENDPOINTS, HANGING, PRESSES = 1000, 100, 10


@contextlib.contextmanager
def hooks(wanted):
    """A server for all endpoints, and a way to talk to it."""
    process = subprocess.Popen([str(TOOLS / "bench_hooks"), str(HANGING), str(wanted)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)


def deliveries(folder, hang):
    """Seconds from the first press until the healthy endpoints have all that is theirs, and how
    many requests hung by then. A gateway of its own each time: an endpoint that has hung is known
    to."""
    healthy = (ENDPOINTS - HANGING) * PRESSES
    with broker(folder / "b") as b, hooks(healthy) as (server, port):
        g = harness.Gateway(folder / "gw", b, [POLICY], webhooks=[
            {"name": f"w{n}", "url": f"http://127.0.0.1:{port}/{n}", "timeout": "60s"}
            for n in range(ENDPOINTS)])
        g.start()
        try:
            g.load("residents", [{"id": f"r{n}", "name": "王秀英", "region": "511781103201"}
                                 for n in range(PRESSES)])
            g.load("devices", [{"id": f"b{n}", "kind": "button", "resident": f"r{n}"}
                               for n in range(PRESSES)])
            g.load("caregivers", [{"id": f"c{n}", "name": "何晓东", "role": "grid",
                                   "region": "511781103201", "channels": f"webhook:w{n}"}
                                  for n in range(ENDPOINTS)])
            server.stdin.write("hang\n" if hang else "answer\n")
            server.stdin.flush()
            server.stdout.readline()
            homes = [harness.Device(b, f"b{n}") for n in range(PRESSES)]
            began = time.monotonic_ns()
            for home in homes:
                home.call()
            done = json.loads(server.stdout.readline())
            for home in homes:
                home.close()
            return (done["last_ns"] - began) / 1e9, done["hanging"]
        finally:
            g.stop()


def endpoints(table, folder):
    """10,000 deliveries over 1,000 endpoints, of which 100 hang, or none; in turn, and of each the
    best round counts."""
    rounds, free, beside, held = 5, [], [], 0
    for n in range(rounds):
        free.append(deliveries(folder / f"free{n}", False)[0])
        seconds, held = deliveries(folder / f"beside{n}", True)
        beside.append(seconds)
    healthy = (ENDPOINTS - HANGING) * PRESSES
    table.add(f"{healthy:,} deliveries to {ENDPOINTS - HANGING} endpoints", min(free), "s")
    table.add(f"  beside {HANGING} that hang", min(beside), "s", min(free), "<= 1.1", high=1.1)
    table.add("  requests that hang, of 1,000", held, "")


# ── g. messages of devices ──

DECODE = 300_000  # a second, of any message


def decode(table, folder):
    """Reading and sifting each capture there is; the slowest of each family counts. Beside it what
    jansson takes to parse the same messages and do nothing with them."""
    del folder
    fixtures = harness.ROOT / "tests" / "fixtures"
    files = [fixtures / "devices.jsonl", *sorted((fixtures / "families").glob("*.jsonl")),
             *sorted((harness.ROOT / "devices" / "mappings").glob("*.yaml"))]
    done = subprocess.run([TOOLS / "bench_decode", *files], capture_output=True, text=True,
                          check=True)
    for line in done.stdout.splitlines():
        r = json.loads(line)
        table.add(f"{r['family']}, slowest of {r['captures']}: {r['which'][:24]}",
                  r["slowest"], "/s", DECODE, ">= 1", low=1)
        table.add("  all of them", r["all"], "/s", r["jansson"] or None)


# ── h. visits ──

def visit(table, folder):
    """From tap to first picture; needs Chromium, and takes two minutes."""
    import visit as bench_visit
    bench_visit.run(table, folder)


ITEMS = {"throughput": throughput, "latency": latency, "size": size, "memory": memory, "presence": presence,
         "start": start, "idle": idle, "endpoints": endpoints, "decode": decode,
         "visit": visit}


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Speed and memory against ceilings of the same run.")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="what to measure (all): " + ", ".join(ITEMS))
    parser.add_argument("--json", metavar="FILE", help="save the table")
    parser.add_argument("--dir", metavar="DIR",
                        help="where the databases go, up to 7 GB (a folder in the temporary one)")
    options = parser.parse_args()
    for name in options.names:
        if name not in ITEMS:
            parser.error(f"no such item: {name} ({', '.join(ITEMS)})")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    table = Table()
    for name in options.names or ITEMS:
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"yijian-bench-{name}-", dir=options.dir))
        try:
            ITEMS[name](table, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(table.rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("YJ_TEST_TIMEOUT", "60")
    sys.exit(main())
