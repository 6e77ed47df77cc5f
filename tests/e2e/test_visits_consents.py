"""Issue 5, "Consent": who may visit, when, and when the terminal answers by itself; as callers and terminals
see it, by a clock that is moved by hand."""

import datetime
import zoneinfo

import pytest
import town
from harness import wait_until
from town import level, policy
from visit_world import ANSWER, HTTP, OFFER, VISITS, Caller, Terminal, home

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")
NIGHT = {**VISITS, "night": "21:00-07:00"}


class Village(town.ClockWorld):
    """It begins at noon of a day to come, by the clock of the municipality."""

    audit_ms = 100

    def prepare(self, gateway):
        super().prepare(gateway)
        self.day = datetime.datetime.now(SHANGHAI).date() + datetime.timedelta(days=2)
        self.clock.utc_ms = self.moment("12:00")
        self.clock.write()

    def moment(self, time, days=0):
        at = datetime.datetime.combine(self.day + datetime.timedelta(days=days),
                                       datetime.time.fromisoformat(time), SHANGHAI)
        return round(at.timestamp() * 1000)

    def go_to(self, time, days=0):
        """Time passes at once; only while no incident is open and nobody is rung."""
        self.clock.pass_by((self.moment(time, days) - self.clock.utc_ms) / 1000)
        self.look()

    def live(self, auto_connect=False):
        default = policy(levels=[level("family", wait="9h"), level("grid")], auto_connect=auto_connect)
        self.begin(policies=[default], visits=NIGHT, http=HTTP, gateway={"timezone": "Asia/Shanghai"})
        home(self)
        return self.gateway

    def terminal(self, name="t1"):
        self.clients.append(Terminal(self.broker, name))
        return self.clients[-1]

    def agreed(self, *rows):
        """Consents, each "resident kind who yes|no", and columns more."""
        names = "resident", "kind", "who", "granted"
        self.gateway.load("consents", [{**dict(zip(names, text.split(" "))), "by": "resident", **more}
                                       for text, more in [(r, {}) if isinstance(r, str) else r for r in rows]])

    def date(self, days):
        return str(self.day + datetime.timedelta(days=days))


@pytest.fixture
def village(tmp_path):
    world = Village(tmp_path)
    yield world
    world.end()


def may(caller, resident="r1"):
    """What a caregiver's page is told: "visit" and "auto", or "visit", or ""."""
    for r in caller.ask("GET", "/api/v1/me")[2]["residents"]:
        if r["id"] == resident:
            return "auto" if r["may"]["auto_answer"] else "visit" if r["may"]["visit"] else "no"
    return ""


def refused(caller, resident="r1"):
    """The code of a visit that must not begin."""
    status, _, problem = caller.ask("POST", "/api/v1/visits",
                                    {"resident": resident, "mode": "video", "offer": OFFER})
    assert status == 403, problem
    return problem["code"]


def rung(terminal, visit):
    return wait_until(lambda: terminal.rings(visit["id"]), "the ring")[0]


def answered(caller, terminal, auto, resident="r1"):
    """A visit that was rung for and answered; its events."""
    visit = caller.begin(resident)
    assert rung(terminal, visit)["auto_answer"] is auto
    events = caller.events(visit)
    terminal.visit(visit["id"], "ringing")
    terminal.visit(visit["id"], "accepted", answer=ANSWER)
    events.wait("answered")
    return visit, events


def test_without_consent_it_rings(village):
    """"whether it may answer by itself": nothing but what the resident granted makes it."""
    g = village.live(auto_connect=True)
    t1, daughter = village.terminal(), Caller(g, "fam1")
    assert may(daughter) == "visit"
    village.agreed("r1 visit  yes", "r1 night  yes", "r1 shared_room  yes", "r1 alert  yes",
                   "r2 auto_answer  yes", "r1 auto_answer fam1 no")
    assert may(daughter) == "visit"
    visit = daughter.begin()
    assert visit["auto_answer"] is False and rung(t1, visit)["auto_answer"] is False
    daughter.hang_up(visit)
    village.agreed("r1 auto_answer fam1 yes")
    visit = daughter.begin()
    assert visit["auto_answer"] is True
    ring = rung(t1, visit)
    assert ring["auto_answer"] is True and ring["from"] == "王小丽", "the name comes with it, always"


