"""What yijianctl asks of the gateway, word for word, and what it makes of the answers."""

import json
import os
import subprocess

import pytest

from cli_world import CTL, fill_directory, gateway, home

pytestmark = pytest.mark.quick


def test_incident_commands(home, gateway):
    for args, cmd, sent in (
            (["ack", "gw-1-1", "--by", "son"], "incident.ack", {"by": "son"}),
            (["ack", "gw-1-1", "--by=son", "--how", "remote", "--eta", "15"], "incident.ack",
             {"by": "son", "how": "remote", "eta": 15}),
            (["arrive", "gw-1-1", "--by", "son"], "incident.arrive", {"by": "son"}),
            (["resolve", "--by", "son", "--outcome", "helped", "gw-1-1", "--note", "都好"], "incident.resolve",
             {"by": "son", "outcome": "helped", "note": "都好"}),
            (["cancel", "gw-1-1", "--by", "desk", "--reason", "-x"], "incident.cancel", {"by": "desk", "reason": "-x"}),
            (["page", "gw-1-1", "--to", "doc"], "incident.page", {"to": "doc"}),
            (["note", "gw-1-1", "--code", "called_120", "--text", "t", "--by", "doc"], "incident.note",
             {"code": "called_120", "text": "t", "by": "doc"})):
        home.ctl("incident", *args)
        assert gateway.asked() == (cmd, {"id": "gw-1-1", **sent})
    gateway.answer = {"ok": True, "data": {"by": "son"}}
    assert home.json("incident", "ack", "gw-1-1", "--by", "doc") == {"by": "son"}


def test_directory_commands(home, gateway):
    home.ctl("resident", "add", "id=r1", "name=王秀英", "region=511781100200")
    assert gateway.asked() == ("dir.put", {"kind": "residents", "mode": "add", "record": {
        "id": "r1", "name": "王秀英", "region": "511781100200"}})
    home.ctl("resident", "set", "r1", "phone=", "notes=a=b")
    assert gateway.asked() == ("dir.put", {"kind": "residents", "mode": "set", "record": {
        "id": "r1", "phone": "", "notes": "a=b"}})
    home.ctl("region", "add", "511781000000", "name=万源市")
    assert gateway.asked()[1]["record"] == {"code": "511781000000", "name": "万源市"}
    home.ctl("bed", "remove", "bed1")
    assert gateway.asked() == ("dir.remove", {"kind": "beds", "id": "bed1"})
    home.ctl("bed", "move", "r1", "bed2", "--reason", "回家")
    assert gateway.asked() == ("bed.move", {"resident": "r1", "bed": "bed2", "reason": "回家"})
    home.ctl("bed", "move", "r1", "-", "--reason", "x")
    assert gateway.asked()[1]["bed"] == ""
    home.ctl("device", "test", "b1")
    assert gateway.asked() == ("device.test", {"id": "b1"})
    home.ctl("reload")
    assert gateway.asked()[0] == "reload"


def test_import_sends_the_file_as_it_is(home, gateway):
    csv = home.path / "f.csv"
    csv.write_bytes("编号,姓名\n".encode("gb18030") + bytes(range(256)) * 5000)
    gateway.answer = {"ok": True, "data": {"rows": 3, "added": 1, "replaced": 2}}
    r = home.ctl("import", "residents", str(csv), "--ignore", "备注", "--ignore", "x")
    assert r.stdout == "residents: 3 rows, 1 added, 2 replaced\n"
    assert gateway.requests[0]["content"] == csv.read_bytes()
    assert gateway.asked() == ("import", {"kind": "residents", "ignore": ["备注", "x"]})
    r = home.ctl("import", "resident", "-", "--json", stdin=csv.open("rb"))
    assert json.loads(r.stdout)["added"] == 1
    assert gateway.requests.pop()["content"] == csv.read_bytes()
    gateway.answer = {"ok": False, "code": "invalid", "error": "line 3, column region: no code\nline 4: \x1b[2J"}
    r = home.ctl("import", "residents", str(csv), code=1)
    assert "line 3, column region: no code\nline 4: \\x1b[2J\n" in r.stderr
    assert "No such file" in home.ctl("import", "residents", "/nowhere.csv", code=1).stderr
    template = home.ctl("import", "residents", "--template").stdout
    assert "区划代码" in template


