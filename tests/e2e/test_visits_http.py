"""docs/visits.md, "HTTP": what strange callers are told, and what they cannot do. Every answer here
is also held against the OpenAPI document."""

import base64
import hmac
import http.client
import json
import socket
import sqlite3

import pytest
from harness import wait_until
from openapi import Spec
from town import level, policy
from visit_world import ANSWER, HTTP, OFFER, SDP, VISITS, Caller, Events, Terminal, home

VISIT = {"resident": "r1", "mode": "video", "offer": OFFER}


def begin(world, **sections):
    world.begin(policies=[policy(levels=[level("family"), level("grid")])], visits=VISITS, http=HTTP,
                **sections)
    return home(world)


def terminal(world, name="t1"):
    t = Terminal(world.broker, name)
    world.clients.append(t)
    return t


class Asker:
    """Asks with any token or none, and looks at the answer's form."""

    def __init__(self, gateway):
        self.spec = Spec(gateway)

    def __call__(self, method, path, body=None, token=None, **headers):
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        status, headers, text = self.spec.ask(method, path, body, headers)
        self.headers = headers
        answer = json.loads(text) if text and "json" in headers["content-type"] else text
        if status >= 400 and "json" in headers["content-type"]:
            assert answer["status"] == status and answer["title"] and answer["type"] == "about:blank"
            return status, answer.get("code")
        return status, answer


def with_terminals(g, count):
    """Residents h0 … with terminals, of ten each the daughter d0 …"""
    ids = [f"h{n}" for n in range(count)]
    g.load("residents", [{"id": i, "name": i, "region": "511781103201"} for i in ids])
    g.load("devices", [{"id": f"t-{i}", "kind": "terminal", "resident": i} for i in ids])
    g.load("caregivers", [{"id": f"d{n // 10}", "name": "女儿", "role": "family",
                           "residents": ";".join(ids[n:n + 10])} for n in range(0, count, 10)])
    return ids


UNREADABLE = [
    "", " ", "{", "}", "null", "[]", '"r1"', "17", b"\xff\xfe", b"{\"resident\": \"\xb0\xb0\"}", "{} {}",
    '{"resident": "r1"}', '{"mode": "video"}',
    {"resident": "r1", "mode": "hologram", "offer": OFFER}, {"resident": "r1", "mode": None},
    {"resident": "r1", "mode": "video"}, {"resident": "r1", "mode": "voice", "offer": None},
    {"resident": "r1", "mode": "video", "offer": SDP}, {"resident": "r1", "mode": "video", "offer": []},
    {"resident": "r1", "mode": "video", "offer": ANSWER},
    {"resident": "r1", "mode": "video", "offer": {"type": "offer"}},
    {"resident": "r1", "mode": "video", "offer": {"type": "offer", "sdp": ""}},
    {"resident": "r1", "mode": "video", "offer": {"type": "offer", "sdp": 5}},
    {**VISIT, "resident": 1}, {**VISIT, "resident": ""}, {**VISIT, "resident": "r1/.."},
    {**VISIT, "resident": "r" * 65}, {**VISIT, "incident": "gw-1-99"}, {**VISIT, "incident": "x"},
    '{"resident": "r1", "resident": "r2", "mode": "check-in"}',
    '{"resident": "r1\\u0000", "mode": "check-in"}', '{"resident": "r1", "mode": "check-in\\u0000"}',
    "[" * 15000, '{"a":' * 2600 + "1" + "}" * 2600,
]


def test_strange_bodies(world):
    """They are told so, nothing begins, and nobody is rung."""
    g = begin(world)
    t1, ask, token = terminal(world), Asker(g), Caller(g, "fam1").token
    for body in UNREADABLE:
        status, code = ask("POST", "/api/v1/visits", body, token)
        assert status == 400 and code in ("unreadable", "unknown_incident"), (body, status, code)
    long = {**VISIT, "offer": {"type": "offer", "sdp": "v" * 16000}}
    for n in (17000, 60000, 70000, 200000):
        long["offer"]["sdp"] = "v" * n
        assert ask("POST", "/api/v1/visits", long, token)[0] == 413, n
    # what has nothing to do with the asker is no reason to refuse
    assert ask("POST", "/api/v1/visits", {**VISIT, "ts": 1, "x": {}}, token)[0] == 201
    assert len(t1.rings()) <= 1 and t1.wait(action="ring")["signal"]["offer"] == OFFER
    assert len(g.events("visit.requested")) == 1 and g.http("/readyz")[0] == 200


