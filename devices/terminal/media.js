/* Camera and microphone: asked for by mode, given back at once. */

const SOUND = {echoCancellation: true, noiseSuppression: true, autoGainControl: true};
const PICTURE = {
	width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 15, max: 15}, facingMode: "user",
};

export const HIGHEST = 480; /* lines; a camera that cannot do less is scaled down on its way out */

function ask(constraints) {
	if (!navigator.mediaDevices)
		return Promise.reject(new DOMException("no secure context", "SecurityError"));
	return navigator.mediaDevices.getUserMedia(constraints);
}

export function stop(stream) {
	for (const track of stream ? stream.getTracks() : [])
		track.stop();
}

export function openCamera() {
	return ask({video: PICTURE});
}

/* What can be had of what the mode takes: a device that is missing or busy costs itself alone.
 * Gives {stream, missing: ["camera", "microphone"], error?}; `error` is the last one's name. */
export async function open(mode) {
	if (mode === "check-in")
		return {stream: new MediaStream(), missing: []};
	if (mode === "video")
		try {
			return {stream: await ask({audio: SOUND, video: PICTURE}), missing: []};
		} catch (e) {
			return openApart(e);
		}
	try {
		return {stream: await ask({audio: SOUND}), missing: []};
	} catch (e) {
		return {stream: new MediaStream(), missing: ["microphone"], error: e.name};
	}
}

async function openApart(error) {
	const stream = new MediaStream(), missing = [];
	for (const [name, constraints] of [["microphone", {audio: SOUND}], ["camera", {video: PICTURE}]])
		try {
			for (const track of (await ask(constraints)).getTracks())
				stream.addTrack(track);
		} catch (e) {
			missing.push(name);
			error = e;
		}
	return {stream, missing, error: missing.length > 0 ? error.name : undefined};
}

/* May they be opened without asking anybody? Where the browser cannot tell: no. */
export async function allowed(mode) {
	const names = mode === "video" ? ["microphone", "camera"] : ["microphone"];
	try {
		for (const name of names)
			if ((await navigator.permissions.query({name})).state !== "granted")
				return false;
		return true;
	} catch (e) {
		return false;
	}
}
