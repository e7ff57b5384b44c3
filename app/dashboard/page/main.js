// The page: which study and metric are looked at, what is shown of them, and when it is asked for again.
import * as activity from "./activity.js";
import { Away, entry, get, Stale, study as path, turnTo } from "./api.js";
import { redraw } from "./chart.js";
import { announce, fill, h } from "./dom.js";
import { Drawer } from "./drawer.js";
import * as glance from "./glance.js";
import { atMostEvery, Live } from "./live.js";
import * as map from "./map.js";
import * as next from "./next.js";
import * as progress from "./progress.js";
import * as record from "./quality.js";
import * as trial from "./trial.js";

const REFRESH_MS = 1500;
const RETRY_MS = 2000;
const byId = (id) => document.getElementById(id);

/** What every section knows: the study as it was last described, and what can be done with it. */
const context = { study: null, metric: null, description: null, open: (id) => drawer.open(id), examine, show, quality };
const sections = {
  glance: glance.create(byId("glance"), context),
  map: map.create(byId("map"), context),
  progress: progress.create(byId("progress"), context),
  quality: record.create(byId("quality"), context),
  try: trial.create(byId("try"), context),
  next: next.create(byId("next"), context),
  activity: activity.create(byId("activity"), context),
};
const drawer = new Drawer(byId("architecture"), context, remember);
let live = null;

function examine(architecture) {
  byId("try").scrollIntoView();
  sections.try.use(architecture);
}

let judged = { description: null, metric: null, quality: null };

/** The live quality of the study as it was last described: asked for once by the sections that tell of it. */
function quality() {
  const { study, description, metric } = context;
  // Of another metric as well: what was asked for before it was chosen is stale.
  if (judged.description !== description || judged.metric !== metric) {
    const asked = (judged = { description, metric, quality: get(path(study, "quality")) });
    asked.quality.catch(() => asked === judged && (judged = { description: null, quality: null })); // asked for again
  }
  return judged.quality;
}

function metricOf(name) {
  return context.description.metrics.find((each) => each.name === name);
}

/** Look at what the address says, or else at the study where most happened. */
async function start() {
  turnTo();
  const { studies } = await patiently(() => get("studies"));
  const asked = new URLSearchParams(location.search);
  offer(studies.map(({ name }) => name));
  if (!studies.length) {
    byId("away").hidden = false;
    byId("away").textContent = "There is no study yet. Declare one with PUT /studies/{name}: this page shows it then.";
    setTimeout(begin, RETRY_MS);
    return;
  }
  const there = studies.some(({ name }) => name === asked.get("study"));
  byId("study").value = there ? asked.get("study") : liveliest(studies);
  await look(asked.get("metric"), asked.get("architecture"));
}

/** `start`, unless something else is looked at before it is done. */
const begin = () => start().catch(unlessStale);

function unlessStale(error) {
  if (!(error instanceof Stale)) throw error;
}

/** Let these studies be chosen; the one that is looked at stays chosen. */
function offer(names) {
  const chosen = byId("study").value;
  fill(byId("study"), ...names.map((name) => h("option", { value: name }, name)));
  if (names.includes(chosen)) byId("study").value = chosen;
}

/** Studies and metrics may have come since. */
async function offerAgain() {
  const { studies } = await get("studies");
  const names = studies.map(({ name }) => name);
  if (names.join() !== [...byId("study").options].map(({ value }) => value).join()) offer(names);
}

/** The study with the most observations, the first of several. */
function liveliest(studies) {
  return studies.reduce((best, each) => (each.observations > best.observations ? each : best)).name;
}

/** Look at the study that is chosen. */
async function look(metric = null, architecture = null) {
  turnTo();
  live?.close();
  drawer.close();
  const study = byId("study").value;
  const description = await patiently(() => get(path(study)));
  Object.assign(context, { study, description });
  offerMetrics(metric);
  for (const section of Object.values(sections)) section.reset?.();
  remember();
  refreshAll();
  if (architecture) drawer.open(architecture);
  live = new Live(`${path(context.study)}/events`, {
    heard: () => connection("live"),
    changed: (now) => isNews(now) && changed(),
    active: () => active(),
    gone,
    lost,
  });
}

/** Let the metrics of the study be chosen: at first the one that is wanted, or the first that was ever measured. */
function offerMetrics(wanted) {
  const { metrics, best } = context.description;
  const names = metrics.map(({ name }) => name);
  fill(byId("metric"), ...names.map((name) => h("option", { value: name }, name)));
  byId("metric").value = names.includes(wanted) ? wanted : names.find((name) => entry(best, name)) ?? names[0];
  byId("metric").closest("label").classList.toggle("single", names.length < 2);
  context.metric = metricOf(byId("metric").value);
}

