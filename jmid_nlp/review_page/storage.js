// Progress kept in the browser, under the run's fingerprint: offsets, categories and what was read; never a report's text.

const STORED = `jmid-review:${data.run.fingerprint}`;
const STORED_LANGUAGE = "jmid-review:language";

/** A value from the browser's storage; null where there is none or storage is blocked. */
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep a value; false where the browser refuses. */
function store(key, value) {
  try {
    localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** Keeps decisions soon after they were made, and at once when the page is left. */
class Keeper {
  constructor(decisions, refused) {
    this.decisions = decisions;
    this.refused = refused;
    this.timer = null;
    this.works = true;
    window.addEventListener("pagehide", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden && this.now());
    window.addEventListener("beforeunload", (event) => {
      this.now();
      if (!this.works && this.decisions.unsaved) event.preventDefault();
    });
  }

  /** Take up what was kept; false where nothing was, or where it cannot be read. */
  load() {
    const text = stored(STORED);
    if (text === null) return false;
    try {
      this.decisions.unpack(text);
      return true;
    } catch {
      return false;
    }
  }

  soon() {
    this.timer ??= setTimeout(() => this.now(), 300);
  }

  now() {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    const worked = store(STORED, this.decisions.pack());
    if (!worked && this.works) this.refused();
    this.works = worked;
  }
}
