"""The bad line that other tests stand on does what they believe of it."""

import contextlib
import socket
import threading
import time

import pytest

import impair


@contextlib.contextmanager
def echo():
    """A server that says back what it hears, over UDP and TCP of one port."""
    streams = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(streams.getsockname())

    def talk():
        with contextlib.suppress(OSError):
            while (said := datagrams.recvfrom(2048))[1]:
                datagrams.sendto(*said)

    def listen():
        with contextlib.suppress(OSError):
            peer, _ = streams.accept()
            while data := peer.recv(2048):
                peer.sendall(data)
            peer.close()
    for job in (talk, listen):
        threading.Thread(target=job, daemon=True).start()
    try:
        yield streams.getsockname()[1]
    finally:
        for s in (streams, datagrams):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


@pytest.fixture
def proxy():
    made = []
    with echo() as port:
        def make(seed=1, **line):
            made.append(impair.Proxy(port, impair.Line(**line), seed))
            return made[-1]
        yield make
        for one in made:
            one.stop()


def ask(proxy, count, wait=0.5):
    """Sends numbers; (number, seconds) of those that came back, in the order in which they did."""
    came = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", proxy.port))
        s.settimeout(wait)
        sent = []
        for n in range(count):
            sent.append(time.monotonic())
            s.send(str(n).encode())
        with contextlib.suppress(TimeoutError):
            while len(came) < count:
                n = int(s.recv(100))
                came.append((n, time.monotonic() - sent[n]))
    return came


def test_a_good_line_passes_all(proxy):
    p = proxy()
    assert [n for n, _ in ask(p, 200)] == list(range(200))
    assert (p.passed, p.lost) == (400, 0)


def test_loss_both_ways_by_the_seed(proxy):
    came = [[n for n, _ in ask(proxy(seed=seed, loss=0.1), 200)] for seed in (7, 7, 8)]
    assert came[0] == came[1] != came[2]
    assert 140 < len(came[0]) < 180  # 0.9 * 0.9 of 200 are 162


def test_delay_and_jitter(proxy):
    came = ask(proxy(delay=0.15, jitter=0.05), 100, wait=2)
    assert len(came) == 100
    assert min(t for _, t in came) >= 0.2
    assert max(t for _, t in came) - min(t for _, t in came) > 0.05
    assert [n for n, _ in came] != sorted(n for n, _ in came), "jitter changes the order"


def test_a_narrow_line_is_slow_and_loses_what_is_too_much(proxy):
    p = proxy(rate=1000, queue=0.1)
    assert 50 < len(ask(p, 200)) < 150
    assert p.lost > 50


def test_a_stream_is_late_and_in_order(proxy):
    """Each word goes alone, so that each has its own fate."""
    p = proxy(loss=0.05, delay=0.002, jitter=0.002)
    took = []
    with socket.create_connection(("127.0.0.1", p.port), timeout=20) as s:
        for n in range(100):
            began = time.monotonic()
            s.sendall(b"%05d" % n)
            heard = b""
            while len(heard) < 5:
                heard += s.recv(5 - len(heard))
            assert heard == b"%05d" % n
            took.append(time.monotonic() - began)
    assert 1 <= sum(t > impair.RTO for t in took) < 30
    assert p.streamed == 2 * 5 * 100 and p.lost == 0


def test_a_stream_that_ends_ends_after_what_was_said(proxy):
    p = proxy(delay=0.1)
    with socket.create_connection(("127.0.0.1", p.port), timeout=20) as s:
        s.sendall(b"last words")
        s.shutdown(socket.SHUT_WR)
        heard = b""
        while data := s.recv(2048):
            heard += data
    assert heard == b"last words"
