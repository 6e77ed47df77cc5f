"""Issue 3, "One-tap page `/a/{token}`": works without script, only a POST acts, the token is bound to
one delivery."""

import json
import threading

import pytest

from answer_link import PUBLIC, Link, begin, link_of, links, settled
from harness import World, wait_until
from town import PLANT, deliveries, policy, steps


@pytest.mark.quick
def test_url_is_short_and_in_pages_alone(world):
    """`url` in the inbox of those who are asked; fits into an SMS; news and those who are only told
    have none."""
    g, home, family, grid, doctor, _, call = begin(world, inform=["doctor"])
    url = family.wait(state="open")["url"]
    assert url.startswith(PUBLIC + "a/") and len(url) - len(PUBLIC + "a/") <= 32
    assert url != grid.wait(state="open")["url"]
    assert "url" not in doctor.wait(state="open")
    grid.reply("gw-1-1", "ack")
    assert "url" not in family.wait(state="answered")


def test_no_url_without_a_public_address(world):
    world.begin([policy()]).village()
    home, family = world.device("b1"), world.caregiver("fam1")
    home.call()
    assert "url" not in family.wait(state="open")


@pytest.mark.quick
def test_previews_answer_nothing(world):
    """"only a POST acts, so that link previews answer nothing": what robots ask leaves no event, no
    receipt, no change."""
    g, _, family, call = links(world, "fam1")
    before = settled(g)
    shown = g.incident()
    for agent in ("WhatsApp/2.23", "facebookexternalhit/1.1", "MicroMessenger", "Slackbot"):
        for query in ("", "?action=ack&id=1", "?r=x", "?from=timeline"):
            got = family.request("GET", headers={"User-Agent": agent}, query=query)
            assert got.status == 200 and "王秀英" in got.body
            head = family.request("HEAD", headers={"User-Agent": agent}, query=query)
            assert head.status == 200 and head.body == ""
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
        got = family.request(method, "action=ack&id=1",
                             {"Content-Type": "application/x-www-form-urlencoded"})
        assert got.status == 405
        assert "POST" in got.headers["allow"]
    assert [e["id"] for e in g.events()] == before
    assert g.incident() == shown
    assert deliveries(g, "fam1")[0]["status"] == "sent", "a preview is no receipt"


def test_headers(world):
    """Nothing is cached, indexed, framed, referred or loaded from elsewhere."""
    _, _, family, _ = links(world, "fam1")
    got = family.get()
    policy_ = got.headers["content-security-policy"]
    assert policy_.startswith("default-src 'none';") and "unsafe" not in policy_
    assert "frame-ancestors 'none'" in policy_
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in got.headers["x-robots-tag"]
    assert got.headers["x-frame-options"] == "DENY"
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    for tag, attributes in got.page.tags:
        assert not set(attributes) & {"src", "srcset", "onclick", "style"}, (tag, attributes)
        assert tag not in ("link", "img", "iframe", "object")


def test_what_the_page_says(world):
    """Name, place, what happened, how long ago, how to get in, and dial and navigate."""
    g, _, family, _ = links(world, "fam1")
    page = family.get().page
    for words in ("王秀英", "求助", "石门村二组", "刚刚", "钥匙在邻居家", "还没有人", "我去", "我去不了",
                  "不在附近", "我到了", "需要支援", "结束"):
        assert words in page.text, words
    assert "高血压" not in page.text, "health goes to doctor, nurse and operator alone"
    assert "tel:0001" in page.links and "tel:120" in page.links
    assert any(link.startswith("geo:0,0?q=%E7%9F%B3") for link in page.links)
    g.ctl("resident", "set", "r1", "lat=31.5", "lon=107.25")
    page = family.get().page
    assert "geo:31.500000,107.250000?q=31.500000,107.250000" in page.links
    amap = next(link for link in page.links if "amap.com" in link)
    assert amap.startswith("https://uri.amap.com/navigation?to=107.250000,31.500000,")
    assert "coordinate=wgs84" in amap and "%E7%8E%8B" not in amap, "no name goes to the map"


