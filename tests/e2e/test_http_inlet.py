"""POST /api/v1/in/{name}: clouds push what devices say; 2xx only once it is on disk."""

import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import subprocess
import urllib.parse

import pytest
from harness import wait_until
from town import policy

HOME = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "mappings" / "home.yaml"
TOKEN = "Wy3-secret token"
AES = "0123456789abcdef"


def ask(g, method, path, body=None, **headers):
    """(status, text, headers)"""
    c = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=20)
    try:
        c.request(method, path, body, headers)
        answer = c.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())
    finally:
        c.close()


def post(g, name, body, query="", **headers):
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body, ensure_ascii=False)
    if isinstance(body, str):
        body = body.encode()
    return ask(g, "POST", f"/api/v1/in/{name}{query}", body, **headers)[0]


def begin(world, tmp_path, **more):
    for name, text in (("token", TOKEN), ("aes", AES)):
        (tmp_path / name).write_text(text + "\n")
    secret = str(tmp_path / "token")
    world.begin([policy()], devices={"mappings": ["ctwing", "onenet", str(HOME)]}, inlets=[
        {"name": "telecom", "mapping": "ctwing", "verify": "token", "query": "key",
         "secret_file": secret},
        {"name": "mobile", "mapping": "onenet", "verify": "onenet", "secret_file": secret},
        {"name": "sealed", "mapping": "onenet", "verify": "onenet", "secret_file": secret,
         "aes_key_file": str(tmp_path / "aes")},
        {"name": "signed", "mapping": "homecloud", "verify": "hmac", "secret_file": secret},
        {"name": "bearer", "mapping": "homecloud", "verify": "token", "secret_file": secret},
    ], **more)
    return world.hamlet()


def register(g, family, address, id="b1", kind="button"):
    g.load("devices", [{"id": id, "kind": kind, "resident": "r1", "family": family,
                        "address": address}])


KEY = "?" + urllib.parse.urlencode({"key": TOKEN})


def sos(**more):
    return {"messageType": "eventReport", "timestamp": 1606982320277, "serviceId": 1001,
            "deviceId": "acf7", "IMEI": "860374051096202", "eventContent": {"sos": 1}, **more}


def test_a_push_is_an_alert_and_a_repeat_of_it_is_none(world, tmp_path):
    g = begin(world, tmp_path)
    register(g, "ctwing", "860374051096202")
    grid = world.caregiver("grid1")
    assert post(g, "telecom", sos(), KEY) == 200
    # answered: so it is there, without any wait
    received = g.events("alert.received")
    assert [(e["data"]["device"], e["data"]["kind"]) for e in received] == [("b1", "sos")]
    assert [e["data"]["via"] for e in received + g.events("incident.opened")] == ["http", "http"]
    assert grid.wait(state="open")["resident"]["id"] == "r1"
    assert post(g, "telecom", sos(), KEY) == 200
    assert len(g.events("alert.received")) == 1 and len(g.incidents()) == 1
    g.kill()
    g.start()
    assert post(g, "telecom", sos(), KEY) == 200
    assert len(g.events("alert.received")) == 1
    assert post(g, "telecom", sos(timestamp=1606982390000), KEY) == 200
    assert len(g.events("alert.received")) == 2 and len(g.incidents()) == 1
    g.verify_log()


def test_a_press_is_no_repeat_of_another_message(world, tmp_path):
    """Neither one of the same time, nor one of those in which no time is said."""
    g = begin(world, tmp_path)
    register(g, "ctwing", "860374051096202")
    said = {"messageType": "dataReport", "deviceId": "acf7", "IMEI": "860374051096202"}
    for n, time in enumerate(({}, {"timestamp": 1606982320277}), 1):
        assert post(g, "telecom", {**said, **time, "payload": {"sos": 0}}, KEY) == 200
        for _ in range(2):
            assert post(g, "telecom", {**said, **time, "payload": {"sos": 1}}, KEY) == 200
        assert len(g.events("alert.received")) == n


