"""yijianctl while the daemon is down: usage, lists and tables, policies, completion.
test_cli_gateway.py has the real daemon."""

import json
import os
import pty
import re
import subprocess

import pytest

from cli_world import CTL, INCIDENT, add_incidents, fill_directory, gateway, home

pytestmark = pytest.mark.quick


# ── usage and exit codes ──


def test_wrong_usage_exits_2(home):
    for args in ([], ["nonsense"], ["roster"], ["incident"], ["incident", "nonsense"],
                 ["incident", "ack", "x"], ["incident", "ack", "--by", "a"],
                 ["incident", "ack", "x", "--by", "a", "--how", "flying"],
                 ["incident", "ack", "x", "--by", "a", "--eta", "soon"],
                 ["incident", "resolve", "x", "--by", "a", "--outcome", "nonsense"],
                 ["incident", "note", "x", "--code", "nonsense"], ["incident", "cancel", "x", "--by", "a"],
                 ["tail", "-n"], ["tail", "-n", "-1"], ["tail", "-n", "1x"], ["tail", "--since", "yesterday"],
                 ["tail", "extra"], ["tail", "--unknown"], ["import", "nonsense", "f.csv"], ["import", "residents"],
                 ["export"], ["resident", "add", "r1", "no-equals"], ["resident", "set", "phone=1"], ["resident", "set", "r1"],
                 ["resident", "add", "r1", "name=a", "name=b"], ["bed", "move", "r1", "bed1"],
                 ["policy", "explain", "r1", "--kind", "nonsense"], ["rejected", "show", "x"],
                 ["log", "verify", "--checkpoint", "1:xyz"], ["device", "enroll", "no/id"],
                 [b"resident", b"show", b"\xff"], [b"incident", b"cancel", b"x", b"--by", b"a", b"--reason", b"\xd6\xd0"],
                 ["completion", "zsh"], ["completion", "bash", "--json"]):
        r = home.ctl(*args, code=2)
        assert r.stderr and not r.stdout, args


def test_every_subcommand_has_help(home):
    usage = home.ctl("--help").stdout
    commands = []
    for line in usage.splitlines():
        m = re.match(r"  (\w+) ?([a-z|]*)", line)
        if m:
            commands += [[m[1], verb] if m[2] else [m[1]] for verb in m[2].split("|")]
    groups = [command[0] for command in commands]
    assert groups == sorted(groups, key=groups.index), "the verbs of a group stand in one line"
    assert ["device", "list"] in commands and ["device", "try"] in commands
    assert ["incident", "ack"] in commands and ["tail"] in commands and len(commands) > 45
    for command in commands:
        r = home.ctl(*command, "--help")
        assert r.stdout.startswith(f"usage: yijianctl {' '.join(command)}"), command
        assert not r.stderr
        assert all(len(line) <= 80 for line in r.stdout.split("\n\n")[0].splitlines()), r.stdout
    assert home.ctl("incident", "--help").stdout.count("yijianctl incident ") >= 8


def test_configuration_errors_exit_78(home):
    home.config.write_text("gateway: {id: gw-1, nonsense: 1}\n")
    r = home.ctl("status", code=78)
    assert f"{home.config}:1" in r.stderr
    home.config.unlink()
    for args in (["status"], ["tail"], ["resident", "list"]):
        assert str(home.config) in home.ctl(*args, code=78).stderr


def test_gateway_not_reachable_exits_69(home):
    home.writer().close()
    for args in (["status"], ["reload"], ["incident", "ack", "gw-1-1", "--by", "a"],
                 ["resident", "add", "r9", "name=x", "region=511781100200"], ["resident", "remove", "r1"],
                 ["bed", "move", "r1", "bed1", "--reason", "x"], ["device", "revoke", "b1"], ["device", "test", "b1"]):
        assert "not reachable" in home.ctl(*args, code=69).stderr
    r = subprocess.run([CTL, "--socket", home.socket, "tail"], capture_output=True, text=True)
    assert r.returncode == 69


def test_no_database_yet(home):
    r = home.ctl("incident", "list", code=69)
    assert "no database" in r.stderr
    assert not home.database.exists()


# ── reading without the daemon ──


