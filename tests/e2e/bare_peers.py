"""Two browsers that see and hear each other without a gateway: what a visit is measured against, and what
tries a relay alone."""

import http.server
import pathlib
import queue
import threading

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PAGES = pathlib.Path(__file__).resolve().parent / "pages"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}
# fake camera and microphone, no question whether they may be used, sound without a touch
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--disable-background-networking", "--use-fake-device-for-media-stream",
         "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
         "--mute-audio")
MEDIA = {"audio": True, "video": {"width": 320, "height": 240, "frameRate": 15}}
WAITS = 60  # s: what a letter box waits for its letter


def open_browser(folder, *more):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (*FLAGS, *more, f"--user-data-dir={folder}"):
        options.add_argument(argument)
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    browser.set_script_timeout(WAITS)
    return browser


class Boxes(http.server.ThreadingHTTPServer):
    """The bare page, and letter boxes: who asks an empty one waits."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.boxes = {"offer": queue.Queue(), "answer": queue.Queue()}
        self.url = f"http://127.0.0.1:{self.server_port}/bare.html"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        name = pathlib.PurePosixPath(self.path).name
        if self.path.startswith("/box/"):
            try:
                self.reply(200, "application/json", self.server.boxes[name].get(timeout=WAITS))
            except queue.Empty:
                self.reply(504, "text/plain", b"")
        elif (PAGES / name).is_file():
            self.reply(200, TYPES[(PAGES / name).suffix], (PAGES / name).read_bytes())
        else:
            self.reply(404, "text/plain", b"")

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.boxes[self.path.rpartition("/")[2]].put(self.rfile.read(length))
        self.reply(204, "text/plain", b"")

    def reply(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Pair:
    """Two browsers with the bare page open."""

    def __init__(self, folder, *flags):
        self.boxes = Boxes()
        self.browsers = []
        for name in ("caller", "home"):
            self.browsers.append(open_browser(folder / name, *flags))
            self.browsers[-1].get(self.boxes.url)
        self.caller, self.home = self.browsers

    def call(self, rtc=None, media=None, patience=10000):
        """Both begin; `first()` waits for the caller's first frame and says after how many ms."""
        wish = {"rtc": rtc or {}, "media": media or MEDIA, "patience": patience}
        self.home.execute_script(
            "window.answering = answer(arguments[0]).catch(e => { window.wrong = String(e); })", wish)
        self.caller.execute_script("window.calling = call(arguments[0])", wish)

    def first(self):
        return self.caller.execute_async_script("""const done = arguments[0];
            window.calling.then(done, e => done(String(e)));""")

    def stats(self):
        """Of the caller, of the home."""
        return [b.execute_async_script("stats().then(arguments[0], e => arguments[0]({}))")
                for b in self.browsers]

    def hang_up(self):
        for browser in self.browsers:
            browser.execute_script("hangUp()")

    def stop(self):
        for browser in self.browsers:
            browser.quit()
        self.boxes.stop()