def test_who_is_not_known_is_turned_away(world, tmp_path):
    g = begin(world, tmp_path)
    register(g, "ctwing", "860374051096202")
    body = json.dumps(sos()).encode()
    right = hmac.new(TOKEN.encode(), body, hashlib.sha256)
    for name, query, headers, status in (
            ("telecom", "", {}, 401), ("telecom", "?key=", {}, 401),
            ("telecom", "?key=" + TOKEN[:-1], {}, 401), ("telecom", "?other=1", {}, 401),
            ("telecom", "", {"Authorization": TOKEN}, 401), ("nobody", KEY, {}, 404),
            ("", KEY, {}, 404), ("telecom/x", KEY, {}, 404),
            ("signed", "", {}, 401), ("signed", "", {"X-Signature": "0" * 64}, 401),
            ("signed", "", {"X-Signature": ""}, 401),
            ("signed", "", {"X-Signature": "sha256=" + right.hexdigest()[:-2]}, 401),
            ("bearer", "", {"Authorization": "Bearer x"}, 401),
            ("mobile", "", {}, 401)):
        got = ask(g, "POST", f"/api/v1/in/{name}" + query.replace(" ", "%20"), body, **headers)[0]
        assert got == status, (name, query, headers)
    assert g.metric("yijian_pushes_denied_total") == 11
    assert not g.events("alert.*")
    text = g.log.read_text()
    assert "event=push_denied inlet=telecom" in text
    assert "860374051096202" not in text and TOKEN not in text
    assert ask(g, "GET", "/api/v1/in/telecom" + KEY)[0] == 405
    for signature in ("sha256=" + right.hexdigest(), right.hexdigest().upper(),
                      base64.b64encode(right.digest()).decode()):
        assert post(g, "signed", body, **{"X-Signature": signature}) == 200
    assert post(g, "bearer", body, Authorization="Bearer " + TOKEN) == 200


def test_what_cannot_be_read_is_kept_and_taken(world, tmp_path):
    """So that one bad message does not keep those behind it from coming."""
    g = begin(world, tmp_path)
    for n, (body, reason) in enumerate(((b"{", "json"), (b'{"a":"\xff"}', "utf8"), (b"{}", "field"),
                                        (b"", "json")), 1):
        assert post(g, "telecom", body, KEY) == 200
        assert g.events("alert.rejected")[-1]["data"]["reason"] == reason
        assert len(g.events("alert.rejected")) == n
        assert g.events("alert.rejected")[-1]["data"]["via"] == "http"
    kept = g.ctl_json("rejected", "list")
    assert {k["topic"] for k in kept} == {"api/v1/in/telecom"}
    assert post(g, "telecom", b"x" * 70000, KEY) == 413
    assert g.http("/readyz")[0] == 200


def test_a_stranger_is_listed(world, tmp_path):
    g = begin(world, tmp_path)
    assert post(g, "telecom", sos(), KEY) == 200
    seen = g.ctl_json("device", "seen")
    assert [(s["family"], s["address"], s["said"]) for s in seen] == [
        ("ctwing", "860374051096202", "call")]


def sign(msg, nonce="n0nce"):
    raw = hashlib.md5((TOKEN + nonce + msg).encode()).digest()
    return base64.b64encode(raw).decode()


def envelope(msg, **more):
    return {"msg": msg, "nonce": "n0nce", "signature": sign(msg), "time": 1725962719211, "id": "x",
            **more}


STUDIO = {"productId": "p", "deviceName": "sos-7", "messageType": "notify", "notifyType": "event",
          "data": {"id": "1", "params": {"sos": {"value": {}, "time": 1524448722123}}}}


def test_onenet(world, tmp_path):
    g = begin(world, tmp_path)
    register(g, "onenet", "sos-7")
    # is the address ours?
    query = urllib.parse.urlencode({"msg": "a+b/验", "nonce": "n0nce", "signature": sign("a+b/验")})
    status, text, headers = ask(g, "GET", "/api/v1/in/mobile?" + query)
    assert (status, text) == (200, "a+b/验") and headers["Content-Type"].startswith("text/plain")
    assert ask(g, "GET", "/api/v1/in/mobile?" + query.replace("n0nce", "other"))[0] == 401
    # a text, as Studio sends it
    msg = json.dumps(STUDIO)
    assert post(g, "mobile", envelope(msg, signature=sign(msg + " "))) == 401
    assert not g.events("alert.*")
    assert post(g, "mobile", envelope(msg)) == 200
    assert post(g, "mobile", envelope(msg)) == 200
    assert len(g.events("alert.received", device="b1", kind="sos")) == 1
    # an object, as the older platform does, several of them at once
    register(g, "onenet", "42", id="b2")
    points = [{"type": 1, "dev_id": 42, "ds_id": "sos", "at": 1606982320277 + i, "value": v}
              for i, v in enumerate((0, 1, 0))]
    raw = json.dumps(points, separators=(",", ": "))
    body = '{"nonce":"n0nce", "msg": %s , "msg_signature":"%s"}' % (raw, sign(raw).rstrip("="))
    assert post(g, "mobile", body) == 200
    assert len(g.events("alert.received", device="b2")) == 1
    away = json.dumps({"type": 2, "dev_id": 42, "status": 0, "at": 1606982320999})
    assert post(g, "mobile", envelope(away)) == 200
    g.wait_event("device.offline", device="b2")


