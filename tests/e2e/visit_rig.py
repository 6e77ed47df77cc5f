"""Visits with real browsers on both sides: the terminal's page in one Chromium, the caregiver's page in
another, each with Chromium's fake camera and microphone; a real gateway and a real mosquitto between them."""

import pathlib

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from harness import wait_until
from terminal_world import SCREENSHOTS, WATCH, Terminal, TerminalWorld
from terminal_world import SIZES as TERMINAL_SIZES

SIZES = {"phone": (360, 640), "small": (320, 568), "desk": (1280, 800)}
DEADLINE = 30

# Put into both pages before their own scripts: keeps every connection and every track that a page
# opens, so that a test sees what the browser really does, and keeps pictures small for two cores.
SPY = """
(() => {
	const spy = window.spy = {peers: [], tracks: [], asked: []};
	const Peer = window.RTCPeerConnection;
	window.RTCPeerConnection = class extends Peer {
		constructor(...how) {
			super(...how);
			spy.peers.push(this);
		}
	};
	const devices = navigator.mediaDevices;
	if (!devices)
		return;
	const open = devices.getUserMedia.bind(devices);
	devices.getUserMedia = async (what) => {
		spy.asked.push(Object.keys(what));
		if (what.video)
			what = {...what, video: {width: 320, height: 240, frameRate: 10}};
		const stream = await open(what);
		spy.tracks.push(...stream.getTracks());
		return stream;
	};
	spy.media = async () => {
		const seen = {frames: 0, sound: 0, level: 0, packets: 0, relay: false, open: 0};
		for (const peer of spy.peers.filter((p) => p.connectionState !== "closed")) {
			seen.open++;
			const all = [];
			(await peer.getStats()).forEach((s) => all.push(s));
			for (const s of all) {
				if (s.type === "inbound-rtp" && s.kind === "video")
					seen.frames += s.framesDecoded || 0;
				if (s.type === "inbound-rtp" && s.kind === "audio") {
					seen.sound += s.totalAudioEnergy || 0;
					seen.level = s.audioLevel || 0;
					seen.packets += s.packetsReceived || 0;
				}
				if (s.type === "transport") {
					const pair = all.find((p) => p.id === s.selectedCandidatePairId);
					const ends = pair ? [pair.localCandidateId, pair.remoteCandidateId] : [];
					seen.relay = all.some((c) => ends.includes(c.id)
						&& c.candidateType === "relay");
				}
			}
		}
		return seen;
	};
})();
"""

MEDIA = """
const done = arguments[arguments.length - 1];
if (window.spy && spy.media)
	spy.media().then(done, () => done(null));
else
	done(null);
"""


def media(browser):
    """What is received: {frames, sound (energy), level, packets, relay, open (connections)}."""
    return browser.execute_async_script(MEDIA) or {
        "frames": 0, "sound": 0, "level": 0, "packets": 0, "relay": False, "open": 0}


def live(browser):
    """Kinds of devices that are open now."""
    return sorted(set(browser.execute_script(
        "return (window.spy ? spy.tracks : []).filter((t) => t.readyState === 'live')"
        ".map((t) => t.kind)")))


def is_free(browser):
    """No device is open, no connection is left."""
    return live(browser) == [] and media(browser)["open"] == 0


def wait_free(*browsers):
    for browser in browsers:
        wait_until(lambda: is_free(browser), f"devices to be given back: {live(browser)}", DEADLINE)


def moves(browser, *what):
    """Waits until each of these counts has grown from what it is now."""
    before = media(browser)

    def grown():
        now = media(browser)
        return all(now[w] > before[w] for w in what)
    wait_until(grown, f"{what} to move on from {before}", DEADLINE)


def wait_seen_and_heard(*browsers):
    for browser in browsers:
        moves(browser, "frames", "sound")


def wait_heard(*browsers):
    for browser in browsers:
        moves(browser, "packets", "sound")


