/* What is on the screen in a visit. */

import {at} from "./screen.js";
import {focusFirst} from "./keys.js";

export class VisitScreen {
	constructor(screen) {
		this.screen = screen;
		this.words = screen.words;
		this.missing = [];
	}

	name(visit) {
		return visit.from || this.words.nobody;
	}

	ringing(visit) {
		const ask = visit.mode === "check-in";
		at("ring-name").textContent = this.name(visit);
		at("ring-name").classList.toggle("long", this.name(visit).length > 12);
		at("ring-words").textContent = this.words["visit_" + visit.mode.replace("-", "_")];
		at("ring-count").textContent = "";
		at("accept-words").textContent = this.words[ask ? "well" : "accept"];
		at("ring").classList.toggle("ask", ask);
		at("key-accept").querySelector("use").setAttribute("href", ask ? "#i-well" : "#i-answer");
		at("key-decline").hidden = ask;
		at("key-withdraw-ring").hidden = !visit.auto;
		this.screen.view("ring");
		focusFirst();
	}

	countdown(left) {
		at("ring-count").textContent = left + " " + this.words.auto_in;
	}

	talking(visit, state) {
		this.visit = visit;
		this.missing = [];
		this.over = "";
		at("key-withdraw").hidden = !visit.auto;
		at("key-end").classList.toggle("shared", visit.auto);
		at("remote").hidden = visit.mode !== "video";
		this.state(state);
		this.screen.view("visit");
		at("key-end").focus();
	}

	/* The strip: who sees and hears, from before the camera opens until it is given back. */
	live(visit, on) {
		const camera = visit.mode === "video";
		strip(on, camera, (camera ? this.words.live_camera_mic : this.words.live_mic)
			.replace("{who}", this.name(visit)));
	}

	remote(stream) {
		const video = at("remote");
		if (video.srcObject !== stream) {
			video.srcObject = stream;
		}
		video.play().catch(() => {});
	}

	local(stream, missing) {
		const video = at("local");
		video.srcObject = stream;
		video.hidden = stream.getVideoTracks().length === 0;
		video.play().catch(() => {});
		this.missing = missing;
		if (missing.indexOf("camera") >= 0) {
			this.live(Object.assign({}, this.visit, {mode: "voice"}), true);
		}
		this.say();
	}

	state(state) {
		this.now = {connecting: "connecting", weak: "weak", gone: "gone", lost: "gone"}[state] || "";
		this.say();
	}

	fell(visit) {
		at("remote").hidden = true;
		at("local").hidden = true;
		this.over = "fell_" + visit.mode.replace("-", "_");
		this.live(visit, true);
		this.say();
	}

	say() {
		const words = [this.name(this.visit), this.now ? this.words[this.now] : this.words.talking];
		if (this.over) {
			words.push(this.words[this.over]);
		}
		this.missing.forEach((m) => words.push(this.words["no_" + m]));
		const text = words.join(" · ");
		if (at("visit-words").textContent !== text) {
			at("visit-words").textContent = text;
		}
	}

	closed() {
		["remote", "local"].forEach((id) => {
			at(id).srcObject = null;
		});
		strip(false);
		this.screen.view("home");
		focusFirst();
	}

	thanks(result) {
		this.screen.view("home");
		if (result === "well") {
			this.screen.note(this.words.check_in_thanks, "well");
		}
		focusFirst();
	}

	withdrawn() {
		this.screen.note(this.words.withdrawn, "done");
	}
}

export function strip(on, camera, words) {
	const live = at("live");
	live.hidden = !on;
	live.dataset.camera = Boolean(camera);
	at("live-words").textContent = on ? words : "";
}
