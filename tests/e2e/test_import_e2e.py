"""docs/contract.md, "Bad input" (CSV imports) and the directory's table, through yijianctl and the
running gateway."""

import csv
import io
import json
import re
import subprocess
import threading
import time

import pytest

import harness
from harness import now_ms, wait_until
from town import policy

PEOPLE = "编号,姓名,区划代码,联系电话,独居,类别,风险等级,备注\r\n" \
         "r-1,张三,511781101201,13800000101,是,独居;空巢,重点,第一行\r\n" \
         "r-2,欧阳𠮷,511781101202,0818-1234567,否,,一般,\"有,逗号\"\r\n"


@pytest.fixture
def town_hall(world):
    """A running gateway; import_(kind, text or bytes, *words) answers the finished process."""
    world.begin([policy(), policy("night")])
    g = world.gateway

    def import_(kind, text, *words):
        file = world.folder / f"{kind}.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return g.ctl_raw("import", kind, file, *words)
    g.import_ = import_
    return g


def rows(g, kind):
    return {r["id"] if "id" in r else r["code"]: r for r in g.ctl_json(kind, "list")}


def exported(g, kind):
    return list(csv.reader(io.StringIO(g.ctl("export", kind))))


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_chinese_headers(town_hall, encoding, ends):
    """"CSV imports accept UTF-8 (with or without BOM) and GB18030, LF and CRLF"; "Headers may be
    Chinese (姓名, 区划代码, 联系电话 …)"; "Booleans are ... `是/否`"."""
    g = town_hall
    done = g.import_("residents", PEOPLE.replace("\r\n", ends).encode(encoding))
    assert done.returncode == 0, done.stderr
    r = rows(g, "resident")
    assert r["r-2"]["name"] == "欧阳𠮷" and r["r-1"]["phone"] == "13800000101"
    assert (r["r-1"]["lives_alone"], r["r-2"]["lives_alone"]) == ("true", "false")
    assert r["r-2"]["notes"] == "有,逗号"
    assert r["r-1"]["risk"] == "key"
    table = exported(g, "residents")
    line = dict(zip(table[0], table[2]))
    assert line["name"] == "欧阳𠮷" and line["region"].strip("'") == "511781101202"


MIXED = [
    ("first UTF-8, then GB18030", "r1,张三,511781101201\n".encode() + "r2,李四,511781101201\n".encode("gb18030"), 3),
    ("first GB18030, then UTF-8", "r2,李四,511781101201\n".encode("gb18030") + "r1,张三,511781101201\n".encode(), 2),
    ("a character cut in two", "r1,张三,511781101201\nr2,李四,511781101201\n".encode().replace("四".encode(), "四".encode()[:2]), 3),
]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["plain", "bom"])
@pytest.mark.parametrize("rows_,line", [m[1:] for m in MIXED], ids=[m[0] for m in MIXED])
def test_a_file_of_two_encodings_is_refused(town_hall, rows_, line, bom):
    """"CSV imports accept UTF-8 ... and GB18030 ... naming each bad line": read as GB18030 as a whole,
    such a file would import names that nobody has."""
    done = town_hall.import_("residents", bom + b"id,name,region\n" + rows_)
    assert done.returncode == 1 and f"line {line}:" in done.stderr and "UTF-8" in done.stderr, done.stderr
    assert rows(town_hall, "resident") == {}


def test_gb18030_that_begins_like_utf8(town_hall):
    """"CSV imports accept ... GB18030": names whose first bytes are a character in UTF-8 too."""
    names = ["瑷宝", "瑷宝玲", "张三", "欧阳𠮷", "璋彪"]
    text = "id,name,region\n" + "".join(f"g{n},{name},511781101201\n" for n, name in enumerate(names))
    done = town_hall.import_("residents", text.encode("gb18030"))
    assert done.returncode == 0, done.stderr
    assert [r["name"] for r in rows(town_hall, "resident").values()] == names


def test_gb18030_that_is_utf8_by_chance(town_hall):
    """"CSV imports accept ... GB18030": the bytes of such a name are characters of two bytes in UTF-8
    as a whole. What stands alone there is a sign in UTF-8."""
    for name, encoding in (("袁喜", "gb18030"), ("谢习", "gb18030"), ("José 5°C", "utf-8"), ("袁喜", "utf-8")):
        raw = f"id,name,region\nr1,{name},511781101201\n".encode(encoding)
        raw.decode()  # the case in question
        done = town_hall.import_("residents", raw)
        assert done.returncode == 0, done.stderr
        assert rows(town_hall, "resident")["r1"]["name"] == name


