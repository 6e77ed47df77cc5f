/* What is one press. A key counts when the finger leaves it or has rested on it for HOLD_MS, wherever
 * it has slid to meanwhile. What follows within a second on the same key, or so near that it is the
 * same shaking finger, is no press of its own (the screen may have changed under it); nor is what a
 * palm touches while another key is held, but for the red key, which always counts.
 * Keyboards and remote controls press what has the focus; arrow keys move it. */

const SAME_MS = 1000;
const HOLD_MS = 700;
const NEAR_PX = 90;
const TURNED_MS = 400;	/* a second Enter after the screen has changed */
const COLOURS = {ColorF0Red: "key-help", ColorF1Green: "key-family", ColorF2Yellow: "key-well",
	ColorF3Blue: "key-services"};
const ARROWS = {ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0]};

let last = {button: null, at: -SAME_MS, place: null, view: ""};
let holding = null;

function near(a, b) {
	return Boolean(a && b) && Math.hypot(a[0] - b[0], a[1] - b[1]) < NEAR_PX;
}

/* place: where the finger was; null of a keyboard. */
function isNew(button, place, now) {
	const passed = now - last.at;
	if (last.button === button || near(place, last.place)) {
		return passed >= SAME_MS;
	}
	return Boolean(place) || passed >= TURNED_MS || document.body.dataset.view === last.view;
}

/* always: the press counts also while another key is held. */
export function key(button, act, always) {
	let timer = null;
	let place = null;
	const note = () => {
		last = {button, at: performance.now(), place, view: last.view};
	};
	const fire = () => {
		const fresh = isNew(button, place, performance.now());
		last.view = document.body.dataset.view;
		note();
		if (fresh) {
			act();
		}
	};
	const leave = () => {
		if (holding !== button) {
			return;
		}
		holding = null;
		button.classList.remove("down");
		clearTimeout(timer);
		if (timer) {
			timer = null;
			fire();
		} else {
			note();
		}
	};
	button.addEventListener("pointerdown", (event) => {
		if (event.button !== 0 || holding === button || (holding && !always)) {
			return;
		}
		holding = button;
		place = [event.clientX, event.clientY];
		button.classList.add("down");
		if (button.setPointerCapture) {
			try {
				button.setPointerCapture(event.pointerId);
			} catch (error) {
				/* made by a program: there is no pointer to hold */
			}
		}
		timer = setTimeout(() => {
			timer = null;
			fire();
		}, HOLD_MS);
	});
	["pointerup", "pointercancel", "lostpointercapture"].forEach(
		(name) => button.addEventListener(name, leave));
	/* keyboards, screen readers and switches; of a touch it comes too late to count again */
	button.addEventListener("click", (event) => {
		place = event.detail > 0 ? [event.clientX, event.clientY] : null;
		fire();
	});
	button.addEventListener("keydown", (event) => event.repeat && event.preventDefault());
	button.addEventListener("contextmenu", (event) => event.preventDefault());
}

function shown() {
	return Array.from(document.querySelectorAll("button, input, select"))
		.filter((e) => e.offsetParent !== null && !e.disabled);
}

function middle(element) {
	const box = element.getBoundingClientRect();
	return [box.left + box.width / 2, box.top + box.height / 2];
}

/* The nearest in that direction; what lies aside counts double. */
function move(direction) {
	const from = document.activeElement;
	const all = shown();
	if (all.indexOf(from) < 0) {
		if (all.length > 0) {
			focusFirst();
		}
		return;
	}
	const [x, y] = middle(from);
	let best = null;
	for (const element of all) {
		const [ex, ey] = middle(element);
		const along = (ex - x) * direction[0] + (ey - y) * direction[1];
		const aside = Math.abs((ex - x) * direction[1]) + Math.abs((ey - y) * direction[0]);
		if (along > 4 && (!best || along + 2 * aside < best.far)) {
			best = {element, far: along + 2 * aside};
		}
	}
	if (best) {
		best.element.focus();
	}
}

export function focusFirst() {
	const all = shown();
	const first = all.find((e) => e.id === "key-accept") || all.find((e) => e.id === "key-help");
	(first || all[0] || document.body).focus();
}

export function remote() {
	document.addEventListener("keydown", (event) => {
		const typing = /^(INPUT|SELECT)$/.test(event.target.tagName);
		const colour = COLOURS[event.key] && document.getElementById(COLOURS[event.key]);
		if (colour) {
			colour.click();
			event.preventDefault();
		} else if (ARROWS[event.key] && !(typing && /Left|Right/.test(event.key))) {
			move(ARROWS[event.key]);
			event.preventDefault();
		}
	});
}
