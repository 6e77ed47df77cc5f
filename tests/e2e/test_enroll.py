"""A device's life by certificate, with the shipped broker configuration, the real gateway and the real
authority: enrolled, it calls; revoked, the gateway refuses it on the connection it still has, and the
broker when it comes again; enrolled anew, it calls again.

YJ_BIN_DIR names the folder of the programs (default: build/release/bin)."""

import json
import os
import shutil
import subprocess
import tempfile
import time

import pytest

from shipped_broker import CA_TOOL, ROOT, Broker, free_port, wait_until
from test_broker import refused_by_tls

BIN = os.environ.get("YJ_BIN_DIR", os.path.join(ROOT, "build", "release", "bin"))

CONFIG = """\
gateway:  {id: gw-1, data_dir: %(folder)s/data}
mqtt:     {host: 127.0.0.1, port: %(port)d, username: gateway, password_file: %(folder)s/password}
http:     {listen: 127.0.0.1:%(http)d}
ctl:      {socket: %(folder)s/control.sock}
policies: [{name: default, levels: [{notify: [duty]}], repeat_every: 5m}]
"""


class Gateway:
    def __init__(self, broker):
        self.broker, self.folder = broker, broker.folder
        os.mkdir(os.path.join(self.folder, "data"))
        with open(os.path.join(self.folder, "password"), "w") as f:
            f.write(broker.gateway_password + "\n")
        self.conf = os.path.join(self.folder, "yijian.yaml")
        with open(self.conf, "w") as f:
            f.write(CONFIG % {"folder": self.folder, "port": broker.gateway_port, "http": free_port()})
        self.log = open(os.path.join(self.folder, "yijiand.log"), "wb")
        self.process = subprocess.Popen([os.path.join(BIN, "yijiand"), "-c", self.conf],
                                        stdout=self.log, stderr=self.log)
        wait_until(lambda: self.ctl("status").returncode == 0, "the gateway answers")
        wait_until(lambda: "as yj.gw-1.help " in broker.log(), "the gateway is connected")

    def ctl(self, *args):
        env = dict(os.environ, YIJIAN_CA_TOOL=CA_TOOL, YIJIAN_CA_DIR=self.broker.ca.folder)
        return subprocess.run([os.path.join(BIN, "yijianctl"), "-c", self.conf, *args],
                              capture_output=True, text=True, timeout=60, env=env)

    def ok(self, *args):
        done = self.ctl(*args)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def events(self, kind):
        lines = self.ok("tail", "--json", "-n", "1000", "--type", kind).splitlines()
        return [json.loads(line)["data"] for line in lines]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.log.close()
        with open(self.log.name, errors="replace") as f:
            text = f.read()
        assert code == 0 and "Sanitizer" not in text and "runtime error" not in text, text


@pytest.fixture
def gateway():
    folder = tempfile.mkdtemp(prefix="yj-enroll-")
    broker = Broker(folder, {}).start()
    made = Gateway(broker)
    yield made
    made.stop()
    broker.stop()
    shutil.rmtree(folder)


def call(client, device, message_id):
    payload = json.dumps({"id": message_id, "ts": int(time.time() * 1000), "button": "sos"})
    client.publish("yj/v1/dev/%s/up/call" % device, payload)


@pytest.mark.quick
def test_device_is_enrolled_revoked_and_enrolled_again(gateway):
    gateway.ok("resident", "add", "r1", "name=王桂芳", "region=511781103201")
    gateway.ok("device", "add", "btn-01", "kind=button", "resident=r1")
    gateway.ok("device", "enroll", "btn-01")
    assert [e["device"] for e in gateway.events("device.enrolled")] == ["btn-01"]
    again = gateway.ctl("device", "enroll", "btn-01")
    assert again.returncode == 1 and "has a valid certificate" in again.stderr

    device = gateway.broker.tls_device("btn-01").subscribe("yj/v1/dev/btn-01/down/+")
    call(device, "btn-01", "m-1")
    wait_until(lambda: any(json.loads(p)["id"] == "m-1" for _t, p in device.heard), "`received`")
    assert [e["resident"] for e in gateway.events("incident.opened")] == ["r1"]

    gateway.ok("device", "revoke", "btn-01")
    assert [e["device"] for e in gateway.events("device.revoked")] == ["btn-01"]
    call(device, "btn-01", "m-2")
    wait_until(lambda: [e for e in gateway.events("alert.rejected") if e.get("device") == "btn-01"],
               "the gateway refuses it")
    device.close()
    wait_until(lambda: refused_by_tls(gateway.broker, gateway.broker.ca.context("btn-01")),
               "the broker refuses it")

    gateway.ok("device", "enroll", "btn-01")
    device = gateway.broker.tls_device("btn-01").subscribe("yj/v1/dev/btn-01/down/+")
    call(device, "btn-01", "m-3")
    wait_until(lambda: any(json.loads(p)["id"] == "m-3" for _t, p in device.heard), "`received`")
    device.close()


def test_nothing_is_issued_for_a_name_that_is_no_devices(gateway):
    for name in ("gateway", "platform", "yj.gw-1.help"):
        assert gateway.ctl("device", "enroll", name).returncode in (1, 2)
    assert gateway.broker.ca.run("list", "--json").stdout.count('"device"') == 0
    assert gateway.events("device.enrolled") == []
