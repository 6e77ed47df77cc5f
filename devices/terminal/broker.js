/* The connection to the broker: MQTT 3.1.1 over WebSockets, with the `mqtt` package. The account's
 * name is the client id and the device; the session is kept (clean false). `state` and the will have
 * a session number that grows with each connection (docs/supervision.md).
 *
 * Each try is a client of its own, so that its will has its own session; what must not be lost is
 * repeated by who asks for it, not by the package. */

/* global mqtt */

const FIRST_MS = 1000;
const LAST_MS = 15000;
const CONNECT_MS = 10000;
const KEEPALIVE_S = 15;
const BEAT_MS = 60000;

export class Broker {
	/* setup: {device, password, broker}. on: up(), down(why), message(topic, object) */
	constructor(setup, store, on) {
		this.setup = setup;
		this.store = store;
		this.on = on;
		this.base = "yj/v1/dev/" + setup.device + "/";
		this.client = null;
		this.up = false;
		this.wait = FIRST_MS;
		this.timer = null;
		window.addEventListener("online", () => this.hurry());
	}

	async start() {
		setInterval(() => this.beat(), BEAT_MS);
		await this.connect();
	}

	/* A number that was never used before: the time, or one more where the clock was set back. */
	async session() {
		const last = (await this.store.get("settings", "session").catch(() => 0)) || 0;
		const next = Math.max(last + 1, Math.floor(Date.now() / 1000));
		await this.store.put("settings", "session", next).catch(() => {});
		return next;
	}

	state(online, session) {
		return JSON.stringify({online, session});
	}

	async connect() {
		const session = await this.session();
		let client;
		try {
			client = mqtt.connect(this.setup.broker, {
				protocolVersion: 4,
				clientId: this.setup.device,
				username: this.setup.device,
				password: this.setup.password,
				clean: false,
				keepalive: KEEPALIVE_S,
				connectTimeout: CONNECT_MS,
				reconnectPeriod: 0,
				resubscribe: false,
				queueQoSZero: false,
				timerVariant: "native", /* no worker from a blob: the policy of the page forbids it */
				will: {topic: this.base + "state", payload: this.state(false, session),
					qos: 1, retain: true},
			});
		} catch (error) {
			this.later(error.message);
			return;
		}
		this.client = client;
		let why = "";
		client.on("error", (error) => {
			why = error.message;
		});
		client.on("connect", () => this.greet(client, session));
		client.on("message", (topic, payload) => this.hear(topic, payload));
		client.on("close", () => {
			if (this.client === client) {
				client.end(true);
				this.later(why);
			}
		});
	}

	greet(client, session) {
		client.subscribe([this.base + "down/call", this.base + "down/visit"], {qos: 1},
			(error) => {
				if (error) {
					client.end(true);
					return;
				}
				client.publish(this.base + "state", this.state(true, session),
					{qos: 1, retain: true});
				this.up = true;
				this.wait = FIRST_MS;
				this.beat();
				this.on.up();
			});
	}

	later(why) {
		this.client = null;
		this.up = false;
		this.on.down(why);
		this.timer = setTimeout(() => this.connect(), this.wait);
		this.wait = Math.min(this.wait * 2, LAST_MS);
	}

	/* Somebody is waiting: the next try is now. */
	hurry() {
		this.wait = FIRST_MS;
		if (this.timer && !this.client) {
			clearTimeout(this.timer);
			this.timer = null;
			this.connect();
		}
	}

	hear(topic, payload) {
		let object;
		try {
			object = JSON.parse(payload.toString());
		} catch (error) {
			return;
		}
		if (object && typeof object === "object") {
			this.on.message(topic.slice(this.base.length), object);
		}
	}

	/* payload: text. done: when the broker has it. False when there is no connection now. */
	send(topic, payload, done) {
		if (!this.up || !this.client) {
			return false;
		}
		this.client.publish(this.base + topic, payload, {qos: 1}, (error) => {
			if (!error && done) {
				done();
			}
		});
		return true;
	}

	async beat() {
		if (!this.up) {
			return;
		}
		const beat = {ts: Date.now(), fw: "terminal"};
		if (navigator.getBattery) {
			const battery = await navigator.getBattery().catch(() => null);
			if (battery) {
				beat.battery = Math.round(battery.level * 100);
				beat.mains = battery.charging;
			}
		}
		this.send("up/heartbeat", JSON.stringify(beat));
	}
}