def test_strange_signals_and_results(world):
    g = begin(world)
    t1, ask, daughter = terminal(world), Asker(g), Caller(g, "fam1")
    visit = daughter.begin()
    path = f"/api/v1/visits/{visit['id']}"
    assert ask("POST", path + "/signal", {"mode": "voice"}, daughter.token) == (409, "not_answered")
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    g.wait_event("visit.answered")
    for body in ("", "[]", "{", {"offer": 5}, {"offer": ANSWER}, {"offer": {"type": "offer"}}, b"\xff", "{} x"):
        assert ask("POST", path + "/signal", body, daughter.token) == (400, "unreadable"), body
    for n in (17000, 70000):
        assert ask("POST", path + "/signal", {"offer": {**OFFER, "sdp": "v" * n}},
                   daughter.token)[0] == 413
    for body in ("", "{}", {"result": 1}, {"result": "fine"}, {"result": None}, "[]"):
        assert ask("POST", path + "/result", body, daughter.token) == (400, "unreadable"), body
    assert not t1.find(action="signal") and g.ctl_json("visit", "show", visit["id"])["result"] is None
    assert ask("POST", path + "/result", {"result": "needs", "note": "买药" * 100},
               daughter.token)[0] == 204
    assert g.ctl_json("visit", "show", visit["id"])["result"] == "needs"
    assert ask("POST", path + "/signal", {"mode": "voice", "offer": OFFER}, daughter.token)[0] == 202
    assert t1.wait(action="signal")["signal"]["mode"] == "voice"


def test_tokens(world):
    """No link, one that was made up, cut off, of another gateway, or revoked opens nothing."""
    g = begin(world)
    ask, daughter = Asker(g), Caller(g, "fam1")
    visit = daughter.begin()
    good, path = daughter.token, f"/api/v1/visits/{visit['id']}"
    key = visit["events"].split("key=")[1]
    bad = [None, "x", good[:-1], good + "A", good[:-1] + ("A" if good[-1] != "A" else "B"), key, "A" * 300,
           good.swapcase(), "../../" + good]
    for token in bad:
        assert ask("GET", "/api/v1/me", token=token) == (401, "no_link"), token
        assert ask.headers["www-authenticate"].startswith("Bearer")
        assert ask("POST", "/api/v1/visits", VISIT, token) == (401, "no_link"), token
        if token != key:
            assert ask("GET", path, token=token) == (404, "unknown_visit"), token
            assert ask("DELETE", path, token=token) == (404, "unknown_visit"), token
    for header in ("Basic " + good, good, "Bearer", "Bearer  ", "Token " + good):
        assert ask("GET", "/api/v1/me", Authorization=header)[0] == 401, header
    assert ask("GET", "/api/v1/me", Authorization="bearer " + good)[0] == 200
    assert ask("GET", "/api/v1/me", token=good)[1]["caregiver"]["id"] == "fam1"
    # the visit's key is good for it, and for no other and nothing else
    assert ask("GET", path, token=key)[1]["state"] == "ringing"
    assert ask("GET", f"{path}?key={key}")[0] == 200
    assert ask("DELETE", path, token=key)[0] == 204
    other = daughter.begin(mode="check-in")
    for what, method in (("", "GET"), ("", "DELETE"), ("/events", "GET"), ("/result", "POST")):
        assert ask(method, f"/api/v1/visits/{other['id']}{what}", token=key, body={"result": "well"}
                   if method == "POST" else None) == (404, "unknown_visit")
    g.ctl("visit", "link", "fam1", "--revoke")
    assert ask("GET", "/api/v1/me", token=good) == (401, "no_link")
    assert ask("POST", "/api/v1/visits", VISIT, good) == (401, "no_link")
    assert ask("GET", f"/api/v1/visits/{other['id']}", token=good) == (404, "unknown_visit")
    assert ask("GET", "/api/v1/me", token=Caller(g, "fam1").token)[0] == 200


