"""The air at 433 MHz, as rtl_433 hears it: an rtl_tcp receiver that has no antenna, but keyed
carriers of our own. https://hz.tools/rtl_tcp/ has the protocol: a header of 12 bytes, then samples,
I and Q of 8 bits each; what the client asks for (frequency, gain) is 5 bytes a command."""

import socket
import subprocess
import threading

RATE = 250000
SILENCE = bytes([127, 128]) * (RATE // 50)  # 20 ms
US = RATE / 1e6


def key(on_us, off_us):
    """A carrier for so long, then nothing for so long."""
    return bytes([250, 128]) * round(on_us * US) + bytes([127, 128]) * round(off_us * US)


def ev1527(code, times=4):
    """A remote of the EV1527 and SC226x kind, 24 bits: long on for 1, short on for 0."""
    frame = b"".join(key(1404, 464) if code >> n & 1 else key(464, 1404) for n in range(23, -1, -1))
    return (frame + key(464, 14000)) * times


class Air:
    """rtl_433 beside a broker, and what it hears."""

    def __init__(self, broker, folder, *options):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sent = []
        self.changed = threading.Condition()
        self.over = False
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        self.log = open(folder / "rtl_433.log", "wb")
        self.process = subprocess.Popen(
            ["rtl_433", "-d", f"rtl_tcp:127.0.0.1:{self.listener.getsockname()[1]}",
             "-s", str(RATE), "-F", f"mqtt://127.0.0.1:{broker.port},retain=0,events=rtl_433/pi/events,"
             "states=rtl_433/pi/states,devices=rtl_433/pi/devices", *options],
            stdout=self.log, stderr=self.log)

    def serve(self):
        client, _ = self.listener.accept()
        client.sendall(b"RTL0" + (5).to_bytes(4, "big") + (29).to_bytes(4, "big"))
        threading.Thread(target=self.drain, args=(client,), daemon=True).start()
        pause = threading.Event()
        try:
            while not self.over:
                with self.changed:
                    signal = self.sent.pop(0) if self.sent else b""
                client.sendall(SILENCE + signal + SILENCE)
                pause.wait(0.02)
        except OSError:
            pass  # rtl_433 has ended
        client.close()

    def drain(self, client):
        try:
            while client.recv(4096):
                pass
        except OSError:
            pass

    def send(self, signal):
        with self.changed:
            self.sent.append(signal)

    def close(self):
        self.process.terminate()  # it looks at that when samples come
        try:
            self.process.wait(10)
        finally:
            self.over = True
            self.process.kill()
            self.thread.join(10)
        self.listener.close()
        self.log.close()
