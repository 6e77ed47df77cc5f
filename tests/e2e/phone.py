"""Telephones for tests: Debian's baresip as the gateway's line, with the configuration that is
shipped, and as the far end, which is told over its control port what a person would do, and which
records what it hears.

RTP goes over the address of the default interface, so one besides lo is needed."""

import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import wave

from harness import ROOT, wait_until

PHONE = "13900001111"


def has_network():
    """Is there an address for RTP? (Nothing is sent.)"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
            return not s.getsockname()[0].startswith("127.")
        except OSError:
            return False


def sip_port():
    """A port that is free together with the next one, for UDP and TCP."""
    while True:
        port = random.randrange(20000, 32000, 2)
        try:
            for p in (port, port + 1):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(socket.AF_INET, kind) as s:
                        s.bind(("127.0.0.1", p))
            return port
        except OSError:
            pass


class Baresip:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = sip_port()
        self.control = sip_port()
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.control}"

    def start(self):
        rtp = random.randrange(33000, 58000, 2)
        self.write(f"{rtp}-{rtp + 98}")
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(["baresip", "-f", str(self.folder)],
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        # its SIP port opens last; a look at the control port would count as a connection
        wait_until(self._is_up, "baresip to start")
        return self

    def _is_up(self):
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")
        listening = pathlib.Path("/proc/net/tcp").read_text()
        return all(f":{port:04X} 00000000:0000 0A" in listening
                   for port in (self.port, self.control))

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


class Line(Baresip):
    """The gateway's side."""

    def write(self, rtp):
        text = (ROOT / "systemd" / "baresip" / "config").read_text()
        for old, new in (("0.0.0.0:5060", f"127.0.0.1:{self.port}"), ("10000-10098", rtp),
                         ("127.0.0.1:4444", self.address)):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (self.folder / "config").write_text(text)
        text = (ROOT / "systemd" / "baresip" / "accounts").read_text()
        for old, new in (("line@pbx.example.org", f"line@127.0.0.1:{self.port}"),
                         ("regint=600", "regint=0")):
            assert text.count(old) == 1
            text = text.replace(old, new)
        (self.folder / "accounts").write_text(text)

    def calls(self):
        """What it wrote of calls so far."""
        return re.findall(r"call: connecting to '([^']*)'",
                          (self.folder / "log").read_text(errors="replace"))


class Phone(Baresip):
    """A person's telephone. auto: it picks up by itself."""

    def __init__(self, folder, number=PHONE, auto=False, seconds=120):
        super().__init__(folder)
        self.number = number
        self.auto = auto
        self.events = []
        self.answers = 0
        self.bytes = b""
        with wave.open(str(self.folder / "quiet.wav"), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(bytes(16000 * seconds))

    def write(self, rtp):
        mode = "auto" if self.auto else "manual"
        (self.folder / "config").write_text(f"""poll_method epoll
sip_listen 127.0.0.1:{self.port}
audio_source aufile,{self.folder}/quiet.wav
audio_player aubridge,far
audio_alert aubridge,alert
rtp_ports {rtp}
statmode_default off
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {self.folder}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {self.address}
""")
        (self.folder / "accounts").write_text(
            f"<sip:{self.number}@127.0.0.1:{self.port}>;regint=0;audio_codecs=pcma/8000/1;"
            f"answermode={mode}\n")

    def start(self):
        super().start()
        self.socket = socket.create_connection(("127.0.0.1", self.control))
        self.socket.setblocking(False)
        return self

    def kill(self):
        super().kill()
        if getattr(self, "socket", None):
            self.socket.close()

    def _read(self):
        try:
            self.bytes += self.socket.recv(65536)
        except BlockingIOError:
            pass
        while True:
            length, colon, rest = self.bytes.partition(b":")
            if not colon or len(rest) <= int(length):
                return
            message = json.loads(rest[:int(length)])
            self.bytes = rest[int(length) + 1:]
            if message.get("event"):
                self.events.append(message)
            else:
                self.answers += 1

    def command(self, word, params=""):
        self._read()
        before = self.answers
        text = json.dumps({"command": word, "params": params, "token": "t"}).encode()
        self.socket.sendall(b"%d:%s," % (len(text), text))
        wait_until(lambda: self._read() or self.answers > before, f"an answer to {word}")

    def count(self, kind):
        self._read()
        return sum(e["type"] == kind for e in self.events)

    def wait(self, kind, count=1, timeout=40):
        wait_until(lambda: self.count(kind) >= count, f"{count} x {kind} in {self.events}", timeout)

    def wait_ringing(self, count=1):
        self.wait("CALL_INCOMING", count)

    def wait_talking(self, count=1):
        self.wait("CALL_ESTABLISHED", count)

    def wait_closed(self, count=1, timeout=60):
        self.wait("CALL_CLOSED", count, timeout)

    def pick_up(self, count=1):
        self.wait_ringing(count)
        talked = self.count("CALL_ESTABLISHED")
        self.command("accept")
        self.wait_talking(talked + 1)

    def decline(self, count=1):
        self.wait_ringing(count)
        self.command("hangup")

    def key(self, key):
        self.command("sndcode", key)

    def recordings(self):
        return sorted(self.folder.glob("dump-*-dec.wav"))

    def recorded_seconds(self):
        """Of the call that goes on (or went) last."""
        found = self.recordings()
        return (found[-1].stat().st_size - 44) / 16000 if found else 0

    def loudness(self):
        """Of each 20 ms of the last call, by what was recorded so far."""
        return loudness(self.recordings()[-1])


def loudness(file):
    """Root mean square of each 20 ms of a file of 8000 samples a second."""
    data = pathlib.Path(file).read_bytes()[44:]
    data = data[:len(data) // 320 * 320]
    return [(sum(s * s for s in struct.unpack_from("<160h", data, at)) / 160) ** 0.5
            for at in range(0, len(data), 320)]


def likeness(heard, sent, most_lag=100):
    """The best correlation of what was heard with the beginning of what was sent, over delays."""
    def correlation(a, b):
        n = min(len(a), len(b))
        a, b = a[:n], b[:n]
        ma, mb = sum(a) / n, sum(b) / n
        aa = sum((x - ma) ** 2 for x in a)
        bb = sum((y - mb) ** 2 for y in b)
        ab = sum((x - ma) * (y - mb) for x, y in zip(a, b))
        return ab / (aa * bb) ** 0.5 if aa and bb else 0.0
    return max([correlation(heard[lag:], sent) for lag in range(most_lag)] +
               [correlation(heard, sent[lag:]) for lag in range(most_lag)])
