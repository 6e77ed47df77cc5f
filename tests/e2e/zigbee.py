"""Zigbee2MQTT itself (scripts/clients), over a stick that is simulated: what a Zigbee device says in
ZCL frames goes through its converters and comes out as they have it."""

import json
import os
import subprocess

import zigate
from harness import ROOT, wait_until

CLIENTS = ROOT / "build" / "clients" / "node_modules"
IAS_ACE, IAS_ZONE, POWER = 0x0501, 0x0500, 0x0001


class Zigbee:
    """`devices` are (friendly name, maker, model)."""

    def __init__(self, broker, folder, devices, **options):
        node = next(CLIENTS.glob("node-linux-*/bin/node"), None)
        assert node, "scripts/clients has not been run"
        self.node, self.folder = node, folder / "zigbee2mqtt"
        self.folder.mkdir()
        self.stick = zigate.Stick()
        self.short = {name: 0x1000 + n for n, (name, _, _) in enumerate(devices)}
        rows = [self.row(1, "Coordinator", zigate.COORDINATOR, 0)]
        names = {}
        for n, (name, maker, model) in enumerate(devices):
            ieee = 0xA4C1380000000000 + n
            names[f"0x{ieee:016x}"] = {"friendly_name": name}
            rows.append(self.row(n + 2, "EndDevice", ieee, self.short[name], manufName=maker,
                                 modelId=model, powerSource="Battery"))
        (self.folder / "database.db").write_text("".join(json.dumps(r) + "\n" for r in rows))
        (self.folder / "configuration.yaml").write_text(json.dumps({
            "version": 5, "mqtt": {"server": f"mqtt://127.0.0.1:{broker.port}"},
            "serial": {"port": self.stick.port, "adapter": "zigate"},
            "advanced": {"network_key": list(range(1, 17)), "pan_id": 0x1A62, "channel": 11,
                         "ext_pan_id": [1] * 8, "log_output": ["console"]},
            "frontend": {"enabled": False}, "devices": names, **options}, ensure_ascii=False))
        self.process = None
        self.starts = 0

    @staticmethod
    def row(id, type, ieee, short, **more):
        return {"id": id, "type": type, "ieeeAddr": f"0x{ieee:016x}", "nwkAddr": short,
                "epList": [1], "endpoints": {"1": {
                    "profId": zigate.HOME_AUTOMATION, "epId": 1, "devId": 1026, "clusters": {},
                    "inClusterList": [0, POWER, 3, IAS_ZONE], "outClusterList": [IAS_ACE],
                    "binds": [], "configuredReportings": [], "meta": {}}},
                "interviewCompleted": True, "interviewState": "SUCCESSFUL",
                "meta": {"configured": -1}, **more}

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [self.node, CLIENTS / "zigbee2mqtt" / "index.js"], stdout=log, stderr=log,
            cwd=CLIENTS / "zigbee2mqtt",
            # it would build itself anew if it took our repository for its own
            env={**os.environ, "ZIGBEE2MQTT_DATA": str(self.folder), "Z2M_ONBOARD_NO_SERVER": "1",
                 "GIT_DIR": os.devnull})
        log.close()
        self.starts += 1
        wait_until(lambda: self.log().count("Zigbee2MQTT started!") == self.starts,
                   "Zigbee2MQTT to start", 60)
        return self

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def emergency(self, name, tsn=1):
        """IAS ACE, Emergency: a button of the Tuya kind."""
        self.stick.hear(self.short[name], IAS_ACE, bytes([0x01, tsn, 0x02]))

    def zone(self, name, status, tsn=1):
        """IAS Zone, Status Change Notification."""
        self.stick.hear(self.short[name], IAS_ZONE,
                        bytes([0x09, tsn, 0x00, status & 255, status >> 8, 0, 0xFF, 0, 0]))

    def battery(self, name, percent, tsn=1):
        """Power Configuration, Report Attributes: half percents."""
        self.stick.hear(self.short[name], POWER,
                        bytes([0x18, tsn, 0x0A, 0x21, 0x00, 0x20, round(percent * 2)]))

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.stick.close()
