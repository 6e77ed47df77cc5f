"""Issue 5, visits as the terminal sees them: chime and name before the camera, accept, decline, by itself, check-in,
reload; with what the gateway would say (docs/visits.md), and a caller in the same browser."""

import pytest

from harness import wait_until
from terminal_world import TerminalWorld, shared_browser  # noqa: F401

CALL = """
const [mode, done] = arguments;
(async () => {
	const {Peer} = await import('./peer.js');
	window.caller = new Peer({iceServers: []}, {});
	done(await window.caller.offer(mode));
})().catch((e) => done({error: String(e)}));"""
TAKE = """
const [answer, done] = arguments;
window.caller.accept(answer).then(() => done(null), (e) => done(String(e)));"""

# Order of what is said and of opening camera and microphone
ORDER = """
window.order = [];
document.addEventListener('said', (e) => window.order.push(e.detail.what));
const open = navigator.mediaDevices && navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.tracks = [];
if (open) navigator.mediaDevices.getUserMedia = async (wanted) => {
	window.order.push(wanted.video ? 'camera' : 'microphone');
	const stream = await open(wanted);
	window.tracks.push(...stream.getTracks());
	return stream;
};"""


class Visitor:
    """The gateway's side of a visit, and the caller's media in the same page as the terminal."""

    def __init__(self, world, t):
        self.t = t
        self.gateway = world.client("gateway-of-visits")
        self.gateway.subscribe("yj/v1/dev/t1/up/visit")

    def say(self, session, action, **more):
        self.gateway.publish("yj/v1/dev/t1/down/visit", {"session": session, "action": action, **more})

    def offer(self, mode):
        offer = self.t.browser.execute_async_script(CALL, mode)
        assert "sdp" in offer, offer
        return offer

    def ring(self, session, mode="video", auto=False, ring_for=60):
        self.ringing = {"from": "王小丽", "auto_answer": auto, "signal": {
            "mode": mode, "ring_for": ring_for, "ice_servers": [], "who": {"id": "fam1", "role": "family"}}}
        if mode != "check-in":
            self.ringing["signal"]["offer"] = self.offer(mode)
        self.say(session, "ring", **self.ringing)
        return self.heard(session, "ringing")

    def heard(self, session, state, count=1):
        return self.gateway.wait(count=count, session=session, state=state)

    def connect(self, accepted):
        assert self.t.browser.execute_async_script(TAKE, accepted["signal"]["answer"]) is None
        self.t.wait_words("正在通话")


@pytest.fixture
def visited(tmp_path):
    """A terminal that is shown and a visitor."""
    w = TerminalWorld(tmp_path)
    try:
        w.begin().home()
        t = w.terminal(open=False)
        t.before_all(ORDER)
        t.open()
        t.wait_up()
        wait_until(lambda: t.js("return document.body.dataset.sound"), "the sound to be tested")
        if t.key("heard").is_displayed():
            t.press("heard")
        t.js("window.order.length = 0; window.tracks.length = 0")
        yield t, Visitor(w, t)
    finally:
        w.end()


def frames(t):
    return t.js("return document.getElementById('remote').getVideoPlaybackQuality().totalVideoFrames")


def own_tracks(t):
    """The terminal's own camera and microphone that are on."""
    return t.js("""return window.tracks.filter((x) => x.readyState === 'live' &&
        !window.caller.local.getTracks().includes(x)).length""")


def test_rings_and_is_answered(visited):
    """"A chime and the visitor's name before the camera opens, always. The resident can end it at any time"; while it is on,
    a strip says so "and by whom"; at the end the devices are free."""
    t, visitor = visited
    visitor.ring("v1")
    t.wait_words("王小丽")
    assert "想看看您" in t.words() and t.key("accept").text == "接" and t.key("decline").text == "不接"
    t.wait_said("wants_video")
    before = t.js("return window.order")
    before = before[before.index("ring"):]
    assert before[1] in ("王小丽", "somebody") and before[2] == "wants_video"
    assert own_tracks(t) == 0 and "摄像头" not in t.words()
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    assert "摄像头和麦克风开着：王小丽正在看您、听您" in t.words()
    wait_until(lambda: frames(t) > 3, "a picture that moves")
    assert own_tracks(t) == 2
    t.press("end")
    assert visitor.heard("v1", "ended")
    assert own_tracks(t) == 0 and "摄像头" not in t.words()
    t.wait_said("visit_over", "file")
    assert t.key("family").is_displayed()
    assert t.complaints() == []


