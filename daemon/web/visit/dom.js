/* Small things for the page's parts. */

export const the = (id) => document.getElementById(id);

/* Shows one screen and hides the others. */
export function show(name) {
	for (const screen of document.querySelectorAll("main.screen"))
		screen.hidden = screen.id !== name;
	document.body.dataset.screen = name;
}

/* Words where there are any; else the element is not there. */
export function put(element, words) {
	if (element.textContent !== words)
		element.textContent = words;
	element.hidden = !words;
}

/* What is in an element gives way to these. */
export function refill(element, children) {
	element.textContent = "";
	element.append(...children);
}