def test_a_link_for_one_resident(world):
    g = begin(world)
    with_terminals(g, 2)
    terminal(world)
    ask, token = Asker(g), Caller(g, "d0", "h0").token
    assert [r["id"] for r in ask("GET", "/api/v1/me", token=token)[1]["residents"]] == ["h0"]
    assert ask("POST", "/api/v1/visits", {"resident": "h1", "mode": "check-in"}, token) == (403, "not_yours")
    status, visit = ask("POST", "/api/v1/visits", {"mode": "check-in"}, token)
    assert (status, visit["resident"]) == (201, "h0")


def made(g, caregiver, incident=0, until=0, generation=0, resident=""):
    """A token as the gateway makes it, with its key."""
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        key = bytes.fromhex(db.execute("SELECT value FROM meta WHERE key = 'answer_key'").fetchone()[0])
    token = b"\x01"
    for n in (incident, until, generation):
        digits = n.to_bytes((n.bit_length() + 7) // 8, "big")
        token += bytes([len(digits)]) + digits
    for name in (caregiver, resident):
        token += bytes([len(name)]) + name.encode()
    token += hmac.digest(key, b"yijian visit link\0" + token, "sha256")[:16]
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def later(world, seconds):
    world.clock.pass_by(seconds)
    world.look()


def test_links_end(clocked):
    """After their time, and with whoever has them."""
    g = begin(clocked)
    ask = Asker(g)
    tokens = {span: g.ctl_json("visit", "link", "grid1", "--for", span)["url"].split("#")[1]
              for span in ("1h", "25h")}
    later(clocked, 3599)
    assert all(ask("GET", "/api/v1/me", token=t)[0] == 200 for t in tokens.values())
    later(clocked, 2)
    assert ask("GET", "/api/v1/me", token=tokens["1h"]) == (401, "no_link")
    assert ask("GET", "/api/v1/me", token=tokens["25h"])[0] == 200
    g.ctl("caregiver", "remove", "grid1")
    assert ask("GET", "/api/v1/me", token=tokens["25h"]) == (401, "no_link")
    g.load("caregivers", [{"id": "grid1", "name": "新人", "role": "grid", "region": "511781103201"}])
    assert ask("GET", "/api/v1/me", token=tokens["25h"]) == (401, "no_link"), "that was somebody else's"
    assert ask("GET", "/api/v1/me", token=Caller(g, "grid1").token)[0] == 200


def test_a_link_of_an_incident_ends_a_day_after_it(clocked):
    """"good while the incident is open and 24 h after" """
    g = begin(clocked)
    ask, button = Asker(g), terminal(clocked, "b1")
    assert ask("GET", "/api/v1/me", token=made(g, "fam1", 1)) == (401, "no_link"), "there is none"
    button.call()
    incident = g.wait_event("incident.opened")["data"]["incident"]
    token = made(g, "fam1", int(incident.rsplit("-", 1)[1]))
    assert ask("GET", "/api/v1/me", token=token)[0] == 200
    g.ctl("incident", "resolve", incident, "--by", "fam1", "--outcome", "helped")
    later(clocked, 86399)
    assert ask("GET", "/api/v1/me", token=token)[0] == 200
    later(clocked, 2)
    assert ask("GET", "/api/v1/me", token=token) == (401, "no_link")
    assert ask("GET", "/api/v1/me", token=made(g, "nobody")) == (401, "no_link")
    assert ask("GET", "/api/v1/me", token=made(g, "fam1", generation=1)) == (401, "no_link")
    assert ask("GET", "/api/v1/me", token=made(g, "fam1"))[0] == 200


def test_refusals(world):
    g = begin(world)
    ask, daughter, grid = Asker(g), Caller(g, "fam1"), Caller(g, "grid1")
    assert ask("POST", "/api/v1/visits", {**VISIT, "resident": "r9"}, daughter.token) == (
        404, "unknown_resident")
    assert ask("POST", "/api/v1/visits", {**VISIT, "resident": "r2"}, daughter.token) == (403, "not_yours")
    assert ask("POST", "/api/v1/visits", {**VISIT, "resident": "r2"}, grid.token) == (409, "no_terminal")
    visit = daughter.begin()
    for caller in (grid, daughter):
        status, _, problem = caller.ask("POST", "/api/v1/visits", VISIT)
        assert (status, problem["code"], problem["by"]) == (409, "busy", "王小丽")
        assert problem["since"] == visit["started_at"]
    for path in ("/api/v1/visits/", "/api/v1/visits/x", "/api/v1/visits/" + "x" * 500,
                 f"/api/v1/visits/{visit['id']}0", f"/api/v1/visits/{visit['id'].upper()}"):
        assert ask_raw(g, "GET", path, daughter.token)[0] == 404, path
    for path in ("/", "//events", "/event", "/events/", "/signal/x", "/%65vents"):
        assert ask_raw(g, "GET", f"/api/v1/visits/{visit['id']}{path}", daughter.token)[0] == 404, path


def test_too_many_beginnings(world):
    """A page gone wild rings at nobody for ever."""
    g = begin(world)
    t1, ask, token = terminal(world), Asker(g), Caller(g, "fam1").token
    for _ in range(12):
        status, visit = ask("POST", "/api/v1/visits", VISIT, token)
        assert status == 201
        assert ask("DELETE", f"/api/v1/visits/{visit['id']}", token=token)[0] == 204
    assert ask("POST", "/api/v1/visits", VISIT, token) == (429, "too_fast")
    assert ask("POST", "/api/v1/visits", VISIT, Caller(g, "grid1").token)[0] == 201
    assert len(g.events("visit.requested")) == 13 and t1.wait(action="ring")


def ask_raw(g, method, path, token):
    c = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=15)
    try:
        c.request(method, path, headers={"Authorization": f"Bearer {token}"})
        answer = c.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        c.close()


