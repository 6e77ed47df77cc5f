"""What is believed of an absence: sessions, wills of a broker that stops, what a broker had kept, the
gateway's own restart; "not one false offline", and real ones all the same."""

import getpass
import signal
import subprocess

import paho.mqtt.client as mqtt
import pytest

from harness import BIN, Broker, wait_until

ONLINE, OFFLINE = "device.online", "device.offline"


def keeping_broker(world):
    """One that has its retained messages still after a restart, as the account that runs this."""
    return Broker(world.folder / "broker", Broker.SETTINGS + "persistence true\n"
                  f"persistence_location {world.folder}/\nuser {getpass.getuser()}\n"
                  "autosave_on_changes true\nautosave_interval 1\n")



def chatter(g):
    return g.ctl_json("status")["broker"]["chatter"]


def online(g):
    return g.ctl_json("status")["devices"]["online"]


def is_behind(world, ear, name):
    """All that was said before is taken: another device comes online behind it on the same way."""
    world.gateway.load("devices", [{"id": name, "kind": "button", "resident": ""}])
    ear.publish(f"yj/v1/dev/{name}/state", {"online": True})
    world.gateway.wait_event(ONLINE, device=name)


def say(ear, online_, session=None, device="b1", retain=False):
    ear.publish(f"yj/v1/dev/{device}/state",
                {"online": online_, **({} if session is None else {"session": session})}, retain=retain)


def test_late_will_does_not_undo_a_rebirth(world):
    """"a session counter so that a late will does not undo a rebirth"."""
    g = world.begin().village().gateway
    ear = world.device("ear")
    say(ear, True, 1)
    g.wait_event(ONLINE, device="b1")
    say(ear, True, 2)   # it is back before its old connection is given up
    say(ear, False, 1)  # and now it is
    is_behind(world, ear, "m1")
    assert not g.events(OFFLINE) and online(g) == 2
    say(ear, False, 2)
    g.wait_event(OFFLINE, device="b1")
    # Also over a restart of the gateway.
    say(ear, True, 3, retain=True)
    g.wait_event(ONLINE, 2, device="b1")
    g.kill()
    say(ear, False, 2, retain=True)
    g.start()
    wait_until(lambda: chatter(g) == "up", "the gateway to hear")
    is_behind(world, ear, "m2")
    assert len(g.events(OFFLINE)) == 1
    say(ear, False, 3)
    g.wait_event(OFFLINE, 2, device="b1")


@pytest.mark.parametrize("session", [None, 0, "7", -1, 1.5])
def test_without_a_session_as_ever(world, session):
    """A will without one (or with what is none) is believed."""
    g = world.begin().village().gateway
    ear = world.device("ear")
    say(ear, True, 5)
    g.wait_event(ONLINE, device="b1")
    say(ear, False, session)
    g.wait_event(OFFLINE, device="b1")
    assert not g.events("alert.rejected")


def test_a_device_that_lost_its_counter(world):
    """It begins again with 1: it is online, and so is its will heeded."""
    g = world.begin().village().gateway
    ear = world.device("ear")
    say(ear, True, 700)
    g.wait_event(ONLINE, device="b1")
    say(ear, False, 700)
    g.wait_event(OFFLINE, device="b1")
    say(ear, True, 1)
    g.wait_event(ONLINE, 2, device="b1")
    say(ear, False, 1)
    g.wait_event(OFFLINE, 2, device="b1")


def test_the_simulator_says_its_session(world):
    """Each connect a larger one, the same in state and will; a killed one is offline by its will."""
    g = world.begin().village().gateway
    watcher = world.device("watcher").subscribe("yj/v1/dev/b1/state")

    def run():
        return subprocess.Popen([str(BIN / "yijian-sim"), "terminal", "--host", "127.0.0.1", "--port",
                                 str(world.broker.port), "--device", "b1"],
                                stdout=subprocess.DEVNULL)
    sessions = []
    for turn in (1, 2):
        sim = run()
        try:
            said = watcher.wait(turn, online=True)
            g.wait_event(ONLINE, turn, device="b1")
        finally:
            sim.send_signal(signal.SIGKILL)
            sim.wait(10)
        will = watcher.wait(turn, online=False)
        g.wait_event(OFFLINE, turn, device="b1")
        assert said["session"] == will["session"]
        sessions.append(said["session"])
    assert sessions[0] < sessions[1]


