"""The terminal's way to the broker as it is shipped: WebSockets in TLS, an account for each home, the access list."""

import pytest

import shipped_broker
from harness import wait_until
from terminal_world import TerminalWorld, shared_browser  # noqa: F401


@pytest.fixture
def shipped(tmp_path):
    """A world on the shipped broker, and that broker."""
    broker = shipped_broker.Broker(tmp_path / "shipped", {"t1": "secret", "t2": "other"})
    broker.start()
    world = TerminalWorld(tmp_path)

    class Stand:
        """What the harness wants of a broker."""
        port = broker.gateway_port
        url = f"wss://127.0.0.1:{broker.web_port}/mqtt"
        start = stop = lambda self: self
    (tmp_path / "password").write_text("gw-secret\n")
    try:
        world.begin(broker=Stand(), mqtt={"username": "gateway",
                                          "password_file": str(tmp_path / "password")})
        yield world, broker
    finally:
        world.end()
        broker.stop()


def web_client(broker, name, client_id):
    """A program that speaks MQTT over WebSockets, under a client id of its choice."""
    import paho.mqtt.client as mqtt
    client = mqtt.Client(client_id, transport="websockets", protocol=mqtt.MQTTv311, clean_session=True)
    client.reconnect_delay_set(30, 60)
    client.username_pw_set(name, broker.accounts[name])
    client.tls_set_context(broker.ca.context())
    client.heard, client.down = [], []
    client.on_message = lambda _c, _u, m: client.heard.append(m.topic)
    client.on_disconnect = lambda *_: client.down.append(True)
    client.on_subscribe = lambda *_: client.heard.append("subscribed")
    client.connect("localhost", broker.web_port)
    client.loop_start()
    wait_until(client.is_connected, f"{name} to be connected")
    return client


def test_over_the_shipped_broker(shipped):
    """A call goes its whole way; a wrong password goes none."""
    world, broker = shipped
    world.home()
    arguments = ["--ignore-certificate-errors"]
    t = world.terminal(arguments=arguments)
    t.wait_up()
    t.press("help")
    t.wait_received()
    assert len(world.gateway.events("alert.received")) == 1
    t.open(password="wrong")
    wait_until(lambda: "密码不对" in t.browser.find_element("id", "connection").text, "the refusal")
    assert t.js("return document.getElementById('connection').dataset.up") == "false"
    t.open()
    t.wait_up()


def test_the_account_is_the_client_id_and_hears_itself_alone(shipped):
    _, broker = shipped
    first = web_client(broker, "t1", "chosen-1")
    first.subscribe("yj/v1/dev/+/down/#", 1)
    wait_until(lambda: "subscribed" in first.heard, "the subscription")
    gateway = broker.gateway("spare")
    for device in ("t2", "t1"):
        gateway.c.publish(f"yj/v1/dev/{device}/down/call", "{}", 1)
    wait_until(lambda: "yj/v1/dev/t1/down/call" in first.heard, "its own")
    assert "yj/v1/dev/t2/down/call" not in first.heard
    second = web_client(broker, "t1", "chosen-2")
    wait_until(lambda: first.down, "the first to be followed by the second")
    for client in (first, second):
        client.disconnect()
        client.loop_stop()
