// Every training over time, by worker, and the best so far.
import { get, study as path } from "./api.js";
import { Chart, colors, palette, plain, range } from "./chart.js";
import { fill, h, words } from "./dom.js";
import { ago, clock, count, measured, number } from "./format.js";

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
      fill(table, workers(progress, context.metric));
    },
  };
}

function told({ observations, shown, best, points }, metric) {
  const last = best.number.at(-1);
  const sample = shown < observations ? ` ${number(shown)} of ${number(observations)} trainings are drawn.` : "";
  if (last === undefined) return `No training has a value of ${metric.name} yet.${sample}`;
  const since = Math.max(observations, points.number.at(-1) ?? 0) - last;
  const [low, high] = range(points.value);
  const beyond = points.value.filter((each) => each !== null && (metric.direction === "maximize" ? each < low : each > high)).length;
  const worse = beyond ? ` ${number(beyond)} worse ones lie outside of the picture: drag to move it, double-click for all.` : "";
  return `The best single training, ${measured(best.value.at(-1), metric)}, came with training ${number(last)}; ${count(since, "training")} since.${sample}${worse}`;
}

function picture({ progress, by }, { metric }) {
  const { muted, bad, accent, card } = colors();
  const { points, best, workers: all } = progress;
  const across = (series) => series[by].map((each) => (by === "number" ? each : new Date(each)));
  const x = across(points);
  const [low, high] = range(points.value);
  const span = high - low;
  const rows = x.map((_, i) => i);
  const measuredRows = rows.filter((i) => points.value[i] !== null && !points.failed[i]);
  const groups = new Map();
  for (const i of measuredRows) {
    const worker = points.worker[i];
    const group = worker === null || worker >= NAMED ? NAMED : worker;
    groups.set(group, [...(groups.get(group) ?? []), i]);
  }
  const traces = [...groups].sort(([a], [b]) => a - b).map(([group, chosen]) => ({
    type: "scatter", mode: "markers", name: plain(group === NAMED ? "others" : all[group].worker ?? "unnamed"),
    x: chosen.map((i) => x[i]), y: chosen.map((i) => points.value[i]), customdata: chosen.map((i) => points.architecture_id[i]),
    text: chosen.map((i) => hover(points, i, metric, all)), hovertemplate: "%{text}<extra></extra>",
    marker: { size: 6, color: group === NAMED ? muted : palette[group], opacity: 0.75, symbol: chosen.map((i) => (points.full[i] ? "circle" : "circle-open")) },
  }));
  const failed = rows.filter((i) => points.failed[i]);
  const floor = metric.direction === "maximize" ? low - 0.06 * span : high + 0.06 * span;
  if (failed.length) traces.push({
    type: "scatter", mode: "markers", name: "failed", x: failed.map((i) => x[i]), y: failed.map(() => floor), customdata: failed.map((i) => points.architecture_id[i]),
    marker: { symbol: "x-thin", size: 8, line: { color: bad, width: 2 } }, hovertemplate: "failed<extra></extra>",
  });
  const end = x.at(-1);
  traces.push({
    type: "scatter", mode: "lines", name: "best so far", line: { shape: "hv", width: 2.5, color: accent },
    x: [...across(best), end], y: [...best.value, best.value.at(-1)], hovertemplate: "best so far %{y}<extra></extra>",
  });
  const margin = 0.1 * span;
  const outer = best.value.length ? best.value : [low, high];
  return { traces, layout: {
    xaxis: { title: { text: by === "number" ? "trainings" : "" } },
    yaxis: { title: { text: plain(metric.unit ? `${metric.name}, ${metric.unit}` : metric.name) }, range: [Math.min(low, floor, ...(metric.direction === "minimize" ? outer.slice(-1) : [])) - margin, Math.max(high, floor, ...(metric.direction === "maximize" ? outer.slice(-1) : [])) + margin] },
    hovermode: "closest", plot_bgcolor: "rgba(0,0,0,0)", paper_bgcolor: "rgba(0,0,0,0)", hoverlabel: { bgcolor: card }, showlegend: true, uirevision: `${metric.name}${by}`,
  } };
}

function hover(points, i, metric, all) {
  const worker = points.worker[i] === null ? null : all[points.worker[i]]?.worker;
  const lines = [`<b>${plain(measured(points.value[i], metric))}</b>`, `training ${number(points.number[i])}${worker ? ` by ${plain(worker)}` : ""}`, plain(clock(points.observed_at[i]))];
  if (!points.full[i]) lines.push("trained for less than in full");
  return lines.join("<br>");
}

function workers({ workers: all, workers_left_out: left = 0 }, metric) {
  return h("details", {},
    h("summary", {}, count(all.length + left, "worker")),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Workers" },
      h("table", {},
        h("thead", {}, h("tr", {}, ...["Worker", "Trainings", "Failed", "Best", "Last"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, ...all.map((each) => h("tr", {},
          h("td", {}, each.worker ?? "unnamed"),
          h("td", { class: "numeric" }, number(each.observations)),
          h("td", { class: "numeric" }, number(each.failed)),
          h("td", { class: "numeric" }, measured(each.best, metric)),
          h("td", {}, ago(each.last_observed_at))))))),
    left ? h("p", { class: "hint" }, `${count(left, "worker")} of earlier times left out.`) : null);
}
