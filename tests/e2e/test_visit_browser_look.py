"""Issue 5, the caregiver's page as it looks: on a small phone and on a desk, in both languages, it can be
read and pressed; what others are called is never taken for markup."""

import pytest

from harness import wait_until
from visit_rig import Browsers, VisitWorld, Visitor

NASTY = "<img src=x onerror=alert(1)>\"'&"


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


@pytest.mark.parametrize("language, size", [("zh-CN", "desk"), ("en", "small")])
def test_every_screen_can_be_read_and_pressed(world, language, size):
    g = world.begin(gateway={"language": language}).gateway
    home = world.device("t1")
    visitor = Visitor(world, size=size).open()
    assert visitor.js("return document.documentElement.lang") == language
    assert visitor.js("return document.title") == {"zh-CN": "探视", "en": "Visit"}[language]
    visitor.browser.find_element("tag name", "summary").click()
    visitor.screenshot(f"look-home-{language}-{size}")
    visitor.tap("video")
    ring = home.wait(action="ring")
    visitor.wait_phase("ringing")
    visitor.screenshot(f"look-ringing-{language}-{size}")
    home.say("visit", {"session": ring["session"], "state": "declined"})
    visitor.wait_screen("end")
    visitor.screenshot(f"look-declined-{language}-{size}")
    visitor.key("back").click()
    visitor.wait_screen("home")
    visitor.tap("voice")
    ring = home.wait(2, action="ring")
    visitor.wait_phase("ringing")
    g.stop()
    visitor.wait_text({"zh-CN": "正在重试", "en": "trying again"}[language])
    visitor.screenshot(f"look-away-{language}-{size}")
    g.start()
    wait_until(lambda: visitor.js("return document.body.dataset.away") == "no", "the gateway")
    assert visitor.complaints() == []


def test_a_checker_that_sees(world):
    """Guards the one above: what it is to find, it finds."""
    world.begin()
    visitor = Visitor(world, size="small").open()
    assert visitor.faults() == []
    visitor.js("""
        document.getElementById('who').style.color = '#bbb';
        document.querySelector('h1').style.cssText = 'width: 900px';
        document.querySelector('[data-mode=voice]').style.cssText = 'min-height: 0; height: 20px';
        const key = document.querySelector('[data-mode=check-in]');
        key.removeAttribute('aria-label');
        key.querySelector('span').textContent = '';""")
    said = " ".join(visitor.faults())
    assert all(w in said for w in ("contrast", "wider", "small", "nameless")), said


def test_many_residents_and_names_of_others(world):
    """A grid worker's list: each with their own keys, names as they are, also the longest."""
    g = world.begin().gateway
    g.load("residents", [{"id": f"m{i}", "name": NASTY if i == 0 else "欧阳" * 20,
                          "region": "511781103201"} for i in range(3)])
    g.load("devices", [{"id": f"t{m}", "kind": "terminal", "resident": m} for m in ("m0", "m1")])
    visitor = Visitor(world, name="grid1", size="small").open()
    assert NASTY in visitor.text() and visitor.js("return document.images.length") == 0
    assert visitor.faults() == []
    cards = visitor.js("return [...document.querySelectorAll('.card')].map((c) => c.dataset.resident)")
    assert sorted(cards) == ["m0", "m1", "r1"], "those who have a terminal"
    visitor.screenshot("look-many")
    visitor.tap("voice", resident="m0")
    visitor.wait_phase("ringing")
    assert NASTY in visitor.text()
    assert visitor.complaints() == []


def test_nothing_is_loaded_but_from_the_gateway(world):
    g = world.begin().gateway
    visitor = Visitor(world).open()
    loaded = visitor.js("return performance.getEntriesByType('resource').map((e) => e.name)")
    here = f"http://127.0.0.1:{g.http_port}/"
    assert loaded and all(name.startswith(here) for name in loaded)
    assert not any(visitor.token() in name for name in loaded), "the token stays in the page"
    assert visitor.complaints() == []
