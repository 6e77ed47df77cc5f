/* Presses on their way: each is on the disk before it is sent, and sent again, byte for byte, until
 * `received` has come for it: after 5 s, doubling to 60 s, at once when the connection is back, and
 * after a reload or a power cut. What became of a call (answered, searching, …) is kept with it.
 *
 *   pressing ──10 s──▶ retrying
 *       └────────┬────────┘
 *             received ──▶ answered ⇄ searching ──▶ arrived ──▶ closed */

import {uuid7} from "./uuid7.js";
import {written} from "./store.js";

const FIRST_MS = 5000;
const LAST_MS = 60000;
const RETRYING_MS = 10000;
const FORGET_MS = 24 * 3600 * 1000;  /* a call whose end was never heard */

export class Presses {
	/* changed(press, what): what is "pressing", "retrying", or the state of a down/call */
	constructor(store, broker, changed) {
		this.store = store;
		this.broker = broker;
		this.changed = changed;
		this.list = [];
	}

	async load() {
		const now = Date.now();
		const kept = await this.store.all("presses").catch(() => []);
		for (const press of kept.sort((a, b) => (a.id < b.id ? -1 : 1))) {
			if (press.received && (press.state === "closed" || now - press.at > FORGET_MS)) {
				this.store.remove("presses", press.id).catch(() => {});
				continue;
			}
			this.list.push(press);
			if (!press.received) {
				this.watch(press);
				this.repeat(press, FIRST_MS);
			}
		}
	}

	/* kind: call, well, cancel. more: further members of the message, such as button */
	async press(kind, more) {
		const at = Date.now();
		const message = Object.assign({id: uuid7(at), ts: at}, more);
		const press = {id: message.id, kind, at, button: message.button || null,
			ref: message.ref || null, payload: JSON.stringify(message), state: "pressing",
			received: false, text: "", by: ""};
		this.list.push(press);
		this.watch(press);
		this.changed(press, "pressing");
		await written(this.keep(press));
		if (!press.received) {
			this.send(press);
			this.repeat(press, FIRST_MS);
		}
		return press;
	}

	keep(press) {
		const {id, kind, at, button, ref, payload, state, received, text, by} = press;
		return this.store.put("presses", id,
			{id, kind, at, button, ref, payload, state, received, text, by});
	}

	send(press) {
		if (!this.broker.send("up/" + press.kind, press.payload)) {
			this.broker.hurry();
		}
	}

	repeat(press, wait) {
		press.timer = setTimeout(() => {
			this.send(press);
			this.repeat(press, Math.min(wait * 2, LAST_MS));
		}, wait);
	}

	watch(press) {
		const left = Math.max(0, press.at + RETRYING_MS - Date.now());
		press.alarm = setTimeout(() => {
			press.state = "retrying";
			this.changed(press, "retrying");
		}, Math.min(left, RETRYING_MS));
	}

	resend() {
		this.list.filter((p) => !p.received).forEach((p) => this.send(p));
	}

	/* A down/call. A call of which this page knows nothing (the storage was emptied) is shown too. */
	hear(down) {
		if (typeof down.id !== "string" || typeof down.state !== "string") {
			return;
		}
		let press = this.list.find((p) => p.id === down.id);
		if (!press) {
			if (down.state === "received" || down.state === "closed") {
				return;
			}
			press = {id: down.id, kind: "call", at: Date.now(), button: null, payload: "",
				state: "", received: true, text: "", by: ""};
			this.list.push(press);
		}
		this.take(press, down);
	}

	take(press, down) {
		const text = typeof down.text === "string" ? down.text : "";
		const same = press.received && press.state === down.state && press.text === text;
		clearTimeout(press.timer);
		clearTimeout(press.alarm);
		press.received = true;
		press.text = text;
		press.by = typeof down.by === "string" ? down.by : "";
		/* `received` comes again for each repetition; it takes nothing back */
		if (same || (down.state === "received" && known(press))) {
			return;
		}
		press.state = down.state;
		this.settle(press);
		this.changed(press, press.state);
	}

	/* An incident is spoken of by the newest of its calls: the ones before it are told nothing more. */
	settle(press) {
		const over = press.state === "closed" || press.kind !== "call";
		(over ? this.store.remove("presses", press.id) : this.keep(press)).catch(() => {});
		if (press.kind !== "call" || press.state === "received") {
			return;
		}
		this.list.filter((p) => p.kind === "call" && p.received && p.button === press.button &&
			p.id < press.id).forEach((p) => {
			this.forget(p);
			this.store.remove("presses", p.id).catch(() => {});
		});
	}

	forget(press) {
		this.list = this.list.filter((p) => p !== press);
	}

	/* The call that is spoken of: help before all others, then the newest. */
	open() {
		const calls = this.list.filter((p) => p.kind === "call" && p.state !== "closed");
		const help = calls.filter((p) => p.button === "sos");
		const some = help.length > 0 ? help : calls;
		return some[some.length - 1] || null;
	}
}

function known(press) {
	return ["answered", "searching", "arrived", "closed"].indexOf(press.state) >= 0;
}
