"""How much a string of kanji looks like a surname that no list knows, by its characters and their places."""

from __future__ import annotations

from functools import cache, lru_cache

from jmid_nlp.lexicon import read_text

# single characters that are parts of the body or plain words of a report: no surname without a cue
BODY = frozenset(
    "骨核窩橋頭首肩胸腹腰背臀腕手指足脚膝肘踵爪歯舌唇口鼻耳目眼顔髄脳肺心肝腎脾膵胃腸胆筋皮腺管腔弁房室壁膜葉区枝幹根尖"
    "底体部位側面像影点線帯層群病症炎癌腫瘤嚢石瘢痕液水血膿便尿乳胎児男女歳年月日時分秒前後左右上下中内外大小高低長短正否"
    "有無他同方童型式値率量度性状様術法"
)
_UNSEEN = (-5, -5, -5)


@cache
def _weights() -> dict[str, tuple[int, int, int]]:
    """Log odds (base e, times ten) of surnames against nouns at the first, an inner and the last place, by character."""
    out = {}
    for line in read_text("phi/name_chars.tsv").splitlines():
        cells = line.split("\t")
        if not line.startswith("#") and cells[0] != "form" and len(cells) == 4:
            out[cells[0]] = (int(cells[1]), int(cells[2]), int(cells[3]))
    return out


@lru_cache(maxsize=65536)
def likeness(name: str) -> float:
    """Evidence that a string of two to five kanji is a surname: about 0 for an even chance, above 2 very likely.

    Args:
        name: The string, with variant characters unified.
    """
    if not 2 <= len(name) <= 5:
        return -3.0
    w = _weights()
    inner = [w.get(c, _UNSEEN)[1] for c in name[1:-1]]
    score = w.get(name[0], _UNSEEN)[0] + w.get(name[-1], _UNSEEN)[2] + (sum(inner) / len(inner) if inner else 0.0)
    return score / 20
