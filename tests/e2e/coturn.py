"""A real coturn on loopback with the shipped settings, but for ports, certificate and peers: here the
ends of a call are on loopback too."""

import base64
import contextlib
import hashlib
import hmac
import pathlib
import random
import re
import socket
import sqlite3
import subprocess
import time

from harness import ROOT, wait_until

SHIPPED = ROOT / "systemd" / "coturn" / "turnserver.conf"
SECRET = "north wind"
REALM = "turn.example.org"


def certificate(folder, days=30):
    """A self-signed one; (certificate, key)."""
    cert, key = folder / "turn.crt", folder / "turn.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
                    cert, "-days", str(days), "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True)
    return cert, key


def credentials(secret=SECRET, name="v", seconds=3600):
    """What the gateway makes of the secret: user name and password."""
    user = f"{int(time.time()) + seconds}:{name}"
    mac = hmac.new(secret.encode(), user.encode(), hashlib.sha1).digest()
    return user, base64.b64encode(mac).decode()


class Turn:
    """`port` takes UDP, TCP and TLS, as `tls_port` does."""

    def __init__(self, folder, secret=SECRET, loopback=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "turnserver.log"
        self.secret = secret
        self.loopback = loopback  # may the ends of a call be here?
        self.secret_file = self.folder / "turn.secret"
        self.secret_file.write_text(secret + "\n")
        self.cert, self.key = certificate(self.folder)
        self.database = self.folder / "turndb"
        self.process = None

    def _configure(self):
        """Ports that are free now for all that it does with them."""
        self.port, self.tls_port = free_port(), free_port()
        first = random.randrange(33000, 48000, 200)
        self.replaced = {
            "userdb": self.database, "listening-port": self.port, "tls-listening-port": self.tls_port,
            "cert": self.cert, "pkey": self.key, "min-port": first, "max-port": first + 199,
            "log-file": "stdout"}
        text = SHIPPED.read_text()
        for key, value in self.replaced.items():
            text, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
            assert count == 1, f"the shipped file has {key} {count} times"
        if self.loopback:
            text, count = re.subn(r"(?m)^denied-peer-ip=127\..*\n", "allow-loopback-peers\n", text)
            assert count == 1
        text += f"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\npidfile={self.folder}/pid\n"
        self.conf = self.folder / "turnserver.conf"
        self.conf.write_text(text)

    def secrets(self, add=None, remove=None):
        """What `turnadmin -s` and `-X` do, but for the log that they leave in /var/log; all that there
        are."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as db, db:
            if add:
                db.execute("INSERT INTO turn_secret VALUES (?, ?)", (REALM, add))
            if remove:
                db.execute("DELETE FROM turn_secret WHERE realm = ? AND value = ?", (REALM, remove))
            return [value for value, in db.execute("SELECT value FROM turn_secret")]

    def start(self):
        while True:
            self._configure()
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(["turnserver", "-c", str(self.conf)], stdout=log,
                                                stderr=log)
            wait_until(lambda: self.process.poll() is not None or self._listens(), "coturn to listen")
            if self.process.poll() is None:
                if self.secret not in self.secrets():
                    self.secrets(add=self.secret)
                return self

    def _listens(self):
        for port in (self.port, self.tls_port):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return "SQLite DB connection success" in self.log.read_text(errors="replace")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


def free_port():
    """Of UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


