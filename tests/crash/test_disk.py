"""Promise 1 on a full disk: nothing is acknowledged that is not stored, open incidents go on escalating,
the gateway is degraded, and all of it recovers by itself when space is back."""

import collections
import errno
import os
import subprocess
import time

import harness
import pytest

MIB = 1 << 20
# enough that the gateway finds it roomy (over 256 + 64 MiB) when nothing else is on it
DISK = 400 * MIB

QUICK = {"name": "default",
         "levels": [{"notify": ["grid"], "wait": "2s"}, {"notify": ["doctor"], "wait": "2s"},
                    {"notify": ["duty"]}],
         "repeat_every": "3s"}


class Disk:
    """A tmpfs of its own that can be filled and emptied."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)],
                       check=True)

    def free(self):
        stat = os.statvfs(self.folder)
        return stat.f_bavail * stat.f_frsize

    def fill(self, leave=0):
        """Until no more than `leave` is free; the gateway may write or release some meanwhile."""
        name = self.folder / f"filler-{len(os.listdir(self.folder))}"
        with open(name, "wb", buffering=0) as filler:
            while (room := self.free() - leave) > 0:
                try:
                    filler.write(bytes(min(room, MIB)))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def clear(self):
        for name in self.folder.glob("filler-*"):
            name.unlink()

    def end(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    d = Disk(tmp_path / "disk")
    yield d
    d.end()


@pytest.fixture
def full(crash, disk):
    """A village whose gateway lives on the disk, and who hears what."""
    crash.begin(policies=[QUICK], gateway={"data_dir": str(disk.folder / "data")}).village()
    crash.home = crash.device("b1")
    crash.people = {c: crash.caregiver(c) for c in ("fam1", "grid1", "doc1", "duty1")}
    crash.watcher = harness.Client(crash.broker, "watcher").subscribe("yj/v1/gw/gw-1/state")
    crash.clients.append(crash.watcher)
    return crash


def fill_until_nothing_is_stored(full, disk):
    """Fills the disk again and again (the reserve is released, the log of the database has room of
    its own) until commits fail; presses meanwhile."""
    calls = []

    def failing():
        disk.fill()
        calls.append(full.home.call("service"))
        return "store" in full.gateway.http("/readyz")[1]
    harness.wait_until(failing, "commits to fail")
    return calls


def test_full_disk(full, disk):
    gateway, home, duty = full.gateway, full.home, full.people["duty1"]
    assert (disk.folder / "data" / "reserve").stat().st_size == 64 * MIB
    first = home.call()
    full.people["grid1"].wait(incident="gw-1-1", state="open")
    calls = [first] + fill_until_nothing_is_stored(full, disk)
    assert "reserve_released" in gateway.log.read_text()
    assert not (disk.folder / "data" / "reserve").exists()
    status, why = gateway.http("/readyz")
    assert status == 503 and "store" in why
    # what is not stored is not acknowledged
    begin, before = time.monotonic(), len(duty.pages(incident="gw-1-1"))
    lost = home.call()
    # pages go on: the last level is repeated, with new deliveries, and not faster than it may be
    duty.wait(count=before + 3, incident="gw-1-1", state="open")
    pages = duty.pages(incident="gw-1-1")
    assert len({p["id"] for p in pages}) == len(pages)
    assert len(pages) - before <= (time.monotonic() - begin) / 3 + 2
    assert not home.find(id=lost)
    stored = {e["data"].get("alert") for e in gateway.events("incident.*")}
    assert lost not in stored
    heard = {p["id"] for p in home.find(state="received")}
    assert heard <= stored, "received was said of something that is not stored"
    harness.wait_until(lambda: any("store" in p.get("degraded", "") for p in full.watcher.find()),
                       "the state topic")
    # space is back: nobody does anything, and all is well
    disk.clear()
    for call in [*calls, lost]:
        home.wait(id=call, state="received")
    gateway.wait_ready()
    harness.wait_until(lambda: "degraded" not in full.watcher.find()[-1], "the state topic")
    reasons = [e["data"]["reason"] for e in gateway.events("gateway.degraded")]
    assert any("store" in r for r in reasons), reasons
    gateway.wait_event("gateway.recovered")
    harness.wait_until((disk.folder / "data" / "reserve").exists, "the reserve")
    times = collections.Counter(
        e["data"]["alert"] for e in gateway.events("incident.*")
        if e["type"] in ("yijian.incident.opened", "yijian.incident.joined"))
    floods = sum(e["data"]["count"] for e in gateway.events("alert.flood"))
    assert set(times.values()) == {1}
    assert len(times) + floods == len(calls) + 1 or gateway.query(
        "SELECT sum(alerts) FROM incidents")[0][0] == len(calls) + 1
    gateway.verify_log()


def test_all_levels_on_a_full_disk(full, disk):
    """An incident that was opened just before goes up level by level although no step is stored, and
    over every channel of each person."""
    gateway, home, people = full.gateway, full.home, full.people
    disk.fill(leave=256 << 10)  # for the press and not much more
    home.call("service")
    people["grid1"].wait(incident="gw-1-1", state="open")
    fill_until_nothing_is_stored(full, disk)
    people["doc1"].wait(incident="gw-1-1", state="open")
    people["duty1"].wait(count=2, incident="gw-1-1", state="open")
    disk.clear()
    gateway.wait_ready()
    assert people["grid1"].reply("gw-1-1", "ack", eta=5)["ok"] is True
    gateway.verify_log()


def test_an_answer_on_a_full_disk_counts_later(full, disk):
    gateway, home, grid = full.gateway, full.home, full.people["grid1"]
    home.call()
    grid.wait(incident="gw-1-1", state="open")
    fill_until_nothing_is_stored(full, disk)
    id = "11111111-1111-4111-8111-111111111111"
    grid.reply("gw-1-1", "ack", id=id, wait=False, eta=5)
    count = len(full.people["duty1"].pages())
    full.people["duty1"].wait(count=count + 1, state="open")
    assert not grid.find(id=id)
    disk.clear()
    assert harness.wait_until(lambda: grid.find(id=id), "the result")[0]["ok"] is True
    home.wait(incident="gw-1-1", state="answered")
    gateway.wait_ready()
    gateway.verify_log()


def test_start_on_a_full_disk(full, disk):
    """The daemon dies while the disk is full and comes up again all the same."""
    gateway, home, duty = full.gateway, full.home, full.people["duty1"]
    home.call()
    full.people["grid1"].wait(incident="gw-1-1", state="open")
    disk.fill()
    gateway.kill()
    disk.fill()
    count = len(duty.pages())
    gateway.start(ready=False)
    harness.wait_until(lambda: gateway.http("/readyz")[0] == 503, "an answer")
    duty.wait(count=count + 2, state="open")
    disk.clear()
    gateway.wait_ready()
    gateway.verify_log()


def test_low_space_stops_an_import_under_way(full, disk):
    """Below 256 MiB free nothing is imported: also if it became so little while the file was being read
    (here by the very reading)."""
    gateway, rows = full.gateway, 60000
    big = full.folder / "big.csv"
    big.write_text("id,name,region,notes\n" + "".join(
        f"q{n},{'n' * 60},511781103201,{'x' * 200}\n" for n in range(rows)))
    disk.fill(leave=262 * MIB)
    done = gateway.ctl_raw("import", "residents", big)
    assert done.returncode == 1 and "nearly full" in done.stderr, done
    assert gateway.query("SELECT count(*) FROM residents")[0][0] == 1
    assert not (disk.folder / "data" / "import.db").exists()
    disk.clear()
    gateway.wait_ready()
    assert f"{rows} added" in gateway.ctl("import", "residents", big)


def test_low_space_keeps_what_is_no_help_out(full, disk):
    """Below 256 MiB free only steps of incidents and alerts are written."""
    gateway, home = full.gateway, full.home
    disk.fill(leave=100 * MIB)
    harness.wait_until(lambda: "disk_nearly_full" in gateway.http("/readyz")[1], "degraded", 15)
    home.say("call", b"{broken")
    call = home.call()
    home.wait(id=call, state="received")
    rejected = len(gateway.events("alert.rejected"))
    assert rejected == 0
    assert gateway.metric('yijian_alerts_rejected_total{reason="json",device="b1"}') == 1
    disk.clear()
    gateway.wait_ready()
