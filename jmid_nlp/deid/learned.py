"""Identifiers by a small trained network over characters, for wording that no rule foresaw.

The network is a stack of gated convolutions over the codes of `charfeatures`; its weights are a file of the package and it
runs on numpy alone. `models/identifier_tagger/` holds the recipe, the data and the figures.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pkgutil import resolve_name
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from jmid_nlp.deid.bare import is_eponym
from jmid_nlp.deid.book import stop_words
from jmid_nlp.deid.charfeatures import Codes, encode, ngrams, pieces, positions
from jmid_nlp.deid.evidence import GRAMMAR, WEAK, Hit
from jmid_nlp.deid.ids import UNIT_RIGHT
from jmid_nlp.deid.latin import is_plain_latin, is_surname
from jmid_nlp.deid.network import Floats, Layer, Lookup, runs
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.schema import CATEGORIES, Category

#: From a folded text to start, end, category and score of each find.
Reader = Callable[[str], Iterable[tuple[int, int, Category, float]]]

WEIGHTS = "identifiers.npz"
#: Characters of one pass, which bounds memory, and of its neighbours that it sees. The network reaches 35 characters, but
#: with 16, 24 or 40 the figures on `corpora/deid` were the same, and near ones cost less.
_WINDOW, _MARGIN = 4096, 20
#: A character belongs to an identifier from here on.
_INSIDE = 0.5
#: The least score of a find that counts, by category; the model's card tells how they were chosen.
LEAST: dict[Category, float] = dict.fromkeys(CATEGORIES, 0.65) | {"DATE": 0.9}
#: A find of the rules in these categories, by grammar or list, does not count where the network sees no identifier at all.
#: On the same reports that took away 12 false finds and one right one; for names it would have cost more than it spared.
_DOUBTED: frozenset[Category] = frozenset(("FACILITY", "OCCUPATION"))
_DENIED = 0.05
#: The least score of a find of the second reader, and the network's least mean probability of any identifier there.
_SECOND, _VOTE = 0.7, 0.2
_RIM = " \t\r\n　:、。,.・/|\"'<>=;#"
_BORN = "生まれ"


class Tagger:
    """The network with its weights.

    Args:
        weights: Arrays by name, as `models/identifier_tagger/train.py` writes them.
    """

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self.parts_of_speech = {str(name): i for i, name in enumerate(weights["parts_of_speech"], 1)}
        self._gate = weights["gate_w"].astype(np.float32)
        self._bar = float(weights["gate_bar"])
        w = {k: v.astype(np.float32) for k, v in weights.items() if k.endswith(("_w", "_b"))}
        self._input = Lookup([weights[f"table{i}"] for i in range(int(weights["tables"]))], w["in_b"])
        self._layers = [
            Layer(int(d), weights["taps"][i], *(w[f"{name}{i}_{kind}"] for name in ("norm", "conv") for kind in "wb"))
            for i, d in enumerate(weights["dilations"])
        ]
        self._out = w["out_w"], w["out_b"]

    def stretches(self, text: str) -> list[tuple[int, int]]:
        """The parts of a folded text that could hold an identifier, whole sentences or lines, ascending and apart.

        A linear model over pairs and triples of characters decides; most sentences that speak of findings alone end here.
        """
        parts = pieces(text)
        if not parts:
            return []
        worth = self._gate[ngrams(text)].sum(axis=0)
        sums = np.add.reduceat(worth, [start for start, _ in parts])
        out: list[tuple[int, int]] = []
        for (start, end), value in zip(parts, sums.tolist(), strict=True):
            if value > self._bar and not text[start:end].isspace():
                begin = out.pop()[0] if out and out[-1][1] == start else start
                out.append((begin, end))
        return out

    def probabilities(self, text: str, parts: Sequence[tuple[int, int]] | None = None) -> Iterator[tuple[int, Floats]]:
        """Of each character the probability of no identifier, and of begin and inside of each category.

        Args:
            text: The folded text.
            parts: The stretches that are asked for; the whole text where None.

        Yields:
            Where a part begins, and an array of shape (its length, 1 + 2 * len(CATEGORIES)).
        """
        parts = [(0, len(text))] if parts is None else parts
        if not parts:
            return  # most texts of findings alone: nothing is prepared for them
        places = positions(text)
        for inside in _windows(parts):
            left, right = max(0, inside[0][0] - _MARGIN), inside[-1][1] + _MARGIN
            codes = encode(text[left:right], self.parts_of_speech, places[:, left:right])
            with _blas().limit(limits=1, user_api="blas"):
                values = self._forward(codes, inside[0][0] - left, inside[-1][1] - left)
            yield from ((start, values[start - inside[0][0] : end - inside[0][0]]) for start, end in inside)

    def _forward(self, codes: Codes, first: int, last: int) -> Floats:
        """The probabilities of the characters `[first, last)` of a window."""
        x, low, high = self._input(codes), 0, codes.shape[1]
        reach = sum(layer.dilation for layer in self._layers)
        for layer in self._layers:
            reach -= layer.dilation  # what lies beyond it is of no consequence to the characters that are asked for
            begin, end = max(low, first - reach), min(high, last + reach)
            x = layer(x, begin - low, end - low)
            low, high = begin, end
        logits = x @ self._out[0] + self._out[1]
        exp = np.exp(logits - logits.max(axis=1, keepdims=True))
        return cast("Floats", exp / exp.sum(axis=1, keepdims=True))


def _windows(parts: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Parts that one pass of the network serves: near each other, and no more than `_WINDOW` characters together."""
    window: list[tuple[int, int]] = []
    for start, end in parts:
        for at in range(start, end, _WINDOW):
            part = (at, min(end, at + _WINDOW))
            if window and (part[0] - window[-1][1] > 2 * _MARGIN or part[1] - window[0][0] > _WINDOW):
                yield window
                window = []
            window.append(part)
    if window:
        yield window


