// Every training over time, by worker, and the best so far.
import { get, study as path } from "./api.js";
import { Chart, colors, narrow, palette, plain, range, titled } from "./chart.js";
import { fill, h, named, refill, table as tableOf, whole, words } from "./dom.js";
import { ago, called, clock, count, measured, number, short } from "./format.js";

const SHOWN = 2000;
const NAMED = 9; // workers with a color of their own; the others share one

export function create(section, context) {
  const body = section.querySelector(".body");
  const state = { progress: null, by: "number" };
  const chart = new Chart("Every training, and the best so far", () => picture(state, context));
  const caption = h("p", { class: "hint" });
  const table = h("div", {});
  const axis = h("select", { "aria-label": "Horizontal axis", onchange: () => {
    state.by = axis.value;
    chart.update();
  } }, h("option", { value: "number" }, "by training"), h("option", { value: "observed_at" }, "by time"));
  fill(section.querySelector(".tools"), h("label", {}, "Show ", axis));
  let listening = false;
  return {
    async refresh() {
      const progress = (state.progress = await get(path(context.study, "progress"), { metric: context.metric.name, limit: SHOWN }));
      if (!progress.observations) {
        fill(body, words("No training yet.", "Each one will be a dot here, with a line for the best so far."));
        return;
      }
      if (!chart.element.isConnected) fill(body, chart.element, caption, table);
      await chart.update();
      if (!listening) {
        chart.on("plotly_click", ({ points: [point] }) => point.customdata && context.open(point.customdata));
        listening = true;
      }
      fill(caption, told(progress, context.metric));
      refill(table, workers(progress, context.metric));
    },
  };
}

function told({ observations, shown, best, points }, metric) {
  const last = best.number.at(-1);
  const sample = shown < observations ? ` ${number(shown)} of ${number(observations)} trainings are drawn.` : "";
  if (last === undefined) return `No training has a value of ${metric.name} yet.${sample}`;
  const since = observations - last;
  const [bottom, top] = heights(points, best, metric).range;
  const beyond = points.value.filter((each) => each !== null && (each < bottom || each > top)).length;
  const worse = beyond ? ` ${number(beyond)} lie outside of the picture: double-click it for all.` : "";
  return `The best single training, ${measured(best.value.at(-1), metric)}, came with training ${number(last)}; ${count(since, "training")} since.${sample}${worse}`;
}

function picture({ progress, by }, { study, metric }) {
  const { muted, bad, accent } = colors();
  const { points, best, workers: all } = progress;
  const across = (series) => series[by].map((each) => (by === "number" ? each : new Date(each)));
  const x = across(points);
  const { floor, range: shown } = heights(points, best, metric);
  const rows = x.map((_, i) => i);
  const measuredRows = rows.filter((i) => points.value[i] !== null && !points.failed[i]);
  const most = narrow() ? 3 : NAMED;
  const groups = new Map();
  for (const i of measuredRows) {
    const worker = points.worker[i];
    const group = worker === null || worker >= most ? most : worker;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(i);
  }
  const traces = [...groups].sort(([a], [b]) => a - b).map(([group, chosen]) => ({
    type: "scatter", mode: "markers", name: plain(group === most ? "others" : short(called(all[group].worker, "unnamed"), 18)),
    x: chosen.map((i) => x[i]), y: chosen.map((i) => points.value[i]), customdata: chosen.map((i) => points.architecture_id[i]),
    text: chosen.map((i) => hover(points, i, metric, all)), hovertemplate: "%{text}<extra></extra>",
    marker: { size: 6, color: group === most ? muted : palette[group], opacity: 0.75, symbol: chosen.map((i) => (points.full[i] ? "circle" : "circle-open")) },
  }));
  const failed = rows.filter((i) => points.failed[i]);
  if (failed.length) traces.push({
    type: "scatter", mode: "markers", name: "failed", x: failed.map((i) => x[i]), y: failed.map(() => floor), customdata: failed.map((i) => points.architecture_id[i]),
    marker: { symbol: "x-thin", size: 8, line: { color: bad, width: 2 } }, hovertemplate: "failed<extra></extra>",
  });
  if (best.number.length) traces.push({
    type: "scatter", mode: "lines", name: "best so far", line: { shape: "hv", width: 2.5, color: accent },
    x: [...across(best), x.at(-1)], y: [...best.value, best.value.at(-1)], hovertemplate: "best so far %{y}<extra></extra>",
  });
  return { traces, layout: {
    xaxis: { title: { text: by === "number" ? "trainings" : "" }, rangemode: "tozero" },
    yaxis: { title: { text: titled(metric) }, range: shown },
    hovermode: "closest", showlegend: true, uirevision: [study, metric.name, by].join(),
  } };
}

/** From where to where values are drawn, the best so far in any case; and where failed trainings are. */
function heights(points, best, metric) {
  const [low, high] = range(points.value, metric);
  const span = high - low;
  const floor = metric.direction === "maximize" ? low - 0.06 * span : high + 0.06 * span;
  const inside = [low, high, floor, ...best.value.slice(-1)];
  return { floor, range: [Math.min(...inside) - 0.1 * span, Math.max(...inside) + 0.1 * span] };
}

function hover(points, i, metric, all) {
  const worker = called(all[points.worker[i]]?.worker ?? null, null);
  const lines = [`<b>${plain(measured(points.value[i], metric))}</b>`, `training ${number(points.number[i])}${worker ? ` by ${plain(worker)}` : ""}`, plain(clock(points.observed_at[i]))];
  if (!points.full[i]) lines.push("trained for less than in full");
  return lines.join("<br>");
}

function workers({ workers: all, workers_left_out: left = 0 }, metric) {
  return h("details", {},
    h("summary", {}, count(all.length + left, "worker")),
    tableOf("Workers", ["Worker", "Trainings", "Failed", "Best", "Last"], all.map((each) => [
      named(each.worker, "unnamed"), each.observations, each.failed, whole(measured(each.best, metric)), whole(ago(each.last_observed_at))])),
    left ? h("p", { class: "hint" }, `${count(left, "worker")} of earlier times left out.`) : null);
}
