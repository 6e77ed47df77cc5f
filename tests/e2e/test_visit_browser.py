"""Issue 5, "How it is proved": visits between two real browsers. Frames decoded and sound that moves on
both ends, devices given back, and what each side is told when it goes another way."""

import http.client
import json
import time

import pytest
from selenium.webdriver.common.by import By

from harness import DEFAULT_POLICY, wait_until
from visit_rig import (DEADLINE, Browsers, VisitWorld, Visitor, is_free, live, media, moves, wait_free,
                       wait_heard, wait_seen_and_heard)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    made = Browsers(tmp_path_factory.mktemp("browsers"))
    yield made
    made.quit()


@pytest.fixture
def world(tmp_path, pool):
    made = VisitWorld(tmp_path, pool)
    yield made
    made.end()


def far_from_now():
    """A night of one minute, half a day from now in the gateway's zone."""
    minute = (time.time() // 60 + 8 * 60 + 12 * 60) % 1440
    return "-".join(f"{int(m) % 1440 // 60:02}:{int(m) % 60:02}" for m in (minute, minute + 1))


def data_of(g, kind):
    return g.wait_event(kind)["data"]


def test_they_see_and_hear_each_other(world):
    """One tap, one key in the home, and both see and hear each other; the log has who, when and how
    long; after hanging up no device is open on either side, and the page asks how she was."""
    g = world.begin().gateway
    terminal, visitor = world.pair()
    visitor.open()
    assert live(visitor.browser) == [] and visitor.js("return spy.asked.length") == 0, \
        "no device is opened before the tap"
    visitor.screenshot("home")
    visitor.tap("video")
    visitor.wait_phase("ringing")
    terminal.wait_words("王小丽")
    visitor.wait_text("等老人接听")
    assert "video" not in live(terminal.browser), "the camera in the home waits for the resident"
    visitor.screenshot("ringing")
    terminal.press("accept")
    visitor.wait_phase("talking")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    assert live(terminal.browser) == live(visitor.browser) == ["audio", "video"]
    wait_until(lambda: visitor.marks(), "the first picture")
    assert "王小丽" in terminal.words(), "the home sees who is there"
    visitor.screenshot("talking")
    terminal.screenshot("visit")
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)
    said = [e["type"].split(".")[-1] for e in g.events("visit.*")]
    assert said == ["requested", "ringing", "answered", "ended"]
    ended = data_of(g, "visit.ended")
    assert (ended["resident"], ended["caregiver"], ended["device"]) == ("r1", "fam1", "t1")
    visitor.screenshot("end")
    visitor.browser.find_element(By.CSS_SELECTOR, "#result input[value=needs]").click()
    visitor.key("note").send_keys("腿疼")
    visitor.browser.find_element(By.CSS_SELECTOR, "#result button").click()
    visitor.wait_text("记下了")
    assert visitor.complaints() == []
    assert terminal.complaints() == []


def test_voice_opens_no_camera_and_the_resident_ends_it(world):
    world.begin()
    terminal, visitor = world.visiting("voice")
    wait_heard(visitor.browser, terminal.browser)
    assert live(terminal.browser) == live(visitor.browser) == ["audio"]
    visitor.screenshot("voice")
    terminal.press("end")
    visitor.wait_screen("end")
    assert "结束了通话" in visitor.text()
    wait_free(visitor.browser, terminal.browser)
    assert data_of(world.gateway, "visit.ended")


def test_declined(world):
    g = world.begin().gateway
    terminal, visitor = world.pair()
    visitor.open().tap("video")
    terminal.press("decline")
    visitor.wait_screen("end")
    assert "王秀英现在不方便" in visitor.text()
    visitor.screenshot("declined")
    wait_free(visitor.browser, terminal.browser)
    assert data_of(g, "visit.declined")["caregiver"] == "fam1"
    assert g.incidents() == []


def test_it_rings_again(world):
    """The page says when it rings again and what follows; while it waits no device is open; the second
    ring connects with the offer of the first."""
    world.begin(visits={"ring_for": "5s", "retries": 1, "retry_after": "3s"})
    terminal, visitor = world.pair()
    visitor.open().tap("video")
    visitor.wait_phase("missed")
    visitor.wait_text("一直没人接就派人去看")
    visitor.screenshot("missed")
    wait_until(lambda: live(visitor.browser) == [], "the camera to rest")
    visitor.wait_phase("ringing")
    terminal.press("accept")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)


def test_nobody_answers_and_somebody_is_sent(world):
    """No answer becomes an incident, and the page says which."""
    g = world.begin(visits={"ring_for": "2s", "retries": 0}).gateway
    _, visitor = world.pair()
    visitor.open().tap("video")
    visitor.wait_screen("end")
    assert "已经派人去看" in visitor.text()
    found = [i for i in g.incidents() if i["kind"] == "visit_unanswered"]
    assert len(found) == 1 and found[0]["id"] in visitor.text()
    visitor.screenshot("unanswered")
    wait_free(visitor.browser)


