/* The phrases in a voice of the family: recorded here, kept here. */

import {at} from "./screen.js";
import {strip} from "./visit_screen.js";

const LONGEST_MS = 10000;

export async function recordings(store, speech, words, phrases) {
	const list = at("recording-list");
	list.textContent = "";
	const own = await store.keys("recordings").catch(() => []);
	Object.keys(phrases).forEach((id) => {
		list.appendChild(line(store, speech, words, id, phrases[id], own.indexOf(id) >= 0));
	});
}

function button(words, text, act) {
	const b = document.createElement("button");
	b.type = "button";
	b.className = "key plain";
	b.textContent = text;
	b.setAttribute("aria-label", text + " · " + words);
	b.addEventListener("click", act);
	return b;
}

function line(store, speech, words, id, phrase, own) {
	const li = document.createElement("li");
	li.dataset.phrase = id;
	const text = document.createElement("span");
	text.textContent = phrase;
	const remove = button(phrase, words.record_remove, async () => {
		await store.remove("recordings", id);
		speech.forget(id);
		remove.hidden = true;
	});
	remove.hidden = !own;
	const record = button(phrase, words.record, () => toggle());
	let stop = null;
	const toggle = async () => {
		if (stop) {
			stop();
			return;
		}
		const made = new Promise((resolve) => {
			capture(words, resolve).then((s) => {
				stop = s;
				record.textContent = stop ? words.record_stop : words.no_microphone;
			});
		});
		const blob = await made;
		stop = null;
		record.textContent = words.record;
		if (blob) {
			await store.put("recordings", id, blob);
			speech.forget(id);
			remove.hidden = false;
		}
	};
	li.append(text, record, button(phrase, words.record_play, () => speech.say([{phrase: id}])),
		remove);
	return li;
}

/* Begins; resolves to what ends it, null without a microphone. then(blob) comes at the end. */
async function capture(words, then) {
	let stream;
	try {
		stream = await navigator.mediaDevices.getUserMedia({audio: true});
	} catch (error) {
		return null;
	}
	strip(true, false, words.live_record);
	const parts = [];
	const recorder = new MediaRecorder(stream);
	recorder.ondataavailable = (event) => parts.push(event.data);
	recorder.onstop = () => {
		stream.getTracks().forEach((t) => t.stop());
		strip(false);
		then(new Blob(parts, {type: recorder.mimeType}));
	};
	recorder.start();
	const timer = setTimeout(() => recorder.stop(), LONGEST_MS);
	return () => {
		clearTimeout(timer);
		recorder.stop();
	};
}
