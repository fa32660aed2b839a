// Offsets: decisions count Unicode code points, as Python does; the strings of this page count UTF-16 units.
// 𠮷 is one code point and two units. A combining mark is a code point of its own in both.

/** The offsets of one text, converted both ways. */
class Offsets {
  constructor(text) {
    this.text = text;
    this.units = null; // unit at which each code point begins; none needed where the two count alike
    if (/[\ud800-\udbff][\udc00-\udfff]/.test(text)) {
      this.units = [];
      let unit = 0;
      for (const character of text) {
        this.units.push(unit);
        unit += character.length;
      }
      this.units.push(unit);
    }
  }

  /** Length in code points. */
  get length() {
    return this.units ? this.units.length - 1 : this.text.length;
  }

  /** The unit at which a code point begins. */
  toUnit(point) {
    return this.units ? this.units[point] : point;
  }

  /** The code point that a unit belongs to; the second half of a pair belongs to the same as the first. */
  toPoint(unit) {
    if (!this.units) return unit;
    let low = 0;
    let high = this.units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.units[middle] <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The text between two code points. */
  slice(start, end) {
    return this.text.slice(this.toUnit(start), this.toUnit(end));
  }

  /** A span of units as one of code points that holds it whole, without white space at its ends; null where nothing is left. */
  span(startUnit, endUnit) {
    const inside = this.text.slice(startUnit, endUnit);
    const start = startUnit + inside.length - inside.trimStart().length;
    const end = endUnit - (inside.length - inside.trimEnd().length);
    if (start >= end) return null;
    const last = this.toPoint(end);
    return { start: this.toPoint(start), end: this.toUnit(last) < end ? last + 1 : last };
  }
}
