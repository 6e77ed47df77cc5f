import pytest

import harness
import town


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: runs in `scripts/test quick` too")


BROWSERS = ("test_answer_browser", "test_terminal", "test_visit_browser", "test_visit_link", "test_visit_relay",
            "test_visit_shorten")


def pytest_collection_modifyitems(items):
    """Browsers take a core each: their tests run after the others, two at a time."""
    for item in items:
        if item.path.name.startswith(BROWSERS):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(autouse=True)
def no_reserve_is_kept(tmp_path):
    """pytest keeps the folders of three runs: with the gateways' reserves that would be 80 GB."""
    yield
    for file in tmp_path.rglob("reserve"):
        file.unlink()


@pytest.fixture
def world(tmp_path):
    """An empty world; the test calls begin()."""
    yield from _until_end(harness.World(tmp_path))


@pytest.fixture
def clocked(tmp_path):
    """The same with a clock that only the test moves."""
    yield from _until_end(town.ClockWorld(tmp_path))


@pytest.fixture
def hooks():
    """Makes receivers of webhooks: hooks(500, 200) fails once."""
    made = []

    def make(*answers):
        made.append(town.Hook(*answers))
        return made[-1]
    try:
        yield make
    finally:
        for hook in made:
            hook.close()


def _until_end(w):
    try:
        yield w
    finally:
        w.end()