def test_refusals_and_broken_gateways(home, gateway):
    gateway.answer = {"ok": False, "code": "denied", "error": "not yours"}
    r = home.ctl("incident", "ack", "gw-1-1", "--by", "x", code=1)
    assert r.stderr == "yijianctl: not yours\n" and not r.stdout
    gateway.answer = {"ok": False, "code": "denied"}
    assert "denied" in home.ctl("status", code=1).stderr
    gateway.answer = {"ok": False, "code": "outcome_required", "error": "outcome_required"}
    assert home.ctl("status", code=1).stderr == "yijianctl: outcome required\n"
    gateway.answer = {"ok": False, "code": "invalid", "error": "a_b: " + "x" * 1000}
    assert home.ctl("status", code=1).stderr == f"yijianctl: a_b: {'x' * 1000}\n"
    gateway.answer = lambda peer: None  # closes without a word
    assert "not known" in home.ctl("reload", code=69).stderr
    gateway.answer = lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert home.ctl("status", code=69).stderr


STATUS = {"gateway": "gw-1", "version": "0.1.0", "pid": 7, "uptime_s": 90061, "started_at": "2027-01-15T08:00:00.000Z",
          "degraded": None, "database": "", "broker": {"help": "up", "chatter": "down"},
          "incidents": {"open": 3, "by_level": [1, 2, 0]}, "outbox": {"pending": 4},
          "devices": {"known": 5, "online": 2}, "utc_known": False}


def test_status(home, gateway):
    gateway.answer = {"ok": True, "data": STATUS}
    assert home.json("status") == STATUS
    text = home.ctl("status").stdout
    for words in ("gw-1", "1 d 1 h 1 min 1 s", "help up, chatter down", "3 open, 1 at level 0, 2 at level 1", "4 pending",
                  "5 known, 2 online", "not known yet"):
        assert words in text
    assert "degraded" not in text
    gateway.answer = {"ok": True, "data": {**STATUS, "degraded": "the disk is full"}}
    assert "the disk is full" in home.ctl("status").stdout


def test_the_socket_alone_is_enough(home, gateway):
    w = home.writer()
    fill_directory(w)
    gateway.answer = {"ok": True, "data": {**STATUS, "database": str(home.database)}}
    r = subprocess.run([CTL, "--socket", home.socket, "resident", "list", "--json"], capture_output=True, text=True)
    assert r.returncode == 0 and [x["id"] for x in json.loads(r.stdout)] == ["r1", "r2"]
    # Options of every command stand anywhere.
    r = subprocess.run([CTL, "resident", "--json", "list", f"--socket={home.socket}"], capture_output=True, text=True)
    assert r.returncode == 0 and len(json.loads(r.stdout)) == 2


def ca_tool(home, body):
    tool = home.path / "yijian-ca"
    tool.write_text(f"#!/bin/sh\necho \"$@\" >> {home.path}/ca.log\n{body}\n")
    tool.chmod(0o755)
    return {"YIJIAN_CA_TOOL": str(tool), "PATH": os.environ["PATH"]}


def test_device_enroll_issues_first_and_tells_then(home, gateway):
    fill_directory(home.writer())
    env = ca_tool(home, "exit 0")
    home.ctl("device", "enroll", "b1", "--days", "30", "--out", "/x", env=env)
    assert (home.path / "ca.log").read_text() == "enroll b1 --days 30 --out /x\n"
    assert [r["cmd"] for r in gateway.requests] == ["status", "device.enroll"]
    gateway.requests.clear()
    assert home.ctl("device", "enroll", "b1", env=ca_tool(home, "exit 1"), code=1).stderr
    assert [r["cmd"] for r in gateway.requests] == ["status"]  # nothing to tell of
    assert home.ctl("device", "enroll", "b1", env={"YIJIAN_CA_TOOL": "/nowhere"}, code=1).stderr
    # Nor is anything issued for a device that the directory does not know.
    (home.path / "ca.log").unlink()
    assert "no device b9" in home.ctl("device", "enroll", "b9", env=env, code=1).stderr
    assert not (home.path / "ca.log").exists()


def test_device_revoke_tells_first(home, gateway):
    home.ctl("device", "revoke", "b1", env=ca_tool(home, "exit 0"))
    assert gateway.asked() == ("device.revoke", {"id": "b1"})
    assert (home.path / "ca.log").read_text() == "revoke b1\n"
    # Without certificates it is revoked all the same, and says so.
    for env in (ca_tool(home, "exit 1"), {"YIJIAN_CA_TOOL": "/nowhere"}):
        r = home.ctl("device", "revoke", "b1", env=env)
        assert "revoked" in r.stdout and r.stderr
    gateway.answer = {"ok": False, "code": "notfound", "error": "no device b9"}
    (home.path / "ca.log").unlink()
    home.ctl("device", "revoke", "b9", env=ca_tool(home, "exit 0"), code=1)
    assert not (home.path / "ca.log").exists()