def test_onenet_encrypted(world, tmp_path):
    g = begin(world, tmp_path)
    register(g, "onenet", "sos-7")
    key = AES.encode().hex()
    secret = subprocess.run(["openssl", "enc", "-aes-128-cbc", "-K", key, "-iv", key, "-base64",
                             "-A"], input=json.dumps(STUDIO).encode(), capture_output=True,
                            check=True).stdout.decode()
    assert post(g, "sealed", envelope(secret)) == 200
    assert len(g.events("alert.received", device="b1", kind="sos")) == 1
    assert post(g, "sealed", envelope(secret[:-4])) == 200  # it is signed, but cannot be opened
    assert g.events("alert.rejected")[-1]["data"]["reason"] == "json"


def test_many_at_once(world, tmp_path):
    """More devices in one push than one report may have; repeated, they are the same."""
    g = begin(world, tmp_path)
    g.load("residents", [{"id": f"h{i}", "name": "李", "region": "511781103201"}
                         for i in range(20)])
    g.load("devices", [{"id": f"s{i}", "kind": "sensor", "resident": f"h{i}",
                        "family": "homecloud", "address": f"hy-{i}"} for i in range(20)])
    body = {"list": [{"vendor": "hy", "id": i, "ts": 1606982320,
                      "raw": base64.b64encode(bytes([1, 80])).decode()} for i in range(20)]}
    for _ in range(2):
        assert post(g, "bearer", body, Authorization="Bearer " + TOKEN) == 200
        smoke = g.events("alert.received", kind="smoke")
        assert sorted(e["data"]["device"] for e in smoke) == sorted(f"s{i}" for i in range(20))
    assert len(g.incidents()) == 20


def test_nothing_is_taken_while_nothing_can_be_written(world, tmp_path):
    g = begin(world, tmp_path)
    register(g, "ctwing", "860374051096202")
    import sqlite3
    lock = sqlite3.connect(g.database, isolation_level=None, timeout=20)
    try:
        lock.execute("BEGIN IMMEDIATE")
        assert post(g, "telecom", sos(), KEY) == 503
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    wait_until(lambda: g.http("/readyz")[0] == 200, "the store to work again")
    assert not g.events("alert.received")
    assert post(g, "telecom", sos(), KEY) == 200
    assert len(g.events("alert.received")) == 1


@pytest.mark.parametrize("change,line", [
    ({"verify": "none"}, "verify"), ({"mapping": "nobody"}, "mapping"), ({"name": "telecom"}, "name"),
    ({"secret_file": "/nowhere"}, "secret_file"), ({"header": "a b"}, "header"),
    ({"aes_key_file": "TOKEN"}, "aes_key_file"), ({"query": "k", "header": "h"}, "header")])
def test_a_wrong_inlet_is_named(world, tmp_path, change, line):
    g = begin(world, tmp_path)
    change = {k: str(tmp_path / "token") if v == "TOKEN" else v for k, v in change.items()}
    g.config["inlets"][-1].update(change)
    g.write_config()
    done = subprocess.run([str(g.bin / "yijiand"), "-c", str(g.file), "--check-config"],
                          capture_output=True, text=True)
    assert done.returncode == 78
    assert f"{g.file}:" in done.stderr + done.stdout and "expected" in done.stderr + done.stdout
    assert line in done.stderr + done.stdout


def test_a_new_inlet_after_a_reload(world, tmp_path):
    g = begin(world, tmp_path)
    g.config["inlets"][0]["name"] = "renamed"
    g.write_config()
    g.hangup()
    g.wait_event("config.loaded", count=2)
    assert post(g, "renamed", sos(), KEY) == 200 and post(g, "telecom", sos(), KEY) == 404