def test_directory_lists_and_shows(home):
    w = home.writer()
    fill_directory(w)
    w.close()
    assert [r["id"] for r in home.json("resident", "list")] == ["r1", "r2"]
    one = home.json("resident", "show", "r1")
    assert one["name"] == "王秀英" and one["region"] == "511781100200"
    assert home.json("device", "show", "b1")["resident"] == "r1"
    assert home.json("region", "show", "511781000000")["name"] == "万源市"
    assert {c["id"] for c in home.json("caregiver", "list")} == {"son", "grid1", "grid2", "doc", "desk", "shop"}
    for kind in ("device", "bed", "institution", "region"):
        assert isinstance(home.json(kind, "list"), list)
    assert "no resident r9" in home.ctl("resident", "show", "r9", code=1).stderr
    assert "王秀英" in home.ctl("export", "residents").stdout
    assert home.json("export", "residents")[0]["id"] == "r1"


def test_long_lists_are_complete(home):
    """They are read piece by piece."""
    w = home.writer()
    w.do("sql", sql="WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 4000)"
                    " INSERT INTO residents (id, name, region) SELECT 't' || n, 'x', '511781100200' FROM i")
    w.do("config", path=str(home.config))
    w.do("sql", sql="".join(INCIDENT.format(n=n, resident=f"t{n}", kind=0, state=3 * (n % 2), due="NULL", level=0,
                                            closed="5" if n % 2 else "NULL", outcome=0, answerer="NULL")
                            for n in range(1, 1001)))
    w.close()
    assert [r["id"] for r in home.json("resident", "list")] == sorted(f"t{n}" for n in range(1, 4001))
    everyone = [i["id"] for i in home.json("incident", "list", "--all")]
    assert everyone == [f"gw-1-{n}" for n in range(1000, 0, -1)]
    assert [i["id"] for i in home.json("incident", "list")] == everyone[::2]
    assert [i["id"] for i in home.json("incident", "list", "-n", "3")] == everyone[:6:2]
    assert [i["id"] for i in home.json("incident", "list", "--all", "-n", "3")] == everyone[:3]


def columns_of(line):
    """Display columns at which the words of a table's line begin (two spaces between)."""
    at, out, gap = 0, [], 2
    for ch in line:
        if ch == " ":
            gap += 1
        else:
            if gap >= 2:
                out.append(at)
            gap = 0
        at += 2 if ord(ch) > 0x2e80 else 1
    return out


def test_tables_are_aligned_in_any_locale(home):
    w = home.writer()
    fill_directory(w)
    w.close()
    for env in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {}):
        lines = home.ctl("caregiver", "list", env=env).stdout.splitlines()
        title = columns_of(lines[0])
        assert len(lines) == 7
        for line in lines[1:]:
            starts = columns_of(line)
            assert set(starts) <= set(title), lines
            assert "?" not in line
    assert "王秀英" in home.ctl("resident", "list", env={"LC_ALL": "C"}).stdout


def test_controls_never_reach_the_terminal(home):
    w = home.writer()
    fill_directory(w)
    w.do("sql", sql="UPDATE residents SET name = 'evil' || char(27) || '[2J' || char(155) || char(8238)"
                    " || char(10) || 'x' WHERE id = 'r1'")
    w.close()
    for args in (["resident", "list"], ["resident", "show", "r1"], ["resident", "list", "--json"]):
        out = home.ctl(*args).stdout
        assert "\x1b" not in out and "\x9b" not in out and "\u202e" not in out, args
    assert "\\x1b[2J\\u009b\\u202e\\nx" in home.ctl("resident", "list").stdout
    assert home.json("resident", "show", "r1")["name"] == "evil\x1b[2J\x9b\u202e\nx"


def on_a_terminal(args, env):
    """What a program writes to a terminal."""
    leader, follower = pty.openpty()
    p = subprocess.Popen(args, stdout=follower, stderr=subprocess.DEVNULL, env=env)
    os.close(follower)
    out = b""
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.close(leader)
    assert p.wait() == 0
    return out.decode()


def test_colours_only_on_a_terminal(home):
    w = home.writer()
    fill_directory(w)
    w.event(kind="sos", resident="r1", level=0, incident=1)
    w.close()
    for args in (["resident", "list"], ["tail"]):
        command = [CTL, "-c", home.config, *args]
        assert "\x1b[" in on_a_terminal(command, {"TERM": "xterm"})
        assert "\x1b" not in on_a_terminal(command, {"TERM": "xterm", "NO_COLOR": "1"})
        assert "\x1b" not in on_a_terminal(command, {"TERM": "dumb"})
        assert "\x1b" not in home.ctl(*args, env={"TERM": "xterm"}).stdout


