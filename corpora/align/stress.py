"""Groups and sides in many generated studies: a group's size is never spread, a wrong side is never accepted in silence.

    python -m corpora.align.stress [10000]

The studies are invented lesion by lesion and told through the records of the extraction, so that only the matcher is
measured. `groups`: one noun for several lesions with the size of the largest, or with an exact number, beside lesions of their own.
`sides`: lesions of both sides, where the text of one study in ten has one side wrong.
"""

from __future__ import annotations

import random
import sys
from collections import Counter

from jmid_nlp.align.match import align
from jmid_nlp.schema import Alignment, AnnotationRecord, Finding, Report, SiteMention

LOBES = (("右上葉", "RUL", "right"), ("右下葉", "RLL", "right"), ("左上葉", "LUL", "left"), ("左下葉", "LLL", "left"))
OTHER = (("肝S4", "S4", None, "嚢胞", "liver cyst"), ("右腎", "kidney", "right", "嚢胞", "renal cyst"))
WRONG = {"右": "左", "左": "右", "right": "left", "left": "right"}


class Study:
    """A study under construction: text, findings, annotations and the right pairs."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.text = rng, ""
        self.findings: list[Finding] = []
        self.marks: list[AnnotationRecord] = []
        self.right: dict[str, int] = {}

    def tell(self, place: str, words: str, noun: str, after: str, **more: object) -> int:
        """Add a sentence with one finding; returns its number."""
        start = len(self.text)
        self.text += f"{place}{words}{noun}{after}"
        at = start + len(place) + len(words)
        site = (SiteMention(start, start + len(place)),)
        self.findings.append(Finding(at, at + len(noun), noun, None, "positive", site, **more))  # type: ignore[arg-type]
        return len(self.findings) - 1

    def mark(self, finding: int | None, label: str, anatomy: str, side: str | None, size: float) -> None:
        """Add an annotation, its numbers shuffled among the others'."""
        ident = f"m{self.rng.getrandbits(40):010x}"
        self.marks.append(AnnotationRecord(ident, label=label, anatomy=anatomy, laterality=side, size_mm=(size,)))
        if finding is not None:
            self.right[ident] = finding

    def align(self) -> Alignment:
        """Match, with both sides shuffled."""
        findings, marks = list(self.findings), list(self.marks)
        self.rng.shuffle(findings)
        self.rng.shuffle(marks)
        return align("s", Report("s", self.text), findings, marks)


def near(rng: random.Random, size: float) -> float:
    """What another reader measures."""
    return max(1.0, round(size * rng.gauss(1.0, 0.06), 1))


def group_study(rng: random.Random) -> tuple[Study, float]:
    """A study with a group, and the size that the text gives the group (0 for none)."""
    study = Study(rng)
    largest = rng.randint(8, 40)
    count = rng.randint(3, 7)
    exact = rng.random() < 0.3
    words = f"{count}個の" if exact else "多発"
    after = f"を認め、最大{largest}mm。" if rng.random() < 0.8 else "を認める。"
    told = float(largest) if "最大" in after else 0.0
    sizes = ((told,),) if told else ()
    number = study.tell("両肺", f"に{words}", "結節", after, multiple=True, laterality="bilateral", sizes_mm=sizes)
    members = [float(largest), *(rng.uniform(0.2, 0.75) * largest for _ in range(count - 1))]
    for size in members:
        _, english, side = rng.choice(LOBES)
        study.mark(number, "nodule", english, side, near(rng, size))
    for place, english, other_side, noun, label in rng.sample(OTHER, rng.randint(0, 2)):
        # As large as the group's largest: a size that was spread would draw it, or its mark, to the group.
        own = study.tell(place, f"に{largest}mmの", noun, "。", laterality=other_side, sizes_mm=((float(largest),),))
        study.mark(own, label, english, other_side, near(rng, largest))
    return study, told


def groups(count: int, seed: int = 1) -> dict[str, float]:
    """F1 of the links of groups, and how often the size of a group spoke for a member that does not have it."""
    tally: Counter[str] = Counter()
    for n in range(count):
        study, told = group_study(random.Random(f"{seed} {n}"))
        made = {p.annotation_id: p for p in study.align().pairs}
        number = {(f.start, f.end): k for k, f in enumerate(study.findings)}
        size_of = {m.annotation_id: m.size_mm[0] for m in study.marks}
        tally["wanted"] += len(study.right)
        tally["made"] += len(made)
        for ident, pair in made.items():
            tally["good"] += study.right.get(ident) == number[pair.start, pair.end]
            of_group = number[pair.start, pair.end] == 0
            speaks = any(w.startswith(f"size {told:g} mm") and not w.endswith("different") for w in pair.why)
            tally["spread"] += bool(told and of_group and speaks and abs(size_of[ident] - told) > 0.35 * told)
    return {"f1": 2 * tally["good"] / (tally["made"] + tally["wanted"]), "spread": tally["spread"], "studies": count}


def sides(count: int, seed: int = 1) -> dict[str, float]:
    """Accepted pairs whose sides differ, and the share of injected side errors that is told."""
    tally: Counter[str] = Counter()
    for n in range(count):
        rng = random.Random(f"{seed} {n}")
        study, wrong = Study(rng), n % 10 == 0
        lesions = rng.sample(LOBES, rng.randint(1, 4))
        flipped: str | None = None
        for k, (japanese, english, side) in enumerate(lesions):
            size = rng.randint(4, 40)
            flip = wrong and k == 0
            place, told_side = (WRONG[japanese[0]] + japanese[1:], WRONG[side]) if flip else (japanese, side)
            number = study.tell(place, f"に{size}mmの", "結節", "。", laterality=told_side, sizes_mm=((float(size),),))
            study.mark(number, "nodule", english, side, near(rng, size))
            flipped = study.marks[-1].annotation_id if flip else flipped
        found = study.align()
        number_of = {(f.start, f.end): k for k, f in enumerate(study.findings)}
        side_of = {m.annotation_id: m.laterality for m in study.marks}
        for p in found.pairs:
            if p.decision == "accept":
                tally["accepted"] += 1
                tally["wrong side"] += study.findings[number_of[p.start, p.end]].laterality != side_of[p.annotation_id]
        if flipped:
            tally["injected"] += 1
            pair = next((p for p in found.pairs if p.annotation_id == flipped), None)
            told = pair is None or pair.decision == "review"
            tally["told"] += told
    share = tally["told"] / max(1, tally["injected"])
    return {
        "accepted": tally["accepted"],
        "wrong side": tally["wrong side"],
        "injected": tally["injected"],
        "told": share,
    }


def main() -> None:
    """Print both."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print("groups", groups(count))
    print("sides", sides(count))


if __name__ == "__main__":
    main()
