"""What all figures share: a figure that shows itself, a font that has Japanese letters, words in the reader's language."""

from __future__ import annotations

import io
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jmid_nlp.errors import MissingExtraError
from jmid_nlp.wording import concept_label, words

try:
    from matplotlib import font_manager
    from matplotlib.figure import Figure
except ImportError:
    raise MissingExtraError('matplotlib is not installed; pip install "jmid-nlp[plots]"') from None

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Language = Literal["ja", "en"]
INK, SOFT, LINE = "#1d2433", "#5d687c", "#d5dae3"
# The colours of the notebook's display; the hatch tells them apart in print, too.
CERTAINTY = {
    "positive": ("#e8963c", ""), "suspicious": ("#f2d64b", "///"), "negative": ("#6fb98f", "..."), "general": ("#c3c6cf", "xx"),
}  # fmt: skip
_LATIN = "DejaVu Sans"  # comes with matplotlib
_SYSTEM = (
    "Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", "BIZ UDGothic", "Meiryo", "IPAexGothic", "IPAGothic",
    "TakaoPGothic", "MS Gothic",
)  # fmt: skip
_DPI = 120


class Picture(Figure):
    """A figure that a notebook shows without pyplot, so no window, backend or global setting is involved."""

    def _repr_png_(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=_DPI)
        return out.getvalue()


class Words:
    """The words of a figure: Japanese where there is a font for them, else English with a note under the figure.

    Args:
        language: The language that is wanted.
    """

    def __init__(self, language: Language) -> None:
        found = japanese_font()
        self.japanese = language == "ja" and found is not None
        self.missing = language == "ja" and found is None
        self.families = [_LATIN, found[0]] if found else [_LATIN]
        self._letters = _letters(_latin_file()) | (_letters(found[1]) if found else frozenset())
        if self.missing:
            warnings.warn(_NOTE, stacklevel=3)

    def __call__(self, group: str, name: str) -> str:
        """A word of `lexicons/display.tsv`."""
        word = words()[group, name]
        return word.ja if self.japanese else word.en

    def concept(self, concept_id: str | None) -> str:
        """The label of a concept of the lexicons."""
        return self.readable(concept_label(concept_id, japanese=self.japanese), concept_id or "")

    def readable(self, text: str, otherwise: str) -> str:
        """A text from the data if the fonts have all its letters, else what is to stand for it; `$` is no formula."""
        shown = text if all(ord(c) in self._letters for c in text) else otherwise
        return shown.replace("$", r"\$")


_NOTE = 'no font with Japanese letters was found, so labels are English; pip install "jmid-nlp[plots]" brings one'


@cache
def japanese_font() -> tuple[str, str] | None:
    """Name and file of a font with Japanese letters: that of the extra, else one of the system; None where there is none."""
    bundled = find_spec("matplotlib_fontja")  # not imported: its import would change matplotlib's settings
    for place in (bundled.submodule_search_locations or ()) if bundled else ():
        path = Path(place, "fonts", "ipaexg.ttf")
        if path.is_file():
            font_manager.fontManager.addfont(str(path))
            return font_manager.FontProperties(fname=str(path)).get_name(), str(path)
    installed = {f.name: f.fname for f in font_manager.fontManager.ttflist}
    return next(((name, installed[name]) for name in _SYSTEM if name in installed), None)


def _latin_file() -> str:
    return str(font_manager.findfont(_LATIN))


@cache
def _letters(path: str) -> frozenset[int]:
    """The letters that a font file has."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(path).get_charmap())


def picture(width: float, height: float) -> Picture:
    """An empty figure of so many inches, laid out so that nothing is cut off."""
    return Picture(figsize=(width, height), layout="constrained", facecolor="white")


def finished(figure: Picture, said: Words, title: str) -> Picture:
    """The figure with its title, quiet axes, and every letter in a font that has it."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=INK)
    if said.missing:
        figure.supxlabel(_NOTE, fontsize=7, color=SOFT, x=0.01, ha="left")
    for axes in figure.axes:
        axes.tick_params(colors=INK, labelfontfamily=said.families, labelsize=9)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(LINE)
    for text in figure.findobj(lambda artist: hasattr(artist, "set_fontfamily")):
        text.set_fontfamily(said.families)  # type: ignore[attr-defined]
    return figure


def legend(figure: Picture, said: Words) -> None:
    """One legend for all axes, below them, in as many columns as the figure's width allows; none where nothing is named."""
    named = [pair for axes in figure.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    if named:
        widest = max(len(label) for _, label in named) * (0.13 if said.japanese else 0.08) + 0.5
        columns = max(1, min(len(named), int(figure.get_figwidth() / widest)))
        prop = {"family": said.families, "size": 9}
        figure.legend(*zip(*named, strict=True), loc="outside lower left", ncols=columns, frameon=False, prop=prop)


def empty(axes: Axes, said: Words, what: str) -> None:
    """Say in the middle of the axes that there is nothing to draw, and why."""
    axes.text(0.5, 0.5, said("figure", what), transform=axes.transAxes, ha="center", va="center", color=SOFT)
    axes.set_xticks([])
    axes.set_yticks([])
