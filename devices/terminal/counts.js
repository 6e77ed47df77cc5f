/* What the browser counts of a connection, boiled down to what matters to people. */

/* All counters since the start: {bytes, packets, lost, frames, energy, rttMs, relay}. */
export async function read(pc) {
	const seen = {
		bytesIn: 0, bytesOut: 0, sound: {packets: 0, lost: 0}, picture: {packets: 0, lost: 0},
		framesDecoded: 0, audioEnergy: 0, rttMs: null, lossThere: null, relay: false,
	};
	const report = await pc.getStats();
	const all = new Map();
	report.forEach((entry) => all.set(entry.id, entry));
	for (const entry of all.values())
		take(seen, entry, all);
	return seen;
}

function take(seen, entry, all) {
	switch (entry.type) {
	case "inbound-rtp": {
		const video = (entry.kind || entry.mediaType) === "video";
		const which = video ? seen.picture : seen.sound;
		which.packets += entry.packetsReceived || 0;
		which.lost += Math.max(0, entry.packetsLost || 0);
		seen.bytesIn += entry.bytesReceived || 0;
		seen.framesDecoded += entry.framesDecoded || 0;
		seen.audioEnergy += entry.totalAudioEnergy || 0;
		break;
	}
	case "outbound-rtp":
		seen.bytesOut += entry.bytesSent || 0;
		break;
	case "remote-inbound-rtp":
		if (typeof entry.fractionLost === "number")
			seen.lossThere = Math.max(seen.lossThere || 0, entry.fractionLost);
		break;
	case "transport":
		takePair(seen, all.get(entry.selectedCandidatePairId), all);
		break;
	}
}

function takePair(seen, pair, all) {
	if (!pair)
		return;
	if (typeof pair.currentRoundTripTime === "number")
		seen.rttMs = Math.round(1000 * pair.currentRoundTripTime);
	const local = all.get(pair.localCandidateId), remote = all.get(pair.remoteCandidateId);
	seen.relay = [local, remote].some((c) => c && c.candidateType === "relay");
}

function lossOf(now, before) {
	const lost = now.lost - before.lost, packets = now.packets - before.packets;
	return lost + packets > 0 ? Math.max(0, lost) / (Math.max(0, lost) + packets) : null;
}

function worst(a, b) {
	return a === null ? b : b === null ? a : Math.max(a, b);
}

/* A sample for link.js of two readings about a second apart; `theirs` is what the other side says
 * that it sends: {audio, video}. */
export function sample(now, before, theirs, mode) {
	const sound = lossOf(now.sound, before.sound);
	const picture = mode === "video" ? lossOf(now.picture, before.picture) : null;
	return {
		loss: worst(worst(sound, picture), now.lossThere),
		rttMs: now.rttMs,
		frames: theirs.video ? now.framesDecoded - before.framesDecoded : null,
		packets: theirs.audio ? now.sound.packets - before.sound.packets : null,
	};
}
