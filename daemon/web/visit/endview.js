/* How it ended, what follows, and how the resident was. */

import {put, the} from "./dom.js";
import {clock, say} from "./words.js";

const MIND_CHANGED_MS = 10000; /* docs/visits.md: whoever hangs up sooner has changed their mind */
const AGAIN = ["declined", "hung_up", "cancelled", "ended", "refused", "not_allowed", "broken"];

const refusals = {
	not_yours: "not_yours", no_consent: "no_consent", unknown_resident: "unknown_resident",
	no_terminal: "no_device",
};

export class EndView {
	constructor(again, back) {
		the("again").onclick = again;
		the("back").onclick = back;
		the("result").onsubmit = (e) => {
			e.preventDefault();
			this.save();
		};
	}

	open(call) {
		this.call = call;
		const [title, next] = words(call);
		the("outcome").textContent = title;
		put(the("next"), next);
		the("again").hidden = !AGAIN.includes(call.outcome) || call.about.reason === "withdrawn";
		const asks = call.outcome === "ended" && (call.talked || call.state.answered_at)
			&& call.about.reason !== "answered";
		the("result").hidden = !asks;
		the("result").reset();
		the("result").querySelector("button").disabled = false;
		put(the("saved"), "");
	}

	async save() {
		const form = new FormData(the("result"));
		const result = form.get("result"), note = form.get("note").trim();
		if (!result) {
			put(the("saved"), say("choose"));
			return;
		}
		const key = the("result").querySelector("button");
		key.disabled = true;
		try {
			await this.call.visit.result(note ? {result, note} : {result});
			put(the("saved"), say("saved"));
		} catch (e) {
			key.disabled = false;
			put(the("saved"), say("not_saved"));
		}
	}
}

function lasted(state) {
	const from = Date.parse(state.answered_at), to = Date.parse(state.ended_at) || Date.now();
	if (isNaN(from))
		return "";
	const s = Math.max(0, Math.round((to - from) / 1000));
	return say("lasted", {minutes: Math.floor(s / 60), seconds: s % 60});
}

/* [title, what follows] */
function words(call) {
	const name = call.resident.name, about = call.about;
	switch (call.outcome) {
	case "declined":
		return [say("declined", {name}), say("declined_next")];
	case "unanswered":
		return [say("unanswered"), say("unanswered_next", {incident: about.raised || ""})];
	case "hung_up":
		return hungUp(call);
	case "cancelled":
		return [say("cancelled"), ""];
	case "ended":
		if (about.reason === "answered" && about.result && about.result !== "well")
			return [say("ended_checked", {name}), ""];
		return [say(`ended_${about.reason || "caller"}`, {name}),
			call.talked ? lasted({...call.state, ...about}) : ""];
	case "not_allowed":
		return [say("not_allowed"), say("not_allowed_next")];
	case "refused":
		return refused(call);
	default:
		return [say("not_taken", {detail: about.message || ""}), ""];
	}
}

function hungUp(call) {
	const rang = Date.now() - Date.parse(call.state.started_at);
	return [say("cancelled"), rang < MIND_CHANGED_MS ? ""
		: say("hung_up_missed", {name: call.resident.name})];
}

function refused(call) {
	const e = call.about, name = call.resident.name;
	if (e.status === 0 || e.status >= 500)
		return [say("no_gateway"), say("no_gateway_next")];
	if (e.code === "busy")
		return [say("busy", {name, by: e.problem.by || undefined}),
			e.problem.since ? say("busy_next", {since: clock(e.problem.since)}) : ""];
	if (refusals[e.code])
		return [say(refusals[e.code]), ""];
	return [say("not_taken", {detail: e.problem.detail || e.problem.title || e.status}), ""];
}