# What WCAG 2.2 AA asks of a screen and a script can see: nothing wider than the screen, all that is
# pressed large enough and with a name, every text dark or light enough against the worst that can be
# behind it.
FAULTS = """
const faults = [], root = document.documentElement;
const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
const parts = (c) => c.match(/[\\d.]+/g).map(Number);
const light = (c) => {
	const [r, g, b] = c.map((x) => x / 255).map((x) =>
		x <= 0.03928 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4));
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (e, under) => {
	for (; e; e = e.parentElement) {
		const [r, g, b, a = 1] = parts(getComputedStyle(e).backgroundColor);
		if (a > 0)
			return [r, g, b].map((x, i) => a * x + (1 - a) * under[i]);
	}
	return [255, 255, 255];
};
const contrast = (e) => Math.min(...[[0, 0, 0], [255, 255, 255]].map((under) => {
	const a = light(parts(getComputedStyle(e).color)), b = light(behind(e, under));
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}));
if (root.scrollWidth > root.clientWidth)
	faults.push("wider than the screen: " + root.scrollWidth);
if (!root.lang)
	faults.push("no language");
if ([...document.querySelectorAll("h1")].filter(shown).length !== 1)
	faults.push("not one heading");
for (const e of document.querySelectorAll("button, a, summary, input")) {
	if (!shown(e))
		continue;
	const box = (e.closest("label") || e).getBoundingClientRect();
	if (box.width < 44 || box.height < 44)
		faults.push("small: " + e.outerHTML);
	const label = e.id ? document.querySelector("label[for=" + e.id + "]") : null;
	const name = e.getAttribute("aria-label") || e.textContent.trim()
		|| (e.closest("label") || label || {textContent: ""}).textContent.trim();
	if (!name)
		faults.push("nameless: " + e.outerHTML);
}
for (const e of document.querySelectorAll("main *")) {
	const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
	if (own && shown(e) && contrast(e) < 4.5)
		faults.push("contrast " + contrast(e).toFixed(1) + ": " + e.outerHTML);
}
for (const e of document.querySelectorAll("main img, main video"))
	if (shown(e) && !e.getAttribute("aria-label") && !e.getAttribute("alt"))
		faults.push("nameless: " + e.outerHTML);
return faults;
"""


ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--disable-background-networking", "--use-fake-device-for-media-stream", "--mute-audio",
             "--autoplay-policy=no-user-gesture-required")


