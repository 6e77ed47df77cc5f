"""The files of a gateway under meddling hands (promises 1, 2 and 5): removed, moved, not writable,
readable by others."""

import os
import subprocess

import harness
import pytest


@pytest.fixture
def village(crash):
    crash.begin().village()
    crash.home, crash.grid = crash.device("b1"), crash.caregiver("grid1")
    crash.home.wait(id=crash.home.call(), state="received")
    return crash


def test_the_log_of_the_database_is_removed(village):
    """"An alert whose PUBACK left the gateway is on disk": also if somebody tidies up too much."""
    g, home, supervisor = village.gateway, village.home, village.supervise()
    for suffix in ("-wal", "-shm"):
        os.unlink(f"{g.database}{suffix}")
    calls = [home.call("service") for _ in range(5)]
    for call in calls:
        home.wait(id=call, state="received")
    harness.wait_until(lambda: supervisor.deaths == [1], "a new start")
    g.wait_ready()
    found = [e["data"]["alert"] for e in g.events("alert.received")]
    assert found[1:] == calls
    g.kill()
    harness.wait_until(lambda: len(supervisor.deaths) == 2 and g.http("/readyz")[0] == 200, "ready")
    assert len(g.events("alert.received")) == 6
    g.verify_log()


def test_the_database_is_moved(village):
    """"No silence": it is loud, and whoever is in it is called all the same."""
    g, home, grid = village.gateway, village.home, village.grid
    away = g.database.with_suffix(".away")
    g.database.rename(away)
    status, why = harness.wait_until(
        lambda: (lambda a: a if a[0] == 503 else None)(g.http("/readyz")), "not ready")
    assert why == "database_moved"
    home.wait(id=home.call("service"), state="received")
    grid.wait(kind="sos", state="open")
    away.rename(g.database)
    g.wait_ready()
    assert len(g.events("incident.opened")) == 2
    g.verify_log()


def test_a_database_that_cannot_be_written(village):
    """"`/readyz` (store writable ...)": started on a database that cannot be written it is degraded,
    and recovers by itself."""
    g, home = village.gateway, village.home
    g.stop()

    def immutable(sign):
        return subprocess.run(["chattr", f"{sign}i", g.database], stderr=subprocess.DEVNULL).returncode
    if immutable("+") != 0:
        pytest.skip("this file system has no immutable files, or we are not root")
    try:
        g.start(ready=False)
        harness.wait_until(lambda: "store" in g.http("/readyz")[1], "degraded")
        call = home.call("service")
        assert not home.find(id=call)
    finally:
        immutable("-")
    supervisor = village.supervise()
    home.wait(id=call, state="received")
    g.wait_ready()
    assert supervisor.deaths == [1]
    g.verify_log()


def test_what_a_crash_left_of_an_import_is_removed(village):
    """"files are readable by the service account alone", and gone when they are of no use: here the
    names and addresses of an import that was under way."""
    g = village.gateway
    stage = g.database.parent / "import.db"
    g.kill()
    stage.write_text("somebody's address")
    g.start()
    assert not stage.exists()


def test_readable_by_the_service_account_alone(village):
    """"files are readable by the service account alone": those it makes, and those it finds."""
    g = village.gateway
    folder = g.database.parent

    def open_to_others():
        return [f.name for f in folder.iterdir() if f.lstat().st_mode & 0o077]
    assert not open_to_others() and folder.stat().st_mode & 0o077 == 0
    g.stop()
    for file in folder.iterdir():
        file.chmod(0o644)
    g.start()
    assert not open_to_others()
    village.home.wait(id=village.home.call(), state="received")
    assert not open_to_others()
