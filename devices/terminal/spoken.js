/* What is said aloud of a press, by what has become of it. */

export function spoken(press, what) {
	const name = {name: press.by, or: "somebody"};
	switch (what) {
	case "pressing":
		return [{chime: "pressed"}].concat(
			press.kind === "call" ? [{phrase: "pressed_" + press.button}] : []);
	case "retrying":
		return [{phrase: "retrying"}];
	case "received":
		return [{phrase: press.kind === "call" ? "received" : press.kind + "_received"}];
	case "answered":
		return [press.by ? name : {phrase: "somebody"}, {phrase: coming(press) ? "coming" : "knows"}];
	case "searching":
		return [{phrase: "searching"}];
	case "arrived":
		return [press.by ? name : {phrase: "somebody"}, {phrase: "arrived"}];
	case "closed":
		return [{phrase: "closed"}];
	}
	return [];
}

/* Whoever only knows of it is looking for somebody near (docs/contract.md, `answered`). */
function coming(press) {
	return !/正在找|looking for/.test(press.text);
}
