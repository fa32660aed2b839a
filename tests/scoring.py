"""Small measures for the tests: does a prediction cover the gold, and only the gold?"""


def overlap(a, b):
    return max(0, min(a["end"], b["end"]) - max(a["start"], b["start"]))


def identifiers(gold, predicted):
    """Recall, precision and kept share over rows by id; an identifier is caught when all its letters and digits are covered."""
    caught = total = good = made = kept = keep = 0
    leaks = []
    for row_id, row in gold.items():
        spans = predicted.get(row_id, [])
        covered = {k for s in spans for k in range(s["start"], s["end"])}
        for span in row["spans"]:
            wanted = {k for k in range(span["start"], span["end"]) if row["text"][k].isalnum()}
            total += 1
            caught += wanted <= covered
            if not wanted <= covered:
                leaks.append((row_id, span["category"], span["start"]))
        made += len(spans)
        good += sum(any(overlap(s, g) for g in row["spans"]) for s in spans)
        for span in row.get("keep", []):
            keep += 1
            kept += not covered & set(range(span["start"], span["end"]))
    return {"recall": caught / total, "precision": good / max(1, made), "kept": kept / max(1, keep), "leaks": leaks}


def detection(gold, predicted):
    """F1 of findings by overlap, over rows by id."""
    hit = total = good = made = 0
    for row_id, row in gold.items():
        spans = predicted.get(row_id, [])
        total += len(row["findings"])
        hit += sum(any(overlap(g, s) for s in spans) for g in row["findings"])
        made += len(spans)
        good += sum(any(overlap(g, s) for g in row["findings"]) for s in spans)
    precision, recall = good / max(1, made), hit / max(1, total)
    return 2 * precision * recall / max(1e-9, precision + recall)
