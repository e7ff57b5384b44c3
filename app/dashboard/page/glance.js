// The study at a glance: the best so far, how much was trained, how good the estimates are, and by which encoder.
import { entry } from "./api.js";
import { h, refill } from "./dom.js";
import { count, measured, number, percent } from "./format.js";

export function create(section, context) {
  return {
    async refresh() {
      const { description, metric } = context;
      const { metrics } = await context.quality();
      const { recent } = entry(metrics, metric.name);
      refill(section, best(context), trainings(description), trust(recent), encoder(description, metric));
    },
  };
}

function tile(label, figure, ...rest) {
  return h("div", { class: "tile" }, h("span", { class: "label" }, label), h("strong", {}, figure), h("span", { class: "hint" }, ...rest));
}

function best({ description, metric, open }) {
  const found = entry(description.best, metric.name);
  if (!found) return tile(`Best ${metric.name}`, "–", description.observations ? "not measured yet" : "nothing was trained yet");
  const show = h("button", { type: "button", class: "link", id: "show-best", onclick: () => open(found.architecture_id) }, "show it");
  return tile(`Best ${metric.name}`, measured(found.mean, metric), found.n > 1 ? `mean of ${found.n} trainings, ` : "", shorter(description, metric), show);
}

/** Estimates are of shorter trainings as long as hardly any was in full. */
function shorter({ fidelities }, metric) {
  const levels = entry(fidelities, metric.name) ?? [];
  return levels.length && !levels.some(({ share }) => share === 1) ? "not trained in full, " : "";
}

function trainings({ observations, failed, retracted, architectures }) {
  const distinct = Math.max(0, ...Object.values(architectures));
  const rest = [`${count(distinct, "architecture")} with a value`];
  if (failed) rest.push(`${number(failed)} failed`);
  if (retracted) rest.push(`${number(retracted)} retracted`);
  return tile("Trainings", number(observations), rest.join(", "));
}

function trust({ n, kendall_tau: tau, coverage }) {
  if (!n) return tile("Order of the last estimates", "–", "none was put to the test yet");
  return tile("Order of the last estimates", tau === null ? "–" : `τ ${number(tau, 2)}`, coverage === null ? `last ${number(n)}` : `${percent(coverage)} within their 90 % interval, last ${number(n)}`);
}

function encoder({ encoder: version, encoder_kind: kind, revision, fitted_observations: fitted }, metric) {
  const n = entry(fitted, metric.name);
  return tile("Encoder", version, `${kind}, revision ${number(revision)}, `, n ? `scales of ${number(n)} trainings` : "scales not fitted yet");
}