def test_incident_list_and_show(home):
    w = home.writer()
    add_incidents(home, w)
    w.close()
    listed = home.json("incident", "list")
    assert [i["id"] for i in listed] == ["gw-1-2"]
    i = listed[0]
    assert (i["kind"], i["state"], i["level"], i["resident"], i["resident_name"]) == ("sos", "acked", 1, "r1", "王秀英")
    assert i["answered_by"] == "son" and i["alerts"] == 3 and i["late"] is True and i["drill"] is False
    assert i["opened_at"] == "2027-01-15T08:00:00.000Z"
    assert i["next_at"] == "2027-01-15T08:02:40.000Z"  # 60 s after the timeline's row
    assert i["outcome"] is None and i["closed_at"] is None
    everyone = home.json("incident", "list", "--all")
    assert [x["id"] for x in everyone] == ["gw-1-2", "gw-1-1"]
    assert everyone[1]["outcome"] == "helped" and everyone[1]["closed_at"] == "2027-01-15T08:01:00.000Z"
    assert "gw-1-2" in home.ctl("incident", "list").stdout and "gw-1-1" not in home.ctl("incident", "list").stdout

    one = home.json("incident", "show", "gw-1-2")
    assert one["policy"] == "default"
    status = {p["caregiver"]: p["status"] for p in one["people"]}
    assert status == {"son": "answered", "grid1": "declined", "doc": "unreachable", "desk": "informed"}
    assert one["notes"] == [{"at": "2027-01-15T08:00:01.000Z", "caregiver": "son", "text": "已打 120"}]
    assert one["devices"][0]["last_id"] == "call-1"
    assert [(d["id"], d["status"], d["state"]) for d in one["deliveries"]] == [
        ("gw-1-d5", "delivered", "open"), ("gw-1-d6", "pending", "answered")]
    assert one["deliveries"][0]["caregiver"] == "son" and one["deliveries"][1]["device"] == "b1"
    assert [e["type"] for e in one["events"]] == ["yijian.incident.opened", "yijian.incident.acked"]
    shown = home.ctl("incident", "show", "gw-1-2").stdout
    for word in ("people:", "deliveries:", "events:", "王强", "unreachable"):
        assert word in shown
    assert "no incident" in home.ctl("incident", "show", "gw-1-99", code=1).stderr
    assert "no incident" in home.ctl("incident", "show", "nonsense", code=1).stderr


def test_incident_list_when_there_is_none(home):
    home.writer().close()
    assert home.json("incident", "list") == []
    assert "no open incidents" in home.ctl("incident", "list").stdout


def test_rejected(home):
    w = home.writer()
    w.do("reject", topic="yj/v1/dev/b1/up/call", device="b1", hex=b"{not json".hex())
    w.do("reject", topic="yj/v1/dev/b1/up/alarm", device="b1", hex="fffe00")
    w.do("reject", topic="yj/v1/dev/b1/up/call", device="b1", hex=b"a\0b".hex())
    w.close()
    zero = home.json("rejected", "list")[0]["n"]
    assert "text    a\\x00b\n" in home.ctl("rejected", "show", str(zero)).stdout
    assert home.json("rejected", "show", str(zero))["text"] == "a\0b"
    listed = home.json("rejected", "list")[1:]
    assert [r["reason"] for r in listed] == ["json", "json"] and listed[0]["n"] > listed[1]["n"]
    assert len(home.json("rejected", "list", "-n", "1")) == 1
    assert home.json("rejected", "show", str(listed[1]["n"]))["text"] == "{not json"
    one = home.json("rejected", "show", str(listed[0]["n"]))
    assert one["base64"] == "//4A" and one["length"] == 3 and len(one["sha256"]) == 64
    assert "no rejected message" in home.ctl("rejected", "show", "99", code=1).stderr


# ── policies ──


