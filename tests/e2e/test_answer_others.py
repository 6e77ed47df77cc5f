"""What stands behind a link for others than one person with a telephone: a webhook's call-back,
groups, and tests of channels."""

import json

from answer_link import PUBLIC, Link, begin, link_of, links
from harness import wait_until
from town import deliveries, policy, steps


def test_webhook_call_back(world, hooks):
    """"a webhook's call-back": the url of the page takes the body of a `reply` and answers with a
    `result`; a repeated one gets the same again."""
    hook = hooks()
    world.begin([policy()], http={"public_url": PUBLIC},
                webhooks=[{"name": "platform", "url": hook.url}]).village()
    g = world.gateway
    g.ctl("caregiver", "set", "fam1", "channels=webhook:platform")
    home, grid = world.device("b1"), world.caregiver("grid1")
    home.wait(id=home.call(), state="received")
    link = Link(g, hook.wait(state="open")["url"])
    assert link.say({"id": "1", "action": "ack", "how": "going", "eta": 7}).json == {
        "id": "1", "ok": True}
    acked = g.events("incident.acked")[0]["data"]
    assert (acked["caregiver"], acked["eta"], acked["actor"], acked["via"]) == (
        "fam1", 7, "webhook", "http")
    assert link_of(g, grid).say({"id": "1", "action": "ack"}).json == {
        "id": "1", "ok": True, "by": "王小丽"}
    repeated = link.say({"id": "1", "action": "ack", "how": "going", "eta": 7})
    assert repeated.json == {"id": "1", "ok": True}
    assert len(g.events("incident.acked")) == 1
    assert link.say({"id": "2", "action": "resolve"}).json == {
        "id": "2", "ok": False, "reason": "outcome_required"}
    assert link.say({"id": "3", "action": "note", "code": "called_120", "incident": "gw-1-1",
                     "ts": 1, "note": "在路上"}).json["ok"]
    assert link.say({"id": "4", "action": "resolve", "outcome": "hospital"}).json["ok"]
    assert link.say({"id": "5", "action": "ack"}).json["reason"] == "closed"


def test_bad_call_backs(world):
    g, _, family, _ = links(world, "fam1")
    for body in ("", "[]", "{", "7", {"action": "ack"}, {"id": "1"}, {"id": "1", "action": "dance"},
                 {"id": 1, "action": "ack"}, {"id": "1", "action": "ack", "incident": "gw-1-2"},
                 {"id": "1", "action": "ack", "incident": 1}, {"id": "1", "action": "ack", "ts": "x"},
                 b'{"id":"\xff","action":"ack"}'):
        got = family.say(body)
        assert got.status == 400, body
        assert got.headers["content-type"] == "application/problem+json"
        assert got.json["status"] == 400 and got.json["detail"]
    assert steps(g) == ["opened", "notified"]
    got = family.say({"id": "1", "action": "ack", "note": "y" * 20000})
    assert got.status == 413


def test_seen_over_the_link(world):
    """`seen` over the link is a receipt for that delivery alone, once."""
    g, _, family, grid, *_ = begin(world)
    link = link_of(g, family)
    wait_until(lambda: deliveries(g, "fam1")[0]["status"] == "sent")
    wait_until(lambda: deliveries(g, "grid1")[0]["status"] == "sent")
    assert link.say({"id": "s", "action": "seen"}).json == {"id": "s", "ok": True}
    assert link.say({"id": "t", "action": "seen"}).json["ok"]
    assert len(g.events("delivery.delivered", caregiver="fam1")) == 1
    assert deliveries(g, "fam1")[0]["status"] == "delivered"
    assert deliveries(g, "grid1")[0]["status"] == "sent"
    assert g.incident()["state"] == "open"


