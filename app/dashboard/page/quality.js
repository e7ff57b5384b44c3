// How good the estimates of this study really are: each was noted before its value was known.
import { entry, get, study as path } from "./api.js";
import { Chart, colors, plain, range } from "./chart.js";
import { fill, h, words } from "./dom.js";
import { count, difference, number } from "./format.js";

export function create(section, context) {
  const body = section.querySelector(".body");
  const state = { outcomes: null, quality: null };
  const scatter = new Chart("Predicted against measured", () => agreement(state, context));
  const curve = new Chart("Order and coverage over time", () => overTime(state));
  const caption = h("p", { class: "hint" });
  const text = h("div", { class: "sentences" });
  return {
    async refresh() {
      const query = { metric: context.metric.name };
      const [outcomes, quality] = await Promise.all([
        get(path(context.study, "outcomes"), { ...query, last: 400 }),
        context.quality(),
      ]);
      Object.assign(state, { outcomes, quality: entry(quality.metrics, context.metric.name) });
      if (!state.quality.overall.n) {
        fill(body, words("No estimate was put to the test yet.", "From the second training on, the server notes what it expects of each architecture before its value counts. Here you will see how often it was right."));
        return;
      }
      if (!scatter.element.isConnected) fill(body, text, h("div", { class: "two" }, h("div", {}, scatter.element, caption), curve.element));
      fill(text, ...sentences(state.quality, context.metric).map((each) => h("p", {}, each)));
      fill(caption, told(outcomes.points, context.metric));
      await Promise.all([scatter.update(), curve.update()]);
    },
  };
}

/** The live record in words. */
function sentences({ overall, recent, calibration }, metric) {
  const found = [];
  const { n } = recent;
  if (recent.coverage !== null) found.push(`Of the last ${number(n)} trainings, ${number(Math.round(recent.coverage * n))} fell inside the 90 % interval${verdict(recent.coverage, n)}.`);
  if (recent.mean_absolute_error !== null) found.push(`Estimates were off by ${difference(recent.mean_absolute_error, metric)} on average; guessing the value of the nearest architecture would have been off by ${difference(recent.nearest_mean_absolute_error, metric)}.`);
  if (recent.kendall_tau !== null) found.push(`Of two of them, the estimates name the better one ${Math.round(50 * (1 + recent.kendall_tau))} times of 100 (Kendall τ ${number(recent.kendall_tau, 2)}${overall.n > n ? `; ${number(overall.kendall_tau, 2)} over all ${number(overall.n)}` : ""}).`);
  if (calibration > 1.15 || calibration < 0.87) found.push(`By what was measured so far, the next error bars are drawn ${number(calibration, 3)} times as wide as the estimates alone would have them.`);
  return found;
}

/** Whether a share of hits is further from 90 % than chance explains: two standard deviations. */
function verdict(coverage, n) {
  const off = (coverage - 0.9) / Math.sqrt(0.09 / n);
  if (off < -2) return ", fewer than promised: the bars are too narrow";
  if (off > 2) return ", more than promised: the bars are wide";
  return ", as promised";
}

/** From where to where both axes go: dots and bars, without those that would take the whole picture. */
function ends({ measured, predicted, lower, upper }, metric) {
  const [low, high] = range([...measured, ...predicted, ...lower, ...upper], metric);
  const pad = 0.08 * (high - low);
  return [low - pad, high + pad];
}

function told(points, metric) {
  const [low, high] = ends(points, metric);
  const isBeyond = (value) => value < low || value > high;
  const n = points.measured.filter((each, i) => isBeyond(each) || isBeyond(points.predicted[i])).length;
  return n ? `${count(n, "training")} ${n === 1 ? "lies" : "lie"} outside of the picture: double-click it for all.` : null;
}

function agreement({ outcomes }, { study, metric }) {
  const { accent, bad, muted } = colors();
  const { points } = outcomes;
  const rows = points.measured.map((_, i) => i);
  const isInside = (i) => points.lower[i] === null || (points.lower[i] <= points.measured[i] && points.measured[i] <= points.upper[i]);
  const inside = rows.filter(isInside);
  const outside = rows.filter((i) => !isInside(i));
  const series = (chosen, name, color) => ({
    type: "scatter", mode: "markers", name, x: chosen.map((i) => points.predicted[i]), y: chosen.map((i) => points.measured[i]),
    marker: { size: 6, color, opacity: 0.8 },
    error_x: {
      type: "data", symmetric: false, thickness: 1, width: 0, color: `${color}55`,
      array: chosen.map((i) => (points.upper[i] === null ? 0 : points.upper[i] - points.predicted[i])),
      arrayminus: chosen.map((i) => (points.lower[i] === null ? 0 : points.predicted[i] - points.lower[i])),
    },
    hovertemplate: "predicted %{x:.4g}<br>measured %{y:.4g}<extra></extra>",
  });
  const shown = ends(points, metric);
  const every = [...shown, ...points.measured, ...points.predicted];
  const equal = [Math.min(...every), Math.max(...every)];
  return {
    traces: [
      { type: "scatter", mode: "lines", x: equal, y: equal, line: { color: muted, dash: "dot", width: 1 }, hoverinfo: "skip", showlegend: false },
      series(inside, "inside the interval", accent), series(outside, "outside", bad),
    ],
    layout: { xaxis: { title: { text: plain(`predicted ${metric.name}`) }, range: shown }, yaxis: { title: { text: "measured" }, range: shown }, hovermode: "closest", showlegend: true, uirevision: [study, metric.name].join() },
  };
}

function overTime({ quality }) {
  const { accent, warm, muted } = colors();
  const x = quality.curve.map(({ revision }) => revision);
  const line = (name, of, color) => ({ type: "scatter", mode: x.length > 3 ? "lines" : "lines+markers", name, x, y: quality.curve.map(of), line: { color, width: 2.5 }, marker: { color }, hovertemplate: `${name} %{y:.2f}<extra></extra>` });
  return {
    traces: [
      line("Kendall τ", (each) => each.kendall_tau, accent),
      { ...line("τ of the nearest alone", (each) => each.nearest_kendall_tau, muted), line: { color: muted, width: 1.5, dash: "dot" } },
      line("share inside the 90 % interval", (each) => each.coverage, warm),
      { type: "scatter", mode: "lines", x: [x[0], x.at(-1)], y: [0.9, 0.9], line: { color: muted, width: 1, dash: "dash" }, hoverinfo: "skip", showlegend: false },
    ],
    layout: { xaxis: { title: { text: "revision" } }, yaxis: { range: [Math.min(0, ...quality.curve.map((each) => each.kendall_tau ?? 0)), 1.02] }, showlegend: true, hovermode: "x unified" },
  };
}
