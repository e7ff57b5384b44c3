// The map of the search space: what was trained, where it lies, and how good it was.
import { get, study as path } from "./api.js";
import { Card } from "./card.js";
import { Chart, colors, narrow, place, range, scale, titled } from "./chart.js";
import { announce, copyButton, fill, h, words } from "./dom.js";
import { count, measured, number } from "./format.js";

const SHOWN = 3000;
const PENDING_MS = 3000;

export function create(section, context) {
  const body = section.querySelector(".body");
  const state = { projection: "pca", map: null, at: -1 };
  const chart = new Chart("Map of the search space", () => picture(state, context), { height: 480 });
  chart.element.tabIndex = 0;
  chart.element.setAttribute("role", "application");
  chart.element.setAttribute("aria-description", "Arrow keys go from one architecture to the next, Enter opens it.");
  const caption = h("p", { class: "hint" });
  const over = h("div", { class: "over" });
  const projections = h("select", { "aria-label": "Projection", onchange: () => {
    state.projection = projections.value;
    context.show("map");
  } });
  fill(section.querySelector(".tools"), h("label", {}, "Projection ", projections));
  const stage = h("div", { class: "stage" }, chart.element, over);
  fill(body, stage, caption);
  const card = new Card(stage, context);
  const showCard = (i) => {
    const { points } = state.map;
    card.show(points.architecture_id[i], told(points, i, context.metric), place(chart.element, points.x[i], points.y[i]));
  };
  chart.element.addEventListener("keydown", (event) => {
    if (onKey(event, state, chart, context)) showCard(state.at);
  });
  chart.element.addEventListener("blur", () => card.hide());
  let listening = false;

  async function refresh() {
    const map = await get(path(context.study, "map"), { metric: context.metric.name, projection: state.projection, limit: SHOWN });
    const marked = state.map?.points.architecture_id[state.at];
    state.map = map;
    state.at = marked ? map.points.architecture_id.indexOf(marked) : -1;
    fill(projections, ...map.projections.map((name) => h("option", { value: name }, name.toUpperCase())));
    projections.value = state.projection = map.projections.includes(state.projection) ? state.projection : "pca";
    await chart.update();
    if (!listening) {
      chart.on("plotly_click", ({ points: [point] }) => {
        card.hide();
        if (point.customdata) context.open(point.customdata);
      });
      chart.on("plotly_hover", ({ points: [point] }) => point.customdata && showCard(state.map.points.architecture_id.indexOf(point.customdata)));
      chart.on("plotly_unhover", () => card.hide());
      listening = true;
    }
    fill(caption, ...captioned(map, context.metric));
    fill(over, map.architectures ? null : empty(context));
    clearTimeout(state.again);
    if (map.pending) state.again = setTimeout(() => context.show("map"), PENDING_MS);
  }
  return { refresh, reset: () => {
    state.at = -1;
    card.hide();
  } };
}

function captioned(map, metric) {
  const { explained } = map;
  const shown = map.shown < map.architectures
    ? `${number(map.shown)} of ${number(map.architectures)} trained architectures: the newest, the best, and a fixed sample of the others.`
    : `${count(map.architectures, "trained architecture")}.`;
  const measuredNone = map.architectures && map.points.value.every((value) => value === null);
  return [
    measuredNone ? `None of them has a value of ${metric.name} yet. ` : "",
    `${shown} In grey, a sample of the space. Near each other means alike to the estimates. `,
    explained ? `The axes hold ${Math.round(100 * (explained[0] + explained[1]))} % of the variance. ` : "",
    map.pending ? `${map.pending.toUpperCase()} is being computed${map.projection === map.pending ? " anew" : "; until then this is PCA"}.` : "",
  ];
}

