// Which study and metric are looked at: as they are chosen on the page, or in its address.
import { entry, get, Stale, study as path, turnTo } from "./api.js";
import { fill, h } from "./dom.js";
import { Follower } from "./follower.js";

const RETRY_MS = 2000;
const NO_STUDY = "There is no study yet. Declare one with PUT /studies/{name}: this page shows it then.";

export class Choice {
  /**
   * @param {{study: HTMLSelectElement, metric: HTMLSelectElement}} selects
   * @param {object} page its context, see main.js, and its sections, drawer and connection.
   */
  constructor(selects, page) {
    Object.assign(this, selects, page);
    this.follower = new Follower(this.context, this.connection, {
      described: (description) => this.described(description),
      active: () => this.sections.show("activity"),
      gone: () => this.begin(),
    });
    this.study.addEventListener("focus", () => this.offerAgain().catch(() => {})); // the list is as it was then
    this.study.addEventListener("change", () => this.attempt(() => this.look()));
    this.metric.addEventListener("change", () => this.turn());
    addEventListener("popstate", () => {
      const asked = new URLSearchParams(location.search);
      if (asked.get("study") !== this.context.study || asked.get("metric") !== this.context.metric?.name) this.begin();
    });
  }

  begin() {
    return this.attempt(() => this.start());
  }

  /** Do it, unless something else is looked at before it is done. */
  async attempt(work) {
    try {
      await work();
    } catch (error) {
      if (error instanceof Stale) return;
      if (error.status !== 404 || !location.search) {
        this.connection.tell(error.message);
        throw error;
      }
      history.replaceState(null, "", location.pathname); // the study that was chosen is gone
      await this.begin();
    }
  }

  /** Look at what the address says, or else at the study where most happened. */
  async start() {
    turnTo();
    const { studies } = await this.connection.patiently(() => get("studies"));
    const asked = new URLSearchParams(location.search);
    this.offer(studies.map(({ name }) => name));
    if (!studies.length) {
      this.connection.tell(NO_STUDY);
      setTimeout(() => this.begin(), RETRY_MS);
      return;
    }
    const there = studies.some(({ name }) => name === asked.get("study"));
    this.study.value = there ? asked.get("study") : liveliest(studies);
    await this.look(asked.get("metric"), asked.get("architecture"));
  }

  /** Look at the study that is chosen. */
  async look(metric = null, architecture = null) {
    turnTo();
    this.follower.stop();
    this.drawer.close();
    const study = this.study.value;
    const description = await this.connection.patiently(() => get(path(study)));
    Object.assign(this.context, { study, description });
    this.offerMetrics(metric);
    this.sections.reset();
    this.remember();
    this.refresh();
    if (architecture) this.drawer.open(architecture);
    this.follower.follow();
  }

  /** Look at the metric that is chosen. */
  turn() {
    turnTo();
    this.context.metric = this.metricOf(this.metric.value);
    this.remember();
    this.sections.reset();
    this.refresh();
  }

  /** The study that is looked at is this now. */
  described(description) {
    const { context } = this;
    const before = context.description.metrics.length;
    context.description = description;
    context.metric = this.metricOf(context.metric.name) ?? description.metrics[0];
    if (description.metrics.length !== before) this.offerMetrics(context.metric.name);
    this.refresh();
  }

  refresh() {
    this.sections.refresh();
    this.drawer.refresh();
  }

  metricOf(name) {
    return this.context.description.metrics.find((each) => each.name === name);
  }

  /** Let these studies be chosen; the one that is looked at stays chosen. */
  offer(names) {
    const chosen = this.study.value;
    fill(this.study, ...names.map((name) => h("option", { value: name }, name)));
    if (names.includes(chosen)) this.study.value = chosen;
  }

  /** Studies may have come since. */
  async offerAgain() {
    const { studies } = await get("studies");
    const names = studies.map(({ name }) => name);
    if (names.join() !== [...this.study.options].map(({ value }) => value).join()) this.offer(names);
  }

  /** Let the metrics of the study be chosen: at first the one that is wanted, or the first that was ever measured. */
  offerMetrics(wanted) {
    const { metrics, best } = this.context.description;
    const names = metrics.map(({ name }) => name);
    fill(this.metric, ...names.map((name) => h("option", { value: name }, name)));
    this.metric.value = names.includes(wanted) ? wanted : names.find((name) => entry(best, name)) ?? names[0];
    this.metric.closest("label").classList.toggle("single", names.length < 2);
    this.context.metric = this.metricOf(this.metric.value);
  }

  /** The address leads back to what is looked at. */
  remember() {
    const looked = new URLSearchParams({ study: this.context.study, metric: this.context.metric.name });
    if (this.drawer.id) looked.set("architecture", this.drawer.id);
    history.replaceState(null, "", `?${looked}${location.hash}`);
  }
}

/** The study with the most observations, the first of several. */
function liveliest(studies) {
  return studies.reduce((best, each) => (each.observations > best.observations ? each : best)).name;
}
