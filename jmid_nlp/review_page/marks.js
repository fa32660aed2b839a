// The marks of a report (what detection found, and what it might have overlooked) together with what was decided about them.

/** A mark as page.py writes it: [start, end, category, score, detector, left in the text by the run, reasons]. */
function readMark([start, end, category, score, detector, left, reasons]) {
  return { start, end, category, score, detector, left, reasons };
}

const touch = (one, other) => one.start < other.end && other.start < one.end;
const covers = (one, other) => one.start <= other.start && other.end <= one.end;
const same = (one, other) => one.start === other.start && one.end === other.end;

/** The places of a report in order: each mark with the decision on it, and each decision that is on no mark. */
function placesOf(report, entry) {
  const places = entry.items.map((item) => ({ ...item, item, mark: report.marks.find((mark) => same(mark, item)) ?? null }));
  for (const mark of report.marks) {
    const decided = entry.items.some((item) => covers(item, mark)); // a decision on more than the mark settles the mark, too
    if (!decided) places.push({ start: mark.start, end: mark.end, category: mark.category, item: null, mark });
  }
  return places.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** Whether the text of a place is removed in the next run. */
const goes = (place) => (place.item ? place.item.kind !== "remove" : !place.mark.left);
/** Whether a person should look at a place. */
const isDoubtful = (place) => Boolean(place.mark?.reasons.length);
const isOpen = (place) => isDoubtful(place) && !place.item;
const category = (place) => place.item?.category || place.mark?.category || "";

/** Whether a decision takes something out of the text that the run would have left in: a leak, if the text had been released. */
function isLeak(report, item) {
  if (item.kind === "remove") return false;
  let at = item.start;
  for (const mark of report.marks) {
    if (mark.left || !touch(mark, item)) continue;
    if (mark.start > at) return true;
    at = Math.max(at, mark.end);
  }
  return at < item.end;
}

const summaries = new WeakMap();
/** What is known of a report: open places, decisions, whether a leak was found. An entry never changes, so this is kept. */
function summary(report, entry) {
  let found = summaries.get(entry);
  if (!found) {
    const places = placesOf(report, entry);
    found = {
      places,
      open: entry.done ? [] : places.filter(isOpen), // who read the whole report has judged all of it
      decided: entry.items.length,
      leak: entry.items.some((item) => isLeak(report, item)),
    };
    summaries.set(entry, found);
  }
  return found;
}

/** Whether the run itself detects a mark, so that it can be accepted; what the run does not see must be added. */
const isDetected = (mark) => !mark.left || mark.reasons.includes("below_threshold");

/** Decisions that "read as a whole" stands for: what the run removes and nobody objected to is right. */
function implied(report, entry) {
  return report.marks
    .filter((mark) => !mark.left && !entry.items.some((item) => touch(item, mark)))
    .map(({ start, end, category }) => ({ start, end, kind: "accept", category }));
}
