"""Names without a cue of their own, weighed: what the string looks like, what stands before it, what stands after it.

The weights are tenths of a natural logarithm by rank, not fitted: a strong slot (a department directly before, a verb of
telling directly after) weighs as much as a listed rare surname, and two strong facts or three weak ones make a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from jmid_nlp.deid.book import VARIANTS, book, katakana, stop_words
from jmid_nlp.deid.evidence import LISTED, Hit
from jmid_nlp.deid.kanji import AMBIGUOUS, FULL, PARTLY, RARE, RUN, SURNAME, after_words, grade
from jmid_nlp.deid.likeness import BODY, likeness
from jmid_nlp.deid.namescan import kana_known
from jmid_nlp.lexicon import read_table, split_forms
from jmid_nlp.offsets import fold

# the sum of worth and weights from which a string is taken for a name
THRESHOLD = 4.0
_NEVER = -9.0
PLAIN = 0.45  # a plain word outside medicine that could be a surname: only behind a role or department
SINGLE = 0.8  # one kanji that no list has as a surname: only behind a role, with something that ends it
_LEAST = -1.1  # a run that is worth less than this can reach the threshold in no place
_LONGEST_RUN = 14

# single kanji of forms and remarks that are no surnames
_NO_SINGLE = frozenset(
    "済可否未有無他同等約略別新旧再既非全各計総副準特臨至急緊込付引出入来行見言思得以於及或但尚又即各毎了完終始開閉起止発着送受取渡返貸借買売払切折曲直立座寝歩走飛落"
    "転倒打押抜差込呈示認疑除外残存消失増減縮拡張進退上下良悪善好強弱軽重薄厚太細硬軟濃淡明暗赤青白黒黄緑紫茶灰色形大小長短高低深浅遠近古新多少若老男女雄雌親"
) - frozenset("要曲旧込折")
_AGE = re.compile("[一二三四五六七八九十][歳才]")
_ROLE_ENDS = frozenset("士司師官係")


@cache
def _forms(side: str) -> tuple[tuple[str, float], ...]:
    rows = read_table("phi/slots.tsv", ("side", "weight", "forms"))
    pairs = [(fold(f).text, int(r["weight"]) / 10) for r in rows if r["side"] == side for f in split_forms(r["forms"])]
    return tuple(sorted(pairs, key=lambda p: (-len(p[0]), p[0])))


@cache
def _right_words() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(f) for f, _ in _forms("right")))


@cache
def _left_words() -> dict[str, float]:
    return dict(_forms("left"))


@cache
def _longest_left() -> int:
    return max(map(len, _left_words()))


@cache
def _inside_right() -> tuple[str, ...]:
    """The kanji of words of telling and doing that follow a name inside its run: 判断, 同席, 立会, 姓."""
    found = {m[0] for f, _ in _forms("right") if (m := RUN.match(f))}
    return tuple(sorted(found, key=lambda f: (-len(f), f)))


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
def value(name: str) -> float:
    """What a string of kanji is worth as a name, by the lists or else by its characters; very low for a known word."""
    b, plain = book(), name.translate(VARIANTS)
    if name in stop_words("compound") or plain in medical_runs() or name in b.generic:
        return _NEVER
    g = grade(name)
    if g in (FULL, SURNAME):
        return 5.0 if g == FULL else 4.0
    if g == RARE:
        return 3.0
    if g == AMBIGUOUS:
        if len(plain) == 1:
            return _NEVER if plain in BODY else 1.5
        return 0.7 if plain in b.words or plain in b.terms else 2.0
    if plain in b.words and plain not in roles() and likeness(plain) > 0.5:
        return PLAIN
    if len(plain) == 1:
        return _NEVER if plain in BODY or plain in b.no_names or plain in _NO_SINGLE else SINGLE
    if (
        len(plain) < 2
        or plain in b.no_names
        or plain in roles()
        or plain[-1] in "所課室署局社"
        or plain[0] in "的系側用性化"
        or _AGE.search(plain)
        or plain[-1] in "様殿"
    ):
        return _NEVER
    odds = max(-2.0, min(2.0, likeness(plain)))
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
    if word in _left_words():
        return _left_words()[word]
    for n in range(len(word) - 1, 1, -1):
        if word[-n:] in roles() and (n > 2 or word[-1] in "医者科師士" or word[0] in "第一二三主副前現元"):
            return 0.5 if word[-n:] in loose else 2.0
    if len(word) == 2 and word[1] in "内外科" and word not in book().words and word not in medical_runs():
        return 2.0
    if len(word) > 2 and word[-1] in _ROLE_ENDS:
        return 1.5
    if len(word) > 1 and word.endswith(("病院", "医院", "産院", "診療所", "医局", "課", "署")):
        return 1.5
    return 0.5 if word[-1:] == "日" and word[:-1].strip("一二三四五六七八九十月年") == "" else 0.0


def _followed(rest: str) -> float:
    """The weight of what follows a name in its run: a word that may follow names, one character only where it ends the run."""
    if rest in after_words():
        return 1.0 if len(rest) > 1 else 0.5
    return 1.0 if any(len(w) > 1 and rest.startswith(w) for w in after_words()) else 0.0


def _cut_word(run: str, cut: int) -> bool:
    """True where a word stands across the cut, such as 内服 in 内|服中."""
    words = book().plain_words
    return any(run[i:j] in words for i in range(max(0, cut - 3), cut) for j in range(cut + 1, min(len(run), i + 4) + 1))


@lru_cache(maxsize=65536)
def core(run: str) -> tuple[int, int, float, float, float] | None:
    """The part of a run that is most likely a name: (start, end, value, weight before, weight after), inside the run only."""
    n, best = len(run), None
    if n > _LONGEST_RUN or run in book().no_names or run in medical_runs():
        word = run in book().surnames or n == 1
        return (0, n, value(run), 0.0, 0.0) if word and value(run) > 0 else None
    inside = _inside_right()
    for p in range(n):
        left = before(run[:p]) if p else 0.0
        if p and not left:
            continue
        for q in range(min(n, p + 7), p, -1):
            rest = run[q:]
            right = 2.5 if rest.startswith(inside) else _followed(rest) if rest else 0.0
            if (rest and not right) or (q - p > 5 and grade(run[p:q]) != FULL):
                continue
            worth = value(run[p:q])
            if worth < (5 if p == 1 else 3) and _cut_word(run, p):
                continue
            found = (p, q, worth, left, right)
            if worth > _NEVER and (best is None or sum(found[2:]) > sum(best[2:])):
                best = found
    return best if best is not None and sum(best[2:]) > _LEAST else None


_TITLE = re.compile(r"[ \t]?(?:先生|医師|Dr|Ns|NS|RN|RT|MD|さん|様|氏|殿|君|くん|ちゃん)")
_TOLD = (
    r"(?:連絡|報告|電話|伝達|伝え|伝言|相談|依頼|説明|確認済|共有|送付|郵送|発送|転送|引き?継|申し?送|コール|照会|紹介|渡し"
    r"|TEL|FAX)"
)
_DID = (
    r"(?:対応|担当|施行|取得|確認し|確認済|説明|連絡|報告し|承認|読影|執刀|記載|撮影し|同席|到着|判断|訂正|指示|診察|依頼|入力|登録|作成"
    r"|送付"
    r"|付き?添|受け(?!て)|介助|穿刺|採血|搬送し|照合|代わ|\d{1,2}:\d\d)"
)
_RIGHT_SHAPES = (
    (re.compile(r"[ \t]{0,3}[(、,/]?[ \t]{0,2}\d{1,3}[ \t]?(?:歳|才|y(?![a-z])|[MF男女](?![A-Za-z]))"), 3.0),
    (re.compile(rf"(?:に|へ)[^\s、。,]{{0,10}}?{_TOLD}(?!され|でき)"), 2.0),
    (re.compile(rf"が[^\s、。,]{{0,16}}?{_DID}(?!され|でき|困難)"), 2.2),
    (re.compile(rf"(?:より|から)(?:[^\s、。,]{{0,6}}?{_TOLD}|折り?返)"), 2.0),
    (re.compile(r"[ \t]{0,2}\((?:PHS|内線|内|ext\.?|#)?[ \t]?\d{3,5}\)"), 2.0),
    (re.compile(r"[ \t]?\([^()\n]{0,7}(?:医|師|士|長|教授|年目|代理|代筆)\)"), 2.0),
    (re.compile(r"[ \t]{0,2}(?:PHS|内線|TEL|携帯|両名|(?!20)[2-9]\d{3}(?![\d年]))"), 1.5),
    (re.compile(r"[ \t]*(?:\Z|\n[ \t]*\Z)"), 1.5),
    (re.compile(r"[ \t]?[/／][ \t]?\d{2}(?![\d/.])"), 1.5),
    (re.compile(r"\"[ \t]*[,\]}\n]"), 1.3),
    (re.compile(r"[ \t]*\n|\"|<|\||;"), 1.0),
    (re.compile(r"(?:より|まで)[。、\n)]"), 1.0),
    (re.compile(r"[、。,)」』】\]]"), 0.7),
    (re.compile(r"[ \t]|[・/→]|:"), 0.6),
    (re.compile(r"から|より|まで|へ|に(?!く)|と(?!な|し)|が|は|を|の|も|で(?!き)"), 0.2),
)


def _told(t: str, end: int) -> float:
    if _right_words().match(t, end):
        return 2.5
    m = _TITLE.match(t, end)
    return 0.0 if m is None else 1.0 if m[0][-1] == "様" else 2.0


def right_weight(t: str, end: int) -> float:
    """The weight of what stands behind a possible name."""
    if m := _right_words().match(t, end):
        return 0.2 if t.startswith(("され", "でき", "し得", "困難"), m.end()) else 2.5
    if (m := _IN_BRACKETS.match(t, end)) and _is_office(m[1]):
        return 2.5
    if m := _TITLE.match(t, end):
        return 1.5 if m[0][-1] == "様" else 2.0  # what 様 means there is judged in titles.py
    return next((w for shape, w in _RIGHT_SHAPES if shape.match(t, end)), _NEVER)


_IN_BRACKETS = re.compile(r"[ \t]?\(([^()\n\d]{1,10})\)")


@lru_cache(maxsize=16384)
def _is_office(word: str) -> bool:
    """True for what a bracket behind a name may say of the person: 一次, 妻, 救急当直, 以上呼内."""
    label = book().labels.get(word)
    return before(word.removeprefix("以上")) >= 2 or (label is not None and label[0] == "person")


_LEFT_MARKS = {"、": 0.5, ",": 0.7, "。": 0.4, "/": 0.5, "・": 0.6, "→": 1.5, ">": 0.7, "|": 0.7, ";": 0.7, '"': 1.2}
_LEFT_MARKS |= {"(": 0.7, "「": 0.7, "[": 0.7, "【": 0.7, ":": 0.8, ")": 0.3, "】": 0.5, "」": 0.3, "-": 0.3, "@": 2.5}
_LEFT_MARKS |= dict.fromkeys("●■◆○□◇※①②③④⑤⑥⑦⑧⑨⑩*#", 0.8)
_ROLE_BACK = re.compile(
    r"([^\s、。,:/|<>()「」\[\]\"]{1,12})(?:[ \t]{0,3}[:/]?[ \t]{1,3}|[ \t]?:[ \t]?|の|は)\Z",
)
_NUMBER_BACK = re.compile(r"\d{3,}(?:-\d{1,4})?[ \t]{1,3}\Z|\d[/.月-]\d{1,2}日?[ \t]{1,3}\Z")
_KATA_ROLE = re.compile(r"[ァ-ヺー]{2,12}\Z")
_BULLET = re.compile(r"(?:\A|\n)[ \t]?\d{1,2}\Z")
_LATIN_ROLE = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,6}\Z")
_EXTENSION_BACK = re.compile(r"(?:内線|PHS|ext\.?)[ \t:]?\d{3,5}の\Z")
_HIRA = re.compile("[ぁ-ゖ]")


@lru_cache(maxsize=65536)
def _role_word(word: str) -> float:
    size = next((n for n in range(len(word), 0, -1) if word[-n:] in roles()), 0)
    if size < 2 and size != len(word):
        return 0.0
    return 2.5 if size == len(word) and word not in stop_words("loose_department") else 2.0


def left_weight(t: str, at: int) -> float:
    """The weight of what stands before a possible name."""
    if at == 0 or t[at - 1] == "\n":
        return 0.5
    words = _left_words()
    for n in range(min(at, _longest_left()), 0, -1):
        weight = words.get(t[at - n : at])
        if weight and not (t[at - n].isascii() and at > n and t[at - n - 1].isascii() and t[at - n - 1].isalpha()):
            return weight
    char = t[at - 1]
    if char in " \t:/のは":
        m = _ROLE_BACK.search(t, max(0, at - 20), at)
        weight = _role_word(m[1]) if m else 0.0
        if weight:
            return weight - 1.0 if char in "のは" else weight
        if char == "の" and _EXTENSION_BACK.search(t, max(0, at - 12), at):
            return 2.0
        if _NUMBER_BACK.search(t, max(0, at - 14), at):
            return 1.2
        return 0.8 if char == ":" else 0.2 if char in "のは" else 0.5
    if char.isdigit():
        return 0.8 if _BULLET.search(t, max(0, at - 4), at) else _NEVER
    if char.isascii() and char.isalpha():
        m = _LATIN_ROLE.search(t, max(0, at - 8), at)
        return 2.0 if m and m[0] in roles() else _NEVER
    if char != "・" and "ァ" <= char <= "ー":
        m = _KATA_ROLE.search(t, max(0, at - 14), at)
        return 2.5 if m and m[0] in roles() else _NEVER
    return _LEFT_MARKS.get(char, 0.2 if _HIRA.match(char) else _NEVER)


_STRONG_JOINT = re.compile(r"[ \t]{0,2}[・/→&＆][ \t]{0,2}|と")
_JOINT = re.compile(r"(?:[ \t]{0,2}[・/→&＆][ \t]{0,2}|と|、)")


def find_slots(t: str) -> Iterator[Hit]:
    """Names that their form and their place together prove."""
    last: tuple[int, float] = (-1, 0.0)
    proven = -1
    pending: Hit | None = None
    for run in RUN.finditer(t):
        found = core(run[0])
        if found is None:
            continue
        p, q, worth, left, right = found
        start, end = run.start() + p, run.start() + q
        if not p:
            left = left_weight(t, start)
            if left + worth < _LEAST:
                continue
        right = right_weight(t, end) if q == len(run[0]) else max(right, _told(t, end))
        total = worth + left + right + (1.0 if left >= 2 and 0.6 <= right < 2 else 0.0)
        if (worth == PLAIN and left < 2.5) or (worth == SINGLE and (left < 2 or right < 0.6)):
            continue
        if worth >= 4 and left + right < (2 if p else 2.5):  # known names in weak places are judged in bare.py
            if pending is not None and pending.end == last[0] and _STRONG_JOINT.fullmatch(t, last[0], start):
                yield pending
                pending = None
            last = (end, worth)
            continue
        if q == len(run[0]) and worth >= 2 and left >= 2:
            end = _given_behind(t, end)
        hit = Hit(start, end, "PERSON", "staff", min(0.9, max(0.5, 0.5 + total / 20)), "names.slot", LISTED)
        joined = not p and worth > 0.9 and last[1] > 0.9 and (m := _JOINT.fullmatch(t, last[0], start))
        if joined and min(left, right) > _NEVER:
            strong = m is not None and m[0] != "、"
            if pending is not None and strong and pending.end == last[0] and total + 1.5 >= THRESHOLD:
                yield pending
            total += 2.0 if proven == last[0] else 1.5 if strong else 1.0 if last[1] > 2.4 else 0.0
        pending = None
        if _eponym(t, end) or (end == run.end() and p == 0 and total < THRESHOLD + 1 and t.startswith("科", end)):
            last = (-1, 0.0)
            continue
        if total >= THRESHOLD:
            yield hit
            proven = hit.end
        elif total > THRESHOLD - 1.5:
            pending = hit
        last = (end, worth if total > 0 else 0.0)


_KATA_WORD = re.compile(r"(?<![ァ-ヺー・])[ァ-ヺー]{2,8}(?:[ ・][ァ-ヺー]{2,8}){0,3}(?![ァ-ヺー・])")
_HIRA_WORD = re.compile(
    r"(?<=[一-鿿 :])([ぁ-ゖー]{2,6})(?=[ \t]*(?:[、。)」\n(/|・]|\Z)|[ \t]{1,3}(?=[一-鿿])|に電話|に連絡|に報告|へ報告|へ連絡|へ電話|より連絡|より依頼)"
)
_HIRA_ROLE = re.compile(r"([^\s、。,:/|<>()「」\[\]\"ぁ-ゖ]{2,10})[ :]?\Z")
_VERB = re.compile(
    r"(?:ました|した|です|ます|する|れた|って|して|ない|なし|から|まで|より|など|ため|たい|てい|さん|の|は|が|を|に|と|も|で|て|た|る|く|し)\Z"
)


@lru_cache(maxsize=65536)
def kana_value(word: str) -> float:
    """What words in katakana are worth as a name: known names most, terms of medicine nothing."""
    parts = re.split("[ ・]", word)
    if any(p in medical_runs() or p in roles() or p in stop_words("value_kana") for p in parts):
        return _NEVER
    known = sum(kana_known(p) for p in parts)
    return (2.5 if known == len(parts) else 1.5 if known else 0.0) + (1.2 if known and len(parts) > 1 else 0.0)


def find_kana_slots(t: str) -> Iterator[Hit]:
    """Names in kana that their place proves: 広報ふなこし。, 検査 マツダ、, 夫 ジェームス(."""
    for m in _KATA_WORD.finditer(t):
        worth = kana_value(m[0])
        if worth < 0 or _eponym(t, m.end()):
            continue
        left = left_weight(t, m.start())
        if left < 1.5:
            left = max(left, _kanji_role(t, m.start()))
        right = right_weight(t, m.end()) if left > _NEVER else _NEVER
        if left >= 0.3 and worth + left + right + (1.0 if left >= 2 and 0.6 <= right < 2 else 0.0) >= THRESHOLD + 0.3:
            yield Hit(m.start(), m.end(), "PERSON", "staff", 0.7, "names.slot", LISTED)
    for m in _HIRA_WORD.finditer(t):
        kana = katakana(m[1])
        if (
            (kana not in book().surname_kana and kana not in book().given_kana)
            or _VERB.search(m[1])
            or m[1] in stop_words("value_hiragana")
        ):
            continue
        role = _HIRA_ROLE.search(t, max(0, m.start() - 11), m.start())
        if role and before(role[1]) >= 2 and (len(m[1]) > 2 or role[1] in _READERS):
            yield Hit(m.start(), m.end(), "PERSON", "staff", 0.7, "names.slot", LISTED)


_READERS = ("一次", "二次", "読影", "確認", "検像", "技師", "看護師", "確定", "撮影")


def _kanji_role(t: str, at: int) -> float:
    m = _HIRA_ROLE.search(t, max(0, at - 11), at)
    return before(m[1]) if m and m.end() == at and RUN.match(t[at - 1]) else _NEVER


_GIVEN_BEHIND = re.compile(r"[ \t]{1,2}([一-鿿々]{1,3})(?=[、。,)」\n]|\Z|様|さん|氏|先生|に|と)")


def _given_behind(t: str, end: int) -> int:
    """The end of a given name that no list knows, behind a surname in a strong place: 筆名は霧島 冬湖、."""
    m = _GIVEN_BEHIND.match(t, end)
    if m is None or m[1] in book().no_names or m[1] in medical_runs() or m[1] in roles() or m[1] in BODY:
        return end
    return m.end()


def _eponym(t: str, at: int) -> bool:
    if _TITLE.match(t, at):
        return False
    return t.startswith(book().eponym_suffix, at) or (at < len(t) and t[at] == "式") or bool(_EPONYM_PAIR.match(t, at))


_EPONYM_PAIR = re.compile(r"[・\-][^\s、。]{1,8}?(?:病|症候群|分類|法|型|現象|三角|手術)")
