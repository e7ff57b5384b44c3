// Try it: an architecture of one's own, its graph, its estimate and what that rests on.
import { entry, get, Stale, study as path } from "./api.js";
import { examine, shown } from "./architecture.js";
import { announce, fill, h, refill } from "./dom.js";
import { measured, notation } from "./format.js";

const PAUSE_MS = 350;

export function create(section, context) {
  const body = section.querySelector(".body");
  const input = h("textarea", { id: "candidate", rows: 3, spellcheck: "false", autocapitalize: "off", autocomplete: "off", placeholder: "Paste an architecture as the search space writes it" });
  const proxies = h("div", { class: "proxies" });
  const result = h("div", { class: "result", "aria-live": "polite" });
  const best = h("button", { type: "button", class: "quiet small", onclick: () => useBest() }, "Take the best");
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    examineIt();
  } },
    h("label", { for: "candidate" }, "Architecture"), input, proxies,
    h("div", { class: "buttons" }, h("button", { type: "submit" }, "Estimate"), best));
  fill(body, form, result);
  let pause = null;
  let of = null; // the study that the architecture is of
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(examineIt, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    clearTimeout(pause);
    examineIt();
  });

  async function useBest() {
    const found = entry(context.description.best, context.metric.name);
    if (!found) {
      fill(result, h("p", { class: "hint" }, "Nothing was trained in full yet."));
      return;
    }
    try {
      const { observations: [known] } = await get(path(context.study, "observations"), { architecture_id: found.architecture_id, limit: 1 });
      await use(known.architecture, known.proxies);
    } catch (error) {
      if (!(error instanceof Stale)) fill(result, h("p", { class: "failed" }, error.message));
    }
  }

  async function use(architecture, known = {}) {
    input.value = notation(architecture);
    for (const field of proxies.querySelectorAll("input")) field.value = entry(known, field.name) ?? "";
    await examineIt();
  }

  async function examineIt() {
    const text = input.value.trim();
    if (context.description === null) return; // `refresh` comes when there is one
    if (!text) {
      fill(result);
      return;
    }
    try {
      const found = await examine(read(text), context, given());
      if (input.value.trim() !== text) return;
      refill(result, ...shown(found, context));
      const estimate = entry(found.prediction?.metrics, context.metric.name);
      announce(estimate ? `Estimate ${measured(estimate.score, context.metric)}` : "No estimate yet");
    } catch (error) {
      if (!(error instanceof Stale) && input.value.trim() === text) fill(result, h("p", { class: "failed" }, error.message));
    }
  }

  /** The proxies that were typed in; null where the study has none. */
  function given() {
    const fields = [...proxies.querySelectorAll("input")].filter((field) => field.value !== "");
    return context.description.proxies.length ? Object.fromEntries(fields.map((field) => [field.name, field.valueAsNumber])) : null;
  }

  return {
    use,
    async refresh() {
      const wanted = context.description.proxies;
      const there = [...proxies.querySelectorAll("input")].map((field) => field.name);
      if (wanted.join() !== there.join()) {
        fill(proxies, ...wanted.map((name) => h("label", {}, name, " ", h("input", { type: "number", step: "any", name }))));
      }
      if (input.value.trim()) await examineIt();
      else fill(result);
    },
    reset() {
      // Another study has another space, perhaps; another metric of the same study says more of the same.
      if (of !== null && of !== context.study) input.value = "";
      of = context.study;
      fill(result);
    },
  };
}

/**
 * What was pasted, as the server takes it: an object where it is one, and else text.
 * @throws {Error} it looks like an object and is none.
 */
function read(text) {
  if (!text.startsWith("{")) return text.replace(/^"(.*)"$/s, "$1");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is no JSON: ${error.message}`);
  }
}
