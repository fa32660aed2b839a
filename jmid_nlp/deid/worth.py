"""What a string alone is worth as a name, and how much a word before it speaks for one, by the lists or by its characters.

Worth and weights are tenths of a natural logarithm by rank, not fitted: a strong place (a department directly before, a verb of
telling directly after) weighs as much as a listed rare surname, and two strong facts or three weak ones make a name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, stop_words
from jmid_nlp.deid.kanji import AMBIGUOUS, FULL, PARTLY, RARE, SURNAME, grade
from jmid_nlp.deid.likeness import BODY, likeness
from jmid_nlp.deid.namescan import kana_known
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold
from jmid_nlp.text.lazy import lazy

NEVER = -9.0
PLAIN = 0.45  # a plain word outside medicine that could be a surname: only behind a role or department
TRAP = 1.4  # one kanji that is a surname and a word of place or time (上, 中): where only a person can stand
SINGLE = 0.8  # one kanji that no list has as a surname: only behind a role, with something that ends it

# single kanji of forms and remarks that are no surnames
_NO_SINGLE = frozenset(
    "濟枠宅店台帳印料班車路号士仮定見告容理生院場駅街席箱袋紙針糊瓶杖靴服鍵扉窓床棚机椅電話便箋封筒様式件名順番組級段層列行欄頁章節項目次"
    "済可否未有無他同等約略別新旧再既非全各計総副準特臨至急緊込付引出入来行見言思得以於及或但尚又即各毎了完終始開閉起止発着送受取渡返貸借買売払切折曲直立座寝歩走飛落"
    "転倒打押抜差込呈示認疑除外残存消失増減縮拡張進退上下良悪善好強弱軽重薄厚太細硬軟濃淡明暗赤青白黒黄緑紫茶灰色形大小長短高低深浅遠近古新多少若老男女雄雌親"
) - frozenset("要曲旧込折")
_AGE = lazy("[一二三四五六七八九十][歳才]|[一二三四五六七八九十百千万数]+(?:[人名件例回個枚]|[日月年週時][前後間目]?)$")
_ROLE_ENDS = frozenset("士司師官係")


@cache
def slot_forms(side: str) -> tuple[tuple[str, float], ...]:
    """Words of `slots.tsv` with their weights, longest first; side is left, right, told or did."""
    rows = read_table("phi/slots.tsv", ("side", "weight", "forms"))
    pairs = [(fold(f).text, int(r["weight"]) / 10) for r in rows if r["side"] == side for f in split_forms(r["forms"])]
    return tuple(sorted(pairs, key=lambda p: (-len(p[0]), p[0])))


@cache
def left_words() -> dict[str, float]:
    """What stands directly before names, with its weight."""
    return dict(slot_forms("left"))


@cache
def roles() -> frozenset[str]:
    """Departments, roles, titles and tasks: what may stand before a name."""
    titles = {t for t, (_, subtype) in book().titles.items() if subtype != "patient" and not t.isascii()}
    tasks = {f for row in read_table("phi/tasks.tsv", ("form",)) for f in split_forms(row["form"])}
    return book().before_name | titles | tasks


@cache
def medical_runs() -> frozenset[str]:
    """Runs of kanji that are terms of radiology: never a name without a cue."""
    return frozenset(read_table_column("phi/medical_runs.tsv"))


def read_table_column(name: str) -> list[str]:
    """The first column of a table."""
    return [row["form"] for row in read_table(name, ("form",))]


@lru_cache(maxsize=65536)
def is_term(word: str) -> bool:
    """True for a term of medicine, or one with words of the report at its rim, that no list has as a surname."""
    plain = word.translate(VARIANTS)
    if len(plain) < 2 or grade(plain) >= RARE:
        return False
    terms, b = medical_runs(), book()
    if b.surnames.get(plain) or (plain in b.given and plain[-1] in "子美恵江代枝"):
        return False
    if plain in terms or plain in b.terms:
        return True
    parts = ((plain[:i], plain[i:]) for i in range(1, len(plain)))
    if plain in b.given or plain in b.place_names:
        return False
    return any(
        (a in terms and len(a) > 1 and (len(z) == 1 or z in terms or z in b.plain_words))
        or (z in terms and len(z) > 1 and (len(a) == 1 or a in b.plain_words))
        or (a in BODY and z[-1] in BODY and z in b.plain_words)
        for a, z in parts
    )


@lru_cache(maxsize=65536)
def value(name: str) -> float:
    """What a string of kanji is worth as a name, by the lists or else by its characters; very low for a known word."""
    b, plain = book(), name.translate(VARIANTS)
    if len(plain) == 1 and (name in stop_words("compound") or name in b.generic) and b.surnames.get(plain):
        return TRAP
    if name in stop_words("compound") or plain in medical_runs() or name in b.generic or _AGE.search(plain):
        return NEVER
    if len(plain) == 1 and (name in b.labels or name in stop_words("placeholder")):
        return NEVER
    g = grade(name)
    if g in (FULL, SURNAME):
        return 5.0 if g == FULL else 4.0
    if g == RARE:
        return 3.0
    if g == AMBIGUOUS:
        if len(plain) == 1:
            return NEVER if plain in BODY else 1.5
        return 0.7 if plain in b.words or plain in b.terms else 2.0
    if plain in b.given and plain in b.words and len(plain) == 2 and plain[-1] in "子美恵枝江" and plain not in b.terms:
        return 1.5
    if plain in b.words and plain not in roles() and likeness(plain) > 0.5:
        return PLAIN
    if len(plain) == 1:
        return NEVER if plain in BODY or plain in b.no_names or plain in _NO_SINGLE else SINGLE
    if (
        len(plain) < 2
        or plain in b.no_names
        or plain in roles()
        or plain[-1] in "所課室署局社"
        or plain[0] in "的系側用性化"
        or plain[-1] in "様殿"
    ):
        return NEVER
    odds = max(-2.0, min(2.0, likeness(plain)))
    if plain in b.given:
        odds = max(odds, 2.5 if plain[-1] in "子美恵江代枝郎男雄夫介助平吉" else 2.0)
    if len(plain) > 3 and any(
        plain[-n:] in b.given and plain[-n:] not in b.words and likeness(plain[:-n]) > 0.5 for n in (2, 3)
    ):
        odds = max(odds, 3.3)
    return odds + 0.5 if g == PARTLY else odds if g else odds - 1.0


@lru_cache(maxsize=65536)
def before(word: str) -> float:
    """How much the part of a run before a name speaks for one: a role or department (2.5), a loose one (1.5), none (0)."""
    loose = stop_words("loose_department")
    if word in roles():
        return 2.0 if word in loose else 2.5
    if word in left_words():
        return left_words()[word]
    for n in range(len(word) - 1, 1, -1):
        if word[-n:] in roles() and (n > 2 or word[-1] in "医者科師士直" or word[0] in "第一二三主副前現元"):
            return 0.5 if word[-n:] in loose else 2.0
    if len(word) == 2 and word[1] in "内外科" and word not in book().words and word not in medical_runs():
        return 2.0
    if len(word) > 2 and word[-1] in _ROLE_ENDS:
        return 1.5
    if len(word) > 1 and word.endswith(("病院", "医院", "産院", "診療所", "医局", "課", "署")):
        return 1.5
    return 0.5 if word[-1:] == "日" and word[:-1].strip("一二三四五六七八九十月年") == "" else 0.0


@lru_cache(maxsize=65536)
def kana_value(word: str) -> float:
    """What words in katakana are worth as a name: known names most, terms of medicine nothing."""
    parts = re.split("[ ・]", word)
    if any(p in medical_runs() or p in roles() or p in stop_words("value_kana") for p in parts):
        return NEVER
    known = sum(kana_known(p) for p in parts)
    if len(word) == 2 and not known:
        return 1.0 if word in book().given_kana else 0.0
    return (2.5 if known == len(parts) else 1.5 if known else 0.0) + (1.2 if known and len(parts) > 1 else 0.0)
