"""A stuck or bouncing button: "is one incident with a count; `device divert ID --until T` (24 h at the
most) sends its calls to operators alone, and says so every hour"."""

from harness import now_ms, wait_until
from town import deliveries, level, paged, policy, steps

SEATS = [{"id": "seat1", "name": "坐席一", "role": "operator", "region": "511700"},
         {"id": "seat2", "name": "坐席二", "role": "operator", "institution": ""}]


def begin(world, operators=SEATS):
    g = world.begin([policy(levels=[level("family", "grid"), level("duty")], repeat_every="5m")]).village().gateway
    g.load("devices", [{"id": "b2", "kind": "sensor", "resident": "r1"}])
    if operators:
        g.load("caregivers", operators)
    return g


def divert(g, *words, device="b1"):
    return g.ctl_json("device", "divert", device, *words)


def changes(g):
    return [e["data"]["change"] for e in g.events("directory.changed", of="devices", key="b1")
            if "divert" in e["data"]["change"]]


def test_bouncing_button(world):
    """200 presses: one incident that counts them, one page each, every press confirmed."""
    g = begin(world)
    home, family, grid = world.device("b1"), *world.people("fam1", "grid1")
    for n in range(200):
        home.say("call", {"id": f"press{n}", "ts": now_ms(), "button": "sos"}, wait=False)
    wait_until(lambda: {p["id"] for p in home.find(state="received")} == {f"press{n}" for n in range(200)},
               "200 confirmations")
    assert [(i["id"], i["alerts"]) for i in g.incidents(everything=True)] == [("gw-1-1", 200)]
    assert len(family.pages()) == 1 and len(grid.pages()) == 1
    # Also to whoever is on the way: one page about all that came after, not one each.
    assert grid.reply("gw-1-1", "ack")["ok"]
    for n in range(100):
        home.say("call", {"id": f"more{n}", "ts": now_ms(), "button": "sos"}, wait=False)
    wait_until(lambda: g.incident()["alerts"] == 300, "100 presses more")
    grid.wait(state="joined")
    assert len(grid.pages(state="joined")) == 1 and len(family.pages(state="open")) == 1


def test_divert(clocked):
    """Its new incidents page every operator and nobody else, again like a last level; the operators are
    told at the beginning, every hour and at the end, which comes by itself and over a restart."""
    g = begin(clocked)
    home = clocked.device("b1")
    people = clocked.people("fam1", "grid1", "duty1", "seat1", "seat2")
    seat = people[3]
    until = clocked.clock.text(3 * 3600 + 1800)
    assert divert(g, "--until", until, "--reason", "按键卡住")["until"] == until
    assert g.ctl_json("status")["diverted"][0]["device"] == "b1"
    assert "b1" in g.ctl("status") and g.ctl_json("device", "show", "b1")["diverted_until"] == until
    assert "b1" in seat.wait(state="notice")["text"]
    home.call("sos")
    seat.wait(state="open")
    people[4].wait(state="open")
    assert paged(g) == ["seat1", "seat2"]
    clocked.advance(5 * 60 + 1)
    assert len(deliveries(g, "seat1", state="open")) == 2
    clocked.advance(11 * 60)
    assert paged(g) == ["seat1", "seat2"]
    assert seat.reply("gw-1-1", "resolve", outcome="device_fault")["ok"]
    clocked.advance(3600)
    seat.wait(2, state="notice")
    assert changes(g) == ["diverted", "still_diverted"]
    g.stop()
    g.start()
    home.call("sos")
    g.wait_event("incident.opened", 2)
    assert paged(g, 2) == ["seat1", "seat2"]
    assert seat.reply("gw-1-2", "resolve", outcome="device_fault")["ok"]
    clocked.advance(2 * 3600)
    seat.wait(4, state="notice")
    clocked.advance(1800)
    g.wait_event("directory.changed", change="divert_ended")
    assert changes(g) == ["diverted", *["still_diverted"] * 3, "divert_ended"]
    seat.wait(5, state="notice")
    home.call("sos")
    g.wait_event("incident.opened", 3)
    assert paged(g, 3) == ["fam1", "grid1"]
    assert g.ctl_json("status")["diverted"] == [] and "diverted_until" not in g.ctl_json("device", "show", "b1")
    assert not any(p.pages(state="notice") for p in people[:3])
    g.verify_log()