def test_two_visitors_at_once(world):
    """The second is told who is there, and the first notices nothing."""
    world.begin()
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    first = visitor.browser.current_window_handle
    visitor.browser.switch_to.new_window("window")
    second = Visitor(world, name="grid1", browser=visitor.browser).open()
    second.wait_text("王小丽正在和老人通话")
    second.tap("voice")
    second.wait_screen("end")
    assert "王小丽正在和王秀英通话" in second.text()
    second.screenshot("busy")
    visitor.browser.switch_to.window(first)
    wait_seen_and_heard(visitor.browser, terminal.browser)


def test_help_pressed_during_a_visit(world):
    """The call for help goes out at once, the visitor is told loudly, and the visit goes on."""
    g = world.begin().gateway
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    terminal.press("help")
    g.wait_event("incident.opened", kind="sos", resident="r1")
    visitor.wait_text("王秀英按了求助键")
    box = visitor.key("help")
    assert box.is_displayed() and box.get_attribute("role") == "alert"
    visitor.screenshot("help")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)


def test_the_terminal_is_loaded_anew_during_a_visit(world):
    world.begin()
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    terminal.again()
    wait_seen_and_heard(terminal.browser, visitor.browser)
    visitor.wait_phase("talking")
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)
    assert [e["type"] for e in world.gateway.events("visit.answered")] == ["yijian.visit.answered"]


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_gateway_starts_anew_during_a_visit(world, how):
    """Sound and picture go on while there is no gateway, and after it has come back it knows of the
    visit: hanging up is heard in the home and logged."""
    g = world.begin().gateway
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    getattr(g, how)()
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.wait_text("通话不受影响")
    visitor.screenshot("gateway-away")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    g.start()
    wait_until(lambda: visitor.js("return document.body.dataset.away") == "no",
               "the page to be back with the gateway", DEADLINE)
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)
    assert len(g.events("visit.ended")) == 1


def test_hanging_up_while_there_is_no_gateway(world):
    """The devices are given back at once; the gateway hears of the end when it is back."""
    g = world.begin().gateway
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    g.kill()
    visitor.hang_up()
    wait_free(visitor.browser)
    g.start()
    g.wait_event("visit.ended")
    wait_free(terminal.browser)


def test_it_answers_by_itself_where_that_was_agreed_to(world):
    """No key is pressed in the home: chime, name, then the camera; withdrawn by the daughter it needs
    a key again."""
    g = world.begin(visits={"night": far_from_now()}).gateway
    world.consents(("auto_answer", "fam1", "yes"))
    terminal, visitor = world.pair()
    visitor.open()
    visitor.wait_text("自动接通")
    visitor.tap("video")
    terminal.wait_words("王小丽")
    assert "video" not in live(terminal.browser), "the name comes before the camera"
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)
    visitor.key("back").click()
    visitor.wait_screen("home")
    visitor.browser.find_element(By.TAG_NAME, "summary").click()
    visitor.browser.find_element(By.CSS_SELECTOR, "[data-kind=auto_answer]").click()
    visitor.wait_text("已收回")
    visitor.wait_text("要老人按键接听")
    visitor.screenshot("withdrawn")
    assert g.events("directory.changed")[-1]["data"]["caregiver"] == "fam1"
    visitor.tap("voice")
    terminal.press("accept")
    wait_heard(visitor.browser, terminal.browser)


def test_check_in(world):
    """No camera, no microphone: the terminal asks, any key answers; the red one is a call for help."""
    g = world.begin().gateway
    terminal, visitor = world.pair()
    wait_until(lambda: terminal.js("return document.body.dataset.sound"), "the test of sound to end")
    asked = terminal.asked()
    visitor.open().tap("check-in")
    terminal.press("accept")
    visitor.wait_screen("end")
    assert "按键报了平安" in visitor.text()
    visitor.screenshot("check-in")
    visitor.key("again").click()
    visitor.wait_phase("asking")
    terminal.press("help")
    g.wait_event("incident.opened", kind="sos", resident="r1")
    visitor.wait_screen("end")
    assert "请问问情况" in visitor.text()
    assert terminal.asked() == asked and visitor.js("return spy.asked.length") == 0
    assert is_free(terminal.browser) and is_free(visitor.browser)


def hold_back(browser, *kinds):
    """From now on this side's pictures or sounds do not leave the browser, as if the way were blocked;
    neither page is told."""
    browser.execute_async_script("""
        const done = arguments[arguments.length - 1], kinds = [...arguments].slice(0, -1);
        const peer = spy.peers.find((p) => p.connectionState === "connected");
        const mine = peer.getSenders().filter((s) => s.track && kinds.includes(s.track.kind));
        Promise.all(mine.map((sender) => {
            const how = sender.getParameters();
            how.encodings[0].active = false;
            return sender.setParameters(how);
        })).then(() => done(mine.length));""", *kinds)


