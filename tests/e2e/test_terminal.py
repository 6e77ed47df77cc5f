"""Issue 5, the terminal: its keys, what it says and shows, and that no press is lost; the page in a real Chromium."""

import json
import math
import shutil
import struct
import wave

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness import DEFAULT_POLICY, wait_until
from terminal_world import WEB, TerminalWorld, shared_browser  # noqa: F401


@pytest.fixture
def home(tmp_path):
    w = TerminalWorld(tmp_path)
    try:
        yield w.begin([{**DEFAULT_POLICY, "kinds": [
            {"kind": "service", "levels": [{"notify": ["provider"]}]}]}]).home()
    finally:
        w.end()


def alerts(world):
    return world.gateway.events("alert.received")


def kinds(world):
    return sorted(e["data"]["kind"] for e in world.gateway.events("incident.opened"))


# ── the keys ──


def test_each_key_calls_whom_it_says(home):
    """"one very large red key (help), a green key (family), a third for services (meals, repairs, a chat)";
    "I am well" opens nothing."""
    daughter, doctor, provider = home.people("fam1", "doc1", "prov1")
    t = home.terminal()
    t.wait_up()
    size = {n: t.key(n).rect["width"] * t.key(n).rect["height"] for n in ("help", "family", "services")}
    assert size["help"] > 2 * size["family"] and size["help"] > 2 * size["services"]
    t.press("help")
    t.wait_words("已收到")
    assert daughter.wait(kind="sos")["state"] == "open"
    t.press("family")
    daughter.wait(kind="family")
    t.press("services")
    assert t.key("meal").text == "送餐" and t.key("repair").text == "维修" and "聊天" in t.key("chat").text
    t.press("repair")
    page = provider.wait(kind="service")
    assert "维修" in page["text"]
    t.press("well")
    home.gateway.wait_event("resident.well", resident="r1")
    assert kinds(home) == ["family", "service", "sos"]
    assert t.complaints() == []


def test_what_is_done_is_said_and_shown(home):
    """"spoken feedback ("已收到", "张医生正在赶来") from recorded files …, with the words on screen"."""
    daughter, doctor = home.people("fam1", "doc1")
    t = home.terminal()
    t.wait_up()
    t.press("help")
    t.wait_words("已收到")
    t.wait_said("received", "file")
    incident = home.gateway.incident()["id"]
    daughter.reply(incident, "ack", how="remote")
    t.wait_words("王小丽知道了，正在找附近的人")
    t.wait_said("knows", "file")
    home.gateway.ctl("incident", "ack", incident, "--by", "doc1")
    t.wait_words("张医生正在赶来")
    t.wait_said("coming", "file")
    home.gateway.ctl("incident", "arrive", incident, "--by", "doc1")
    t.wait_words("张医生已经到了")
    t.wait_said("arrived", "file")
    home.gateway.ctl("incident", "resolve", incident, "--by", "doc1", "--outcome", "helped")
    t.wait_words("这次呼叫已结束")
    t.wait_said("closed", "file")
    names = [how for what, how in t.said() if what in ("张医生", "somebody")]
    assert len(names) >= 3, "a name, or where the browser has no voice a recorded word for it"


def test_only_names_are_spoken_by_the_browser(home):
    """A voice that the browser has is given names, and nothing else."""
    home.people("fam1", "doc1")
    t = home.terminal()
    t.before_all("""
        window.spoken = [];
        speechSynthesis.getVoices = () => [{lang: "zh-CN", name: "x"}];
        window.SpeechSynthesisUtterance = function (text) { this.text = text; };
        speechSynthesis.speak = (u) => { window.spoken.push(u.text); setTimeout(() => u.onend(), 0); };""")
    t.again()
    t.wait_up()
    t.press("help")
    t.wait_said("received", "file")
    home.gateway.ctl("incident", "ack", home.gateway.incident()["id"], "--by", "doc1")
    t.wait_said("张医生", "name")
    t.wait_said("coming", "file")
    assert t.js("return window.spoken") == ["张医生"]


