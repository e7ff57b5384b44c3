// Elements from data. Text is always text: nothing that comes from the server is ever read as HTML.
import { called } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children; children are elements, text, or nothing at all. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

const there = (children) => children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...there(children));
  return element;
}

/** Show these in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...there(children));
}

/** The same for what is shown anew under a reader: the focus, what was folded and how far it was scrolled stay. */
export function refill(element, ...children) {
  const focusable = () => [...element.querySelectorAll("a, button, input, summary, [tabindex]")];
  const focused = focusable().indexOf(document.activeElement);
  const folds = [...element.querySelectorAll("details")].map(({ open }) => open);
  const scrolled = [...element.querySelectorAll(".scroll")].map(({ scrollLeft }) => scrollLeft);
  fill(element, ...children);
  element.querySelectorAll("details").forEach((fold, i) => (fold.open = folds[i] ?? fold.open));
  element.querySelectorAll(".scroll").forEach((part, i) => (part.scrollLeft = scrolled[i] ?? 0));
  if (focused >= 0) focusable()[focused]?.focus({ preventScroll: true });
}

/** Tell people who listen rather than look. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** A button that copies a text. */
export function copyButton(text) {
  const button = h("button", { type: "button", class: "quiet small" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it by hand";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

/** A table that scrolls sideways where it must; each row is a list of cells. */
export function table(label, titles, rows, kind = "") {
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label },
    h("table", { class: kind },
      h("thead", {}, h("tr", {}, ...titles.map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", { class: typeof cell === "number" ? "numeric" : null }, typeof cell === "number" ? cell.toLocaleString("en") : cell)))))));
}

/** A name that somebody chose: on one line, however long, and in its own direction. */
export function named(text, otherwise) {
  return text === null ? otherwise : h("bdi", { class: "name", title: text }, called(text));
}

/** A value in a table, on one line: half of it tells nothing. */
export const whole = (text) => h("span", { class: "numeric" }, text);

/** When something was, broken between date and time of day at most. */
export function moment(time) {
  const at = new Date(time);
  return h("time", { datetime: at.toISOString() }, whole(at.toLocaleDateString()), " ", whole(at.toLocaleTimeString()));
}

/** Words in the place of a picture that cannot be drawn yet. */
export function words(title, ...rest) {
  return h("div", { class: "words" }, h("strong", {}, title), ...rest.map((each) => (typeof each === "string" ? h("p", {}, each) : each)));
}
