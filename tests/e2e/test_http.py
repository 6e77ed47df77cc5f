"""docs/contract.md, "HTTP": probes, metrics, refusals."""

import http.client
import json
import re
import socket
import time

from harness import TIMEOUT, wait_until
from town import policy

SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z_]+="[^"\\\n]*"(?:,|(?=\})))*\})? (-?[0-9.e+]+|\+Inf|NaN)')


def request(g, method, path, headers=None, body=None):
    c = http.client.HTTPConnection("127.0.0.1", g.http_port, timeout=10)
    try:
        c.request(method, path, body=body, headers=headers or {})
        answer = c.getresponse()
        return answer, answer.read()
    finally:
        c.close()


def metrics(g):
    """{name: {labels as text: value}} of the whole page, which is checked line by line."""
    types, found = {}, {}
    text = g.http("/metrics")[1]
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            name, labels, value = sample.groups()
            base = re.sub("_(bucket|sum|count)$", "", name)
            assert name in types or types.get(base) == "histogram", line
            assert labels not in found.setdefault(name, {}), line
            found[name][labels or ""] = float(value)
    return types, found


def test_probes(world):
    """"`/healthz` (process), `/readyz` (store writable, broker connected, self-audit clean)": the one
    stays well while the broker is away, the other does not, says why, and recovers by itself."""
    world.begin()
    g = world.gateway
    assert g.http("/healthz")[0] == 200 and g.http("/readyz")[0] == 200
    world.broker.stop()
    status, why = wait_until(lambda: (lambda a: a if a[0] == 503 else None)(g.http("/readyz")), "not ready")
    assert "broker" in why
    assert g.http("/healthz")[0] == 200
    assert g.metric("yijian_degraded") == 1
    assert "broker" in g.ctl_json("status")["degraded"]
    world.broker.start()
    g.wait_ready()
    assert g.metric("yijian_degraded") == 0


def test_metrics(world, hooks):
    """"`/metrics` (Prometheus text: `yijian_alerts_total{kind}`, `yijian_alerts_rejected_total{reason,
    device}` ..., `yijian_incidents_open{level}`, `yijian_deliveries_total{channel,result}`,
    `yijian_outbox_pending`, histograms `yijian_commit_seconds` and
    `yijian_deadline_lateness_seconds`, `yijian_build_info`)"."""
    hook = hooks()
    world.begin([policy(levels=[{"notify": ["family"], "wait": "500ms"}, {"notify": ["grid"], "wait": "60s"},
                                {"notify": ["duty"]}])], webhooks=[{"name": "w", "url": hook.url}]).village()
    g = world.gateway
    g.ctl("caregiver", "set", "grid1", "channels=webhook:w")
    home, family = world.device("b1"), world.caregiver("fam1")
    home.alarm("fall")
    home.call()
    home.say("call", b"what")
    world.device("x").say("heartbeat", {"ts": 1})
    g.wait_event("incident.escalated", 3)
    hook.wait(3)
    wait_until(lambda: g.metric('yijian_deliveries_total{channel="webhook:w",result="delivered"}') == 3, "the hook's")
    types, m = metrics(g)
    assert {n: t for n, t in types.items() if n.startswith("yijian_")} == types
    assert types["yijian_alerts_total"] == types["yijian_alerts_rejected_total"] == "counter"
    assert types["yijian_deliveries_total"] == "counter"
    assert types["yijian_incidents_open"] == types["yijian_outbox_pending"] == types["yijian_build_info"] == "gauge"
    assert types["yijian_commit_seconds"] == types["yijian_deadline_lateness_seconds"] == "histogram"
    alerts = m["yijian_alerts_total"]
    assert (alerts['{kind="fall"}'], alerts['{kind="sos"}'], alerts['{kind="unreadable"}']) == (1, 1, 1)
    assert alerts['{kind="smoke"}'] == 0
    assert m["yijian_alerts_rejected_total"] == {'{reason="json",device="b1"}': 1, '{reason="unknown_device"}': 1}
    assert m["yijian_incidents_open"]['{level="1"}'] == 3 and m["yijian_incidents_open"]['{level="0"}'] == 0
    assert m["yijian_deliveries_total"]['{channel="mqtt",result="sent"}'] >= 3
    assert m["yijian_outbox_pending"][""] == g.ctl_json("status")["outbox"]["pending"]
    for name in ("yijian_commit_seconds", "yijian_deadline_lateness_seconds"):
        buckets = list(m[name + "_bucket"].items())
        assert buckets[-1][0] == '{le="+Inf"}' and buckets[-1][1] == m[name + "_count"][""]
        assert [v for _, v in buckets] == sorted(v for _, v in buckets)
        bounds = [float(k[5:-2]) for k, _ in buckets]
        assert bounds == sorted(set(bounds))
        assert m[name + "_count"][""] >= 3 and m[name + "_sum"][""] >= 0
    assert m["yijian_commit_seconds_sum"][""] > 0  # a deadline may well fire within its millisecond
    assert family.pages(state="open")