def test_a_mistake_is_taken_back(home):
    """我没事，取消: those who were asked are told, the key is gone, the words say what was done."""
    daughter, = home.people("fam1")
    t = home.terminal()
    t.wait_up()
    assert not t.key("cancel").is_displayed()
    t.press("help")
    t.wait_words("已收到")
    daughter.wait(state="open")
    t.press("cancel")
    t.wait_words("已告诉他们您没事")
    t.wait_said("cancel_received")
    daughter.wait(state="withdrawn")
    assert not t.key("cancel").is_displayed()
    cancelled = home.gateway.events("incident.withdrawn")
    assert len(cancelled) == 1


@pytest.mark.parametrize("fingers", ["slides", "twice", "rests", "leaves_the_key"])
def test_one_shaking_finger_is_one_press(home, fingers):
    """A touch that slides, repeats within a second, rests for long or leaves the key is one press."""
    home.people("fam1")
    t = home.terminal()
    t.wait_up()
    t.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    if fingers == "slides":
        t.touch("help", (15, 10), (-20, 30), (40, -25))
    elif fingers == "twice":
        for _ in range(4):
            t.touch("help", (3, 3))
    elif fingers == "rests":
        box = t.key("help").rect
        point = [{"x": box["x"] + 50, "y": box["y"] + 50}]
        t.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=point)
        t.wait_words("已收到")
        t.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    else:
        t.touch("help", (400, -50), (600, -200))
    t.wait_words("已收到")
    t.press("well")
    home.gateway.wait_event("resident.well")
    assert len(alerts(home)) == 1


def test_a_second_tap_on_services_chooses_nothing(home):
    """The screen changes under a shaking finger: its second tap is no choice."""
    home.people("fam1", "prov1")
    t = home.terminal()
    t.wait_up()
    t.cdp("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    box = t.key("services").rect
    place = {"x": box["x"] + box["width"] * 0.75, "y": box["y"] + box["height"] / 2}
    for _ in range(3):
        t.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[place])
        t.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert t.key("meal").is_displayed()
    t.press("help")
    t.wait_words("已收到")
    assert kinds(home) == ["sos"]


def test_keyboard_and_remote_control(home):
    """Arrow keys and Enter, and the coloured keys of a television's remote control; a key held is one press."""
    home.people("fam1", "prov1")
    t = home.terminal()
    t.wait_up()
    at = lambda: t.js("return document.activeElement.id")
    keys = lambda k: t.browser.switch_to.active_element.send_keys(k)
    assert at() == "key-help"
    keys(Keys.ARROW_RIGHT)
    assert at() in ("key-family", "key-services")
    keys(Keys.ARROW_UP)
    keys(Keys.ARROW_UP)
    while at() != "key-family":
        keys(Keys.ARROW_DOWN)
    for _ in range(3):
        keys(Keys.ENTER)
    home.gateway.wait_event("incident.opened", kind="family")
    keys(Keys.ARROW_LEFT)
    assert at() == "key-help"
    outline = t.js("return getComputedStyle(document.activeElement).boxShadow")
    assert outline != "none"
    t.js("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ColorF0Red'}))")
    home.gateway.wait_event("incident.opened", kind="sos")
    t.press("well")
    home.gateway.wait_event("resident.well")
    assert len(alerts(home)) == 2


# ── no press is lost ──


def test_not_sent_yet_is_said_and_shown_until_it_is(home):
    """"without `received` after 10 s it says "还没发出去，正在重试""; and then 已收到 by itself."""
    home.people("fam1")
    t = home.terminal()
    t.wait_up()
    home.broker.stop()
    t.press("help")
    t.wait_words("正在呼叫")
    assert "还没发出去" not in t.words()
    t.wait_words("还没发出去，正在重试", 15)
    t.wait_said("retrying", "file")
    home.broker.start()
    t.wait_received()
    t.wait_said("received")
    assert len(alerts(home)) == 1


