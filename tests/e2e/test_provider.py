"""A provider of SMS: what it is sent, what it posts back (reports and texts of people)."""

import http.client
import json
import urllib.parse

import pytest

import harness
import town
from town import deliveries, level, policy, status_of, steps

SECRET = "a-long-word-that-only-the-provider-knows"
LEVELS = [level("grid", wait="60m"), level("doctor", wait="60m"), level("duty", wait="60m")]
PEOPLE = [
    {"id": "grid1", "name": "何晓东", "role": "grid", "phone": "139-0000-0001"},
    {"id": "grid2", "name": "李桂芳", "role": "grid", "phone": "+8613900000002"},
    {"id": "doc1", "name": "彭医生", "role": "doctor", "phone": "13900000003"},
]


class Provider:
    """Keeps what it is sent; answers as it is told."""

    def __init__(self):
        import http.server
        import threading
        provider = self
        self.got = []
        self.answer = (200, {"code": 0, "id": "m-{n}"})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.got.append(dict(urllib.parse.parse_qsl(body)))
                status, answer = provider.answer
                text = json.dumps(answer).replace("{n}", str(len(provider.got))).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def wait(self, count):
        return harness.wait_until(
            lambda: self.got[count - 1] if len(self.got) >= count else None, f"{count} texts")

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def provider():
    p = Provider()
    yield p
    p.close()


def begin(w, provider, people=None, levels=None):
    (w.folder / "secret").write_text(SECRET + "\n")
    w.begin([policy(levels=levels or LEVELS)], sms={
        "driver": "http", "url": f"http://127.0.0.1:{provider.server.server_port}/send",
        "content_type": "application/x-www-form-urlencoded",
        "body": "to={{phone}}&text={{text}}&ref={{id}}",
        "ok_pointer": "/code", "ok_value": "0", "ref_pointer": "/id",
        "report_ref": "ref", "report_state": "state", "report_ok": "DELIVRD",
        "reply_from": "from", "reply_text": "text", "reply_id": "id",
        "callback_secret_file": str(w.folder / "secret")})
    w.gateway.load("residents", [
        {"id": "r1", "name": "王秀英", "region": "511781103201", "address": "石门村二组"},
        {"id": "r2", "name": "赵国富", "region": "511781103201", "address": "石门村四组"}])
    w.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"},
                               {"id": "b2", "kind": "button", "resident": "r2"}])
    w.gateway.load("caregivers", [
        {"region": "511781103201", "channels": "sms", **p} for p in people or PEOPLE])
    return w.device("b1")


def post(w, body, secret=SECRET, content_type="application/x-www-form-urlencoded"):
    c = http.client.HTTPConnection("127.0.0.1", w.gateway.http_port, timeout=10)
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    c.request("POST", f"/api/v1/sms/{secret}", body, {"Content-Type": content_type})
    status = c.getresponse().status
    c.close()
    return status


def test_text_fits_and_says_how_to_answer(world, provider):
    begin(world, provider).call()
    provider.wait(2)
    texts = {t["to"]: t for t in provider.got}
    assert len(texts) == 2
    text = provider.got[0]["text"]
    assert text == "王秀英求助，刚刚，石门村二组。回复1我去2去不了3先打电话问(1)"
    assert len(text) <= 70
    sent = world.gateway.wait_event("delivery.sent", count=2, channel="sms")
    assert provider.got[1]["ref"] in {d["id"] for d in deliveries(world.gateway)}
    assert "13900000001" not in json.dumps(sent)


@pytest.mark.parametrize("text,expected", [
    ("1", "incident.acked"), ("１", "incident.acked"), ("我去", "incident.acked"),
    ("1 1", "incident.acked"), ("2", "incident.declined"), ("去不了", "incident.declined"),
    ("3", "incident.contacted"), ("4", "incident.arrived")])
def test_reply(world, provider, text, expected):
    begin(world, provider).call()
    provider.wait(2)
    assert post(world, {"from": "8613900000001", "text": text, "id": "u1"}) == 200
    event = world.gateway.wait_event(expected, caregiver="grid1")
    assert event["data"]["actor"] == "sms" and event["data"]["via"] == "sms"


def test_default_channels(world, provider):
    """Whoever has a telephone and names no channel is texted; whoever has none has the app."""
    begin(world, provider, [{"id": "grid1", "name": "何晓东", "role": "grid", "phone": "13900000001",
                             "channels": ""},
                            {"id": "grid2", "name": "李桂芳", "role": "grid", "channels": ""}]).call()
    assert provider.wait(1)["to"].endswith("3900000001")
    world.gateway.wait_event("incident.notified", people=2)
    assert [d["channel"] for d in deliveries(world.gateway, "grid1")][0] == "sms"
    assert [d["channel"] for d in deliveries(world.gateway, "grid2")] == ["mqtt"]


