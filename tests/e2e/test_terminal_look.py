"""Issue 5, the terminal: "usable with one shaking finger, without glasses and without reading; WCAG 2.2 AA", as far as a
program can tell; and its screenshots at 1280×800 and 800×480 (build/test/screenshots)."""

import pytest

from harness import wait_until
from terminal_world import SIZES, TerminalWorld, shared_browser  # noqa: F401

# Contrast (1.4.3) of each visible text with what is behind it: [ratio, text, size in px]
CONTRAST = """
function channels(c) { return c.match(/[\\d.]+/g).map(Number); }
function light(c) {
	const v = channels(c).slice(0, 3).map((x) => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
	return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
function behind(e) {
	for (; e; e = e.parentElement) {
		const c = channels(getComputedStyle(e).backgroundColor);
		if (c.length < 4 || c[3] > 0.5) return getComputedStyle(e).backgroundColor;
	}
	return 'rgb(255,255,255)';
}
return [...document.querySelectorAll('body *')].filter((e) => e.offsetParent && !e.closest('.unseen') &&
	[...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
	const a = light(getComputedStyle(e).color), b = light(behind(e));
	return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.trim(),
		parseFloat(getComputedStyle(e).fontSize)];
});"""

# What can be pressed: [name, x, y, width, height, is a pictogram in it]
TARGETS = """
return [...document.querySelectorAll('button, input, select')].filter((e) => e.offsetParent).map((e) => {
	const b = e.getBoundingClientRect();
	const name = (e.labels && e.labels[0] ? e.labels[0].textContent : e.getAttribute('aria-label') || e.textContent).trim();
	return [name, b.x, b.y, b.width, b.height, Boolean(e.querySelector('svg')), e.id];
});"""


@pytest.fixture
def home(tmp_path):
    w = TerminalWorld(tmp_path)
    try:
        yield w.begin().home()
    finally:
        w.end()


def ring(world, session, mode="video", auto=False, **signal):
    gateway = world.client("gw-look-" + session)
    if mode != "check-in":
        signal["offer"] = {"type": "offer", "sdp": ""}
    gateway.publish("yj/v1/dev/t1/down/visit", {
        "session": session, "action": "ring", "from": "王小丽", "auto_answer": auto,
        "signal": {"mode": mode, "ring_for": 60, "who": {"id": "fam1", "role": "family"}, **signal}})
    return gateway


def check(t, view, least=4.5, target=48):
    """One screen: nothing overlaps, is cut off or pale, and all that can be pressed is large and has a name."""
    size = SIZES[t.size]
    assert t.js("return document.body.dataset.view") == view
    for ratio, text, px in t.js(CONTRAST):
        assert ratio >= least, (view, text, ratio)
        assert px >= 16, (view, text, px)
    boxes = t.js(TARGETS)
    for name, x, y, width, height, _, _ in boxes:
        assert name, view
        assert width >= target and height >= target, (view, name, width, height)
        if view != "setup":
            assert 0 <= x and 0 <= y and x + width <= size[0] + 1 and y + height <= size[1] + 1, (view, name)
    for i, (name, x, y, w, h, _, _) in enumerate(boxes):
        for other, ox, oy, ow, oh, _, _ in boxes[i + 1:]:
            apart = x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y
            assert apart, (view, name, other)
    assert t.js("return document.documentElement.scrollWidth - innerWidth") <= 0, view
    cut = t.js("""return [...document.querySelectorAll('.key .name, .key .hint, #panel-words, .who *')].filter(
        (e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' ||
        (e.closest('button') && (e.getBoundingClientRect().bottom > e.closest('button').getBoundingClientRect().bottom + 1
        || e.getBoundingClientRect().top < e.closest('button').getBoundingClientRect().top - 1))))
        .map((e) => e.textContent)""")
    assert cut == [], view


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_each_screen_can_be_seen_and_pressed(home, size, lang):
    """Every screen, in both sizes and languages; large keys have a contrast of 7:1 (AAA)."""
    home.people("fam1", "doc1")
    t = home.terminal(size=size, lang=lang)
    name = lambda what: f"{what}-{size}-{lang}"
    t.wait_up()
    wait_until(lambda: t.js("return document.body.dataset.sound"), "the sound to be tested")
    check(t, "home", least=7)
    assert t.js("return document.documentElement.lang") == lang
    t.screenshot(name("home"))
    if t.js("return document.body.dataset.sound") == "ask":
        t.press("heard")
        assert not t.key("heard").is_displayed()
        check(t, "home", least=7)
    for key in ("help", "family", "services", "well"):
        assert t.key(key).find_element("css selector", "svg").is_displayed(), "no need to read"
    t.screenshot(name("idle"))
    t.press("services")
    check(t, "services", least=7)
    t.screenshot(name("services"))
    t.press("back", "help")
    t.wait_received()
    check(t, "home", least=7)
    t.screenshot(name("received"))
    home.gateway.ctl("incident", "ack", home.gateway.incident()["id"], "--by", "doc1")
    t.wait_words("张医生")
    t.screenshot(name("coming"))
    check(t, "home", least=7)
    ring(home, "v1")
    t.wait_words("王小丽")
    check(t, "ring", least=7)
    t.screenshot(name("ring-in-a-call"))
    t.press("decline")
    ring(home, "v2", "check-in")
    wait_until(lambda: t.js("return document.getElementById('ring').className").endswith("ask"), "the question")
    check(t, "ring", least=7)
    t.screenshot(name("check-in"))
    t.press("accept")
    t.press("setup")
    wait_until(lambda: t.js("return document.querySelectorAll('#recording-list li').length") > 10, "phrases")
    check(t, "setup")
    t.screenshot(name("setup"))