def test_other_device_of_the_home(clocked):
    """Another device of the resident calls as ever: at once a new incident, and if it joins what the
    stuck button opened, that is everybody's from then on."""
    g = begin(clocked)
    stuck, other = clocked.device("b1"), clocked.device("b2")
    clocked.people("fam1", "grid1", "duty1", "seat1", "seat2")
    divert(g, "--for", "1h")
    stuck.call("sos")
    g.wait_event("incident.opened")
    assert paged(g) == ["seat1", "seat2"]
    other.alarm("fall")
    g.wait_event("incident.opened", 2)
    assert paged(g, 2) == ["fam1", "grid1"]
    stuck.call("sos")
    g.wait_event("incident.joined")
    assert paged(g) == ["seat1", "seat2"]
    other.call("sos")
    g.wait_event("incident.joined", 2)
    wait_until(lambda: paged(g) == ["fam1", "grid1", "seat1", "seat2"], "family and grid to be paged")
    clocked.advance(61)
    assert paged(g) == ["duty1", "fam1", "grid1", "seat1", "seat2"]
    # The stuck button cannot take it back from them.
    stuck.call("sos")
    g.wait_event("incident.joined", 3)
    clocked.advance(5 * 60 + 1)
    assert [s for s in steps(g, 1) if s == "escalated"] == ["escalated"]
    assert len(deliveries(g, "fam1", state="open")) == 2


def test_open_incident_is_not_changed(clocked):
    """What is open under its policy goes on as it was."""
    g = begin(clocked)
    stuck = clocked.device("b1")
    clocked.people("fam1", "grid1", "duty1", "seat1", "seat2")
    stuck.call("sos")
    g.wait_event("incident.opened")
    divert(g, "--for", "1h")
    stuck.call("sos")
    g.wait_event("incident.joined")
    clocked.advance(61)
    assert paged(g) == ["duty1", "fam1", "grid1"]
    stuck.call("service")
    g.wait_event("incident.opened", 2)
    assert paged(g, 2) == ["seat1", "seat2"]


def test_end_by_hand(clocked):
    """`--end`; a call afterwards, of the diverted incident too, pages people again."""
    g = begin(clocked)
    stuck = clocked.device("b1")
    clocked.people("fam1", "grid1", "duty1", "seat1", "seat2")
    divert(g, "--for", "24h")
    stuck.call("sos")
    g.wait_event("incident.opened")
    divert(g, "--end")
    assert changes(g) == ["diverted", "divert_ended"]
    assert paged(g) == ["seat1", "seat2"]
    stuck.call("sos")
    g.wait_event("incident.joined")
    wait_until(lambda: paged(g) == ["fam1", "grid1", "seat1", "seat2"], "everybody's again")


def test_without_operators(clocked):
    """Without an operator the duty rooms; without either its policy, never nobody, also if they leave
    later."""
    g = begin(clocked, operators=None)
    stuck = clocked.device("b1")
    clocked.people("fam1", "grid1", "duty1")
    divert(g, "--for", "1h")
    stuck.call("sos")
    g.wait_event("incident.opened")
    assert paged(g) == ["duty1"]
    g.ctl("caregiver", "remove", "duty1")
    stuck.call("service")
    g.wait_event("incident.opened", 2)
    assert paged(g, 2) == ["fam1", "grid1"]
    clocked.advance(5 * 60 + 1)
    assert {"fam1", "grid1"} <= set(paged(g))


def test_refusals(world):
    """24 h at the most, a device that is there, one end."""
    g = begin(world)
    for code, *words in [
            (1, "b1", "--for", "25h"), (1, "b1", "--until", "2999-01-01T00:00:00Z"),
            (1, "b1", "--until", "2020-01-01T00:00:00Z"), (1, "nobody", "--for", "1h"), (1, "b1", "--end"),
            (2, "b1"), (2, "b1", "--for", "1h", "--until", "2999-01-01T00:00:00Z"),
            (2, "b1", "--end", "--for", "1h"), (2, "b1", "--for", "later")]:
        done = g.ctl_raw("device", "divert", *words)
        assert done.returncode == code and done.stderr, words
    assert "24 h" in g.ctl_raw("device", "divert", "b1", "--for", "25h").stderr
    divert(g, "--for", "24h")
    assert len(g.ctl_json("status")["diverted"]) == 1
