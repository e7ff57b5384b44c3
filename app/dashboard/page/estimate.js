// What is expected of an architecture, and what that rests on: words, an error bar, neighbors with their weights.
import { entry } from "./api.js";
import { h, table, whole } from "./dom.js";
import { count, difference, measured, notation, number, percent, short } from "./format.js";

/** The metrics of a prediction, each with its error bar beside the best so far. */
export function estimates(prediction, description) {
  const rows = description.metrics.filter((metric) => entry(prediction.metrics, metric.name));
  if (!rows.length) return h("p", { class: "hint" }, "Nothing is expected yet: no training was observed.");
  return h("div", { class: "estimates" },
    ...rows.map((metric) => row(metric, prediction, entry(description.best, metric.name))),
    legend(rows, prediction, description));
}

/** What the marks in the bars mean. */
function legend(metrics, { metrics: estimated, observed }, { best }) {
  const barred = metrics.filter(({ name }) => entry(estimated, name).lower !== null);
  if (!barred.length) return null;
  const key = (kind, text) => h("span", {}, h("i", { class: kind }), text);
  return h("p", { class: "hint legend", "aria-hidden": "true" },
    key("within", "90 % interval"), key("mark score", "estimate"),
    barred.some(({ name }) => entry(observed, name)) && key("mark known", "measured"),
    barred.some(({ name }) => entry(best, name)) && key("mark best", "best so far"));
}

function row(metric, prediction, best) {
  const estimate = entry(prediction.metrics, metric.name);
  const known = entry(prediction.observed, metric.name);
  return h(
    "div",
    { class: "estimate" },
    h("div", { class: "figures" },
      h("span", { class: "label" }, metric.name),
      h("strong", {}, measured(estimate.score, metric)),
      estimate.std !== null && h("span", { class: "hint" }, `± ${number(estimate.std, 2)}`)),
    estimate.lower !== null && bar(estimate, known, best),
    h("p", { class: "hint" }, spoken(estimate, known, best, metric)),
  );
}

function bar({ score, lower, upper }, known, best) {
  const marks = [lower, upper, score, known?.mean, best?.mean].filter((each) => each !== undefined && each !== null);
  const [low, high] = [Math.min(...marks), Math.max(...marks)];
  const span = high - low || 1;
  const place = (value) => `${4 + (92 * (value - low)) / span}%`;
  return h(
    "div",
    { class: "interval", "aria-hidden": "true" },
    h("span", { class: "within", style: { left: place(lower), width: `${(92 * (upper - lower)) / span}%` } }),
    best && h("span", { class: "mark best", style: { left: place(best.mean) }, title: `best so far: ${number(best.mean)}` }),
    known && h("span", { class: "mark known", style: { left: place(known.mean) }, title: `measured: ${number(known.mean)}` }),
    h("span", { class: "mark score", style: { left: place(score) }, title: `estimate: ${number(score)}` }),
  );
}

function spoken({ score, lower, upper }, known, best, metric) {
  const parts = [];
  if (lower !== null) parts.push(`90 % interval: ${number(lower)} to ${measured(upper, metric)}.`);
  if (known) parts.push(`Measured: ${measured(known.mean, metric)} (${count(known.n, "training")}).`);
  else if (best) {
    const ahead = metric.direction === "maximize" ? score - best.mean : best.mean - score;
    parts.push(ahead > 0 ? `Expected to beat the best so far by ${difference(ahead, metric)}.` : `${difference(-ahead, metric)} short of the best so far.`);
  }
  return parts.join(" ");
}

/** How far an architecture lies from all that was trained, in words. */
export function novelty(prediction) {
  const value = prediction.novelty;
  if (prediction.observed) return "It was trained already.";
  if (value === null) return "There is too little yet to say how new it is.";
  const distance = `${number(value, 2)} times the usual distance from what was trained`;
  if (value > 2) return `New ground: ${distance}. The estimate is an extrapolation.`;
  if (value > 0.7) return `About as new as any: ${distance}.`;
  return `Close to what was trained: ${distance}.`;
}

/** The neighbors that an estimate rests on; each can be opened. */
export function neighbors(prediction, metric, open) {
  if (!prediction.neighbors.length) return null;
  const most = Math.max(...prediction.neighbors.map((each) => Math.abs(each.weight)), 1e-9);
  return table("Neighbors", ["Rests on", "Weight", metric.name, "Distance"], prediction.neighbors.map((each) => [
    h("button", { type: "button", class: "link one-line", title: notation(each.architecture), onclick: () => open(each.architecture_id) }, short(notation(each.architecture), 200)),
    h("span", { class: "weight" },
      h("span", {}, h("i", { class: each.weight < 0 ? "negative" : "", style: { width: `${(100 * Math.abs(each.weight)) / most}%` } })),
      h("b", {}, percent(each.weight))),
    whole(measured(entry(each.value, metric.name), metric)),
    whole(number(each.distance, 2)),
  ]), "fixed neighbors");
}
