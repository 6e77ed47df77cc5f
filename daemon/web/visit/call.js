/* One visit from the tap to its end: the gateway's states and the peer's, put together for the eye.
 *
 *     opening ─▶ calling ─▶ ringing ─▶ connecting ─▶ talking ◀─▶ gone
 *                             ▲  │         │            │
 *                        missed◀─┘         └─ asking ◀──┘      (asking: a check-in rings)
 *     any ─▶ over, with `outcome`
 */

import {listen} from "./api.js";
import {Peer} from "../terminal/peer.js";
import {lower} from "../terminal/link.js";

const OVER = ["declined", "unanswered", "cancelled", "ended"];
const RENEWALS = 3;	   /* new connections in one visit that was never connected in between */
const HANGUP_TRIES = 30;
const RETRY_MS = 2000;

export class Call {
	/* what: {gateway, resident, mode, incident, config, peer}; `peer` is one made early, or none.
	 * on: changed(), told(key, values), local(stream), remote(stream), help() */
	constructor(what, on) {
		Object.assign(this, what);
		this.on = on;
		this.phase = "opening";
		this.visit = null;
		this.state = null;
		this.outcome = null;
		this.talked = false;
		this.theirs = {audio: true, video: true};
		this.away = false;
		this.renewals = 0;
		this.answers = new Set();
	}

	setPhase(phase) {
		if (this.phase === "over" || this.phase === phase)
			return;
		this.phase = phase;
		this.on.changed();
	}

	/* ── the start ── */

	async start() {
		const body = {resident: this.resident.id, mode: this.mode};
		if (this.incident)
			body.incident = this.incident;
		try {
			if (this.mode !== "check-in") {
				body.offer = await this.makeOffer();
				if (this.phase === "over")
					return;
				if (this.peer.missing.includes("microphone") && this.denied)
					return this.finish("not_allowed");
			}
			this.setPhase("calling");
			this.visit = await this.gateway.start(body);
		} catch (e) {
			return this.finish(e.status === undefined ? "broken" : "refused", e);
		}
		if (this.phase === "over") /* hung up while the gateway was asked */
			return this.endThere();
		this.state = this.visit.first;
		this.stopListening = listen(this.visit.events, {
			state: (data) => this.hearState(data),
			signal: (data) => this.hearSignal(data.signal || data),
			help: () => this.on.help(),
			away: (yes) => this.hearAway(yes),
		});
		this.hearState(this.state);
	}

	makeOffer() {
		if (!this.peer || this.peer.mode)
			this.peer = new Peer(this.config);
		this.watch(this.peer);
		return this.peer.offer(this.mode);
	}

	watch(peer) {
		const mine = (act) => (...values) => {
			if (this.peer === peer && this.phase !== "over")
				act(...values);
		};
		Object.assign(peer.on, {
			onLocal: mine((stream, missing, error) => this.hearLocal(stream, missing, error)),
			onRemote: mine((stream) => this.on.remote(stream)),
			onState: mine((state) => this.hearPeer(state)),
			onMode: mine((mode, by) => this.hearMode(mode, by)),
			onTheirs: mine((theirs) => {
				this.theirs = theirs;
				this.on.changed();
			}),
		});
	}

	hearLocal(stream, missing, error) {
		this.denied = error === "NotAllowedError" || error === "SecurityError";
		this.on.local(stream);
		if (missing.includes("microphone"))
			this.on.told("no_microphone");
		else if (missing.includes("camera"))
			this.on.told("no_camera");
	}

	/* ── what the gateway says ── */

	hearAway(yes) {
		this.away = yes;
		if (yes)
			this.on.told("gateway_away");
		this.on.changed();
		if (yes && this.visit)
			this.visit.state().catch((e) => {
				if (e.status === 404 || e.status === 410)
					this.finish("ended", {reason: "lost"});
			});
	}

	hearState(state) {
		if (this.phase === "over")
			return;
		const before = this.state && this.state.state;
		this.state = state;
		if (OVER.includes(state.state)) {
			return this.finish(state.state, state);
		}
		if (state.mode && lower(this.mode, state.mode) !== this.mode)
			this.lowerTo(state.mode);
		switch (state.state) {
		case "ringing":
			if (before === "missed" && this.peer)
				this.peer.wake();
			this.setPhase(this.mode === "check-in" ? "asking" : "ringing");
			break;
		case "missed":
			if (this.peer)
				this.peer.rest();
			this.setPhase("missed");
			break;
		case "answered":
			this.answered(state);
			break;
		}
		this.on.changed();
	}

