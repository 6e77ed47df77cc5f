"""What messages of other makers' devices become: captures in tests/fixtures (devices.jsonl and
families/NAME.jsonl), read by `device try --jsonl`. Each has what it must become as `expect`."""

import base64
import json
import subprocess

import pytest

from harness import BIN, ROOT

FIXTURES = ROOT / "tests" / "fixtures"


def captures():
    for path in [FIXTURES / "devices.jsonl", *sorted((FIXTURES / "families").glob("*.jsonl"))]:
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            capture = json.loads(line)
            yield path.name, n, capture


ALL = list(captures())
FAMILIES = sorted({c["family"] for _, _, c in ALL})


def tried(lines, *more):
    done = subprocess.run([BIN / "yijianctl", "device", "try", "--jsonl", *(more or ["-"])],
                          input=lines, capture_output=True, text=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("family", FAMILIES)
def test_captures(family):
    mine = [(where, n, c) for where, n, c in ALL if c["family"] == family]
    code, got, errors = tried("".join(json.dumps(c, ensure_ascii=False) + "\n"
                                      for _, _, c in mine))
    assert (code, errors) == (0, "")
    assert len(got) == len(mine)
    wrong = [f"{where}:{n} {c.get('case')}: expected {c['expect']}, got {o}"
             for (where, n, c), o in zip(mine, got)
             if any(o.get(k) != v for k, v in c["expect"].items())]
    assert not wrong, "\n".join(wrong)


def test_every_case_has_a_name_of_its_own():
    names = [c["case"] for _, _, c in ALL]
    assert len(names) == len(set(names))
    assert all(c["expect"]["kind"] for _, _, c in ALL)


def test_a_file_and_bytes(tmp_path):
    payload = b'{"action":"emergency","battery":100}'
    lines = "\n".join(json.dumps({
        "family": "zigbee2mqtt", "topic": "zigbee2mqtt/a", "registered": ["a"], **how})
        for how in ({"payload": payload.decode()}, {"payload": json.loads(payload)},
                    {"payload_b64": base64.b64encode(payload).decode()}))
    path = tmp_path / "captures.jsonl"
    path.write_text(lines + "\n\n")
    code, got, _ = tried("", path)
    assert code == 0
    assert got == [{"kind": "call", "device": "a", "button": "sos", "key": "emergency",
                    "battery_pct": 100, "life": True}] * 3


@pytest.mark.parametrize("line,why", [
    ("[]", "not a JSON object"), ("{", "not a JSON object"), ("{}", "no such family"),
    ('{"family":"nobody"}', "no such family"), ('{"family":"native"}', "no such family"),
    ('{"family":"zigbee2mqtt","topic":"zigbee2mqtt/a"}', "payload"),
    ('{"family":"zigbee2mqtt","payload":"x"}', "topic"),
    ('{"family":"zigbee2mqtt","topic":"zigbee2mqtt/a","payload_b64":"*"}', "base64"),
    ('{"family":"zigbee2mqtt","topic":"a","payload":"x","prior":[{"topic":"a"}]}', "payload")])
def test_a_capture_that_cannot_be_read(line, why):
    good = '{"family":"zigbee2mqtt","topic":"zigbee2mqtt/a","payload":"{\\"action\\":\\"sos\\"}"}'
    code, got, errors = tried("\n" + line + "\n" + good + "\n")
    assert code == 1 and "line 2" in errors and why in errors
    assert got[0]["line"] == 2 and why in got[0]["wrong"]
    assert [o["kind"] for o in got[1:]] == ["call"], "it costs itself alone"


def test_one_message_for_people():
    done = subprocess.run([BIN / "yijianctl", "device", "try", "zigbee2mqtt", "zigbee2mqtt/床头",
                           '{"action":"single","battery":9}'], capture_output=True, text=True)
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["kind", "call"], ["device", "床头"], ["key", "single"], ["battery_pct", "9"],
        ["life", "true"]]
    wrong = subprocess.run([BIN / "yijianctl", "device", "try", "zigbee2mqtt", "x"],
                           capture_output=True, text=True)
    assert wrong.returncode == 2
