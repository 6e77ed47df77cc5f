/* All files of the terminal, kept so that it starts without a network. What is kept is one version as
 * a whole: files.js, made by scripts/web, names it and its files. Voices and what the gateway says of
 * itself are asked for anew when that is possible, and taken as they were last when it is not. */

/* global YJ_VERSION, YJ_FILES */
importScripts("files.js");

const CACHE = "terminal-" + YJ_VERSION;
const LATEST = "latest";
const WAIT_MS = 3000;

self.addEventListener("install", (event) => {
	event.waitUntil((async () => {
		const cache = await caches.open(CACHE);
		await cache.addAll(YJ_FILES.map((f) => new Request(f, {cache: "no-cache"})));
		await self.skipWaiting();
	})());
});

self.addEventListener("activate", (event) => {
	event.waitUntil((async () => {
		for (const name of await caches.keys()) {
			if (name !== CACHE && name !== LATEST) {
				await caches.delete(name);
			}
		}
		await self.clients.claim();
	})());
});

self.addEventListener("fetch", (event) => {
	const url = new URL(event.request.url);
	if (event.request.method !== "GET" || url.origin !== self.location.origin ||
		url.pathname.indexOf(new URL("./", self.location).pathname) !== 0) {
		return;
	}
	if (/\/voices\/|\/gateway\.json$/.test(url.pathname)) {
		event.respondWith(latest(event.request));
	} else {
		event.respondWith(kept(event.request));
	}
});

async function kept(request) {
	const cache = await caches.open(CACHE);
	const found = await cache.match(request, {ignoreSearch: true});
	return found || fetch(request);
}

async function latest(request) {
	const cache = await caches.open(LATEST);
	const asked = fetch(request, {cache: "no-cache"}).then(async (answer) => {
		if (answer.ok) {
			await cache.put(request, answer.clone());
		}
		return answer;
	});
	const late = new Promise((resolve) => setTimeout(resolve, WAIT_MS));
	const answer = await Promise.race([asked.catch(() => null), late]);
	if (answer && answer.ok) {
		return answer;
	}
	return await cache.match(request) || await (await caches.open(CACHE)).match(request,
		{ignoreSearch: true}) || asked;
}
