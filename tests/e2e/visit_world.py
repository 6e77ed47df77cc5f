"""Visits without a browser: a caller who speaks the HTTP API with their link, and a terminal that
says on MQTT what the test wants it to say."""

import http.client
import json
import socket
import threading

import harness
from harness import wait_until

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
OFFER = {"type": "offer", "sdp": SDP}
ANSWER = {"type": "answer", "sdp": SDP}
VISITS = {"ring_for": "60s", "retries": 2, "retry_after": "5m"}
HTTP = {"public_url": "https://visit.example.org"}  # for links: the tests take the token alone


def home(world):
    """One resident r1 with terminal t1, a daughter, a grid worker, an operator, a stranger."""
    g = world.gateway
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"},
                         {"id": "r2", "name": "李大山", "region": "511781103201"}])
    g.load("caregivers", [
        {"id": "fam1", "name": "王小丽", "role": "family", "residents": "r1", "channels": "mqtt"},
        {"id": "grid1", "name": "何晓东", "role": "grid", "region": "511781103201",
         "channels": "mqtt"},
        {"id": "op1", "name": "坐席", "role": "operator", "region": "511781", "channels": "mqtt"},
        {"id": "fam2", "name": "李小明", "role": "family", "residents": "r2", "channels": "mqtt"}])
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1"},
                       {"id": "b1", "kind": "button", "resident": "r1"}])
    return g


class Terminal(harness.Device):
    """Says nothing by itself."""

    def rings(self, session=None):
        return [m for m in self.find(action="ring") if session in (None, m["session"])]

    def visit(self, session, state, **signal):
        self.say("visit", {"session": session, "state": state,
                           **({"signal": signal} if signal else {})})


class Events:
    """The server-sent events of one visit, in a thread."""

    def __init__(self, gateway, path, last_id=None):
        self.heard = []
        self.over = False
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.http_port, timeout=60)
        self.connection.request("GET", path, headers={"Last-Event-ID": last_id} if last_id else {})
        self.sock = self.connection.sock  # the answer, which never ends, takes it over
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.headers["Content-Type"].startswith("text/event-stream")
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        event = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if not line and "data" in event:
                    self.heard.append((event.get("event", "message"), json.loads(event["data"])))
                    event = {}
                elif ":" in line and not line.startswith(":"):
                    name, value = line.split(":", 1)
                    event[name] = value.strip()
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.over = True

    def states(self):
        return [data["state"] for name, data in self.heard if name == "state"]

    def wait(self, state):
        """The newest state, once it is that."""
        wait_until(lambda: self.states()[-1:] == [state], f"{state}; heard {self.states()}")
        return [data for name, data in self.heard if name == "state"][-1]

    def wait_event(self, name, **members):
        def found():
            return [d for n, d in self.heard
                    if n == name and all(d.get(k) == v for k, v in members.items())]
        return wait_until(found, f"{name} {members}; heard {self.heard}")[-1]

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was first
        self.thread.join()
        self.answer.close()


class Caller:
    """One caregiver with a link."""

    def __init__(self, gateway, caregiver, resident=None, token=None):
        self.gateway = gateway
        if token is None:
            words = ["visit", "link", caregiver] + ([resident] if resident else [])
            token = gateway.ctl_json(*words)["url"].split("#", 1)[1]
        self.token = token

    def ask(self, method, path, body=None, token=None, raw=None):
        """(status, headers, JSON or None)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.http_port, timeout=20)
        payload = raw if raw is not None else json.dumps(body) if body is not None else None
        token = self.token if token is None else token
        try:
            connection.request(method, path, payload,
                               {"Authorization": f"Bearer {token}"} if token else {})
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, answer.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def begin(self, resident="r1", mode="video", offer=OFFER, **more):
        """The visit, which must begin."""
        body = {"resident": resident, "mode": mode, **more}
        if mode != "check-in":
            body["offer"] = offer
        status, headers, visit = self.ask("POST", "/api/v1/visits", body)
        assert status == 201, visit
        assert headers["Location"] == f"/api/v1/visits/{visit['id']}"
        assert visit["state"] == "ringing"
        return visit

    def events(self, visit, **how):
        return Events(self.gateway, visit["events"], **how)

    def hang_up(self, visit):
        status, _, _ = self.ask("DELETE", f"/api/v1/visits/{visit['id']}")
        assert status == 204
