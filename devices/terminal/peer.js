/* One connection to the browser on the other side of a visit. The terminal and the caregiver's page
 * both use it. Offers and answers carry their candidates, so one message each way is enough.
 *
 *     const peer = new Peer({iceServers, relayOnly}, {onState, onRemote, onLocal, onMode, …});
 *     caller:    offer = await peer.offer("video"); …; await peer.accept(answer);
 *     terminal:  answer = await peer.answer(offer, "video");
 *     both:      peer.mute(true); peer.camera(false); peer.fallBack("voice"); peer.close();
 *
 *     connecting ──▶ connected ◀──▶ weak
 *          │             ├──▶ gone ──back──▶ connected
 *          └─20 to 40 s──▶ lost ◀──15 s, failed
 *     any ──close()──▶ closed
 *
 * A peer that is `lost` stays so: make a new one and send a new offer. close() gives back camera and
 * microphone at once, also while they are still being opened. */

import * as counts from "./counts.js";
import * as link from "./link.js";
import * as media from "./media.js";
import {shorten} from "./shorten.js";

const CONNECT_MS = 20000;   /* from both descriptions to the first path */
const KEYS_MS = 20000;	    /* more, where a path was found by then */
const GONE_MS = 15000;	    /* without any path, until it is given up */
const GATHER_MS = 5000;	    /* for candidates at most, while no relay has answered */
const ANY_MS = 1000;	    /* after the first candidate, where there is no relay to wait for */
const RELAY_MS = 400;	    /* after the first candidate of a relay */
const VIDEO_BPS = 800000;   /* at most: mountain homes share a little */
const VIDEO_CODECS = ["video/vp8", "video/h264", "video/rtx"];
const AUDIO_CODECS = ["audio/opus"];

const nothing = () => {};

export class Peer {
	/* config: {iceServers, relayOnly}. on, all optional:
	 * onState(state)            see above
	 * onRemote(stream)          the other side's sound and picture; tracks may come later
	 * onLocal(stream, missing)  our own, once open; missing: "camera", "microphone"
	 * onMode(mode, by)          it has fallen back; by: "here" or "there"
	 * onTheirs({audio, video})  what the other side sends just now
	 * onStats(stats)            once a second: see counts.js */
	constructor(config, on) {
		this.on = Object.assign({onState: nothing, onRemote: nothing, onLocal: nothing,
			onMode: nothing, onTheirs: nothing, onStats: nothing}, on);
		this.config = config || {};
		this.state = "connecting";
		this.mode = null;
		this.senders = {};
		this.local = new MediaStream();
		this.remote = new MediaStream();
		this.theirs = {audio: true, video: true};
		this.muted = false;
		this.missing = [];
		this.resting = false;
		this.timers = {};
		this.pc = this.connection();
	}

	connection() {
		const pc = new RTCPeerConnection({
			iceServers: this.config.iceServers || [],
			iceTransportPolicy: this.config.relayOnly ? "relay" : "all",
			bundlePolicy: "max-bundle",
			rtcpMuxPolicy: "require",
			iceCandidatePoolSize: this.config.early ? 1 : 0,
		});
		pc.addEventListener("track", (e) => this.addRemote(e.track));
		pc.addEventListener("connectionstatechange", () => this.look());
		this.channel = pc.createDataChannel("visit", {negotiated: true, id: 0});
		this.channel.addEventListener("open", () => this.tellWhatISend());
		this.channel.addEventListener("close", () => this.lose());
		this.channel.addEventListener("message", (e) => this.hear(e.data));
		return pc;
	}

	/* ── descriptions ── */

	/* Camera and microphone open beside the signalling where nobody has to be asked for them; else
	 * they come first, so that nobody's terminal rings for a page that may not be heard. */
	async offer(mode) {
		this.begin(mode);
		const opened = this.openMedia();
		for (const kind of kinds(mode)) {
			const transceiver = this.pc.addTransceiver(
				kind, {direction: "sendrecv", streams: [this.local]});
			this.useTransceiver(transceiver, kind);
		}
		const early = this.describe("offer");
		if (!await media.allowed(mode))
			await opened;
		return early;
	}

	async answer(offer, mode) {
		this.begin(mode);
		this.openMedia();
		await this.pc.setRemoteDescription(offer);
		for (const transceiver of this.pc.getTransceivers()) {
			const kind = transceiver.receiver.track.kind;
			if (kinds(mode).includes(kind)) {
				transceiver.direction = "sendrecv";
				this.useTransceiver(transceiver, kind);
			} else {
				transceiver.direction = "inactive";
			}
		}
		const answer = await this.describe("answer");
		this.awaitPath();
		return answer;
	}

