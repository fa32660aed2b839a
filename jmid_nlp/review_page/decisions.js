// What the reviewer decided, report by report, with undo, and in the form that `jmid-nlp deid --decisions` reads.

/** Decisions on a list of reports. An entry ({done, items}) is never changed, only replaced: undo puts the old one back. */
class Decisions {
  constructor(reports, changed) {
    this.reports = reports;
    this.changed = changed;
    this.entries = reports.map(() => ({ done: false, items: [] }));
    this.foreign = []; // imported rows on reports that this page does not show; exported again as they came
    this.past = [];
    this.unsaved = false;
  }

  /** Decide on [start, end) of a report; what was decided on any part of it before is replaced. */
  decide(index, item) {
    const entry = this.entries[index];
    this.#replace(index, { ...entry, items: withItem(entry.items, item) });
  }

  /** Take back what was decided on a stretch of a report. */
  clear(index, place) {
    const entry = this.entries[index];
    const items = entry.items.filter((item) => !touch(item, place));
    if (items.length < entry.items.length) this.#replace(index, { ...entry, items });
  }

  /** Mark a report as read as a whole, or not. */
  setDone(index, done) {
    const entry = this.entries[index];
    const more = done ? implied(this.reports[index], entry) : [];
    this.#replace(index, { done, items: more.reduce(withItem, entry.items) });
  }

  /** Take back the last change; gives the index of its report, or null where there is nothing to undo. */
  undo() {
    const last = this.past.pop();
    if (!last) return null;
    this.entries = last.entries;
    this.foreign = last.foreign;
    this.#tell();
    return last.index;
  }

  #replace(index, entry) {
    this.#remember(index);
    this.entries = this.entries.with(index, entry);
    this.#tell();
  }

  #remember(index) {
    this.past.push({ index, entries: this.entries, foreign: this.foreign });
    if (this.past.length > 500) this.past.shift();
  }

  #tell() {
    this.unsaved = true;
    this.changed();
  }

  /** All decisions as JSON lines. */
  toLines() {
    const rows = this.reports.flatMap((report, index) => {
      const { done, items } = this.entries[index];
      const own = items.map(({ start, end, kind, category }) => ({ id: report.id, start, end, decision: kind, category: category || null }));
      return done ? [...own, { id: report.id, decision: "done" }] : own;
    });
    // readers of lines take these three for line ends
    const line = (row) => JSON.stringify(row).replace(/[\u0085\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
    return [...rows, ...this.foreign].map((row) => `${line(row)}\n`).join("");
  }

  /** Add decisions from JSON lines to those that are here; gives counts of rows taken, foreign and unusable. */
  readLines(text) {
    const places = new Map(this.reports.map((report, index) => [report.id, index]));
    const entries = [...this.entries];
    const foreign = [];
    const count = { taken: 0, foreign: 0, bad: 0 };
    for (const line of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
      if (!line.trim()) continue;
      const row = readRow(line);
      const index = row && places.get(row.id);
      const entry = index === undefined || !row ? null : withRow(this.reports[index], entries[index], row);
      if (!row || entry === undefined) count.bad += 1;
      else if (entry === null) count.foreign = foreign.push(row);
      else {
        entries[index] = entry;
        count.taken += 1;
      }
    }
    this.#remember(null);
    const known = new Set(this.foreign.map((row) => JSON.stringify(row)));
    this.entries = entries;
    this.foreign = [...this.foreign, ...foreign.filter((row) => !known.has(JSON.stringify(row)))];
    this.#tell();
    return count;
  }

  /** What the browser keeps: offsets and categories, no text. */
  pack() {
    const entries = this.entries.flatMap(({ done, items }, index) =>
      done || items.length ? [[index, done ? 1 : 0, items.map((i) => [i.start, i.end, i.kind, i.category])]] : [],
    );
    return JSON.stringify({ entries, foreign: this.foreign });
  }

  /** Take up what `pack` gave. */
  unpack(text) {
    const kept = JSON.parse(text);
    for (const [index, done, items] of kept.entries) {
      this.entries[index] = { done: Boolean(done), items: items.map(([start, end, kind, category]) => ({ start, end, kind, category })) };
    }
    this.foreign = kept.foreign;
  }
}

function withItem(items, item) {
  return [...items.filter((other) => !touch(other, item)), item].sort((a, b) => a.start - b.start);
}

/** A row of a decisions file with the fields that count, or null where it is none. */
function readRow(line) {
  let row;
  try {
    row = JSON.parse(line);
  } catch {
    return null;
  }
  if (!["string", "number"].includes(typeof row?.id)) return null;
  const id = String(row.id);
  if (row.decision === "done") return { id, decision: "done" };
  const { start, end, decision } = row;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start >= end) return null;
  if (!["accept", "remove", "add"].includes(decision)) return null;
  if (row.category != null && !data.categories.includes(row.category)) return null;
  if (decision === "add" && row.category == null) return null;
  return { id, start, end, decision, category: row.category ?? null };
}

/** The entry of a report with one more row; undefined where the row does not fit the report. */
function withRow(report, entry, row) {
  if (row.decision === "done") return { ...entry, done: true };
  if (row.end > report.offsets.length) return undefined;
  const found = report.marks.find((mark) => mark.detector && touch(mark, row));
  const name = row.category || found?.category || "";
  if (row.decision !== "remove" && !name) return undefined;
  const detected = report.marks.some((mark) => isDetected(mark) && touch(mark, row));
  const kind = row.decision === "accept" && !detected ? "add" : row.decision; // `deid` refuses an accept of what is not there
  return { ...entry, items: withItem(entry.items, { start: row.start, end: row.end, kind, category: name }) };
}