class Fleet:
    """Devices with wills (with and without sessions), and some that only beat."""

    def __init__(self, world, n=40):
        self.world, self.names, self.clients = world, [f"f{i}" for i in range(n)], []
        self.g = world.gateway
        self.g.load("devices", [{"id": name, "kind": "button", "resident": ""} for name in self.names])
        for i, name in enumerate(self.names):
            client = mqtt.Client(client_id=name, protocol=mqtt.MQTTv311)
            client.will_set(f"yj/v1/dev/{name}/state", '{"online":false}', 1, True)
            client.reconnect_delay_set(1, 2)
            client.on_connect = self.hello
            client.user_data_set(name)
            client.connect("127.0.0.1", world.broker.port)
            client.loop_start()
            self.clients.append(client)
        self.all_there()

    @staticmethod
    def hello(client, name, *_):
        client.publish(f"yj/v1/dev/{name}/state", '{"online":true}', 1, True)

    def there(self):
        return online(self.g) == len(self.names)

    def all_there(self):
        wait_until(self.there, "the fleet to be online", 40)

    def close(self):
        for client in self.clients:
            client.disconnect()
            client.loop_stop()


@pytest.fixture
def fleet(world):
    world.begin(broker=keeping_broker(world))
    f = Fleet(world)
    yield f
    f.close()


def restart_gateway(f):
    f.g.kill()
    f.g.start()


def stop_broker(f):
    f.world.broker.stop()
    wait_until(lambda: chatter(f.g) == "down", "the gateway to notice")
    f.world.broker.start()


def kill_broker(f):
    f.world.broker.kill()
    wait_until(lambda: chatter(f.g) == "down", "the gateway to notice")
    f.world.broker.start()


def both(f):
    f.g.kill()
    f.world.broker.stop()  # which says goodbye for everybody, and keeps that
    f.world.broker.start()
    f.g.start()


def broker_first(f):
    f.world.broker.stop()
    f.g.kill()
    f.g.start(ready=False)
    f.world.broker.start()
    f.g.wait_ready()


@pytest.mark.parametrize("how", [restart_gateway, stop_broker, kill_broker, both, broker_first])
def test_not_one_false_offline(fleet, how):
    """"after the gateway's own restart or a broker outage a grace period, and not one false offline"."""
    g = fleet.g
    for _ in range(1):
        how(fleet)
        wait_until(lambda: chatter(g) == "up", "the gateway to hear", 40)
        fleet.all_there()
        audits = g.metric("yijian_audits_total")
        wait_until(lambda: g.metric("yijian_audits_total") > audits + 4, "audits to have looked", 60)
        fleet.all_there()
    assert not g.events(OFFLINE), [e["data"] for e in g.events(OFFLINE)]
    assert len(g.events(ONLINE)) == len(fleet.names)
    # And one that really goes is told.
    gone = fleet.clients.pop()
    gone.loop_stop()
    gone._sock_close()
    g.wait_event(OFFLINE, device=fleet.names.pop())


def test_those_who_do_not_come_back(clocked):
    """After a broker outage the grace passes, and whoever was not heard of by then is offline."""
    g = clocked.begin(broker=keeping_broker(clocked), devices={"grace": "90s"}).village().gateway
    g.load("devices", [{"id": "b2", "kind": "button", "resident": ""}])
    ear = clocked.device("ear")
    for name in ("b1", "b2"):
        say(ear, True, device=name, retain=True)
        g.wait_event(ONLINE, device=name)
    # Their connections are this test's one: the broker keeps what it last heard of them.
    g.stop()
    for name in ("b1", "b2"):
        say(ear, False, device=name, retain=True)
    clocked.broker.stop()
    clocked.broker.start()
    g.start()
    wait_until(lambda: chatter(g) == "up", "the gateway to hear")
    audits = g.metric("yijian_audits_total")
    wait_until(lambda: g.metric("yijian_audits_total") > audits + 2, "audits to have looked", 60)
    assert not g.events(OFFLINE)
    say(clocked.device("ear2"), True, device="b2")
    clocked.advance(10)  # two are few: that will not have been the broker
    g.wait_event(OFFLINE, device="b1")
    assert len(g.events(OFFLINE)) == 1 and online(g) == 1


def test_availability_of_a_foreign_family(world):
    """"Presence from ... family availability topics": live at once, what the broker had kept after the
    gateway's restart only once the device had time to be heard of."""
    g = world.begin().gateway
    g.load("devices", [{"id": n, "kind": "button", "resident": "", "family": "zigbee2mqtt", "address": a}
                       for n, a in (("z1", "kitchen"), ("z2", "hall"))])
    ear = world.device("ear")

    def say(name, state):
        ear.publish(f"zigbee2mqtt/{name}/availability", {"state": state}, retain=True)
    for name, device in (("kitchen", "z1"), ("hall", "z2")):
        say(name, "online")
        g.wait_event(ONLINE, device=device)
    say("kitchen", "offline")
    g.wait_event(OFFLINE, device="z1")
    say("kitchen", "online")
    g.wait_event(ONLINE, 2, device="z1")
    g.kill()
    say("kitchen", "offline")
    say("hall", "offline")
    g.start()
    ear.publish("zigbee2mqtt/hall", {"battery": 90})  # it lives, whatever was kept
    g.wait_event(OFFLINE, 2, device="z1", timeout=40)
    assert not g.events(OFFLINE, device="z2") and len(g.events(ONLINE)) == 3
    assert online(g) == 1
