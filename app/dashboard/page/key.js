// The key that the server wants where it has any: asked for once, and kept in memory alone, until the page is left.
import { h } from "./dom.js";

let key = {}; // headers of a request
let asking = null;

/** The headers that hold the key; waits while a person is being asked for it. */
export async function theKey() {
  await asking;
  return key;
}

/** The server does not take a key. Those who ask next wait for another one. */
export function refuse(refused, why) {
  if (refused !== key || asking) return; // another one came meanwhile
  asking = asked(why).then((text) => {
    key = { Authorization: `Bearer ${text}` };
    asking = null;
  });
}

function asked(why) {
  const input = h("input", { type: "password", autocomplete: "off", required: true, pattern: "\\s*[!-~]+\\s*", "aria-labelledby": "key-label" });
  const form = h("form", { method: "dialog" },
    h("h2", { id: "key-title" }, "A key, please"),
    h("p", {}, `The server says: “${why}”.`),
    h("label", { id: "key-label" }, "Key", input),
    h("p", { class: "hint" }, "It stays in this page’s memory, and is gone when you leave."),
    h("button", { type: "submit" }, "Go on"));
  const dialog = h("dialog", { class: "key", "aria-labelledby": "key-title" }, form);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault(); // by script: a policy of the page allows forms no other way
      dialog.remove();
      resolve(input.value.trim());
    });
  });
}