def test_methods(world):
    """HEAD is GET without a body, also of the stream; what is not foreseen is refused with `Allow`."""
    g = begin(world)
    daughter = Caller(g, "fam1")
    visit = daughter.begin()
    path = f"/api/v1/visits/{visit['id']}"
    for what in ("/api/v1/me", path, path + "/events"):
        status, headers, body = ask_raw(g, "HEAD", what, daughter.token)
        assert (status, body) == (200, b""), what
        status, headers, body = ask_raw(g, "OPTIONS", what, daughter.token)
        assert status == 405 and "GET" in headers["Allow"], what
    assert ask_raw(g, "HEAD", path + "/events", daughter.token)[1]["Content-Type"].startswith("text/event-stream")
    for method, what in (("PUT", "/api/v1/visits"), ("GET", "/api/v1/visits"), ("DELETE", "/api/v1/visits"),
                         ("POST", path), ("PATCH", path), ("POST", path + "/events"), ("GET", path + "/signal"),
                         ("DELETE", path + "/result"), ("POST", "/api/v1/me")):
        status, headers, body = ask_raw(g, method, what, daughter.token)
        assert status == 405 and headers["Allow"] and json.loads(body)["status"] == 405, (method, what)
    assert ask_raw(g, "GET", path, daughter.token)[0] == 200
    assert json.loads(ask_raw(g, "GET", path, daughter.token)[2])["state"] == "ringing"


