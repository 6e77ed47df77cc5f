/* Ids that sort by time (UUIDv7), so that the gateway's keys stay cheap and a list of presses is in
 * its order. Two of one millisecond are in order too. */

let lastMs = 0;
let counter = 0;

export function uuid7(nowMs) {
	const ms = Math.max(nowMs, lastMs);
	counter = ms === lastMs ? counter + 1 : 0;
	lastMs = ms;
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	let rest = ms;
	for (let i = 5; i >= 0; i--) {
		bytes[i] = rest % 256;
		rest = Math.floor(rest / 256);
	}
	bytes[6] = 0x70 | (counter >> 8 & 0x0f);
	bytes[7] = counter & 0xff;
	bytes[8] = 0x80 | (bytes[8] & 0x3f);
	const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
		.join("-");
}
