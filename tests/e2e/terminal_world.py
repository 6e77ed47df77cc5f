"""The terminal of a home: its page in a real Chromium, over WebSockets to a real mosquitto, with its files from a
real gateway."""

import contextlib
import os
import pathlib
import signal
import urllib.parse

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from harness import ROOT, Broker, World, free_port, wait_until

WEB = ROOT / "build" / "web"
SCREENSHOTS = ROOT / "build" / "test" / "screenshots"
SIZES = {"tablet": (1280, 800), "small": (800, 480)}

# What the page says and which camera it opens, from before its first line is run.
WATCH = """
window.said = [];
document.addEventListener('said', (e) => window.said.push(e.detail));
window.soundKnown = [];
document.addEventListener('sound', (e) => window.soundKnown.push(e.detail));
"""


class WebBroker(Broker):
    """Beside the plain listener one for WebSockets."""

    def __init__(self, folder):
        self.web_port = free_port()
        super().__init__(folder, self.SETTINGS + f"""
listener {self.web_port} 127.0.0.1
protocol websockets
""")

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.web_port}/mqtt"


class TerminalWorld(World):
    def begin(self, policies=None, broker=None, **sections):
        sections.setdefault("http", {}).setdefault("web_dir", str(WEB))
        super().begin(policies, broker or WebBroker(self.folder / "broker"), **sections)
        self.browsers, self.terminals = [], []
        return self

    def home(self):
        """A resident r1 with terminal t1, a daughter and a doctor with MQTT."""
        g = self.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
        g.load("caregivers", [
            {"id": "fam1", "name": "王小丽", "role": "family", "residents": "r1",
             "channels": "mqtt", "on_site": "no"},
            {"id": "doc1", "name": "张医生", "role": "doctor", "region": "511781103",
             "channels": "mqtt"},
            {"id": "prov1", "name": "送餐站", "role": "provider", "region": "511781103",
             "channels": "mqtt"},
        ])
        g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1"}])
        return self

    def terminal(self, **how):
        return Terminal(self, **how)

    def end(self):
        for terminal in getattr(self, "terminals", []):
            terminal.leave()
        for browser in getattr(self, "browsers", []):
            with contextlib.suppress(Exception):
                browser.quit()
        super().end()


# A browser for all tests of a module that want nothing special: each test has a gateway on a port of its own, and so
# storage of its own.
SHARED = []


@pytest.fixture(scope="module", autouse=True)
def shared_browser(tmp_path_factory):
    SHARED[:] = [tmp_path_factory.mktemp("browser"), None]
    yield
    if SHARED[1]:
        SHARED[1].quit()
    SHARED.clear()


class Terminal:
    """The page in a browser. own: in one of its own, which can be killed; else in the module's."""

    def __init__(self, world, device="t1", size="tablet", lang=None, open=True, arguments=(), sound=True, own=False):
        self.world, self.device, self.lang = world, device, lang
        self.own = own or bool(arguments) or not sound
        self.folder = pathlib.Path(world.folder) / "browser" if self.own or not SHARED else SHARED[0]
        self.size, self.arguments, self.sound = size, arguments, sound
        self.start()
        if open:
            self.open()

    def start(self):
        if self.own or not SHARED[1]:
            self.launch()
        else:
            self.browser = SHARED[1]
        if self.own:
            self.world.browsers.append(self.browser)
        else:
            SHARED[1] = self.browser
            self.world.terminals.append(self)
        self.scripts = []
        self.before_all(WATCH)
        width, height = SIZES[self.size]
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)

    def before_all(self, source):
        """A script that runs in each document before any of its own."""
        self.scripts.append(self.cdp("Page.addScriptToEvaluateOnNewDocument", source=source)["identifier"])

    def leave(self):
        """As the next test of the module wants the browser."""
        self.network(True)
        self.browser.get("about:blank")
        for script in self.scripts:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self.cdp("Emulation.setEmulatedMedia", features=[])
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
        self.browser.get_log("browser")

    def launch(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", f"--user-data-dir={self.folder}",
                     "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                     "--mute-audio", *self.arguments]
        if self.sound:
            arguments.append("--autoplay-policy=no-user-gesture-required")
        for argument in arguments:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.world.gateway.http_port}/terminal/"

    def open(self, **more):
        """By its set-up link, as an installer would."""
        said = {"device": self.device, "password": "secret", "broker": self.world.broker.url, **more}
        if self.lang:
            said["lang"] = self.lang
        self.browser.get("about:blank")
        self.browser.get(self.address + "#" + urllib.parse.urlencode(said))
        self.wait_shown()

    def again(self):
        """The page anew, set up as it was."""
        self.browser.get("about:blank")
        self.browser.get(self.address)
        self.wait_shown()

    def wait_shown(self):
        wait_until(lambda: self.js("return document.body.dataset.ready") == "true",
                   "the terminal to be shown")

    def wait_up(self):
        wait_until(lambda: self.js(
            "return document.getElementById('connection').dataset.up") == "true", "a connection")

    def wait_kept(self):
        """Until all files are kept for a start without a network."""
        wait_until(lambda: self.browser.execute_async_script("""
            const done = arguments[0];
            navigator.serviceWorker.getRegistration().then((r) => done(Boolean(
                r && r.active && r.active.state === "activated")), () => done(false));"""),
            "the files to be kept")

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def cdp(self, command, **parameters):
        return self.browser.execute_cdp_cmd(command, parameters)

    def network(self, there):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=not there, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)

    def key(self, name):
        return self.browser.find_element(By.ID, f"key-{name}")

    def press(self, *names):
        for name in names:
            wait_until(lambda: self.key(name).is_displayed(), f"key {name}")
            self.key(name).click()

    def touch(self, name, *moves):
        """A finger on the middle of a key that slides by `moves` (x, y) and is lifted."""
        box = self.key(name).rect
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.cdp("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        for dx, dy in moves:
            self.cdp("Input.dispatchTouchEvent", type="touchMove",
                     touchPoints=[{"x": x + dx, "y": y + dy}])
        self.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def words(self):
        """What is large on the screen: of a call, else of a visit."""
        return self.js("""return ['panel-words', 'ring-name', 'ring-words', 'ring-count', 'visit-words',
            'live-words'].map((id) => document.getElementById(id)).filter((e) => e.offsetParent)
            .map((e) => e.textContent).join(' ')""")

    def wait_words(self, words, timeout=20):
        wait_until(lambda: words in self.words(), f"{words!r} on the screen", timeout)

    def wait_received(self):
        """Until the call is on the gateway's disk, whatever has become of it since."""
        wait_until(lambda: self.js("return document.getElementById('panel').dataset.state") in (
            "received", "searching", "answered"), "the call to be received", 60)

    def said(self):
        return [(s["what"], s["how"]) for s in self.js("return window.said")]

    def wait_said(self, what, how=None, count=1):
        wait_until(lambda: sum(w == what and how in (None, h) for w, h in self.said()) >= count,
                   f"{what} to be said, not {self.said()}")

    def complaints(self):
        return [e["message"] for e in self.browser.get_log("browser")
                if "ERR_" not in e["message"] and "WebSocket" not in e["message"]]

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(SCREENSHOTS / f"terminal-{name}.png"))

    def kill(self):
        """A power cut: nobody says goodbye."""
        owner = os.readlink(self.folder / "SingletonLock").rsplit("-", 1)[1]
        os.kill(int(owner), signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.browser.quit()
        for lock in self.folder.glob("Singleton*"):
            lock.unlink()
        self.world.browsers.remove(self.browser)


