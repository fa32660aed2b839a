"""Speed of identifier detection as a ratio to fugashi with features over the same texts in the same run.

Usage: python tests/benchmarks/bench_detect.py [REPEATS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/deid"))

import fugashi
from detect_cases import read_lines, read_reports

from jmid_nlp.deid.detect import Detector

FINDINGS = (
    "右肺下葉S6に12 mm大の部分充実型結節を認め、前回より増大しています。辺縁にspiculaを伴い、胸膜陥入像あり。"
    "縦隔、肺門に有意なリンパ節腫大は認めません。胸水なし。肝S5に8 mmの嚢胞。胆石あり。膵、脾、副腎に異常を認めません。"
    "診断：右下葉肺癌疑い。肝嚢胞。胆石症。"
)


def best(run: Callable[[str], object], texts: list[str], repeats: int) -> float:
    """Seconds of the fastest of several passes over the texts."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for text in texts:
            run(text)
        times.append(time.perf_counter() - start)
    return min(times)


def main(repeats: int = 7) -> None:
    tagger = fugashi.Tagger()
    detector = Detector()
    lines = read_lines("deid_negatives.txt")
    dense = [c.text for c in read_reports("deid_reports.txt")]
    plain = [FINDINGS[i % 40 :] + "".join(lines[i % len(lines) :][:4]) for i in range(100)]
    for name, texts in (("plain reports", plain), ("dense with identifiers", dense)):
        size = sum(map(len, texts)) / len(texts)
        ref = best(lambda t: [(w.surface, w.feature.pos1) for w in tagger(t)], texts, repeats)
        ours = best(detector, texts, repeats)
        print(
            f"{name}: {size:.0f} characters, fugashi {ref / len(texts) * 1e6:.0f} us, detect {ours / len(texts) * 1e6:.0f} us, ratio {ours / ref:.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