def test_policy_explain(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    w.close()
    e = home.json("policy", "explain", "r1")
    assert e["policy"] == "default" and e["kind"] == "sos" and e["repeat_every_ms"] == 300_000
    assert [l["after_ms"] for l in e["levels"]] == [0, 60_000, 180_000]
    people = [[(p["caregiver"], p["why"]) for p in l["people"]] for l in e["levels"]]
    assert people == [[("son", "family"), ("grid1", "grid")], [("doc", "caregiver:doc")], [("desk", "duty")]]
    assert e["levels"][0]["people"][0]["channels"] == ["mqtt", "sms"]
    assert e["levels"][0]["people"][1]["channels"] == ["mqtt"]  # the configured default
    assert [p["caregiver"] for p in e["inform"]] == ["son"]
    service = home.json("policy", "explain", "r1", "--kind", "service")
    assert [[p["caregiver"] for p in l["people"]] for l in service["levels"]] == [["shop"]]
    # A device of an institution has people too.
    hall = home.json("policy", "explain", "b-hall")
    assert hall["resident"] is None and hall["institution"] == "i1"
    assert [[p["caregiver"] for p in l["people"]] for l in hall["levels"]] == [["grid1"], ["doc"], ["desk"]]
    text = home.ctl("policy", "explain", "r1").stdout
    assert "level 2, after 3 min, repeated every 5 min" in text and "王强" in text
    assert home.ctl("policy", "explain", "nobody", code=1).stderr


def test_policy_check(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    assert home.json("policy", "check") == []
    # The last level of `service` has nobody for those who are not near.
    w.do("put", kind="caregivers", record={"id": "shop", "region": "511722"})
    r = home.ctl("policy", "check", "--json", code=1)
    found = json.loads(r.stdout)
    assert {(f.get("resident"), f.get("institution"), f["kind"]) for f in found} == {
        ("r1", None, "service"), ("r2", None, "service"), (None, "i1", "service")}
    assert "3 findings" in r.stderr
    # Whoever is named by a provider of their own has somebody.
    w.do("put", kind="caregivers", record={"id": "shop2", "name": "x", "role": "provider", "residents": "r2"})
    found = json.loads(home.ctl("policy", "check", "--json", code=1).stdout)
    assert {f.get("resident") or f.get("institution") for f in found} == {"r1", "i1"}
    # A caregiver of a policy who is not there, and nobody on duty at all.
    w.do("sql", sql="UPDATE caregivers SET gone_utc_ms = 1 WHERE id IN ('doc', 'desk')")
    r = home.ctl("policy", "check", code=1)
    assert "caregiver:doc does not exist" in r.stdout and "nobody is duty or operator" in r.stdout
    w.close()


def test_policy_check_of_a_town_is_quick(home):
    w = home.writer()
    fill_directory(w)
    w.do("config", path=str(home.config))
    w.do("sql", sql="WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 10000)"
                    " INSERT INTO residents (id, name, region) SELECT 't' || n, 'x', '5117811' || (10000 + n) FROM i")
    w.do("sql", sql="UPDATE caregivers SET region = '511722', region_prefix = '511722' WHERE id = 'shop'")
    w.close()
    found = json.loads(home.ctl("policy", "check", "--json", code=1).stdout)
    assert len([f for f in found if f.get("resident")]) == 10_002
    assert {f["kind"] for f in found} == {"service"}


# ── completion ──


def complete(home, *words):
    script = (f'source <({CTL} completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _yijianctl;'
              ' printf "%s\\n" "${COMPREPLY[@]}"')
    r = subprocess.run(["bash", "-c", script, "bash", "yijianctl", *words], capture_output=True, text=True)
    assert r.returncode == 0 and not r.stderr, r.stderr
    return r.stdout.split()


def test_completion(home):
    assert complete(home, "inc") == ["incident"]
    assert complete(home, "incident", "a") == ["ack", "arrive"]
    assert "--outcome" in complete(home, "incident", "resolve", "gw-1-1", "--")
    assert complete(home, "incident", "resolve", "--outcome", "h") == ["helped", "hospital"]
    assert {"--follow", "--type"} <= set(complete(home, "tail", "--"))
    assert {"enroll", "list", "test"} <= set(complete(home, "-c", "file", "device", ""))
    assert complete(home, "import", "resi") == ["residents"]
    assert complete(home, "import", "residents", str(home.config)[:-3]) == [str(home.config)]
    assert "tail" in complete(home, "") and "nonsense" not in complete(home, "")
    assert complete(home, "roster", "s") == ["show", "set"]