def test_how_long_ago(clocked):
    _, _, family, _ = links(clocked, "fam1")
    clocked.advance(90)
    assert "1分钟前" in family.get().page.text
    clocked.clock.pass_by(7200)
    assert "2小时1分钟前" in family.get().page.text


def test_in_english(world):
    _, _, family, _ = links(world, "fam1", language="en")
    text = family.get().page.text
    for words in ("call for help", "just now", "I am going", "I cannot go", "I have arrived"):
        assert words in text, words
    after = family.press("ack", members={"how": "going"}).page.text
    assert "you are the first" in after and "You are going" in after


def test_health_only_for_those_who_may_read_it(clocked):
    g, _, family, grid, doctor, *_ = begin(clocked)
    clocked.advance(60)
    assert "高血压" in link_of(g, doctor).get().page.text
    assert "高血压" not in link_of(g, grid).get().page.text


def test_going(world):
    """我去, without and with minutes; the home and the others hear it; the event says by what."""
    g, home, family, grid, doctor, duty, call = begin(world)
    link = link_of(g, grid)
    after = link.press("ack", members={"how": "going"}).page.text
    assert "您是第一个" in after and "您答应去" in after
    assert home.wait(id=call, state="answered")["by"] == "何晓东"
    family.wait(state="answered")
    acked = g.events("incident.acked")[0]["data"]
    assert (acked["caregiver"], acked["actor"], acked["via"]) == ("grid1", "page", "http")
    assert "eta" not in acked
    assert g.incident()["answered_by"] == "grid1"
    assert not doctor.pages() and not duty.pages()


@pytest.mark.parametrize("minutes", ["5", "10", "20", "30", "60"])
def test_going_in_minutes(world, minutes):
    g, _, family, _ = links(world, "fam1")
    page = family.get().page
    form = next(f for f in page.forms if f["fields"].get("how") == "going")
    assert [b.get("value") for b in form["buttons"]] == [None, "5", "10", "20", "30", "60"]
    family.press("ack", page, {"how": "going"}, eta=minutes)
    assert g.events("incident.acked")[0]["data"]["eta"] == int(minutes)


def test_cannot_go(world):
    g, _, family, grid, *_ = begin(world)
    after = link_of(g, family).press("decline").page.text
    assert "您去不了" in after
    assert [e["data"]["caregiver"] for e in g.events("incident.declined")] == ["fam1"]
    link_of(g, grid).press("decline")
    g.wait_event("incident.escalated", reason="declined")


def test_not_near(world):
    """不在附近，先打电话问 is a `remote` answer: the search goes on, and the page has the number."""
    g, home, family, call = links(world, "fam1")
    after = family.press("ack", members={"how": "remote"})
    assert "马上打电话" in after.page.text and "tel:0001" in after.page.links
    assert g.incident()["state"] == "open"
    assert "contacted" in steps(g)
    assert "王小丽" in home.wait(id=call, state="answered")["text"]


def test_arrived_need_help_and_end(world):
    """到了, 需要支援 (pages the next level), 结束 with the outcome and a note."""
    g, home, family, grid, doctor, _, call = begin(world)
    link = link_of(g, grid)
    assert "您已到场" in link.press("arrive").page.text
    home.wait(id=call, state="arrived")
    assert "正在再叫人" in link.press("note", members={"code": "need_help"}).page.text
    doctor.wait(state="open")
    refused = link.press("resolve", note="扶起来了").page.text
    assert "请先选择结果" in refused and g.incident()["state"] == "arrived"
    assert g.incident()["notes"] == []
    after = link.press("resolve", outcome="helped", note="扶起来了").page.text
    assert "已结束" in after
    home.wait(id=call, state="closed")
    assert g.incident()["outcome"] == "helped"
    assert [(n["caregiver"], n["text"]) for n in g.incident()["notes"]] == [("grid1", "扶起来了")]
    assert "扶起来了" not in json.dumps(g.events(), ensure_ascii=False)
    assert all(e["data"]["actor"] == "page" for e in g.events("incident.*")
               if e["data"].get("via") == "http")


