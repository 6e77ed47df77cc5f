"""scripts/yijian-ca and scripts/make-ca: certificates for devices, their withdrawal, and the report of
what is about to end."""

import json
import os
import re
import shutil
import subprocess
import threading

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOL = os.path.join(ROOT, "scripts", "yijian-ca")


class Ca:
    def __init__(self, folder):
        self.folder = str(folder)

    def run(self, *args, at=None):
        prefix = ["faketime", "-f", at] if at else []
        return subprocess.run(prefix + [TOOL, "--dir", self.folder, *args], capture_output=True,
                              text=True, timeout=60)

    def ok(self, *args, at=None):
        done = self.run(*args, at=at)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def listed(self):
        return [(c["what"], c["id"], c["state"]) for c in json.loads(self.ok("list", "--json"))]


def openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ca(tmp_path):
    made = Ca(tmp_path / "ca")
    made.ok("init")
    return made


def verify(ca, cert):
    return subprocess.run(["openssl", "verify", "-crl_check", "-purpose", "sslclient", "-CAfile",
                           ca.path("ca.crt"), "-CRLfile", ca.path("crl.pem"), cert],
                          capture_output=True, text=True, timeout=60)


def test_enrolled_certificate_names_the_device_and_is_good(ca):
    made = json.loads(ca.ok("enroll", "btn-01", "--json"))
    assert made["id"] == "btn-01" and re.fullmatch("[0-9A-F]+", made["serial"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["expires"])
    assert openssl("x509", "-in", made["certificate"], "-noout", "-subject").strip() == \
        "subject=CN = btn-01"
    assert verify(ca, made["certificate"]).returncode == 0
    text = openssl("x509", "-in", made["certificate"], "-noout", "-text")
    assert "prime256v1" in text and "CA:FALSE" in text and "TLS Web Client Authentication" in text
    assert openssl("x509", "-in", made["certificate"], "-noout", "-pubkey") == \
        openssl("pkey", "-in", made["key"], "-pubout")


def test_device_that_made_its_own_key_is_signed_under_the_id_alone(ca, tmp_path):
    key, csr = str(tmp_path / "key"), str(tmp_path / "csr")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("req", "-new", "-key", key, "-subj", "/CN=gateway/O=Somebody", "-addext",
            "basicConstraints=critical,CA:true", "-out", csr)
    made = json.loads(ca.ok("enroll", "btn-07", "--csr", csr, "--json"))
    assert "key" not in made and not os.path.exists(ca.path("issued", "btn-07.key"))
    text = openssl("x509", "-in", made["certificate"], "-noout", "-text")
    assert "Subject: CN = btn-07\n" in text and "CA:FALSE" in text and "CA:TRUE" not in text


def test_everything_is_readable_by_its_owner_alone(ca):
    ca.ok("server", "localhost")
    ca.ok("enroll", "btn-01")
    ca.ok("revoke", "btn-01")
    for folder, _folders, files in os.walk(ca.folder):
        assert os.stat(folder).st_mode & 0o77 == 0, folder
        for name in files:
            assert os.stat(os.path.join(folder, name)).st_mode & 0o77 == 0, name
    assert not [n for n in os.listdir(ca.folder) if n.startswith(".work")]


def test_second_certificate_only_as_a_renewal(ca):
    ca.ok("enroll", "btn-01")
    again = ca.run("enroll", "btn-01")
    assert again.returncode == 1 and "has a valid certificate" in again.stderr
    ca.ok("enroll", "btn-01", "--renew")
    assert ca.listed() == [("device", "btn-01", "valid")] * 2
    ca.ok("enroll", "btn-0")  # not mistaken for the beginning of another
    ca.ok("revoke", "btn-01")
    ca.ok("enroll", "btn-01")


def test_revoking_withdraws_every_certificate_of_the_device_and_no_other(ca):
    ca.ok("enroll", "btn-02")
    first = json.loads(ca.ok("enroll", "btn-01", "--json"))["serial"]
    second = json.loads(ca.ok("enroll", "btn-01", "--renew", "--json"))["serial"]
    assert json.loads(ca.ok("revoke", "btn-01", "--json")) == {"id": "btn-01",
                                                              "revoked": [first, second]}
    crl = openssl("crl", "-in", ca.path("crl.pem"), "-noout", "-text")
    assert first in crl and second in crl
    assert "revoked" in verify(ca, ca.path("issued", "btn-01.crt")).stderr
    assert verify(ca, ca.path("issued", "btn-02.crt")).returncode == 0
    again = ca.run("revoke", "btn-01")
    assert again.returncode == 1 and "no certificate" in again.stderr


def test_one_of_two_certificates_can_be_revoked(ca):
    first = json.loads(ca.ok("enroll", "btn-01", "--json"))["serial"]
    ca.ok("enroll", "btn-01", "--renew")
    ca.ok("revoke", "btn-01", "--serial", first)
    assert verify(ca, ca.path("issued", "btn-01.crt")).returncode == 0
    assert ca.listed() == [("device", "btn-01", "revoked"), ("device", "btn-01", "valid")]


@pytest.mark.parametrize("bad", ["", "a b", "yj.gw-1.help", "a/CN=gateway", "x" * 65, "设备", "+", "a\nb"])
def test_ids_that_are_no_ids_are_refused(ca, bad):
    done = ca.run("enroll", bad)
    assert done.returncode in (1, 2) and done.stderr
    assert ca.listed() == []


def test_longest_id_is_taken(ca):
    ca.ok("enroll", "x" * 64)
    assert ca.listed() == [("device", "x" * 64, "valid")]


@pytest.mark.parametrize("name", ["gateway", "platform"])
def test_names_of_the_system_need_a_word_more(ca, name):
    assert ca.run("enroll", name).returncode == 1
    ca.ok("enroll", name, "--reserved")


def test_server_certificate_has_the_names_and_is_no_clients(ca):
    ca.ok("server", "broker.example", "192.0.2.7", "2001:db8::7")
    text = openssl("x509", "-in", ca.path("server.crt"), "-noout", "-text")
    for name in ("DNS:broker.example", "IP Address:192.0.2.7", "IP Address:2001:DB8:0:0:0:0:0:7"):
        assert name in text
    assert verify(ca, ca.path("server.crt")).returncode != 0
    assert ca.run("server", "a,DNS:evil").returncode == 2


def test_what_ends_within_60_days_is_reported(ca):
    assert ca.ok("expiring", "--json").strip() == "[]"
    ca.ok("enroll", "soon", "--days", "59")
    ca.ok("enroll", "later", "--days", "61")
    ca.ok("enroll", "renewed", "--days", "10")
    ca.ok("enroll", "renewed", "--renew")
    ca.ok("enroll", "gone", "--days", "10")
    ca.ok("revoke", "gone")
    due = ca.run("expiring", "--days", "60", "--json")
    assert due.returncode == 1
    assert [(c["what"], c["id"], c["state"]) for c in json.loads(due.stdout)] == \
        [("device", "soon", "valid")]
    assert "soon" in ca.run("expiring").stdout


def test_what_has_ended_is_still_reported(ca):
    ca.ok("enroll", "old", "--days", "20", at="-30d")
    due = json.loads(ca.run("expiring", "--json").stdout)
    assert [(c["id"], c["state"]) for c in due] == [("old", "expired")]
    ca.ok("enroll", "old")  # what has ended does not stand in the way
    assert ca.run("expiring", "--json").returncode == 0


def test_revocation_list_cannot_run_out_unnoticed(ca):
    assert "crl" not in ca.run("expiring", at="+300d").stdout
    late = ca.run("expiring", "--json", at="+350d")
    assert late.returncode == 1
    assert [c["what"] for c in json.loads(late.stdout)] == ["crl"]
    ca.ok("crl", at="+350d")
    assert ca.run("expiring", at="+350d").returncode == 0


def test_the_authority_itself_is_reported_and_outlives_what_it_signs(ca):
    late = json.loads(ca.run("expiring", "--json", at="+7260d").stdout)
    assert "ca" in [c["what"] for c in late]
    assert ca.run("enroll", "btn-01", "--days", "9000").returncode == 1


def test_revocation_list_is_replaced_as_a_whole_and_counts_up(ca):
    def number():
        return int(openssl("crl", "-in", ca.path("crl.pem"), "-noout", "-crlnumber")
                   .split("=")[1], 16)

    before = number()
    ca.ok("crl")
    assert number() == before + 1


def test_published_files_are_the_brokers_and_follow_each_change(ca, tmp_path):
    to = tmp_path / "mosquitto"
    ca.ok("server", "localhost")
    ca.ok("publish", "--to", str(to))
    assert sorted(os.listdir(to)) == ["ca.crt", "crl.pem", "server.crt", "server.key"]
    ca.ok("enroll", "btn-01")
    ca.ok("revoke", "btn-01")
    assert (to / "crl.pem").read_bytes() == open(ca.path("crl.pem"), "rb").read()
    assert all(os.stat(to / name).st_mode & 0o77 == 0 for name in os.listdir(to))
    assert ca.run("publish", "--to", "relative").returncode == 2


def test_init_never_replaces_an_authority(ca):
    before = open(ca.path("ca.key")).read()
    assert ca.run("init").returncode == 1
    assert open(ca.path("ca.key")).read() == before


@pytest.mark.parametrize("args", [[], ["nonsense"], ["enroll"], ["enroll", "a", "b"], ["revoke"],
                                  ["enroll", "a", "--days", "0"], ["expiring", "--days", "x"],
                                  ["server"], ["publish"], ["crl", "x"]])
def test_wrong_usage_is_2(ca, args):
    done = ca.run(*args)
    assert done.returncode == 2 and "usage" in done.stderr


def test_missing_authority_is_said(tmp_path):
    done = Ca(tmp_path / "none").run("enroll", "btn-01")
    assert done.returncode == 1 and "no authority" in done.stderr


def test_many_at_once_get_a_certificate_each(ca):
    results = []
    threads = [threading.Thread(target=lambda i=i: results.append(ca.run("enroll", "d%d" % i)))
               for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.returncode for r in results] == [0] * 8
    assert len(set(s["serial"] for s in json.loads(ca.ok("list", "--json")))) == 8


def test_two_for_the_same_device_at_once_are_one(ca):
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(ca.run("enroll", "same").returncode))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 1, 1, 1]


def test_make_ca_makes_an_authority_with_a_broker(tmp_path):
    folder = tmp_path / "ca"
    done = subprocess.run([os.path.join(ROOT, "scripts", "make-ca"), str(folder), "localhost",
                           "127.0.0.1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert {"ca.crt", "ca.key", "server.crt", "server.key", "crl.pem"} <= set(os.listdir(folder))


def test_faketime_is_there():
    assert shutil.which("faketime"), "the tests above need it"
