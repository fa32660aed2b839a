// Which reports the list shows, and which places the keys j and k go to.

const STATES = ["open", "unread", "read", "decided", "leak"];
/** Detectors are named family.kind; the filter offers families. */
const family = (detector) => detector.split(".")[0];

/** The choices of the filter's fields, read from its form. */
class Filter {
  constructor(form, reports) {
    this.form = form;
    this.reports = reports;
    this.choices = {
      reason: unique(reports, (mark) => mark.reasons),
      category: data.categories,
      detector: unique(reports, (mark) => (mark.detector ? [family(mark.detector)] : [])).sort(),
      state: STATES,
    };
  }

  /** Fill the selects in the reader's language; what is chosen stays. */
  translate() {
    for (const [name, values] of Object.entries(this.choices)) {
      const select = this.form.elements[name];
      const chosen = select.value;
      const label = name === "detector" ? (value) => value : (value) => t(name === "state" ? `state_${value}` : value);
      select.replaceChildren(make("option", { value: "" }, t(name)), ...values.map((v) => make("option", { value: v }, label(v))));
      select.value = chosen;
    }
  }

  #value(name) {
    return this.form.elements[name].value;
  }

  /** Whether a choice is about places, so that j and k should keep to those that fit. */
  get choosesPlaces() {
    return ["reason", "category", "detector"].some((name) => this.#value(name));
  }

  /** Whether a place fits the choices about places. */
  fits(place) {
    const [reason, kind, detector] = ["reason", "category", "detector"].map((name) => this.#value(name));
    if (kind && category(place) !== kind) return false;
    if (reason && !place.mark?.reasons.includes(reason)) return false;
    return !detector || (Boolean(place.mark?.detector) && family(place.mark.detector) === detector);
  }

  /** Whether j and k go to a place. */
  visits(place) {
    return this.choosesPlaces ? this.fits(place) : isDoubtful(place) || Boolean(place.item);
  }

  /** Indices of the reports that fit, in the order of the page. */
  matching(entries) {
    const words = this.#value("words").normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
    const state = this.#value("state");
    return this.reports.flatMap((report, index) => {
      const found = summary(report, entries[index]);
      if (words.length && !words.every((word) => searched(report).includes(word))) return [];
      if (this.choosesPlaces && !found.places.some((p) => this.fits(p) && (state !== "open" || found.open.includes(p)))) return [];
      return !state || isIn(state, entries[index], found) ? [index] : [];
    });
  }
}

function isIn(state, entry, found) {
  if (state === "open") return found.open.length > 0;
  if (state === "unread") return !entry.done;
  if (state === "read") return entry.done;
  return state === "leak" ? found.leak : found.decided > 0;
}

function unique(reports, values) {
  return [...new Set(reports.flatMap((report) => report.marks.flatMap(values)))];
}

function searched(report) {
  report.searched ??= `${report.id}\n${report.text}`.normalize("NFKC").toLowerCase();
  return report.searched;
}
