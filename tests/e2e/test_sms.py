"""SMS without internet: Debian's smsd with a modem on a pseudo-terminal, and handsets that answer."""

import json

import pytest

import harness
import modem as gsm
from town import deliveries, level, policy, status_of, steps

LEVELS = [level("grid", wait="60m"), level("doctor", wait="60m"), level("duty", wait="60m")]
PEOPLE = [
    {"id": "grid1", "name": "何晓东", "role": "grid", "phone": "139-0000-0001"},
    {"id": "grid2", "name": "李桂芳", "role": "grid", "phone": "+8613900000002"},
    {"id": "doc1", "name": "彭医生", "role": "doctor", "phone": "13900000003"},
]
ONE, TWO, DOCTOR = "8613900000001", "8613900000002", "8613900000003"


class Air:
    """The modem and its smsd."""

    def __init__(self, folder):
        self.modem = gsm.Modem(folder)
        self.smsd = gsm.Smsd(folder, self.modem)

    def begin(self, world, people=None, start=True, channel=None, **sections):
        if start:
            self.smsd.start()
        world.begin([policy(levels=LEVELS)],
                    sms={"driver": "smstools", "spool": str(self.smsd.spool), **(channel or {})},
                    **sections)
        g = world.gateway
        g.load("residents", [
            {"id": "r1", "name": "王秀英", "region": "511781103201", "address": "石门村二组",
             "phone": "0830-1234567"},
            {"id": "r2", "name": "赵国富", "region": "511781103201", "address": "石门村四组"}])
        g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"},
                           {"id": "b2", "kind": "button", "resident": "r2"}])
        g.load("caregivers", [{"region": "511781103201", "channels": "sms", **p}
                              for p in people or PEOPLE])
        return world.device("b1")

    def end(self):
        self.smsd.stop()
        self.modem.close()


@pytest.fixture
def air(tmp_path):
    a = Air(tmp_path / "gsm")
    try:
        yield a
    finally:
        a.end()


def press(home):
    home.wait(id=home.call(), state="received")


def test_one_sms_says_all(world, air):
    """"Texts ... fit one SMS (70 UCS-2 characters) where the channel is SMS, and carry name, place,
    what happened, how long ago, and how to answer." """
    press(air.begin(world))
    sent = air.modem.wait(to=ONE)
    air.modem.wait(to=TWO)
    assert sent.ucs2 and not sent.multipart and sent.units <= 70
    assert sent.text == "王秀英求助，刚刚，石门村二组。回复1我去2去不了3先打电话问(1)"
    assert sent.international and sent.wants_report
    assert sent.validity == 47, "four hours: no page comes out of a telephone the next morning"
    event = world.gateway.wait_event("delivery.sent", channel="sms", caregiver="grid1")
    assert "1390000" not in json.dumps(event)
    world.gateway.wait_event("delivery.sent", channel="sms", caregiver="grid2")
    assert len(air.modem.sent) == 2
    assert "1390000" not in world.gateway.log.read_text()


@pytest.mark.parametrize("text,expected", [
    ("1", "incident.acked"), ("１", "incident.acked"), ("我去", "incident.acked"),
    ("1 1", "incident.acked"), ("2", "incident.declined"), ("3", "incident.contacted")])
def test_reply_from_a_handset(world, air, text, expected):
    """"reply by SMS ("1", "2", "3", or with the code through smstools' inbox ...)" """
    press(air.begin(world, PEOPLE[:1]))
    air.modem.wait(to=ONE)
    air.modem.receive("+" + ONE, text)
    event = world.gateway.wait_event(expected, caregiver="grid1")
    assert (event["data"]["actor"], event["data"]["via"]) == ("sms", "sms")
    harness.wait_until(lambda: [s for s in air.modem.sent if s.text.startswith("已记录")],
                       "the person to be told")
    harness.wait_until(lambda: not list((air.smsd.spool / "incoming").iterdir()), "an empty inbox")
    assert not air.modem.memory


def test_both_are_told_who_is_first(world, air):
    """"Two people who answer at the same moment are both told who is first. After an answer no
    further page goes out" """
    press(air.begin(world))
    for number in (ONE, TWO):
        air.modem.wait(to=number)
    air.modem.receive("+" + TWO, "我去")
    world.gateway.wait_event("incident.acked", caregiver="grid2")
    air.modem.receive("13900000001", "1")
    harness.wait_until(lambda: [s for s in air.modem.sent if s.to == ONE
                                and "李桂芳已先应答" in s.text], "the second to be told")
    harness.wait_until(lambda: [s for s in air.modem.sent if s.to == TWO
                                and "已记录" in s.text], "the first to be told")
    assert not [s for s in air.modem.sent if s.to == DOCTOR]
    assert all(s.units <= 70 and not s.multipart for s in air.modem.sent)


