"""Small measures for the tests: does a prediction cover the gold, and only the gold?"""


def overlap(a, b):
    return max(0, min(a["end"], b["end"]) - max(a["start"], b["start"]))


def identifiers(gold, predicted):
    """Recall, precision, kept share and share of reports without a leak, over rows by id.

    An identifier is caught when all its letters and digits are covered; a find on ignored characters counts neither way.
    """
    caught = total = good = made = kept = keep = texts = clean = 0
    leaks = []
    for row_id, row in gold.items():
        spans = predicted.get(row_id, [])
        covered = {k for s in spans for k in range(s["start"], s["end"])}
        before = len(leaks)
        for span in row["spans"]:
            whole = range(span["start"], span["end"])
            wanted = {k for k in whole if row["text"][k].isalnum()} or set(whole)
            total += 1
            caught += wanted <= covered
            if not wanted <= covered:
                leaks.append((row_id, span["category"], span["start"]))
        texts += bool(row["spans"])
        clean += bool(row["spans"]) and len(leaks) == before
        ignored = {k for a, b in map(_span, row.get("ignore", [])) for k in range(a, b)}
        spans = [
            s
            for s in spans
            if any(overlap(s, g) for g in row["spans"]) or not set(range(s["start"], s["end"])) <= ignored
        ]
        made += len(spans)
        good += sum(any(overlap(s, g) for g in row["spans"]) for s in spans)
        for span in row.get("keep", []):
            keep += 1
            kept += not covered & set(range(span["start"], span["end"]))
    recall = caught / total if total else 1.0
    precision = good / made if made else 1.0
    return {
        "recall": recall,
        "precision": precision,
        "kept": kept / max(1, keep),
        "clean": clean / texts if texts else 1.0,
        "wrong": made - good,
        "leaks": leaks,
    }


def detection(gold, predicted):
    """F1 of findings by overlap, over rows by id."""
    return findings(gold, predicted)["f1"]


def findings(gold, predicted):
    """Detection F1, the share of each attribute that is right among detected findings, and of findings with all right."""
    hit = total = good = made = full = 0
    right = dict.fromkeys(ATTRIBUTES, 0)
    for row_id, row in gold.items():
        ignored = [{"start": a, "end": b} for a, b in map(_span, row.get("ignore", []))]
        wanted = row["findings"]
        spans = [
            s
            for s in predicted.get(row_id, [])
            if any(overlap(s, g) for g in wanted) or not any(overlap(s, i) for i in ignored)
        ]
        total, made = total + len(wanted), made + len(spans)
        good += sum(any(overlap(s, g) for g in wanted) for s in spans)
        used = set()
        for g in wanted:
            best = max(
                (
                    (overlap(g, s), -abs((s["end"] - s["start"]) - (g["end"] - g["start"])), k)
                    for k, s in enumerate(spans)
                    if overlap(g, s) and k not in used
                ),
                default=None,
            )
            if best is None:
                continue
            used.add(best[2])
            hit += 1
            equal = {name: same(g, spans[best[2]]) for name, same in ATTRIBUTES.items()}
            for name, value in equal.items():
                right[name] += value
            full += all(equal.values())
    precision, recall = good / max(1, made), hit / max(1, total)
    return {
        "n": total,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "every": full / max(1, total),
        **{name: value / max(1, hit) for name, value in right.items()},
    }


def _span(item):
    return (item["start"], item["end"]) if isinstance(item, dict) else item


def _sizes(values):
    return sorted(tuple(sorted(round(float(x), 1) for x in size)) for size in values or [])


def _refs(values):
    return sorted(((r.get("series"), r.get("image")) for r in values or []), key=str)


def _placed(gold, made):
    wanted, found = gold.get("location") or gold.get("locations") or [], made.get("locations") or []
    return (not wanted and not found) or (bool(wanted) and all(any(overlap(w, f) for f in found) for w in wanted))


ATTRIBUTES = {
    "certainty": lambda g, p: g["certainty"] == p["certainty"],
    "laterality": lambda g, p: (g.get("laterality") or None) == (p.get("laterality") or None),
    "change": lambda g, p: (g.get("change") or None) == (p.get("change") or None),
    "multiple": lambda g, p: bool(g.get("multiple")) == bool(p.get("multiple")),
    "historical": lambda g, p: bool(g.get("historical")) == bool(p.get("historical")),
    "sizes": lambda g, p: _sizes(g.get("sizes_mm")) == _sizes(p.get("sizes_mm")),
    "prior_sizes": lambda g, p: _sizes(g.get("prior_sizes_mm")) == _sizes(p.get("prior_sizes_mm")),
    "location": _placed,
    "image_refs": lambda g, p: _refs(g.get("image_refs")) == _refs(p.get("image_refs")),
}


def pairs(gold, predicted):
    """F1 of pairs, share of lone annotations left alone, share of studies with every pair right."""
    hit = total = good = made = alone = left = perfect = 0
    for row_id, row in gold.items():
        wanted, found = row["gold"], predicted.get(row_id, [])
        allowed = wanted["pairs"] + wanted.get("optional_pairs", [])
        fits = [any(p["annotation_id"] == g["annotation_id"] and overlap(p, g) for g in allowed) for p in found]
        right = {p["annotation_id"] for p, fit in zip(found, fits, strict=True) if fit}
        caught = sum(g["annotation_id"] in right for g in wanted["pairs"])
        hit, total, good, made = hit + caught, total + len(wanted["pairs"]), good + sum(fits), made + len(found)
        taken = {p["annotation_id"] for p in found}
        lone = wanted.get("unmatched_annotations", [])
        alone, left = alone + len(lone), left + sum(a not in taken for a in lone)
        perfect += caught == len(wanted["pairs"]) and all(fits)
    precision, recall = good / max(1, made), hit / max(1, total)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {"n": total, "f1": f1, "abstention": left / max(1, alone), "perfect": perfect / max(1, len(gold))}
