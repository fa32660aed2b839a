"""Tags and coarser values: what stands in the text where no surrogate does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from jmid_nlp.deid.dateforms import number_value
from jmid_nlp.deid.datewrite import write_number
from jmid_nlp.deid.policy import Policy
from jmid_nlp.lexicon import read_table
from jmid_nlp.offsets import fold
from jmid_nlp.schema import Identifier

REDACTED = "■■■"
_AGE = re.compile(
    r"(?<![0-9.\-~〜～/])(?P<n>[0-9]{1,3}|[一二三四五六七八九十百〇]{1,4})[ 　]{0,2}(?P<u>歳|才|さい|y\.?/?o\.?|years? old)"
    r"(?![ 　]?(?:以上|以下|未満|代|台|前後|[~〜～\-]))",
    re.IGNORECASE,
)
_AGE_NUMBER = re.compile(r"[0-9]+|[〇零一二三四五六七八九十百]+")


@cache
def tag_words() -> Mapping[tuple[str, str], tuple[str, str]]:
    """Words of tags, Japanese and English, by category and subtype ("" for the category as a whole)."""
    rows = read_table("surrogate/tags.tsv", ("category", "subtype", "ja", "en"))
    return {(r["category"], r["subtype"]): (r["ja"], r["en"]) for r in rows}


@cache
def tag_pattern() -> re.Pattern[str]:
    """What our own tags look like, so that a second pass leaves them alone."""
    words = tag_words().values()
    kinds = {r["general"] for r in read_table("surrogate/facility_kinds.tsv", ("general",))} | {"機関"}
    japanese = "|".join(sorted({re.escape(w[0]) for w in words} | {re.escape(k) for k in kinds}, key=len, reverse=True))
    english = "|".join(sorted({re.escape(w[1]) for w in words}, key=len, reverse=True))
    return re.compile(
        rf"〔(?:{japanese})(?:\d{{1,4}}|#[a-z2-7]{{10}})?〕|\[(?:{english})(?:_\d{{1,4}}|#[a-z2-7]{{10}})?\]|{REDACTED}"
    )


def tag(category: str, subtype: str, policy: Policy, *, number: int = 0, code: str = "") -> str:
    """A tag such as 〔氏名1〕 or [PERSON_1]; `code` is the keyed hash of the `hash` action."""
    words = tag_words()
    ja, en = words.get((category, subtype)) or words[category, ""]
    if policy.tags == "en":
        return f"[{en}{f'_{number}' if number else ''}{f'#{code}' if code else ''}]"
    return f"〔{ja}{number or ''}{f'#{code}' if code else ''}〕"


def top_age(text: str, behind: str, policy: Policy) -> str | None:
    """An age from `policy.top_age` up as that age and over, in the source's digits; None where no number can be read.

    Args:
        text: The age as written, number and unit.
        behind: What follows it: 以上 is not written twice.
        policy: The policy with the top age.
    """
    found = _AGE_NUMBER.search(fold(text).text)
    if not found:
        return None
    number = write_number(_number_as_written(text), policy.top_age)
    if re.search("歳|才|さい|代", text):
        unit = next(u for u in ("歳", "才", "さい", "代") if u in text)
        return number + ("歳" if unit == "代" else unit) + ("" if behind.startswith("以上") else "以上")
    rest = fold(text).text[found.end() :]
    return number + ("" if behind.startswith("+") or rest.startswith("+") else "+") + rest


def _number_as_written(text: str) -> str:
    found = re.search(r"[0-9０-９]+|[〇零一二三四五六七八九十百]+", text)
    return found.group() if found else "0"


def band_age(text: str, policy: Policy) -> str | None:
    """An age below the top as a band: 68歳 as 60歳代, or 65〜69歳 in bands of five years."""
    found = _AGE_NUMBER.search(fold(text).text)
    if not found:
        return None
    age, width, like = number_value(found.group()), policy.age_band, _number_as_written(text)
    low = age // width * width
    unit = "才" if "才" in text else "歳"
    if low == 0:
        return write_number(like, width) + unit + "未満"
    if width == 10:
        return write_number(like, low) + unit + "代"
    return f"{write_number(like, low)}〜{write_number(like, low + width - 1)}{unit}"


def young_ages(text: str, policy: Policy) -> list[Identifier]:
    """Ages below the top in a text, which no detector reports as identifiers, for policies that give ages in bands."""
    folded = fold(text)
    found = []
    for match in _AGE.finditer(folded.text):
        if number_value(match.group("n")) < policy.top_age:
            start, end = folded.source(*match.span())
            found.append(Identifier(start, end, "AGE", "band", 1.0, "policy.ages"))
    return found


def age_value(age: int, policy: Policy, to: str) -> int:
    """A column's age: the top age stands for itself and over, a band for its first year."""
    if age >= policy.top_age:
        return policy.top_age
    return age // policy.age_band * policy.age_band if to == "band" and policy.age_band else age


@cache
def _prefectures() -> Mapping[str, str]:
    return {r["form"]: r["region"] for r in read_table("surrogate/prefectures.tsv", ("form", "region"))}


def coarse_address(text: str, to: str) -> str | None:
    """An address down to its prefecture or region; None where it does not name one."""
    plain = fold(re.sub(r"\s", "", text)).text
    if plain in _prefectures().values():
        return text
    form = next((p for p in _prefectures() if plain.startswith(p)), None)
    if form is None:
        return None
    return form if to == "prefecture" else _prefectures()[form]
