/* What is said aloud, one thing after the other: recorded phrases (made by this home, by its
 * municipality, or the shipped ones), chimes, and names, for which alone the browser speaks.
 *
 * Each thing said is also an event `said` of the document, {what, how}: how is "own" or "file" (a
 * recording), "chime", "name" (the browser's voice), or "silent" (no sound allowed, or no voice). */

import {chime} from "./sounds.js";

const LOUD = 0.5;
const FETCH_MS = 4000;
const NAME_MS = 5000;

export class Speech {
	/* home: {lang, device, key}. words: {phrases: {id: text}} of that language */
	constructor(store, home, words) {
		this.store = store;
		this.home = home;
		this.words = words;
		this.buffers = new Map();
		this.turn = 0;
		this.queue = Promise.resolve();
		const Context = window.AudioContext || window.webkitAudioContext;
		this.context = Context ? new Context() : null;
		if (window.speechSynthesis) {
			window.speechSynthesis.getVoices();
		}
	}

	/* Browsers keep silent until the first touch, unless they were started as a kiosk. */
	get locked() {
		return !this.context || this.context.state !== "running";
	}

	async unlock() {
		if (this.context && this.locked) {
			await Promise.race([this.context.resume().catch(() => {}),
				new Promise((resolve) => setTimeout(resolve, 300))]);
		}
		return !this.locked;
	}

	/* Says these now and forgets what was to be said: [{phrase}, {name}, {chime}]. Resolves at the end. */
	say(things) {
		this.turn++;
		this.hush();
		return this.add(things);
	}

	/* Says these after what is being said, as long as still() is true, if it is given. */
	add(things, still) {
		const turn = this.turn;
		const wanted = () => turn === this.turn && (!still || still());
		this.queue = this.queue.then(() => this.sayAll(things, wanted));
		return this.queue;
	}

	hush() {
		if (this.source) {
			this.source.stop();
			this.source = null;
		}
		if (window.speechSynthesis) {
			window.speechSynthesis.cancel();
		}
	}

	async sayAll(things, wanted) {
		for (const thing of things) {
			if (!wanted()) {
				return;
			}
			await this.sayOne(thing).catch((error) => {
				console.warn("not said", thing, error);
				told(thing, "silent");
			});
		}
	}

	async sayOne(thing) {
		const audible = await this.unlock();
		if (thing.name) {
			await this.sayName(thing, audible);
		} else if (!audible) {
			told(thing, "silent");
		} else if (thing.chime) {
			told(thing, "chime");
			await chime(this.context, thing.chime, LOUD);
		} else {
			const {buffer, how} = await this.recording(thing.phrase);
			told(thing, how);
			await this.play(buffer);
		}
	}

	/* No voice for the language: a recorded "somebody" in place of the name. */
	async sayName(thing, audible) {
		if (audible && await speak(thing.name, this.home.lang)) {
			told(thing, "name");
		} else if (thing.or) {
			await this.sayOne({phrase: thing.or});
		} else {
			told(thing, "silent");
		}
	}

	play(buffer) {
		const source = this.context.createBufferSource();
		source.buffer = buffer;
		source.connect(this.context.destination);
		this.source = source;
		return new Promise((resolve) => {
			source.onended = resolve;
			setTimeout(resolve, buffer.duration * 1000 + 500);
			source.start();
		});
	}

	address(phrase) {
		const home = new URLSearchParams({device: this.home.device});
		if (this.home.key) {
			home.set("key", this.home.key);
		}
		return "voices/" + this.home.lang + "/" + phrase + ".wav?" + home;
	}

	async recording(phrase) {
		if (!this.buffers.has(phrase)) {
			this.buffers.set(phrase, await this.load(phrase));
		}
		return this.buffers.get(phrase);
	}

	async load(phrase) {
		const own = await this.store.get("recordings", phrase).catch(() => null);
		const how = own ? "own" : "file";
		const bytes = own ? await own.arrayBuffer() : await fetched(this.address(phrase));
		return {buffer: await decoded(this.context, bytes), how};
	}

	/* A recording was made anew. */
	forget(phrase) {
		this.buffers.delete(phrase);
	}

	/* Fetches all phrases, so that they are there when the network is not. */
	async warm() {
		for (const phrase of Object.keys(this.words.phrases)) {
			await this.recording(phrase).catch(() => {});
		}
	}
}

function told(thing, how) {
	document.dispatchEvent(new CustomEvent("said", {
		detail: {what: thing.phrase || thing.name || thing.chime, how}}));
}

async function fetched(address) {
	const control = new AbortController();
	const timer = setTimeout(() => control.abort(), FETCH_MS);
	try {
		const answer = await fetch(address, {signal: control.signal});
		if (!answer.ok) {
			throw new Error(address + ": " + answer.status);
		}
		return await answer.arrayBuffer();
	} finally {
		clearTimeout(timer);
	}
}

/* Old browsers know decodeAudioData with callbacks alone. */
function decoded(context, bytes) {
	return new Promise((resolve, reject) => context.decodeAudioData(bytes, resolve, reject));
}

/* The browser's voice; false if it has none for the language. */
function speak(text, lang) {
	const synth = window.speechSynthesis;
	const base = lang.slice(0, 2);
	const voice = synth && synth.getVoices().find((v) => v.lang.replace("_", "-").slice(0, 2) === base);
	if (!voice) {
		return Promise.resolve(false);
	}
	return new Promise((resolve) => {
		const words = new SpeechSynthesisUtterance(text);
		words.voice = voice;
		words.lang = voice.lang;
		words.rate = 0.9;
		words.onend = () => resolve(true);
		words.onerror = () => resolve(false);
		setTimeout(() => resolve(true), NAME_MS);
		synth.speak(words);
	});
}