def test_a_group_is_shown_little_until_somebody_goes(world, hooks):
    """"groups are told surname, village and link only": what stands behind the link says no more,
    until the group's answer is that somebody goes."""
    hook = hooks()
    world.begin([policy()], http={"public_url": PUBLIC},
                robots=[{"type": "feishu", "name": "shimen", "url": hook.url}]).village()
    g = world.gateway
    g.load("regions", [{"code": "511781103201", "name": "石门村"}])
    g.load("caregivers", [{"id": "group1", "name": "石门村群", "role": "grid",
                           "region": "511781103201", "channels": "feishu:shimen"}])
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1"}])
    home = world.device("b1")
    home.wait(id=home.call(text="摔倒了"), state="received")
    wait_until(lambda: hook.got, "the robot")
    posted = json.dumps(hook.got[0], ensure_ascii=False)
    link = Link(g, PUBLIC + "a/" + posted.split(PUBLIC + "a/")[1].split('"')[0].split()[0])
    seen = link.get()
    assert "王姓老人" in seen.page.text and "石门村" in seen.page.text
    for secret in ("王秀英", "石门村二组", "钥匙在邻居家", "0001", "摔倒了", "高血压", "geo:",
                   "../visit/"):
        assert secret not in seen.body, secret
    after = link.press("ack", members={"how": "going"})
    for needed in ("王秀英", "石门村二组", "钥匙在邻居家", "摔倒了"):
        assert needed in after.page.text, needed
    assert "geo:" in after.body and "../visit/#" in after.body


def proofs(gateway):
    import sqlite3
    with sqlite3.connect(f"file:{gateway.database}?mode=ro", uri=True) as db:
        return sorted(db.execute("SELECT caregiver, channel FROM channel_proofs"))


def test_an_answer_proves_the_channel_that_brought_the_link(world, hooks):
    """Not another one, and not the receipt that a program sends by itself."""
    hook = hooks()
    world.begin([policy()], http={"public_url": PUBLIC},
                webhooks=[{"name": "platform", "url": hook.url}]).village()
    g = world.gateway
    g.ctl("caregiver", "set", "fam1", "channels=webhook:platform;mqtt")
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
    link = Link(g, hook.wait(state="open")["url"])
    link.get()
    link.say({"id": "1", "action": "seen"})
    assert proofs(g) == []
    link.press("decline")
    assert proofs(g) == [("fam1", "webhook:platform")]


def test_a_test_of_channels_is_confirmed_by_one_tap(world, hooks):
    """A test's link offers one button; pressed twice or by a program it confirms once, over the
    channel that brought it. A page of people's homes it is not."""
    hook = hooks()
    world.begin([policy()], http={"public_url": PUBLIC},
                webhooks=[{"name": "platform", "url": hook.url}]).village()
    g = world.gateway
    family = world.caregiver("fam1")
    g.ctl("caregiver", "set", "fam1", "channels=webhook:platform;mqtt")
    g.ctl("caregiver", "verify", "fam1")
    link = Link(g, hook.wait(state="notice")["url"])
    other = Link(g, family.wait(state="notice")["url"])
    assert link.token != other.token
    page = link.get().page
    assert [f["fields"]["action"] for f in page.forms] == ["ack"] and "王秀英" not in page.text
    assert proofs(g) == []
    assert link.post(page.form("ack")).headers["location"] == link.post(
        page.form("ack")).headers["location"]
    assert "您已确认" in link.get().page.text and not link.get().page.forms
    assert proofs(g) == [("fam1", "webhook:platform")]
    assert other.say({"id": "1", "action": "decline"}).json == {
        "id": "1", "ok": False, "reason": "state"}
    assert other.say({"id": "2", "action": "ack"}).json == {"id": "2", "ok": True}
    assert proofs(g) == [("fam1", "mqtt"), ("fam1", "webhook:platform")]
    g.ctl("caregiver", "remove", "fam1")
    assert other.get().status == 403
    assert other.say({"id": "3", "action": "ack"}).json["ok"] is False


def test_a_tests_link_ends_after_a_week(clocked):
    clocked.begin([policy()], http={"public_url": PUBLIC}).village()
    family = clocked.caregiver("fam1")
    clocked.gateway.ctl("caregiver", "verify", "fam1")
    link = Link(clocked.gateway, family.wait(state="notice")["url"])
    clocked.clock.pass_by(7 * 86400 - 60)
    assert link.get().status == 200
    clocked.clock.pass_by(120)
    assert link.get().status == 410