def test_booleans(town_hall):
    """"Booleans are `true/false`, `1/0`, `yes/no`, `是/否`." """
    g = town_hall
    words = {"true": "true", "false": "false", "1": "true", "0": "false", "yes": "true", "no": "false",
             "是": "true", "否": "false", "": ""}
    text = "id,name,region,lives_alone\n" + "".join(
        f"b{n},甲,511781101201,{w}\n" for n, w in enumerate(words))
    assert g.import_("residents", text).returncode == 0
    found = [rows(g, "resident")[f"b{n}"]["lives_alone"] for n in range(len(words))]
    assert found == list(words.values())
    for word in ("maybe", "2", "对", "tru"):
        done = g.import_("residents", f"id,name,region,lives_alone\nx,甲,511781101201,{word}\n")
        assert done.returncode == 1 and "line 2" in done.stderr and "lives_alone" in done.stderr


# The file, and the (line, column) of each error, in their order.
FLAWED = [
    ("id,name,region\nr1,,511781101201\nr2,乙,51178110120\nr3,丙,511781101201\n", [(2, "name"), (3, "region")]),
    ("id,name,region,nickname\nr1,甲,511781101201,x\n", [(1, "nickname")]),
    ("id,name,region,name\nr1,甲,511781101201,乙\n", [(1, "name")]),
    ("id,name,region,姓名\nr1,甲,511781101201,乙\n", [(1, "姓名")]),
    ("id,name\nr1,甲\n", [(1, "region")]),
    ("id,name,region\nr1,甲,511781101201\nr1,甲,511781101201\n", [(3, "id")]),
    ("id,name,region,phone\nr1,甲,3.30E+11,1\nr2,甲,511781101201,1.38E+10\n", [(2, "region"), (3, "phone")]),
    ("id,name,region,phone\nr1,甲,511781101201,511781193801011234\n", [(2, "phone")]),
    ("id,name,region,notes\nr1,甲,511781101201,身份证 51178119380101123X\n", [(2, "notes")]),
    ("id,name,region,policy\nr1,甲,511781101201,nights\n", [(2, "policy")]),
    ("id,name,region,status\nr1,甲,511781101201,asleep\n", [(2, "status")]),
    ("id,name,region,lat\nr1,甲,511781101201,north\n", [(2, "lat")]),
    ("id,name,region,birth_year\nr1,甲,511781101201,38\n", [(2, "birth_year")]),
    ("id,name,region\nr 1,甲,511781101201\n" + "r" * 65 + ",甲,511781101201\n", [(2, "id"), (3, "id")]),
    ("id,name,region\nr1,甲,511781101201,extra\nr2,甲\n", [(2, None), (3, None)]),
    ('id,name,region\nr1,"甲,511781101201\n', [(2, None)]),
]


@pytest.mark.parametrize("text,errors", FLAWED, ids=range(len(FLAWED)))
def test_errors_name_line_and_column(town_hall, text, errors):
    """"check every row first, and apply all or nothing, naming each bad line (the header is line 1) and
    column"; "Unknown columns ..., a key twice in a file, ... are errors; a code or number that a
    spreadsheet turned into `3.30E+11` is named with the cure; identity-card numbers are never
    stored."""
    g = town_hall
    assert g.import_("residents", "id,name,region\nold,老,511781101201\n").returncode == 0
    done = g.import_("residents", text)
    assert done.returncode == 1 and not done.stdout
    named = [(int(n), c) for n, c in re.findall(r"^(?:yijianctl: )?line (\d+)(?:, column ([^:]+))?", done.stderr, re.M)]
    for line, column in errors:
        assert (line, column) in named or (column is None and line in [n for n, _ in named]), done.stderr
    assert {n for n, _ in named} == {line for line, _ in errors}, done.stderr
    assert list(rows(g, "resident")) == ["old"]
    if "E+1" in text:
        assert re.search("(?i)text|文本", done.stderr), done.stderr
    assert "511781193801011234" not in done.stderr and "51178119380101123X" not in done.stderr
    assert len(g.events("directory.changed")) == 1