def test_the_nearest_wins(village):
    """"the person, then the role, then everybody"."""
    g = village.live()
    callers = {who: Caller(g, who) for who in ("fam1", "grid1", "op1")}

    def now():
        return " ".join(may(c) for c in callers.values())
    for rows, then in [
            (["r1 auto_answer  yes"], "auto auto auto"),
            (["r1 auto_answer family no"], "visit auto auto"),
            (["r1 auto_answer fam1 yes"], "auto auto auto"),
            (["r1 auto_answer grid1 no"], "auto visit auto"),
            (["r1 auto_answer  no"], "auto visit visit"),
            (["r1 auto_answer operator yes"], "auto visit auto"),
            (["r1 visit  no", "r1 visit family yes"], "auto no no"),
            (["r1 visit op1 yes"], "auto no auto"),
            (["r1 visit fam1 no"], "no no auto")]:
        village.agreed(*rows)
        assert now() == then, rows


def test_who_may_visit(village):
    """"per resident, who may visit"; a refusal is in the log, with ids alone."""
    g = village.live()
    village.terminal()
    daughter, seat, stranger = (Caller(g, who) for who in ("fam1", "op1", "fam2"))
    assert (may(daughter), may(seat), may(stranger)) == ("visit", "visit", "")
    assert refused(stranger) == "not_yours"
    village.agreed("r1 visit  no")
    assert refused(daughter) == "no_consent" and refused(seat) == "no_consent"
    assert refused(stranger) == "not_yours"
    denied = [(e["data"]["caregiver"], e["data"]["reason"]) for e in g.events("user.denied")]
    assert denied == [("fam2", "not_yours"), ("fam1", "no_consent"), ("op1", "no_consent"),
                      ("fam2", "not_yours")]
    # who does not serve them, but was named by the resident
    village.agreed("r1 visit family yes", "r1 visit  yes")
    assert refused(stranger) == "not_yours"
    village.agreed("r1 visit fam2 yes")
    stranger.begin()


def test_who_was_asked_for_help(village):
    """"From an alert: whoever answers an alert can open voice or video to that home": also somebody who does
    not serve the resident and was summoned, until the incident is closed."""
    g = village.live()
    t1, stranger = village.terminal(), Caller(g, "fam2")
    village.agreed("r1 alert  yes")
    assert refused(stranger) == "not_yours"
    village.device("b1").call()
    g.wait_event("incident.opened")
    assert refused(stranger) == "not_yours"
    g.ctl("incident", "page", "gw-1-1", "--to", "fam2")
    visit, _ = answered(stranger, t1, True)
    stranger.hang_up(visit)
    g.ctl("incident", "resolve", "gw-1-1", "--by", "fam2", "--outcome", "helped")
    assert refused(stranger) == "not_yours"


def test_by_night(village):
    """"never ... by night unless consented", from the first minute to the last."""
    g = village.live()
    t1, daughter, seat = village.terminal(), Caller(g, "fam1"), Caller(g, "op1")
    village.agreed("r1 auto_answer  yes")
    for time, days, then in [("20:59:59", 0, "auto"), ("21:00:00", 0, "visit"), ("23:59:59", 0, "visit"),
                             ("00:00:00", 1, "visit"), ("06:59:59", 1, "visit"), ("07:00:00", 1, "auto"),
                             ("21:00:00", 1, "visit")]:
        village.go_to(time, days)
        assert may(daughter) == then, (time, days)
    visit = daughter.begin()
    assert rung(t1, visit)["auto_answer"] is False, "it rings all the same"
    daughter.hang_up(visit)
    village.agreed("r1 night family yes")
    assert (may(daughter), may(seat)) == ("auto", "visit")
    visit = daughter.begin()
    assert rung(t1, visit)["auto_answer"] is True


def test_nobody_knows_the_time(village):
    """It may be night, and what has an end may be over."""
    g = village.live()
    daughter, seat = Caller(g, "fam1"), Caller(g, "op1")
    village.agreed("r1 auto_answer  yes", ("r1 night family yes", {"until": village.date(30)}))
    village.clock.pass_by(10)
    village.clock.utc_ms = 5000
    village.clock.write()
    village.look()
    assert (may(daughter), may(seat)) == ("visit", "visit")
    village.agreed(("r1 night family yes", {"until": ""}))
    assert (may(daughter), may(seat)) == ("auto", "visit")


