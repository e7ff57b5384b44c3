// The page: what it is put together from.
import * as activity from "./activity.js";
import { get, study as path } from "./api.js";
import { dark, redraw } from "./chart.js";
import { Choice } from "./choice.js";
import { Connection } from "./connection.js";
import { announce } from "./dom.js";
import { Drawer } from "./drawer.js";
import * as glance from "./glance.js";
import * as map from "./map.js";
import * as next from "./next.js";
import * as progress from "./progress.js";
import * as record from "./quality.js";
import { Sections } from "./sections.js";
import * as trial from "./trial.js";

const byId = (id) => document.getElementById(id);

/** What every section knows: the study as it was last described, and what can be done with it. */
const context = {
  study: null, metric: null, description: null, quality,
  open: (id) => drawer.open(id),
  show: (id) => sections.show(id),
  examine(architecture) {
    byId("try").scrollIntoView();
    sections.parts.try.use(architecture);
  },
};
const sections = new Sections(Object.fromEntries(
  Object.entries({ glance, map, progress, quality: record, try: trial, next, activity }).map(([id, { create }]) => [id, create(byId(id), context)]),
));
const drawer = new Drawer(byId("architecture"), context, () => choice.remember());
const connection = new Connection(byId("connection"), byId("away"), () => choice.follower.changed());
const choice = new Choice({ study: byId("study"), metric: byId("metric") }, { context, sections, drawer, connection });

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

byId("theme").addEventListener("click", () => {
  const theme = dark() ? "light" : "dark";
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

choice.begin();
