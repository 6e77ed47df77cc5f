"""Contract, "Escalating": levels, exhaustion, repeats, and a round that reaches nobody."""

import pytest

from harness import wait_until
from town import deliveries, level, paged, policy, status_of, steps


def begin(world, levels=None, names=("fam1", "grid1", "doc1", "duty1"), **more):
    world.begin([policy(levels=levels, **more)]).village()
    world.gateway.load("caregivers", [
        {"id": "duty9", "name": "外县值班", "role": "duty", "region": "510100"},
        {"id": "seat1", "name": "坐席", "role": "operator", "region": "510100"}])
    home = world.device("b1")
    return (world.gateway, home, *world.people(*names))


def press(home, **more):
    home.wait(id=home.call(**more), state="received")


def pages(gateway, caregiver):
    return len(deliveries(gateway, caregiver, state="open"))


@pytest.mark.quick
def test_levels_in_time(world):
    """"Level 0 is paged at once. ... A level not answered within its `wait` escalates." On the real
    clock, to the last level and its repeat; the devices hear `searching`."""
    world.begin([policy(levels=[level("family", "grid", wait="300ms"),
                                level("doctor", wait="200ms"), level("duty")],
                        repeat_every="1s")]).village()
    home = world.device("b1")
    family, grid, doctor, duty = (world.caregiver(c) for c in ("fam1", "grid1", "doc1", "duty1"))
    call = home.call()
    assert family.wait(state="open")["level"] == grid.wait(state="open")["level"] == 0
    assert doctor.wait(state="open")["level"] == 1
    assert duty.wait(state="open")["level"] == 2
    home.wait(2, id=call, state="searching")
    for who in (family, grid, doctor, duty):
        who.wait(2, state="open")
    assert duty.reply("gw-1-1", "ack")["ok"]
    g = world.gateway
    escalated = g.events("incident.escalated")
    assert [(e["data"]["level"], e["data"]["reason"]) for e in escalated] == [
        (1, "timeout"), (2, "timeout")]
    answered = steps(g).index("acked")
    assert steps(g)[answered:] == ["acked"], "no page after an answer"


def test_membership_when_paged(clocked):
    """"Who belongs to a level is worked out when it is paged." """
    g, home, _, _, doc1, *_ = begin(clocked)
    press(home)
    g.ctl("caregiver", "remove", "doc1")
    g.load("caregivers", [{"id": "doc2", "name": "陈医生", "role": "doctor",
                           "region": "511781103201"}])
    doc2 = clocked.caregiver("doc2")
    clocked.advance(60)
    assert doc2.wait(state="open")["level"] == 1
    assert paged(g, level=1) == ["doc2"]
    assert not doc1.pages()


def test_wait_is_of_the_level(clocked):
    """"A level not answered within its `wait` escalates": not before, and each by its own."""
    g, home, *_ = begin(clocked)
    press(home)
    clocked.advance(59)
    assert (g.incident()["level"], pages(g, "doc1")) == (0, 0)
    clocked.advance(1)
    assert (g.incident()["level"], pages(g, "doc1")) == (1, 1)
    clocked.advance(119)
    assert (g.incident()["level"], pages(g, "duty1")) == (1, 0)
    clocked.advance(1)
    assert (g.incident()["level"], pages(g, "duty1")) == (2, 1)
    assert pages(g, "fam1") == 1, "levels do not page the earlier ones again"


def test_exhausted_by_declines(clocked):
    """"A level is exhausted, and escalates at once, when each of its people has declined"""
    g, home, family, grid, doctor, _ = begin(clocked)
    press(home)
    assert family.reply("gw-1-1", "decline")["ok"]
    assert g.incident()["level"] == 0
    assert grid.reply("gw-1-1", "decline")["ok"]
    doctor.wait(state="open")
    shown = g.incident()
    assert (shown["level"], shown["next_at"]) == (1, clocked.clock.text(120))
    assert g.events("incident.escalated")[-1]["data"]["reason"] == "declined"
    home.wait(state="searching")


