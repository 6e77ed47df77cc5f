"""Offers as they travel: devices/terminal/shorten.js leaves out what the other browser can do without, and
nothing else, so that a ring is one write of mosquitto's to a WebSocket."""

import json
import subprocess

from harness import ROOT

RUN = """
import {shorten} from "%s";
console.log(JSON.stringify(shorten(JSON.parse(process.argv[1]))));
""" % (ROOT / "devices" / "terminal" / "shorten.js").as_uri()

KEPT = [
    "v=0", "o=- 8403110039497198512 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
    "m=video 39748 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 192.0.2.2",
    "a=candidate:2176995001 1 udp 2122194687 192.0.2.2 39748 typ host generation 0",
    "a=candidate:3020839885 1 udp 41885439 192.0.2.9 50001 typ relay raddr 0.0.0.0 rport 0",
    "a=ice-ufrag:75Hm", "a=ice-pwd:/ZVc+6C4f7/0GFJbrWiuGSVu", "a=fingerprint:sha-256 81:02",
    "a=setup:actpass", "a=mid:0",
    "a=extmap:13 urn:3gpp:video-orientation",
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid", "a=sendrecv", "a=msid:d73f 8792", "a=rtcp-mux",
    "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli", "a=ssrc-group:FID 1 2", "a=ssrc:1 cname:Fjig",
    "a=ssrc:2 cname:Fjig", ""]
LEFT_OUT = [
    (5, "a=extmap-allow-mixed"), (8, "a=rtcp:9 IN IP4 0.0.0.0"),
    (11, "a=candidate:2137561645 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active"),
    (17, "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset"),
    (18, "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (18, "a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing"),
    (30, "a=ssrc:1 msid:d73f 8792")]


def shorten(lines):
    done = subprocess.run(["node", "--input-type=module", "-e", RUN, json.dumps("\r\n".join(lines))],
                          capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout).split("\r\n")


def test_only_what_can_be_done_without_is_left_out():
    whole = list(KEPT)
    for place, line in LEFT_OUT:
        whole.insert(place, line)
    assert shorten(whole) == KEPT
    assert shorten(KEPT) == KEPT
