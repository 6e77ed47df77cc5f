/* The visit itself: the other side large, oneself small, three keys. */

import {put, the} from "./dom.js";
import {clock, say} from "./words.js";

const TOLD_MS = 15000;

export class CallView {
	constructor() {
		the("mute").onclick = () => this.toggleMute();
		the("camera").onclick = () => this.toggleCamera();
		the("hangup").onclick = () => this.call.hangUp();
		the("sound").onclick = () => this.play();
		const remote = the("remote");
		remote.onloadeddata = () => this.draw();
		remote.onplaying = () => this.draw();
		remote.onresize = () => this.draw();
		this.timer = null;
	}

	open(call) {
		this.call = call;
		this.muted = false;
		this.dark = false;
		this.began = null;
		call.first = call.mode;
		the("called").textContent = call.resident.name;
		the("portrait").textContent = Array.from(call.resident.name)[0] || "";
		the("controls").setAttribute("aria-label", say("controls"));
		the("remote").setAttribute("aria-label", say("remote"));
		the("local").setAttribute("aria-label", say("local"));
		put(the("help"), "");
		put(the("told"), "");
		the("sound").hidden = true;
		this.keepAwake();
		this.timer = setInterval(() => this.draw(), 1000);
		this.draw();
	}

	close() {
		clearInterval(this.timer);
		clearTimeout(this.toldTimer);
		if (this.lock)
			this.lock.then((lock) => lock.release()).catch(() => {});
		this.lock = null;
		for (const id of ["remote", "local"])
			the(id).srcObject = null;
	}

	keepAwake() {
		if (navigator.wakeLock)
			this.lock = navigator.wakeLock.request("screen");
		if (this.lock)
			this.lock.catch(() => {});
	}

	/* ── what is seen ── */

	draw() {
		const call = this.call;
		if (!call || call.phase === "over")
			return;
		const picture = call.mode === "video" && call.phase === "talking" && call.theirs.video
			&& the("remote").videoWidth > 0;
		document.body.dataset.phase = call.phase;
		document.body.dataset.mode = call.mode;
		document.body.dataset.away = call.away ? "yes" : "no";
		the("remote").classList.toggle("seen", picture);
		the("portrait").hidden = picture;
		the("phase").textContent = this.phaseWords();
		the("hangup").disabled = false;
		this.drawKeys();
		if (picture && performance.getEntriesByName("visit-frame").length === 0)
			performance.mark("visit-frame");
	}

	phaseWords() {
		const call = this.call, state = call.state || {};
		switch (call.phase) {
		case "opening":
			return say(call.mode === "voice" ? "opening_voice" : "opening");
		case "asking":
		case "ringing":
			if (!call.resident.terminal.online && !state.rung && !call.talked)
				return say("waiting_online");
			if (call.phase === "asking")
				return say("asking");
			return say(state.auto_answer ? "ringing_auto" : "ringing");
		case "missed":
			return state.retry_at ? say("missed", {time: clock(state.retry_at)})
				: say("missed_soon");
		case "talking":
			return this.talkingWords();
		default:
			return say(call.phase);
		}
	}

	talkingWords() {
		if (this.began === null)
			this.began = Date.now();
		const s = Math.floor((Date.now() - this.began) / 1000);
		const time = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
		const weak = this.call.weak ? ` · ${say("weak")}` : "";
		const blind = this.call.mode === "video" && !this.call.theirs.video
			? ` · ${say("no_camera_there")}` : "";
		return `${say("talking")} ${time}${weak}${blind}`;
	}

	drawKeys() {
		const call = this.call, talking = call.mode !== "check-in";
		the("mute").hidden = !talking;
		the("camera").hidden = call.mode !== "video";
		press(the("mute"), this.muted, say(this.muted ? "unmute" : "mute"));
		press(the("camera"), this.dark, say(this.dark ? "camera_on" : "camera_off"));
		the("local").hidden = call.mode !== "video" || this.dark || !the("local").srcObject
			|| the("local").srcObject.getVideoTracks().length === 0;
	}

	/* Something that the caregiver should know, for a while. */
	tell(key) {
		put(the("told"), say(key));
		clearTimeout(this.toldTimer);
		this.toldTimer = setTimeout(() => put(the("told"), ""), TOLD_MS);
	}

	help() {
		put(the("help"), say("help", {name: this.call.resident.name}));
		alarm();
	}

	/* ── sound and picture ── */

	setLocal(stream) {
		the("local").srcObject = stream;
		this.drawKeys();
	}

	setRemote(stream) {
		const remote = the("remote");
		if (remote.srcObject !== stream)
			remote.srcObject = stream;
		this.play();
	}

	play() {
		const playing = the("remote").play();
		if (playing)
			playing.then(() => {
				the("sound").hidden = true;
			}).catch((e) => {
				the("sound").hidden = e.name !== "NotAllowedError";
			});
	}

	toggleMute() {
		this.muted = !this.muted;
		if (this.call.peer)
			this.call.peer.mute(this.muted);
		this.draw();
	}

	async toggleCamera() {
		this.dark = !this.dark;
		this.draw();
		if (this.call.peer && !await this.call.peer.camera(!this.dark)) {
			this.dark = true;
			this.tell("no_camera");
		}
		if (this.call.peer)
			this.setLocal(this.call.peer.local);
		this.draw();
	}
}

function press(key, yes, words) {
	key.setAttribute("aria-pressed", String(yes));
	key.querySelector("span").textContent = words;
}

/* Three tones, so that a help press is noticed by who looks away. */
function alarm() {
	const Audio = window.AudioContext || window.webkitAudioContext;
	if (!Audio)
		return;
	const audio = new Audio(), gain = audio.createGain(), tone = audio.createOscillator();
	const at = audio.currentTime;
	gain.connect(audio.destination);
	tone.connect(gain);
	for (let i = 0; i < 3; i++) {
		gain.gain.setValueAtTime(0.3, at + i * 0.4);
		gain.gain.setValueAtTime(0, at + i * 0.4 + 0.25);
	}
	tone.frequency.value = 880;
	tone.onended = () => audio.close();
	tone.start(at);
	tone.stop(at + 1.2);
}
