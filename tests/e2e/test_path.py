"""The thinnest path: a press, a page, an answer, an arrival, an end."""

import pytest


@pytest.mark.quick
def test_press_to_resolution(world):
    world.begin().village()
    home = world.device("b1")
    family, grid, doctor = (world.caregiver(c) for c in ("fam1", "grid1", "doc1"))
    call = home.call()
    assert home.wait(id=call, state="received")["incident"] == "gw-1-1"
    page = grid.wait(state="open")
    assert page["resident"]["name"] == "王秀英"
    assert grid.reply("gw-1-1", "ack", eta=10)["ok"] is True
    assert family.wait(state="answered")["incident"] == "gw-1-1"
    assert home.wait(state="answered")["by"] == "何晓东"
    assert grid.reply("gw-1-1", "arrive")["ok"] is True
    assert home.wait(state="arrived")
    assert grid.reply("gw-1-1", "resolve", outcome="helped")["ok"] is True
    assert home.wait(state="closed")
    assert family.wait(state="closed")
    assert not doctor.pages()
    types = [e["type"] for e in world.gateway.events("incident.*")]
    assert types == ["yijian.incident." + t
                     for t in ("opened", "notified", "acked", "arrived", "resolved")]
    world.gateway.verify_log()