def test_no_personal_data_in_metrics(world):
    """"`device` only for registered ones": what a stranger calls itself is no label; nor is a name."""
    world.begin().village()
    g = world.gateway
    for n in range(50):
        world.device(f"x{n}").say("call", {"id": "a", "ts": 1, "button": "sos"})
    g.wait_event("alert.rejected", 50)
    text = g.http("/metrics")[1]
    assert 'reason="unknown_device"} 50' in text
    assert not re.search(r"x\d|王秀英|000-1", text)


def test_errors_are_problem_details(world):
    """"errors are RFC 9457 problem details": what is not there, and what is not allowed."""
    world.begin()
    g = world.gateway
    for method, path, status in (("GET", "/nothing", 404), ("GET", "/api/v1/nothing", 404), ("GET", "/healthz/", 404),
                                 ("POST", "/healthz", 405), ("DELETE", "/metrics", 405), ("GET", "/../etc/passwd", 404),
                                 ("GET", "/%00", 404)):
        answer, body = request(g, method, path)
        assert answer.status == status, (method, path)
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        problem = json.loads(body)
        assert problem["status"] == status and problem["title"] and "type" in problem
        if status == 405:
            assert "GET" in answer.headers["Allow"]
    answer, body = request(g, "HEAD", "/healthz")
    assert answer.status == 200 and body == b""
    assert g.http("/healthz?x=1")[0] == 200


def test_http_costs_no_alert(world):
    """"One bad thing stays one bad thing": slow, silent and huge HTTP clients; presses go on, and so
    does the next honest request once they are gone."""
    world.begin().village()
    g, home = world.gateway, world.device("b1")
    held = []
    for n in range(200):
        s = socket.create_connection(("127.0.0.1", g.http_port), timeout=10)
        s.setblocking(False)
        try:
            s.send([b"", b"GET /hea", b"POST /metrics HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"\0" * 20000,
                    b"GET / HTTP/1.1\r\nX: " + b"y" * 60000][n % 5])
        except OSError:
            pass  # refused: as good
        held.append(s)
    began = time.monotonic()
    home.wait(id=home.call(), state="received", timeout=5)
    assert time.monotonic() - began < 2
    for s in held:
        s.close()
    wait_until(lambda: g.http("/healthz")[0] == 200, "an honest request", TIMEOUT)
    assert g.alive()


def test_taken_address_costs_no_help(world):
    """"One bad thing stays one bad thing": somebody else has the address of the HTTP server. Calls are
    answered, the state topic says it, and the gateway listens as soon as it can."""
    gateway = world.begin().village().gateway
    gateway.stop()
    taken = socket.create_server(("127.0.0.1", gateway.http_port))
    watch = world.caregiver("grid1").subscribe("yj/v1/gw/gw-1/state")
    gateway.start(ready=False)
    watch.wait(online=True, degraded="http")
    home = world.device("b1")
    assert home.wait(id=home.call(), state="received")
    taken.close()
    gateway.wait_ready()
    gateway.wait_event("gateway.recovered")
