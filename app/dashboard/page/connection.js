// Whether the server is heard, in words at the top of the page.
import { Away } from "./api.js";

const RETRY_MS = 2000;
const AWAY = "The server does not answer. What you see is from before; the page goes on by itself as soon as it is back.";

export class Connection {
  /**
   * @param {HTMLElement} status one word.
   * @param {HTMLElement} banner what is wrong, in a sentence.
   * @param {Function} returned is told when the server is heard again after something was wrong.
   */
  constructor(status, banner, returned) {
    Object.assign(this, { status, banner, returned });
    addEventListener("offline", () => this.missed(new Away()));
  }

  /** @param {string} how "live", or how else. */
  heard(how) {
    const returned = !this.banner.hidden;
    this.say(how);
    this.banner.hidden = true;
    if (returned) this.returned();
  }

  /** It gave no answer, or only this error. */
  missed(error) {
    const isAway = error instanceof Away;
    this.say(isAway ? "away" : "not ready");
    this.tell(isAway ? AWAY : `The server is there, but not ready: “${error.message}”. The page goes on by itself as soon as it is.`);
  }

  tell(sentence) {
    this.banner.hidden = false;
    this.banner.textContent = sentence;
  }

  say(word) {
    this.status.textContent = word;
    this.status.classList.toggle("on", word === "live");
  }

  /**
   * Ask until the server answers.
   * @throws what it is no use to ask again after.
   */
  async patiently(ask) {
    for (;;) {
      try {
        const found = await ask();
        this.banner.hidden = true;
        return found;
      } catch (error) {
        if (!(error instanceof Away) && error.status !== 503) throw error;
        this.missed(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
