"""The channel `voice` with two real telephones: baresip as the gateway's line, with the shipped
configuration, and baresip as a caregiver's telephone; speech by the real espeak-ng."""

import pathlib
import shutil
import signal
import subprocess

import pytest

from harness import wait_until
from phone import PHONE, Line, Phone, has_network, likeness, loudness
from town import deliveries, level, policy, status_of

pytestmark = pytest.mark.skipif(
    not has_network(), reason="RTP takes the default interface's address: there is none besides lo "
    "(`ip addr add 192.0.2.77/32 dev lo` would do)")


@pytest.fixture
def phones(tmp_path):
    """Makes telephones; they end with the test."""
    made = []

    def make(kind, **kwargs):
        made.append(kind(tmp_path / f"phone-{len(made)}", **kwargs).start())
        return made[-1]
    try:
        yield make
    finally:
        for phone in made:
            phone.kill()


def begin(world, phones, levels=None, channels="voice", auto=False, line=None, **voice):
    """fam1 has a telephone. Answers gateway, home, telephone and line."""
    phone = phones(Phone, auto=auto)
    line = line or phones(Line)
    world.begin([policy(levels=levels or [level("family"), level("doctor"), level("duty")])],
                voice={"driver": "baresip", "control": [line.address],
                       "dial": f"sip:{{phone}}@127.0.0.1:{phone.port}", **voice})
    world.village()
    world.gateway.load("caregivers", [{"id": "fam1", "name": "王小丽", "role": "family",
                                       "residents": "r1", "phone": PHONE, "channels": channels}])
    return world.gateway, world.device("b1"), phone, line


def clips(gateway):
    folder = pathlib.Path(gateway.config["gateway"]["data_dir"]) / "voice"
    return sorted(folder.glob("*.wav"), key=lambda f: f.stat().st_mtime)


def test_a_call_is_heard_and_keyed(world, phones):
    """"a telephone call that speaks the alert and takes 1 for "I am going" (我去)", "two baresip on
    loopback with a call that is answered, heard and keyed"."""
    g, home, phone, line = begin(world, phones)
    home.call()
    phone.pick_up()
    g.wait_event("delivery.sent", caregiver="fam1", channel="voice")
    wait_until(lambda: phone.recorded_seconds() >= 6, "six seconds of speech", 40)
    heard, sent = phone.loudness(), loudness(clips(g)[0])
    seconds = [max(heard[at:at + 50]) for at in range(0, 250, 50)]
    assert all(loud > 500 for loud in seconds[1:]), f"speech in every second: {seconds}"
    assert likeness(heard[:250], sent[:250]) > 0.8, "what was heard is what was made"
    assert not g.events("delivery.delivered"), "a mailbox picks up too"
    phone.key("1")
    acked = g.wait_event("incident.acked", caregiver="fam1")["data"]
    assert (acked["actor"], acked["via"]) == ("voice", "voice")
    assert g.events("delivery.delivered", caregiver="fam1", channel="voice")
    incident = g.incident()
    assert incident["state"] == "acked"
    # the thanks are other words, and then the call ends
    wait_until(lambda: len(clips(g)) == 2, "the thanks")
    before = len(phone.loudness())
    thanks = pathlib.Path(shutil.copy(clips(g)[1], world.folder / "thanks.wav"))
    phone.wait_closed()
    after = phone.loudness()[before:]
    assert max(after) > 500
    assert likeness(after[:150], loudness(thanks)[:100]) > 0.6
    assert len(line.calls()) == 1 and len(g.events("incident.acked")) == 1
    home.wait(state="answered")
    g.verify_log()


def test_two_means_i_cannot(world, phones):
    """"2 for "I cannot" (去不了)": the level is exhausted, and the next one is paged at once."""
    g, home, phone, _ = begin(world, phones, auto=True)
    doctor = world.caregiver("doc1")
    home.call()
    phone.wait_talking()
    phone.key("2")
    declined = g.wait_event("incident.declined", caregiver="fam1")["data"]
    assert (declined["actor"], declined["via"]) == ("voice", "voice")
    assert doctor.wait(state="open")["level"] == 1
    assert status_of(g, "fam1") == "declined"
    phone.wait_closed()


def test_three_means_i_ring_first(world, phones):
    """"3 for "I am not near, I ring first" (不在附近，先打电话问)": a remote answer, which ends nothing."""
    g, home, phone, _ = begin(world, phones, auto=True)
    home.call()
    phone.wait_talking()
    phone.key("3")
    contacted = g.wait_event("incident.contacted", caregiver="fam1")["data"]
    assert (contacted["actor"], contacted["via"]) == ("voice", "voice")
    assert g.incident()["state"] == "open"
    phone.wait_closed()
    assert phone.loudness()


