"""yijianctl with the real gateway: every command that changes something, its refusals, and tail -f
over restarts of the daemon."""

import json
import os
import select
import signal
import subprocess
import time

import pytest

import harness

pytestmark = pytest.mark.quick
POLICY = {"name": "default", "levels": [{"notify": ["family"], "wait": "60s"}, {"notify": ["duty"]}], "repeat_every": "5m"}


def refused(gateway, *words, code=1):
    done = gateway.ctl_raw(*words)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    assert done.stderr and not done.stdout
    return done.stderr


def test_an_incident_from_the_desk(world):
    world.begin([POLICY]).village()
    g, home, family = world.gateway, world.device("b1"), world.caregiver("fam1")
    doctor = world.caregiver("doc1")
    home.wait(id=home.call(), state="received")
    family.wait(state="open")
    i = "gw-1-1"
    assert refused(g, "incident", "ack", i, "--by", "nobody")
    assert refused(g, "incident", "ack", "gw-1-99", "--by", "fam1")
    g.ctl("incident", "ack", i, "--by", "fam1", "--how", "remote")
    assert g.incident()["state"] == "open"
    g.ctl("incident", "page", i, "--to", "doc1")
    assert doctor.wait(state="open")["incident"] == i
    g.ctl("incident", "note", i, "--code", "called_120", "--text", "已打 120", "--by", "fam1")
    g.ctl("incident", "ack", i, "--by", "doc1", "--eta", "5")
    home.wait(state="answered", by="彭医生")
    shown = g.incident()
    assert shown["state"] == "acked" and shown["answered_by"] == "doc1"
    assert {p["caregiver"]: p["status"] for p in shown["people"]}["doc1"] == "answered"
    assert [n["text"] for n in shown["notes"]] == ["已打 120"]
    g.ctl("incident", "arrive", i, "--by", "doc1")
    assert "outcome" in refused(g, "incident", "resolve", i, "--by", "doc1")
    g.ctl("incident", "resolve", i, "--by", "doc1", "--outcome", "hospital")
    assert refused(g, "incident", "cancel", i, "--by", "doc1", "--reason", "x")
    assert g.incidents() == [] and g.incidents(True)[0]["outcome"] == "hospital"
    home.wait(id=home.call(), state="received")
    g.ctl("incident", "cancel", "gw-1-2", "--by", "fam1", "--reason", "误按")
    assert g.incident(2)["state"] == "cancelled"
    # Who acted stands beside the caregiver in whose name; free text is not in the log.
    acked = g.events("incident.acked")[0]["data"]
    assert acked["caregiver"] == "doc1" and acked["actor"] and acked["via"] == "ctl"
    assert "误按" not in g.ctl("tail", "-n", "1000", "--json") and "已打" not in g.ctl("log", "export")
    g.verify_log()


def test_the_directory_from_the_desk(world):
    world.begin([POLICY])
    g = world.gateway
    g.ctl("region", "add", "511781103201", "name=石门村")
    g.ctl("institution", "add", "id=i1", "name=养老院", "region=511781103000", "filing=filed")
    g.ctl("resident", "add", "id=r1", "name=王秀英", "region=511781103201", "phone=13900000001")
    assert "r1" in refused(g, "resident", "add", "r1", "name=x", "region=511781103201")
    assert refused(g, "resident", "set", "r9", "name=x")
    assert "phone" in refused(g, "resident", "set", "r1", "phone=nonsense")
    assert refused(g, "resident", "set", "r1", "nonsense=1")
    g.ctl("resident", "set", "r1", "phone=", "notes=a=b")
    one = g.ctl_json("resident", "show", "r1")
    assert one["phone"] == "" and one["notes"] == "a=b" and one["name"] == "王秀英"
    g.ctl("caregiver", "add", "fam1", "name=女儿", "role=family", "residents=r1")
    g.ctl("device", "add", "b1", "kind=button", "resident=r1")
    g.ctl("bed", "add", "bed1", "kind=institution", "institution=i1")
    g.ctl("bed", "move", "r1", "bed1", "--reason", "入住")
    assert g.ctl_json("bed", "show", "bed1")["occupant"] == "r1"
    g.ctl("bed", "move", "r1", "-", "--reason", "回家")
    assert not g.ctl_json("bed", "show", "bed1")["occupant"]
    assert "r1" in refused(g, "resident", "remove", "r1")  # a device is bound to them
    g.ctl("device", "remove", "b1")
    g.ctl("resident", "remove", "r1")
    assert refused(g, "resident", "show", "r1")
    # Nothing that was refused disturbed the gateway.
    assert g.ctl_json("status")["degraded"] is None
    types = [e["type"] for e in g.events()]
    assert "yijian.gateway.degraded" not in types[types.index("yijian.directory.changed"):]
    assert {"yijian.bed.assigned", "yijian.bed.released"} <= set(types)