function picture({ map, at }, { study, metric }) {
  const { ink, muted, ghost, bad, card } = colors();
  const { points, space } = map;
  const [low, high] = range(points.value, metric);
  const known = pick(points, (i) => points.value[i] !== null);
  const failed = pick(points, (i) => points.value[i] === null && points.failed[i] === points.trainings[i]);
  const unmeasured = pick(points, (i) => points.value[i] === null && points.failed[i] < points.trainings[i]);
  const common = (rows) => ({
    type: "scatter", mode: "markers", x: rows.map((i) => points.x[i]), y: rows.map((i) => points.y[i]),
    customdata: rows.map((i) => points.architecture_id[i]), hoverinfo: "none",
  });
  const traces = [
    { type: "scatter", mode: "markers", x: space.x, y: space.y, hoverinfo: "skip", marker: { size: 4, color: ghost }, name: "not trained", showlegend: false },
    {
      ...common(known),
      marker: {
        size: points.architecture_id.length > 1000 ? 6 : 9,
        color: known.map((i) => points.value[i]), cmin: low, cmax: high, colorscale: scale(), reversescale: metric.direction === "minimize",
        line: { width: 0.6, color: card },
        colorbar: {
          ...(narrow() ? { orientation: "h", y: -0.02, yanchor: "top", thickness: 8 } : { thickness: 10, len: 0.9 }),
          outlinewidth: 0, tickfont: { color: muted },
          title: { text: titled(metric), side: narrow() ? "bottom" : "right", font: { color: muted } },
        },
      },
      name: "trained", showlegend: false,
    },
    { ...common(unmeasured), marker: { size: 7, symbol: "circle-open", color: muted }, name: "without a value of a full training", showlegend: unmeasured.length > 0 },
    { ...common(failed), marker: { size: 8, symbol: "x-thin", line: { color: bad, width: 2 } }, name: "failed", showlegend: failed.length > 0 },
  ];
  if (at >= 0) traces.push({ type: "scatter", mode: "markers", x: [points.x[at]], y: [points.y[at]], hoverinfo: "skip", marker: { size: 18, symbol: "circle-open", line: { width: 3 }, color: ink }, showlegend: false });
  const axis = { showticklabels: false, zeroline: false, showgrid: false, showline: false };
  return { traces, layout: { xaxis: axis, yaxis: axis, hovermode: "closest", dragmode: "pan", margin: { l: 8, r: 8, t: 8, b: narrow() ? 60 : 8 }, uirevision: [study, metric.name, map.projection, map.encoder].join() } };
}

const pick = (points, holds) => points.architecture_id.map((_, i) => i).filter(holds);

function told(points, i, metric) {
  const lines = [points.value[i] === null ? "no value of a full training" : measured(points.value[i], metric)];
  if (points.trainings[i] > 1) lines.push(count(points.trainings[i], "training"));
  if (points.failed[i]) lines.push(`${number(points.failed[i])} failed`);
  return lines;
}

const TOWARD = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Whether a key went to another architecture. */
function onKey(event, state, chart, context) {
  const points = state.map?.points;
  if (!points?.x.length) return false;
  if (event.key === "Enter" && state.at >= 0) context.open(points.architecture_id[state.at]);
  else if (event.key in TOWARD) state.at = step(points, state.at, TOWARD[event.key], context.metric);
  else return false;
  event.preventDefault();
  chart.update();
  const value = points.value[state.at];
  announce(value === null ? "no value of a full training" : `${context.metric.name} ${measured(value, context.metric)}`);
  return event.key !== "Enter";
}

/** The nearest architecture in a direction; from nowhere, the best one. */
function step({ x, y, value }, at, [dx, dy], metric) {
  if (at < 0) {
    const sign = metric.direction === "minimize" ? -1 : 1;
    return value.reduce((best, each, i) => (each !== null && (value[best] === null || sign * each > sign * value[best]) ? i : best), 0);
  }
  let [found, least] = [at, Infinity];
  for (let i = 0; i < x.length; i += 1) {
    const along = (x[i] - x[at]) * dx + (y[i] - y[at]) * dy;
    const aside = Math.abs((x[i] - x[at]) * dy) + Math.abs((y[i] - y[at]) * dx);
    if (along > 1e-9 && along + 2 * aside < least) [found, least] = [i, along + 2 * aside];
  }
  return found;
}

function empty({ study, metric }) {
  const command = `curl ${new URL("observe", document.baseURI)} -H 'Content-Type: application/json' \\
  -d '${JSON.stringify({ study, observations: [{ architecture: "…", metrics: { [metric.name]: 0 } }] })}'`;
  return words(
    "Nothing was trained yet.",
    "The grey dots are architectures of the space. Tell the server of the first training, and it lights up here:",
    h("pre", { tabindex: 0, role: "group", "aria-label": "Command" }, command), copyButton(command),
    h("p", {}, "From Python: ", h("code", {}, `Client().observe(study="${study}", …)`), "; all ways are in the ", h("a", { href: "docs" }, "API"), "."),
  );
}