	answered(state) {
		if (this.mode === "check-in")
			return this.setPhase("asking");
		if (this.phase !== "talking" && this.phase !== "gone")
			this.setPhase("connecting");
		if (state.answer)
			this.accept(state.answer);
	}

	/* An answer is taken once: what stands is told again after each reconnect. */
	accept(answer) {
		if (!this.peer || this.answers.has(answer.sdp))
			return;
		this.answers.add(answer.sdp);
		this.peer.wake();
		this.peer.accept(answer).catch(() => this.renew("lost_try"));
	}

	hearSignal(signal) {
		if (this.phase === "over")
			return;
		if (signal.answer)
			this.accept(signal.answer);
		if (signal.renew && this.mode !== "check-in")
			this.renew("renewed");
		if (signal.mode)
			this.lowerTo(signal.mode);
	}

	/* ── what the connection says ── */

	hearPeer(state) {
		switch (state) {
		case "connected":
		case "weak":
			this.talked = true;
			this.renewals = 0;
			this.weak = state === "weak";
			this.setPhase("talking");
			this.on.changed();
			break;
		case "gone":
			this.setPhase("gone");
			break;
		case "lost":
			this.renew(this.talked ? "lost_try" : "never_connected");
			break;
		}
	}

	/* A new connection for the same visit: the terminal was loaded anew, or the way broke. */
	async renew(why) {
		if (this.phase === "over" || this.mode === "check-in")
			return;
		if (why !== "renewed" && ++this.renewals > (this.talked ? RENEWALS : 1))
			return this.giveUpTalking();
		this.on.told(why);
		if (this.peer)
			this.peer.close();
		this.peer = null;
		const ours = {offer: await this.makeOffer(), mode: this.mode};
		const peer = this.peer;
		this.setPhase(this.talked ? "gone" : "connecting");
		if (!await this.post(ours, () => this.peer === peer))
			return;
		if (this.peer === peer && this.phase !== "over")
			peer.awaitPath();
	}

	/* Said to the terminal through the gateway, which may be away for a while. */
	async post(body, wanted) {
		while (this.phase !== "over" && wanted())
			try {
				await this.visit.signal(body);
				return true;
			} catch (e) {
				if (e.status !== 0 && e.status < 500)
					return false;
				await new Promise((done) => setTimeout(done, RETRY_MS));
			}
		return false;
	}

	giveUpTalking() {
		this.on.told("no_path");
		this.checkIn();
	}

	/* Fallen back by itself, here or in the home. Both ways tell the other side: the peer's own channel
	 * is quick, the gateway's is sure and is in the log. */
	hearMode(mode, by) {
		this.mode = mode;
		this.on.told(mode === "voice" ? "fell_voice" : "fell_check_in");
		if (mode === "check-in")
			return this.checkIn();
		if (by === "here")
			this.post({mode}, () => this.mode === mode);
		this.on.changed();
	}

	lowerTo(mode) {
		if (this.peer && this.peer.mode)
			this.peer.fallBack(mode, "there");
		else
			this.mode = lower(this.mode, mode);
	}

	checkIn() {
		this.mode = "check-in";
		if (this.peer)
			this.peer.close();
		this.peer = null;
		this.setPhase("asking");
		this.post({mode: "check-in"}, () => true);
	}

	/* ── the end ── */

	hangUp() {
		if (this.phase === "over")
			return;
		const rang = this.state && (this.state.state === "ringing" || this.state.state === "missed");
		this.endThere();
		this.finish(rang ? "hung_up" : "ended", {reason: "caller"});
	}

	/* The page goes away: one try is all there is. */
	leave() {
		if (this.phase !== "over" && this.visit)
			this.visit.end().catch(() => {});
		if (this.peer)
			this.peer.close();
	}

	async endThere() {
		for (let i = 0; this.visit && i < HANGUP_TRIES; i++)
			try {
				await this.visit.end();
				return;
			} catch (e) {
				if (e.status !== 0 && e.status < 500)
					return;
				await new Promise((done) => setTimeout(done, RETRY_MS));
			}
	}

	finish(outcome, about) {
		if (this.phase === "over")
			return;
		this.outcome = outcome;
		this.about = about || {};
		if (this.stopListening)
			this.stopListening();
		if (this.peer)
			this.peer.close();
		this.phase = "over";
		this.on.changed();
	}
}
