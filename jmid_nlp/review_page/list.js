// The list of reports: only the rows in sight exist, so that thousands of reports cost nothing.

const ROW = 56; // height of a row in pixels, as in page.css
const BEYOND = 6; // rows kept above and below what is in sight

class ReportList {
  constructor(element, reports, describe, opened) {
    this.element = element;
    this.reports = reports;
    this.describe = describe;
    this.indices = [];
    this.current = null;
    this.space = make("div", { class: "rows", role: "presentation" });
    element.replaceChildren(this.space);
    element.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(element);
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) opened(Number(row.dataset.index));
    });
  }

  /** Show these reports, given by their indices. */
  show(indices) {
    this.indices = indices;
    this.space.style.height = `${indices.length * ROW}px`;
    this.draw();
  }

  /** Make a report the chosen one and bring its row into sight. */
  choose(index) {
    this.current = index;
    const at = this.indices.indexOf(index);
    if (at >= 0 && this.element.clientHeight) {
      const top = at * ROW;
      const bottom = top + ROW - this.element.clientHeight;
      if (this.element.scrollTop > top) this.element.scrollTop = top;
      if (this.element.scrollTop < bottom) this.element.scrollTop = bottom;
    }
    this.draw();
  }

  /** The report `by` rows from the chosen one, or null at the end of the list. */
  beside(by) {
    const at = this.indices.indexOf(this.current);
    if (at >= 0) return this.indices[at + by] ?? null;
    // the chosen report was filtered out: the nearest of those behind or before it
    const near = this.indices.filter((index) => (by > 0 ? index > this.current : index < this.current));
    return (by > 0 ? near[0] : near.at(-1)) ?? null;
  }

  /** Draw the rows in sight anew. */
  draw() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - BEYOND);
    const last = Math.min(this.indices.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / ROW) + BEYOND);
    const rows = [];
    for (let at = first; at < last; at += 1) rows.push(this.#row(at));
    this.space.replaceChildren(...rows);
    const chosen = rows.find((row) => row.getAttribute("aria-selected") === "true");
    if (chosen) this.element.setAttribute("aria-activedescendant", chosen.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #row(at) {
    const index = this.indices[at];
    const { level, note, done, leak } = this.describe(index);
    const row = make("div", {
      role: "option", id: `row${index}`, class: "row", "data-index": index,
      "aria-selected": String(index === this.current), "aria-posinset": at + 1, "aria-setsize": this.indices.length,
    });
    row.style.top = `${at * ROW}px`;
    const first = make("span", { class: "line" }, make("b", {}, this.reports[index].id), riskBadge(level));
    if (leak) first.append(make("span", { class: "badge leak" }, t("leak")));
    if (done) first.append(make("span", { class: "badge read" }, `✓ ${t("read")}`));
    row.append(first, make("span", { class: "line soft" }, note));
    return row;
  }
}

/** A report's level of risk as a word in a colour. */
function riskBadge(level) {
  return make("span", { class: `badge ${level}` }, t(`risk_${level}`));
}