def test_until_and_from(village):
    """"`at`, `until`": a date counts to its end, by the municipality's clock; and a time to that moment."""
    g = village.live()
    daughter = Caller(g, "fam1")
    village.agreed("r1 night  yes", ("r1 auto_answer  yes", {"until": village.date(1)}))
    for time, days, then in [("23:59:59", 1, "auto"), ("00:00:00", 2, "visit")]:
        village.go_to(time, days)
        assert may(daughter) == then, (time, days)
    village.agreed(("r1 auto_answer  yes", {"until": f"{village.date(2)}T01:30:00+08:00"}))
    for time, then in [("01:29:59", "auto"), ("01:30:00", "visit")]:
        village.go_to(time, 2)
        assert may(daughter) == then, time
    # a no that has ended is none: what is wider counts again
    village.agreed(("r1 auto_answer  yes", {"until": ""}),
                   ("r1 auto_answer fam1 no", {"until": village.date(2)}))
    assert may(daughter) == "visit"
    village.go_to("00:00:00", 3)
    assert may(daughter) == "auto"
    # what was granted from a day on
    village.agreed(("r1 auto_answer fam1 yes", {"at": village.date(4), "until": ""}),
                   ("r1 auto_answer  no", {"until": ""}))
    village.go_to("23:59:59", 3)
    assert may(daughter) == "visit"
    village.go_to("00:00:00", 4)
    assert may(daughter) == "auto"


PLACES = [
    ("of a couple", {"resident": "r1;r2"}, None, True),
    ("of an institution", {"resident": "r1", "institution": "i1"}, None, True),
    ("in an institution's bed", {"resident": "r1"},
     {"kind": "institution", "institution": "i1", "occupant": "r1"}, True),
    ("of somebody in hospital", {"resident": "r1"}, {"kind": "hospital", "occupant": "r1"}, True),
    ("at a ward's bed", {"resident": "r1"}, {"kind": "institution", "institution": "i1", "device": "t1"}, True),
    ("in a home that an institution serves", {"resident": "r1"},
     {"kind": "home", "institution": "i1", "occupant": "r1"}, False),
]


@pytest.mark.parametrize("terminal,bed,shared", [p[1:] for p in PLACES], ids=[p[0] for p in PLACES])
def test_in_a_shared_room(village, terminal, bed, shared):
    """"never in a shared room ... unless consented"."""
    g = village.live()
    g.load("institutions", [{"id": "i1", "name": "石门敬老院", "region": "511781103201", "filing": "filed"}])
    g.load("devices", [{"id": "t1", "kind": "terminal", **terminal}])
    if bed:
        g.load("beds", [{"id": "bed1", **bed}])
    daughter = Caller(g, "fam1")
    village.agreed("r1 auto_answer  yes", "r1 night  yes", "r2 shared_room  yes")
    assert may(daughter) == ("visit" if shared else "auto")
    village.agreed("r1 shared_room family yes")
    assert may(daughter) == "auto"


def test_each_of_a_couple_decides(village):
    """A camera in their room shows the other one too, who must have agreed to that."""
    g = village.live()
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1;r2"}])
    t1, daughter, seat = village.terminal(), Caller(g, "fam1"), Caller(g, "op1")
    village.agreed("r1 auto_answer  yes", "r1 shared_room  yes")
    assert (may(daughter), may(seat)) == ("visit", "visit")
    village.agreed("r2 shared_room op1 yes")
    assert (may(daughter), may(seat)) == ("visit", "auto")
    village.agreed("r2 shared_room family yes")
    assert may(daughter) == "auto"
    visit = daughter.begin()
    assert rung(t1, visit)["auto_answer"] is True
    daughter.hang_up(visit)
    g.ctl("consent", "withdraw", "r2", "shared_room", "fam1")
    assert (may(daughter), may(seat)) == ("visit", "auto")


def test_while_a_call_for_help_is_open(village):
    """"the home's terminal connects without another press while the alert is open, if the resident agreed to
    that"."""
    g = village.live()
    t1, daughter, button = village.terminal(), Caller(g, "fam1"), village.device("b1")
    village.agreed("r1 alert family yes")
    assert may(daughter) == "visit"
    button.call("family")
    g.wait_event("incident.opened", kind="family")
    assert may(daughter) == "visit", "that is no call for help"
    g.load("devices", [{"id": "b2", "kind": "button", "resident": "r2"}])
    village.device("b2").call()
    g.wait_event("incident.opened", resident="r2")
    assert may(daughter) == "visit", "that is another's"
    button.call()
    opened = g.wait_event("incident.opened", kind="sos", resident="r1")["data"]["incident"]
    assert (may(daughter), may(Caller(g, "op1"))) == ("auto", "visit")
    visit, events = answered(daughter, t1, True)
    g.ctl("incident", "resolve", opened, "--by", "fam1", "--outcome", "helped")
    assert may(daughter) == "visit"
    assert events.states()[-1] == "answered", "what began goes on"
    daughter.hang_up(visit)


