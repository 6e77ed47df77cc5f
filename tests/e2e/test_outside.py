"""Channels to the outside: each provider's signature is checked by what its document says, a letter is
read by a real SMTP server, and every channel is tried with endpoints that are broken."""

import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import http.server
import json
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from harness import free_port, wait_until
from town import deliveries, level, policy

SECRET = "a-long-word-that-only-the-provider-knows"


# ── the signatures as their documents say ──

def acs3(method, path, query, headers, secret):
    """Aliyun, V3: the value that Signature must have. headers: those that are signed."""
    names = sorted(headers)
    canonical = "\n".join([
        method, path,
        "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}"
                 for k, v in sorted(query)),
        "".join(f"{n}:{headers[n].strip()}\n" for n in names),
        ";".join(names), headers["x-acs-content-sha256"]])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_acs3_of_this_file():
    """The check of the check: the example that Aliyun has published."""
    headers = {"host": "ecs.cn-shanghai.aliyuncs.com", "x-acs-action": "RunInstances",
               "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
               "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
               "x-acs-content-sha256": hashlib.sha256(b"").hexdigest()}
    query = [("RegionId", "cn-shanghai"),
             ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd")]
    assert acs3("POST", "/", query, headers, "YourAccessKeySecret") == \
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def aliyun_complaint(request):
    """What is wrong with a SendSms, or None."""
    scheme, _, fields = request.headers["Authorization"].partition(" ")
    fields = dict(f.split("=", 1) for f in fields.split(","))
    url = urllib.parse.urlsplit(request.path)
    query = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
    signed = {n: request.headers[n] for n in fields["SignedHeaders"].split(";")}
    age = time.time() - time.mktime(time.strptime(signed["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ")) \
        + time.timezone
    if scheme != "ACS3-HMAC-SHA256" or fields["Credential"] != "LTAItest":
        return "InvalidAccessKeyId.NotFound"
    if signed["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest() \
            or fields["Signature"] != acs3(request.command, url.path, query, signed, "s3cret"):
        return "SignatureDoesNotMatch"
    if signed["x-acs-action"] != "SendSms" or signed["x-acs-version"] != "2017-05-25":
        return "InvalidAction.NotFound"
    return None if abs(age) < 900 else "InvalidTimeStamp.Expired"


def dingtalk_complaint(request):
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))
    mac = hmac.new(b"SECtest", f"{query['timestamp']}\nSECtest".encode(), hashlib.sha256)
    if query["sign"] != base64.b64encode(mac.digest()).decode():
        return "sign not match"
    if abs(time.time() * 1000 - int(query["timestamp"])) > 3600000:
        return "timestamp not match"
    return None if query["access_token"] == "tok" else "token is not exist"


def feishu_complaint(request):
    body = json.loads(request.body)
    mac = hmac.new(f"{body['timestamp']}\nSECtest".encode(), b"", hashlib.sha256)
    good = body["sign"] == base64.b64encode(mac.digest()).decode()
    return None if good and abs(time.time() - int(body["timestamp"])) < 3600 else "sign match fail"


def wecom_complaint(request):
    return None if request.path == "/send?key=tok" else "invalid webhook url"


# ── servers ──

class Server:
    """Answers each POST with `answer(request)`: (status, headers, body)."""

    def __init__(self, answer, context=None):
        server = self
        self.got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, headers, body = answer(self)
                server.got.append(self)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # clients that do not like the certificate
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def wait(self, count=1):
        return wait_until(lambda: self.got[count - 1] if len(self.got) >= count else None,
                          f"{count} requests")

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def serve():
    made = []

    def make(*args):
        made.append(Server(*args))
        return made[-1]
    try:
        yield make
    finally:
        for server in made:
            server.close()


def checked(complaint, good, bad):
    """Answers as a provider does, which checks the signature."""
    def answer(request):
        wrong = complaint(request)
        return 200, {}, json.dumps(bad(wrong) if wrong else good, ensure_ascii=False).encode()
    return answer


def certificate(folder, name, at=None):
    """A certificate for 127.0.0.1 that signs itself, made at that date for ten days."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "10", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/{name}.key",
             "-out", f"{folder}/{name}.crt"]
    subprocess.run((["faketime", at] if at else []) + words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")
    return context, f"{folder}/{name}.crt"


class Mail:
    """A real SMTP server: STARTTLS, a password, and `answer` after each letter."""

    def __init__(self, context, answer="250 2.0.0 queued as 4711"):
        self.letters = []
        self.answer = answer
        self.controller = Controller(
            self, hostname="127.0.0.1", port=free_port(), tls_context=context,
            require_starttls=True, auth_required=True,
            authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
                success=(data.login, data.password) == (b"yijian", b"pass"), handled=False))
        self.controller.start()
        self.port = self.controller.port

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl is not None
        self.letters.append(envelope)
        return self.answer

    def close(self):
        self.controller.stop()


@pytest.fixture
def post_office(tmp_path):
    made = []

    def make(*args, at=None):
        context, ca_file = certificate(tmp_path, f"mail{len(made)}", at)
        made.append(Mail(context, *args))
        made[-1].ca_file = ca_file
        return made[-1]
    try:
        yield make
    finally:
        for mail in made:
            mail.close()


# ── the world ──

def secret_file(w, name, text):
    (w.folder / name).write_text(text + "\n")
    (w.folder / name).chmod(0o600)
    return str(w.folder / name)


def aliyun(w, endpoint, **more):
    return {"driver": "aliyun", "endpoint": endpoint, "access_key_id": "LTAItest",
            "access_key_secret_file": secret_file(w, "aliyun", "s3cret"), "sign_name": "颐健",
            "template_code": "SMS_4711", "template_param": '{"text": "{{text}}"}',
            "callback_secret_file": secret_file(w, "callback", SECRET), **more}


def robot(w, kind, url, **more):
    signs = {} if kind == "wecom" else {"secret_file": secret_file(w, kind, "SECtest")}
    return {"type": kind, "name": "a", "url": url, **signs, **more}


def letterbox(w, port, **more):
    return {"url": f"smtp://127.0.0.1:{port}", "from": "yijian@town.example", "username": "yijian",
            "password_file": secret_file(w, "mail", "pass"), **more}


def begin(w, people, **sections):
    w.begin([policy(levels=[level("family", wait="60m"), level("duty")])],
            notify={"channel_wait": "10m"}, **sections)
    w.gateway.load("residents", [{"id": "r1", "name": "王秀英", "region": "511781103201",
                                  "address": "石门村二组", "phone": "13800001111"}])
    w.gateway.load("devices", [{"id": "b1", "kind": "button", "resident": "r1"}])
    w.gateway.load("caregivers", [{"name": "王小丽", "role": "family", "residents": "r1", **p}
                                  for p in people])
    home = w.device("b1")
    home.wait(id=home.call(), state="received")
    return w.gateway


PERSON = {"id": "fam1", "phone": "139-0000-2222", "email": "li@example.org"}


# ── providers that check ──

def test_aliyun(world, serve):
    """A text that is signed well, what comes back of it as SmsReport, and an answer as SmsUp."""
    provider = serve(checked(aliyun_complaint,
                             {"Code": "OK", "Message": "OK", "RequestId": "F6", "BizId": "90^0"},
                             lambda wrong: {"Code": wrong, "Message": wrong}))
    url = f"http://127.0.0.1:{provider.port}"
    g = begin(world, [{**PERSON, "channels": "sms"}], sms=aliyun(world, url))
    sent = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(provider.wait().path).query))
    g.wait_event("delivery.sent", channel="sms")
    assert sent["PhoneNumbers"] == "13900002222"
    assert (sent["SignName"], sent["TemplateCode"]) == ("颐健", "SMS_4711")
    assert json.loads(sent["TemplateParam"])["text"].startswith("王秀英求助")
    assert sent["OutId"] == deliveries(g)[0]["id"]

    def post(body):
        c = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=10)
        c.request("POST", f"/api/v1/sms/{SECRET}", json.dumps(body),
                  {"Content-Type": "application/json"})
        status = c.getresponse().status
        c.close()
        return status
    # the answer to what was sent may have been lost: the delivery's own id names it too
    assert post([{"phone_number": "13900002222", "success": True, "err_code": "DELIVERED",
                  "biz_id": "91^0", "out_id": sent["OutId"]}]) == 200
    g.wait_event("delivery.delivered", channel="sms")
    assert post([{"phone_number": "13900002222", "content": "1", "sequence_id": 7}]) == 200
    g.wait_event("incident.acked", caregiver="fam1")


def test_aliyun_wrong_key(world, serve, hooks):
    """The provider's own words are in the record, and the next channel begins."""
    provider = serve(checked(aliyun_complaint, {"Code": "OK"},
                             lambda wrong: {"Code": wrong, "Message": "no such key"}))
    one = hooks()
    conf = aliyun(world, f"http://127.0.0.1:{provider.port}", access_key_id="LTAIother")
    g = begin(world, [{**PERSON, "channels": "sms;webhook:one"}], sms=conf,
              webhooks=[{"name": "one", "url": one.url}])
    one.wait(state="open")
    assert deliveries(g)[0]["words"] == "InvalidAccessKeyId.NotFound: no such key"
    assert g.wait_event("delivery.failed")["data"]["channel"] == "sms"


LIMITS = {"sms": {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"},
          "wecom": {"errcode": 45009, "errmsg": "api freq out of limit"},
          "dingtalk": {"errcode": 130101, "errmsg": "send too fast"},
          "feishu": {"code": 11232, "msg": "frequency limited"}}


@pytest.mark.parametrize("channel", LIMITS)
def test_flow_limit(clocked, serve, hooks, channel):
    """"A provider's own flow limit is a failure: the next channel starts at once." No time passes."""
    provider = serve(lambda _: (200, {}, json.dumps(LIMITS[channel]).encode()))
    one = hooks()
    url = f"http://127.0.0.1:{provider.port}"
    conf = {"sms": aliyun(clocked, url)} if channel == "sms" \
        else {"robots": [robot(clocked, channel, url + "/send?key=tok")]}
    g = begin(clocked, [{**PERSON, "channels": f"{channel};webhook:one"}],
              webhooks=[{"name": "one", "url": one.url}], **conf)
    one.wait(state="open")
    words = " ".join(str(v) for v in LIMITS[channel].values())
    assert deliveries(g)[0]["words"] == words.replace(" ", ": ", 1)
    assert not g.events("delivery.failed"), "the first one is tried again beside"


ROBOTS = {"wecom": (wecom_complaint, {"errcode": 0, "errmsg": "ok"},
                    lambda wrong: {"errcode": 93000, "errmsg": wrong}),
          "dingtalk": (dingtalk_complaint, {"errcode": 0, "errmsg": "ok"},
                       lambda wrong: {"errcode": 310000, "errmsg": wrong}),
          "feishu": (feishu_complaint, {"code": 0, "msg": "success", "data": {}},
                     lambda wrong: {"code": 19021, "msg": wrong})}


@pytest.mark.parametrize("kind", ROBOTS)
def test_robot(world, serve, kind):
    """"groups are told surname, village and link only" """
    provider = serve(checked(*ROBOTS[kind]))
    path = {"wecom": "/send?key=tok", "dingtalk": "/robot/send?access_token=tok"}.get(kind, "/v2/h")
    g = begin(world, [{**PERSON, "channels": kind}],
              robots=[robot(world, kind, f"http://127.0.0.1:{provider.port}{path}")],
              http={"public_url": "https://yijian.example"})
    request = provider.wait()
    g.wait_event("delivery.sent")
    body = json.loads(request.body)
    text = body["content"]["text"] if kind == "feishu" else body["text"]["content"]
    assert "王" in text and "https://yijian.example/a/" in text
    for private in ("秀英", "二组", "13800001111", "13900002222"):
        assert private not in request.body.decode(), text
    log = g.log.read_text()
    assert "SECtest" not in log and "tok" not in log.replace("token", "")


# ── letters ──

def test_letter(world, post_office):
    """"`email` (SMTP with STARTTLS through libcurl)" """
    mail = post_office()
    g = begin(world, [{**PERSON, "channels": "email"}],
              email=letterbox(world, mail.port, ca_file=mail.ca_file),
              http={"public_url": "https://yijian.example"})
    wait_until(lambda: mail.letters, "a letter")
    g.wait_event("delivery.sent", channel="email")
    envelope = mail.letters[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("yijian@town.example", ["li@example.org"])
    letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert not letter.defects and letter["Auto-Submitted"] == "auto-generated"
    assert "王秀英" in letter["Subject"]
    assert letter["Message-ID"] == f"<{deliveries(g)[0]['id']}@town.example>"
    assert letter["Date"].datetime.timestamp() == pytest.approx(time.time(), abs=60)
    body = letter.get_content()
    assert "王秀英" in body and "石门村二组" in body and "https://yijian.example/a/" in body
    assert deliveries(g)[0]["words"] == "250 2.0.0 queued as 4711"


@pytest.mark.parametrize("answer,final", [("550 5.1.1 no such mailbox", True),
                                          ("451 4.7.1 try later", False)])
def test_letter_refused(world, post_office, hooks, answer, final):
    """A refusal for good is final, a temporary one is tried again beside the next channel."""
    mail, one = post_office(answer), hooks()
    g = begin(world, [{**PERSON, "channels": "email;webhook:one"}],
              email=letterbox(world, mail.port, ca_file=mail.ca_file),
              webhooks=[{"name": "one", "url": one.url}])
    one.wait(state="open")
    assert deliveries(g)[0]["words"] == answer.replace(" ", ": ", 1)
    assert bool(g.events("delivery.failed")) == final


def test_letter_without_tls(world, hooks):
    """A server that offers no STARTTLS gets nothing."""
    class Plain:
        letters = []

        async def handle_DATA(self, server, session, envelope):
            self.letters.append(envelope)
            return "250 ok"
    controller = Controller(Plain(), hostname="127.0.0.1", port=free_port())
    controller.start()
    one = hooks()
    try:
        g = begin(world, [{**PERSON, "channels": "email;webhook:one"}],
                  email={"url": f"smtp://127.0.0.1:{controller.port}", "from": "a@b.example"},
                  webhooks=[{"name": "one", "url": one.url}])
        one.wait(state="open")
    finally:
        controller.stop()
    assert deliveries(g)[0]["words"] == "the server offers no STARTTLS"
    assert not Plain.letters


# ── everybody with everything that is broken ──

class Silent:
    """Takes connections and says nothing, or garbage."""

    def __init__(self, words=None):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.words = words
        self.open = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(connection)
            if self.words:
                connection.sendall(self.words)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for connection in self.open:
            connection.close()


FAULTS = ["refused", "silence", "garbage", "500", "429", "expired"]


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_outside(world, serve, post_office, hooks, tmp_path, fault):
    """"Every channel is also tried with: refused connection, 20 s of silence, garbage, 500, 429 with
    Retry-After, certificate expired": the next channel is there for each of them, long before the 20 s
    and the channel_wait of 10 minutes are over."""
    silent, http_port, mail_port, scheme, ca = None, None, None, "http", {}
    if fault == "refused":
        http_port = mail_port = free_port()
    elif fault in ("silence", "garbage"):
        silent = Silent(b"\x01\xff nonsense\r\n\r\n" if fault == "garbage" else None)
        http_port = mail_port = silent.port
    elif fault == "expired":
        context, file = certificate(tmp_path, "old", "2020-01-01")
        http_port = serve(lambda _: (200, {}, b"{}"), context).port
        mail = post_office(at="2020-01-01")
        scheme, ca, mail_port = "https", {"ca_file": file}, mail.port
    else:
        http_port = serve(lambda _: (int(fault), {"Retry-After": "600"}, b"oops")).port
        mail_port = post_office("451 later").port
    mail_ca = {"ca_file": mail.ca_file} if fault == "expired" else {}
    url = f"{scheme}://127.0.0.1:{http_port}"
    kinds = ["sms", "email", "wecom", "dingtalk", "feishu", "webhook:x"]
    seen = {kind: hooks() for kind in kinds}
    quick = {"timeout": "1s", **ca}
    try:
        begin(world, [{**PERSON, "id": f"fam{n}", "channels": f"{kind};webhook:w{n}"}
                      for n, kind in enumerate(kinds)],
              sms=[aliyun(world, url, **quick),
                   {"driver": "http", "url": url, "body": '{"to": "{{phone}}"}',
                    "ok_pointer": "/code", "ok_value": "0", **quick}],
              email=letterbox(world, mail_port, timeout="1s", **mail_ca),
              robots=[robot(world, kind, url, **quick) for kind in ROBOTS],
              webhooks=[{"name": "x", "url": url, **quick}] +
              [{"name": f"w{n}", "url": seen[kind].url} for n, kind in enumerate(kinds)])
        for kind in kinds:
            seen[kind].wait(state="open")
        g = world.gateway
        failing = [d for d in deliveries(g) if not d["channel"].startswith("webhook:w")]
        assert len(failing) == len(kinds) + 1, "both providers of sms are tried"
        words = {"refused": "connect", "silence": "timed out", "expired": "certificate has expired",
                 "500": "HTTP 500: oops", "429": "HTTP 429: oops"}.get(fault, "")
        for d in failing:
            assert d["words"] and (words in d["words"] or d["channel"] == "email"), d
        assert not [e for e in g.events("delivery.failed")], "all of them are tried again"
    finally:
        if silent:
            silent.close()
