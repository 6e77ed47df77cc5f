/* Whom the caregiver may call, and what was agreed to about answering by itself. */

import {put, refill, the} from "./dom.js";
import {fill, say} from "./words.js";

const WITHDRAWABLE = ["auto_answer", "alert", "night", "shared_room"];

export class HomeView {
	/* begin(resident, mode), withdraw(body) and refresh() come from the page. */
	constructor(begin, withdraw, refresh) {
		this.begin = begin;
		this.withdraw = withdraw;
		this.refresh = refresh;
		this.open = new Set();
	}

	draw(me) {
		this.me = me;
		the("who").textContent = say("you", {name: me.caregiver.name});
		put(the("notice"), me.residents.length === 0 ? say("nobody") : "");
		const list = the("residents");
		list.dataset.count = me.residents.length === 1 ? "one" : "many";
		refill(list, me.residents.map((r) => this.card(r)));
	}

	card(resident) {
		const card = the("resident").content.cloneNode(true).firstElementChild;
		fill(card);
		card.dataset.resident = resident.id;
		card.querySelector(".name").textContent = resident.name;
		put(card.querySelector(".facts"), facts(resident));
		put(card.querySelector(".incident"), resident.incident ? say("incident") : "");
		const can = resident.terminal && resident.may.visit;
		for (const key of card.querySelectorAll("button[data-mode]")) {
			key.disabled = !can;
			key.setAttribute("aria-label", `${key.textContent.trim()} ${resident.name}`);
			key.onclick = () => this.begin(resident, key.dataset.mode);
		}
		if (this.me.caregiver.role === "family" && resident.terminal)
			this.drawConsents(card.querySelector(".consents"), resident);
		return card;
	}

	drawConsents(box, resident) {
		box.hidden = false;
		box.open = this.open.has(resident.id);
		box.ontoggle = () => this.open[box.open ? "add" : "delete"](resident.id);
		box.querySelector(".now").textContent =
			say(resident.may.auto_answer ? "consent_now_auto" : "consent_now_hand");
		const said = document.createElement("p");
		said.setAttribute("role", "status");
		const keys = WITHDRAWABLE.map((kind) => {
			const key = document.createElement("button");
			key.type = "button";
			key.className = "key small";
			key.dataset.kind = kind;
			key.textContent = say(`withdraw_${kind}`);
			key.onclick = () => this.takeBack(resident, kind, key, said);
			return key;
		});
		refill(box.querySelector(".withdrawals"), [...keys, said]);
	}

	async takeBack(resident, kind, key, said) {
		key.disabled = true;
		try {
			await this.withdraw({resident: resident.id, kind});
			said.textContent = say("withdrawn");
			resident.may.auto_answer = false;
			this.refresh().then(() => this.sayIn(resident, "withdrawn")).catch(() => {});
		} catch (e) {
			key.disabled = false;
			said.textContent = say(e.status === 404 ? "nothing_to_withdraw" : "not_withdrawn");
		}
	}

	sayIn(resident, word) {
		for (const card of the("residents").children)
			if (card.dataset.resident === resident.id)
				card.querySelector(".withdrawals [role=status]").textContent = say(word);
	}
}

function facts(resident) {
	if (!resident.may.visit)
		return say("may_not");
	if (!resident.terminal)
		return say("no_terminal");
	if (resident.busy)
		return say("busy_now", {by: resident.busy});
	const online = say(resident.terminal.online ? "online" : "offline");
	return `${online} · ${say(resident.may.auto_answer ? "auto_answer" : "by_hand")}`;
}
