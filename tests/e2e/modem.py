"""A GSM modem on a pseudo-terminal, and Debian's smsd on it.

The modem speaks the AT commands of smsd in PDU mode (3GPP TS 27.005, PDUs as in TS 23.040): it
keeps what is sent through it, hands over what handsets send, and can refuse or hang."""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import threading
import time
import tty

from harness import wait_until

SMSC = "8613800100500"


# ---- PDUs ----

def semi_octets(digits):
    digits += "F" * (len(digits) % 2)
    return "".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))


def from_semi_octets(text):
    return "".join(text[i + 1] + text[i] for i in range(0, len(text), 2)).rstrip("Ff")


def address(number):
    """A TP address: length in digits, type, digits."""
    kind = "91" if number.startswith("+") else "A1"
    digits = number.lstrip("+")
    return f"{len(digits):02X}{kind}{semi_octets(digits)}"


def timestamp(now=None):
    """A TP-SCTS in UTC."""
    return semi_octets(time.strftime("%y%m%d%H%M%S", time.gmtime(now)) + "00")


def pack_gsm7(text):
    """Septets to octets; for texts of the letters that ASCII and GSM 03.38 share."""
    bits = sum(ord(c) << (7 * i) for i, c in enumerate(text))
    return bits.to_bytes((len(text) * 7 + 7) // 8, "little")


def unpack_gsm7(octets, count):
    bits = int.from_bytes(octets, "little")
    return "".join(chr((bits >> (7 * i)) & 0x7F) for i in range(count))


def deliver_pdu(sender, text, part=None):
    """SMS-DELIVER; UCS-2 unless all is ASCII. part = (reference, of how many, which)."""
    header = b"" if part is None else bytes([5, 0, 3, *part])
    first = "04" if part is None else "44"
    if text.isascii() and part is None:
        dcs, length, data = "00", len(text), pack_gsm7(text)
    else:
        dcs, data = "08", header + text.encode("utf-16-be")
        length = len(data)
    smsc = "91" + semi_octets(SMSC)
    tpdu = f"{first}{address(sender)}00{dcs}{timestamp()}{length:02X}{data.hex().upper()}"
    return f"{len(smsc) // 2:02X}{smsc}{tpdu}", len(tpdu) // 2


def report_pdu(reference, receiver, status):
    """SMS-STATUS-REPORT; status 0 is delivered."""
    smsc = "91" + semi_octets(SMSC)
    tpdu = f"06{reference:02X}{address(receiver)}{timestamp()}{timestamp()}{status:02X}"
    return f"{len(smsc) // 2:02X}{smsc}{tpdu}", len(tpdu) // 2


class Sent:
    """An SMS-SUBMIT that has gone out: to, text, units, ucs2, wants_report, validity, reference."""

    def __init__(self, pdu, reference):
        data = bytes.fromhex(pdu)
        at = 1 + data[0]
        first, at = data[at], at + 2
        digits = data[at]
        octets = (digits + 1) // 2
        self.international = data[at + 1] == 0x91
        self.to = from_semi_octets(data[at + 2:at + 2 + octets].hex())
        at += 2 + octets
        self.dcs = data[at + 1]
        at += 2
        self.validity = None
        if first & 0x18:
            assert first & 0x18 == 0x10, "only relative validity periods"
            self.validity, at = data[at], at + 1
        self.wants_report = bool(first & 0x20)
        length, user = data[at], data[at + 1:]
        skip = user[0] + 1 if first & 0x40 else 0
        self.multipart = bool(skip)
        self.ucs2 = self.dcs & 0x0C == 8
        if self.ucs2:
            assert len(user) == length
            self.text = user[skip:].decode("utf-16-be")
            self.units = (length - skip) // 2
        else:
            assert skip == 0, "no headers before septets here"
            self.text = unpack_gsm7(user, length)
            self.units = length
        self.reference = reference

    def __repr__(self):
        return f"<Sent to={self.to} {self.text!r}>"


class Modem:
    """Begins to answer at once. `refuse` is a +CMS ERROR code for everything that is to be sent;
    while `hangs` is set nothing is answered."""

    def __init__(self, folder):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.device = pathlib.Path(folder) / "modem"
        self.device.parent.mkdir(parents=True, exist_ok=True)
        self.device.symlink_to(os.ttyname(self.slave))
        self.sent = []
        self.tried = 0
        self.refuse = None
        self.hangs = False
        self.memory = {}
        self.lock = threading.Lock()
        self.reference = 41
        self._stop, self._wake = os.pipe()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def close(self):
        os.close(self._wake)
        self.thread.join()
        for fd in (self._stop, self.master, self.slave):
            os.close(fd)
        self.device.unlink()

    # -- what tests do

    def receive(self, sender, text, parts=1):
        """A handset sends an SMS to this SIM."""
        if parts == 1:
            return self._store(deliver_pdu(sender, text))
        size = (len(text) + parts - 1) // parts
        for i in range(parts):
            self._store(deliver_pdu(sender, text[i * size:(i + 1) * size], (77, parts, i + 1)))

    def report(self, sent, status=0):
        """The centre reports on what was sent."""
        plus = "+" if sent.international else ""
        self._store(report_pdu(sent.reference, plus + sent.to, status))

    def wait(self, count=1, to=None, timeout=30):
        """The `count`th SMS (to this number)."""
        def found():
            some = [s for s in list(self.sent) if to is None or s.to == to]
            return some if len(some) >= count else None
        return wait_until(found, f"{count} SMS to {to}", timeout)[count - 1]

    # -- the wire

    def _store(self, pdu):
        with self.lock:
            at = next(i for i in range(1, 51) if i not in self.memory)
            self.memory[at] = pdu

    def _run(self):
        pending = b""
        awaits_pdu = False
        while True:
            ready, _, _ = select.select([self.master, self._stop], [], [])
            if self._stop in ready:
                return
            try:
                pending += os.read(self.master, 4096)
            except (BlockingIOError, OSError):
                continue
            if self.hangs:
                pending, awaits_pdu = b"", False
                continue
            while True:
                if awaits_pdu:
                    pdu, end, rest = pending.partition(b"\x1a")
                    if not end:
                        break
                    pending, awaits_pdu = rest, False
                    self._answer(self._submit(pdu.decode().strip()))
                    continue
                line, end, rest = pending.partition(b"\r")
                if not end:
                    break
                pending = rest
                command = line.decode(errors="replace").strip()
                if command.startswith("AT+CMGS="):
                    awaits_pdu = True
                    os.write(self.master, b"\r\n> ")
                elif command:
                    self._answer(self._command(command))

    def _answer(self, text):
        if not self.hangs:
            os.write(self.master, f"\r\n{text}\r\n".encode())

    def _submit(self, pdu):
        self.tried += 1
        if self.refuse is not None:
            return f"+CMS ERROR: {self.refuse}"
        self.reference = (self.reference + 1) % 256
        self.sent.append(Sent(pdu, self.reference))
        return f"+CMGS: {self.reference}\r\n\r\nOK"

    def _command(self, command):
        fixed = {
            "AT+CPIN?": "+CPIN: READY",
            "AT+CREG?": '+CREG: 2,1,"1A2B","0C3D"',
            "AT+CSQ": "+CSQ: 21,0",
            "AT+CGSN": "860000000000001",
            "AT+CIMI": "460000000000001",
        }
        if command in fixed:
            return fixed[command] + "\r\n\r\nOK"
        with self.lock:
            if command == "AT+CPMS?":
                place = f'"SM",{len(self.memory)},50'
                return f"+CPMS: {place},{place},{place}\r\n\r\nOK"
            match = re.fullmatch(r"AT\+CMG([RD])=(\d+)", command)
            if match and match[1] == "D":
                self.memory.pop(int(match[2]), None)
            elif match:
                if int(match[2]) not in self.memory:
                    return "+CMS ERROR: 321"
                pdu, length = self.memory[int(match[2])]
                return f"+CMGR: 0,,{length}\r\n{pdu}\r\n\r\nOK"
        return "OK"


# ---- smsd ----

class Smsd:
    """Debian's smsd with one modem and a spool of its own, as docs/sms.md sets it up but faster."""

    def __init__(self, folder, modem, extra="", modem_extra=""):
        self.folder = pathlib.Path(folder)
        self.spool = self.folder / "spool"
        for name in ("outgoing", "checked", "sent", "failed", "incoming"):
            (self.spool / name).mkdir(parents=True, exist_ok=True)
        self.conf = self.folder / "smsd.conf"
        self.log = self.folder / "smsd.log"
        places = "".join(f"{name} = {self.spool / name}\n"
                         for name in ("outgoing", "checked", "sent", "failed", "incoming"))
        self.conf.write_text(f"""devices = GSM1
{places}logfile = {self.log}
infofile = {self.folder / "smsd.working"}
pidfile = {self.folder / "smsd.pid"}
loglevel = 7
delaytime = 1
delaytime_mainprocess = 1
errorsleeptime = 1
blocktime = 5
stats_interval = 0
receive_before_send = no
executable_check = no
autosplit = 3
{extra}
[GSM1]
device = {modem.device}
pre_init = no
check_sim = no
check_network = 0
incoming = yes
report = no
rtscts = no
baudrate = 115200
memory_start = 1
send_retries = 1
{modem_extra}
""")
        self.process = None

    def start(self):
        out = open(self.folder / "smsd.out", "ab")
        self.process = subprocess.Popen(["/usr/sbin/smsd", "-t", "-c", str(self.conf)],
                                        stdout=out, stderr=out, start_new_session=True)
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        """The main process and that of the modem."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