def test_references(town_hall):
    """"references to what does not exist are errors", over all kinds; and a region that is not in
    `regions` "is allowed and shown by its code"."""
    g = town_hall
    assert g.import_("residents", "id,name,region\nr1,甲,511781101201\n").returncode == 0
    assert g.ctl_json("resident", "show", "r1")["region"] == "511781101201"
    for kind, text, column in (
            ("caregivers", "id,name,role,residents\nc1,甲,family,r1;r9\n", "residents"),
            ("caregivers", "id,name,role,institution\nc1,甲,nurse,i9\n", "institution"),
            ("caregivers", "id,name,role,channels\nc1,甲,nurse,webhook:none\n", "channels"),
            ("devices", "id,kind,resident\nd1,button,r9\n", "resident"),
            ("devices", "id,kind,resident,institution\nd1,button,,i9\n", "institution"),
            ("beds", "id,kind,occupant\nb1,home,r9\n", "occupant"),
            ("beds", "id,kind,device\nb1,home,d9\n", "device"),
            ("institutions", "id,name,region,filing,policy\ni1,甲,511781101201,filed,none\n", "policy")):
        done = g.import_(kind, text)
        assert done.returncode == 1 and "line 2" in done.stderr and column in done.stderr, (kind, column, done.stderr)


def test_one_namespace(town_hall):
    """"in one namespace (an id may not be both)": device and caregiver."""
    g = town_hall
    assert g.import_("devices", "id,kind,resident\nx1,button,\n").returncode == 0
    done = g.import_("caregivers", "id,name,role\nx1,甲,duty\n")
    assert done.returncode == 1 and "line 2" in done.stderr
    assert g.import_("caregivers", "id,name,role\nx2,甲,duty\n").returncode == 0
    assert g.import_("devices", "id,kind,resident\nx2,button,\n").returncode == 1
    assert g.ctl_raw("device", "add", "x2", "kind=button").returncode == 1


def test_rows_are_replaced_by_key(town_hall):
    """"Rows are added or replaced by key; a column that is absent keeps the old value, an empty field
    clears it."; `--ignore COLUMN`."""
    g = town_hall
    assert g.import_("residents", PEOPLE).returncode == 0
    done = g.import_("residents", "id,name,region,phone,old_id\nr-1,张三丰,511781101201,,77\nr-3,李,511781101201,0818-7654321,78\n",
                     "--ignore", "old_id")
    assert done.returncode == 0 and "1 added" in done.stdout and "1 replaced" in done.stdout
    r = rows(g, "resident")
    assert r["r-1"]["name"] == "张三丰" and r["r-1"]["phone"] == "" and r["r-1"]["notes"] == "第一行"
    assert r["r-1"]["lives_alone"] == "true" and r["r-2"]["phone"] == "0818-1234567"
    changed = g.events("directory.changed")[-1]["data"]
    assert changed["rows"] == 2 and changed["of"] in ("resident", "residents") and changed["actor"]


def test_export_defuses_and_comes_back(town_hall):
    """"Exports keep codes as text and defuse cells that begin with `= + - @`", and come back as what
    they were."""
    g = town_hall
    evil = ["=1+1", "+8613800000000", "-2", "@cmd", "'quoted", "=HYPERLINK(\"http://x\",\"y\")", "plain", "\t=1"]
    out = io.StringIO()
    w = csv.writer(out)
    w.writerow(["id", "name", "region", "notes"])
    w.writerows([[f"r{n}", "甲", "511781101201", e] for n, e in enumerate(evil)])
    assert g.import_("residents", out.getvalue()).returncode == 0
    before = rows(g, "resident")
    raw = g.ctl("export", "residents")
    for line in csv.reader(io.StringIO(raw)):
        for cell in line:
            assert not re.match(r"[=+\-@]", cell), line
    assert raw.count(',"511781101201",') == len(evil) and "511781101201" not in raw.replace('"511781101201"', "")
    assert g.import_("residents", raw).returncode == 0
    assert rows(g, "resident") == before


def test_export_round_trip_of_every_kind(town_hall):
    """Every kind: template, import, export, and the export of what its import made is the same."""
    g = town_hall
    files = harness.ROOT / "tests" / "fixtures" / "village"
    for kind in ("regions", "institutions", "residents", "caregivers", "devices", "beds"):
        done = g.import_(kind, (files / f"{kind}.csv").read_bytes())
        assert done.returncode == 0, (kind, done.stderr)
    for kind in ("regions", "institutions", "residents", "caregivers", "devices", "beds"):
        first = g.ctl("export", kind)
        assert len(first.splitlines()) > 1
        done = g.import_(kind, first)
        assert done.returncode == 0 and "0 added" in done.stdout, (kind, done.stderr)
        assert g.ctl("export", kind) == first
    assert len([e for e in g.events("directory.changed")]) == 12


