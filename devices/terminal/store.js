/* What outlives a power cut: IndexedDB. `settings` (the terminal's set-up, the session counter, a
 * visit that is on), `presses` (until they are received, and while they are open), `recordings`.
 * A browser that gives no storage gets memory, so that the keys work all the same. */

const NAME = "yijian-terminal";
const STORES = ["settings", "presses", "recordings"];
const OPEN_MS = 3000;
const WRITE_MS = 1000;

function open() {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(NAME, 1);
		request.onupgradeneeded = () => STORES.forEach((s) => request.result.createObjectStore(s));
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
		setTimeout(() => reject(new Error("storage does not open")), OPEN_MS);
	});
}

/* Resolves when what was asked is on the disk, not when the system has merely taken it. */
function run(db, name, mode, work) {
	return new Promise((resolve, reject) => {
		const t = db.transaction(name, mode, {durability: "strict"});
		const request = work(t.objectStore(name));
		t.oncomplete = () => resolve(request.result);
		t.onabort = t.onerror = () => reject(t.error);
	});
}

class Disk {
	constructor(db) {
		this.db = db;
		this.lasting = true;
	}

	get(store, key) {
		return run(this.db, store, "readonly", (s) => s.get(key));
	}

	all(store) {
		return run(this.db, store, "readonly", (s) => s.getAll());
	}

	keys(store) {
		return run(this.db, store, "readonly", (s) => s.getAllKeys());
	}

	put(store, key, value) {
		return run(this.db, store, "readwrite", (s) => s.put(value, key));
	}

	remove(store, key) {
		return run(this.db, store, "readwrite", (s) => s.delete(key));
	}
}

class Memory {
	constructor() {
		this.lasting = false;
		this.maps = {};
		STORES.forEach((s) => {
			this.maps[s] = new Map();
		});
	}

	async get(store, key) {
		return this.maps[store].get(key);
	}

	async all(store) {
		return Array.from(this.maps[store].values());
	}

	async keys(store) {
		return Array.from(this.maps[store].keys());
	}

	async put(store, key, value) {
		this.maps[store].set(key, value);
	}

	async remove(store, key) {
		this.maps[store].delete(key);
	}
}

export async function openStore() {
	try {
		const disk = new Disk(await open());
		if (navigator.storage && navigator.storage.persist) {
			navigator.storage.persist().catch(() => {});
		}
		return disk;
	} catch (error) {
		console.warn("no lasting storage", error);
		return new Memory();
	}
}

/* Waits for a write, but no longer than a call for help can wait for a disk. */
export function written(promise) {
	return Promise.race([
		promise.catch((error) => console.warn("not stored", error)),
		new Promise((resolve) => setTimeout(resolve, WRITE_MS)),
	]);
}