/** Whether the study is another than it was when it was last described. */
function isNews({ revision, encoder, fitted_observations: fitted }) {
  const { description } = context;
  return revision !== description.revision || encoder !== description.encoder
    || Object.entries(fitted).some(([name, n]) => n !== entry(description.fitted_observations, name));
}

function gone() {
  live?.close();
  announce(`Study ${context.study} was deleted.`);
  begin();
}

/** The stream of events broke off, or too many listen: is the server away, or the study? Else it is asked each time. */
async function lost() {
  try {
    const now = await get(path(context.study));
    connection("asked now and then");
    if (isNews(now)) changed();
  } catch (error) {
    if (error.status === 404) gone();
    else if (!(error instanceof Stale)) connection("away");
  }
}

const changed = atMostEvery(REFRESH_MS, async () => {
  await describeAgain();
  refreshAll();
});
const active = atMostEvery(REFRESH_MS, () => show("activity"));

async function describeAgain() {
  try {
    const before = context.description.metrics.length;
    context.description = await get(path(context.study));
    context.metric = metricOf(context.metric.name) ?? context.description.metrics[0];
    if (context.description.metrics.length !== before) offerMetrics(context.metric.name);
  } catch {
    // The stream of events says it when the server is away or the study is gone.
  }
}

const visible = new Set();
const stale = new Set(Object.keys(sections));

/** Sections out of sight are drawn when they come into sight. */
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) visible.add(target.id);
    else visible.delete(target.id);
    if (isIntersecting && stale.has(target.id)) show(target.id);
  }
}, { rootMargin: "200px" });
for (const id of Object.keys(sections)) watcher.observe(byId(id));

function refreshAll() {
  for (const id of Object.keys(sections)) {
    stale.add(id);
    if (visible.has(id)) show(id);
  }
  drawer.refresh();
}

async function show(id) {
  if (context.description === null) return;
  stale.delete(id);
  const section = byId(id);
  try {
    await sections[id].refresh();
    section.querySelector(":scope > .failed")?.remove();
  } catch (error) {
    if (error instanceof Stale) return; // what is looked at now was asked for
    if (error instanceof Away) {
      stale.add(id);
      return;
    }
    section.querySelector(":scope > .failed")?.remove();
    section.append(h("p", { class: "failed", role: "alert" }, error.message, " ", h("button", { type: "button", class: "quiet small", onclick: () => show(id) }, "Try again")));
  }
}

/** @param {string} state "live", "away", or how else the server is heard. */
function connection(state) {
  const here = state !== "away";
  const returned = here && !byId("away").hidden;
  byId("connection").textContent = state;
  byId("connection").classList.toggle("on", state === "live");
  byId("away").hidden = here;
  if (!here) byId("away").textContent = "The server does not answer. What you see is from before; the page goes on by itself as soon as it is back.";
  if (returned) changed();
}

/** Ask until the server answers. */
async function patiently(ask) {
  for (;;) {
    try {
      const found = await ask();
      byId("away").hidden = true;
      return found;
    } catch (error) {
      if (error.status === 404) {
        history.replaceState(null, "", location.pathname); // the study that was chosen is gone
        begin();
        throw new Stale();
      }
      if (error instanceof Stale) throw error;
      if (!(error instanceof Away) && error.status !== 503) {
        byId("away").hidden = false;
        byId("away").textContent = error.message;
        throw error;
      }
      connection("away");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The address leads back to what is looked at. */
function remember() {
  const looked = new URLSearchParams({ study: context.study, metric: context.metric.name });
  if (drawer.id) looked.set("architecture", drawer.id);
  history.replaceState(null, "", `?${looked}${location.hash}`);
}

byId("study").addEventListener("focus", () => offerAgain().catch(() => {})); // the list is as it was then
byId("study").addEventListener("change", () => look().catch(unlessStale));
addEventListener("popstate", () => {
  const asked = new URLSearchParams(location.search);
  if (asked.get("study") !== context.study || asked.get("metric") !== context.metric?.name) begin();
});
addEventListener("offline", () => connection("away"));
byId("metric").addEventListener("change", () => {
  turnTo();
  context.metric = metricOf(byId("metric").value);
  remember();
  for (const section of Object.values(sections)) section.reset?.();
  refreshAll();
});
byId("theme").addEventListener("click", () => {
  const theme = getComputedStyle(document.documentElement).getPropertyValue("--scheme").trim() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("emprox-theme", theme);
  } catch {
    // It is forgotten with the page then.
  }
  announce(`${theme} theme`);
  redraw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

begin();