def test_both_are_told_who_is_first(world, provider):
    begin(world, provider).call()
    provider.wait(2)
    post(world, {"from": "13900000001", "text": "1", "id": "u1"})
    post(world, {"from": "13900000002", "text": "1", "id": "u2"})
    world.gateway.wait_event("incident.acked", caregiver="grid1")
    got = harness.wait_until(
        lambda: [t for t in provider.got if "何晓东已先应答" in t["text"]], "the second to be told")
    assert got[0]["to"].endswith("13900000002")
    harness.wait_until(
        lambda: [t for t in provider.got if t["to"].endswith("3900000001") and "已记录" in t["text"]],
        "the first to be told")
    # the other one is told who goes, and nobody is paged again
    harness.wait_until(lambda: [t for t in provider.got if t["to"].endswith("13900000002")
                                and "何晓东正在赶去" in t["text"]], "the news")
    assert not any(t["to"].endswith("13900000003") for t in provider.got)


def test_the_same_post_again_is_one_answer(world, provider):
    begin(world, provider).call()
    provider.wait(2)
    for _ in range(3):
        assert post(world, {"from": "13900000001", "text": "2", "id": "u1"}) == 200
    world.gateway.wait_event("incident.declined", caregiver="grid1")
    assert steps(world.gateway).count("declined") == 1


def test_two_open_calls_need_the_number(world, provider):
    begin(world, provider).call()
    world.device("b2").call()
    provider.wait(4)
    post(world, {"from": "13900000001", "text": "1", "id": "u1"})
    asked = harness.wait_until(
        lambda: [t for t in provider.got if "2起求助待应答" in t["text"]], "the question")
    assert asked[0]["to"].endswith("3900000001")
    assert "acked" not in steps(world.gateway)
    post(world, {"from": "13900000001", "text": "1 2", "id": "u2"})
    assert world.gateway.wait_event("incident.acked", caregiver="grid1")["data"]["incident"] == "gw-1-2"


def test_strangers_and_small_talk(world, provider):
    begin(world, provider).call()
    provider.wait(2)
    post(world, {"from": "13911111111", "text": "1", "id": "u1"})
    denied = world.gateway.wait_event("user.denied")
    assert "1391" not in json.dumps(denied)
    post(world, {"from": "13900000001", "text": "我问问邻居", "id": "u2"})
    world.gateway.wait_event("incident.noted", caregiver="grid1")
    shown = world.gateway.incident()
    assert shown["state"] == "open" and "我问问邻居" in json.dumps(shown["notes"], ensure_ascii=False)
    # somebody known who was not asked and serves nobody here
    post(world, {"from": "10086", "text": "1", "id": "u3"})
    world.gateway.wait_event("user.denied", count=2)


def test_reports(world, provider):
    begin(world, provider, PEOPLE[:1]).call()
    provider.wait(1)
    world.gateway.wait_event("delivery.sent", channel="sms")
    assert post(world, {"ref": "m-1", "state": "DELIVRD"}) == 200
    world.gateway.wait_event("delivery.delivered", channel="sms", caregiver="grid1")
    assert post(world, {"ref": "nobody", "state": "DELIVRD"}) == 200
    assert len(world.gateway.events("delivery.delivered")) == 1


def test_a_report_of_failure_begins_the_next_channel(world, provider, hooks):
    """And when it was the last one, the next level."""
    begin(world, provider, [PEOPLE[0], PEOPLE[2]]).call()
    provider.wait(1)
    world.gateway.wait_event("delivery.sent", caregiver="grid1")
    assert post(world, {"ref": "m-1", "state": "UNDELIV"}) == 200
    world.gateway.wait_event("delivery.failed", caregiver="grid1")
    world.gateway.wait_event("incident.escalated", reason="unreachable")
    world.gateway.wait_event("delivery.sent", caregiver="doc1")


def test_a_report_after_the_answer_pages_nobody(world, provider):
    begin(world, provider, [{**PEOPLE[0], "channels": "sms;mqtt"}]).call()
    world.caregiver("grid1")
    provider.wait(1)
    world.gateway.wait_event("delivery.sent", channel="sms")
    post(world, {"from": "13900000001", "text": "1", "id": "u1"})
    world.gateway.wait_event("incident.acked")
    assert post(world, {"ref": "m-1", "state": "UNDELIV"}) == 200
    assert not [d for d in deliveries(world.gateway, "grid1", channel="mqtt")
                if d["state"] == "open"]


def test_flow_limit_is_a_failure(world, provider):
    begin(world, provider, [{**PEOPLE[0], "channels": "sms;mqtt"}])
    provider.answer = (200, {"code": 7})
    person = world.caregiver("grid1")
    world.clients[0].call()
    page = person.wait(state="open")
    assert page["resident"]["name"] == "王秀英"
    assert deliveries(world.gateway, "grid1", channel="sms")[0]["words"]


def test_wrong_secret_and_garbage(world, provider):
    begin(world, provider).call()
    provider.wait(2)
    for secret in ("", "x", SECRET + "x", SECRET[:-1], "../" + SECRET):
        assert post(world, {"from": "13900000001", "text": "1"}, secret=secret) == 404
    for body, kind in ((b"\xff\xfe", "application/json"), (b"[1,2", "application/json"),
                       (b"", "application/json"), (b"{}" * 10, "application/json")):
        assert post(world, body, content_type=kind) in (200, 400)
    assert steps(world.gateway) == ["opened", "notified"]
    assert status_of(world.gateway, "grid1") == "paged"