@pytest.mark.parametrize("auto_connect", [False, True])
def test_help_by_night_in_a_shared_room(village, auto_connect):
    """"never by itself outside that, except while that resident has an open call for help and the policy says
    so"."""
    g = village.live(auto_connect)
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1;r2"}])
    daughter, grid = Caller(g, "fam1"), Caller(g, "grid1")
    village.agreed("r1 alert family yes")
    village.go_to("23:00")
    assert may(daughter) == "visit"
    village.device("b1").call()
    g.wait_event("incident.opened")
    assert may(daughter) == ("auto" if auto_connect else "visit")
    assert may(grid) == "visit", "who was never agreed to"
    village.agreed("r1 night  yes", "r1 shared_room  yes", "r2 shared_room  yes")
    assert may(daughter) == "auto"


def test_a_call_on_what_two_share_is_of_both(village):
    g = village.live()
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1;r2"},
                       {"id": "t2", "kind": "terminal", "resident": "r2"}])
    village.agreed("r2 alert  yes", "r2 shared_room  yes", "r1 shared_room  yes")
    son = Caller(g, "fam2")
    assert may(son, "r2") == "visit"
    village.device("t1").call()
    assert g.wait_event("incident.opened")["data"]["resident"] == "r1"
    assert may(son, "r2") == "auto"


def at_the_terminal(g, daughter, terminal, visit):
    terminal.visit(visit["id"], "ended", withdraw="auto_answer")


def on_the_page(g, daughter, terminal, visit):
    status, _, problem = daughter.ask("POST", "/api/v1/consents/withdraw",
                                      {"resident": "r1", "kind": "auto_answer"})
    assert status == 204, problem


def by_the_clerk(g, daughter, terminal, visit):
    g.ctl("consent", "withdraw", "r1", "auto_answer", "family")


def by_a_file(g, daughter, terminal, visit):
    g.load("consents", [{"resident": "r1", "kind": "auto_answer", "who": "fam1", "granted": "no",
                         "by": "resident"}])


WITHDRAWN = {at_the_terminal: "resident", on_the_page: "family", by_the_clerk: "clerk", by_a_file: "resident"}


@pytest.mark.parametrize("withdraw", WITHDRAWN, ids=lambda f: f.__name__)
def test_withdrawn_at_once(village, withdraw):
    """"withdrawn at once by terminal, family page or clerk": also while the camera is on."""
    g = village.live()
    t1, daughter = village.terminal(), Caller(g, "fam1")
    village.agreed("r1 auto_answer  yes", "r1 auto_answer fam1 yes", "r1 auto_answer family yes")
    visit, events = answered(daughter, t1, True)
    withdraw(g, daughter, t1, visit)
    ended = events.wait("ended")
    if withdraw is not at_the_terminal:
        assert ended["reason"] == "withdrawn"
        assert t1.wait(action="end", session=visit["id"])["signal"]["reason"] == "withdrawn"
    assert may(daughter) == "visit"
    visit = daughter.begin()
    assert rung(t1, visit)["auto_answer"] is False
    daughter.hang_up(visit)
    row = next(c for c in g.ctl_json("consent", "list", "r1") if c["who"] == "fam1")
    assert (row["granted"], row["by"]) == ("false", WITHDRAWN[withdraw])
    change = g.events("directory.changed", of="consents")[-1]["data"]
    if withdraw is not by_a_file:
        assert (change["change"], change["resident"]) == ("withdrawn", "r1")
    if withdraw is on_the_page:
        assert (change["caregiver"], change["via"]) == ("fam1", "http")
    g.stop()
    g.start()
    assert may(daughter) == "visit"


def test_the_resident_has_seen_enough(village):
    """Whoever says at the terminal that it shall not answer by itself says so of alerts as well."""
    g = village.live(auto_connect=True)
    t1, daughter = village.terminal(), Caller(g, "fam1")
    village.agreed("r1 alert  yes", "r1 alert fam1 yes", "r1 night  yes")
    village.device("b1").call()
    g.wait_event("incident.opened")
    visit, events = answered(daughter, t1, True)
    t1.visit(visit["id"], "ended", withdraw="auto_answer")
    events.wait("ended")
    assert may(daughter) == "visit"
    said = {(c["kind"], c["who"]): c["granted"] for c in g.ctl_json("consent", "list", "r1")}
    assert said == {("alert", ""): "false", ("alert", "fam1"): "false", ("auto_answer", ""): "false",
                    ("night", ""): "true"}


