// The open report: its text with all places, the current place, and text that the reader selects.

class ReportView {
  constructor(element) {
    this.element = element;
    this.report = null;
    this.places = [];
  }

  /** Draw a report with its places; `current` is framed. Returns the frame's first element. */
  draw(report, places, current) {
    this.report = report;
    this.places = places;
    const { offsets } = report;
    const parts = [];
    let at = 0;
    for (const [start, end, place] of pieces(places)) {
      if (start > at) parts.push(offsets.slice(at, start));
      parts.push(this.#mark(offsets.slice(start, end), place, current));
      at = end;
    }
    parts.push(offsets.slice(at, offsets.length));
    this.element.replaceChildren(...parts);
    return this.element.querySelector(".current");
  }

  #mark(text, place, current) {
    const classes = ["place", goes(place) ? "goes" : "stays"];
    if (isOpen(place)) classes.push("doubt");
    if (place.item) classes.push(place.item.kind);
    const name = category(place);
    const label = [place.item && t(`state_of_${place.item.kind}`), name && t(name), t(goes(place) ? "goes" : "stays")];
    const mark = make("mark", { class: classes.join(" "), title: label.filter(Boolean).join(" · ") }, text);
    if (name && goes(place)) mark.dataset.name = t(name);
    mark.dataset.at = this.places.indexOf(place);
    if (current && same(place, current)) {
      mark.classList.add("current");
      mark.setAttribute("aria-current", "true");
    }
    return mark;
  }

  /** The place under an event, or null. */
  placeAt(event) {
    const mark = event.target.closest("mark");
    return mark ? this.places[Number(mark.dataset.at)] : null;
  }

  /** What is selected of the text, in code points; null where nothing is. White space at the ends does not count. */
  selected() {
    const raw = this.selectedUnits();
    return raw && this.report.offsets.span(raw.start, raw.end);
  }

  /** What is selected to the last blank, in units. */
  selectedUnits() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!this.element.contains(range.startContainer) || !this.element.contains(range.endContainer)) return null;
    return { start: this.#unit(range.startContainer, range.startOffset), end: this.#unit(range.endContainer, range.endOffset) };
  }

  /** Select a stretch of code points. */
  select({ start, end }) {
    const range = document.createRange();
    range.setStart(...this.#position(this.report.offsets.toUnit(start)));
    range.setEnd(...this.#position(this.report.offsets.toUnit(end)));
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  #unit(node, offset) {
    const before = document.createRange();
    before.selectNodeContents(this.element);
    before.setEnd(node, offset);
    return before.toString().length;
  }

  #position(unit) {
    const walker = document.createTreeWalker(this.element, NodeFilter.SHOW_TEXT);
    let left = unit;
    let node = walker.nextNode();
    for (; node; node = walker.nextNode()) {
      if (left <= node.length) return [node, left];
      left -= node.length;
    }
    return [this.element, this.element.childNodes.length];
  }
}

/** Places cut to stretches without overlap, in order; what was decided lies over what was detected. */
function pieces(places) {
  const decided = places.filter((place) => place.item);
  const out = decided.map((place) => [place.start, place.end, place]);
  for (const place of places.filter((p) => !p.item)) {
    let at = place.start;
    for (const over of decided.filter((d) => touch(d, place))) {
      if (over.start > at) out.push([at, over.start, place]);
      at = over.end;
    }
    if (at < place.end) out.push([at, place.end, place]);
  }
  return out.sort((a, b) => a[0] - b[0]);
}