def test_a_post_that_cannot_be_kept_is_refused(clocked, provider):
    """503: the provider posts it again, and it counts then."""
    begin(clocked, provider).call()
    provider.wait(2)
    assert town.PLANT.exists()
    clocked.gateway.kill()
    clocked.gateway.start()
    assert post(clocked, {"from": "13900000001", "text": "1", "id": "u1"}) == 200
    clocked.gateway.wait_event("incident.acked", caregiver="grid1")


def told(provider, number, words, what):
    return harness.wait_until(
        lambda: [t for t in provider.got if t["to"].endswith(number) and words in t["text"]], what)


def test_second_thoughts(world, provider):
    """Whoever has declined, or was told and not asked, may go all the same."""
    begin(world, provider, [PEOPLE[0]]).call()
    provider.wait(1)
    post(world, {"from": "13900000001", "text": "2", "id": "u1"})
    world.gateway.wait_event("incident.declined", caregiver="grid1")
    post(world, {"from": "13900000001", "text": "1", "id": "u2"})
    world.gateway.wait_event("incident.acked", caregiver="grid1")
    told(provider, "3900000001", "已记录：您去", "the person to be told")


def test_it_has_ended_already(world, provider):
    """Nobody sets out in vain: who answers what is over is told so, but not who says thanks."""
    begin(world, provider).call()
    provider.wait(2)
    world.gateway.ctl("incident", "resolve", "gw-1-1", "--outcome", "false_alarm", "--by", "grid2")
    told(provider, "3900000001", "结束", "the end")
    before = len(provider.got)
    post(world, {"from": "13900000002", "text": "谢谢", "id": "u1"})
    post(world, {"from": "13900000001", "text": "1", "id": "u2"})
    provider.wait(before + 1)
    told(provider, "3900000001", "该求助已结束", "the person to be told")
    assert len(provider.got) == before + 1


def test_one_telephone_of_two_people(world, provider):
    """The answer counts as that of the one who was asked for what it names."""
    begin(world, provider, [
        {**PEOPLE[0], "region": "511781103202"}, {**PEOPLE[1], "phone": PEOPLE[0]["phone"]}])
    world.gateway.load("residents", [
        {"id": "r2", "name": "赵国富", "region": "511781103202", "address": "石门村四组"}])
    world.device("b2").call()
    world.gateway.wait_event("delivery.sent", caregiver="grid1")
    world.clients[0].call()
    world.gateway.wait_event("delivery.sent", caregiver="grid2")
    post(world, {"from": "13900000001", "text": "1 2", "id": "u1"})
    assert world.gateway.wait_event("incident.acked")["data"]["caregiver"] == "grid2"
    post(world, {"from": "13900000001", "text": "1 1", "id": "u2"})
    world.gateway.wait_event("incident.acked", caregiver="grid1")


def test_a_number_that_is_wrong(world, provider):
    """Who mistypes the number of the call is not left in the belief that they were heard."""
    begin(world, provider).call()
    provider.wait(2)
    post(world, {"from": "13900000001", "text": "1 7", "id": "u1"})
    told(provider, "3900000001", "1 1", "the person to be told")
    assert "acked" not in steps(world.gateway)


def test_machines_do_not_answer_each_other_for_ever(world, provider):
    """An automatic reply to each text, or another gateway, costs a handful of texts and no more."""
    begin(world, provider, [PEOPLE[0]]).call()
    provider.wait(1)
    for n in range(40):
        assert post(world, {"from": "13900000001", "text": "您好，我正在开车，稍后回复",
                            "id": f"a{n}"}) == 200
    world.gateway.wait_event("incident.noted", count=40, caregiver="grid1")
    post(world, {"from": "13900000001", "text": "1", "id": "b"})
    told(provider, "3900000001", "已记录：您去", "an answer to be told of all the same")
    assert len(provider.got) <= 1 + 3 + 2
    for n in range(60):
        post(world, {"from": "13900000001", "text": "1", "id": f"c{n}"})
    world.gateway.wait_event("incident.acked")
    assert len(provider.got) <= 1 + 3 + 20


def test_a_notice_goes_round_what_is_down(world, provider):
    """A notice is told over the first channel that takes it: without a broker that is the SMS."""
    begin(world, provider, [{"id": "op1", "name": "值班台", "role": "operator",
                             "phone": "13900000009", "channels": "mqtt;sms"}])
    world.broker.stop()
    harness.wait_until(lambda: world.gateway.ctl_json("status")["broker"]["help"] == "down",
                       "the gateway to see that the broker is down")
    world.gateway.ctl("device", "divert", "b1", "--for", "1h", "--reason", "stuck")
    told(provider, "3900000009", "b1", "the notice")