def test_is_declined_and_says_so_again(visited):
    """A ring that is repeated gets the present state, after the end too."""
    t, visitor = visited
    visitor.ring("v1", "voice")
    visitor.say("v1", "ring", **visitor.ringing)
    visitor.heard("v1", "ringing", 2)
    t.press("decline")
    visitor.heard("v1", "declined")
    visitor.say("v1", "ring", **visitor.ringing)
    visitor.heard("v1", "declined", 2)
    assert t.js("return document.body.dataset.view") == "home" and own_tracks(t) == 0


def test_rings_again_after_it_was_missed(visited):
    t, visitor = visited
    visitor.ring("v1", "voice")
    visitor.say("v1", "end", signal={"reason": "missed"})
    wait_until(lambda: t.js("return document.body.dataset.view") == "home", "quiet")
    visitor.say("v1", "ring", **visitor.ringing)
    visitor.heard("v1", "ringing", 2)
    t.press("accept")
    visitor.heard("v1", "accepted")


def test_stops_ringing_by_itself(visited):
    """A gateway that is gone leaves no terminal ringing for ever."""
    t, visitor = visited
    visitor.ring("v1", "voice", ring_for=1)
    t.wait_words("王小丽")
    wait_until(lambda: t.js("return document.body.dataset.view") == "home", "quiet")


def test_answers_by_itself_after_chime_name_and_a_while(visited):
    """Where it was agreed to; it says for how long it can still be declined; 以后不要自动接听 ends it and withdraws."""
    t, visitor = visited
    visitor.ring("v1", "voice", auto=True)
    t.wait_words("自动接通")
    assert t.key("decline").is_displayed() and t.key("accept").is_displayed()
    said = t.js("return window.order")
    assert said[said.index("ring"):][2] == "wants_voice"
    visitor.connect(visitor.heard("v1", "accepted"))
    assert "麦克风开着：王小丽正在听您说话" in t.words() and "摄像头" not in t.words()
    t.press("withdraw")
    assert visitor.heard("v1", "ended")["signal"] == {"withdraw": "auto_answer"}
    t.wait_words("以后会先问您")
    t.wait_said("withdrawn", "file")
    assert own_tracks(t) == 0


def test_does_not_answer_by_itself_once_it_was_declined(visited):
    t, visitor = visited
    visitor.ring("v1", "video", auto=True)
    t.wait_words("自动接通")
    t.press("decline")
    visitor.heard("v1", "declined")
    visitor.ring("v2", "check-in")
    t.press("accept")
    visitor.heard("v2", "accepted")
    assert visitor.gateway.find(session="v1", state="accepted") == [] and own_tracks(t) == 0


def test_never_by_itself_while_the_browser_keeps_silent(tmp_path):
    """No chime can be heard before the first touch: then a key is asked for."""
    w = TerminalWorld(tmp_path)
    try:
        w.begin().home()
        t = w.terminal(sound=False, arguments=["--autoplay-policy=document-user-activation-required"])
        t.wait_up()
        wait_until(lambda: "打开声音" in t.js("return document.getElementById('sound').innerText"), "the strip")
        visitor = Visitor(w, t)
        visitor.say("v1", "ring", **{"from": "王小丽"}, auto_answer=True, signal={
            "mode": "voice", "offer": {"type": "offer", "sdp": "v=0"}, "ring_for": 60})
        t.wait_said("wants_voice", "silent", count=2)
        assert "自动接通" not in t.words()
        assert visitor.gateway.find(state="accepted") == []
        t.press("decline")
        visitor.heard("v1", "declined")
        wait_until(lambda: "听到" in t.js("return document.getElementById('sound').innerText"), "the sound to be tested")
    finally:
        w.end()


