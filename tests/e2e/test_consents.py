"""Consents as a clerk keeps them (docs/consents.md): files, single ones, taking back. What they mean for
visits is in test_visits_consents.py."""

import csv
import io

import pytest

COLUMNS = "resident,kind,who,granted,by,guardian,at,until".split(",")
CHINESE = "老人编号,事项,对象,是否同意,决定人,监护人,同意日期,截止日期\r\n" \
          "r1,自动接听,家属,是,监护人,王建国,2026年3月1日,2026-12-31\r\n" \
          "r1,探视,所有人,否,本人,,,\r\n" \
          "r2,求助时自动接听,doc1,是,本人,,2026-03-01,\r\n"


@pytest.fixture
def town_hall(world):
    """A village of two; import_(text or bytes) answers the finished process."""
    g = world.begin().village().gateway
    g.load("residents", [{"id": "r2", "name": "赵国富", "region": "511781103201"}])

    def import_(text, *words):
        file = world.folder / "consents.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return g.ctl_raw("import", "consents", file, *words)
    g.import_ = import_
    return g


def listed(g, *words):
    return {(c["resident"], c["kind"], c["who"]): c for c in g.ctl_json("consent", "list", *words)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_of_consents(town_hall, encoding):
    """"CSV kind `consents`: `resident,kind,who,granted,by,guardian,at,until`"; "Headers may be Chinese";
    "Exports ... import"."""
    g = town_hall
    done = g.import_(CHINESE.encode(encoding))
    assert done.returncode == 0 and "3 added" in done.stdout, done.stderr
    found = listed(g)
    assert found["r1", "auto_answer", "family"] == {
        "resident": "r1", "kind": "auto_answer", "who": "family", "granted": "true", "by": "guardian",
        "guardian": "王建国", "at": "2026-03-01", "until": "2026-12-31"}
    assert found["r1", "visit", ""]["granted"] == "false"
    assert set(listed(g, "r2")) == {("r2", "alert", "doc1")}
    table = g.ctl("export", "consents")
    assert next(csv.reader(io.StringIO(table.lstrip("\ufeff")))) == COLUMNS
    done = g.import_(table)
    assert "3 rows, 0 added, 3 replaced" in done.stdout, done.stderr
    assert listed(g) == found and g.ctl("export", "consents") == table
    # by key: the same three columns are the same consent
    done = g.import_("resident,kind,who,granted,by\nr1,auto_answer,家属,no,guardian\n")
    assert "1 rows, 0 added, 1 replaced" in done.stdout, done.stderr
    row = listed(g)["r1", "auto_answer", "family"]
    assert (row["granted"], row["guardian"], row["until"]) == ("false", "王建国", "2026-12-31")


def test_the_template(town_hall):
    """"`--template` writes such a file"."""
    template = town_hall.ctl("import", "consents", "--template")
    assert template.lstrip("\ufeff").splitlines()[0] == CHINESE.splitlines()[0]
    done = town_hall.import_(template.replace("r-0001", "r1"))
    assert done.returncode == 0, done.stderr
    assert list(listed(town_hall)) == [("r1", "auto_answer", "family")]


def test_a_bad_file_changes_nothing(town_hall):
    """"check every row first, and apply all or nothing, naming each bad line ... and column"."""
    g = town_hall
    done = g.import_("resident,kind,who,granted,by,guardian,until\n"
                     "r1,visit,,yes,resident,,\n"
                     "r9,visit,,yes,resident,,\n"
                     "r1,camera,,yes,resident,,\n"
                     "r1,night,nobody,yes,resident,,\n"
                     "r1,night,grid,perhaps,resident,,\n"
                     "r1,alert,,yes,guardian,,\n"
                     "r1,alert,grid,yes,family,,\n"
                     "r1,alert,family,yes,resident,,next year\n"
                     "r1,visit,,no,resident,,\n")
    assert done.returncode == 1
    for line, column, words in [
            (3, "resident", "resident r9 does not exist"), (4, "kind", "must be one of: visit"),
            (5, "who", "caregiver nobody does not exist"), (6, "granted", "true/false"),
            (7, "guardian", "must name the guardian"), (8, "by", "only the resident or a guardian"),
            (9, "until", "not a date"), (10, "resident", "stands on line 2 already")]:
        assert any(f"line {line}, column {column}: " in told and words in told
                   for told in done.stderr.splitlines()), (line, done.stderr)
    assert len(done.stderr.splitlines()) == 8, done.stderr
    assert listed(g) == {} and not g.events("directory.changed", of="consents")


def test_one_consent(town_hall):
    """"A consent is withdrawn at once: ... or by `yijianctl consent withdraw RESIDENT KIND [WHO]`; the row then
    says no.\""""
    g = town_hall
    g.ctl("consent", "set", "r1", "auto_answer", "by=resident", "until=2026-12-31")
    g.ctl("consent", "set", "r1", "auto_answer", "fam1", "by=guardian", "guardian=王建国")
    g.ctl("consent", "set", "r1", "visit", "grid", "granted=no", "by=resident")
    found = listed(g, "r1")
    assert found["r1", "auto_answer", ""]["granted"] == "true"
    assert found["r1", "auto_answer", ""]["at"], "when it was said is now, unless it is given"
    assert found["r1", "auto_answer", "fam1"]["guardian"] == "王建国"
    assert found["r1", "visit", "grid"]["granted"] == "false"

    g.ctl("consent", "withdraw", "r1", "auto_answer", "fam1")
    found = listed(g)
    assert found["r1", "auto_answer", "fam1"]["granted"] == "false"
    assert found["r1", "auto_answer", "fam1"]["by"] == "clerk"
    assert found["r1", "auto_answer", ""]["granted"] == "true"

    g.ctl("consent", "set", "r1", "auto_answer", "doc1", "by=resident")
    g.ctl("consent", "withdraw", "r1", "auto_answer")
    assert {c["granted"] for k, c in listed(g).items() if k[1] == "auto_answer"} == {"false"}
    g.ctl("consent", "withdraw", "r1", "auto_answer")

    changes = g.events("directory.changed", of="consents")
    assert [(c["data"]["change"], c["data"]["key"]) for c in changes] == [
        ("set", "r1/auto_answer/"), ("set", "r1/auto_answer/fam1"), ("set", "r1/visit/grid"),
        ("withdrawn", "r1/auto_answer/fam1"), ("set", "r1/auto_answer/doc1"),
        ("withdrawn", "r1/auto_answer/")], "and once: the last one changed nothing"
    assert changes[3]["data"]["resident"] == "r1" and changes[3]["data"]["via"] == "ctl"
    assert "王" not in g.ctl("tail", "-n", "1000", "--json")
    g.verify_log()


def test_what_the_clerk_is_told(town_hall):
    g = town_hall
    for words, code, told in [
            (["set", "r1"], 2, ""), (["set", "r1", "camera", "by=resident"], 2, "KIND is visit"),
            (["set", "r1", "visit"], 1, "by: is required"),
            (["set", "r9", "visit", "by=resident"], 1, "resident r9 does not exist"),
            (["set", "r1", "visit", "nobody", "by=resident"], 1, "caregiver nobody does not exist"),
            (["set", "r1", "visit", "by=family"], 1, "only the resident or a guardian"),
            (["set", "r1", "visit", "fam1", "grid1", "by=resident"], 2, "column=value"),
            (["withdraw", "r1", "camera"], 2, "KIND is visit"),
            (["withdraw", "r9", "visit"], 1, "no such resident"),
            (["withdraw", "r1", "visit", "nobody"], 1, "nobody of that name")]:
        done = g.ctl_raw("consent", *words)
        assert done.returncode == code and told in done.stderr, (words, done.stderr)
    assert listed(g) == {}


def test_who_leaves_takes_consents_along(town_hall):
    """Whoever later gets the id of somebody who has left has not been agreed to."""
    g = town_hall
    g.ctl("consent", "set", "r1", "auto_answer", "fam1", "by=resident")
    g.ctl("consent", "set", "r2", "visit", "by=resident")
    g.ctl("caregiver", "remove", "fam1")
    assert set(listed(g)) == {("r2", "visit", "")}
    g.load("caregivers", [{"id": "fam1", "name": "别人", "role": "family", "residents": "r1"}])
    assert set(listed(g)) == {("r2", "visit", "")}
    g.ctl("resident", "remove", "r2")
    assert listed(g) == {}