	async accept(answer) {
		await this.pc.setRemoteDescription(answer);
		this.awaitPath();
	}

	begin(mode) {
		this.mode = mode;
		this.memory = link.begin(mode);
	}

	useTransceiver(transceiver, kind) {
		this.senders[kind] = transceiver.sender;
		preferCodecs(transceiver, kind);
		if (transceiver.sender.setStreams)
			transceiver.sender.setStreams(this.local);
		const track = this.local.getTracks().find((t) => t.kind === kind);
		if (track)
			this.send(track);
	}

	async describe(type) {
		const made = type === "offer" ? await this.pc.createOffer() : await this.pc.createAnswer();
		const done = gathered(this.pc, hasRelay(this.config.iceServers));
		await this.pc.setLocalDescription(made);
		await done;
		return {type, sdp: shorten(this.pc.localDescription.sdp)};
	}

	/* ── what we send ── */

	async openMedia() {
		const mode = this.mode, {stream, missing, error} = await media.open(mode);
		if (this.state === "closed" || this.state === "lost" || this.resting) {
			media.stop(stream);
			return;
		}
		for (const track of stream.getTracks()) {
			if (track.kind === "video" && this.mode !== "video") {
				track.stop();
				continue;
			}
			track.enabled = track.kind !== "audio" || !this.muted;
			this.local.addTrack(track);
			this.send(track);
		}
		this.missing = missing;
		this.on.onLocal(this.local, missing, error);
		this.tellWhatISend();
	}

	send(track) {
		const sender = this.senders[track.kind];
		if (!sender)
			return;
		/* A camera that the system takes away (the phone goes dark) is no broken link. */
		track.onmute = track.onunmute = track.onended = () => this.tellWhatISend();
		sender.replaceTrack(track).then(() => {
			if (track.kind === "video")
				limit(sender, track);
		}).catch(nothing);
	}

	track(kind) {
		return this.local.getTracks().find((t) => t.kind === kind && t.readyState === "live");
	}

	/* Nobody has answered yet and the next ring is minutes away: the devices are given back meanwhile,
	 * the offer stands. */
	rest() {
		this.resting = true;
		media.stop(this.local);
		for (const track of this.local.getTracks())
			this.local.removeTrack(track);
		Object.keys(this.senders).forEach((kind) =>
			this.senders[kind].replaceTrack(null).catch(nothing));
	}

	wake() {
		if (this.resting && this.state === "connecting") {
			this.resting = false;
			this.openMedia();
		}
	}

	mute(yes) {
		this.muted = yes;
		for (const track of this.local.getAudioTracks())
			track.enabled = !yes;
	}

	/* Off gives the camera back, so that its light goes out too. False: it could not be opened. */
	async camera(yes) {
		if (!yes) {
			this.dropCamera();
		} else if (!this.track("video") && this.mode === "video") {
			try {
				const stream = await media.openCamera();
				if (this.state === "closed" || this.mode !== "video") {
					media.stop(stream);
					return false;
				}
				const track = stream.getVideoTracks()[0];
				this.local.addTrack(track);
				this.send(track);
			} catch (e) {
				return false;
			}
		}
		this.tellWhatISend();
		return true;
	}

	dropCamera() {
		for (const track of this.local.getVideoTracks()) {
			track.stop();
			this.local.removeTrack(track);
		}
		if (this.senders.video)
			this.senders.video.replaceTrack(null).catch(nothing);
	}

	/* ── the other side ── */

	addRemote(track) {
		this.remote.addTrack(track);
		this.on.onRemote(this.remote);
	}

	tell(message) {
		if (this.channel.readyState === "open")
			this.channel.send(JSON.stringify(message));
	}

	tellWhatISend() {
		const live = (kind) => {
			const track = this.track(kind);
			return Boolean(track) && !track.muted;
		};
		this.tell({sends: {audio: live("audio"), video: live("video")}});
	}

	hear(text) {
		let message;
		try {
			message = JSON.parse(text);
		} catch (e) {
			return;
		}
		if (message && message.sends) {
			this.theirs = {
				audio: message.sends.audio === true, video: message.sends.video === true};
			this.on.onTheirs(this.theirs);
		}
		if (message && link.MODES.includes(message.mode))
			this.fallBack(message.mode, "there");
	}

	/* Goes on in a mode that asks less. Both sides stop their cameras; nothing is negotiated anew, for
	 * that would take the very link that is poor. */
	fallBack(mode, by = "there") {
		const next = link.lower(this.mode, mode);
		if (this.state === "closed" || next === this.mode)
			return;
		this.mode = next;
		this.memory = link.begin(next);
		this.dropCamera();
		if (by === "here")
			this.tell({mode: next});
		this.tellWhatISend();
		this.on.onMode(next, by);
	}

