"""Dates in short or damaged writing: signs between era and year, eras left out, a second date that shares the first one's
year, pairs beside a clock time, kanji numerals, days or months that cannot be.

Shapes that are also levels, margins or versions need a word beside them. Each family of patterns runs only where a cheap
look at the text says that it can match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from jmid_nlp.text.dateparts import Part
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.monthday import small_pair
from jmid_nlp.text.shape import shapes, words

_KN = "〇零一二三四五六七八九十廿"
_MON = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)"
_DID = (
    r"(?:撮影|撮像|施行|実施|手術|術|入院|退院|転院|来院|受診|再診|初診|外来|転倒|受傷|発症|予約|予定|記載|記|作成|報告|依頼|"
    r"説明|面談|カンファ|再検|再撮|再発|生まれ|生|付|提出|採血|検査|健診|照射|開始|終了|CT|MRI|MR|PET|XP|US|ope|OP)"
)
_OLD = "(?:睦月|如月|弥生|卯月|皐月|水無月|文月|葉月|長月|神無月|霜月|師走)"
_END = r"(?![0-9A-Za-z.\-/]|[ ]?(?:mm|cm|mL|ml|mg|HU|Gy|%|倍|回|個))"

# 昭・33・6・21, 令-6-2-8, 令六・八・二, 昭禾15年7月l9日, 平成25年?月, 令和六年弥生
_ERA_SIGN = lazy(
    rf"(?<![水扁公指号命法省司A-Za-z0-9])(?:(?:昭和?|平成?|令和?|"
    rf"大正|明治)[ ]?[.・\-‐−ー/、 ]{{1,2}}[ ]?(?:\d{{1,2}}|[{_KN}]{{1,3}})"
    rf"|(?:昭和?|平成?|令和?|大正|明治)[{_KN}]{{1,3}})(?:[.・\-‐−ー/](?:\d{{1,2}}|[{_KN}]{{1,3}})){{1,2}}(?![0-9{_KN}])"
)
_ERA_BROKEN = lazy(
    r"(?:昭[禾知利]|令[禾知利]|平[戍戊]|昭和|平成|令和)[ ]?[0-9OIl元]{1,2}[ ]?(?:年[ ]?[0-9OIl?○〇]{1,2}[ ]?月(?:[ ]?"
    r"[0-9OIl?○〇]{1,2}[ ]?[日曰臼])?|年[ ]?\?{0,2}月(?:\?{0,2}日)?|[.\-/][0-9OIl]{1,2}[.\-/][0-9OIl]{1,2})"
)
_ERA_OLD = re.compile(
    rf"(?:(?:昭和|平成|令和|大正)(?:元|\d{{1,2}}|[{_KN}]{{1,3}})年の?|(?:19|20)\d\d年の?)?{_OLD}"
    rf"(?:の?(?:\d{{1,2}}|[{_KN}]{{1,3}}|晦)日|(?<=年..)|(?<=年...)|(?<=年の..)|(?<=年の...))"
)
_YEAR_BROKEN = re.compile(
    r"(?<![0-9A-Za-z])[12][0-9OIlSBZ]{3}[ ]?年[ ]?(?:[0-9OIl?○]{1,2}[ ]?月(?:[ ]?[0-9OIl?○]{1,2}[ ]?[日曰臼])?|\?{1,2}月)"
)
# a letter of an era: R6/8月, R1/11に, R6.7に再検, H.27頃, LMPR5.11.27
_LETTER = lazy(
    rf"(?<![A-Za-z0-9/+・,.\-])(?:[HR]\d{{1,2}}|S[1-6]\d)(?:/(?:1[0-2]|0?[1-9])(?:月|(?=[ ]?(?:に|で|より|から|まで|"
    rf"頃|、|。|[)）]|"
    rf"{_DID}|$|\n)))|\.(?:1[0-2]|0?[1-9])(?=(?:に|から|より|まで|頃){_DID}|頃|月|[ ]?{_DID}))(?![0-9/.])"
)
_LETTER_DOT = re.compile(
    r"(?<![A-Za-z0-9])[HSR]\.[ ]?\d{1,2}(?=年|頃|ごろ|[春夏秋冬]|生|に(?:手術|切除|発症|入院|初))年?"
)
_GLUED = re.compile(
    r"(?<=[A-Za-z])(?:(?:19|20)\d\d[/.\-年](?:1[0-2]|0?[1-9])[/.\-月](?:3[01]|[12]\d|0?[1-9])日?(?![0-9])"
    r"|(?:(?<=LMP)|(?<=EDC)|(?<=EDD)|(?<=DOB)|(?<=OP))[MTSHR]\d{1,2}[./\-年]\d{1,2}[./\-月]\d{1,2}日?)"
)
# three numbers without an era: 日=6.3.5, 6/7/3撮影, 5-6-6に説明, a line that ends with 6.9.30
_TRIPLE = re.compile(
    rf"(?<![0-9A-Za-z./\-・,])(?P<y>[1-9]|[1-6]\d)(?P<s>[./\-・])(?P<m>1[0-2]|0?[1-9])(?P=s)(?P<d>3[01]|"
    rf"[12]\d|0?[1-9]){_END}"
)
_TRIPLE_LEFT = re.compile(
    r"(?:日|日付|日時|[Dd]ate|DATE|DOB|dt|生|撮影|作成|記載|[本今]日)[ ]?[:=は]?[ ]?[\"'(]?\Z|\n[^\n]{0,2}\Z"
)
_TRIPLE_RIGHT = re.compile(rf"[ ]?(?:に?{_DID}|[ \t]\d{{1,2}}:\d\d)")
_LINE_END = re.compile(r"[ \t]*(?:\n|\Z|\|)")
_NO_TRIPLE = re.compile(r"(?:[Vv]er|[Vv]ersion|版|[Rr]ev|Synapse|ソフト|Windows|iOS|第|図|表)[^\n]{0,3}\Z")
_CROSSED = re.compile(r"(?<![0-9])\d\d/\d\d/\d{4}(?![0-9/])|(?<![0-9A-Za-z])\?{1,4}[\-/]\d{1,2}[\-/]\d{2,4}(?![0-9])")
# what shares the year, or year and month, of the date before it: 2024.2.8→4.26, 昭和45~52年, H30.4~R2.3
_SECOND = re.compile(
    r"(?:(?:19|20)\d\d|[SHR]\d{1,2}|['’]?\d\d)(?P<s>[./])\d{1,2}(?P=s)\d{1,2}[ ]?[→⇒~〜～、,\-][ ]?(?:(?:19|"
    r"20)?\d\d(?P=s))?"
    r"(?P<x>\d{1,2}(?P=s)\d{1,2})(?![0-9.]|[ ]?(?:mm|cm))"
)
_SECOND_YEAR = re.compile(
    r"(?:昭和|平成|令和|大正|[SHR])(?:\d{1,2}|元)年?[ ]?(?:[~〜～\-→]|から)[ ]?(?P<x>\d{1,2})年(?!間|前|後)"
)
_SECOND_ERA = re.compile(r"[SHR]\d{1,2}[./]\d{1,2}[ ]?[~〜～\-→][ ]?(?P<x>[SHR]\d{1,2}[./]\d{1,2})(?![0-9.])")
_DAYS = re.compile(r"(?:1[0-2]|[1-9])月[ ]?(?:\d{1,2}日?[ ]?[、,・/][ ]?){1,6}(?:\d{1,2})日(?!間|目)")
# a pair beside a clock time, in front of an examination or an event, at the head of a line
_CLOCK = re.compile(
    r"(?<![0-9A-Za-z./\-+])(?P<m>1[0-2]|0?[1-9])[/.・](?P<d>3[01]|[12]\d|"
    r"0?[1-9])(?=[ \t]{0,3}(?:\([月火水木金土日]\))?[ \t]{0,3}"
    r"(?:(?:[01]?\d|2[0-3]):[0-5]\d|(?:[01]?\d|2[0-3])時(?!間)|午[前後]|[AP]M\d))"
)
_EVENT = re.compile(
    r"(?P<m>[0-9](?<![0-9A-Za-z./\-+・,].)(?:(?<=1)[0-2]|(?<=0)[1-9]|(?<=[1-9])))(?P<s>[/・])"
    r"(?P<d>3[01]|[12]\d|0?[1-9])(?=[ ]?(?:に|の)?(?:撮影|"
    r"撮像|施行|手術|"
    r"入院|退院|転院|来院|受診|再診|初診|転倒|受傷|発症|予約|予定|健診|他院|前医|当院|に?再検)|の(?:造影|単純|胸部|腹部|頭部)?"
    r"(?:CT|MRI|MR|PET|XP|US|X線|写真|検査|画像)|[ ]?(?:CT|MRI|PET|XP)(?:と|で|に|の|、|。)|まで[。、\n])"
)
_HEAD = re.compile(
    r"(?:^|(?<=\n))[ \t]*[・●○◆■※*\-]?[ \t]?(?P<v>(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9]))(?=[ ]?:[^0-9])|"
    r"(?<=[ \t])(?P<w>(?:1[0-2]|0?[1-9])/(?:1[3-9]|2\d|3[01]))(?=[ ]?:[^0-9])"
)
_HEAD_YEAR = lazy(
    r"(?:^|(?<=\n)|(?<=[、。 ]))[・●○◆■※*]?[ \t]?(?P<v>H[1-3]?\d|(?:19[4-9]|"
    r"20[0-4])\d)(?=年?[ ]?[:][ ]?[一-鿿ァ-ヺ])|(?:^|(?<=\n))(?P<w>[HR]\d{1,2}|S[2-6]\d)(?=、|年)"
)
_COUNT_LEFT = re.compile(
    r"(?:[NnTtMm][0-3x][a-c]?|節|転移|陽性|陰性|スコア|score|VAS|NRS|MMT|[Se]e?|[Ii]m|画像|スライス)[ ]?[(（]?\Z"
)
_WRONG = re.compile(rf"(?<![0-9A-Za-z./\-])(?:1[0-2]|0?[1-9])/3[2-9](?=[ ]?(?:に|の|から|より)?(?:健診|検診|{_DID}))")
_XUN = re.compile(r"(?<![0-9A-Za-z./\-])(?:1[0-2]|[1-9])/(?:[上中下初]旬|末(?![梢端節期])|頭(?![部頸蓋]))")
_UPPER_MONTH = re.compile(r"(?<=[A-Z])(?:1[0-2]|[1-9])月(?:[上中下初]旬|末|半ば|(?:3[01]|[12]\d|[1-9])日)")
_NEXT_MONTH = re.compile(
    rf"(?:次回|次回は|次は|前回|前回は|予約は|再診は|予定は|受診は)(?P<v>(?:十[一二]?|[一二三四五六七八九])月)(?![{_KN}前後間])"
)
_KANJI_DAY = lazy(
    rf"(?<![{_KN}月第数か時分百千])(?P<v>(?:三[〇十]一?|[一二][〇一二三四五六七八九]|二?十[一二三四五六七八九]?|"
    rf"[一二三四五六七八九])日)"
    rf"(?=に(?:撮|施|検査|受診|来院|入院|退院|手術|再診|再検|予約|予定|お|ご))"
)
# a day of the month alone: 14日まで見合わせ, 18日に伺う, 7日午後, 次は9日, 19~21日; not a count of days
_LONE_DAY = lazy(
    r"(?<![0-9.月〜~～後約第計各毎隔齢間過])(?P<v>(?:3[01]|[12]\d|[1-9]|三十一?|"
    r"二?十[一二三四五六七八九]?)日)(?=午前|午後|朝|夜|夕|未明|深夜|早朝|昼|の(?:朝|夜|昼|夕|午前|午後|深夜|早朝|外来|予約)|"
    r"に(?:伺|来(?!な)|行|受診|撮|検査|手術|退院|入院|転院|予約|再診|再検|説明|面談|電話|連絡|報告|CT|MRI|XP|施行|"
    r"実施|植皮|生検|抜|帰|戻|届|提出|会|外来|初診|上京|付|お|ご|変更|延期)|"
    r"まで(?:見合|延期|続|入院|休|保留|待)|から(?:入院|開始|外来|出勤|発熱|咳|腹|痛|再開)|[、。][^0-9]{0,4}(?:が|"
    r"は)?(?:当番|担当|予定)|[（(][月火水木金土日][)）]|より(?:入院|開始|再開)|締|(?:手術|撮影|退院|入院|受診|再診|"
    r"検査|CT|MRI)(?=[。、]|予定|と))"
    r"|(?:(?<=次は)|(?<=次回は)|(?<=試合は)|(?<=撮影は)|(?<=予約は)|(?<=翌週)|(?<=今週)|(?<=来週)|(?<=通報は)|"
    r"(?<=手術は)|(?<=再診は))[ ]?(?P<w>(?:3[01]|[12]\d|[1-9])日)"
    r"|(?<![0-9.月/])(?P<x>(?:3[01]|[12]\d|[1-9]))(?=[〜~～\-](?:3[01]|[12]\d)日(?![間をで程]|以|後|前))"
)
_LONE_ISH = re.compile(
    r"日(?<=[0-9一二三四五六七八九十].)(?:[午朝夜夕未深早昼のにまか、。（(よ締手撮退入受再検CM]|(?<=[〜~～\-]..日)|"
    r"(?<=[は週].日)|(?<=[は週]..日)|(?<=[は週]...日))"
)
_LONE_LEFT = re.compile(
    r"(?:術後|発症|受傷|生後|日齢|入院|病|第|約|計|各|毎|隔|過去|ここ|この|最近|直近|最長|最短|以上|後|前|連続|"
    r"[0-9]回)[ ]?(?:後|目)?\Z"
)
_RANGE_DAY = re.compile(r"(?<=[0-9〜~～\-])[〜~～\-](?P<v>(?:3[01]|[12]\d)日)(?![間をで程]|以|後|前)")
_SPACED = lazy(
    rf"(?<![0-9])(?:(?=\d{{1,3}}[ ])[12][ ]?\d[ ]?\d[ ]?\d|(?:令|平|"
    rf"昭)[ ]?[和成]?[ ]?\d(?:[ ]\d)?)[ ]?年[ ]?(?:\d[ ]?){{1,2}}月(?:[ ]?(?:\d[ ]?){{1,2}}日)?"
    rf"|(?:昭[ ]?和|平[ ]?成|"
    rf"令[ ]?和)[ ]?[{_KN}](?:[ ]?[{_KN}]){{0,2}}"
    rf"[ ]?年(?:[ ]?[{_KN}](?:[ ]?[{_KN}])?[ ]?月(?:[ ]?[{_KN}](?:[ ]?[{_KN}]){{0,2}}[ ]?日)?)?"
)
_PATH_DAY = re.compile(r"(?<=/)(?P<v>20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?=[/_.])")
_WEEKDAY = re.compile(
    r"(?<![0-9A-Za-z./\-])(?P<v>(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9]))(?=[月火水木金土日][)])"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.?,? (?P<w>(?:1[0-2]|0?[1-9])/(?:3[01]|[12]\d|0?[1-9]))(?![0-9/])"
)
_MIXED = lazy(
    rf"(?<![{_KN}第])(?:[二三四五六]?十[一二三四五六七八九]?|"
    rf"[二三四五六七八九])年[一二三四五六七八九十]{{1,2}}月(?:[{_KN}]{{1,3}}日)?|(?<![0-9{_KN}第か数])(?:1[0-2]|[1-9]|"
    rf"十[一二]?|[一二三四五六七八九])月の?(?:[{_KN}ニー0-9OIl]{{1,4}})[日曰目](?!間|目)"
    rf"|(?:昭和|平成|令和|大正)[{_KN}卅ニ0-9]{{1,4}}年(?!代|前|後|間|目)(?:の?{_OLD})?|(?:昭和|平成|"
    rf"令和)\d{{1,2}}[./・](?:{_OLD}|"
    rf"\d{{1,2}})[./・]\d{{1,2}}"
)
_SEX_YEAR = re.compile(
    r"(?<![A-Za-z0-9])[MTSH]\d{1,2}(?=[♂♀]|に(?:ここ|嫁|結婚|就職|入社|上京|渡|引揚|引き揚|創業|開業|生|父|母|兄|弟|"
    r"子))|(?<![0-9A-Za-z])(?:19|20)\d\d(?=シーズン|年度|大会|春|秋)"
)
_DOTTED = re.compile(
    r"(?<![0-9A-Za-z])(?:19|20)\d\d[・_](?:1[0-2]|0?[1-9])(?:[・_](?:3[01]|[12]\d|0?[1-9]))?(?=比|の|に|撮|と|より|"
    r"から|[ 、。)\n]|$)"
)
_JOINED = re.compile(r"(?<![0-9A-Za-z])(?:(?:19|20)\d\d|\d\d)([/\-])\d\d\1\d\d(?=(?:[01]\d|2[0-3]):[0-5]\d)")
_ENGLISH = re.compile(
    rf"['’]\d\d[ ]?{_MON}\.?(?:[ ]?\d{{1,2}})?(?![0-9A-Za-z])|(?<![A-Za-z]){_MON}\.?[ ]?['’]\d\d(?![0-9])"
)
_SEASON = re.compile(
    r"(?<![0-9.第約間後前])[0-3]\d年[春夏秋冬](?=に|の|、|頃|から|より|健診|$)|"
    r"(?<![0-9A-Za-z./\-])(?:19|20)\d\d(?=[/、]?[春夏秋冬](?:に|再|、|の|頃|手|入|健))"
)
_BORN = re.compile(
    r"(?:(?<=生年月日)|(?<=生年月日[ :は])|(?<=誕生日)|(?<=誕生日[ :は])|(?<=DOB)|"
    r"(?<=DOB[ :]))\d{1,2}([/.\-])\d{1,2}\1\d{2,4}(?![0-9])|"
    r"(?:(?<=生年)|(?<=生年[ :=は])|(?<=[Bb]orn )|(?<=[Bb]orn in )|(?<=YOB)|(?<=YOB[ :]))(?:19|20)\d\d(?![0-9/.\-年])"
)
_BORN_YEAR = re.compile(r"(?<![0-9.第約])[2-9]\d年(?=生まれ)")
_CELL_YEAR = re.compile(r"(?<=\|)[ ]?(?:19[1-9]|200)\d(?=[ ]?\|)")


_Gate = Callable[[str], bool]


def _any(*forms: str) -> _Gate:
    return words(*forms)


def _like(pattern: str, *forms: str) -> _Gate:
    """A look for a pattern, taken only where one of the words stands in the text."""
    look, near = lazy(pattern), words(*forms)
    return lambda t: near(t) and look.search(t) is not None


_LETTERED = re.compile(r"(?:[HR]\.?[ ]?\d|S\.?[ ]?[1-6]\d)\d?[/.年頃に春夏秋冬生ご]")
_LETTER_SHAPES = shapes(
    *(f"A{d}{n}{sign}" for d in ("", ".", " ", ". ") for n in ("0", "00") for sign in "/.年頃に春夏秋冬生ご")
)


def _era_letter(t: str) -> bool:
    return _LETTER_SHAPES(t) and _LETTERED.search(t) is not None


_SEX_SHAPES = shapes(
    *(f"A{n}{sign}" for n in ("0", "00") for sign in "♂♀に"), "0シーズン", "0年度", "0大会", "0春", "0秋"
)
_SEX_ISH = re.compile(r"[MTSH]\d{1,2}(?:[♂♀]|に)|\d(?:シーズン|年度|大会|春|秋)")


def _sex_year(t: str) -> bool:
    return _SEX_SHAPES(t) and _SEX_ISH.search(t) is not None


_HEAD_COLON = re.compile(r"(?:H\d|(?:19|20)\d)\d?\d?年?[ ]?:")
_COLON_SHAPES = shapes(
    *(f"{n}{year}{blank}:" for n in ("A0", "A00", "000") for year in ("", "年") for blank in ("", " "))
)
_HEAD_LETTER = re.compile(r"(?:^|\n)[HRS]\d")
_HEAD_SHAPES = shapes("\nA0")


def _head_year(t: str) -> bool:
    if _COLON_SHAPES(t) and _HEAD_COLON.search(t):
        return True
    return (t[:1] in ("H", "R", "S") or _HEAD_SHAPES(t)) and _HEAD_LETTER.search(t) is not None


_DAY_SHAPES = shapes(*(f"/{day}{name})" for day in ("0", "00") for name in "月火水木金土日"))
_DAY_NAMES = words("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _weekday(t: str) -> bool:
    return _DAY_SHAPES(t) or _DAY_NAMES(t)


# patterns that run only where a cheap look finds what they need, with the name of the group that holds the date
_GATED: tuple[tuple[_Gate, str, tuple[re.Pattern[str], ...]], ...] = (
    (
        _like(
            rf"[昭平令正治][和成]?[ ]?[.・\-‐−ー/、 ]|[昭平令正治][和成]?[{_KN}]",
            "昭",
            "令",
            "平成",
            "平.",
            "平・",
            "平-",
            "大正",
            "明治",
        ),
        "",
        (_ERA_SIGN,),
    ),
    (_any("昭和", "平成", "令和", "昭禾", "昭知", "昭利", "令禾", "令知", "令利", "平戍", "平戊"), "", (_ERA_BROKEN,)),
    (_era_letter, "", (_LETTER, _LETTER_DOT)),
    (shapes(*(f"{letter}0000{sign}" for letter in "Aa" for sign in "/.-年"), "AAA0"), "", (_GLUED,)),
    (_like(r"[12][0-9OIlSBZ]{3}[ ]?年", "年"), "", (_YEAR_BROKEN,)),
    (_like(r"(?:19|20)\d\d[・_]", "・", "_"), "", (_DOTTED,)),
    (_any("月", "平成", "昭和", "令和", "大正"), "", (_MIXED,)),
    (
        _sex_year,
        "",
        (_SEX_YEAR,),
    ),
    (_weekday, "v", (_WEEKDAY,)),
    (_like(r"/20[0-4]\d[01]\d[0-3]\d[/_.]", "/20"), "v", (_PATH_DAY,)),
    (_any("'", "’"), "", (_ENGLISH,)),
    (_any("春", "夏", "秋", "冬"), "", (_SEASON,)),
    (_any("生年", "誕生日", "DOB", "orn ", "YOB"), "", (_BORN,)),
    (_any("年生まれ"), "", (_BORN_YEAR,)),
    (_like(r"\|[ ]?(?:19|20)\d\d[ ]?\|", "|"), "", (_CELL_YEAR,)),
    (
        _like(
            rf"\d[ ]\d[ \d]*年|[昭平令][ ]?[和成]?[ ]?\d(?:[ ]|\d[ ])|[昭平令][ ][和成]|[和成][ ][{_KN}]",
            "年 ",
            " 年",
            "昭",
            "令",
            "平成",
            "平 ",
        ),
        "",
        (_SPACED,),
    ),
    (shapes(*(f"0{a}00{b}0000:" for a in "/-" for b in "/-")), "", (_JOINED,)),
    (_like(r"\d[./]\d{1,2}[./]\d{1,2}[ ]?[→⇒~〜～、,\-]", "/", "→", "⇒", "~", "〜", "～"), "x", (_SECOND,)),
    (
        _like(r"[~〜～\-→ら][ ]?(?:\d{1,2}年|[SHR]\d)", "~", "〜", "～", "-", "→", "から"),
        "x",
        (_SECOND_YEAR, _SECOND_ERA),
    ),
    (_head_year, "v", (_HEAD_YEAR,)),
    (shapes("00/00/0000", "?-0", "?/0"), "", (_CROSSED,)),
    (_any("/32", "/33", "/34", "/35", "/36", "/37", "/38", "/39"), "", (_WRONG,)),
    (_any("/上", "/中", "/下", "/初", "/末", "/頭"), "", (_XUN,)),
)


def more_dates(t: str) -> Iterator[Part]:
    """Dates of the shapes above in a folded text."""
    if "月" in t or "弥生" in t or "師走" in t or "日" in t:
        yield from _months(t)
    for gate, group, patterns in _GATED:
        if gate(t):
            for pattern in patterns:
                for m in pattern.finditer(t):
                    yield _part(*m.span(m.lastgroup or 0 if group else 0), "odd")
    yield from _pairs(t)


_OLD_WORDS = words("睦月", "如月", "弥生", "卯月", "皐月", "無月", "文月", "葉月", "長月", "霜月", "師走")
_KANJI_DAY_ISH = re.compile(r"[十〇一二三四五六七八九]日に")
_MONTH_LIST = re.compile(r"月[ ]?\d{1,2}日?[ ]?[、,・/][ ]?\d")


def _months(t: str) -> Iterator[Part]:
    for m in _NEXT_MONTH.finditer(t) if "月" in t else ():
        yield _part(m.start("v"), m.end("v"), "month")
    if _KANJI_DAY_ISH.search(t):
        for m in _KANJI_DAY.finditer(t):
            yield _part(m.start("v"), m.end("v"), "day")
    if _OLD_WORDS(t):
        for m in _ERA_OLD.finditer(t):
            yield _part(m.start(), m.end(), "old-month")
    if "日" in t:
        for m in _LONE_DAY.finditer(t) if _LONE_ISH.search(t) else ():
            start, end = m.span(m.lastgroup or 0)
            if not _LONE_LEFT.search(t[max(0, start - 6) : start]):
                yield _part(start, end, "day")
        for m in _RANGE_DAY.finditer(t):
            yield _part(*m.span("v"), "day")
    for m in _UPPER_MONTH.finditer(t) if "月" in t else ():
        yield _part(m.start(), m.end(), "month-day")
    if "月" in t and _MONTH_LIST.search(t):
        for m in _DAYS.finditer(t):
            yield _part(m.start(), m.end(), "month-day")


_TRIPLE_ISH = re.compile(r"\d[/.\-・]\d{1,2}[/.\-・]\d")
_CLOCK_SHAPES, _CLOCK_WORDS = shapes("0:00", "0時"), words("AM", "PM", "午前", "午後")
_HEAD_PAIR = shapes("/0:", "/00:", "/0 :", "/00 :")
_PAIR_ISH = re.compile(r"\d[/・]\d|\d\.\d{1,2}[ \t]{0,3}(?:\d|午)")


def _pairs(t: str) -> Iterator[Part]:
    if _TRIPLE_ISH.search(t):
        for m in _TRIPLE.finditer(t):
            if _is_triple(t, m):
                yield _part(m.start(), m.end(), "no-era")
    if not _PAIR_ISH.search(t):
        return
    for pattern in (_CLOCK, _EVENT) if _CLOCK_SHAPES(t) or _CLOCK_WORDS(t) else (_EVENT,):
        for m in pattern.finditer(t):
            before = t[max(0, m.start() - 10) : m.start()]
            fraction = t.startswith("まで", m.end()) and int(m["d"]) < 6
            if (
                not fraction
                and not _COUNT_LEFT.search(before)
                and not ("・" in m[0] and small_pair(int(m["m"]), int(m["d"])))
            ):
                yield m.start(), m.end(), None, int(m["m"]), int(m["d"]), "none", "month-day"
    if _HEAD_PAIR(t):
        for m in _HEAD.finditer(t):
            yield _part(*m.span(m.lastgroup or 0), "month-day")


def _is_triple(t: str, m: re.Match[str]) -> bool:
    before = t[max(0, m.start() - 12) : m.start()]
    if _NO_TRIPLE.search(before):
        return False
    if _TRIPLE_LEFT.search(before) or _TRIPLE_RIGHT.match(t, m.end()):
        return True
    return m["s"] in "./" and before[-1:] in (" ", "\t", "|") and _LINE_END.match(t, m.end()) is not None


def _part(start: int, end: int, form: str) -> Part:
    return start, end, None, None, None, "none", form