def test_events_come_again(world):
    """What stands now comes first, whatever the last event was that its reader had; and a visit that
    is over says so and ends."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    first = daughter.events(visit)
    first.wait("ringing")
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    first.wait("answered")
    first.close()
    for last in (None, "1", "99999999999999999999", "x", "-1"):
        again = daughter.events(visit, last_id=last)
        assert again.wait("answered")["answer"] == ANSWER and again.states() == ["answered"]
        again.close()
    again = Events(g, visit["events"] + "&last_event_id=1")
    again.wait("answered")
    daughter.hang_up(visit)
    assert again.wait("ended")["reason"] == "caller"
    wait_until(lambda: again.over, "the end of the stream")
    late = daughter.events(visit)
    late.wait("ended")
    wait_until(lambda: late.over, "the end of the stream")
    assert late.states() == ["ended"]


def test_many_streams(world):
    """200 readers at once: each hears what is its own, the gateway answers others all the same."""
    g = begin(world)
    ids = with_terminals(g, 40)
    daughters = [Caller(g, f"d{n}") for n in range(4)]
    visits = {i: daughters[n // 10].begin(resident=i, mode="check-in") for n, i in enumerate(ids)}
    readers = {i: [daughters[0].events(visits[i]) for _ in range(5)] for i in ids}
    for i in ids:
        for r in readers[i]:
            assert r.wait("ringing")["resident"] == i
    assert g.http("/readyz")[0] == 200
    daughters[0].hang_up(visits["h7"])
    for r in readers["h7"]:
        assert r.wait("cancelled")["id"] == visits["h7"]["id"]
        wait_until(lambda r=r: r.over, "the end of the stream")
    assert all(r.states() == ["ringing"] for i in ids if i != "h7" for r in readers[i])
    for i in ids:
        for r in readers[i]:
            r.close()
    daughter = Caller(g, "fam1")
    daughter.events(daughter.begin()).wait("ringing")


def test_one_visit_cannot_take_all_streams(world):
    """Who opens one after the other loses the oldest."""
    g = begin(world)
    daughter = Caller(g, "fam1")
    visit = daughter.begin()
    readers = [daughter.events(visit) for _ in range(30)]
    readers[-1].wait("ringing")
    wait_until(lambda: sum(not r.over for r in readers) == 8, "the oldest to go")
    assert not any(r.over for r in readers[-8:])
    for r in readers:
        r.close()


def test_slow_readers(world):
    """One that does not read is cut; the other hears all."""
    g = begin(world)
    t1, daughter = terminal(world), Caller(g, "fam1")
    visit = daughter.begin()
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events = daughter.events(visit)
    events.wait("answered")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", g.http_port))
    slow.sendall(f"GET {visit['events']} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    assert b"200" in slow.recv(15)
    long = "v" * 15000
    for n in range(40):
        t1.visit(visit["id"], "accepted", answer={"type": "answer", "sdp": f"{n} {long}"})
        events.wait_event("signal", answer={"type": "answer", "sdp": f"{n} {long}"})
    slow.settimeout(10)
    got = b""
    while chunk := slow.recv(65536):
        got += chunk
    slow.close()
    assert b" 39 " not in got and f"39 {long}".encode() not in got, "it was cut before"
    assert len(got) < 400000
    assert ask_raw(g, "GET", f"/api/v1/visits/{visit['id']}", daughter.token)[0] == 200


def test_a_caregiver_who_is_removed(world):
    """Their visit ends, at once; its key shows that and nothing more begins."""
    g = begin(world)
    t1, ask, daughter = terminal(world), Asker(g), Caller(g, "fam1")
    visit = daughter.begin()
    events = daughter.events(visit)
    t1.wait(action="ring")
    t1.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    g.ctl("caregiver", "remove", "fam1")
    assert events.wait("ended")["reason"] == "withdrawn"
    assert t1.wait(action="end")["session"] == visit["id"]
    assert ask("POST", "/api/v1/visits", VISIT, daughter.token) == (401, "no_link")
    assert ask("DELETE", f"/api/v1/visits/{visit['id']}", token=visit["events"].split("key=")[1])[0] == 204


@pytest.mark.parametrize("what", ["token", "key"])
def test_no_token_stands_in_a_log(world, what):
    g = begin(world)
    ask, daughter = Asker(g), Caller(g, "fam1")
    visit = daughter.begin()
    secret = daughter.token if what == "token" else visit["events"].split("key=")[1]
    ask("GET", f"/api/v1/visits/{visit['id']}?key={secret}")
    ask("GET", f"/api/v1/visits/{visit['id']}0", token=secret)
    daughter.hang_up(visit)
    assert secret not in g.log.read_text() and SDP[:20] not in g.log.read_text()
    assert all(secret not in json.dumps(e) for e in g.events())