def test_pressed_before_the_broker_is_there(home):
    """The keys work from the first second, also where nothing else does."""
    home.people()
    home.broker.stop()
    t = home.terminal()
    t.press("help")
    t.wait_words("正在呼叫")
    home.broker.start()
    t.wait_received()
    assert len(alerts(home)) == 1


def test_starts_and_is_pressed_without_a_network(home):
    """"works without a network (a press is kept in IndexedDB and repeated until `received`)": set up once, it starts with
    neither gateway nor broker, and what is pressed then survives a reload and a power cut."""
    home.people()
    t = home.terminal(own=True)
    t.wait_up()
    t.wait_kept()
    home.gateway.stop()
    home.broker.stop()
    t.network(False)
    t.again()
    t.press("help")
    t.wait_words("正在呼叫")
    t.wait_said("pressed_sos", "file")
    t.again()
    t.wait_words("还没发出去，正在重试", 15)
    t.kill()
    home.broker.start()
    home.gateway.start()
    t.start()
    t.again()
    t.wait_received()
    received = alerts(home)
    assert len(received) == 1


def test_offline_in_the_middle(home):
    """The network goes and comes while the page is open (what the browser itself says of it)."""
    home.people()
    t = home.terminal()
    t.wait_up()
    t.network(False)
    home.broker.stop()
    t.press("family")
    t.wait_words("正在联系家人")
    home.broker.start()
    t.network(True)
    t.wait_received()
    assert kinds(home) == ["family"]


def test_repeats_byte_for_byte(home):
    """A broker that takes the message and loses it hears the same bytes again, after 5 s and more."""
    home.people()
    spy = home.client("spy")
    spy.subscribe("yj/v1/dev/t1/up/call")
    t = home.terminal()
    t.wait_up()
    home.gateway.kill()
    t.press("help")
    wait_until(lambda: len(spy.heard) >= 3, "two repetitions", 30)
    said = [json.dumps(p, sort_keys=True) for _, p in spy.heard]
    assert len(set(said)) == 1
    home.gateway.start()
    t.wait_received()
    assert len(alerts(home)) == 1


def test_what_is_open_is_shown_after_a_restart(home):
    """Reloaded while somebody is on the way: it says so still."""
    home.people("fam1", "doc1")
    t = home.terminal()
    t.wait_up()
    t.press("help")
    t.wait_words("已收到")
    home.gateway.ctl("incident", "ack", home.gateway.incident()["id"], "--by", "doc1")
    t.wait_words("张医生正在赶来")
    t.again()
    t.wait_words("张医生正在赶来")
    assert len(alerts(home)) == 1


# ── supervision ──


def test_is_online_and_says_so(home):
    """`state` with a session that grows, a will, and heartbeats (docs/supervision.md)."""
    spy = home.client("spy")
    spy.subscribe("yj/v1/dev/t1/#")
    t = home.terminal()
    t.wait_up()
    first = spy.wait(online=True)
    spy.wait(fw="terminal")
    home.gateway.wait_event("device.online", device="t1")
    t.again()
    wait_until(lambda: [p for p in spy.find(online=True) if p["session"] > first["session"]],
               "a later session")
    last = spy.find(online=True)[-1]
    t.browser.get("about:blank")
    spy.wait(online=False, session=last["session"])


# ── set-up ──


def test_password_leaves_the_address_at_once(home):
    t = home.terminal()
    t.wait_up()
    assert t.browser.current_url == t.address
    t.again()
    t.wait_up()


