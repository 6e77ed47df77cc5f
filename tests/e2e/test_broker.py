"""The shipped mosquitto configuration in a real mosquitto: what intruders cannot do, and what the
promises need of a broker. Negative tests end with a message of the same connection that is allowed:
MQTT keeps the order, so what has not come before it never comes."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile

import pytest

from shipped_broker import Broker, Ca, Client, wait_until

ACCOUNTS = {"btn-01": "pw-1", "btn-02": "pw-2", "cg-01": "pw-3", "cg-02": "pw-4", "platform": "pw-5",
            "+": "pw-6", "gateway": "device-pw"}
CALL_1, CALL_2 = "yj/v1/dev/btn-01/up/call", "yj/v1/dev/btn-02/up/call"


def make_broker():
    folder = tempfile.mkdtemp(prefix="yj-broker-")
    made = Broker(folder, ACCOUNTS)
    for name in ("tls-01", "tls-02", "tls-03"):
        made.ca.run("enroll", name)
    made.ca.run("enroll", "gateway", "--reserved")
    made.ca.run("enroll", "platform", "--reserved")
    return made


@pytest.fixture(scope="module")
def shared():
    made = make_broker().start()
    yield made
    assert made.process.poll() is None, "mosquitto died: " + made.log()
    made.stop()
    shutil.rmtree(made.folder)


@pytest.fixture
def own():
    made = make_broker().start()
    yield made
    made.stop()
    shutil.rmtree(made.folder)


@pytest.fixture
def clients():
    """Keeps clients and closes them at the end."""
    kept = []

    def keep(client):
        kept.append(client)
        return client

    yield keep
    for client in kept:
        if not client.error:
            client.close()


@pytest.fixture
def gateway(shared, clients):
    return clients(shared.gateway()).subscribe("yj/v1/dev/+/up/#", "yj/v1/dev/+/state",
                                               "yj/v1/cg/+/reply", "yj/v1/gw/+/state", "yj/v1/log/#")


@pytest.mark.quick
def test_gateway_holds_two_connections_under_one_account(shared, clients):
    help_ = clients(shared.gateway("help")).subscribe("yj/v1/dev/+/up/#")
    chatter = clients(shared.gateway("chatter")).subscribe("yj/v1/dev/+/state")
    device = clients(shared.device("btn-01"))
    device.publish(CALL_1)
    device.publish("yj/v1/dev/btn-01/state")
    help_.await_topic(CALL_1)
    chatter.await_topic("yj/v1/dev/btn-01/state")
    assert help_.alive() and chatter.alive()


@pytest.mark.quick
@pytest.mark.parametrize("v5", [False, True])
def test_device_with_the_gateways_client_id_disturbs_nothing(shared, gateway, clients, v5):
    by_password = clients(shared.device("btn-02", client_id="yj.gw-1.help", v5=v5))
    by_certificate = clients(shared.tls_device("tls-02", client_id="yj.gw-1.help", v5=v5))
    by_password.subscribe("yj/v1/dev/+/up/#")
    device = clients(shared.device("btn-01"))
    device.publish(CALL_1, b"mine")
    gateway.await_topic(CALL_1)
    by_password.publish(CALL_2)
    by_certificate.publish("yj/v1/dev/tls-02/up/call")
    gateway.await_topic(CALL_2)
    gateway.await_topic("yj/v1/dev/tls-02/up/call")
    assert gateway.alive()
    assert by_password.heard == []


def test_persistent_session_of_the_gateway_cannot_be_emptied(own, clients):
    own.gateway(clean=False).subscribe("yj/v1/dev/+/up/#").close()
    clients(own.device("btn-01")).publish(CALL_1)
    thief = clients(own.device("btn-02", client_id="yj.gw-1.help", clean=False))
    cleaner = clients(own.tls_device("tls-01", client_id="yj.gw-1.help", clean=True))
    assert not thief.session_present and thief.heard == []
    assert not cleaner.session_present
    back = clients(own.gateway(clean=False))
    assert back.session_present
    back.await_topic(CALL_1)


@pytest.mark.quick
@pytest.mark.parametrize("username,password", [
    ("btn-01", "pw-1"), ("gateway", "wrong"), ("gateway", "device-pw"), ("platform", "pw-5"), (None, None)])
def test_gateways_listener_lets_nobody_else_in(shared, gateway, clients, username, password):
    refused = clients(Client(shared.gateway_port, username, password, client_id="yj.gw-1.help",
                             expect=5))
    assert not refused.c.is_connected()
    clients(shared.device("btn-01")).publish(CALL_1)
    gateway.await_topic(CALL_1)
    assert gateway.alive()


@pytest.mark.parametrize("tls", [False, True])
def test_account_called_gateway_among_the_devices_is_a_device(shared, gateway, clients, tls):
    fake = clients(shared.tls_device("gateway") if tls else shared.device("gateway"))
    fake.subscribe("yj/v1/dev/+/up/#")
    clients(shared.device("btn-01")).publish(CALL_1)
    gateway.await_topic(CALL_1)
    for topic in ("yj/v1/dev/btn-01/down/call", "yj/v1/gw/gw-1/state", "yj/v1/dev/gateway/up/call"):
        fake.publish(topic)
    gateway.await_topic("yj/v1/dev/gateway/up/call")
    assert "yj/v1/gw/gw-1/state" not in gateway.topics()
    assert fake.heard == []


def test_only_gateways_give_a_gateways_sign_of_life(shared, gateway, clients):
    """The dead man's ping of another gateway (`deadman.watch`)."""
    gateway.subscribe("yj/v1/gw/gw-2/alive")
    clients(shared.device("btn-01")).publish("yj/v1/gw/gw-2/alive", b"forged")
    clients(shared.tls_device("tls-01")).publish("yj/v1/gw/gw-2/alive", b"forged")
    clients(shared.gateway("chatter")).publish("yj/v1/gw/gw-2/alive", b"true")
    gateway.await_topic("yj/v1/gw/gw-2/alive")
    assert gateway.topics().count("yj/v1/gw/gw-2/alive") == 1


