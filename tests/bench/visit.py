"""From tap to first picture: a visit through the gateway, the terminal's page and the caregiver's page, against
two bare peers that exchange offer and answer through a letter box. Four browsers with Chromium's fake camera and
microphone, all loaded before the first tap; the two ways in turn, so that both see the same machine.

The tap is the caregiver's. The resident's comes at once, by script, as soon as the key is there: how long people
take, and a chime that they let end, is not what is measured. The picture is the first of the home that is shown
in the caregiver's browser, by the same call of the browser for both."""

import pathlib
import statistics
import sys
import time

import bare_peers
import visit_rig

PAIRS = 15
WARM = 2
REST_S = 2.5  # before each, so that both begin at rest; the gateway takes a dozen visits of one person a minute
# as devices/terminal/media.js asks for
MEDIA = {
    "audio": {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True},
    "video": {"width": {"ideal": 640}, "height": {"ideal": 480},
              "frameRate": {"ideal": 15, "max": 15}, "facingMode": "user"}}
RESIDENT = """
document.addEventListener('DOMContentLoaded', () => {
	const key = document.getElementById('key-accept');
	let pressed = false;
	new MutationObserver(() => {
		const there = key.offsetParent !== null;
		if (there && !pressed)
			key.click();
		pressed = there;
	}).observe(document.body, {subtree: true, attributes: true});
});
"""
# Begins and returns at once; then `window.tapped` resolves to milliseconds.
TAP = """
const remote = document.getElementById('remote');
const key = document.querySelector('[data-resident=r1] [data-mode=video]');
window.tapped = new Promise((done) => {
	const began = performance.now();
	remote.requestVideoFrameCallback((now) => done(now - began));
	key.click();
});
"""
TAPPED = "window.tapped.then(arguments[0])"


class World(visit_rig.VisitWorld):
    """Its browsers are those of the bare peers: nothing looks on, and the pictures are as they are."""

    def take_browser(self):
        self.browsers.append(bare_peers.open_browser(self.folder / f"browser-{len(self.browsers)}"))
        return self.browsers[-1]


class Terminal(visit_rig.HomeTerminal):
    def start(self):
        super().start()
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=RESIDENT)


def through_gateway(terminal, visitor):
    time.sleep(REST_S)
    visitor.js(TAP)
    took = visitor.browser.execute_async_script(TAPPED)
    visitor.wait_phase("talking")
    visitor.hang_up()
    visitor.key("back").click()
    visitor.wait_screen("home")
    visit_rig.wait_until(lambda: terminal.js("return document.body.dataset.view") == "home",
                         "the terminal to be free")
    return took


def bare(pair):
    time.sleep(REST_S)
    pair.call(media=MEDIA)
    took = pair.first()
    pair.hang_up()
    return took


def measure(folder):
    """(bare, through the gateway): milliseconds of each pair."""
    world = World(pathlib.Path(folder))
    pair = None
    try:
        world.begin()
        terminal = Terminal(world, size="small")
        terminal.wait_up()
        visitor = visit_rig.Visitor(world).open()
        pair = bare_peers.Pair(pathlib.Path(folder))
        found = ([], [])
        for n in range(WARM + PAIRS):
            for times, took in zip(found, (bare(pair), through_gateway(terminal, visitor))):
                if n >= WARM:
                    times.append(took)
        return found
    finally:
        if pair:
            pair.stop()
        world.end()


def run(table, folder):
    without, through = measure(folder)
    table.add(f"tap to first picture, bare peers, median of {PAIRS}", statistics.median(without), "ms")
    table.add("  through gateway, terminal and page", statistics.median(through), "ms",
              statistics.median(without), "<= 1.3", high=1.3)
    ratios = [b / a for a, b in zip(without, through)]
    table.add("  median of the pairs' own ratios", statistics.median(ratios), "")
    print("    bare:    " + " ".join(f"{t:.0f}" for t in without), file=sys.stderr)
    print("    through: " + " ".join(f"{t:.0f}" for t in through), file=sys.stderr)