def test_templates(town_hall):
    """"`--template` writes such a file" (with Chinese headers), which imports as it is."""
    g = town_hall
    for kind, header in (("regions", "名称"), ("institutions", "机构"), ("residents", "姓名"), ("caregivers", "角色"),
                         ("devices", "编号"), ("beds", "编号")):
        done = subprocess.run([harness.BIN / "yijianctl", "-c", g.file, "import", kind, "--template"],
                              stdout=subprocess.PIPE, timeout=30, check=True)
        text = done.stdout.decode("utf-8-sig")
        assert header in text.splitlines()[0], text
        again = g.import_(kind, done.stdout)
        assert again.returncode == 0 or "does not exist" in again.stderr or "not " in again.stderr, again.stderr


def test_import_that_cannot_be(town_hall, world):
    """A file that is none, an unknown kind, a gateway that is down: 1, 2, 69."""
    g = town_hall
    assert g.ctl_raw("import", "residents", world.folder / "none.csv").returncode == 1
    assert g.ctl_raw("import", "aliens", world.folder / "none.csv").returncode == 2
    for raw in (b"", b"\xff\xfe\x00\x01" * 10, b"\0" * 1000, b"id,name,region"):
        done = g.import_("residents", raw)
        assert done.returncode in (0, 1) and (done.returncode == 0 or done.stderr), raw
        assert rows(g, "resident") == {}
    file = world.folder / "r.csv"
    file.write_text(PEOPLE)
    g.stop()
    assert g.ctl_raw("import", "residents", file).returncode == 69


def big(n, name):
    return "id,name,region,phone,address,notes\n" + "".join(
        f"h{i},{name}{i},5117811{i % 100:02d}{i % 900 + 100:03d},1380000{i % 10000:04d},石门村{i}号,备注\n" for i in range(n))


def test_a_large_import_delays_no_alert(world):
    """"An import of 100,000 rows delays no alert by more than a second": one every 50 ms, all the while
    that 100,000 residents are added, and again while they are replaced, three times."""
    world.begin().village()
    g = world.gateway
    g.load("residents", [{"id": f"p{n}", "name": "赵", "region": "511781103201"} for n in range(50)])
    g.load("devices", [{"id": f"d{n}", "kind": "button", "resident": f"p{n}"} for n in range(50)])
    ear = world.device("ear").subscribe("yj/v1/dev/+/down/call")
    sent, heard = {}, {}
    keep = ear.client.on_message

    def on_message(client, userdata, message):
        p = json.loads(message.payload)
        if p["state"] == "received":
            heard.setdefault(p["id"], time.monotonic())
        keep(client, userdata, message)
    ear.client.on_message = on_message
    finished = threading.Event()

    def press():
        n = 0
        while not finished.wait(0.05):
            sent[f"a{n}"] = time.monotonic()
            ear.publish(f"yj/v1/dev/d{n % 50}/up/call", {"id": f"a{n}", "ts": now_ms(), "button": "sos"}, wait=False)
            n += 1
    presser = threading.Thread(target=press)
    presser.start()
    began = time.monotonic()
    try:
        for name in ("甲", "乙", "丙", "丁"):
            file = world.folder / f"{name}.csv"
            file.write_text(big(100000, name))
            done = subprocess.run([harness.BIN / "yijianctl", "-c", g.file, "import", "residents", file],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=170)
            assert done.returncode == 0, done.stderr
            assert f"100000 {'added' if name == '甲' else 'replaced'}" in done.stdout
    finally:
        finished.set()
        presser.join()
    wait_until(lambda: len(heard) == len(sent), "all confirmations")
    worst = max(heard[i] - sent[i] for i in sent)
    assert len(sent) > (time.monotonic() - began) * 10  # the presses went on all the while
    assert worst < 1.0, f"{worst:.3f} s"
    assert g.ctl_json("resident", "show", "h99999")["name"] == "丁99999"
    assert g.http("/readyz")[0] == 200


def test_import_is_whole_also_when_the_daemon_is_killed(world):
    """"apply all or nothing": killed in the middle, and started again, there is all or nothing."""
    world.begin()
    g = world.gateway
    file = world.folder / "big.csv"
    file.write_text(big(30000, "甲"))
    for tries in range(3):
        importer = subprocess.Popen([harness.BIN / "yijianctl", "-c", g.file, "import", "residents", file],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            importer.wait(0.15 * (tries + 1))
        except subprocess.TimeoutExpired:
            pass
        g.kill()
        importer.communicate(timeout=30)
        g.start()
        assert len(rows(g, "resident")) in (0, 30000)
    g.verify_log()
    g.ctl("import", "residents", file)
    assert len(rows(g, "resident")) == 30000
    g.stop()
    left = {f.name for f in g.database.parent.iterdir()}
    assert not [name for name in left if "stage" in name or "import" in name], left
