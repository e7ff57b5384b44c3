// Elements from data. Text is always text: nothing that comes from the server is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties and children; children are elements, text, or nothing at all. */
export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return element;
}

/** Show these in place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
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

/** Words in the place of a picture that cannot be drawn yet. */
export function words(title, ...rest) {
  return h("div", { class: "words" }, h("strong", {}, title), ...rest.map((each) => (typeof each === "string" ? h("p", {}, each) : each)));
}
