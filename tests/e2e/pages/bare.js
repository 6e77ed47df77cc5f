// Two such pages, `call()` in one and `answer()` in the other, see and hear each other with as little as the
// browser needs: offer and answer go through two letter boxes of the server of this page.
// wish: {rtc: RTCConfiguration, media: constraints, patience: ms to wait for candidates}
'use strict';

const remote = document.getElementById('remote');
let pc = null;
let media = null;

function first() {
	return new Promise(done => { remote.requestVideoFrameCallback(done); });
}

async function open(wish) {
	media = await navigator.mediaDevices.getUserMedia(wish.media);
	for (const track of media.getTracks())
		pc.addTrack(track, media);
}

function connection(wish) {
	pc = new RTCPeerConnection(wish.rtc);
	pc.ontrack = e => { remote.srcObject = e.streams[0]; };
}

function gathered(patience) {
	return new Promise(done => {
		const look = () => {
			if (pc.iceGatheringState === 'complete')
				done();
		};
		setTimeout(done, patience);
		pc.addEventListener('icegatheringstatechange', look);
		look();
	});
}

async function say(box, wish) {
	await pc.setLocalDescription();
	await gathered(wish.patience);
	await fetch('/box/' + box, {method: 'POST', body: JSON.stringify(pc.localDescription)});
}

// Waits until something lies in the box, and takes it out.
async function hear(box) {
	return (await fetch('/box/' + box)).json();
}

// Milliseconds from now until the first frame of the other end.
async function call(wish) {
	const began = performance.now();
	const frame = first();
	connection(wish);
	await open(wish);
	await say('offer', wish);
	await pc.setRemoteDescription(await hear('answer'));
	return await frame - began;
}

async function answer(wish) {
	const offer = await hear('offer');
	connection(wish);
	await pc.setRemoteDescription(offer);
	await open(wish);
	await say('answer', wish);
}

function hangUp() {
	pc.close();
	for (const track of media.getTracks())
		track.stop();
	remote.srcObject = null;
}

// What has come from the other end so far, and on which way.
async function stats() {
	const all = new Map();
	for (const [id, s] of await pc.getStats())
		all.set(id, s);
	const found = {state: pc.connectionState, frames: 0, energy: 0};
	for (const s of all.values()) {
		if (s.type === 'inbound-rtp' && s.kind === 'video')
			found.frames = s.framesDecoded;
		if (s.type === 'inbound-rtp' && s.kind === 'audio')
			found.energy = s.totalAudioEnergy;
		if (s.type === 'transport' && s.selectedCandidatePairId) {
			const pair = all.get(s.selectedCandidatePairId);
			const own = all.get(pair.localCandidateId);
			found.way = [own.candidateType, all.get(pair.remoteCandidateId).candidateType];
			found.relay = own.relayProtocol;
			found.rtt = pair.currentRoundTripTime;
		}
	}
	return found;
}