def test_exhausted_cannot_be_reached(world):
    """"... or cannot be reached": nobody of level 0 has their app open ("no matching
    subscribers"); mixed with one who declines."""
    g, home, grid, doctor, _ = begin(world, names=("grid1", "doc1", "duty1"))
    press(home)
    wait_until(lambda: status_of(g, "fam1") == "unreachable")
    assert g.incident()["level"] == 0, "the grid worker may still answer"
    grid.reply("gw-1-1", "decline")
    doctor.wait(state="open")
    assert g.incident()["level"] == 1
    assert status_of(g, "grid1") == "declined"


def test_exhausted_nobody(clocked):
    """"... or it has nobody." Two empty levels are passed over at once."""
    g, home, *_ = begin(clocked, [level("village"), level("volunteer"), level("doctor"),
                                  level("duty")])
    press(home)
    shown = g.incident()
    assert (shown["level"], shown["next_at"]) == (2, clocked.clock.text(60))
    assert paged(g) == ["doc1"]
    counts = [e["data"]["people"] for e in g.events("incident.notified")]
    assert counts == [0, 0, 1], "`incident.notified` says that a level was paged, with how many"


def test_last_level_repeats(clocked):
    """"The last level is repeated every `repeat_every` (never faster; its `wait` is not used) until
    a person answers; each repeat pages the last level and everybody paged before" """
    levels = [level("family"), level("grid", wait="1s")]
    g, home, family, *_ = begin(clocked, levels)
    press(home)
    clocked.advance(60)
    assert (g.incident()["level"], pages(g, "grid1")) == (1, 1)
    clocked.advance(299)
    assert (pages(g, "grid1"), pages(g, "fam1")) == (1, 1)
    for repeat in (2, 3, 4):
        clocked.advance(1 if repeat == 2 else 300)
        assert (pages(g, "grid1"), pages(g, "fam1")) == (repeat, repeat)
    assert g.events("incident.notified")[-1]["data"]["people"] == 2
    family.reply("gw-1-1", "ack")
    clocked.advance(900)
    assert (pages(g, "grid1"), pages(g, "fam1")) == (4, 4)


def test_repeat_forgets_declines_and_failures(clocked):
    """"... and forgets earlier declines and failures." """
    g, home, family, grid = begin(clocked, [level("family", "doctor"), level("grid")],
                                  names=("fam1", "grid1"))
    press(home)
    family.reply("gw-1-1", "decline")  # the doctor cannot be reached
    grid.wait(state="open")
    wait_until(lambda: status_of(g, "doc1") == "unreachable")
    assert pages(g, "fam1") == 1
    doctor = clocked.caregiver("doc1")
    clocked.advance(300)
    assert pages(g, "fam1") == pages(g, "grid1") == pages(g, "doc1") == 2
    doctor.wait(state="open")
    assert status_of(g, "fam1") == "paged"


@pytest.mark.parametrize("who", ["fam1", "grid1"])
def test_repeat_asks_only_whoever_was_paged(clocked, who):
    """"each repeat pages the last level and everybody paged before": not somebody who is informed
    ("never asked") or serves the resident, and has said unasked that they cannot come."""
    g, home, *people = begin(clocked, levels=[level("doctor")], inform=["family"])
    press(home)
    person = next(p for p in people if p.caregiver == who)
    assert person.reply("gw-1-1", "decline")["ok"]
    for _ in range(2):
        clocked.advance(300)
    assert steps(g).count("notified") == 3
    doctor = people[2]
    doctor.wait(3, state="open")
    assert not [p for p in person.pages() if "answer_by" in p]


