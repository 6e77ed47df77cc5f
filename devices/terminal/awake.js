/* Keeps the screen on, fills it, and begins anew when something is stuck. */

const STUCK_MS = 10 * 60000;
const NIGHTLY_H = 4;
const NIGHTLY_MS = 12 * 3600000;

let lock = null;

async function hold() {
	if (document.visibilityState !== "visible" || (lock && !lock.released)) {
		return;
	}
	try {
		lock = await navigator.wakeLock.request("screen");
	} catch (error) {
		playNothing();
	}
}

/* Browsers without wake locks keep the screen on while a video plays, also a silent one of nothing. */
let video = null;

function playNothing() {
	const canvas = document.createElement("canvas");
	if (video || !canvas.captureStream) {
		return;
	}
	canvas.width = canvas.height = 2;
	const paint = canvas.getContext("2d");
	let on = false;
	setInterval(() => {
		on = !on;
		paint.fillStyle = on ? "#fffaf0" : "#fffaef";
		paint.fillRect(0, 0, 2, 2);
	}, 1000);
	video = document.createElement("video");
	video.muted = true;
	video.setAttribute("playsinline", "");
	video.srcObject = canvas.captureStream(1);
	video.play().catch(() => {
		video = null;
	});
}

function fill() {
	const page = document.documentElement;
	if (!document.fullscreenElement && page.requestFullscreen) {
		page.requestFullscreen({navigationUI: "hide"}).catch(() => {});
	}
}

export function stayAwake() {
	hold();
	document.addEventListener("visibilitychange", hold);
	setInterval(hold, 60000);
	document.addEventListener("pointerup", () => {
		fill();
		hold();
	});
}

/* idle(): nothing is going on that a reload would disturb. up(): there is a connection. */
export function beginAnewWhenStuck(idle, up) {
	const born = Date.now();
	let lastUp = Date.now();
	let broken = false;
	window.addEventListener("error", () => {
		broken = true;
	});
	window.addEventListener("unhandledrejection", () => {
		broken = true;
	});
	setInterval(() => {
		const now = Date.now();
		lastUp = up() ? now : lastUp;
		const stuck = navigator.onLine && now - lastUp > STUCK_MS;
		const night = new Date().getHours() === NIGHTLY_H && now - born > NIGHTLY_MS;
		const faulty = broken && now - born > STUCK_MS;
		if (idle() && (stuck || night || faulty)) {
			location.reload();
		}
	}, 30000);
}
