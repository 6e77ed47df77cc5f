"""A real mosquitto on loopback with the configuration that Yijian ships in systemd/mosquitto/: only
paths, ports and the account mosquitto runs under are changed, and the optional password listener is
switched on."""

import os
import pwd
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.packettypes import PacketTypes

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHIPPED = os.path.join(ROOT, "systemd", "mosquitto")
CA_TOOL = os.path.join(ROOT, "scripts", "yijian-ca")
DEADLINE_S = 15


def wait_until(condition, what, deadline_s=DEADLINE_S):
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("not within %g s: %s" % (deadline_s, what))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Ca:
    def __init__(self, folder):
        self.folder = str(folder)

    def run(self, *args, ok=True):
        done = subprocess.run([CA_TOOL, "--dir", self.folder, *args], capture_output=True,
                              text=True, timeout=60)
        if ok:
            assert done.returncode == 0, done.stderr
        return done

    def path(self, name):
        return os.path.join(self.folder, name)

    def context(self, device_id=None):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        if device_id:
            context.load_cert_chain(self.path("issued/%s.crt" % device_id),
                                    self.path("issued/%s.key" % device_id))
        return context


class Broker:
    """folder: an empty folder. Accounts of the password listener: {name: password}."""

    def __init__(self, folder, accounts, gateway_password="gw-secret", extra=""):
        self.folder = str(folder)
        self.etc = os.path.join(self.folder, "etc")
        os.makedirs(self.etc, exist_ok=True)
        self.ca = Ca(os.path.join(self.folder, "ca"))
        self.accounts = dict(accounts)
        self.gateway_password = gateway_password
        self.extra = extra
        self.process = None
        self.log_path = os.path.join(self.folder, "mosquitto.log")
        self.ca.run("init")
        self.ca.run("server", "localhost", "127.0.0.1")
        self.ca.run("publish", "--to", self.etc, "--reload-pid", os.path.join(self.folder, "pid"))
        for name in ("device.acl", "gateway.acl"):
            with open(os.path.join(SHIPPED, name)) as f:
                self._write(os.path.join(self.etc, name), f.read())
        self._passwords("gateway.passwd", {"gateway": gateway_password})
        self._passwords("device.passwd", self.accounts)

    @staticmethod
    def _write(path, text):
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o600)

    def _passwords(self, name, accounts):
        path = os.path.join(self.etc, name)
        self._write(path, "".join("%s:%s\n" % pair for pair in accounts.items()))
        if accounts:
            subprocess.run(["mosquitto_passwd", "-U", path], check=True, timeout=60)

    def _config(self):
        with open(os.path.join(SHIPPED, "yijian.conf")) as f:
            text = f.read()
        self.gateway_port, self.tls_port, self.port, self.web_port = (free_port() for _ in range(4))
        head, _, optional = text.partition("#listener 8884\n")
        assert optional, "the password listener is missing"
        optional = re.sub(r"(?m)^#(?=\w)", "", optional)
        text = head + "listener 8884\n" + optional
        for shipped, here in (("listener 1883 127.0.0.1", "listener %d 127.0.0.1" % self.gateway_port),
                              ("listener 8883", "listener %d 127.0.0.1" % self.tls_port),
                              ("listener 8884", "listener %d 127.0.0.1" % self.port),
                              ("listener 8084", "listener %d 127.0.0.1" % self.web_port),
                              ("/etc/mosquitto/yijian/", self.etc + "/")):
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        # what Debian's own mosquitto.conf, which includes ours, says beside
        top = "pid_file %s/pid\npersistence_location %s/\nlog_dest stderr\nuser %s\n" % (
            self.folder, self.folder, pwd.getpwuid(os.getuid()).pw_name)
        self._write(os.path.join(self.folder, "mosquitto.conf"), top + text + self.extra)

    def start(self, ports=True):
        """ports=False: the same ports as before."""
        if ports:
            self._config()
        with open(self.log_path, "ab") as log:
            before = self.log().count(" running\n")
            self.process = subprocess.Popen(
                ["mosquitto", "-c", os.path.join(self.folder, "mosquitto.conf")],
                stdout=log, stderr=log)

        def running():
            assert self.process.poll() is None, "mosquitto ended: " + self.log()
            # said when it also minds signals, which is later than it listens
            return self.log().count(" running\n") > before

        wait_until(running, "mosquitto runs")
        return self

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def reload(self):
        before = self.log().count("Reloading config")
        self.process.send_signal(signal.SIGHUP)
        self.await_reload(before)

    def await_reload(self, before):
        wait_until(lambda: self.log().count("Reloading config") > before, "mosquitto reloads")

    def stop(self, sig=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            self.process.wait(DEADLINE_S)

    # --- clients ---
    def device(self, name, **kw):
        return Client(self.port, name, self.accounts[name], tls=self.ca.context(), **kw)

    def gateway(self, part="help", **kw):
        kw.setdefault("client_id", "yj.gw-1." + part)
        return Client(self.gateway_port, "gateway", self.gateway_password, **kw)

    def tls_device(self, name, **kw):
        kw.setdefault("client_id", name)
        return Client(self.tls_port, None, None, tls=self.ca.context(name), **kw)


class Client:
    """A paho client in its own thread that keeps what it heard."""

    def __init__(self, port, username, password, client_id=None, clean=True, v5=False, tls=None,
                 will=None, expect=0):
        self.heard, self.acks, self.disconnects = [], {}, []
        self.connack = None
        self.session_present = None
        self._subscribed = set()
        self._lock = threading.Lock()
        kw = {} if v5 else {"clean_session": clean}
        self.c = mqtt.Client(client_id or username or "c%d" % id(self),
                             protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311, **kw)
        self.c.reconnect_delay_set(30, 60)
        if username is not None:
            self.c.username_pw_set(username, password)
        if tls:
            self.c.tls_set_context(tls)
        if will:
            self.c.will_set(*will)
        self.c.on_connect = self._on_connect
        self.c.on_disconnect = lambda *a: self.disconnects.append(a[2])
        self.c.on_message = lambda _c, _u, m: self.heard.append((m.topic, m.payload))
        self.c.on_subscribe = lambda _c, _u, mid, *_a: self._subscribed.add(mid)
        self.c.on_publish = lambda _c, _u, mid: self.acks.__setitem__(mid, time.monotonic())
        connect = {}
        if v5:
            connect["clean_start"] = clean
            connect["properties"] = Properties(PacketTypes.CONNECT)
            connect["properties"].SessionExpiryInterval = 0 if clean else 3600
        self.error = None
        try:
            self.c.connect("127.0.0.1", port, keepalive=60, **connect)
        except (OSError, ssl.SSLError) as e:
            self.error = e
            return
        self.c.loop_start()
        if expect is not None:
            wait_until(lambda: self.connack is not None, "CONNACK")
            assert self.connack == expect, self.connack

    def _on_connect(self, _c, _u, flags, rc, _properties=None):
        self.session_present = flags["session present"]
        self.connack = rc if isinstance(rc, int) else rc.value

    def subscribe(self, *filters):
        for f in filters:
            _rc, mid = self.c.subscribe(f, 1)
            wait_until(lambda: mid in self._subscribed, "SUBACK for " + f)
        return self

    def publish(self, topic, payload="x", qos=1, retain=False, wait=True):
        info = self.c.publish(topic, payload, qos, retain)
        if wait and qos:
            wait_until(lambda: info.mid in self.acks, "PUBACK for " + topic)
        return info

    def alive(self):
        return self.c.is_connected() and not self.disconnects

    def topics(self):
        return [t for t, _p in self.heard]

    def await_topic(self, topic):
        wait_until(lambda: topic in self.topics(), "message on " + topic)

    def close(self, drop=False):
        if drop and self.c.socket():
            # without DISCONNECT, as a device whose line is cut
            self.c.loop_stop()
            self.c.socket().close()
            return
        self.c.disconnect()
        self.c.loop_stop()