@cache
def _blas() -> ThreadpoolController:
    """What sets the threads of the linear algebra: on matrices this small a second thread costs more than it does."""
    return ThreadpoolController()


@cache
def tagger() -> Tagger:
    """The tagger of the package; its weights are read once."""
    data = files("jmid_nlp").joinpath("weights", WEIGHTS).read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return Tagger({name: arrays[name] for name in arrays.files})


def second_reader() -> Reader:
    """The trained spaCy model of the package, found by its name: this room knows nothing of spaCy."""
    return cast("Reader", resolve_name("jmid_nlp.tagging.reader:read"))


def weigh(text: str, hits: list[Hit], reader: Reader | None = None) -> list[Hit]:
    """What the rules found, less what the network denies, with what the network found.

    Args:
        text: The folded text.
        hits: What the rules found, ascending and without overlap.
        reader: A second reader; what it finds counts where the network does not deny it either.

    Returns:
        Hits for `merge.resolve`: a find of the network lends the characters that stick out to a find of the rules that it
        overlaps, if they are of one category.
    """
    model = tagger()
    inside = np.zeros(len(text), np.float32)
    found: list[Hit] = []
    for start, values in model.probabilities(text, model.stretches(text)):
        inside[start : start + len(values)] = 1 - values[:, 0]
        found += spans(text, values, start)
    kept = [h for h in hits if not _denied(h, inside)]
    more = [h for h in found if h.score >= LEAST[h.category]]
    if reader is not None and (inside >= _VOTE).any():
        more += _seconded(text, reader, inside)
    return kept + [h for h in more if plausible(text, h)]


def _denied(hit: Hit, inside: Floats) -> bool:
    if hit.category not in _DOUBTED or hit.rank > GRAMMAR:
        return False
    return float(inside[hit.start : hit.end].max()) < _DENIED


def spans(text: str, probabilities: Floats, offset: int = 0, *, least: float = _INSIDE) -> Iterator[Hit]:
    """Runs of characters of one category, cut where a new identifier begins.

    Args:
        text: The folded text.
        probabilities: Of its characters from `offset` on, as `Tagger.probabilities` gives them.
        offset: Where the probabilities begin.
        least: Probability from which a character belongs to an identifier.
    """
    height = (probabilities[:, 1::2] + probabilities[:, 2::2]).max(axis=1)
    for first, last, number in runs(probabilities, height >= least):
        category = CATEGORIES[number]
        start, end = _trimmed(text, first + offset, last + offset, category)
        if end > start:
            score = round(float(height[start - offset : end - offset].mean()), 2)
            yield Hit(start, end, category, category.lower(), score, "learned", WEAK)


def _seconded(text: str, reader: Reader, inside: Floats) -> Iterator[Hit]:
    """What the second reader finds and the network does not deny."""
    for first, last, category, score in reader(text):
        if score < _SECOND or inside[first:last].mean() < _VOTE:
            continue
        start, end = _trimmed(text, first, last, category)
        if end - start > 1:  # one letter is as often a word's first before a line break: 進|行癌
            yield Hit(start, end, category, category.lower(), round(score, 2), "spacy", WEAK)