def test_what_a_withdrawal_leaves_alone(village):
    """A visit that the resident let in stays; one that rings by itself ends; and `visit` ends any."""
    g = village.live()
    t1, daughter = village.terminal(), Caller(g, "fam1")
    village.agreed("r1 night  yes")
    visit, events = answered(daughter, t1, False)
    village.agreed("r1 auto_answer  yes")
    g.ctl("consent", "withdraw", "r1", "auto_answer")
    g.ctl("consent", "withdraw", "r1", "night")
    g.ctl("consent", "withdraw", "r1", "visit", "grid")
    g.ctl("consent", "withdraw", "r2", "visit")
    assert daughter.ask("GET", f"/api/v1/visits/{visit['id']}")[2]["state"] == "answered"
    g.ctl("consent", "withdraw", "r1", "visit", "fam1")
    assert events.wait("ended")["reason"] == "withdrawn"
    assert refused(daughter) == "no_consent"

    village.agreed("r1 visit fam1 yes", "r1 auto_answer  yes")
    visit = daughter.begin()
    rung(t1, visit)
    g.ctl("consent", "withdraw", "r1", "auto_answer", "family")
    t1.wait(action="end", session=visit["id"])


def test_what_it_rests_on(village):
    """An answered visit ends with the consents that took, and not with others, nor because night falls or the
    incident is closed."""
    g = village.live()
    t1, daughter = village.terminal(), Caller(g, "fam1")
    village.agreed("r1 auto_answer  yes", "r1 alert  yes", "r1 night  yes")
    visit, events = answered(daughter, t1, True)
    g.ctl("consent", "withdraw", "r1", "night")
    g.ctl("consent", "withdraw", "r1", "alert")
    assert daughter.ask("GET", f"/api/v1/visits/{visit['id']}")[2]["state"] == "answered"
    g.ctl("consent", "withdraw", "r1", "auto_answer")
    events.wait("ended")


def test_only_the_family_takes_back_and_nobody_grants(village):
    """"A family member may withdraw for their resident, and grant nothing"."""
    g = village.live()
    daughter, grid, seat, son = (Caller(g, who) for who in ("fam1", "grid1", "op1", "fam2"))
    village.agreed("r1 auto_answer  yes", "r2 auto_answer  yes")

    def ask(caller, **body):
        status, _, problem = caller.ask("POST", "/api/v1/consents/withdraw", body)
        return status, problem and problem["code"]
    r1 = {"resident": "r1", "kind": "auto_answer"}
    for caller, body, then in [
            (grid, r1, (403, "not_yours")), (seat, r1, (403, "not_yours")), (son, r1, (403, "not_yours")),
            (daughter, {"resident": "r2", "kind": "auto_answer"}, (403, "not_yours")),
            (daughter, {"resident": "r9", "kind": "auto_answer"}, (403, "not_yours")),
            (daughter, {"resident": "r1", "kind": "camera"}, (400, "invalid")),
            (daughter, {"resident": "r1"}, (400, "invalid")), (daughter, {}, (400, "invalid")),
            (daughter, {**r1, "who": 7}, (400, "invalid")),
            (daughter, {**r1, "who": "a b"}, (400, "invalid")),
            (daughter, {**r1, "who": "nobody"}, (404, "unknown_caregiver"))]:
        assert ask(caller, **body) == then, body
    assert may(daughter) == "auto" and not g.events("directory.changed", change="withdrawn")
    status, _, _ = daughter.ask("POST", "/api/v1/consents/withdraw", r1, token="")
    assert status == 401
    assert ask(daughter, **r1, who="fam1", granted=True) == (204, None)
    assert (may(daughter), may(seat)) == ("visit", "auto")
    assert ask(daughter, **r1) == (204, None)
    assert (may(daughter), may(seat)) == ("visit", "visit")


def test_who_is_removed_is_shown_out(village):
    g = village.live()
    t1, daughter = village.terminal(), Caller(g, "fam1")
    village.agreed("r1 auto_answer fam1 yes")
    visit, events = answered(daughter, t1, True)
    g.ctl("caregiver", "remove", "fam1")
    t1.wait(action="end", session=visit["id"])
