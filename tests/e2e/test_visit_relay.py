"""Issue 5: forced relay through a real coturn, over UDP, TCP and TLS, and the same over a line that loses,
delays and shuffles what goes to it and comes from it, both ways, for both ends."""

import json
import time

import pytest

import coturn
import impair
from harness import wait_until
from visit_rig import (DEADLINE, HomeTerminal, VisitWorld, Visitor, live, wait_free, wait_heard,
                       wait_seen_and_heard)

# The visitor's page has ?relay=only; the home's has no such wish, so that it is put there.
RELAY_ONLY = """
(() => {
	const Peer = window.RTCPeerConnection;
	window.RTCPeerConnection = class extends Peer {
		constructor(how, ...more) {
			super({...how, iceTransportPolicy: 'relay'}, ...more);
		}
	};
})();
"""
# By what each connection reaches the relay, and what both ends of its way are.
WAYS = """
const done = arguments[0];
(async () => {
	const found = [];
	for (const peer of spy.peers.filter((p) => p.connectionState === 'connected')) {
		const all = await peer.getStats();
		all.forEach((s) => {
			if (s.type !== 'transport' || !s.selectedCandidatePairId)
				return;
			const pair = all.get(s.selectedCandidatePairId), own = all.get(pair.localCandidateId);
			found.push([own.candidateType, all.get(pair.remoteCandidateId).candidateType,
				own.relayProtocol]);
		});
	}
	return found;
})().then(done, (e) => done([String(e)]));
"""
TRUSTING = ("--ignore-certificate-errors",)  # the relay's certificate is self-signed


class RelayTerminal(HomeTerminal):
    def start(self):
        super().start()
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=RELAY_ONLY)
        self.pressed_at = 0

    def press(self, *names):
        """As far apart as the terminal takes for more than one shaking finger."""
        wait_until(lambda: time.monotonic() - self.pressed_at > 1.1, "a second since the last press")
        super().press(*names)
        self.pressed_at = time.monotonic()


class RelayWorld(VisitWorld):
    """Both ends know no way but through the relay at `url`."""

    def begin_at(self, turn, *urls):
        return self.begin(turn={"urls": urls, "secret_file": str(turn.secret_file)}).gateway

    def take_browser(self):
        return self.own_browser(arguments=TRUSTING)

    def ends(self):
        """(terminal, visitor), both ready."""
        terminal = RelayTerminal(self, size="small")
        terminal.wait_up()
        return terminal, Visitor(self).open(query="?relay=only")


@pytest.fixture
def world(tmp_path):
    made = RelayWorld(tmp_path)
    yield made
    made.end()


@pytest.fixture
def turn(tmp_path):
    t = coturn.Turn(tmp_path / "turn").start()
    yield t
    t.stop()


@pytest.fixture
def line(turn):
    """Between both browsers and the relay; good until it is made worse."""
    proxy = impair.Proxy(turn.port)
    yield proxy
    proxy.stop()


def ways(page):
    return page.browser.execute_async_script(WAYS)


def begin_visit(terminal, visitor):
    visitor.tap("video")
    terminal.press("accept")
    wait_until(lambda: visitor.phase == "talking", "both to talk", 100)


def test_forced_relay(world, turn):
    """Over UDP where both are to be had, then over TCP and TLS alone: the configuration is loaded anew in
    between, and the next page and the next ring know of it. With all its candidates and credentials a
    ring is short: what mosquitto writes to a WebSocket at once."""
    over_tls = f"turns:127.0.0.1:{turn.tls_port}?transport=tcp"
    g = world.begin_at(turn, f"turn:127.0.0.1:{turn.port}", over_tls)
    watcher = world.client("watcher").subscribe("yj/v1/dev/t1/down/visit")
    terminal, visitor = world.ends()
    for how, url in (("udp", None), ("tcp", f"turn:127.0.0.1:{turn.port}?transport=tcp"),
                     ("tls", over_tls)):
        if url:
            g.config["turn"]["urls"] = [url]
            g.write_config()
            g.hangup()
            wait_until(lambda: url in g.ctl("turn", "check", "--ca-file", turn.cert), "the reload")
        visitor.open(query="?relay=only")
        begin_visit(terminal, visitor)
        wait_seen_and_heard(visitor.browser, terminal.browser)
        assert ways(visitor) == ways(terminal) == [["relay", "relay", how]]
        visitor.hang_up()
        wait_free(visitor.browser, terminal.browser)
    for ring in watcher.find(action="ring"):
        assert len(ring["signal"]["ice_servers"][0]["urls"]) >= 1
        assert len(json.dumps(ring, ensure_ascii=False)) < 4000