def test_the_second_visitor_is_told(visited):
    """The terminal's part: `declined`, `busy`."""
    t, visitor = visited
    visitor.ring("v1", "voice")
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    visitor.say("v2", "ring", **visitor.ringing)
    assert visitor.heard("v2", "declined")["signal"] == {"reason": "busy"}
    assert "正在通话" in t.words()


def test_help_within_a_visit(visited):
    """The red key stays; a press is a call like any other, and the visit goes on."""
    t, visitor = visited
    visitor.ring("v1")
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    t.press("help")
    t.wait_received()
    assert len(t.world.gateway.events("alert.received", kind="sos")) == 1
    wait_until(lambda: frames(t) > 3, "a picture that moves")
    assert visitor.gateway.find(session="v1", state="ended") == []
    assert t.key("cancel").is_displayed() and t.key("end").is_displayed()


def test_reloaded_within_a_visit(visited):
    """It asks for a new offer, and goes on with it."""
    t, visitor = visited
    visitor.ring("v1")
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    t.again()
    wait_until(lambda: visitor.gateway.find(state="accepted", signal={"renew": True}), "the wish for an offer")
    visitor.say("v1", "signal", signal={"offer": visitor.offer("video")})
    wait_until(lambda: [p for p in visitor.gateway.find(session="v1", state="accepted")
                        if "answer" in p["signal"]][1:], "a second answer")
    visitor.connect(visitor.gateway.find(session="v1", state="accepted")[-1])
    wait_until(lambda: frames(t) > 3, "a picture that moves")
    assert "王小丽正在看您" in t.words()
    visitor.say("v1", "end", signal={"reason": "caller"})
    t.wait_said("visit_over")
    t.again()
    t.wait_up()
    assert t.js("return document.body.dataset.view") == "home"


@pytest.mark.parametrize("key", ["accept", "any", "help"])
def test_check_in(visited, key):
    """"no camera: the terminal asks aloud "are you well?", any key answers"; the red one calls for help all the same."""
    t, visitor = visited
    visitor.ring("v1", "check-in", auto=True)
    t.wait_words("您好吗")
    t.wait_said("are_you_well", "file")
    if key == "any":
        t.browser.switch_to.active_element.send_keys("5")
    else:
        t.press(key)
    answer = visitor.heard("v1", "accepted")["signal"]
    assert answer == {"result": "needs" if key == "help" else "well"}
    assert "camera" not in t.js("return window.order") and "microphone" not in t.js("return window.order")
    if key == "help":
        t.wait_received()
    else:
        t.wait_said("check_in_thanks", "file")
    assert len(t.world.gateway.events("alert.received")) == (key == "help")
    assert t.js("return document.body.dataset.view") == "home"


def test_falls_back_to_voice_and_says_so(visited):
    """"Falls back from video to voice to check-in by itself when the link is poor, and says so": the camera goes off; and
    when not even a voice comes through, the question is left."""
    t, visitor = visited
    visitor.ring("v1")
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    t.js("window.caller.fallBack('voice', 'here')")
    t.wait_words("已改为只听声音")
    t.wait_said("fell_voice", "file")
    wait_until(lambda: own_tracks(t) == 1, "the camera to be given back")
    assert "摄像头" not in t.words() and "麦克风开着" in t.words()
    visitor.say("v1", "signal", signal={"mode": "check-in"})
    t.wait_words("您好吗")
    t.wait_said("fell_check_in", "file")
    assert own_tracks(t) == 0 and "麦克风" not in t.words()
    t.press("accept")
    wait_until(lambda: visitor.gateway.find(session="v1", signal={"result": "well"}), "the answer")


def test_told_again_when_the_connection_is_back(visited):
    """An end that nobody heard is told when the broker is there again."""
    t, visitor = visited
    visitor.ring("v1", "voice")
    t.press("accept")
    visitor.connect(visitor.heard("v1", "accepted"))
    t.world.broker.stop()
    t.press("end")
    assert own_tracks(t) == 0
    t.world.broker.start()
    late = t.world.client("gateway-come-late")
    late.subscribe("yj/v1/dev/t1/up/visit")
    late.wait(session="v1", state="ended")
