// Who observes and asks, how fast it is answered, and what failed.
import { get, study as path } from "./api.js";
import { Chart, colors } from "./chart.js";
import { fill, h, named, refill, table, whole, words } from "./dom.js";
import { ago, clock, count, number } from "./format.js";

const KINDS = { predict: ["Estimates", "candidates"], observe: ["Trainings told", "observations"], suggest: ["Suggestions", "suggestions"] };

export function create(section, context) {
  const body = section.querySelector(".body");
  const state = { activity: null };
  const chart = new Chart("Requests of the last hour", () => minutes(state.activity), { height: 200 });
  const rest = h("div", {});
  return {
    async refresh() {
      const activity = (state.activity = await get(path(context.study, "activity")));
      if (!activity.workers.length && !activity.failures.length) {
        fill(body, words("Quiet.", `Nobody has asked or observed in this study since the server started, ${ago(activity.since)}.`));
        return;
      }
      if (!chart.element.isConnected) fill(body, chart.element, rest);
      await chart.update();
      refill(rest, kinds(activity), workers(activity), failures(activity));
    },
  };
}

function minutes({ minutes: found }) {
  const { accent, good, warm } = colors();
  const bars = (name, y, color) => ({ type: "bar", name, x: found.minute.map((each) => new Date(each)), y, marker: { color }, hovertemplate: `%{y} ${name}<extra></extra>` });
  return {
    traces: [bars("candidates estimated", found.predicted, accent), bars("observed", found.observed, good), bars("suggested", found.suggested, warm)],
    layout: { barmode: "stack", bargap: 0.15, yaxis: { rangemode: "tozero" }, showlegend: true, hovermode: "x unified" },
  };
}

function kinds({ kinds: found, since }) {
  return h("div", { class: "glance inner" },
    ...Object.entries(KINDS).map(([kind, [title, items]]) => {
      const each = found[kind];
      const speed = each.median_ms === null ? "" : `, answered in ${number(each.median_ms, 3)} ms (99 of 100 within ${number(each.p99_ms, 3)})`;
      return h("div", { class: "tile" }, h("span", { class: "label" }, title), h("strong", {}, number(each.items)),
        h("span", { class: "hint" }, `${items} in ${count(each.requests, "request")}${speed}${each.failed ? `; ${number(each.failed)} failed` : ""}`));
    }),
    h("p", { class: "hint" }, `In the last hour. Workers and failures are those since the server started, ${ago(since)}.`));
}

function workers({ workers: found }) {
  if (!found.length) return null;
  return h("details", { open: true },
    h("summary", {}, count(found.length, "worker")),
    table("Workers", ["Worker", "Observed", "Asked about", "Suggested", "Requests failed", "Last seen"], found.map((each) => [
      named(each.worker, "unnamed"), each.observed, each.predicted, each.suggested, each.failed, whole(ago(each.last_seen))])));
}

function failures({ failures: found }) {
  if (!found.length) return h("p", { class: "hint" }, "Nothing failed.");
  return h("details", { open: true },
    h("summary", {}, `What failed (${number(found.length)})`),
    table("Failures", ["When", "Request", "Why", "Who"], found.map((each) => [
      h("span", { class: "numeric", title: clock(each.at) }, ago(each.at)), `${each.route}, ${each.status}`, h("bdi", { class: "prose" }, each.detail), named(each.worker, "–")])));
}
