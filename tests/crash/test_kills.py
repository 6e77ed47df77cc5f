"""Promise 1 ("Nothing acknowledged is lost") under SIGKILLs of the daemon at random moments: every
alert whose PUBACK went out is in the log exactly once as an incident or a join, every incident ends
notified, `log verify` passes.

YJ_KILLS: how many (default 60; scripts/crash gives its own); YJ_SEED: of the random moments."""

import json
import os
import random
import subprocess
import threading
import time

import crashworld
import harness
import load

KILLS = int(os.environ.get("YJ_KILLS", "60"))
SEED = int(os.environ.get("YJ_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)

# waits so long that pages come from alerts, not from time, and the log stays readable
POLICY = {"name": "default",
          "levels": [{"notify": ["grid"], "wait": "30m"}, {"notify": ["duty"]}],
          "repeat_every": "1h"}


class Fleet:
    """yijian-sim fleet: homes that repeat until `received`."""

    def __init__(self, world, seed):
        sim = [str(harness.BIN / "yijian-sim"), "fleet", "--homes", "200", "--prefix", "f"]
        for kind in ("residents", "devices"):
            rows = subprocess.run([*sim, "--csv", kind], check=True, capture_output=True).stdout
            file = world.folder / f"fleet-{kind}.csv"
            file.write_bytes(rows)
            world.gateway.ctl("import", kind, file)
        self.process = subprocess.Popen(
            [*sim, "--port", str(world.broker.port), "--rate", "5", "--bounce", "20", "--stuck", "0",
             "--retry-first", "500ms", "--drain", "60s", "--seed", str(seed)],
            stdout=subprocess.PIPE, stderr=open(world.folder / "fleet.log", "wb"), text=True)

    def end(self):
        """Its summary, when all is confirmed."""
        self.process.terminate()
        return json.loads(self.process.communicate(timeout=120)[0])


def kill_at_random(gateway, kills, rng):
    """Kills and starts again. Some delays fall into the start, some into the work; half of the starts
    are as after a clean stop, for after two unclean ones the daemon goes in steps of one."""
    pause = threading.Event()
    for _ in range(kills):
        pause.wait(rng.choice((rng.uniform(0.02, 0.3), rng.uniform(0.3, 1.5), rng.uniform(0.6, 2))))
        assert gateway.alive(), gateway.log.read_text(errors="replace")[-3000:]
        gateway.kill()
        if rng.random() < 0.5:
            gateway.forget_crashes()
        gateway.start(ready=False)


def run(crash, kills, seed, rate, **sections):
    rng = random.Random(seed)
    print(f"seed {seed}, {kills} kills")
    crash.begin(policies=[POLICY], **sections)
    gateway = crash.gateway
    load.directory(gateway)
    fleet = Fleet(crash, seed)
    answers = load.Answers(crash.broker, seed)
    presses = load.Presses(crash.broker, seed, rate)
    begin = time.monotonic()
    try:
        kill_at_random(gateway, kills, rng)
    finally:
        presses.end()
        answers.stopped = True
        summary = fleet.end()
    seconds = time.monotonic() - begin
    gateway.wait_ready(60)

    def outside():
        seen = {row[0] for row in gateway.query("SELECT id FROM dedupe")}
        return [i for i in presses.sent if i not in seen] + \
            [i for i in answers.replies if i not in seen]

    def drained():
        return not outside() and \
            gateway.query("SELECT count(*) FROM outbox WHERE status = 0")[0][0] == 0
    try:
        harness.wait_until(drained, "the broker's queue and the outbox to run empty", 90)
    except AssertionError:
        missing = outside()
        assert not missing, f"{len(missing)} messages never came: {missing[:5]}"
        raise
    verdict = crashworld.Verdict(gateway, presses.sent)
    print(f"kills {kills} in {seconds:.0f} s, {verdict.line()}; fleet: presses {summary['presses']}, "
          f"repeats {summary['repeats']}, unconfirmed {summary['unconfirmed']}; "
          f"replies {len(answers.replies)}, pages heard {answers.pages}")
    answers.end()
    verdict.check()
    assert summary["unconfirmed"] == 0 and summary["presses"] > 0, summary
    homes = [e["data"]["alert"] for e in gateway.stream("incident.*")
             if e["type"] in ("yijian.incident.opened", "yijian.incident.joined")
             and e["data"].get("device", "").startswith("f-")]
    assert len(homes) == len(set(homes)) == summary["presses"]
    assert verdict.incidents > 100 and len(answers.replies) > 20, verdict.line()
    return verdict


def test_random_kills(crash):
    run(crash, KILLS, SEED, 250)


def test_random_kills_over_tls(crash):
    broker, section = load.tls_broker(crash.folder / "tls")
    run(crash, max(1, KILLS // 3), SEED + 1, 150, broker=broker, mqtt=section)
