"""How the daemon comes to its broker: user name and password, TLS with a client's certificate, a
broker that comes later."""

import os
import pwd
import subprocess

import pytest

import harness
import shipped_broker
from harness import Gateway, wait_until


def secured(folder, settings):
    """A broker for the gateway alone (with accounts), and an open one for homes and people."""
    return harness.Broker(folder, f"""
per_listener_settings true
user {pwd.getpwuid(os.getuid()).pw_name}
{settings}
max_queued_messages 100000
max_inflight_messages 1000
""", listener=False)


def homes_listener(port):
    return f"listener {port} 127.0.0.1\nallow_anonymous true\n"


def secured_world(world, gateway_listener, **mqtt):
    open_port = harness.free_port()
    broker = secured(world.folder / "broker", gateway_listener + homes_listener(open_port))
    broker.port = open_port
    world.broker = broker.start()
    world.gateway = Gateway(world.folder / "gateway", broker, None, mqtt=mqtt)
    return world.gateway


def one_press(world):
    world.gateway.start()
    world.village()
    home, family = world.device("b1"), world.caregiver("fam1")
    home.wait(id=home.call(), state="received")
    family.wait(state="open")


def test_user_name_and_password(world):
    """"mqtt: {..., username, password_file}": a file of one line; a wrong password leaves the gateway
    not ready, and says so."""
    passwords = world.folder / "passwd"
    passwords.write_text("gateway:s e;cret中\n")
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, timeout=30)
    port = harness.free_port()
    secret = world.folder / "password"
    secret.write_text("s e;cret中\n")
    g = secured_world(world, f"listener {port} 127.0.0.1\npassword_file {passwords}\n",
                      port=port, username="gateway", password_file=str(secret))
    one_press(world)
    g.stop()
    secret.write_text("wrong\n")
    g.start(ready=False)
    wait_until(lambda: "connect_failed" in g.log.read_text(), "the broker's refusal")
    assert "Not authorized" in g.log.read_text()
    status, why = g.http("/readyz")
    assert status == 503 and "broker" in why
    assert "s e;cret" not in g.log.read_text() and "wrong" not in g.log.read_text()


@pytest.mark.parametrize("bad", [None, "other authority", "other host"])
def test_tls_with_a_client_certificate(world, bad):
    """"mqtt: {..., tls: {ca_file, cert_file, key_file}}": both ends show a certificate; a broker of
    another authority or name is not spoken to."""
    folder = world.folder / "ca"
    ca = shipped_broker.Ca(folder)
    ca.run("init")
    ca.run("server", *(["elsewhere.example"] if bad == "other host" else ["localhost", "127.0.0.1"]))
    ca.run("enroll", "gateway", "--reserved")
    trusted = ca
    if bad == "other authority":
        trusted = shipped_broker.Ca(world.folder / "other")
        trusted.run("init")
    port = harness.free_port()
    g = secured_world(world, f"""listener {port} 127.0.0.1
cafile {ca.path('ca.crt')}
certfile {ca.path('server.crt')}
keyfile {ca.path('server.key')}
require_certificate true
use_identity_as_username true
""", port=port, tls={"ca_file": trusted.path("ca.crt"), "cert_file": ca.path("issued/gateway.crt"),
                     "key_file": ca.path("issued/gateway.key")})
    if not bad:
        one_press(world)
        return
    g.start(ready=False)
    wait_until(lambda: g.log.read_text().count("connect_failed") == 2, "both handshakes to fail")
    assert ("certificate" if bad == "other authority" else "mismatch") in g.log.read_text()
    assert g.http("/readyz")[0] == 503
    assert "state=up" not in g.log.read_text()


def test_broker_that_comes_later(world):
    """A start needs no broker: not ready until it is there, and nothing of the wait is lost."""
    world.begin().village()
    g = world.gateway
    g.stop()
    world.broker.stop()
    g.start(ready=False)
    wait_until(lambda: g.http("/readyz")[0] == 503, "the process")
    world.broker.start()
    g.wait_ready()
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