def launch(folder, allowed=True, arguments=()):
    """A browser with fake devices, spied on; allowed: devices are granted without asking."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (*ARGUMENTS, f"--user-data-dir={folder}", *arguments):
        options.add_argument(argument)
    if allowed:
        options.add_argument("--use-fake-ui-for-media-stream")
    else:
        options.add_experimental_option("prefs", {
            f"profile.default_content_setting_values.media_stream_{kind}": 2
            for kind in ("mic", "camera")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    for script in (WATCH, SPY):
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    return browser


class Browsers:
    """Those of one test file, used again by its tests: a start takes seconds. Each test's pages have an
    origin of their own, so nothing that one keeps is found by the next."""

    def __init__(self, folder):
        self.folder, self.free, self.made = pathlib.Path(folder), [], 0

    def take(self):
        if self.free:
            return self.free.pop()
        self.made += 1
        return launch(self.folder / f"browser-{self.made}")

    def give_back(self, browser):
        try:
            first, *others = browser.window_handles
            for other in others:
                browser.switch_to.window(other)
                browser.close()
            browser.switch_to.window(first)
            browser.get("about:blank")
            browser.get_log("browser")
        except WebDriverException:
            browser.quit()
            return
        self.free.append(browser)

    def quit(self):
        for browser in self.free:
            browser.quit()


class Visitor:
    """A caregiver's browser with the page of visits."""

    def __init__(self, world, name="fam1", size="phone", browser=None):
        self.world, self.name = world, name
        self.browser = browser or world.take_browser()
        self.resize(size)

    def resize(self, size):
        width, height = SIZES[size]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size != "desk"})

    def token(self, *resident):
        url = self.world.gateway.ctl_json("visit", "link", self.name, *resident)["url"]
        return url.split("#", 1)[1]

    def open(self, token=None, query="", start=None):
        """The page, as from the link that the gateway made."""
        self.browser.get("about:blank")
        where = f"http://127.0.0.1:{self.world.gateway.http_port}/visit/{query}"
        self.browser.get(f"{where}#{token or self.token()}" + (f"&start={start}" if start else ""))
        if not start:
            self.wait_screen("home")
        return self

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    @property
    def screen(self):
        return self.js("return document.body ? document.body.dataset.screen || '' : ''")

    @property
    def phase(self):
        return self.js("return document.body ? document.body.dataset.phase || '' : ''")

    @property
    def mode(self):
        return self.js("return document.body ? document.body.dataset.mode || '' : ''")

    def text(self):
        return self.js("return document.body ? document.body.innerText : ''")

    def wait_screen(self, name):
        wait_until(lambda: self.screen == name, f"screen {name}, not {self.screen}", DEADLINE)

    def wait_phase(self, *phases):
        wait_until(lambda: self.screen == "call" and self.phase in phases,
                   f"{phases}, not {self.screen}/{self.phase} {self.text()!r}", DEADLINE)

    def wait_text(self, words):
        wait_until(lambda: words in self.text(), f"{words!r} in {self.text()!r}", DEADLINE)

    def tap(self, mode, resident="r1"):
        """One tap on the list."""
        self.browser.find_element(
            By.CSS_SELECTOR, f"[data-resident={resident}] [data-mode={mode}]").click()

    def key(self, name):
        return self.browser.find_element(By.ID, name)

    def hang_up(self):
        self.key("hangup").click()
        self.wait_screen("end")

    def marks(self):
        """Milliseconds from the tap to the first picture of the other side; None before it."""
        return self.js("""const of = (n) => performance.getEntriesByName(n).pop();
            const tap = of('visit-tap'), frame = of('visit-frame');
            return tap && frame ? frame.startTime - tap.startTime : null;""")

    def complaints(self):
        return [e["message"] for e in self.browser.get_log("browser")
                if "Failed to load resource" not in e["message"] and "ERR_" not in e["message"]]

    def faults(self):
        return self.js(FAULTS)

    def screenshot(self, name):
        """Keeps what is on the screen, which must be fit to be read and pressed."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(SCREENSHOTS / f"visit-{name}.png"))
        assert self.faults() == [], name


class HomeTerminal(Terminal):
    """The terminal with its media looked at."""

    def start(self):
        self.browser = self.world.take_browser()
        width, height = TERMINAL_SIZES[self.size]
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)

    def asked(self):
        """How often the page has asked for devices so far; it listens for its own chime at the start."""
        return self.js("return spy.asked.length")


class VisitWorld(TerminalWorld):
    """A home with a terminal, and people who may visit it. pool: Browsers, if they are to be used again."""

    def __init__(self, folder, pool=None):
        super().__init__(folder)
        self.pool, self.taken = pool, []
        self.browsers = []

    def take_browser(self):
        if self.pool:
            self.taken.append(self.pool.take())
            return self.taken[-1]
        return self.own_browser()

    def own_browser(self, **how):
        """One for this test alone."""
        self.browsers.append(launch(self.folder / f"browser-{len(self.browsers)}", **how))
        return self.browsers[-1]

    def end(self):
        for browser in self.taken:
            self.pool.give_back(browser)
        super().end()

    def begin(self, policies=None, broker=None, **sections):
        sections.setdefault("http", {}).setdefault("public_url", "https://village.example")
        super().begin(policies, broker, **sections)
        self.home()
        self.gateway.load("caregivers", [
            {"id": "grid1", "name": "何晓东", "role": "grid", "region": "511781103201",
             "channels": "mqtt"}])
        return self

    def pair(self, **how):
        """(terminal, visitor), both ready."""
        terminal = HomeTerminal(self, size="small")
        terminal.wait_up()
        return terminal, Visitor(self, **how)

    def visiting(self, mode="video", **how):
        """(terminal, visitor) in a visit that the resident accepted."""
        terminal, visitor = self.pair(**how)
        visitor.open()
        visitor.tap(mode)
        terminal.press("accept")
        visitor.wait_phase("talking")
        return terminal, visitor

    def consents(self, *rows):
        """Rows of (kind, who, granted) for r1."""
        self.gateway.load("consents", [
            {"resident": "r1", "kind": kind, "who": who, "granted": granted, "by": "resident",
             "at": "2026-01-05T09:00:00+08:00"} for kind, who, granted in rows])
