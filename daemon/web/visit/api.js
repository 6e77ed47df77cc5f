/* The gateway's API as docs/visits.md has it. All paths are relative to the page, so that it works
 * behind any proxy. A refusal is thrown as {status, code, problem}; status 0: nobody answered. */

const BASE = new URL("../", location.href.split("#")[0].split("?")[0]);

export function address(path) {
	return new URL(path.replace(/^\//, ""), BASE).href;
}

export class Refused extends Error {
	constructor(status, problem) {
		super(`refused: ${status}`);
		this.status = status;
		this.problem = problem || {};
		this.code = this.problem.code || "";
	}
}

async function readJson(response) {
	try {
		return await response.json();
	} catch (e) {
		return null;
	}
}

async function ask(method, path, secret, body, more) {
	const headers = {"Authorization": `Bearer ${secret}`};
	if (body !== undefined)
		headers["Content-Type"] = "application/json";
	let response;
	try {
		response = await fetch(address(path), {method, headers, cache: "no-store",
			body: body === undefined ? undefined : JSON.stringify(body), ...more});
	} catch (e) {
		throw new Refused(0);
	}
	if (!response.ok)
		throw new Refused(response.status, await readJson(response));
	return response.status === 200 || response.status === 201 ? readJson(response) : null;
}

/* What a caregiver's link is good for. */
export class Gateway {
	constructor(token) {
		this.token = token;
	}

	me() {
		return ask("GET", "/api/v1/me", this.token);
	}

	async start(body) {
		return new Visit(await ask("POST", "/api/v1/visits", this.token, body));
	}

	withdraw(body) {
		return ask("POST", "/api/v1/consents/withdraw", this.token, body);
	}
}

/* One visit, by the key that is good for it alone. */
class Visit {
	constructor(first) {
		this.first = first;
		this.path = `/api/v1/visits/${encodeURIComponent(first.id)}`;
		this.events = address(first.events);
		this.key = new URL(this.events).searchParams.get("key") || "";
	}

	state() {
		return ask("GET", this.path, this.key);
	}

	signal(body) {
		return ask("POST", `${this.path}/signal`, this.key, body);
	}

	result(body) {
		return ask("POST", `${this.path}/result`, this.key, body);
	}

	/* Also while the page is being closed. */
	end() {
		return ask("DELETE", this.path, this.key, undefined, {keepalive: true});
	}
}

const AGAIN_MS = 2000; /* until the stream is asked for anew, when the browser has given up */
const AWAY_MS = 4000;  /* without a stream, until it is said */

/* Server-sent events over restarts of the gateway. on: {state, signal, help}, each with the data,
 * and away(bool). Gives a function that ends it. */
export function listen(url, on) {
	let source = null, timer = null, away = null, over = false;
	const hear = (name) => (e) => {
		let data = null;
		try {
			data = JSON.parse(e.data);
		} catch (bad) {
			return;
		}
		if (data)
			on[name](data);
	};
	const open = () => {
		timer = null;
		source = new EventSource(url);
		for (const name of ["state", "signal", "help"])
			source.addEventListener(name, hear(name));
		source.onopen = () => {
			clearTimeout(away);
			away = null;
			on.away(false);
		};
		source.onerror = () => {
			if (over)
				return;
			if (!away)
				away = setTimeout(() => on.away(true), AWAY_MS);
			if (source.readyState === EventSource.CLOSED && !timer)
				timer = setTimeout(open, AGAIN_MS);
		};
	};
	open();
	return () => {
		over = true;
		clearTimeout(timer);
		clearTimeout(away);
		source.close();
	};
}
