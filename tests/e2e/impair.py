"""A bad line between programs and a server on loopback: a proxy of datagrams and of streams that loses,
delays, shuffles and chokes, the same way for the same seed. The kernel here has no netem."""

import dataclasses
import heapq
import random
import selectors
import socket
import threading
import time

LARGEST = 65536
RTO = 0.2  # what a lost piece of a stream waits at least until it comes again


@dataclasses.dataclass
class Line:
    """Each way: the share of datagrams that is lost; seconds of delay, and how far one packet's may
    be from that; bytes/s (0: any), beyond a queue of `queue` seconds of which what comes is lost."""
    loss: float = 0
    delay: float = 0
    jitter: float = 0
    rate: float = 0
    queue: float = 0.5


class Way:
    """One direction of one client: decides the fate of each packet."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.free_at = 0.0  # when the last packet has left a line of limited rate
        self.last_due = 0.0

    def due(self, line, size, now, stream):
        """When it arrives, or None if it is lost. What is lost of a stream comes late instead."""
        lost, shift = self.random.random() < line.loss, self.random.uniform(-1, 1)
        if line.rate:
            begin = max(self.free_at, now)
            if not stream and begin - now > line.queue:
                return None
            self.free_at = begin + size / line.rate
            now = self.free_at
        due = now + max(0.0, line.delay + line.jitter * shift)
        if stream:
            due = max(self.last_due, due + (RTO + 2 * line.delay if lost else 0))
            self.last_due = due
            return due
        return None if lost else due


class Proxy:
    """Listens on `port` for UDP and TCP and hands on to the same of 127.0.0.1:server. `line` may be
    changed while it runs; `passed` and `lost` count datagrams, `streamed` the bytes of streams."""

    def __init__(self, server, line=None, seed=1):
        self.server = server
        self.line = line or Line()
        self.seed = seed
        self.passed = self.lost = self.streamed = 0
        self.clients = 0
        self.datagrams, self.streams = self._listen()
        self.port = self.datagrams.getsockname()[1]
        self.upstream = {}   # address of a client -> (socket, way up, way down)
        self.waiting = []    # (due, number, function, argument)
        self.number = 0
        self.selector = selectors.DefaultSelector()
        self.stopper, self.stopped = socket.socketpair()
        for sock, read in ((self.datagrams, self._datagram), (self.streams, self._accept),
                           (self.stopped, None)):
            self.selector.register(sock, selectors.EVENT_READ, read)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @staticmethod
    def _listen():
        """The same port for both, so that one number does in a URL."""
        while True:
            streams = socket.create_server(("127.0.0.1", 0))
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                datagrams.bind(streams.getsockname())
            except OSError:
                streams.close()
                datagrams.close()
                continue
            return datagrams, streams

    def stop(self):
        self.stopper.send(b"x")
        self.thread.join(10)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        self.stopper.close()

    def _run(self):
        while True:
            pause = self.waiting[0][0] - time.monotonic() if self.waiting else None
            for key, _ in self.selector.select(pause if pause is None else max(0, pause)):
                if key.fileobj is self.stopped:
                    return
                try:
                    key.data(key.fileobj)
                except OSError:
                    pass  # the other end is away: as on a line
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, _, act, data = heapq.heappop(self.waiting)
                try:
                    act(data)
                except OSError:
                    pass

    def _later(self, due, act, data):
        self.number += 1
        heapq.heappush(self.waiting, (due, self.number, act, data))

    def _ways(self):
        self.clients += 1
        return Way(self.seed * 1000 + self.clients * 2), Way(self.seed * 1000 + self.clients * 2 + 1)

    # ── datagrams ──

    def _datagram(self, sock):
        data, client = sock.recvfrom(LARGEST)
        if client not in self.upstream:
            up = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            up.connect(("127.0.0.1", self.server))
            there, back = self._ways()
            self.upstream[client] = up, there
            self.selector.register(up, selectors.EVENT_READ,
                                   lambda s: self._carry(s.recv(LARGEST), back,
                                                         lambda d: sock.sendto(d, client)))
        up, there = self.upstream[client]
        self._carry(data, there, up.send)

    def _carry(self, data, way, act):
        due = way.due(self.line, len(data), time.monotonic(), False)
        if due is None:
            self.lost += 1
        else:
            self.passed += 1
            self._later(due, act, data)

    # ── streams ──

    def _accept(self, sock):
        client, _ = sock.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.server))
        except OSError:
            client.close()
            return
        there, back = self._ways()
        for one, other, way in ((client, server, there), (server, client, back)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ, self._piece(other, way))

    def _piece(self, other, way):
        def read(sock):
            try:
                data = sock.recv(LARGEST)
            except OSError:
                data = b""
            self.streamed += len(data)
            due = way.due(self.line, len(data), time.monotonic(), True)
            if data:
                self._later(due, other.sendall, data)
            else:  # the end, after all that came before it
                self.selector.unregister(sock)
                self._later(due, lambda _: other.shutdown(socket.SHUT_WR), None)
        return read