def test_nine_is_heard_again_and_other_keys_are_nothing(world, phones):
    """A key shows that somebody listens; only 1, 2 and 3 are answers."""
    g, home, phone, _ = begin(world, phones, auto=True)
    home.call()
    phone.wait_talking()
    phone.key("7")
    g.wait_event("delivery.delivered", caregiver="fam1", channel="voice")
    phone.key("9")
    phone.key("1")
    g.wait_event("incident.acked", caregiver="fam1")
    assert len(g.events("delivery.delivered", caregiver="fam1", state="open")) <= 1
    assert not g.events("incident.declined") and not g.events("incident.contacted")
    phone.wait_closed()


@pytest.mark.parametrize("how", ["declined", "busy", "no such number", "nobody picks up"])
def test_a_call_that_fails_starts_the_next_channel(world, phones, how):
    """"the next channel starts at the first failed attempt": with the telephone's own words."""
    g, home, phone, _ = begin(world, phones, channels="voice;mqtt", ring_for="5s")
    family = world.caregiver("fam1")
    if how == "no such number":
        g.load("caregivers", [{"id": "fam1", "name": "王小丽", "role": "family", "residents": "r1",
                               "phone": "13900009999", "channels": "voice;mqtt"}])
    if how == "busy":
        other = phones(Phone, number="13900008888")
        other.command("dial", f"sip:{PHONE}@127.0.0.1:{phone.port}")
        phone.pick_up()
    home.call()
    if how == "declined":
        phone.decline()
    family.wait(state="open", timeout=40)
    if how == "busy":
        return
    words = {"declined": "486", "no such number": "404", "nobody picks up": "nobody picked up"}
    wait_until(lambda: any(words[how] in (d.get("reason") or d.get("words") or "")
                           for d in deliveries(g, "fam1")), f"the words of {deliveries(g, 'fam1')}")


def test_a_second_attempt(clocked, phones):
    """Busy or unheard, the same telephone rings once more after half a minute."""
    g, home, phone, _ = begin(clocked, phones, levels=[level("family", wait="5m"), level("duty")])
    home.call()
    phone.decline()
    wait_until(lambda: deliveries(g, "fam1")[0].get("attempts") == 1, "the first attempt to end")
    clocked.advance(40)
    phone.pick_up(count=2)
    phone.key("1")
    g.wait_event("incident.acked", caregiver="fam1")


def test_no_line_is_no_silence(world, phones):
    """"at once if the channel is known to be down": baresip does not run."""
    line = phones(Line)
    line.kill()
    g, home, phone, _ = begin(world, phones, channels="voice;mqtt", line=line)
    family = world.caregiver("fam1")
    home.call()
    assert family.wait(state="open")["level"] == 0
    assert phone.count("CALL_INCOMING") == 0


def test_baresip_dies_within_a_call(world, phones):
    """A call that was cut off was not heard: the next channel starts, and the line comes back."""
    g, home, phone, line = begin(world, phones, channels="voice;mqtt")
    family = world.caregiver("fam1")
    home.call()
    phone.pick_up()
    g.wait_event("delivery.sent", caregiver="fam1", channel="voice")
    line.kill()
    family.wait(state="open")
    line.start()
    home.call(button="family")
    phone.wait("CALL_INCOMING", 2)


def test_baresip_hangs_within_a_call(world, phones):
    """The same for one that does not answer: it is left, and used again when it lives."""
    g, home, phone, line = begin(world, phones, channels="voice;mqtt")
    family = world.caregiver("fam1")
    home.call()
    phone.wait_ringing()
    line.process.send_signal(signal.SIGSTOP)
    try:
        family.wait(state="open", timeout=40)
    finally:
        line.process.send_signal(signal.SIGCONT)
    phone.wait_closed()


def test_restart_within_a_call_hangs_up(world, phones):
    """After a kill of the daemon no line stays blocked: the old call is hung up, and the page goes out
    again with the same delivery id."""
    g, home, phone, line = begin(world, phones)
    home.call()
    phone.wait_ringing()
    g.kill()
    g.start()
    phone.wait_closed()
    phone.pick_up(count=2)
    phone.key("1")
    g.wait_event("incident.acked", caregiver="fam1")
    assert len(deliveries(g, "fam1", state="open")) == 1


def test_stop_hangs_up(world, phones):
    """A daemon that stops leaves no telephone ringing."""
    g, home, phone, _ = begin(world, phones)
    home.call()
    phone.wait_ringing()
    g.stop()
    phone.wait_closed(timeout=10)  # less than ring_for