def test_device_cannot_take_over_another_device(shared, clients):
    victim = clients(shared.tls_device("tls-01")).subscribe("yj/v1/dev/tls-01/down/+")
    clients(shared.device("btn-02", client_id="tls-01"))
    clients(shared.tls_device("tls-02", client_id="tls-01"))
    clients(shared.gateway("chatter")).publish("yj/v1/dev/tls-01/down/call")
    victim.await_topic("yj/v1/dev/tls-01/down/call")
    assert victim.alive()


FORBIDDEN = [
    CALL_1, "yj/v1/dev/btn-01/state", "yj/v1/cg/cg-01/reply", "yj/v1/cg/cg-01/inbox",
    "yj/v1/cg/btn-02/inbox", "yj/v1/dev/btn-02/down/call", "yj/v1/log/alert.received",
    "yj/v1/gw/gw-1/state", "yj/v1/dev/btn-02", "yj/v1/dev//up/call", "other"]


@pytest.mark.quick
@pytest.mark.parametrize("v5", [False, True])
def test_device_cannot_publish_as_another(shared, gateway, clients, v5):
    listener = clients(shared.device("cg-01")).subscribe("yj/v1/cg/cg-01/inbox")
    device = clients(shared.device("btn-02", v5=v5))
    for topic in FORBIDDEN:
        device.publish(topic)
        device.publish(topic, retain=True, qos=0)
    device.publish(CALL_2)
    gateway.await_topic(CALL_2)
    assert gateway.topics() == [CALL_2]
    clients(shared.gateway("chatter")).publish("yj/v1/cg/cg-01/inbox", b"real")
    listener.await_topic("yj/v1/cg/cg-01/inbox")
    assert listener.heard == [("yj/v1/cg/cg-01/inbox", b"real")]