def test_code_chooses_among_two_calls(world, air):
    press(air.begin(world, PEOPLE[:1]))
    air.modem.wait(1, to=ONE)
    press(world.device("b2"))
    air.modem.wait(2, to=ONE)
    air.modem.receive("+" + ONE, "1 2")
    acked = world.gateway.wait_event("incident.acked", caregiver="grid1")
    assert acked["data"]["incident"] == "gw-1-2"
    assert world.gateway.incident(1)["state"] == "open"


def test_long_text_in_parts_is_a_note(world, air):
    press(air.begin(world, PEOPLE[:1]))
    air.modem.wait(to=ONE)
    text = "路上有塌方我绕石门水库过去请先通知她隔壁的邻居去看看" * 4
    air.modem.receive("+" + ONE, text, parts=2)
    world.gateway.wait_event("incident.noted", caregiver="grid1")
    assert text in json.dumps(world.gateway.incident()["notes"], ensure_ascii=False)
    assert "acked" not in steps(world.gateway)


def test_status_report_is_a_receipt(world, air):
    """"delivery receipts where a channel has them" """
    press(air.begin(world))
    one, two = air.modem.wait(to=ONE), air.modem.wait(to=TWO)
    for who in ("grid1", "grid2"):
        world.gateway.wait_event("delivery.sent", caregiver=who)
    air.modem.report(two)
    world.gateway.wait_event("delivery.delivered", caregiver="grid2", channel="sms")
    assert not world.gateway.events("delivery.delivered", caregiver="grid1")
    # 70: the validity period has expired
    air.modem.report(one, status=70)
    world.gateway.wait_event("delivery.failed", caregiver="grid1", channel="sms")


def test_network_refuses(world, air):
    """"the delivery record says what happened, with the provider's own words"; "the next channel
    starts at the first failed attempt" """
    home = air.begin(world, [{**PEOPLE[0], "channels": "sms;mqtt"}],
                     notify={"channel_wait": "10m"})
    family = world.caregiver("grid1")
    air.modem.refuse = 500
    press(home)
    family.wait(state="open")
    failed = next(d for d in deliveries(world.gateway, "grid1") if d["channel"] == "sms")
    assert "+CMS ERROR: 500" in failed["words"]
    air.modem.refuse = None
    sent = air.modem.wait(to=ONE, timeout=40)
    assert "王秀英求助" in sent.text, "tried again beside the other channel"


def test_number_that_nobody_has(world, air):
    """3GPP TS 24.011: cause 1, unassigned number. It is not tried again."""
    home = air.begin(world, [PEOPLE[0], PEOPLE[2]])
    air.modem.refuse = 1
    press(home)
    world.gateway.wait_event("delivery.failed", caregiver="grid1", timeout=40)
    harness.wait_until(lambda: status_of(world.gateway, "grid1") == "unreachable", "unreachable")
    world.gateway.wait_event("incident.escalated", reason="unreachable")


def test_modem_hangs(world, air):
    """"after `channel_wait` without ...; or at once if the channel is known to be down" """
    home = air.begin(world, [{**PEOPLE[0], "channels": "sms;mqtt"}], channel={"take_within": "3s"},
                     notify={"channel_wait": "10m"})
    family = world.caregiver("grid1")
    air.modem.hangs = True
    press(home)
    family.wait(state="open", incident="gw-1-1")
    words = next(d for d in deliveries(world.gateway, "grid1") if d["channel"] == "sms")["words"]
    assert words == "smsd has not sent it"
    # known to be down now: nobody waits
    press(world.device("b2"))
    family.wait(state="open", incident="gw-1-2", timeout=2)


def test_smsd_is_stopped_and_comes_back(world, air):
    home = air.begin(world, [{**PEOPLE[0], "channels": "sms;mqtt"}], start=False,
                     channel={"take_within": "2s"}, notify={"channel_wait": "10m"})
    family = world.caregiver("grid1")
    press(home)
    family.wait(state="open", incident="gw-1-1")
    words = next(d for d in deliveries(world.gateway, "grid1") if d["channel"] == "sms")["words"]
    assert words == "smsd does not take it"
    outgoing = air.smsd.spool / "outgoing"
    assert family.reply("gw-1-1", "ack")["ok"]
    harness.wait_until(lambda: not [f for f in outgoing.iterdir()], "the page to be taken back")
    air.smsd.start()
    press(world.device("b2"))
    assert "赵国富求助" in air.modem.wait(to=ONE).text
    assert not [s for s in air.modem.sent if "王秀英求助" in s.text], "old news"


