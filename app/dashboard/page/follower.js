// What becomes of the study that is looked at, for as long as it is.
import { entry, get, Stale, study as path } from "./api.js";
import { announce } from "./dom.js";
import { atMostEvery, Live } from "./live.js";

const REFRESH_MS = 1500;

export class Follower {
  /**
   * @param {object} context see main.js; its description is kept up to date.
   * @param {Connection} connection
   * @param {{described: Function, active: Function, gone: Function}} told of another description, of requests, and that
   *   the study was deleted.
   */
  constructor(context, connection, told) {
    Object.assign(this, { context, connection, told, live: null });
    this.changed = atMostEvery(REFRESH_MS, () => this.describe());
    this.active = atMostEvery(REFRESH_MS, told.active);
  }

  follow() {
    this.live = new Live(`${path(this.context.study)}/events`, {
      heard: () => this.connection.heard("live"),
      changed: (now) => this.isNews(now) && this.changed(),
      active: this.active,
      gone: () => this.gone(),
      lost: () => this.lost(),
    });
  }

  stop() {
    this.live?.close();
  }

  gone() {
    this.stop();
    announce(`Study ${this.context.study} was deleted.`);
    this.told.gone();
  }

  /** The stream of events broke off, or too many listen: is the server away, or the study? Else it is asked each time. */
  async lost() {
    try {
      const now = await get(path(this.context.study));
      this.connection.heard("asked now and then");
      if (this.isNews(now)) this.changed();
    } catch (error) {
      if (error.status === 404) this.gone();
      else if (!(error instanceof Stale)) this.connection.missed(error);
    }
  }

  /** Whether the study is another than it was when it was last described. */
  isNews({ revision, encoder, fitted_observations: fitted }) {
    const { description } = this.context;
    return revision !== description.revision || encoder !== description.encoder
      || Object.entries(fitted).some(([name, n]) => n !== entry(description.fitted_observations, name));
  }

  async describe() {
    let description;
    try {
      description = await get(path(this.context.study));
    } catch {
      // The stream of events says it when the server is away or the study is gone.
    }
    this.told.described(description ?? this.context.description);
  }
}
