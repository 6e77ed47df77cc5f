"""What Yijian ships for coturn, with Debian's own unit: it starts without root on port 443, and its database,
which has the secret, is for it alone."""

import ipaddress
import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHIPPED = os.path.join(ROOT, "systemd", "coturn")
DEBIAN = "/lib/systemd/system/coturn.service"


@pytest.fixture
def unit(tmp_path):
    """Debian's unit with our drop-in."""
    shutil.copy(DEBIAN, tmp_path / "coturn.service")
    (tmp_path / "coturn.service.d").mkdir()
    shutil.copy(os.path.join(SHIPPED, "yijian.conf"), tmp_path / "coturn.service.d")
    return tmp_path / "coturn.service"


def analyze(unit, *words):
    return subprocess.run(["systemd-analyze", *words, str(unit)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{unit.parent}:"})


def test_verify_prints_nothing(unit):
    done = analyze(unit, "verify", "--man=no", "--recursive-errors=no")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verify_would_notice_a_wrong_key(unit):
    drop_in = unit.parent / "coturn.service.d" / "yijian.conf"
    drop_in.write_text(drop_in.read_text().replace("RestartSec=1", "RestartSeconds=1"))
    assert analyze(unit, "verify", "--man=no", "--recursive-errors=no").stderr


def test_exposure_is_at_most_2(unit):
    done = analyze(unit, "security", "--offline=true", "--threshold=20")
    assert done.returncode == 0, done.stdout[-300:]
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", done.stdout)
    assert found and float(found.group(1)) <= 2.0, done.stdout[-300:]


def test_port_443_without_root_and_secrets_for_itself():
    with open(os.path.join(SHIPPED, "yijian.conf")) as f:
        text = f.read()
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in text
    assert "ExecReload=/bin/kill -USR2 $MAINPID\n" in text
    assert "UMask=0077\n" in text


def settings():
    """key → values of the shipped file."""
    found = {}
    with open(os.path.join(SHIPPED, "turnserver.conf")) as f:
        for line in f.read().splitlines():
            if line and not line.startswith("#"):
                key, _, value = line.partition("=")
                found.setdefault(key, []).append(value)
    return found


def test_the_shipped_file_has_no_secret_and_no_hole():
    found = settings()
    assert "static-auth-secret" not in found and "user" not in found
    for key in ("use-auth-secret", "no-cli", "no-tcp-relay", "no-multicast-peers", "no-tlsv1",
                "no-tlsv1_1"):
        assert found[key] == [""], key
    for key in ("allow-loopback-peers", "verbose", "no-auth", "lt-cred-mech", "server-relay",
                "web-admin"):
        assert key not in found, key
    assert found["tls-listening-port"] == ["443"] and found["log-file"] == ["/dev/null"]
    for key in ("user-quota", "total-quota", "max-bps"):
        assert int(found[key][0]) > 0


@pytest.mark.parametrize("address", [
    "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.0.1", "192.168.1.1", "0.0.0.1",
    "255.255.255.255", "::1", "fd00::1", "fe80::1", "2002:a00:1::", "64:ff9b::a00:1"])
def test_private_addresses_are_no_end_of_a_call(address):
    one = ipaddress.ip_address(address)
    ranges = [[ipaddress.ip_address(end) for end in value.split("-")]
              for value in settings()["denied-peer-ip"]]
    assert any(r[0].version == one.version and r[0] <= one <= r[-1] for r in ranges)