def test_a_lesser_kind_needs_no_outcome(world):
    g, home, family, *_ = begin(world)
    home.wait(id=home.call("service"), state="received")
    link = link_of(g, family, kind="service")
    required = [a for t, a in link.get().page.tags if t == "select"]
    assert "required" not in required[0]
    link.press("resolve")
    assert g.incident(2)["state"] == "resolved"
    urgent = [a for t, a in link_of(g, family, kind="sos").get().page.tags if t == "select"]
    assert "required" in urgent[0]


@pytest.mark.quick
def test_a_repeated_post_is_the_same_answer(world):
    """The form's id makes it so: pressed twice, sent twice, or sent again after a lost reply."""
    g, _, family, grid, *_ = begin(world)
    link, other = link_of(g, family), link_of(g, grid)
    page = link.get().page
    form = page.form("ack", how="going")
    first, again = link.post(form), link.post(form)
    assert first.status == again.status == 303
    assert first.headers["location"] == again.headers["location"]
    other.press("arrive")
    assert "您是第一个" in link.press("ack", page, {"how": "going"}).page.text, "what it was told"
    assert len(g.events("incident.acked")) == 2, "one each"
    before = len(g.events("incident.*"))
    link.post(form)
    assert len(g.events("incident.*")) == before
    link.press("decline", page)
    assert len(g.events("incident.declined")) == 1, "another button of the same page is another answer"