def test_will_in_anothers_name_is_not_published(shared, gateway, clients):
    liar = shared.device("btn-02", will=("yj/v1/dev/btn-01/state", '{"online":false}', 1, True))
    liar.close(drop=True)
    honest = shared.device("cg-02", will=("yj/v1/dev/cg-02/state", '{"online":false}', 1, True))
    wait_until(lambda: "Client btn-02 closed" in shared.log(), "the liar is gone")
    honest.close(drop=True)
    gateway.await_topic("yj/v1/dev/cg-02/state")
    assert "yj/v1/dev/btn-01/state" not in gateway.topics()


@pytest.mark.quick
@pytest.mark.parametrize("filters", [
    ["#"], ["$SYS/#"], ["+/+/+/+/+/+"], ["yj/v1/#"], ["yj/v1/dev/btn-01/#", "yj/v1/cg/cg-01/inbox",
                                                     "yj/v1/log/#"]])
def test_device_hears_only_what_is_its_own(shared, clients, filters):
    sender = clients(shared.gateway("chatter"))
    sender.publish("yj/v1/gw/gw-1/state", "{}", retain=True)
    clients(shared.device("btn-01")).publish("yj/v1/dev/btn-01/state", "{}", retain=True)
    spy = clients(shared.device("btn-02")).subscribe(*filters)
    spy.subscribe("yj/v1/dev/btn-02/down/+")
    clients(shared.device("btn-01")).publish(CALL_1)
    for topic in ("yj/v1/dev/btn-01/down/call", "yj/v1/cg/cg-01/inbox", "yj/v1/cg/cg-01/result",
                  "yj/v1/log/alert.received", "yj/v1/dev/btn-02/down/call"):
        sender.publish(topic)
    spy.await_topic("yj/v1/dev/btn-02/down/call")
    assert set(spy.topics()) == {"yj/v1/dev/btn-02/down/call"}


@pytest.mark.quick
def test_caregiver_cannot_read_anothers_inbox(shared, clients):
    sender = clients(shared.gateway("chatter"))
    spy = clients(shared.device("cg-02"))
    spy.subscribe("yj/v1/cg/cg-01/inbox", "yj/v1/cg/+/inbox", "yj/v1/cg/+/reply", "yj/v1/cg/+/result")
    clients(shared.device("cg-01")).publish("yj/v1/cg/cg-01/reply")
    sender.publish("yj/v1/cg/cg-01/inbox")
    sender.publish("yj/v1/cg/cg-01/result")
    sender.publish("yj/v1/cg/cg-02/inbox")
    spy.await_topic("yj/v1/cg/cg-02/inbox")
    assert set(spy.topics()) == {"yj/v1/cg/cg-02/inbox"}


def test_wildcards_in_an_account_name_open_nothing(shared, clients):
    sender = clients(shared.gateway("chatter"))
    spy = clients(shared.device("+")).subscribe("#")
    witness = clients(shared.device("cg-01")).subscribe("yj/v1/cg/cg-01/inbox")
    sender.publish("yj/v1/dev/btn-01/down/call")
    sender.publish("yj/v1/cg/cg-01/inbox")
    witness.await_topic("yj/v1/cg/cg-01/inbox")
    spy.publish("yj/v1/dev/btn-01/up/call")  # its PUBACK comes after what was queued for the spy
    assert spy.heard == []


@pytest.mark.quick
@pytest.mark.parametrize("tls", [False, True])
def test_platform_reads_the_log_and_does_nothing_else(shared, gateway, clients, tls):
    platform = clients(shared.tls_device("platform") if tls else shared.device("platform"))
    platform.subscribe("#")
    sender = clients(shared.gateway("chatter"))
    clients(shared.device("btn-01")).publish(CALL_1)
    for topic in ("yj/v1/dev/btn-01/down/call", "yj/v1/cg/cg-01/inbox", "yj/v1/cg/platform/inbox",
                  "yj/v1/gw/gw-1/state", "yj/v1/log/incident.opened"):
        sender.publish(topic)
    platform.await_topic("yj/v1/log/incident.opened")
    assert set(platform.topics()) == {"yj/v1/log/incident.opened"}
    before = len(gateway.heard)
    for topic in ("yj/v1/log/forged", "yj/v1/dev/platform/up/call", "yj/v1/cg/platform/reply"):
        platform.publish(topic)
    clients(shared.device("btn-02")).publish(CALL_2)
    gateway.await_topic(CALL_2)
    assert [t for t in gateway.topics()[before:] if "forged" in t or "/platform/" in t] == []


