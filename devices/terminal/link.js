/* Is the link good enough for what goes over it? Pure: no clock, no browser, so that it can be tried
 * with any weather. One sample a second comes in while the two sides are connected; out comes the
 * mode to go on in.
 *
 *     video ──poor in 6 of 8 s──▶ voice ──poor in 10 of 12 s──▶ check-in
 *
 * It never climbs again by itself: a camera that goes on and off tells nobody anything. What is poor
 * differs: a picture that stands still is a poor picture, but the voice beside it may be good. */

export const MODES = ["video", "voice", "check-in"];

const RULES = {
	"video": {next: "voice", window: 8, poor: 6, loss: 0.15, rttMs: 2500},
	"voice": {next: "check-in", window: 12, poor: 10, loss: 0.5, rttMs: 5000},
};
const SETTLE = 4; /* samples after a start or a change that count for nothing */

export function begin(mode) {
	return {mode, skip: SETTLE, past: []};
}

/* Which of two modes asks less of the link. */
export function lower(a, b) {
	return MODES.indexOf(a) > MODES.indexOf(b) ? a : b;
}

function poor(rule, mode, sample) {
	if (sample.rttMs !== null && sample.rttMs >= rule.rttMs)
		return true;
	if (sample.loss !== null && sample.loss >= rule.loss)
		return true;
	if (mode === "video")
		return sample.frames === 0;
	return sample.packets === 0;
}

/* sample: {loss: 0..1 of what was sent to us in this second, or null; rttMs, or null;
 * frames: pictures decoded, or null where the other side sends none;
 * packets: packets of sound, or null where the other side sends none}.
 * Gives {memory, mode, weak}: `weak` as soon as half of what it takes has been seen. */
export function judge(memory, sample) {
	const rule = RULES[memory.mode];
	if (!rule)
		return {memory, mode: memory.mode, weak: false};
	if (memory.skip > 0)
		return {memory: {...memory, skip: memory.skip - 1}, mode: memory.mode, weak: false};
	const past = [...memory.past, poor(rule, memory.mode, sample)].slice(-rule.window);
	const count = past.filter(Boolean).length;
	if (count >= rule.poor)
		return {memory: begin(rule.next), mode: rule.next, weak: true};
	return {memory: {...memory, past}, mode: memory.mode, weak: 2 * count >= rule.poor};
}
