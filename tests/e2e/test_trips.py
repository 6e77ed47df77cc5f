"""Texts of the family and of grid workers that say that a resident is away or back: "family and grid worker
may set `away`"."""

import pytest

import harness
import modem as gsm
from town import level, policy

REGION = "511781103201"
FAMILY, GRID, FIXER = "8613900000001", "8613900000002", "8613900000003"


class Air:
    """The modem, its smsd, and a village of two."""

    def __init__(self, folder):
        self.modem = gsm.Modem(folder)
        self.smsd = gsm.Smsd(folder, self.modem)

    def begin(self, world):
        self.smsd.start()
        world.begin([policy(levels=[level("family", "grid", wait="60m"), level("duty", wait="60m")])],
                    sms={"driver": "smstools", "spool": str(self.smsd.spool)})
        g = world.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": REGION},
                             {"id": "r2", "name": "赵国富", "region": REGION},
                             {"id": "r3", "name": "周明", "region": "511781103999"}])
        g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
        g.load("caregivers", [
            {"id": "fam1", "name": "王小丽", "role": "family", "phone": FAMILY, "residents": "r1"},
            {"id": "grid1", "name": "何晓东", "role": "grid", "phone": GRID, "region": REGION},
            {"id": "fix1", "name": "修理工", "role": "maintenance", "phone": FIXER, "residents": "r1"}])
        return g

    def says(self, number, text):
        """A text, and what is answered."""
        before = len([s for s in self.modem.sent if s.to == number])
        self.modem.receive(number, text)
        return self.modem.wait(before + 1, to=number).text

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


def status(g, resident):
    shown = g.ctl_json("resident", "show", resident)
    return shown["status"] or "active", shown["status_until"]


def test_family_and_grid_worker(world, air):
    """The daughter of one names nobody, the grid worker names whom they mean; each is confirmed."""
    g = air.begin(world)
    assert "王秀英外出至" in air.says(FAMILY, "外出３天。")
    assert status(g, "r1")[0] == "away" and len(status(g, "r1")[1]) == 10
    e = g.wait_event("directory.changed", change="away")
    assert e["data"]["resident"] == "r1" and e["data"]["caregiver"] == "fam1" and e["data"]["via"] == "sms"
    assert "王秀英已回家" in air.says(FAMILY, "回来了")
    assert status(g, "r1") == ("active", "")
    assert "请写明姓名" in air.says(GRID, "外出3天")
    assert "赵国富外出至" in air.says(GRID, "赵国富 外出一周")
    assert status(g, "r2")[0] == "away" and status(g, "r1")[0] == "active"
    assert "赵国富已回家" in air.says(GRID, "赵国富回来了")
    # not theirs, and no such day
    assert "请写明姓名" in air.says(GRID, "周明外出3天")
    assert status(g, "r3")[0] == "active"
    assert "日期有误" in air.says(FAMILY, "外出到2020年1月1日")
    assert "几天" in air.says(FAMILY, "外出")
    assert "由家属或网格员" in air.says(FIXER, "外出3天")
    assert status(g, "r1")[0] == "active"


def test_who_serves_several(world, air):
    """Is asked which one; then the name is enough."""
    g = air.begin(world)
    g.ctl("caregiver", "set", "fam1", "residents=r1;r2")
    asked = air.says(FAMILY, "外出3天")
    assert "王秀英" in asked and "赵国富" in asked
    assert status(g, "r1")[0] == status(g, "r2")[0] == "active"
    assert "赵国富外出至" in air.says(FAMILY, "外出 赵国富 3天")
    assert status(g, "r2")[0] == "away"
    assert "赵国富已回家" in air.says(FAMILY, "回来了")  # of both the one who is away


def test_an_answer_is_an_answer(world, air):
    """Who is asked to go, and is out themselves, is understood as before."""
    g = air.begin(world)
    home = world.device("b1")
    home.wait(id=home.call(), state="received")
    air.modem.wait(to=FAMILY)
    air.modem.receive(FAMILY, "我外出了，去不了")
    air.modem.receive(FAMILY, "外出了")
    harness.wait_until(lambda: len(g.incident(1)["notes"]) == 2, "both to be noted")
    assert status(g, "r1")[0] == "active"
    air.modem.receive(FAMILY, "2")
    g.wait_event("incident.declined", caregiver="fam1")
