"""A Zigbee stick of the ZiGate kind, behind TCP instead of a serial port, with devices in its air.
https://zigate.fr/documentation/commandes-zigate/ has the frames: 0x01, then code, length, checksum
and data with bytes below 0x10 escaped, then 0x03."""

import functools
import operator
import socket
import struct
import threading

COORDINATOR = 0x00124B0000000001
STATUS, DATA = 0x8000, 0x8002
VERSION, NETWORK_STATE, RESTARTED, JOINED = 0x8010, 0x8009, 0x8006, 0x8024
GET_VERSION, GET_STATE, RESET, START = 0x0010, 0x0009, 0x0011, 0x0024
HOME_AUTOMATION = 0x0104
LINK_QUALITY = 120


def frame(code, data):
    data += bytes([LINK_QUALITY])
    head = struct.pack(">HH", code, len(data))
    body = head + bytes([functools.reduce(operator.xor, head + data)]) + data
    return b"\x01" + b"".join(bytes([2, b ^ 0x10]) if b < 0x10 else bytes([b]) for b in body) + b"\x03"


def unframe(raw):
    """Code and data of what stands between the marks."""
    plain, escaped = bytearray(), False
    for b in raw:
        if b == 2 and not escaped:
            escaped = True
            continue
        plain.append(b ^ 0x10 if escaped else b)
        escaped = False
    code, length = struct.unpack(">HH", plain[:4])
    return code, bytes(plain[5:5 + length])


class Stick:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.client = None
        self.asked = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def port(self):
        return f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self):
        while True:
            try:
                self.client, _ = self.listener.accept()
            except OSError:
                return  # closed
            try:
                self.talk()
            except OSError:
                pass  # the other side has ended; the next one may come

    def talk(self):
        rest = b""
        while data := self.client.recv(4096):
            *frames, rest = (rest + data).split(b"\x03")
            for raw in frames:
                self.answer(*unframe(raw[raw.index(b"\x01") + 1:]))

    def answer(self, code, data):
        self.asked.append((code, data))
        if code != RESET:
            self.client.sendall(frame(STATUS, struct.pack(">BBH", 0, 1, code)))
        more = {RESET: (RESTARTED, b"\x01"),
                GET_VERSION: (VERSION, struct.pack(">BBH", 3, 1, 0x0321)),
                START: (JOINED, struct.pack(">BH", 0, 0)),
                GET_STATE: (NETWORK_STATE, struct.pack(">HQHQB", 0, COORDINATOR, 0x1A62, 1, 11))}
        if code in more:
            self.client.sendall(frame(*more[code]))

    def hear(self, network_address, cluster, zcl, endpoint=1):
        """A device says a ZCL frame."""
        self.client.sendall(frame(DATA, struct.pack(
            ">BHHBBBHBH", 0, HOME_AUTOMATION, cluster, endpoint, 1, 2, network_address, 2, 0) + zcl))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.client:
            self.client.close()
        self.thread.join(10)
