"""docs/visits.md, "The caregiver's page": links by `yijianctl visit link`."""

import datetime

from harness import now_ms

PUBLIC = "https://village.example/yijian/"


def changes(g):
    return [e["data"]["change"] for e in g.events("directory.changed")
            if e["data"].get("key") == "grid1" and "link" in e["data"]["change"]]


def test_a_link_is_made_sent_and_revoked(world):
    world.begin(http={"public_url": PUBLIC})
    g = world.hamlet()
    person = world.caregiver("grid1")
    link = g.ctl_json("visit", "link", "grid1")
    assert link["url"].startswith(PUBLIC + "visit/#") and not link["sent"]
    assert len(link["url"]) - len(PUBLIC) < 70, "it has to go into an SMS"
    until = datetime.datetime.fromisoformat(link["until"].replace("Z", "+00:00")).timestamp()
    assert abs(until - (now_ms() / 1000 + 30 * 86400)) < 60
    # the plain form is the link alone on standard output
    done = g.ctl_raw("visit", "link", "grid1", "r1", "--for", "2h")
    assert done.returncode == 0 and done.stdout.startswith(PUBLIC + "visit/#")
    assert done.stdout.count("\n") == 1 and "good until" in done.stderr
    sent = g.ctl_json("visit", "link", "grid1", "r1", "--for", "2d", "--send")
    notice = person.wait(state="notice")
    assert sent["sent"] and sent["url"] in notice["text"] and "2天" in notice["text"]
    assert len(person.find(state="notice")) == 1, "the others were not sent"
    revoked = g.ctl_json("visit", "link", "grid1", "--revoke")
    assert revoked["ok"]
    again = g.ctl_json("visit", "link", "grid1", "r1", "--for", "2d")
    assert again["url"] != sent["url"]
    assert changes(g) == ["link_made"] * 3 + ["links_revoked", "link_made"]
    # whoever has it can call: it stands in no log
    for url in (link["url"], sent["url"], done.stdout.strip()):
        token = url.split("#")[1]
        assert token not in g.log.read_text()
        assert all(token not in str(e) for e in g.events())


def test_the_language_of_the_house(world):
    world.begin(http={"public_url": "http://village.example"}, gateway={"language": "en"})
    g = world.hamlet()
    person = world.caregiver("grid1")
    url = g.ctl_json("visit", "link", "grid1", "--send")["url"]
    assert url.startswith("http://village.example/visit/#")
    assert person.wait(state="notice")["text"].endswith(": " + url)
    assert "good for 30 days" in person.find(state="notice")[0]["text"]


def test_what_is_refused(world):
    world.begin(http={"public_url": PUBLIC})
    g = world.hamlet()
    for words, why in ((["nobody"], "caregiver"), (["grid1", "nobody"], "resident"),
                       (["grid1", "--for", "soon"], "duration"), (["grid1", "--for", "10s"], "1m"),
                       (["grid1", "--for", "401d"], "400d"), (["nobody", "--revoke"], "caregiver")):
        done = g.ctl_raw("visit", "link", *words)
        assert done.returncode == 1 and why in done.stderr, (words, done)
    for words in ([], ["grid1", "r1", "--revoke"], ["grid1", "--revoke", "--send"],
                  ["grid1", "--revoke", "--for", "2d"], ["grid1", "r1", "r2"]):
        assert g.ctl_raw("visit", "link", *words).returncode == 2, words
    assert "visit link" in g.ctl("visit", "link", "--help")
    assert changes(g) == []
    g.ctl("caregiver", "remove", "grid1")
    assert g.ctl_raw("visit", "link", "grid1").returncode == 1


def test_without_an_address_there_is_no_link(world):
    world.begin()
    g = world.hamlet()
    done = g.ctl_raw("visit", "link", "grid1")
    assert done.returncode == 1 and "public_url" in done.stderr
    assert g.ctl_json("visit", "link", "grid1", "--revoke")["ok"], "those of before may still be about"
