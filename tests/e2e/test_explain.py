"""`policy explain RESIDENT`: who would be called, when, and over what, before anything happens."""

from town import LEVELS, level, policy

SMS = {"driver": "http", "url": "http://127.0.0.1:1/send", "body": "to={{phone}}",
       "content_type": "application/x-www-form-urlencoded"}
VILLAGE = "511781103201"


def people_of(world, *rows):
    world.gateway.load("residents", [{"id": "r1", "name": "王秀英", "region": VILLAGE}])
    world.gateway.load("caregivers", [
        {"name": "某人", "region": VILLAGE, **row} for row in rows])


def explain(gateway, *words):
    return gateway.ctl_json("policy", "explain", "r1", *words)


def person(explained, name):
    return next(p for part in [*(v["people"] for v in explained["levels"]),
                               explained["inform"], explained["desk"]]
                for p in part if p["caregiver"] == name)


def test_default_channels_of_each(world):
    world.begin([policy()], sms=SMS)
    people_of(world, {"id": "grid1", "role": "grid", "phone": "13900000001"},
              {"id": "doc1", "role": "doctor"},
              {"id": "duty1", "role": "duty", "phone": "13900000002", "channels": "mqtt"})
    found = explain(world.gateway)
    assert [person(found, p)["channels"] for p in ("grid1", "doc1", "duty1")] == \
        [["sms", "mqtt"], ["mqtt"], ["mqtt"]]
    assert all(person(found, p)["reachable"] and person(found, p)["cannot"] == []
               for p in ("grid1", "doc1", "duty1"))
    assert [v["after_ms"] for v in found["levels"]] == [0, 60000, 180000]


def test_who_cannot_be_reached(world):
    """A level of nobody but those is passed over at once."""
    world.begin([policy(levels=[level("grid"), level("doctor"), level("duty")])], sms=SMS)
    people_of(world, {"id": "grid1", "role": "grid", "channels": "sms"},
              {"id": "doc1", "role": "doctor", "channels": "sms;mqtt"},
              {"id": "duty1", "role": "duty"})
    found = explain(world.gateway)
    assert person(found, "grid1")["cannot"] == [{"channel": "sms", "why": "no telephone"}]
    assert not person(found, "grid1")["reachable"]
    assert person(found, "doc1")["reachable"]
    assert [v["after_ms"] for v in found["levels"]] == [0, 0, 60000]
    text = world.gateway.ctl("policy", "explain", "r1")
    assert "sms (no telephone)" in text and "level 0, at once" in text
    # and so it is
    world.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
    doctor = world.caregiver("doc1")
    world.device("b1").call()
    doctor.wait(state="open", level=1)


def test_a_channel_that_is_configured_no_more(world, hooks):
    world.begin([policy(levels=LEVELS)], webhooks=[{"name": "app", "url": hooks().url}])
    people_of(world, {"id": "grid1", "role": "grid", "channels": "webhook:app;mqtt"})
    g = world.gateway
    assert person(explain(g), "grid1")["cannot"] == []
    g.stop()
    del g.config["webhooks"]
    g.write_config()
    assert person(explain(g), "grid1")["cannot"] == [
        {"channel": "webhook:app", "why": "not configured"}]


def test_by_night_another_order(world, hooks):
    world.begin([policy()], webhooks=[{"name": "app", "url": hooks().url}],
                notify={"night": {"from": "22:00", "until": "06:00"}})
    people_of(world, {"id": "grid1", "role": "grid", "channels": "mqtt",
                      "night_channels": "webhook:app;mqtt"})
    for at, channels, night in (("2026-11-24T21:59:00+08:00", ["mqtt"], False),
                                ("2026-11-24T22:00:00+08:00", ["webhook:app", "mqtt"], True)):
        found = explain(world.gateway, "--at", at)
        assert person(found, "grid1")["channels"] == channels and found["night"] is night
        assert found["at"].startswith("2026-11-24T")


def test_who_is_informed_and_for_another_kind(world):
    world.begin([{"name": "default", "levels": LEVELS, "inform": ["family"],
                  "kinds": [{"kind": "service", "levels": [level("provider")]}]}])
    people_of(world, {"id": "fam1", "role": "family", "residents": "r1", "region": ""},
              {"id": "shop", "role": "provider"})
    g = world.gateway
    assert [p["caregiver"] for p in explain(g)["inform"]] == ["fam1"]
    found = explain(g, "--kind", "service")
    assert [p["caregiver"] for v in found["levels"] for p in v["people"]] == ["shop"]