@pytest.mark.parametrize("stop", ["kill", "stop"])
def test_gateway_restarts_between_sending_and_report(world, air, stop):
    """The page is not sent twice, and the report and the answer of meanwhile are not lost."""
    press(air.begin(world, PEOPLE[:1]))
    sent = air.modem.wait(to=ONE)
    getattr(world.gateway, stop)()
    air.modem.report(sent)
    air.modem.receive("+" + ONE, "1")
    harness.wait_until(lambda: not air.modem.memory, "smsd to fetch both")
    world.gateway.start()
    world.gateway.wait_event("incident.acked", caregiver="grid1")
    world.gateway.wait_event("delivery.delivered", caregiver="grid1")
    harness.wait_until(lambda: [s for s in air.modem.sent if s.text.startswith("已记录")], "told")
    assert len([s for s in air.modem.sent if "回复1我去" in s.text]) == 1, air.modem.sent


def test_gateway_restarts_while_smsd_has_it(world, air):
    press(air.begin(world, PEOPLE[:1], start=False))
    outgoing = air.smsd.spool / "outgoing"
    harness.wait_until(lambda: list(outgoing.iterdir()), "the page in the spool")
    world.gateway.kill()
    world.gateway.start()
    air.smsd.start()
    air.modem.wait(to=ONE)
    world.gateway.wait_event("delivery.sent", caregiver="grid1")
    air.modem.receive("+" + ONE, "1")
    world.gateway.wait_event("incident.acked")
    assert len([s for s in air.modem.sent if "回复1我去" in s.text]) == 1, air.modem.sent


def test_garbage_in_the_inbox_holds_nothing_up(world, air):
    home = air.begin(world, PEOPLE[:1])
    incoming = air.smsd.spool / "incoming"
    (incoming / "GSM1.aaaaaa").write_bytes(b"From: 1\nError: Cannot decode PDU\n\n\x00\xff")
    (incoming / "GSM1.bbbbbb").symlink_to("/etc/passwd")
    (incoming / "GSM1.cccccc").write_bytes(b"\x00" * 70000)
    press(home)
    air.modem.wait(to=ONE)
    air.modem.receive("+" + ONE, "1")
    world.gateway.wait_event("incident.acked", caregiver="grid1")
    harness.wait_until(lambda: len(list((air.smsd.spool / "yijian-bad").iterdir())) == 3, "aside")
    assert "event=sms_set_aside" in world.gateway.log.read_text()


def test_default_channels_serve_whoever_has_a_telephone(world, air):
    """"`notify.default_channels` (voice, then SMS) serves whoever has a telephone and names no
    channel." """
    press(air.begin(world, [{**PEOPLE[0], "channels": ""}]))
    assert "王秀英求助" in air.modem.wait(to=ONE).text


def waiting(air):
    """Numbers whose pages lie in smsd's spool."""
    texts = [f.read_text() for f in (air.smsd.spool / "outgoing").iterdir()]
    return sorted(t.split()[1] for t in texts if "回复1我去" in t)


def test_an_answer_takes_back_what_waits_for_the_modem(world, air):
    """"After an answer no further page goes out": a modem takes seconds for each SMS."""
    press(air.begin(world, start=False))
    harness.wait_until(lambda: waiting(air) == [ONE, TWO], "both pages in the spool")
    world.gateway.ctl("incident", "ack", "gw-1-1", "--by", "grid1")
    harness.wait_until(lambda: waiting(air) == [], "the pages to be taken back")
    air.smsd.start()
    harness.wait_until(lambda: [s for s in air.modem.sent if s.to == TWO and "何晓东" in s.text],
                       "the news")
    assert not [s for s in air.modem.sent if "回复1我去" in s.text]


def test_whoever_declines_is_asked_no_more(world, air):
    """Their page still waits for the modem, or would go over a next channel."""
    press(air.begin(world, [{**PEOPLE[0], "channels": "sms;mqtt"}, PEOPLE[1]], start=False,
                    channel={"take_within": "3s"}, notify={"channel_wait": "10m"}))
    harness.wait_until(lambda: waiting(air) == [ONE, TWO], "both pages in the spool")
    assert world.caregiver("grid1").reply("gw-1-1", "decline")["ok"]
    harness.wait_until(lambda: waiting(air) == [TWO], "the page to be taken back")
    harness.wait_until(lambda: [d for d in deliveries(world.gateway, "grid2") if d["attempts"]],
                       "the other page to fail")
    assert [d["channel"] for d in deliveries(world.gateway, "grid1")] == ["sms"]
