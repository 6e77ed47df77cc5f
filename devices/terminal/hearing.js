/* Whether sound can be heard. At the start a chime is played; where the microphone may be used
 * without asking, it listens for it; else, and if it does not hear it, whoever is near is asked, by a
 * strip that stands in no key's way and stays until somebody has said so. */

import {at} from "./screen.js";
import {key} from "./keys.js";
import {CHECK_HZ} from "./sounds.js";
import {strip} from "./visit_screen.js";

const LISTEN_MS = 1500;
const LOUDER_DB = 15;

export class Hearing {
	constructor(speech, words) {
		this.speech = speech;
		this.words = words;
		key(at("key-heard"), () => {
			this.speech.hush();
			this.done("asked");
		});
		key(at("key-again"), () => this.play());
	}

	async start() {
		if (this.speech.locked) {
			this.ask("sound_locked");
			document.addEventListener("pointerdown", () => this.unlock(), {once: true});
			document.addEventListener("keydown", () => this.unlock(), {once: true});
			this.speech.context.addEventListener("statechange", () => this.unlock(), {once: true});
			return;
		}
		await this.check();
	}

	async unlock() {
		if (await this.speech.unlock() && !this.begun) {
			await this.check();
		}
	}

	async check() {
		this.begun = true;
		if (await this.allowed() && await this.listen()) {
			this.done("heard");
		} else {
			this.ask("sound_ask");
			this.play();
		}
	}

	play() {
		const asked = () => document.body.dataset.sound === "ask";
		this.speech.add([{chime: "check"}, {phrase: "sound_check"}], asked);
	}

	ask(words) {
		at("sound").hidden = false;
		document.body.dataset.sound = "ask";
		at("sound-words").textContent = this.words[words];
		at("key-heard").hidden = at("key-again").hidden = words === "sound_locked";
	}

	done(how) {
		at("sound").hidden = true;
		document.body.dataset.sound = how;
		document.dispatchEvent(new CustomEvent("sound", {detail: how}));
	}

	async allowed() {
		try {
			const state = await navigator.permissions.query({name: "microphone"});
			return state.state === "granted";
		} catch (error) {
			return false;
		}
	}

	/* Is the chime's tone much louder while it is played than before? */
	async listen() {
		let stream;
		try {
			stream = await navigator.mediaDevices.getUserMedia({audio: {
				echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
		} catch (error) {
			return false;
		}
		strip(true, false, this.words.live_check);
		const context = this.speech.context;
		const ear = context.createAnalyser();
		const source = context.createMediaStreamSource(stream);
		ear.fftSize = 4096;
		ear.smoothingTimeConstant = 0;
		source.connect(ear);
		const before = await loudest(ear, context, LISTEN_MS / 3);
		const played = this.speech.add([{chime: "check"}]);
		const during = await loudest(ear, context, LISTEN_MS);
		await played;
		source.disconnect();
		stream.getTracks().forEach((t) => t.stop());
		strip(false);
		return during - before >= LOUDER_DB;
	}
}

/* How much the chime's tone stands out (dB) from what is beside it, at most, within that time: a
 * noise of all tones does not. */
function loudest(ear, context, ms) {
	const levels = new Float32Array(ear.frequencyBinCount);
	const bin = (hz) => Math.round(hz * ear.fftSize / context.sampleRate);
	const level = (hz) => Math.max(-120, ...levels.slice(bin(hz) - 1, bin(hz) + 2));
	const end = performance.now() + ms;
	let most = 0;
	return new Promise((resolve) => {
		const look = () => {
			ear.getFloatFrequencyData(levels);
			const aside = Math.max(level(CHECK_HZ * 0.8), level(CHECK_HZ * 1.25));
			most = Math.max(most, level(CHECK_HZ) - aside);
			if (performance.now() < end) {
				setTimeout(look, 40);
			} else {
				resolve(most);
			}
		};
		look();
	});
}
