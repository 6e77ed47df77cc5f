"""Issue 5: coturn with short-lived credentials, on TLS too; the shipped settings, a secret that changes while
calls go on, a certificate that is renewed, and `yijianctl turn check`, which says what is wrong."""

import contextlib
import json
import signal
import socket

import pytest

import coturn
from harness import wait_until


@pytest.fixture
def turn(tmp_path):
    t = coturn.Turn(tmp_path / "turn").start()
    yield t
    t.stop()


def urls(turn):
    return [f"stun:127.0.0.1:{turn.port}", f"turn:127.0.0.1:{turn.port}",
            f"turn:127.0.0.1:{turn.port}?transport=tcp", f"turns:127.0.0.1:{turn.tls_port}"]


def begin(world, turn, **more):
    return world.begin(
        turn={"urls": urls(turn), "secret_file": str(turn.secret_file), **more}).gateway


def check(g, turn):
    """(exit code, a row for each URL)"""
    done = g.ctl_raw("turn", "check", "--json", "--ca-file", turn.cert)
    return done.returncode, json.loads(done.stdout)


def test_every_way_carries_a_word(world, turn):
    g = begin(world, turn)
    code, rows = check(g, turn)
    assert code == 0, rows
    assert [(r["url"], r["ok"], r["address"]) for r in rows] == [
        (url, True, "127.0.0.1") for url in urls(turn)]
    assert ["certificate_until" in r for r in rows] == [False, False, False, True]
    text = g.ctl("turn", "check", "--ca-file", turn.cert)
    assert urls(turn)[3] in text and "yes" in text
    assert "credential" not in text


def test_no_relay_is_no_failure(world):
    g = world.begin().gateway
    assert g.ctl_json("turn", "check") == []
    assert "no relay" in g.ctl("turn", "check")


def test_certificate_of_nobody_is_refused(world, turn):
    """What a browser would not take either."""
    g = begin(world, turn)
    done = g.ctl_raw("turn", "check")
    assert done.returncode == 1
    assert "certificate" in done.stdout and "self" in done.stdout.lower()


def test_wrong_secret_is_named(world, turn):
    turn.secret_file.write_text("south wind\n")
    code, rows = check(begin(world, turn), turn)
    assert code == 1
    assert [r["ok"] for r in rows] == [True, False, False, False]
    assert all("secret" in r["reason"] for r in rows[1:])


def test_secret_changes_while_it_runs(world, turn):
    """Both secrets hold for a while: the relay first, then the gateway, then the old one goes; nothing
    is restarted."""
    g = begin(world, turn)
    assert check(g, turn)[0] == 0
    turn.secrets(add="south wind")
    assert check(g, turn)[0] == 0
    turn.secret_file.write_text("south wind\n")
    g.hangup()
    g.wait_event("config.loaded", 2)
    assert check(g, turn)[0] == 0
    turn.secrets(remove=coturn.SECRET)
    assert check(g, turn)[0] == 0
    turn.secrets(remove="south wind", add="another")
    assert check(g, turn)[0] == 1


def test_renewed_certificate_is_taken_without_a_restart(world, turn):
    g = begin(world, turn)
    before = check(g, turn)[1][3]["certificate_until"]
    coturn.certificate(turn.folder, days=60)
    turn.process.send_signal(signal.SIGUSR2)
    after = wait_until(lambda: [r["certificate_until"] for r in check(g, turn)[1][3:]
                                if r["ok"] and r["certificate_until"] != before], "the new one")
    assert after[0] > before


def test_nobody_comes_through_it_into_the_network(world, tmp_path):
    """As shipped: a port of this machine is no end of a call."""
    turn = coturn.Turn(tmp_path / "turn", loopback=False).start()
    try:
        code, rows = check(begin(world, turn), turn)
        assert code == 1
        assert [r["ok"] for r in rows] == [True, False, False, False]
        assert all("allowed-peer-ip" in r["reason"] for r in rows[1:])
    finally:
        turn.stop()


def test_nothing_there(world, turn):
    """A relay that is away, and one that is silent."""
    turn.stop()
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind(("127.0.0.1", 0))
        g = begin(world, turn, urls=[f"turn:127.0.0.1:{turn.port}", f"turns:127.0.0.1:{turn.tls_port}",
                                     f"turn:127.0.0.1:{silent.getsockname()[1]}"])
        code, rows = check(g, turn)
        assert code == 1
        assert [r["reason"].partition(":")[0] for r in rows] == [
            "no answer", "no connection", "no answer"]

