"""Lengths in a folded text: sizes in millimetres, prior sizes apart, thresholds, distances and technique left out.

The grammar covers `12×8mm`, `1.2 cm`, `4.3x3.8cm`, `24mm×18mm`, `5〜8mm` (two sizes), `8mm→13mm` and `12mmから15mmに`
(prior, then current), `15mm(前回12mm)`, `長径24mm、短径18mm` (one size of two dimensions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.scan import matches_from


@dataclass(frozen=True, slots=True)
class Measure:
    """A length in a folded text: `[start, end)` and its sizes in mm, one tuple of dimensions a size.

    `role` is `size`, or why the length is no size: `threshold`, `distance`, `technique`, `delta`.
    """

    start: int
    end: int
    sizes: tuple[tuple[float, ...], ...]
    prior: tuple[tuple[float, ...], ...] = ()
    role: str = "size"
    axis: str = ""


_UNIT = r"(?:mm|cm|ミリ(?:メートル)?|センチ(?:メートル)?)(?![a-z2²3³/])"
_NUM = r"\d{1,3}(?:\.\d{1,2})?"
_LABEL = r"(?:長径|短径|前後径|左右径|横径|縦径|頭尾径|上下径|厚さ|高さ|幅|AP|CC|長さ|縦|横)?\s?"
_TIMES = r"\s?[x×*✕✖╳]\s?"
_DIMS = rf"{_NUM}(?:\s?{_UNIT})?(?:{_TIMES}{_LABEL}{_NUM}(?:\s?{_UNIT})?){{0,2}}"
_TO = (
    r"\s?(?:大|程度|前後)?(?P<to>から|より|→|⇒|➡|->|=>|~|〜|～|-|−|–|ー|ないし|か)\s?"
    r"(?:今回|現在|本日)?(?:は|の|、)?\s?(?:約)?"
)
_MEASURE = lazy(rf"(?<![\d.A-Za-z#/])(?P<a>{_DIMS})(?:{_TO}(?P<b>{_DIMS}))?", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_PART = re.compile(rf"({_NUM})(?:\s?({_UNIT}))?", re.IGNORECASE)
_ARROWS = frozenset(("から", "より", "→", "⇒", "➡", "->", "=>"))

_PRIOR_BEFORE = re.compile(
    r"(?:前回|前々回|前医|診断時|初診時|初回|治療前|術前|治療開始前|化学療法前|照射前|投与前|導入前|開始前|以前|先行|過去|前検査|prior|previous(?:ly)?|was)"
    r"(?:検査|CT|MRI|PET|US|画像|時|検)?\s?(?:\([^()]{0,14}\)|[\d/年月日.\- ]{0,12})?(?:時|で|に|と)?(?:は|の|には|では|:|、|,)?\s?"
    r"(?:長径|短径|最大径|径|最大|サイズ|約|最大短径)?\s?(?:は|が)?約?\s?\(?$",
    re.IGNORECASE,
)
_PRIOR_AFTER = re.compile(
    r"\s?(?:大|程度)?(?:だった|であった|でした|でありました|あった)|\s?(?:大|程度)?\((?:前回|診断時|治療前|初回|以前)\)"
)
_TECHNIQUE_BEFORE = re.compile(
    r"(?:スライス(?:厚|間隔)|slice\s?(?:thickness)?|thickness|コリメーション|collimation|FOV|再構成(?:間隔|厚)?|gap|ピッチ|pitch"
    r"|撮像厚|撮影厚|ボーラス厚|カテーテル径|ステント径|マージン|margin|CRM)[は:=\s約]{0,3}$",
    re.IGNORECASE,
)
_TECHNIQUE_AFTER = re.compile(
    r"\s?(?:厚(?![さみく])|間隔|スライス|ピッチ|再構成|/s|Fr|マージン|margin|gap|スキャン)", re.IGNORECASE
)
_THRESHOLD_AFTER = re.compile(r"\s?(?:大|径)?(?:以上|以下|未満|を超え|を越え|超の|超え|以内|より(?:大き|小さ))")
_THRESHOLD_BEFORE = re.compile(r"(?:[<>≦≧≤≥＜＞])\s?$")
_DISTANCE_BEFORE = re.compile(
    r"(?:から|より|まで|(?:距離|接触長|接触)(?:は|が|:)?|distance)(?:は|の|で)?(?:約|およそ|ほぼ)?\s?(?:頭側|尾側|口側|肛門側|遠位|近位)?(?:に|へ)?(?:約)?\s?$"
)
_DISTANCE_AFTER = re.compile(
    r"\s?(?:程度|ほど|前後|弱|強)?(?:の距離|離れ|隔て|頭側|尾側|足側|口側|肛門側|手前|奥|の位置|の部位|の部分(?!充実)|のところ|の高さ|遠位(?:に|の|側|部)|近位(?:に|の|側|部)"
    r"|下方(?!へ|偏)|上方(?!へ|偏)|前方に|後方に|外側に|内側に|背側に|腹側に|上に|下に|内側の|外側の|尾方|頭方|末梢側)"
)
_DELTA_AFTER = re.compile(r"\s?(?:程度|ほど)?の?(?:増大|縮小|増加|減少|増高)")
_AXIS = re.compile(
    r"(長径|長軸|長軸径|短径|短軸|短軸径|充実成分径?|充実部|全体径|横径|縦径|深達度|厚さ|高さ|幅|深さ)(?:は|が|で|:|は約|約|最大)?\s?約?$"
)


def measures(text: str) -> list[Measure]:
    """All lengths of a folded text, ascending.

    Args:
        text: Folded text (NFKC), so that full-width digits and unit signs are ASCII.

    Returns:
        Measures in the indices of `text`; those with a `role` other than `size` are lengths that measure no finding.
    """
    if "m" not in text and "M" not in text and "ミリ" not in text and "センチ" not in text:
        return []
    found: list[Measure] = []
    for match in matches_from(_DIGIT, _MEASURE, text):
        if "m" in match.group().lower() or "ミリ" in match.group() or "センチ" in match.group():
            item = _read(text, match)
            if item is not None:
                found.append(item)
    return _join_axes(text, found)


def _read(text: str, match: re.Match[str]) -> Measure | None:
    first, second = match.group("a"), match.group("b")
    end = match.end("b") if second else match.end("a")
    if second and not _unit(second):
        second, end = None, match.end("a")
    unit = _unit(first) or (_unit(second) if second else None)
    if unit is None:
        return None
    a = _values(first, unit)
    b = _values(second, _unit(second) or unit) if second else None
    before, after = text[max(0, match.start() - 34) : match.start()], text[end : end + 14]
    role = _role(before, after)
    axis = _AXIS.search(before)
    if b is not None and match.group("to") in _ARROWS:
        return Measure(match.start(), end, (b,), (a,), role, "")
    sizes = (a,) if b is None else (a, b)
    if _PRIOR_BEFORE.search(before) or _PRIOR_AFTER.match(after):
        return Measure(match.start(), end, (), sizes, role, "")
    return Measure(match.start(), end, sizes, (), role, axis.group(1)[:2] if axis else "")


def _unit(written: str) -> str | None:
    units = [u for _, u in _PART.findall(written) if u]
    return units[-1].lower() if units else None


def _values(written: str, unit: str) -> tuple[float, ...]:
    values: list[float] = []
    parts = _PART.findall(written)
    for number, own in parts:
        factor = 10.0 if (own or unit).lower().startswith(("cm", "センチ")) else 1.0
        values.append(round(float(number) * factor, 2))
    return tuple(values)


def _role(before: str, after: str) -> str:
    if _TECHNIQUE_BEFORE.search(before) or _TECHNIQUE_AFTER.match(after):
        return "technique"
    if _THRESHOLD_AFTER.match(after) or _THRESHOLD_BEFORE.search(before):
        return "threshold"
    if _DELTA_AFTER.match(after):
        return "delta"
    if _DISTANCE_BEFORE.search(before) or _DISTANCE_AFTER.match(after):
        return "distance"
    return "size"


def _join_axes(text: str, found: list[Measure]) -> list[Measure]:
    """`長径24mm、短径18mm` is one size."""
    joined: list[Measure] = []
    for item in found:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.axis, item.axis) in {("長径", "短径"), ("長軸", "短軸"), ("横径", "縦径"), ("縦径", "横径")}
            and item.start - last.end <= 6
            and len(last.sizes) == len(item.sizes) == 1
        ):
            joined[-1] = Measure(last.start, item.end, (last.sizes[0] + item.sizes[0],), last.prior, last.role, "")
        else:
            joined.append(item)
    return joined
