"""scripts/run as a new user meets it: one call played through, twice at the same time and with the usual
ports taken; and the village that stays up until Ctrl-C and leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
RUN = os.path.join(ROOT, "scripts", "run")


def wait_until(condition, what, deadline_s):
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("not within %g s: %s" % (deadline_s, what))


def leftovers(folder):
    """Processes that still have the folder in their command line or hold it as their own."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                words = f.read()
        except OSError:
            continue
        if str(folder).encode() in words and int(pid) != os.getpid():
            found.append(words.replace(b"\0", b" "))
    return found


@pytest.fixture
def usual_ports_taken():
    """Somebody else's servers on the ports that everybody uses."""
    taken = []
    for port in (1883, 8883, 8420):
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", port))
            s.listen()
        except OSError:
            pass  # really taken, which is as good
        taken.append(s)
    yield
    for s in taken:
        s.close()


def start(tmp_path, *args):
    tmp_path.mkdir(exist_ok=True)
    return subprocess.Popen([RUN, *args], cwd="/", env=dict(os.environ, TMPDIR=str(tmp_path)),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, start_new_session=True)


@pytest.mark.quick
def test_two_plays_at_the_same_time_with_the_usual_ports_taken(tmp_path, usual_ports_taken):
    runs = [start(tmp_path / str(i), "--once") for i in range(2)]
    outputs = [run.communicate(timeout=240)[0] for run in runs]
    for i, (run, output) in enumerate(zip(runs, outputs)):
        assert run.returncode == 0, output
        for event in ("alert.received", "incident.opened", "incident.notified", "incident.escalated",
                      "incident.acked", "incident.arrived", "incident.resolved"):
            assert event in output
        assert os.listdir(tmp_path / str(i)) == []
        assert leftovers(tmp_path / str(i)) == []


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_village_stays_until_it_is_ended_and_leaves_nothing(tmp_path, end):
    run = start(tmp_path)
    lines = []

    def read_until(pattern, deadline_s):
        stop = time.monotonic() + deadline_s
        while time.monotonic() < stop:
            line = run.stdout.readline()
            if not line:
                break
            lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError("no %s in: %s" % (pattern, "".join(lines)))

    try:
        command = read_until(r"^\s+(\S+yijian-sim call .*--device btn-wang .*)$", 240).group(1)
        read_until("The event log", 10)
        pressed = subprocess.run(command.replace("--wait closed", "--wait received"), shell=True,
                                 timeout=30, capture_output=True, text=True)
        assert pressed.returncode == 0, pressed.stderr
        read_until(r"alert\.received", 20)
        read_until(r"incident\.opened", 20)
        # to the whole group, as a terminal does with Ctrl-C
        os.killpg(run.pid, end)
        rest, _ = run.communicate(timeout=60)
        assert run.returncode == 128 + end, "".join(lines) + rest
    finally:
        if run.poll() is None:
            run.kill()
            run.wait()
    assert os.listdir(tmp_path) == []
    assert leftovers(tmp_path) == []


def test_nothing_survives_when_the_script_itself_is_killed(tmp_path):
    run = start(tmp_path)
    for line in run.stdout:
        if "The event log" in line:
            break
    assert leftovers(tmp_path)
    run.kill()
    run.wait()
    run.stdout.close()
    wait_until(lambda: not leftovers(tmp_path), "all processes end", 30)


def test_wrong_usage_is_2():
    assert subprocess.run([RUN, "--twice"], capture_output=True, timeout=30).returncode == 2
