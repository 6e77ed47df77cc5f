"""Contract, "Escalating": who belongs to a level, and how roles find their people."""

import pytest

from town import level, paged, policy

VILLAGE = "511781103201"


def begin(world, caregivers, notify=("grid",), residents=(), **more):
    """One resident r1, these caregivers, and all of them listening."""
    world.begin([policy(levels=[level(*notify), level("duty")])])
    g = world.gateway
    g.load("institutions", [{"id": "inst1", "name": "敬老院", "region": "511781104000",
                             "filing": "filed"}])
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": VILLAGE},
                         {"id": "r2", "name": "李大爷", "region": VILLAGE}, *residents])
    g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1", **more}])
    g.load("caregivers", [{"name": c["id"], **c} for c in caregivers])
    world.people(*(c["id"] for c in caregivers))
    return g


def who_is_paged(world, device="b1"):
    home = world.device(device)
    home.wait(id=home.call(), state="received")
    return paged(world.gateway, level=0)


def grid(id, region="", **more):
    return {"id": id, "role": "grid", "region": region, **more}


@pytest.mark.parametrize("regions,expected", [
    (["511781103201", "511781103", "511781", ""], ["g0"]),
    (["511781103202", "511781103", "511781", ""], ["g1"]),
    (["511781104", "511781104201", "511781", ""], ["g2"]),
    (["511782", "110000000000", "511781103202", ""], ["g3"]),
    (["511781103201", "511781103201", "511781103", ""], ["g0", "g1"]),
    (["511781000000", "511782", "", "511781103202"], ["g0"]),
    (["511781103000", "511781000000", "511781", ""], ["g0"]),
])
def test_longest_prefix(world, regions, expected):
    """"by `region` (12 digits, or a prefix of 6 or 9; empty serves everywhere), and of these only
    the ones with the longest matching prefix"; "so is the official form with zeros at the end
    (511781000000 is the county)" """
    begin(world, [grid(f"g{n}", region) for n, region in enumerate(regions)])
    assert who_is_paged(world) == expected


def test_residents_named_come_first(world):
    """"A role means those caregivers of that role who serve the resident: first those who name the
    resident in `residents`" """
    begin(world, [grid("near", VILLAGE), grid("hers", residents="r1"),
                  grid("other", residents="r2")])
    assert who_is_paged(world) == ["hers"]


@pytest.mark.parametrize("role", ["family", "neighbor"])
def test_family_and_neighbours_only_by_residents(world, role):
    """"... and the role is not `family` or `neighbor`": those serve whom they name, whatever region
    they live in."""
    begin(world, [
        {"id": "hers", "role": role, "residents": "r1"},
        {"id": "near", "role": role, "region": VILLAGE},
        {"id": "everywhere", "role": role},
        {"id": "other", "role": role, "residents": "r2"}], (role,))
    assert who_is_paged(world) == ["hers"]


@pytest.mark.parametrize("role", ["family", "neighbor"])
def test_family_is_not_found_elsewhere(world, role):
    """"... and the role is not `family` or `neighbor`": without one of their own the level has
    nobody, and is passed over."""
    g = begin(world, [
        {"id": "near", "role": role, "region": VILLAGE},
        {"id": "duty1", "role": "duty"}], (role,))
    assert who_is_paged(world) == []
    assert paged(g) == ["duty1"]


def test_people_of_the_institution(world):
    """"if none of them ..., those of the resident's (or the bed's) `institution`; else by
    `region`": a ward's nurse before the town's."""
    g = begin(world, [
        {"id": "ward", "role": "nurse", "institution": "inst1"},
        {"id": "town", "role": "nurse", "region": VILLAGE},
        {"id": "elsewhere", "role": "nurse", "institution": "inst1", "residents": "r2"}],
        ("nurse",))
    g.load("beds", [{"id": "bed1", "kind": "institution", "institution": "inst1",
                     "occupant": "r1"}])
    assert who_is_paged(world) == ["elsewhere", "ward"]


def test_institution_without_that_role(world):
    """"... else by `region`": the ward has no doctor, so the one of its region comes, for that is
    where the bed is."""
    g = begin(world, [
        {"id": "ward", "role": "nurse", "institution": "inst1"},
        {"id": "here", "role": "doctor", "region": "511781104"},
        {"id": "home", "role": "doctor", "region": VILLAGE}], ("doctor",))
    g.load("beds", [{"id": "bed1", "kind": "hospital", "institution": "inst1",
                     "occupant": "r1"}])
    assert who_is_paged(world) == ["here"]


def test_home_bed_served_by_an_institution(world):
    """"`institution` (of a home bed: the one that serves it)": its care workers come, to the home's
    region else."""
    g = begin(world, [
        {"id": "carer", "role": "care_worker", "institution": "inst1"},
        {"id": "free", "role": "care_worker", "region": VILLAGE},
        {"id": "near", "role": "grid", "region": VILLAGE},
        {"id": "far", "role": "grid", "region": "511781104"}], ("care_worker", "grid"))
    g.load("beds", [{"id": "bed1", "kind": "home", "institution": "inst1", "occupant": "r1"}])
    assert who_is_paged(world) == ["carer", "near"]


def test_named_twice_is_paged_once(world):
    """"A person named twice in a level is paged once." """
    g = begin(world, [grid("g1", VILLAGE)],
              ("grid", "caregiver:g1", "grid", "caregiver:g1"))
    assert who_is_paged(world) == ["g1"]
    assert g.events("incident.notified")[0]["data"]["people"] == 1
    pages = [p for c in world.clients if getattr(c, "caregiver", "") == "g1"
             for p in [c.wait(state="open")]]
    assert len(pages) == 1


def test_caregiver_by_id(world):
    """"`notify` names roles, `caregiver:ID` or `group:NAME`": that person, wherever they serve."""
    begin(world, [grid("g1", VILLAGE), grid("far", "110101")], ("caregiver:far",))
    assert who_is_paged(world) == ["far"]


def test_institution_device_without_a_resident(world):
    """An incident without a resident has the institution's people; families have no part in it."""
    begin(world, [
        {"id": "ward", "role": "nurse", "institution": "inst1"},
        {"id": "fam", "role": "family", "residents": "r1"},
        grid("near", "511781104000"), grid("far", VILLAGE)], ("family", "nurse", "grid"))
    world.gateway.load("devices", [{"id": "hall", "kind": "button", "resident": "",
                                         "institution": "inst1"}])
    assert who_is_paged(world, "hall") == ["near", "ward"]


def test_serving_is_not_being_the_nearest(world):
    """"Anyone who serves the resident": the township's worker is not paged while the village has
    one, and may answer; another township's may not."""
    begin(world, [grid("near", VILLAGE), grid("township", "511781103"),
                  grid("other", "511781104"), grid("anywhere")])
    assert who_is_paged(world) == ["near"]

    def may(name):
        who = next(c for c in world.clients if getattr(c, "caregiver", "") == name)
        return who.reply("gw-1-1", "note", code="no_reply")["ok"]
    assert (may("township"), may("other"), may("anywhere")) == (True, False, True)


def test_duty_and_operators_everywhere(world):
    """"empty serves everywhere": a county's control room without a region."""
    begin(world, [{"id": "seat", "role": "operator"},
                  {"id": "seat2", "role": "operator", "region": "110101"}], ("operator",))
    assert who_is_paged(world) == ["seat"]
