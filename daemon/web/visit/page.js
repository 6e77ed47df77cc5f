/* The caregiver's page: /visit/#TOKEN, or #TOKEN&start=video to call at once. */

import {Gateway} from "./api.js";
import {Call} from "./call.js";
import {CallView} from "./callview.js";
import {EndView} from "./endview.js";
import {show, the} from "./dom.js";
import {HomeView} from "./homeview.js";
import {language, say, speak} from "./words.js";
import {MODES} from "../terminal/link.js";
import {Peer} from "../terminal/peer.js";

const EARLY_MS = 120000; /* so long a connection that is made before the tap holds its ports */
const AGAIN_MS = 60000;	 /* the list is asked for anew while it is looked at */

const query = new URLSearchParams(location.search);
const page = {gateway: null, me: null, call: null, early: null, timer: null};

/* The mode to start with is taken out of the address, so that a reload calls nobody again. */
function readLink() {
	const [token, ...more] = location.hash.slice(1).split("&");
	const wish = more.map((part) => part.split("=")).find(([name]) => name === "start");
	if (more.length > 0)
		history.replaceState(null, "", `#${token}`);
	return {token, start: wish && MODES.includes(wish[1]) ? wish[1] : null};
}

function connection() {
	return {iceServers: page.me.ice_servers || [], relayOnly: query.get("relay") === "only"};
}

function dropEarly() {
	if (page.early)
		page.early.close();
	page.early = null;
}

/* Ports and relays are asked for while the caregiver reads: that is time saved after the tap. No
 * camera, no microphone. */
function prepare() {
	dropEarly();
	const early = page.early = new Peer({...connection(), early: true});
	setTimeout(() => page.early === early && dropEarly(), EARLY_MS);
}

function fail(e) {
	const expired = e && [401, 403, 404, 410].includes(e.status);
	the("wrong").textContent = say(expired ? "expired" : "away");
	the("cure").textContent = say(expired ? "expired_cure" : "away_cure");
	show("fail");
	the("wrong").focus();
}

async function refresh() {
	page.me = await page.gateway.me();
	const wanted = query.get("lang") || page.me.language || navigator.language;
	if (wanted !== language)
		speak(wanted);
	home.draw(page.me);
}

function keepFresh() {
	clearInterval(page.timer);
	page.timer = setInterval(() => {
		if (!document.hidden && document.body.dataset.screen === "home")
			refresh().catch(() => {});
	}, AGAIN_MS);
}

/* ── visits ── */

function begin(resident, mode) {
	performance.clearMarks();
	performance.mark("visit-tap");
	if (mode === "check-in")
		dropEarly();
	const early = page.early;
	page.early = null;
	const call = page.call = new Call({
		gateway: page.gateway, resident, mode, incident: resident.incident,
		config: connection(), peer: early,
	}, {
		changed: () => changed(call),
		told: (key) => calling.tell(key),
		local: (stream) => calling.setLocal(stream),
		remote: (stream) => calling.setRemote(stream),
		help: () => calling.help(),
	});
	calling.open(call);
	show("call");
	call.start();
}

function changed(call) {
	if (call !== page.call)
		return;
	if (call.phase !== "over") {
		calling.draw();
		return;
	}
	calling.close();
	ending.open(call);
	show("end");
	the("outcome").focus();
}

async function back() {
	page.call = null;
	show("home");
	try {
		await refresh();
		prepare();
	} catch (e) {
		fail(e);
	}
}

const home = new HomeView(begin, (body) => page.gateway.withdraw(body), refresh);
const calling = new CallView();
const ending = new EndView(() => begin(page.call.resident, page.call.first), back);

addEventListener("pagehide", () => {
	if (page.call)
		page.call.leave();
});
/* A page that comes back out of the browser's memory has hung up. */
addEventListener("pageshow", (e) => {
	if (e.persisted)
		location.reload();
});
addEventListener("hashchange", () => location.reload());

async function open() {
	speak(query.get("lang") || navigator.language);
	const {token, start} = readLink();
	the("reload").onclick = () => location.reload();
	if (!token) {
		the("wrong").textContent = say("no_token");
		the("cure").textContent = say("no_token_cure");
		show("fail");
		return;
	}
	page.gateway = new Gateway(token);
	try {
		await refresh();
	} catch (e) {
		fail(e);
		return;
	}
	const one = page.me.residents.length === 1 ? page.me.residents[0] : null;
	if (start && one) {
		begin(one, start);
		return;
	}
	show("home");
	keepFresh();
	prepare();
}

open();