def test_unreachable_all_declined(clocked):
    """"A round that reaches nobody, or whose people have all declined, raises
    `incident.unreachable`, at once pages every `duty` and `operator` whatever their region or
    roster, and is repeated after `repeat_every` or 60 s, whichever is shorter." """
    g, home, family, _, _, _, duty9, seat = begin(
        clocked, [level("family")], ("fam1", "grid1", "doc1", "duty1", "duty9", "seat1"))
    press(home)
    family.reply("gw-1-1", "decline")
    duty9.wait(state="open")
    seat.wait(state="open")
    assert paged(g) == ["duty1", "duty9", "fam1", "seat1"]
    assert steps(g).count("unreachable") == 1
    assert g.incident()["next_at"] == clocked.clock.text(60)
    clocked.advance(59)
    assert pages(g, "fam1") == 1
    clocked.advance(1)
    assert pages(g, "fam1") == 2, "the round is repeated, its declines forgotten"
    family.reply("gw-1-1", "decline")
    assert seat.reply("gw-1-1", "ack", how="going")["ok"]
    assert g.incident()["answered_by"] == "seat1"


def test_unreachable_nobody_reached(clocked):
    """"A round that reaches nobody": nobody listens at all; and `repeat_every` where that is
    shorter than 60 s."""
    g, home = begin(clocked, [level("family")], names=(), repeat_every="20s")
    press(home)
    g.wait_event("incident.unreachable")
    assert paged(g) == ["duty1", "duty9", "fam1", "seat1"]
    assert g.incident()["next_at"] == clocked.clock.text(20)
    clocked.advance(20)
    g.wait_event("incident.unreachable", 2)
    wait_until(lambda: pages(g, "duty9") >= 2)
    family = clocked.caregiver("fam1")
    clocked.advance(20)
    family.wait(state="open")


def test_unreachable_no_people_at_all(world):
    """"A round that reaches nobody": a last level that is empty."""
    g, home, seat = begin(world, [level("volunteer")], names=("seat1",))
    press(home)
    seat.wait(state="open")
    assert g.events("incident.unreachable")
    assert "duty9" in paged(g)


def test_never_ends_by_time(clocked):
    """"An incident never ends by time alone." Two hours of nobody, and it still pages."""
    g, home, *_ = begin(clocked, repeat_every="15m")
    press(home)
    clocked.advance(2 * 3600)
    assert g.incident()["state"] == "open"
    assert pages(g, "duty1") == 8 and pages(g, "fam1") == 8
    before = pages(g, "fam1")
    clocked.advance(900)
    assert pages(g, "fam1") == before + 1
    assert set(steps(g)) == {"opened", "notified", "escalated"}


def test_kinds_have_levels_of_their_own(clocked):
    """"A level not answered within its `wait` escalates", with the levels of the kind."""
    kinds = [{"kind": "service", "levels": [level("grid", wait="30m"), level("duty")],
              "repeat_every": "4h"}]
    g, home, *_ = begin(clocked, kinds=kinds)
    press(home, button="service")
    assert paged(g) == ["grid1"]
    assert g.incident()["next_at"] == clocked.clock.text(1800)
    press(home, button="sos")
    assert paged(g, 2) == ["fam1", "grid1"]
    clocked.advance(1800)
    assert paged(g) == ["duty1", "grid1"]
    assert g.incident()["next_at"] == clocked.clock.text(4 * 3600)


def test_decliners_are_not_asked_by_a_higher_level(world):
    """"A level is exhausted ... when each of its people has declined": whoever declined already
    does not hold a higher level up."""
    g, home, family, _, doctor, _ = begin(world, [level("family"), level("family"),
                                                  level("doctor")])
    press(home)
    family.reply("gw-1-1", "decline")
    doctor.wait(state="open")
    assert g.incident()["level"] == 2
    assert pages(g, "fam1") == 1


def test_answer_by(clocked):
    """"A level not answered within its `wait`": the page says by when (`answer_by`) and when it was
    opened; news do not ask."""
    g, home, family, grid, *_ = begin(clocked)
    press(home)
    page = family.wait(state="open")
    assert page["answer_by"] == clocked.clock.utc_ms + 60000
    assert page["opened_at"] == clocked.clock.utc_ms
    grid.reply("gw-1-1", "ack")
    assert "answer_by" not in family.wait(state="answered")