def test_somebody_else_answers_while_it_rings(world, phones):
    """"After an answer no further page goes out": a telephone that rings stops."""
    g, home, phone, _ = begin(world, phones, levels=[level("family", "doctor"), level("duty")])
    doctor = world.caregiver("doc1")
    home.call()
    phone.wait_ringing()
    doctor.wait(state="open")
    assert doctor.reply("gw-1-1", "ack")["ok"]
    phone.wait_closed(timeout=10)  # less than ring_for


def test_somebody_else_answers_while_it_speaks(world, phones):
    """"those already paged are told who is going": whoever listens hears that it is over."""
    g, home, phone, _ = begin(world, phones, levels=[level("family", "doctor"), level("duty")])
    doctor = world.caregiver("doc1")
    home.call()
    phone.pick_up()
    doctor.wait(state="open")
    made = len(clips(g))
    assert doctor.reply("gw-1-1", "ack")["ok"]
    wait_until(lambda: len(clips(g)) > made, "the last words")
    phone.wait_closed()


def test_two_calls_wait_for_one_line(world, phones):
    """Two people of a level with one line: the second telephone rings when the first call is over."""
    g, home, phone, line = begin(world, phones, levels=[level("family", wait="5m"), level("duty")],
                                 auto=True)
    g.load("caregivers", [{"id": "fam2", "name": "王小军", "role": "family", "residents": "r1",
                           "phone": PHONE, "channels": "voice"}])
    home.call()
    phone.wait_talking()
    phone.key("2")
    phone.wait_talking(2)
    phone.key("1")
    g.wait_event("incident.acked")
    assert len(g.events("incident.declined")) == 1


def test_a_caller_is_sent_away(world, phones):
    """Somebody rings the gateway's line: it must not stay blocked."""
    g, home, phone, line = begin(world, phones)
    home.call()
    phone.pick_up()
    phone.key("2")
    phone.wait_closed()
    phone.command("dial", f"sip:line@127.0.0.1:{line.port}")
    phone.wait_closed(2)


def test_nothing_spoken_stays_and_no_number_in_logs(world, phones):
    """"No personal data ... in process logs or in the event log"; spoken names leave the disk."""
    g, home, phone, _ = begin(world, phones)
    home.call()
    phone.decline()
    g.wait_event("incident.notified")
    wait_until(lambda: deliveries(g, "fam1")[0].get("attempts") == 1, "the first attempt to end")
    files = clips(g)
    assert files and all(f.stat().st_mode & 0o777 == 0o640 for f in files)
    assert files[0].parent.stat().st_mode & 0o777 == 0o700
    g.stop()
    assert not clips(g)
    text = g.log.read_text()
    assert PHONE not in text and "王" not in text
    assert not any(PHONE in str(e) for e in g.events())


WRONG = [("dial", "sip:someone@pbx"), ("dial", "sip:{phone}@a b"), ("control", ["localhost:1"]),
         ("control", "127.0.0.1"), ("folder", "relative/folder"), ("voice", "-f/etc/passwd"),
         ("ring_for", "1s"), ("dial", "")]


def test_wrong_settings_are_named(world, phones):
    """"A wrong or repeated key, type or value names the file, line and what was expected"."""
    line = phones(Line)
    good = {"driver": "baresip", "control": line.address, "dial": "sip:{phone}@pbx.example.org"}
    world.begin(voice=good)
    g = world.gateway
    for key, value in WRONG:
        g.config["voice"] = {**good, key: value}
        g.write_config()
        done = subprocess.run([str(g.bin / "yijiand"), "--check-config", "-c", str(g.file)],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 78 and key in done.stderr, (key, value, done.stderr)


def test_a_reload_keeps_the_call(world, phones):
    """SIGHUP within a call: it goes on, and the next one follows the new settings; without `voice`
    in the file there is no such channel any more."""
    g, home, phone, line = begin(world, phones)
    home.call()
    phone.pick_up()
    loads = g.log.read_text().count("event=config_loaded")
    g.config["voice"]["dial"] = f"sip:0{{phone}}@127.0.0.1:{phone.port}"
    g.write_config()
    g.hangup()
    wait_until(lambda: g.log.read_text().count("event=config_loaded") > loads, "the reload")
    phone.key("2")
    g.wait_event("incident.declined", caregiver="fam1")
    phone.wait_closed()
    home.call(button="family")
    wait_until(lambda: f"sip:0{PHONE}@" in "".join(line.calls()), "the other number")
