/* Chimes, made of tones so that they are there without any file: [frequency Hz, start s, length s]. */

const CHIMES = {
	pressed: [[660, 0, 0.12], [880, 0.12, 0.2]],
	check: [[1000, 0, 0.6]],
	ring: [[784, 0, 0.35], [659, 0.4, 0.35], [523, 0.8, 0.6]],
	over: [[523, 0, 0.2], [392, 0.22, 0.35]],
};
export const CHECK_HZ = 1000;

/* Plays one; resolves at its end. */
export function chime(context, name, loud) {
	const tones = CHIMES[name];
	const begin = context.currentTime + 0.02;
	let end = begin;
	for (const [hz, start, length] of tones) {
		const tone = context.createOscillator();
		const gain = context.createGain();
		tone.frequency.value = hz;
		gain.gain.setValueAtTime(0, begin + start);
		gain.gain.linearRampToValueAtTime(loud, begin + start + 0.02);
		gain.gain.setValueAtTime(loud, begin + start + length - 0.05);
		gain.gain.linearRampToValueAtTime(0, begin + start + length);
		tone.connect(gain);
		gain.connect(context.destination);
		tone.start(begin + start);
		tone.stop(begin + start + length + 0.02);
		end = Math.max(end, begin + start + length);
	}
	return new Promise((resolve) => setTimeout(resolve, (end - context.currentTime) * 1000));
}
