"""The terminal's files over HTTP: what is given, how, and what never leaves the folder; voices of homes."""

import http.client
import os
import shutil

import pytest

from harness import ROOT
from terminal_world import WEB


@pytest.fixture
def gateway(world, tmp_path):
    (tmp_path / "web").mkdir()
    shutil.copytree(WEB / "terminal", tmp_path / "web" / "terminal")
    world.begin(http={"web_dir": str(tmp_path / "web")})
    return world.gateway


def ask(g, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=10)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_page_and_its_headers(gateway):
    status, headers, body = ask(gateway, "/terminal/")
    assert status == 200 and body == (WEB / "terminal" / "index.html").read_bytes()
    assert headers["content-type"] == "text/html; charset=utf-8"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]
    assert ask(gateway, "/terminal")[0] == 308
    assert ask(gateway, "/terminal/main.js")[1]["content-type"].startswith("text/javascript")
    status, headers, body = ask(gateway, "/terminal/main.js", "HEAD")
    assert status == 200 and body == b"" and int(headers["content-length"]) > 1000
    assert ask(gateway, "/terminal/main.js", "POST")[0] == 405


def test_what_has_not_changed_is_not_sent_again(gateway, tmp_path):
    status, headers, _ = ask(gateway, "/terminal/style.css")
    tag = headers["etag"]
    status, headers, body = ask(gateway, "/terminal/style.css", If_None_Match=tag)
    assert (status, body) == (304, b"") and headers["etag"] == tag
    (tmp_path / "web" / "terminal" / "style.css").write_text("p {}")
    status, headers, body = ask(gateway, "/terminal/style.css", If_None_Match=tag)
    assert (status, body) == (200, b"p {}") and headers["etag"] != tag


def test_nothing_else_leaves(gateway, tmp_path):
    terminal = tmp_path / "web" / "terminal"
    (tmp_path / "secret.txt").write_text("secret")
    (terminal / ".hidden.txt").write_text("secret")
    os.symlink(tmp_path / "secret.txt", terminal / "link.txt")
    os.symlink(tmp_path, terminal / "folder")
    (terminal / "large.txt").write_bytes(b"secret" * 200000)
    for path in ("../secret.txt", "../../secret.txt", "%2e%2e/%2e%2e/secret.txt", ".hidden.txt", "link.txt",
                 "folder/secret.txt", "large.txt", "..%2f..%2fsecret.txt", "voices/../../../secret.txt",
                 "voices/%2e%2e/secret.txt", "words", "words/", "nothing.js", "a" * 4000 + ".js"):
        status, _, body = ask(gateway, "/terminal/" + path)
        assert status == 404 and b"secret" not in body, path
    assert ask(gateway, "/terminal/")[0] == 200


def test_unset_or_gone(world, tmp_path):
    """Without the pages the gateway does its work."""
    world.begin()
    assert ask(world.gateway, "/terminal/")[0] == 404
    assert ask(world.gateway, "/terminal/gateway.json")[0] == 404
    world.gateway.stop()
    world.gateway.config["http"]["web_dir"] = str(tmp_path / "gone")
    world.gateway.write_config()
    world.gateway.start()
    assert ask(world.gateway, "/terminal/")[0] == 404


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_gateways_language(world, language):
    world.begin(gateway={"language": language}, http={"web_dir": str(WEB)})
    status, headers, body = ask(world.gateway, "/terminal/gateway.json")
    assert status == 200 and f'"{language}"'.encode() in body


def test_voices_of_the_municipality_and_of_a_home(gateway):
    """"recorded files that can be replaced per home (dialect, a grandchild's voice)"."""
    shipped = (WEB / "terminal" / "voices" / "zh-CN" / "received.wav").read_bytes()
    path = "/terminal/voices/zh-CN/received.wav"
    assert shipped[:4] == b"RIFF" and ask(gateway, path)[2] == shipped
    voices = gateway.database.parent / "voices"
    (voices / "zh-CN").mkdir(parents=True)
    (voices / "zh-CN" / "received.wav").write_bytes(b"dialect")
    assert ask(gateway, path)[2] == b"dialect"
    assert ask(gateway, path.replace("received", "closed"))[2][:4] == b"RIFF"
    (voices / "home" / "t1").mkdir(parents=True)
    (voices / "home" / "t1" / "received.wav").write_bytes(b"grandchild")
    for query in ("?device=t1", "?device=t1&key=" + "0" * 24, "?device=../home/t1&key="):
        assert ask(gateway, path + query)[2] == b"dialect", query


