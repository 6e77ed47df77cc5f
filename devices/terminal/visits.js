/* A visit at the terminal (docs/visits.md): rings, is accepted or declined, goes on, ends.
 *
 *   (none) ──ring──▶ ringing ──accept──▶ talking ──end──▶ (none)
 *                       └──decline, end, ring_for is over──▶ (none)
 *   (none) ──reload within a visit──▶ renewing ──offer──▶ talking
 *
 * A chime and the name come before the camera, always. What was told last of a session is told again
 * when it is asked for, and when the connection is back. */

import {Peer} from "./peer.js";

const RING_AGAIN_MS = 4000;
const COUNTDOWN_S = 3;
const RING_FOR_S = 60;
const RENEW_MS = 40000;
const VISIT_MAX_MS = 2 * 3600 * 1000;
const REMEMBERED = 20;
const MODES = ["video", "voice", "check-in"];

export class Visits {
	/* view: see visit_screen.js. press: the terminal's own keys, for the red one */
	constructor(store, broker, speech, view) {
		this.store = store;
		this.broker = broker;
		this.speech = speech;
		this.view = view;
		this.visit = null;
		this.untold = new Map();
		this.over = new Map();
	}

	async load() {
		const kept = await this.store.get("settings", "visit").catch(() => null);
		if (!kept || Date.now() - kept.at > VISIT_MAX_MS) {
			return;
		}
		this.visit = Object.assign(kept, {phase: "renewing"});
		this.view.talking(this.visit, "connecting");
		this.tell("accepted", {renew: true});
		this.timer(RENEW_MS, () => this.end());
	}

	resend() {
		for (const [session, text] of this.untold) {
			this.send(session, text);
		}
	}

	send(session, text) {
		this.broker.send("up/visit", text, () => {
			if (this.untold.get(session) === text) {
				this.untold.delete(session);
			}
		});
	}

	tell(state, signal) {
		const session = this.visit.session;
		const message = {session, state};
		if (signal) {
			message.signal = signal;
		}
		this.visit.told = JSON.stringify(message);
		this.untold.set(session, this.visit.told);
		this.send(session, this.visit.told);
	}

	hear(down) {
		if (typeof down.session !== "string") {
			return;
		}
		const mine = this.visit && this.visit.session === down.session;
		if (down.action === "ring") {
			this.rung(down, mine);
		} else if (down.action === "signal" && mine) {
			this.signal(down.signal || {});
		} else if (down.action === "end" && mine) {
			this.close(this.visit.phase === "talking");
		}
	}

	rung(down, mine) {
		if (mine) {
			this.send(down.session, this.visit.told);
		} else if (this.over.has(down.session)) {
			this.send(down.session, this.over.get(down.session));
		} else if (this.visit) {
			this.broker.send("up/visit", JSON.stringify(
				{session: down.session, state: "declined", signal: {reason: "busy"}}));
		} else {
			this.begin(down);
		}
	}

	begin(down) {
		const s = down.signal || {};
		const mode = MODES.indexOf(s.mode) >= 0 && s.offer ? s.mode : "check-in";
		this.visit = {session: down.session, phase: "ringing", mode, offer: s.offer,
			from: typeof down.from === "string" ? down.from : "",
			auto: down.auto_answer === true && mode !== "check-in",
			iceServers: Array.isArray(s.ice_servers) ? s.ice_servers : [], at: Date.now()};
		this.tell("ringing");
		this.view.ringing(this.visit);
		this.timer((s.ring_for > 0 ? s.ring_for : RING_FOR_S) * 1000, () => this.close(false));
		this.ring(this.visit);
	}

	/* Chime and name, again and again; where it answers by itself, once, and then the countdown: but
	 * never without a sound before it. */
	async ring(visit) {
		const words = {video: "wants_video", voice: "wants_voice", "check-in": "are_you_well"};
		const still = () => this.visit === visit && visit.phase === "ringing";
		while (still()) {
			await this.speech.add([{chime: "ring"}, {name: visit.from, or: "somebody"},
				{phrase: words[visit.mode]}], still);
			if (still() && visit.auto && !this.speech.locked) {
				this.countdown(visit, COUNTDOWN_S);
				return;
			}
			await new Promise((resolve) => setTimeout(resolve, RING_AGAIN_MS));
		}
	}

	countdown(visit, left) {
		if (this.visit !== visit || visit.phase !== "ringing") {
			return;
		}
		if (left === 0) {
			this.accept();
			return;
		}
		this.view.countdown(left);
		this.speech.add([{chime: "pressed"}]);
		setTimeout(() => this.countdown(visit, left - 1), 1000);
	}

	timer(ms, then) {
		const visit = this.visit;
		clearTimeout(visit.timer);
		visit.timer = setTimeout(() => this.visit === visit && then(), ms);
	}

	/* ── the resident's keys ── */

	accept() {
		const visit = this.visit;
		if (!visit || visit.phase !== "ringing") {
			return;
		}
		clearTimeout(visit.timer);
		this.speech.hush();
		if (visit.mode === "check-in") {
			this.answer("well");
			return;
		}
		visit.phase = "talking";
		this.keep();
		this.view.talking(visit, "connecting");
		this.connect(visit.offer);
	}