def _trimmed(text: str, start: int, end: int, category: Category) -> tuple[int, int]:
    """A find without blanks and marks at its rims, and a date without the 生 of a birth."""
    while start < end and text[start] in _RIM:
        start += 1
    while end > start and (text[end - 1] in _RIM or (category == "DATE" and text[end - 1] in _BORN)):
        end -= 1
    return start, end


_NO_PARTICLES = re.compile(r"[^のをはがもでとへに].*[^のをはがもでとへに]\Z", re.DOTALL)
#: What a span must look like, by category; the network judges places, not shapes.
_SHAPES: dict[str, re.Pattern[str]] = {
    "PERSON": re.compile(r"(?!(?:\D*\d){2})[^のをはがもでとへに\W][^\d]*\Z"),
    "DATE": re.compile(
        r"(?=.*[0-9一二三四五六七八九十元〇])(?:.*[年月日/.\-・].*|(?:19|20)\d\d|\d{6}|\d{8})\Z", re.DOTALL
    ),
    "AGE": re.compile(r"(?:9\d|1[0-2]\d|九十|百)|.{0,2}寿"),
    "ID": re.compile(r"(?=.*\d.*\d)[^ぁ-ゖ]{3,}\Z", re.DOTALL),
    "PHONE": re.compile(r"(?=(?:.*\d){3})", re.DOTALL),
    "EMAIL": re.compile(r".*[@＠]"),
    "URL": re.compile(r".*[./]"),
    **dict.fromkeys(("ADDRESS", "FACILITY", "OCCUPATION"), _NO_PARTICLES),
}
#: What may stand between a number and the unit of the row of values it begins: 1024-1103-1210ms.
_MORE_VALUES = re.compile(r"[\-‐~〜,./]?(?:\d+[\-‐~〜,./]?)*")
_LATIN = re.compile("[A-Za-z]+")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
#: Hiragana before a name in hiragana that is no particle: the border would stand inside a word.
_NO_LEFT = re.compile("(?![のはがとにへで])[ぁ-ゖー]")
#: What may follow a name in hiragana.
_AFTER_KANA = re.compile(r"[^ぁ-ゖ]|\Z|さん|ちゃん|くん|さま|せんせい|から|より|に|が|は|の|と|へ|を|も")


def plausible(text: str, hit: Hit) -> bool:
    """Whether a span has the shape of its category, cuts no word or number in two and is no measured value."""
    start, end = hit.start, hit.end
    words = text[start:end]
    if not _SHAPES[hit.category].match(words):
        return False
    if (start and _cuts(text[start - 1], text[start])) or (end < len(text) and _cuts(text[end - 1], text[end])):
        return False
    if hit.category in ("ID", "PHONE"):
        return not UNIT_RIGHT.match(text, cast("re.Match[str]", _MORE_VALUES.match(text, end)).end())
    return hit.category != "PERSON" or _names(text, start, end)


def _names(text: str, start: int, end: int) -> bool:
    """Whether a span that the network takes for a name can be one, by its script and what stands beside it."""
    words = text[start:end]
    if is_eponym(text, end) or words.lower() in _no_names():
        return False
    if len(words) == 1 and words.isascii() and start and text[start - 1].isalnum():
        return False  # a letter that counts rooms, cases and persons without a name: 不詳A
    if words.isascii() and all(len(w) > 2 and is_plain_latin(w) and not is_surname(w) for w in _LATIN.findall(words)):
        return False
    if _HIRAGANA.fullmatch(words):
        alone = not (start and _NO_LEFT.match(text, start - 1)) and _AFTER_KANA.match(text, end) is not None
        return len(words) > 1 and alone
    return True


@cache
def _no_names() -> frozenset[str]:
    """What stands in the cells of a header without being a name: labels, and the words of sex."""
    labels = {form.lower() for row in read_table("phi/labels.tsv", ("form",)) for form in split_forms(row["form"])}
    return stop_words("no_name") | labels


def _cuts(left: str, right: str) -> bool:
    """Whether a border stands inside a number or a word of Latin letters."""
    if left.isdigit() and right.isdigit():
        return True
    return left.isascii() and right.isascii() and left.isalpha() and right.isalpha()
