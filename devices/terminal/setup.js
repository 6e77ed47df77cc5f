/* Who this terminal is: from the address (#device=..&password=..&broker=wss://..&lang=..), which is
 * emptied at once, from the form, or as it was kept. */

import {at} from "./screen.js";

const DEVICE = /^[A-Za-z0-9_-]{1,64}$/;
const BROKER = /^wss?:\/\/[^\s]+$/;

export function good(setup) {
	return Boolean(setup) && DEVICE.test(setup.device || "") && BROKER.test(setup.broker || "");
}

/* What the address says; null if it says nothing. */
export function fromAddress() {
	const said = new URLSearchParams(location.hash.slice(1));
	if (!said.has("device")) {
		return null;
	}
	history.replaceState(null, "", location.pathname + location.search);
	const setup = {};
	["device", "password", "broker", "lang", "key"].forEach((name) => {
		if (said.get(name)) {
			setup[name] = said.get(name);
		}
	});
	return good(setup) ? setup : null;
}

export function form(setup, words, lang, save) {
	at("setup-device").value = (setup && setup.device) || "";
	at("setup-broker").value = (setup && setup.broker) || "";
	at("setup-language").value = lang;
	at("setup-note").textContent = window.isSecureContext ? "" : words.setup_insecure;
	at("setup-form").onsubmit = (event) => {
		event.preventDefault();
		const made = Object.assign({}, setup, {
			device: at("setup-device").value.trim(),
			broker: at("setup-broker").value.trim(),
			lang: at("setup-language").value});
		if (at("setup-password").value) {
			made.password = at("setup-password").value;
		}
		if (good(made)) {
			save(made);
		} else {
			at("setup-note").textContent = words.setup_bad;
		}
	};
}