def test_a_relay_that_lets_nobody_in(world, turn):
    """Its secret is another: nobody waits for ever. The page says that no connection came, tries once
    more, and then asks the resident without one."""
    turn.secret_file.write_text("south wind\n")
    g = world.begin_at(turn, f"turn:127.0.0.1:{turn.port}")
    terminal, visitor = world.ends()
    visitor.tap("video")
    terminal.press("accept")
    visitor.wait_phase("connecting")
    wait_until(lambda: "没有连上，正在再试一次" in visitor.text(), "that no connection came", 60)
    wait_until(lambda: visitor.mode == "check-in", "a check-in instead", 60)
    assert "连不上视频和语音" in visitor.text()
    wait_until(lambda: live(visitor.browser) == live(terminal.browser) == [], "free devices",
               DEADLINE)
    terminal.press("accept")
    visitor.wait_screen("end")
    assert g.wait_event("visit.ended")["data"]["reason"] == "answered"
    assert [e["result"] for e in g.ctl_json("round", "ledger")] == ["well"]


def test_a_bad_line_is_good_enough(world, turn, line):
    """On the whole way, from camera to eye and back, 10 % of all packets are lost, and the others take
    600 ms, some 50 ms more or less: both see and hear each other, and it stays a video."""
    line.line = impair.Line(loss=0.05, delay=0.3, jitter=0.025)
    world.begin_at(turn, f"turn:127.0.0.1:{line.port}")
    terminal, visitor = world.ends()
    begin_visit(terminal, visitor)
    wait_seen_and_heard(visitor.browser, terminal.browser)
    wait_seen_and_heard(visitor.browser, terminal.browser)
    assert ways(visitor) == ways(terminal) == [["relay", "relay", "udp"]]
    assert 0.02 < line.lost / (line.lost + line.passed) < 0.1
    assert visitor.mode == "video"
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)


def test_a_line_twice_as_bad_carries_the_voice(world, turn, line):
    """600 ms, 50 ms and 10 % for each end, so twice on the way: the picture goes by itself, both pages
    say so, the cameras are given back, and both hear each other."""
    line.line = impair.Line(loss=0.1, delay=0.6, jitter=0.05)
    world.begin_at(turn, f"turn:127.0.0.1:{line.port}")
    terminal, visitor = world.ends()
    begin_visit(terminal, visitor)
    wait_heard(visitor.browser, terminal.browser)
    until_voice(terminal, visitor)
    wait_heard(visitor.browser, terminal.browser)


def until_voice(terminal, visitor):
    wait_until(lambda: visitor.mode == "voice", f"a voice call, not {visitor.mode}", 60)
    visitor.wait_text("已改为只通话")
    wait_until(lambda: live(visitor.browser) == live(terminal.browser) == ["audio"],
               "the cameras to be given back", 60)
    terminal.wait_words("信号不好")


def test_it_falls_back_step_by_step_as_the_line_fails(world, turn, line):
    """A good line that becomes bad and then worse within one visit: video, voice, check-in."""
    g = world.begin_at(turn, f"turn:127.0.0.1:{line.port}")
    terminal, visitor = world.ends()
    begin_visit(terminal, visitor)
    wait_seen_and_heard(visitor.browser, terminal.browser)
    line.line = impair.Line(loss=0.2)
    until_voice(terminal, visitor)
    wait_heard(visitor.browser, terminal.browser)
    assert visitor.phase == "talking"
    line.line = impair.Line(loss=0.6)
    wait_until(lambda: visitor.mode == "check-in", "a check-in", 90)
    wait_until(lambda: live(visitor.browser) == live(terminal.browser) == [], "free devices", 60)
    terminal.press("accept")
    visitor.wait_screen("end")
    assert g.wait_event("visit.ended")["data"]["reason"] == "answered"
    assert [e["result"] for e in g.ctl_json("round", "ledger")] == ["well"]