	/* To a check-in. The red key answers too, and is a call for help all the same. */
	answer(result) {
		this.tell("accepted", {result});
		if (result === "well") {
			this.speech.add([{phrase: "check_in_thanks"}]);
		}
		this.view.thanks(result);
		this.forget();
	}

	decline() {
		if (this.visit && this.visit.phase === "ringing") {
			this.tell("declined");
			this.close(false);
		}
	}

	end() {
		if (this.visit && this.visit.phase !== "ringing") {
			this.tell("ended");
			this.close(true);
		}
	}

	withdraw() {
		if (this.visit) {
			this.tell(this.visit.phase === "ringing" ? "declined" : "ended",
				{withdraw: "auto_answer"});
			this.close(false);
			this.speech.add([{phrase: "withdrawn"}]);
			this.view.withdrawn();
		}
	}

	/* Any key but the visit's own; help: the red one. */
	pressed(help) {
		const visit = this.visit;
		if (visit && visit.mode === "check-in" && visit.phase === "ringing") {
			this.answer(help ? "needs" : "well");
		}
	}

	/* ── media ── */

	async connect(offer) {
		const visit = this.visit;
		if (visit.peer) {
			visit.peer.close();
		}
		const peer = new Peer({iceServers: visit.iceServers}, {
			onState: (state) => this.state(visit, peer, state),
			onRemote: (stream) => this.visit === visit && this.view.remote(stream),
			onLocal: (stream, missing) => this.visit === visit &&
				this.view.local(stream, missing || []),
			onMode: (mode, by) => this.fell(visit, mode, by),
		});
		visit.peer = peer;
		this.view.live(visit, true);
		try {
			const answer = await peer.answer(offer, visit.mode);
			if (this.visit === visit && visit.peer === peer) {
				this.tell("accepted", {answer: {type: answer.type, sdp: answer.sdp}});
			}
		} catch (error) {
			console.warn("no answer", error);
			if (this.visit === visit && visit.peer === peer) {
				this.end();
			}
		}
	}

	/* A connection that is lost is followed by a new offer, or by the end. */
	state(visit, peer, state) {
		if (this.visit !== visit || visit.peer !== peer) {
			return;
		}
		this.view.state(state);
		if (state === "connected" || state === "weak") {
			clearTimeout(visit.timer);
		} else if (state === "lost") {
			this.timer(RENEW_MS, () => this.end());
		}
	}

	fell(visit, mode, by) {
		if (this.visit !== visit || visit.mode === mode) {
			return;
		}
		visit.mode = mode;
		if (by !== "there") {
			this.tell("accepted", {mode});
		}
		if (mode === "check-in") {
			this.ask(visit);
			return;
		}
		this.keep();
		this.view.fell(visit);
		this.speech.add([{phrase: "fell_voice"}]);
	}

	/* Nothing to see or hear any more: what is left is the question, and a key. */
	async ask(visit) {
		visit.phase = "ringing";
		visit.auto = false;
		visit.peer.close();
		this.view.closed();
		this.view.ringing(visit);
		this.timer(RING_FOR_S * 1000, () => {
			this.tell("ended");
			this.close(false);
		});
		await this.speech.add([{phrase: "fell_check_in"}]);
		this.ring(visit);
	}

	/* Modes only fall: whoever answered a voice did not answer a camera. */
	signal(signal) {
		const visit = this.visit;
		const lower = MODES.indexOf(signal.mode) > MODES.indexOf(visit.mode);
		if (lower && !signal.offer) {
			this.fell(visit, signal.mode, "there");
		} else if (signal.offer && visit.phase !== "ringing") {
			visit.mode = lower ? signal.mode : visit.mode;
			visit.phase = "talking";
			clearTimeout(visit.timer);
			this.connect(signal.offer);
		} else if (signal.offer) {
			visit.offer = signal.offer;
		}
	}

	/* ── the end ── */

	keep() {
		const {session, mode, from, auto, iceServers, at} = this.visit;
		this.store.put("settings", "visit", {session, mode, from, auto, iceServers, at})
			.catch(() => {});
	}

	/* Camera and microphone are given back before anything is said. */
	close(say) {
		const visit = this.visit;
		if (visit.peer) {
			visit.peer.close();
		}
		this.speech.hush();
		this.forget();
		this.view.closed();
		if (say) {
			this.speech.add([{chime: "over"}, {phrase: "visit_over"}]);
		}
	}

	forget() {
		const visit = this.visit;
		clearTimeout(visit.timer);
		this.visit = null;
		this.store.remove("settings", "visit").catch(() => {});
		/* the gateway may ring again in a visit that was only missed */
		if (!/"state":"ringing"/.test(visit.told)) {
			this.over.set(visit.session, visit.told);
			if (this.over.size > REMEMBERED) {
				this.over.delete(this.over.keys().next().value);
			}
		}
	}
}