def test_a_long_name_stays_on_the_screen(home):
    t = home.terminal(size="small")
    t.wait_up()
    gateway = home.client("gw-look")
    gateway.publish("yj/v1/dev/t1/down/visit", {
        "session": "v1", "action": "ring", "from": "司马" * 20, "auto_answer": True,
        "signal": {"mode": "check-in", "ring_for": 60}})
    t.wait_words("司马司马")
    t.screenshot("long-name-small")
    check(t, "ring", least=7)


def test_focus_goes_through_all_keys_and_is_seen(home):
    """2.4.3, 2.4.7, 2.4.11: Tab reaches every key of the screen in the order in which they are seen."""
    from selenium.webdriver.common.keys import Keys
    t = home.terminal()
    t.wait_up()
    wait_until(lambda: t.js("return document.body.dataset.sound"), "the sound to be tested")
    wanted = [target[6] for target in t.js(TARGETS)]
    seen = []
    for _ in wanted:
        t.browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(t.js("return document.activeElement.id"))
        if seen[-1]:
            assert t.js("return getComputedStyle(document.activeElement).boxShadow") != "none", seen[-1]
    assert set(wanted) - {"key-help"} <= set(seen) | {"key-help"}
    order = [wanted.index(s) for s in seen if s in wanted]
    assert order[order.index(0):] == sorted(order[order.index(0):])


def test_it_stands_still_for_who_wants_that(home):
    """2.3.3: nothing moves where the system asks for less motion."""
    t = home.terminal()
    t.wait_up()
    home.broker.stop()
    t.press("help")
    t.wait_words("正在呼叫")
    moving = "return getComputedStyle(document.querySelector('#panel > svg')).animationName"
    assert t.js(moving) == "breathe"
    t.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    assert t.js(moving) == "none"
    home.broker.start()


def test_larger_letters_keep_every_key(home):
    """1.4.4, 1.4.10: with letters of twice the size (or a small screen held upright) all keys are there and can be reached."""
    t = home.terminal()
    t.wait_up()
    wait_until(lambda: t.js("return document.body.dataset.sound"), "the sound to be tested")
    t.js("document.documentElement.style.fontSize = '32px'")
    check(t, "home")
    t.screenshot("home-letters-twice")
    t.js("document.documentElement.style.fontSize = ''")
    t.cdp("Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True)
    assert t.js("return document.documentElement.scrollWidth - innerWidth") <= 0
    t.screenshot("home-upright")
    for key in ("help", "family", "services", "well"):
        rect = t.key(key).rect
        assert rect["width"] >= 100 and rect["height"] >= 48, (key, rect)


def test_what_is_said_is_told_to_screen_readers(home):
    t = home.terminal()
    t.wait_up()
    assert t.js("return document.getElementById('panel-words').getAttribute('aria-live')") == "assertive"
    assert t.js("return document.getElementById('live').getAttribute('role')") == "alert"
    tree = t.cdp("Accessibility.getFullAXTree")["nodes"]
    buttons = [n for n in tree if n.get("role", {}).get("value") == "button" and not n["ignored"]]
    names = [n["name"]["value"] for n in buttons]
    assert any(n.startswith("求助") for n in names) and all(names)