def test_a_poor_link_leaves_the_voice_and_then_a_key(world):
    """The home's pictures stop coming: both cameras go dark by themselves, both sides are told, and the
    sound goes on. Then the sound stops too: the terminal asks aloud, and a key is the answer."""
    g = world.begin().gateway
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    hold_back(terminal.browser, "video")
    wait_until(lambda: visitor.mode == "voice", "the fall to voice", 40)
    visitor.wait_text("已改为只通话")
    wait_until(lambda: live(terminal.browser) == live(visitor.browser) == ["audio"],
               "both cameras to go dark")
    terminal.wait_words("只听声音")
    visitor.screenshot("fallen-back")
    wait_heard(visitor.browser, terminal.browser)
    hold_back(terminal.browser, "audio")
    visitor.wait_phase("asking")
    wait_free(visitor.browser, terminal.browser)
    visitor.wait_text("已改为请老人按键报平安")
    visitor.screenshot("fallen-to-check-in")
    terminal.press("accept")
    visitor.wait_screen("end")
    assert "按键报了平安" in visitor.text()
    shown = g.ctl_json("visit", "list")[0]
    assert (shown["mode"], shown["asked_mode"], shown["result"]) == ("check-in", "video", "well")


def test_a_closed_page_hangs_up(world):
    g = world.begin().gateway
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.browser.get("about:blank")
    wait_free(terminal.browser)
    assert data_of(g, "visit.ended")


def test_a_page_without_leave_to_listen_rings_nowhere(world):
    world.begin()
    visitor = Visitor(world, browser=world.own_browser(allowed=False))
    visitor.open().tap("video")
    visitor.wait_screen("end")
    assert "没有允许使用麦克风" in visitor.text() and "没有响铃" in visitor.text()
    assert world.gateway.events("visit.*") == []


def test_mute_and_dark(world):
    """Mute leaves the line open; the camera key gives the camera back and takes it again, and the
    other side does not take that for a poor link."""
    world.begin()
    terminal, visitor = world.visiting("video")
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.key("camera").click()
    wait_until(lambda: live(visitor.browser) == ["audio"], "the camera to go dark")
    visitor.key("mute").click()
    assert visitor.key("mute").get_attribute("aria-pressed") == "true"
    before = media(terminal.browser)["frames"]
    moves(terminal.browser, "packets")
    visitor.key("camera").click()
    wait_until(lambda: media(terminal.browser)["frames"] > before + 3, "pictures again", DEADLINE)
    assert visitor.mode == "video"
    visitor.key("mute").click()
    wait_seen_and_heard(terminal.browser, visitor.browser)


def test_one_tap_from_the_page_of_an_alert(world):
    """一键联通: a call for help, the link of its page, one tap on 视频联通, and nobody in the home has to
    press anything, because the resident agreed to that while a call is open."""
    policy = {**DEFAULT_POLICY, "auto_connect": True}
    g = world.begin([policy]).gateway
    world.consents(("alert", "", "yes"))
    terminal, visitor = world.pair()
    daughter = world.caregiver("fam1")
    terminal.press("help")
    url = daughter.wait(state="open")["url"]
    path = url[len("https://village.example"):]
    visitor.browser.get(f"http://127.0.0.1:{g.http_port}{path}")
    visitor.screenshot("alert")
    link = visitor.browser.find_element(By.PARTIAL_LINK_TEXT, "视频联通")
    link.click()
    wait_seen_and_heard(visitor.browser, terminal.browser)
    visitor.wait_phase("talking")
    assert "start=" not in visitor.browser.current_url
    incident = g.incidents()[0]["id"]
    assert data_of(g, "visit.answered")["incident"] == incident
    visitor.hang_up()
    wait_free(visitor.browser, terminal.browser)


def test_offers_fit_into_a_message(world):
    """16 KiB hold the offer with room for the relay's candidates and its passwords."""
    world.begin()
    home = world.device("t1")
    visitor = Visitor(world)
    visitor.open().tap("video")
    ring = home.wait(action="ring")
    size = len(json.dumps(ring).encode())
    print("ring", size)
    assert size < 8192


def ask(world, method, path, token):
    connection = http.client.HTTPConnection("127.0.0.1", world.gateway.http_port, timeout=10)
    try:
        connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


def test_links_that_hold_no_longer(world):
    """A revoked link and one that was cut off say so in words, and show nobody's name."""
    g = world.begin().gateway
    visitor = Visitor(world)
    token = visitor.token()
    g.ctl("visit", "link", "fam1", "--revoke")
    assert ask(world, "GET", "/api/v1/me", token) in (401, 403)
    for bad in (token, token[:-5]):
        visitor.browser.get("about:blank")
        visitor.browser.get(f"http://127.0.0.1:{g.http_port}/visit/?lang=zh-CN#{bad}")
        visitor.wait_screen("fail")
        assert "已经失效" in visitor.text() and "王秀英" not in visitor.text()
    visitor.browser.get("about:blank")
    visitor.browser.get(f"http://127.0.0.1:{g.http_port}/visit/?lang=zh-CN")
    visitor.wait_screen("fail")
    assert "链接不完整" in visitor.text()
