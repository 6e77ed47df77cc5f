/* What is on the screen beside visits: which keys, what is said, whether there is a connection. */

const SHOWN_MS = {well: 20000, cancel: 30000, closed: 60000};
const ICONS = {pressing: "sending", retrying: "retry", received: "done", answered: "person",
	searching: "sending", arrived: "done", closed: "done"};
const TONES = {pressing: "wait", retrying: "bad", searching: "wait"};

export const at = (id) => document.getElementById(id);

export class Screen {
	constructor(words, lang) {
		this.words = words;
		this.lang = lang;
		document.documentElement.lang = lang;
		document.title = words.title;
		document.querySelectorAll("[data-words]").forEach((e) => {
			e.textContent = words[e.dataset.words];
		});
		this.passing = null;
		this.idle = words.idle;
		this.tick();
		setInterval(() => this.tick(), 5000);
	}

	view(name) {
		document.body.dataset.view = name;
	}

	get now() {
		return document.body.dataset.view;
	}

	tick() {
		const now = new Date();
		at("clock").textContent = now.toLocaleTimeString(this.lang,
			{hour: "2-digit", minute: "2-digit", hourCycle: "h23"});
		at("day").textContent = now.toLocaleDateString(this.lang,
			{month: "long", day: "numeric", weekday: "long"});
		if (this.passing && Date.now() > this.passing.until) {
			this.passing = null;
			this.show(this.presses);
		}
	}

	/* why: what the broker said last. */
	connection(up, why) {
		at("connection").dataset.up = up;
		const refused = /not authorized|bad user ?name/i.test(why || "");
		const words = this.words[up ? "online" : refused ? "refused" : "offline"];
		if (at("connection-words").textContent !== words) {
			at("connection-words").textContent = words;
		}
	}

	/* What was said last is shown for a while, then what is still open. */
	pass(press) {
		const kind = press.kind === "call" ? press.state : press.kind;
		if (press.received && SHOWN_MS[kind]) {
			this.passing = {press, until: Date.now() + SHOWN_MS[kind]};
		}
	}

	/* A sentence of its own for a while, unless a call has more to say. */
	note(text, icon) {
		this.passing = {press: {kind: "note", state: icon, text, received: true},
			until: Date.now() + SHOWN_MS.well};
		this.show(this.presses);
	}

	show(presses) {
		this.presses = presses;
		const list = presses ? presses.list : [];
		const waiting = list.filter((p) => !p.received);
		const open = presses ? presses.open() : null;
		const passing = this.passing && this.passing.press;
		const help = waiting.find((p) => p.button === "sos");
		const press = help || waiting[waiting.length - 1] || passing || open;
		this.panel(press);
		at("key-cancel").hidden = !cancellable(open, list);
	}

	panel(press) {
		const panel = at("panel");
		const state = press ? press.state : "idle";
		const icon = press ? (press.kind === "well" || state === "well" ? "well" : ICONS[state] || "done") : "well";
		panel.dataset.busy = Boolean(press);
		panel.dataset.state = state;
		panel.dataset.tone = press ? TONES[state] || "good" : "";
		at("panel-icon").setAttribute("href", "#i-" + icon);
		const text = press ? sentence(press, this.words) : this.idle;
		if (at("panel-words").textContent !== text) {
			at("panel-words").textContent = text;
		}
	}
}

function sentence(press, words) {
	if (press.state === "pressing") {
		return words["calling_" + (press.kind === "call" ? press.button : press.kind)];
	}
	if (press.state === "retrying") {
		return words.retrying;
	}
	if (press.kind === "well" || press.kind === "cancel") {
		return words[press.kind + "_received"];
	}
	return press.text || words[press.state] || words.received;
}

/* A call can be taken back until somebody is there, once. */
function cancellable(open, list) {
	return Boolean(open) && open.state !== "arrived" && open.button !== null && !open.cancelled &&
		!list.some((p) => p.kind === "cancel" && p.ref === open.id);
}
