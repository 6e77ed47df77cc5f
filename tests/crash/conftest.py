import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import crashworld  # noqa: E402
import town  # noqa: E402


@pytest.fixture
def crash(tmp_path):
    """An empty world whose daemon may die; the test calls begin()."""
    w = crashworld.CrashWorld(tmp_path)
    try:
        yield w
    finally:
        w.end()


@pytest.fixture
def hook():
    """A receiver of webhooks."""
    h = town.Hook()
    try:
        yield h
    finally:
        h.close()