def test_two_at_the_same_moment(world):
    """"Two people who answer at the same moment are both told who is first." """
    g, home, family, grid, *_ = begin(world)
    people = {"王小丽": link_of(g, family), "何晓东": link_of(g, grid)}
    pages = {name: link.get().page for name, link in people.items()}
    gate, told = threading.Barrier(2), {}

    def press(name):
        gate.wait(10)
        told[name] = people[name].press("ack", pages[name], {"how": "going"}).page.text
    threads = [threading.Thread(target=press, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    first = [name for name, text in told.items() if "您是第一个" in text]
    assert len(first) == 1, told
    second = next(name for name in told if name not in first)
    assert f"{first[0]}先答应了" in told[second]
    assert f"{first[0]}正在赶去" in told[second]
    assert len(g.events("incident.acked")) == 1


def test_no_page_goes_out_after_an_answer(clocked):
    """"After an answer no further page goes out, and those already paged are told who is going." """
    g, home, family, grid, doctor, duty, call = begin(clocked)
    clocked.advance(30)
    link_of(g, family).press("ack", members={"how": "going"})
    assert "王小丽" in grid.wait(state="answered")["text"]
    clocked.advance(600)
    assert not doctor.pages() and not duty.pages()
    assert "王小丽正在赶去" in link_of(g, grid).get().page.text


def test_arrival_overdue_reminds_then_reopens(clocked):
    """"an arrival that is overdue reminds, then re-opens"; the reminder has a link of its own."""
    g, home, family, grid, *_ = begin(clocked)
    link_of(g, family).press("ack", members={"how": "going"}, eta="5")
    clocked.advance(1200)
    reminder = family.wait(state="remind")
    assert "有人" not in reminder["text"]
    clocked.advance(600)
    g.wait_event("incident.reopened", reason="arrival_overdue")
    late = Link(g, reminder["url"])
    assert "还没有人" in late.get().page.text
    late.press("arrive")
    assert g.incident()["state"] == "arrived"


def test_the_link_ends_a_day_after_the_end(clocked):
    """"valid until 24 h after the end" """
    g, _, family, grid, *_ = begin(clocked)
    link = link_of(g, family)
    page = link.get().page
    link_of(g, grid).press("resolve", outcome="helped")
    closed = link.get()
    assert closed.status == 200 and "已结束" in closed.page.text and not closed.page.forms
    assert "钥匙" not in closed.body and "000-1" not in closed.body, "nobody needs it any more"
    late = link.press("ack", page, {"how": "going"}).page.text
    assert "已经结束" in late
    assert len(g.events("incident.acked")) == 1, "that of whoever ended it"
    clocked.clock.pass_by(86400 - 60)
    assert link.get().status == 200
    clocked.clock.pass_by(120)
    gone = link.get()
    assert gone.status == 410 and "已过期" in gone.body and "王秀英" not in gone.body
    assert link.post(page.form("decline")).status == 410
    assert link.request("HEAD").status == 410
    assert link.say({"id": "1", "action": "ack"}).status == 410


@pytest.mark.quick
def test_forged(world):
    """"the token is signed, bound to one delivery": another letter, another delivery's number, the
    link of another gateway are all unknown, and say nothing."""
    g, _, family, grid, *_ = begin(world)
    a, b = link_of(g, family), link_of(g, grid)
    page = a.get().page
    flipped = a.token[:-1] + ("A" if a.token[-1] != "A" else "B")
    mixed = a.token[:4] + b.token[4:] if a.token[:4] != b.token[:4] else a.token[:3] + "x" + a.token[4:]
    before = settled(g)
    for token in (flipped, mixed, "x", "%00", "..%2f..", a.token + "A", a.token[:-1], "A" * 4000,
                  a.token + "/", a.token.lower()):
        for method in ("GET", "HEAD", "POST"):
            got = a.request(method, "action=ack&id=1" if method == "POST" else None,
                            {"Content-Type": "application/x-www-form-urlencoded"}, token=token)
            assert got.status == 404, (method, token)
            assert method == "HEAD" or ("链接无效" in got.body and "王秀英" not in got.body)
    got = a.request("POST", "{}", {"Content-Type": "application/json"}, token=flipped)
    assert got.status == 404 and got.headers["content-type"] == "application/problem+json"
    assert [e["id"] for e in g.events()] == before
    assert g.http("/a/")[0] == 404
    log = g.log.read_text()
    assert a.token not in log and flipped not in log
    assert a.get().page.form("ack", how="going")["id"] != page.form("ack", how="going")["id"]


def test_links_outlive_a_restart(world):
    g, _, family, _ = links(world, "fam1")
    page = family.get().page
    g.stop()
    g.start()
    assert "您是第一个" in family.press("ack", page, {"how": "going"}).page.text


def test_key_is_the_gateways_own_and_secret(world, tmp_path):
    """The key is made once, and no command shows it."""
    import sqlite3
    g, _, family, _ = links(world, "fam1")
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        key = db.execute("SELECT value FROM meta WHERE key = 'answer_key'").fetchone()[0]
    assert len(key) == 64
    assert g.database.stat().st_mode & 0o77 == 0
    assert key not in g.log.read_text() + g.ctl("incident", "show", "gw-1-1", "--json")
    g.stop()
    g.start()
    with sqlite3.connect(f"file:{g.database}?mode=ro", uri=True) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'answer_key'").fetchone()[0] == key


def test_somebody_who_was_removed(world):
    """A caregiver who has left the directory sees nothing and is refused, which the log says."""
    g, _, family, _ = links(world, "fam1")
    form = family.get().page.form("ack", how="going")
    g.ctl("caregiver", "remove", "fam1")
    seen = family.get()
    assert seen.status == 403 and "王秀英" not in seen.body and "不在响应人员名单" in seen.body
    assert family.post(form).status == 403
    assert g.incident()["state"] == "open"
    denied = g.events("user.denied")[0]["data"]
    assert (denied["caregiver"], denied["actor"], denied["via"]) == ("fam1", "page", "http")
    assert family.say({"id": "9", "action": "ack"}).json == {
        "id": "9", "ok": False, "reason": "unknown_caregiver"}


NASTY = "<script>alert(1)</script>'\"&<b>"


def test_words_of_others_are_only_text(world):
    """Names, addresses, what a device says: nothing becomes HTML."""
    world.begin([policy()], http={"public_url": PUBLIC}).village()
    g = world.gateway
    for kind, key, *columns in (("resident", "r1", "name", "address", "access"),
                                ("caregiver", "grid1", "name"), ("device", "b1", "place")):
        for column in columns:
            g.ctl(kind, "set", key, f"{column}={NASTY}")
    home, family, grid = world.device("b1"), world.caregiver("fam1"), world.caregiver("grid1")
    home.wait(id=home.call(text=NASTY), state="received")
    link = link_of(g, family)
    page = link.get().page
    link_of(g, grid).press("arrive")
    second = link.press("arrive", page)
    for got in (link.get(), second):
        assert "<script>alert" not in got.body and "<b>" not in got.body
        tags = [t for t, _ in got.page.tags]
        assert tags.count("script") == 1 and "b" not in tags
        assert NASTY in "".join(got.page.words)
    assert f"{NASTY}先答应了" in "".join(second.page.words)
    crafted = link.get("?r=" + "0" * 32 + ".%3Cscript%3Ealert(2)%3C/script%3E")
    assert crafted.status == 200 and "alert(2)" not in crafted.body


def test_bad_bodies(world):
    """What cannot be read is refused in people's words and changes nothing."""
    g, _, family, _ = links(world, "fam1")
    before = settled(g)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, headers, status in (
            ("", kind, 400), ("action=dance&id=1", kind, 400), ("action=ack&id=" + "x" * 129, kind, 400),
            ("%%%", kind, 400), (b"action=note&code=other&id=1&note=%FF%FE", kind, 400),
            (b"action=ack&id=1\0&x=1", kind, 400), ("action=ack&id=1&eta=soon", kind, 400),
            ("x=" + "y" * 20000, kind, 413), ("x=" + "y" * 70000, kind, 413),
            ("action=ack", {"Content-Type": "text/plain"}, 415), ("action=ack", {}, 415),
            ("--b\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nack\r\n--b--",
             {"Content-Type": "multipart/form-data; boundary=b"}, 415)):
        got = family.request("POST", body, headers)
        assert got.status == status, (body[:40], got.status)
        if len(body) < 65536: # beyond that the server itself refuses, without reading it
            assert "<h1>" in got.body and got.headers["content-type"].startswith("text/html")
    assert [e["id"] for e in g.events()] == before


def test_too_many(world):
    """One link cannot keep the disk busy; another is not hurt by it."""
    g, _, family, grid, *_ = begin(world)
    link, other = link_of(g, family), link_of(g, grid)
    statuses = [link.say({"id": f"n-{i}", "action": "note", "code": "no_reply"}).status
                for i in range(40)]
    assert statuses[:30] == [200] * 30 and 429 in statuses
    refused = link.post({"id": "f", "action": "ack"})
    assert refused.status == 429 and refused.headers["retry-after"] and "太快" in refused.body
    assert "您是第一个" in other.press("ack", members={"how": "going"}).page.text


def test_a_flood_of_looks_does_not_delay_a_call(world):
    """Previews and robots by the thousand: an alert is received as ever."""
    import time
    g, home, family, call = links(world, "fam1")
    stop = threading.Event()
    seen = [0] * 8

    def look(i):
        while not stop.is_set():
            family.request("GET", token=family.token if i % 2 else "A" * 27)
            seen[i] += 1
    threads = [threading.Thread(target=look, args=(i,)) for i in range(len(seen))]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: sum(seen) > 200, "the flood")
        worst = 0.0
        for _ in range(20):
            began = time.monotonic()
            home.wait(id=home.call("service"), state="received")
            worst = max(worst, time.monotonic() - began)
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert worst < 2.0, f"{worst:.2f} s"


def test_an_answer_that_cannot_be_written(tmp_path):
    """Nobody is told that it was noted: 503, and the same again once the disk works counts once."""
    plan = tmp_path / "fault-plan"

    def set_plan(text):
        new = plan.with_suffix(".new")
        new.write_text(text)
        new.rename(plan)

    class Faulty(World):
        def prepare(self, gateway):
            gateway.bin = PLANT
            gateway.environment["YJ_PLANT_IO"] = str(plan)
    set_plan("0")
    world = Faulty(tmp_path)
    try:
        g, _, family, *_ = begin(world)
        link = link_of(g, family)
        form = link.get().page.form("ack", how="going")
        settled(g)
        set_plan("1:1000000 full")
        got = link.post(form)
        assert got.status == 503 and got.headers["retry-after"] and "记不下来" in got.body
        assert link.say({"id": "1", "action": "ack"}).status == 503
        assert "还没有人" in link.get().page.text, "the page can still be read"
        set_plan("0")
        wait_until(lambda: link.post(form).status == 303, "the disk to work again")
        assert len(g.events("incident.acked")) == 1
    finally:
        world.end()