def test_payload_of_64_kib_passes_and_one_byte_more_does_not(shared, gateway, clients):
    device = clients(shared.device("btn-01"))
    device.publish(CALL_1, b"x" * 65536)
    gateway.await_topic(CALL_1)
    assert len(gateway.heard[-1][1]) == 65536
    device.publish(CALL_1, b"y" * 65537, wait=False)
    device.c.publish("yj/v1/dev/btn-01/up/well", "z", 1)
    other = clients(shared.device("btn-02"))
    wait_until(lambda: "yj/v1/dev/btn-01/up/well" in gateway.topics() or device.disconnects,
               "the broker has seen the long one")
    other.publish(CALL_2)
    gateway.await_topic(CALL_2)
    assert all(not p.startswith(b"y") for _t, p in gateway.heard)


def test_calls_of_both_qos_wait_for_an_absent_gateway_far_beyond_the_default_queue(own, clients):
    own.gateway(clean=False).subscribe("yj/v1/dev/+/up/#").close()
    device = clients(own.device("btn-01"))
    for i in range(3000):
        last = device.publish(CALL_1, b"%d" % i, qos=i % 2, wait=False)
    wait_until(lambda: last.mid in device.acks, "the last PUBACK", 60)
    back = clients(own.gateway(clean=False))
    wait_until(lambda: len(back.heard) >= 3000, "3,000 messages", 60)
    numbers = [int(p) for _t, p in back.heard]
    for qos in (0, 1):  # order holds within a QoS; the sender itself lets QoS 0 overtake
        assert [n for n in numbers if n % 2 == qos] == list(range(qos, 3000, 2))


@pytest.mark.parametrize("order", ["0" * 1500, "1" * 1020 + "0" * 20], ids=["block", "hide"])
def test_queued_calls_of_qos_0_neither_block_nor_hide_those_of_qos_1(own, clients, order):
    # without upgrade_outgoing_qos mosquitto 2.0.11 is deaf after the first order, for QoS 0 that had
    # waited keeps its place in flight; of the second 20 of QoS 1 are left lying
    own.gateway(clean=False).subscribe("yj/v1/dev/+/up/#").close()
    device = clients(own.device("btn-01"))
    device.c.max_inflight_messages_set(0)  # the sender keeps the order
    for i, qos in enumerate(order):
        device.publish(CALL_1, b"%d" % i, qos=int(qos), wait=False)
    device.publish(CALL_1, b"%d" % len(order))
    back = clients(own.gateway(clean=False))
    wait_until(lambda: len(back.heard) > len(order), "all that waited")
    device.publish(CALL_1, b"live")
    wait_until(lambda: back.heard[-1][1] == b"live", "a call that comes now")
    assert [int(p) for _t, p in back.heard[:-1]] == list(range(len(order) + 1))


def test_stop_of_the_broker_loses_neither_session_nor_queue_nor_state(own, clients):
    own.gateway(clean=False).subscribe("yj/v1/dev/+/up/#").close()
    device = own.device("btn-01")
    device.publish(CALL_1, b"before")
    device.publish("yj/v1/dev/btn-01/state", '{"online":true}', retain=True)
    device.close()
    own.stop()
    own.start(ports=False)
    back = clients(own.gateway(clean=False))
    assert back.session_present
    back.await_topic(CALL_1)
    back.subscribe("yj/v1/dev/+/state")
    back.await_topic("yj/v1/dev/btn-01/state")


def test_reload_after_a_restart_keeps_calls_for_an_absent_gateway(own, clients):
    # with rules of a `user` in place of patterns, mosquitto 2.0.11 drops what comes after the reload
    own.gateway(clean=False).subscribe("yj/v1/dev/+/up/#").close()
    own.stop()
    own.start(ports=False)
    own.reload()
    clients(own.device("btn-01")).publish(CALL_1)
    back = clients(own.gateway(clean=False))
    assert back.session_present
    back.await_topic(CALL_1)