def test_every_phrase_has_a_voice_and_words():
    """Both languages have the same words and phrases, each phrase is spoken, and all that is asked for is there."""
    import json
    import re
    tables = {lang: json.loads((ROOT / f"devices/terminal/words/{lang}.json").read_text())
              for lang in ("zh-CN", "en")}
    for part in ("words", "phrases"):
        assert list(tables["zh-CN"][part]) == list(tables["en"][part])
    for lang, table in tables.items():
        assert all(text.strip() for part in table.values() for text in part.values())
        for phrase in table["phrases"]:
            wav = (WEB / f"terminal/voices/{lang}/{phrase}.wav").read_bytes()
            assert wav[:4] == b"RIFF" and 10000 < len(wav) < 400000, (lang, phrase, len(wav))
    asked = set(re.findall(r'data-words="(\w+)"', (ROOT / "devices/terminal/index.html").read_text()))
    assert asked <= set(tables["en"]["words"])
    source = "".join(p.read_text() for p in (ROOT / "devices/terminal").glob("*.js"))
    for phrase in re.findall(r'phrase: "(\w+)"', source):
        assert phrase in tables["en"]["phrases"] or phrase.endswith("_"), phrase


def test_link_and_voice_by_the_operator(gateway, tmp_path):
    """`device link` has all that a terminal needs, and the key to its home's voices; `device voice` puts them there."""
    from urllib.parse import parse_qs, urlsplit
    g = gateway
    g.stop()
    g.config["http"]["public_url"] = f"http://127.0.0.1:{g.http_port}/"
    g.write_config()
    g.start()
    g.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201"}])
    g.load("devices", [{"id": "t1", "kind": "terminal", "resident": "r1"}])
    (tmp_path / "password").write_text("se&c ret\n")
    url = g.ctl_json("device", "link", "t1", "--broker", "wss://b:8084/mqtt", "--password-file",
                     tmp_path / "password")["url"]
    assert url.startswith(f"http://127.0.0.1:{g.http_port}/terminal/#device=t1&")
    said = {k: v[0] for k, v in parse_qs(urlsplit(url).fragment).items()}
    assert (said["password"], said["broker"]) == ("se&c ret", "wss://b:8084/mqtt")
    path = f"/terminal/voices/zh-CN/received.wav?device=t1&key={said['key']}"
    shipped = ask(g, path)[2]
    own = (WEB / "terminal/voices/en/received.wav").read_bytes()
    (tmp_path / "own.wav").write_bytes(own)
    assert g.ctl_json("device", "voice", "t1") == []
    g.ctl("device", "voice", "t1", "received", tmp_path / "own.wav")
    assert g.ctl_json("device", "voice", "t1") == ["received"]
    assert ask(g, path)[2] == own != shipped
    assert ask(g, path.replace("device=t1", "device=t2"))[2] == shipped, "another home's key"
    assert ask(g, path.split("?")[0])[2] == shipped
    g.ctl("device", "voice", "t1", "received", "--remove")
    assert ask(g, path)[2] == shipped
    assert [e["data"]["change"] for e in g.events("directory.changed")][-2:] == ["voice_set", "voice_removed"]
    for words in (("link", "t9"), ("voice", "t1", "../x", tmp_path / "own.wav"), ("voice", "t1", "x", tmp_path / "password"),
                  ("voice", "t1", "closed", "--remove"), ("voice", "t1", "x", tmp_path / "gone.wav")):
        assert g.ctl_raw("device", *words).returncode == 1, words
    (tmp_path / "large.wav").write_bytes(own[:44] + bytes(800000))
    assert g.ctl_raw("device", "voice", "t1", "x", tmp_path / "large.wav").returncode == 1
    assert g.ctl_raw("device", "voice", "t1", "x").returncode == 2
