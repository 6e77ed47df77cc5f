/* Offers and answers as they travel: without what the other browser can do without. The ring with its offer goes to
 * the terminal through mosquitto, which writes 4,096 bytes of a WebSocket's message at a time and
 * the rest up to 0.1 s later; a whole offer of Chromium's is longer.
 * Pure: text in, text out. The description that stands here stays as it is. */

/* What the extensions of RTP that are kept are for: when packets came, which stream they are of, and
 * which way up the picture is. */
const KEPT = /transport-wide-cc|sdes:mid|video-orientation/;

const DROPPED = [
	/^a=extmap-allow-mixed$/,
	/^a=rtcp:9 IN /,		   /* RTP and RTCP share a port */
	/^a=ssrc:\d+ (msid|mslabel|label):/, /* said by a=msid already */
	/^a=candidate:\S+ \d+ tcp /i,	   /* browsers do not wait for a TCP connection */
];

export function shorten(sdp) {
	return sdp.split("\r\n").filter((line) => line.startsWith("a=extmap:") ? KEPT.test(line)
		: !DROPPED.some((rule) => rule.test(line))).join("\r\n");
}
