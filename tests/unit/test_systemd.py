"""The units, accounts and folders that Yijian ships, checked with systemd's own tools (which work
without a running systemd), and the broker's configuration against what the promises need."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SYSTEMD = os.path.join(ROOT, "systemd")
UNITS = ["yijiand.service", "yijian-baresip.service", "yijian-crl.service", "yijian-crl.timer"]


def run(*args, **kw):
    return subprocess.run(args, capture_output=True, text=True, timeout=60, **kw)


def unit(name):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",),
                                       comment_prefixes=("#", ";"))
    parser.optionxform = str
    with open(os.path.join(SYSTEMD, name)) as f:
        parser.read_file(f)
    return parser


@pytest.fixture
def installed(tmp_path):
    """The units as installed, but with programs that exist here."""
    for name in UNITS:
        with open(os.path.join(SYSTEMD, name)) as f:
            text = f.read()
        text = re.sub(r"(?m)^(ExecStart=)/usr/(bin/yijiand|bin/baresip|libexec/yijian/yijian-ca)\b",
                      r"\1/usr/bin/true", text)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_verify_prints_nothing(installed):
    # an unknown key only warns, so silence is the test
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
               *[str(installed / name) for name in UNITS])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verify_would_notice_a_wrong_key(installed):
    path = installed / "yijiand.service"
    path.write_text(path.read_text().replace("RestartSec=1", "RestartSeconds=1"))
    assert run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)).stderr


@pytest.mark.parametrize("name", ["yijiand.service", "yijian-baresip.service", "yijian-crl.service"])
def test_exposure_is_at_most_2(name):
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20",
               os.path.join(SYSTEMD, name))
    assert done.returncode == 0, done.stdout[-300:]
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d)", done.stdout)
    assert found and float(found.group(1)) <= 2.0, done.stdout[-300:]


@pytest.mark.parametrize("section,key,value", [
    ("Service", "Type", "notify"), ("Service", "User", "yijian"), ("Service", "Restart", "always"),
    ("Service", "RestartSec", "1"), ("Unit", "StartLimitIntervalSec", "0"),
    ("Service", "RestartPreventExitStatus", "78"), ("Service", "StateDirectory", "yijian"),
    ("Service", "RuntimeDirectory", "yijian"), ("Service", "UMask", "0077"),
    ("Service", "StateDirectoryMode", "0700"),
    ("Service", "ExecStart", "/usr/bin/yijiand -c /etc/yijian/yijian.yaml --fallback"),
    ("Service", "ExecReload", "/bin/kill -HUP $MAINPID")])
def test_unit_says(section, key, value):
    assert unit("yijiand.service")[section][key] == value


def test_unit_feeds_a_watchdog_and_hides_nothing_the_gateway_needs():
    service = unit("yijiand.service")["Service"]
    assert int(service["WatchdogSec"]) >= 10
    assert "PrivateUsers" not in service  # peers of the control socket have their real user ids
    assert "ProcSubset" not in service  # the boot id is under /proc/sys
    assert {"AF_INET", "AF_INET6", "AF_UNIX"} <= set(service["RestrictAddressFamilies"].split())


def test_revocation_list_is_renewed_daily_also_after_a_time_off():
    timer = unit("yijian-crl.timer")["Timer"]
    assert timer["OnCalendar"] == "daily" and timer["Persistent"] == "true"
    assert run("systemd-analyze", "calendar", timer["OnCalendar"]).returncode == 0
    text = open(os.path.join(SYSTEMD, "yijian-crl.service")).read()
    assert text.index("yijian-ca crl") < text.index("yijian-ca expiring --days 60")


def test_sysusers_makes_the_account(tmp_path):
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", "--root=%s" % tmp_path,
               os.path.join(SYSTEMD, "sysusers.d", "yijian.conf"))
    assert done.returncode == 0, done.stderr
    passwd = (tmp_path / "etc" / "passwd").read_text()
    assert re.search(r"(?m)^yijian:.*:/var/lib/yijian:.*nologin$", passwd), passwd
    assert re.search(r"(?m)^yijian:", (tmp_path / "etc" / "group").read_text())


@pytest.mark.skipif(os.getuid() != 0, reason="gives folders to other accounts")
def test_tmpfiles_makes_the_folders(tmp_path):
    (tmp_path / "etc").mkdir()
    run("systemd-sysusers", "--root=%s" % tmp_path, os.path.join(SYSTEMD, "sysusers.d", "yijian.conf"))
    done = run("systemd-tmpfiles", "--create", "--root=%s" % tmp_path,
               os.path.join(SYSTEMD, "tmpfiles.d", "yijian.conf"))
    assert done.returncode == 0, done.stderr
    modes = {p: oct((tmp_path / p).stat().st_mode & 0o7777)
             for p in ("etc/yijian", "etc/yijian/ca", "var/lib/yijian", "run/yijian-voice", "etc/yijian-voice")}
    assert modes == {"etc/yijian": "0o750", "etc/yijian/ca": "0o700", "var/lib/yijian": "0o700",
                     "run/yijian-voice": "0o2750", "etc/yijian-voice": "0o750"}
    spoken, gateway = ((tmp_path / p).stat() for p in ("run/yijian-voice", "var/lib/yijian"))
    assert spoken.st_uid == gateway.st_uid and spoken.st_gid not in (0, gateway.st_gid)
    assert (tmp_path / "etc/yijian/ca").stat().st_uid == 0
    assert (tmp_path / "var/lib/yijian").stat().st_uid != 0


def test_telephone_line_is_kept_away_from_the_gateways_data():
    service = unit("yijian-baresip.service")["Service"]
    assert service["User"] == service["Group"] == "yijian-voice"
    assert service["StandardOutput"] == service["StandardError"] == "null"  # it names who is called
    with open(os.path.join(SYSTEMD, "baresip", "config")) as f:
        config = dict(line.split(None, 1) for line in f.read().splitlines()
                      if line and line[0] != "#")
    assert config["ctrl_tcp_listen"].startswith("127.0.0.1:")
    assert config["call_max_calls"] == "1"
    assert "/run/yijian-voice" in unit("yijiand.service")["Service"]["ReadWritePaths"]


@pytest.mark.skipif(os.getuid() != 0, reason="gives folders to other accounts")
def test_telephone_line_reads_its_folder_alone():
    """baresip needs no right to write into its folder, as under its unit."""
    folder = tempfile.mkdtemp(prefix="yj-line-")  # pytest's own are closed to other accounts
    process = None
    try:
        line = os.path.join(folder, "line")
        shutil.copytree(os.path.join(SYSTEMD, "baresip"), line)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        for name, old, new in (("config", "0.0.0.0:5060", "127.0.0.1:0"),
                               ("config", "127.0.0.1:4444", "127.0.0.1:%d" % port),
                               ("accounts", "regint=600", "regint=0")):
            path = os.path.join(line, name)
            with open(path) as f:
                text = f.read()
            with open(path, "w") as f:
                f.write(text.replace(old, new))
        os.chmod(folder, 0o755)
        os.chmod(line, 0o555)
        process = subprocess.Popen(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "baresip", "-f", line],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for text in process.stdout:
            said.append(text)
            if "baresip is ready" in text:
                break
        else:
            pytest.fail("baresip ended: %s" % said)
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
        assert sorted(os.listdir(line)) == ["accounts", "config"]
    finally:
        if process:
            process.terminate()
            process.wait(10)
        shutil.rmtree(folder)


def settings():
    """(listener or '', key) → (value, whether a comment stands above its block of lines)."""
    found, listener, explained = {}, "", False
    with open(os.path.join(SYSTEMD, "mosquitto", "yijian.conf")) as f:
        for line in f.read().splitlines():
            if not line:
                explained = False
            elif line.startswith("#"):
                explained = True
            else:
                key, value = line.split(" ", 1)
                if key == "listener":
                    listener = value
                found[(listener, key)] = (value, explained)
    return found


@pytest.mark.parametrize("listener,key,value", [
    ("", "per_listener_settings", "true"), ("", "queue_qos0_messages", "true"),
    ("", "upgrade_outgoing_qos", "true"),
    ("", "max_inflight_messages", "1000"), ("", "message_size_limit", "65536"),
    ("", "set_tcp_nodelay", "true"), ("", "persistence", "true"),
    ("1883 127.0.0.1", "allow_anonymous", "false"), ("8883", "allow_anonymous", "false"),
    ("8883", "require_certificate", "true"), ("8883", "use_identity_as_username", "true"),
    ("8883", "use_username_as_clientid", "true")])
def test_broker_setting_is_there_with_its_reason(listener, key, value):
    assert settings()[(listener, key)] == (value, True)


def test_broker_queue_is_large_and_explicit():
    assert int(settings()[("", "max_queued_messages")][0]) >= 100000
    assert 2**28 <= int(settings()[("", "max_queued_bytes")][0]) <= 2**30
    assert ("", "autosave_interval") in settings()


def test_gateways_access_list_has_no_user_rules():
    with open(os.path.join(SYSTEMD, "mosquitto", "gateway.acl")) as f:
        words = {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
    assert words == {"pattern"}


def test_debians_own_configuration_and_ours_go_together(tmp_path):
    """What Debian's mosquitto.conf sets must not be set again: mosquitto refuses some repetitions."""
    debian = "/etc/mosquitto/mosquitto.conf"
    assert os.path.exists(debian), "mosquitto is not installed"
    with open(debian) as f:
        theirs = {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
    ours = {key for _l, key in settings()}
    assert theirs & ours <= {"persistence"}


def test_example_configuration_is_good(tmp_path):
    program = os.path.join(os.environ.get("YJ_BIN_DIR", os.path.join(ROOT, "build", "release", "bin")),
                           "yijiand")
    (tmp_path / "mqtt.password").write_text("secret\n")
    with open(os.path.join(SYSTEMD, "yijian.yaml")) as f:
        text = f.read().replace("/etc/yijian/", "%s/" % tmp_path)
    (tmp_path / "yijian.yaml").write_text(text)
    done = run(program, "--check-config", "-c", str(tmp_path / "yijian.yaml"))
    assert done.returncode == 0, done.stderr
    (tmp_path / "yijian.yaml").write_text(text.replace("repeat_every: 5m", "repeat_every: 5"))
    assert run(program, "--check-config", "-c", str(tmp_path / "yijian.yaml")).returncode == 78


def test_install_puts_everything_in_place(tmp_path):
    build = next((p for p in (os.path.join(ROOT, "build", d) for d in ("release", "asan"))
                  if os.path.exists(os.path.join(p, "cmake_install.cmake"))), None)
    if build is None:
        pytest.fail("nothing is built: scripts/build")
    env = dict(os.environ, DESTDIR=str(tmp_path))
    done = run("cmake", "--install", build, env=env)
    assert done.returncode == 0, done.stderr
    for path in ("bin/yijiand", "bin/yijianctl", "bin/yijian-sim", "libexec/yijian/yijian-ca",
                 "lib/systemd/system/yijiand.service", "lib/systemd/system/yijian-crl.timer",
                 "lib/systemd/system/yijian-baresip.service", "share/yijian/baresip/config",
                 "share/yijian/baresip/accounts", "share/doc/yijian/voice.md",
                 "lib/sysusers.d/yijian.conf", "lib/tmpfiles.d/yijian.conf",
                 "share/yijian/mosquitto/yijian.conf", "share/yijian/mosquitto/device.acl",
                 "share/yijian/mosquitto/gateway.acl", "share/yijian/yijian.yaml", "share/doc/yijian/README.md",
                 *(f"share/doc/yijian/{name}" for name in os.listdir(os.path.join(ROOT, "docs")))):
        assert (tmp_path / "usr" / path).exists(), path
    assert shutil.which(str(tmp_path / "usr/libexec/yijian/yijian-ca"))