	/* ── how it goes ── */

	setState(state) {
		if (this.state === state || this.state === "closed" || this.state === "lost")
			return;
		this.state = state;
		if (state === "lost")
			this.release();
		this.on.onState(state);
	}

	awaitPath() {
		if (this.state === "connecting")
			this.after("path", CONNECT_MS, () => this.stillNone());
		this.look();
	}

	/* A path may have been found that has no keys yet: on a slow line they take longer than it did. */
	stillNone() {
		if (/^(connected|completed)$/.test(this.pc.iceConnectionState))
			this.after("path", KEYS_MS, () => this.setState("lost"));
		else
			this.setState("lost");
	}

	look() {
		switch (this.pc.connectionState) {
		case "connected":
			this.clear("path");
			if (this.state === "connecting" || this.state === "gone")
				this.setState("connected");
			if (!this.timers.count)
				this.countOn();
			break;
		case "disconnected":
			this.lose();
			break;
		case "failed":
			this.setState("lost");
			break;
		}
	}

	lose() {
		if (this.state !== "connected" && this.state !== "weak")
			return;
		this.setState("gone");
		this.after("path", GONE_MS, () => this.setState("lost"));
	}

	countOn() {
		this.timers.count = setInterval(() => this.count().catch(nothing), 1000);
	}

	async count() {
		const now = await counts.read(this.pc), before = this.counted;
		this.counted = now;
		if (this.state !== "connected" && this.state !== "weak")
			return;
		this.on.onStats(now);
		if (!before)
			return;
		const {memory, mode, weak} =
			link.judge(this.memory, counts.sample(now, before, this.theirs, this.mode));
		this.memory = memory;
		this.setState(weak ? "weak" : "connected");
		if (mode !== this.mode)
			this.fallBack(mode, "here");
	}

	/* ── timers and the end ── */

	after(name, ms, act) {
		this.clear(name);
		this.timers[name] = setTimeout(act, ms);
	}

	clear(name) {
		clearTimeout(this.timers[name]);
		clearInterval(this.timers[name]);
		delete this.timers[name];
	}

	release() {
		Object.keys(this.timers).forEach((name) => this.clear(name));
		media.stop(this.local);
		this.pc.close();
	}

	close() {
		if (this.state === "closed")
			return;
		this.release();
		this.setState("closed");
		this.state = "closed";
	}
}

function kinds(mode) {
	return mode === "video" ? ["audio", "video"] : mode === "voice" ? ["audio"] : [];
}

function hasRelay(servers) {
	return (servers || []).some((s) => [].concat(s.urls).some((url) => /^turns?:/.test(url)));
}

/* Few codecs make a short offer: it goes through a broker that takes 16 KiB. */
function preferCodecs(transceiver, kind) {
	const wanted = kind === "video" ? VIDEO_CODECS : AUDIO_CODECS;
	if (!transceiver.setCodecPreferences || !window.RTCRtpReceiver.getCapabilities)
		return;
	const all = RTCRtpReceiver.getCapabilities(kind).codecs;
	const kept = [];
	for (const name of wanted)
		kept.push(...all.filter((c) => c.mimeType.toLowerCase() === name
			&& !/profile-level-id=(?!42e0)|packetization-mode=0/.test(c.sdpFmtpLine || "")));
	try {
		transceiver.setCodecPreferences(kept);
	} catch (e) {
		/* An old browser that is strict about the list sends all it has: longer, not wrong. */
	}
}

function limit(sender, track) {
	const parameters = sender.getParameters();
	if (!parameters.encodings || parameters.encodings.length === 0)
		return Promise.resolve();
	const height = track.getSettings().height || media.HIGHEST;
	parameters.encodings[0].maxBitrate = VIDEO_BPS;
	parameters.encodings[0].scaleResolutionDownBy = Math.max(1, height / media.HIGHEST);
	return sender.setParameters(parameters).catch(nothing);
}

/* Until all candidates are there; but a server that is dead or slow does not hold up the others. */
function gathered(pc, relay) {
	return new Promise((done) => {
		let timer = setTimeout(done, GATHER_MS);
		const finish = (ms) => {
			clearTimeout(timer);
			timer = setTimeout(done, ms);
		};
		let near = false;
		pc.addEventListener("icecandidate", (e) => {
			if (!e.candidate || !e.candidate.candidate || near)
				return;
			if (relay && !/ typ relay/.test(e.candidate.candidate))
				return;
			near = true;
			finish(relay ? RELAY_MS : ANY_MS);
		});
		pc.addEventListener("icegatheringstatechange", () => {
			if (pc.iceGatheringState === "complete")
				finish(0);
		});
	});
}