def test_import_all_or_nothing(world):
    world.begin([POLICY])
    g = world.gateway
    file = world.folder / "r.csv"
    file.write_bytes("编号,姓名,区划代码,备用\nr1,王秀英,511781103201,x\nr2,李,511781103201,\n".encode("gb18030"))
    assert "备用" in refused(g, "import", "residents", file)
    assert g.ctl("import", "residents", file, "--ignore", "备用") == "residents: 2 rows, 2 added, 0 replaced\n"
    file.write_text("id,name,region\nr3,x,511781103201\nr4,,511781103201\nr5,y,12\n")
    why = refused(g, "import", "residents", file)
    assert "line 3" in why and "line 4" in why and "region" in why
    assert [r["id"] for r in g.ctl_json("resident", "list")] == ["r1", "r2"]
    file.write_text(g.ctl("export", "residents"))
    assert g.ctl_json("import", "residents", file)["replaced"] == 2


def test_reload_and_policies(world):
    world.begin([POLICY]).village()
    g = world.gateway
    assert g.ctl_json("policy", "check") == []
    assert [p["caregiver"] for p in g.ctl_json("policy", "explain", "r1")["levels"][0]["people"]] == ["fam1"]
    g.config["policies"] = [{**POLICY, "levels": [{"notify": ["doctor"], "wait": "5s"}, {"notify": ["provider"]}]}]
    g.write_config()
    g.ctl("reload")
    done = g.ctl_raw("policy", "check", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert {"policy": "default", "resident": "r1", "level": 1, "what": "the last level has nobody"} in found
    g.config["policies"] = []
    g.write_config()
    done = g.ctl_raw("reload")
    assert done.returncode == 78 and str(g.file) in done.stderr  # already seen when the socket is looked for
    done = subprocess.run([harness.BIN / "yijianctl", "--socket", g.config["ctl"]["socket"], "reload"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and str(g.file) in done.stderr


def test_device_test_and_revoke(world):
    world.begin([POLICY]).village()
    g, home = world.gateway, world.device("b1")
    g.ctl("device", "test", "b1")
    home.wait(id=home.call(), state="received")
    assert g.incidents() == []
    home.wait(id=home.call(), state="received")
    harness.wait_until(lambda: g.incidents(), "the second press, which is real")
    assert refused(g, "device", "test", "b9")
    environment = {**os.environ, "YIJIAN_CA_TOOL": "/nowhere"}
    done = g.ctl_raw("device", "revoke", "b1", env=environment)
    assert done.returncode == 0 and "certificates were not touched" in done.stderr
    assert g.ctl_json("device", "show", "b1")["revoked"] is True
    g.wait_event("device.revoked", device="b1")


def test_status_says_how_it_is(world):
    world.begin([POLICY]).village()
    g, home = world.gateway, world.device("b1")
    home.wait(id=home.call(), state="received")
    status = harness.wait_until(
        lambda: (lambda s: s if s["broker"] == {"help": "up", "chatter": "up"} else None)(g.ctl_json("status")),
        "both connections")
    assert status["gateway"] == "gw-1" and status["pid"] == g.process.pid
    assert status["database"] == str(g.database) and status["incidents"]["open"] == 1
    assert sum(status["incidents"]["by_level"]) == 1
    assert "1 open" in g.ctl("status")
    g.stop()
    assert "not reachable" in refused(g, "status", code=69)
    # What only reads goes on without it.
    assert len(g.incidents()) == 1 and g.ctl_json("log", "verify")["ok"] and g.ctl("tail")


def test_tail_follows_the_gateway_over_restarts(world):
    """`tail -f` survives a restart of the daemon and neither repeats nor skips an event."""
    world.begin([POLICY]).village()
    g = world.gateway
    tail = subprocess.Popen([harness.BIN / "yijianctl", "-c", g.file, "tail", "-f", "-n", "3", "--json"],
                            stdout=subprocess.PIPE)
    text = bytearray()

    def numbers():
        while select.select([tail.stdout], [], [], 0)[0]:
            piece = os.read(tail.stdout.fileno(), 65536)
            assert piece
            text.extend(piece)
        return [int(json.loads(line)["id"].split(":")[1]) for line in text.splitlines()] if text.endswith(b"\n") else []

    def head():
        return int(g.events()[-1]["id"].split(":")[1])
    harness.wait_until(lambda: len(numbers()) >= 3, "the first lines")
    first = numbers()[0]
    for way in ("stop", "kill", "stop"):
        for n in range(20):
            g.ctl("resident", "set", "r1", f"notes={n}")
        getattr(g, way)()
        g.start()
    g.ctl("resident", "set", "r1", "notes=end")
    last = head()
    harness.wait_until(lambda: numbers()[-1:] == [last], "the newest event")
    assert numbers() == list(range(first, last + 1))
    tail.send_signal(signal.SIGTERM)
    tail.wait(10)
    tail.stdout.close()


def test_tail_is_told_and_does_not_wait_for_the_clock(world):
    """Each event is shown soon after its commit, not at the next look of a second later."""
    world.begin([POLICY]).village()
    g = world.gateway
    tail = subprocess.Popen([harness.BIN / "yijianctl", "-c", g.file, "tail", "-f", "-n", "1"],
                            stdout=subprocess.PIPE, text=True)
    assert tail.stdout.readline()
    began = time.monotonic()
    for n in range(12):
        g.ctl("resident", "set", "r1", f"notes={n}")
        assert "directory.changed" in tail.stdout.readline()
    assert time.monotonic() - began < 6  # 12 by the clock alone
    tail.kill()
    tail.wait()
    tail.stdout.close()
