"""Issue 5, 一键联通: the page of an alert leads into the home with one tap, for those who may."""

import http.client
import json

from answer_link import links

TERMINAL = {"id": "t1", "kind": "terminal", "resident": "r1"}


def ways(answer):
    """{mode: token} of the page's links into the home."""
    found = {}
    for href in answer.page.links:
        if href.startswith("../visit/#"):
            token, _, mode = href[len("../visit/#"):].partition("&start=")
            found[mode] = token
    return found


def me(g, token):
    connection = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=10)
    try:
        connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def consent(g, granted, who=""):
    g.load("consents", [{"resident": "r1", "kind": "visit", "who": who, "granted": granted,
                         "by": "resident", "at": "2026-01-05T09:00:00+08:00"}])


def test_one_tap_where_there_is_a_terminal(world):
    """Video and voice, each a plain link, good for this person and this resident."""
    g, _, family, grid, *_ = links(world, "fam1", "grid1")
    page = family
    assert ways(page.get()) == {}, "no terminal, no link"
    g.load("devices", [TERMINAL])
    found = ways(page.get())
    assert set(found) == {"video", "voice"} and found["video"] == found["voice"]
    status, said = me(g, found["video"])
    assert status == 200 and said["caregiver"]["id"] == "fam1"
    assert [(r["id"], r["incident"]) for r in said["residents"]] == [("r1", "gw-1-1")]
    assert ways(grid.get())["video"] != found["video"]


def test_only_while_it_is_open_and_for_whom_the_resident_lets_in(world):
    g, _, family, grid, *_ = links(world, "fam1", "grid1")
    g.load("devices", [TERMINAL])
    page = family
    consent(g, "no", "fam1")
    assert ways(page.get()) == {} and len(ways(grid.get())) == 2
    consent(g, "yes", "fam1")
    assert len(ways(page.get())) == 2
    page.press("resolve", outcome="helped")
    assert ways(page.get()) == {}
    assert ways(grid.get()) == {}


def test_it_comes_first_for_who_has_answered(world):
    """Before an answer the answers stand first; whoever has answered finds it on top."""
    g, _, family, *_ = links(world, "fam1")
    g.load("devices", [TERMINAL])
    page = family
    before = page.get().body
    assert before.index("value=\"ack\"") < before.index("../visit/#")
    after = page.press("ack", members={"how": "remote"}).body
    assert after.index("../visit/#") < after.index("value=\"ack\"")


def test_revoking_the_links_of_a_caregiver_takes_these_too(world):
    g, _, family, *_ = links(world, "fam1")
    g.load("devices", [TERMINAL])
    page = family
    old = ways(page.get())["voice"]
    g.ctl("visit", "link", "fam1", "--revoke")
    assert me(g, old)[0] in (401, 403)
    assert me(g, ways(page.get())["voice"])[0] == 200
