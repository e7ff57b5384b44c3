// What changes on the server, as it changes; and whether the server is there at all.

const RETRY_MS = 2000;
const PAUSE_MS = 300;
const PATIENCE_MS = 5000;

/** Listens to a study's events until it is closed. */
export class Live {
  /**
   * @param {string} url of the event stream.
   * @param {{heard: Function, changed: Function, active: Function, gone: Function, lost: Function}} told what to do.
   */
  constructor(url, told) {
    this.url = url;
    this.told = told;
    this.open();
  }

  open() {
    this.source = new EventSource(this.url);
    this.source.addEventListener("open", () => this.told.heard());
    this.source.addEventListener("study", (event) => this.told.changed(JSON.parse(event.data)));
    this.source.addEventListener("activity", () => this.told.active());
    this.source.addEventListener("gone", () => {
      this.close();
      this.told.gone();
    });
    this.source.addEventListener("error", () => {
      this.told.lost();
      // A browser gives up for good after an answer that is no stream, as from a proxy: ask again in any case.
      this.source.close();
      this.retry = setTimeout(() => this.open(), RETRY_MS);
    });
  }

  close() {
    clearTimeout(this.retry);
    this.source.close();
  }
}

/**
 * Calls `work` at once, and then at most every `ms`; what comes meanwhile is done once, at the end. While a person is at
 * something it waits for a pause, since drawing a large study again takes longer than a frame, but not for ever.
 */
export function atMostEvery(ms, work) {
  let last = 0;
  let timer = null;
  const wait = (asked, pause) => {
    timer = setTimeout(() => {
      if (isBusy() && Date.now() - asked < PATIENCE_MS) {
        wait(asked, PAUSE_MS);
        return;
      }
      timer = null;
      last = Date.now();
      work();
    }, pause);
  };
  return () => {
    if (timer === null) wait(Date.now(), Math.max(0, last + ms - Date.now()));
  };
}

let moved = 0;
let pressed = false;
addEventListener("pointermove", () => (moved = Date.now()), { passive: true });
addEventListener("pointerdown", () => (pressed = true), { passive: true });
addEventListener("pointerup", () => (pressed = false), { passive: true });
addEventListener("pointercancel", () => (pressed = false), { passive: true });

const isBusy = () => pressed || Date.now() - moved < PAUSE_MS;