def test_set_up_by_its_form(home):
    """Without a link: the form asks, refuses what cannot be, and the terminal works."""
    t = home.terminal(open=False)
    t.browser.get(t.address)
    field = lambda name: t.browser.find_element(By.ID, f"setup-{name}")
    wait_until(lambda: field("device").is_displayed(), "the form")
    field("device").send_keys("t1")
    field("broker").send_keys("example.org")
    field("save").click()
    wait_until(lambda: "wss://" in t.browser.find_element(By.ID, "setup-note").text, "the reason")
    field("broker").clear()
    field("broker").send_keys(home.broker.url)
    field("password").send_keys("secret")
    field("save").click()
    t.wait_shown()
    t.wait_up()
    t.press("help")
    t.wait_received()


def test_recordings_of_the_family(home):
    """"recorded files that can be replaced per home (dialect, a grandchild's voice)": recorded at the terminal with its
    microphone, which is shown to be on; kept over a reload; and taken away again."""
    t = home.terminal()
    t.wait_up()
    t.press("setup")
    line = wait_until(lambda: t.browser.find_elements(
        By.CSS_SELECTOR, "li[data-phrase=received] button"), "the phrases")
    line[0].click()
    t.wait_words("麦克风开着")
    wait_until(lambda: line[0].text == "停止", "the recorder")
    line[0].click()
    wait_until(lambda: line[2].is_displayed(), "a recording")
    assert "麦克风" not in t.words()
    t.again()
    t.wait_up()
    t.press("help")
    t.wait_said("received", "own")


# ── sound ──


def sound_file(path, hz):
    """0.8 s of silence, and then a tone (0: still silence)."""
    with wave.open(str(path), "wb") as w:
        w.setparams((1, 2, 48000, 0, "NONE", ""))
        tone = [0] * 38400 + [int(12000 * math.sin(2 * math.pi * hz * i / 48000)) for i in range(96000)]
        w.writeframes(struct.pack(f"<{len(tone)}h", *tone))
    return path


@pytest.mark.parametrize("ear", ["hears_it", "hears_nothing", "hears_something_else"])
def test_sound_is_checked_at_the_start(home, ear):
    """"a check at start that sound can be heard": by its own microphone; else somebody is asked, and the keys work meanwhile."""
    file = sound_file(home.folder / "ear.wav", {"hears_it": 1000, "hears_nothing": 0, "hears_something_else": 400}[ear])
    t = home.terminal(arguments=[f"--use-file-for-fake-audio-capture={file}"])
    t.wait_up()
    known = wait_until(lambda: t.js("return document.body.dataset.sound"), "the sound to be tested")
    assert known == ("heard" if ear == "hears_it" else "ask")
    assert t.key("heard").is_displayed() == (ear != "hears_it")
    assert "麦克风" not in t.words()
    if ear == "hears_nothing":
        t.wait_said("sound_check", "file")
        t.press("help")
        t.wait_received()
        assert t.key("heard").is_displayed(), "a call for help is no answer"
        t.press("heard")
        assert not t.key("heard").is_displayed()


# ── new versions ──


def test_a_new_version_is_taken_as_a_whole(tmp_path):
    """What is kept for a start without a network follows what the gateway has."""
    shutil.copytree(WEB / "terminal", tmp_path / "web" / "terminal")
    w = TerminalWorld(tmp_path)
    try:
        w.begin(http={"web_dir": str(tmp_path / "web")}).home()
        t = w.terminal()
        t.wait_up()
        t.wait_kept()
        words = tmp_path / "web/terminal/words/zh-CN.json"
        words.write_text(words.read_text().replace("我很好", "我挺好"))
        files = tmp_path / "web/terminal/files.js"
        files.write_text(files.read_text().replace("YJ_VERSION = \"", "YJ_VERSION = \"new"))
        t.again()
        kept = "return caches.keys().then((k) => k.some((n) => n.startsWith('terminal-new')) && k.length)"
        wait_until(lambda: t.js(kept) == 2, "the new version alone")
        w.gateway.stop()
        t.again()
        assert t.key("well").text == "我挺好"
        w.gateway.start()
    finally:
        w.end()
