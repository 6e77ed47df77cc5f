/* The terminal in the home: three large keys, what they say, and visits (docs/terminal.md). */

import {openStore} from "./store.js";
import {Broker} from "./broker.js";
import {Presses} from "./presses.js";
import {Speech} from "./speech.js";
import {Screen, at} from "./screen.js";
import {VisitScreen} from "./visit_screen.js";
import {Visits} from "./visits.js";
import {Hearing} from "./hearing.js";
import {key, remote, focusFirst} from "./keys.js";
import {stayAwake, beginAnewWhenStuck} from "./awake.js";
import {fromAddress, form, good} from "./setup.js";
import {recordings} from "./recordings.js";
import {spoken} from "./spoken.js";

const REMIND_MS = 30000;
const ASIDE_MS = 60000;
const LANGUAGES = ["zh-CN", "en"];

async function asked(address) {
	const answer = await fetch(address);
	if (!answer.ok) {
		throw new Error(address + ": " + answer.status);
	}
	return answer.json();
}

/* The set-up's language, else the gateway's. */
async function language(setup) {
	if (setup && LANGUAGES.indexOf(setup.lang) >= 0) {
		return setup.lang;
	}
	const gateway = await asked("gateway.json").catch(() => ({}));
	return LANGUAGES.indexOf(gateway.language) >= 0 ? gateway.language : LANGUAGES[0];
}

class Terminal {
	constructor(store, setup, lang, table) {
		this.store = store;
		this.setup = setup;
		this.lang = lang;
		this.words = table.words;
		this.phrases = table.phrases;
		this.screen = new Screen(table.words, lang);
		this.speech = new Speech(store, {lang, device: (setup || {}).device,
			key: (setup || {}).key}, table);
		this.screen.idle = table.words[store.lasting ? "idle" : "memory"];
		this.broker = null;
	}

	/* The keys work from here on; everything else comes after them. */
	async start() {
		this.broker = new Broker(this.setup, this.store, {
			up: () => this.up(),
			down: (why) => this.screen.connection(false, why),
			message: (topic, object) => this.hear(topic, object),
		});
		this.presses = new Presses(this.store, this.broker, (press, what) => this.changed(press, what));
		this.visits = new Visits(this.store, this.broker, this.speech, new VisitScreen(this.screen));
		this.screen.connection(false);
		this.bindKeys();
		this.screen.view("home");
		focusFirst();
		await this.presses.load();
		await this.visits.load();
		this.screen.show(this.presses);
		this.broker.start();
		setInterval(() => this.remind(), REMIND_MS);
		this.hearing = new Hearing(this.speech, this.words);
		this.hearing.start();
		stayAwake();
		beginAnewWhenStuck(() => this.idle(), () => this.broker.up);
		document.body.dataset.ready = "true";
	}

	idle() {
		return this.screen.now === "home" && !this.visits.visit &&
			!this.presses.list.some((p) => !p.received);
	}

	/* ── keys ── */

	bindKeys() {
		const call = (button, text) => () => this.call(button, text);
		const keys = {
			"key-help": call("sos"),
			"key-family": call("family"),
			"key-meal": call("service", this.words.meal),
			"key-repair": call("service", this.words.repair),
			"key-chat": call("service", this.words.chat),
			"key-services": () => this.choose(),
			"key-well": () => this.well(),
			"key-back": () => this.home(),
			"key-cancel": () => this.cancel(),
			"key-accept": () => this.visits.accept(),
			"key-decline": () => this.visits.decline(),
			"key-end": () => this.visits.end(),
			"key-withdraw": () => this.visits.withdraw(),
			"key-withdraw-ring": () => this.visits.withdraw(),
			"key-setup": () => this.openSetup(),
			"setup-back": () => this.home(),
		};
		Object.keys(keys).forEach((id) => key(at(id), keys[id], id === "key-help"));
		remote();
		document.addEventListener("keydown", (event) => this.anyKey(event));
		at("ring").addEventListener("pointerup", () => this.visits.pressed(false));
	}

	/* A check-in is answered by any key of a keyboard, but for those that only move the focus. */
	anyKey(event) {
		if (!/^(Arrow|Tab|Shift|Color|Enter| )/.test(event.key)) {
			this.visits.pressed(false);
		}
	}

	call(button, text) {
		this.visits.pressed(button === "sos");
		if (this.screen.now === "services") {
			this.home();
		}
		this.presses.press("call", text ? {button, text} : {button});
	}

	well() {
		this.visits.pressed(false);
		this.presses.press("well", {});
	}

	cancel() {
		const open = this.presses.open();
		if (open) {
			open.cancelled = true;
			this.presses.press("cancel", {ref: open.id});
		}
	}

	choose() {
		this.screen.view("services");
		at("key-meal").focus();
		clearTimeout(this.aside);
		this.aside = setTimeout(() => this.screen.now === "services" && this.home(), ASIDE_MS);
	}

	home() {
		this.screen.view("home");
		focusFirst();
	}

	openSetup() {
		form(this.setup, this.words, this.lang, (made) => this.save(made));
		this.screen.view("setup");
		recordings(this.store, this.speech, this.words, this.phrases);
		at("setup-back").hidden = !good(this.setup);
		at("setup-device").focus();
	}

	async save(made) {
		await this.store.put("settings", "setup", made);
		location.reload();
	}

	/* ── what comes of it ── */

	up() {
		this.screen.connection(true);
		this.presses.resend();
		this.visits.resend();
		if (!this.warmed) {
			this.warmed = true;
			this.speech.warm();
		}
	}

	hear(topic, object) {
		if (topic === "down/call") {
			this.presses.hear(object);
		} else if (topic === "down/visit") {
			this.visits.hear(object);
		}
	}

	changed(press, what) {
		this.screen.pass(press);
		this.screen.show(this.presses);
		const things = spoken(press, what);
		if (what === "pressing" || what === "retrying") {
			this.speech.say(things);
		} else if (things.length > 0) {
			this.speech.add(things);
		}
		if (press.received && (press.state === "closed" || press.kind !== "call")) {
			this.presses.forget(press);
			this.screen.show(this.presses);
		}
	}

	/* Whoever waits is told again that it is still being tried. */
	remind() {
		if (this.presses.list.some((p) => p.state === "retrying" && !p.received)) {
			this.speech.say([{phrase: "retrying"}]);
		}
	}
}

async function main() {
	const store = await openStore();
	let setup = fromAddress();
	if (setup) {
		await store.put("settings", "setup", setup).catch(() => {});
	} else {
		setup = await store.get("settings", "setup").catch(() => null);
	}
	if (navigator.serviceWorker) {
		navigator.serviceWorker.register("sw.js", {updateViaCache: "none"})
			.catch((error) => console.warn("no cache", error));
	}
	const lang = await language(setup);
	const terminal = new Terminal(store, setup, lang, await asked("words/" + lang + ".json"));
	if (good(setup)) {
		await terminal.start();
	} else {
		key(at("setup-back"), () => {});
		terminal.openSetup();
	}
}

window.addEventListener("hashchange", () => {
	if (/device=/.test(location.hash)) {
		location.reload();
	}
});
main();
