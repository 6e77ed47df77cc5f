"""docs/sms.md: the units and files for a modem that ship, with the accounts that they name. smsd and
the gateway are two accounts that share one group; neither can do the other's work for it."""

import configparser
import grp
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

import harness
import modem as gsm
from test_sms import LEVELS, ONE, press
from town import policy

SHIPPED = harness.ROOT / "systemd" / "sms"
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes the accounts of the service")


def unit(text):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(text)
    return parser


def spool_of(text, folder):
    """A shipped text with its folders below another one."""
    for path in ("/var/spool/yijian-sms", "/var/log/yijian-smsd", "/run/yijian-smsd"):
        text = text.replace(path, f"{folder}{path}")
    return text


def analyze(*words):
    return subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True,
                          timeout=60)


def test_units_are_right(tmp_path):
    shutil.copy(SHIPPED / "yijian-smsd.service", tmp_path)
    text = (harness.ROOT / "systemd" / "yijiand.service").read_text()
    text = text.replace("ExecStart=/usr/bin/yijiand", "ExecStart=/usr/bin/true")
    # `verify` reads no drop-ins of a file; what follows overrides as they do
    (tmp_path / "yijiand.service").write_text(
        text.replace("[Install]", (SHIPPED / "yijiand.conf").read_text() + "[Install]"))
    for name in ("yijian-smsd.service", "yijiand.service"):
        done = analyze("verify", "--man=no", "--recursive-errors=no", tmp_path / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), name
        done = analyze("security", "--offline=true", "--threshold=20", tmp_path / name)
        assert done.returncode == 0, done.stdout[-300:]


def test_the_documented_commands_name_what_ships():
    text = (harness.ROOT / "docs" / "sms.md").read_text()
    block = re.search(r"```sh\n(.*?)```", text, re.S)[1]
    named = set(re.findall(r"install [^\n]*?(\S+\.(?:conf|service)) /etc", block))
    assert named == {f.name for f in SHIPPED.iterdir()}
    cmake = (harness.ROOT / "systemd" / "CMakeLists.txt").read_text()
    assert all(f"sms/{name}" in cmake for name in named)


class Service:
    """smsd and the spool as the shipped files have them, below a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.modem = gsm.Modem(self.folder / "dev")
        os.chmod(os.ttyname(self.modem.slave), 0o660)
        shutil.chown(os.ttyname(self.modem.slave), "root", "dialout")
        tmpfiles = self.folder / "tmpfiles.conf"
        tmpfiles.write_text(spool_of((SHIPPED / "tmpfiles.conf").read_text(), self.folder))
        (self.folder / "var/spool").mkdir(parents=True)
        subprocess.run(["systemd-tmpfiles", "--create", str(tmpfiles)], check=True)
        for name in ("var/log/yijian-smsd", "run/yijian-smsd"):
            (self.folder / name).mkdir(parents=True)
            shutil.chown(self.folder / name, "smsd", "smsd")
        self.spool = self.folder / "var/spool/yijian-sms"
        self.log = self.folder / "var/log/yijian-smsd/smsd.log"
        self.conf = self.folder / "yijian-smsd.conf"
        conf = spool_of((SHIPPED / "smsd.conf").read_text(), self.folder)
        self.conf.write_text(conf.replace("/dev/serial/by-id/CHANGE", str(self.modem.device)))
        os.chmod(self.conf, 0o640)
        shutil.chown(self.conf, "root", "smsd")
        self.process = None

    def start(self):
        service = unit((SHIPPED / "yijian-smsd.service").read_text())["Service"]
        words = service["ExecStart"].replace("/etc/yijian-smsd.conf", str(self.conf)).split()
        groups = ",".join(str(grp.getgrnam(name).gr_gid)
                          for name in (service["Group"], service["SupplementaryGroups"]))
        out = open(self.folder / "out", "ab")
        self.process = subprocess.Popen(
            ["setpriv", f"--reuid={service['User']}", f"--regid={service['Group']}",
             f"--groups={groups}", *words],
            stdout=out, stderr=out, umask=int(service["UMask"], 8), start_new_session=True)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        self.modem.close()


@pytest.fixture
def folder():
    """pytest's own folders are closed to other accounts."""
    path = tempfile.mkdtemp(prefix="yj-sms-service-")
    os.chmod(path, 0o755)
    yield pathlib.Path(path)
    shutil.rmtree(path)


class AsNobody(harness.World):
    """The gateway under an account of its own whose only tie to smsd is what the drop-in gives."""

    def prepare(self, gateway):
        conf = unit((SHIPPED / "yijiand.conf").read_text())["Service"]
        umask = unit((harness.ROOT / "systemd" / "yijiand.service").read_text())["Service"]["UMask"]
        group = grp.getgrnam(conf["SupplementaryGroups"]).gr_gid
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("yijiand", "yijianctl"):
            shutil.copy(gateway.bin / name, programs / f"{name}.real")
        (programs / "yijiand").write_text(
            f"#!/bin/sh\numask {umask}\n"
            f"exec setpriv --reuid={NOBODY} --regid={NOBODY} --groups={group} -- "
            f"{programs}/yijiand.real \"$@\"\n")
        os.chmod(programs / "yijiand", 0o755)
        (programs / "yijianctl").symlink_to("yijianctl.real")
        gateway.bin = programs
        os.chown(gateway.folder, NOBODY, NOBODY)
        os.chown(gateway.file, NOBODY, NOBODY)


@needs_root
def test_page_report_and_answer_between_two_accounts(folder):
    service = Service(folder)
    world = AsNobody(folder)
    try:
        service.start()
        world.begin([policy(levels=LEVELS)],
                    sms={"driver": "smstools", "spool": str(service.spool)})
        g = world.gateway
        g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201",
                              "address": "石门村二组"}])
        g.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
        g.load("caregivers", [{"id": "grid1", "name": "何晓东", "role": "grid", "channels": "sms",
                               "region": "511781103201", "phone": "13900000001"}])
        press(world.device("b1"))
        sent = service.modem.wait(to=ONE)
        assert "王秀英求助" in sent.text
        world.gateway.wait_event("delivery.sent", caregiver="grid1")
        service.modem.report(sent)
        service.modem.receive("+" + ONE, "我去")
        world.gateway.wait_event("incident.acked", caregiver="grid1")
        world.gateway.wait_event("delivery.delivered", caregiver="grid1")
        harness.wait_until(lambda: not list((service.spool / "incoming").iterdir()), "empty")
        assert "event=sms_" not in world.gateway.log.read_text()
        assert ONE[2:] not in service.log.read_text(), "smsd's log names nobody"
        for path in service.spool.rglob("*"):
            assert not path.stat().st_mode & stat.S_IRWXO, f"others may use {path}"
    finally:
        world.end()
        service.stop()


@needs_root
def test_debians_own_group_would_not_do(folder):
    """Why the shipped unit is not Debian's: smsd in the group dialout alone cannot read a page."""
    service = Service(folder)
    try:
        page = service.folder / "page"
        page.write_text(f"To: {ONE}\nAlphabet: UTF-8\n\nhello")
        os.chown(page, NOBODY, grp.getgrnam("smsd").gr_gid)
        os.chmod(page, 0o660)
        page.rename(service.spool / "outgoing" / "page")
        gid = grp.getgrnam("dialout").gr_gid
        reads = ["setpriv", "--reuid=smsd", "--groups", str(gid), f"--regid={gid}", "cat",
                 str(service.spool / "outgoing" / "page")]
        assert subprocess.run(reads, capture_output=True).returncode != 0
        service.start()
        assert service.modem.wait(to=ONE).text == "hello"
    finally:
        service.stop()