@pytest.mark.quick
def test_reload_disturbs_nobody(own, clients):
    kept = [clients(own.gateway("help")), clients(own.gateway("chatter")), clients(own.device("btn-01")),
            clients(own.tls_device("tls-01"))]
    kept[0].subscribe("yj/v1/dev/+/up/#")
    own.reload()
    kept[2].publish(CALL_1)
    kept[3].publish("yj/v1/dev/tls-01/up/call")
    kept[0].await_topic(CALL_1)
    kept[0].await_topic("yj/v1/dev/tls-01/up/call")
    kept[1].publish("yj/v1/log/x")
    assert all(client.alive() for client in kept)


# --- certificates ---


def refused_by_tls(broker, context):
    """Whether the broker ends the connection before a CONNACK that says yes. In TLS 1.3 a client hears
    only after its handshake that its certificate was not liked."""
    connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
    with socket.create_connection(("127.0.0.1", broker.tls_port), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                secured.sendall(connect)
                answer = secured.recv(4)
        except (ssl.SSLError, ConnectionError):
            return True
    assert answer in (b"", b"\x20\x02\x00\x00"), answer
    return answer == b""


@pytest.mark.quick
def test_certificate_is_required_and_must_be_ours_and_a_clients(shared, tmp_path):
    assert refused_by_tls(shared, shared.ca.context())
    # the broker's own certificate does not open the door to a client
    context = shared.ca.context()
    context.load_cert_chain(shared.ca.path("server.crt"), shared.ca.path("server.key"))
    assert refused_by_tls(shared, context)
    # another authority of the same name
    foreign = Ca(tmp_path / "ca")
    foreign.run("init")
    foreign.run("enroll", "tls-01")
    context = shared.ca.context()
    context.load_cert_chain(foreign.path("issued/tls-01.crt"), foreign.path("issued/tls-01.key"))
    assert refused_by_tls(shared, context)
    assert not refused_by_tls(shared, shared.ca.context("tls-01"))


def test_expired_certificate_is_refused(shared):
    if not shutil.which("faketime"):
        pytest.fail("faketime is not installed")
    subprocess.run(["faketime", "-f", "-30d", "scripts/yijian-ca", "--dir", shared.ca.folder, "enroll",
                    "tls-old", "--days", "20"], check=True, capture_output=True,
                   cwd=os.path.join(os.path.dirname(__file__), "..", ".."), timeout=60)
    assert refused_by_tls(shared, shared.ca.context("tls-old"))


def test_revoked_certificate_is_refused_as_soon_as_the_list_is_published(own, clients):
    assert not refused_by_tls(own, own.ca.context("tls-01"))
    connected = clients(own.tls_device("tls-02"))
    before = own.log().count("Reloading config")
    own.ca.run("revoke", "tls-01")
    own.ca.run("revoke", "tls-02")
    own.await_reload(before)
    wait_until(lambda: refused_by_tls(own, own.ca.context("tls-01")), "revoked is refused")
    assert not refused_by_tls(own, own.ca.context("tls-03"))
    # who is connected stays so until the connection ends (docs/broker.md); the gateway refuses its calls
    connected.publish("yj/v1/dev/tls-02/up/call")
    assert connected.alive()
    connected.close()
    wait_until(lambda: refused_by_tls(own, own.ca.context("tls-02")), "revoked is refused")
    own.stop()
    own.start(ports=False)
    assert refused_by_tls(own, own.ca.context("tls-01"))
    assert not refused_by_tls(own, own.ca.context("tls-03"))


def test_device_that_lost_its_certificate_gets_another(own):
    own.ca.run("revoke", "tls-01")
    own.ca.run("enroll", "tls-01")
    wait_until(lambda: not refused_by_tls(own, own.ca.context("tls-01")), "the new one is taken")
