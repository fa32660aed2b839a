"""Places other than addresses: roads, shores, mountains and crossings of an accident, hotels and houses with a room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.book import book, stop_words
from jmid_nlp.deid.evidence import GRAMMAR, LISTED, Hit
from jmid_nlp.deid.kanji import KANJI
from jmid_nlp.deid.shortnames import placeish
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import words

_N = rf"[{KANJI}ヶケノ]"
_ROAD = lazy(
    rf"(?:国道|県道|府道|都道|道道|市道|町道|村道|林道|"
    rf"農道)[ ]?(?:\d{{1,4}}号)?(?:線)?(?:[ の]?{_N}{{2,8}}?(?:バイパス|交差点|トンネル|大橋|橋|峠|先|IC|インター|坂|"
    rf"海岸|町先)?)?"
    r"(?=付近|沿い|上|路上|で|に|の|より|から|、|。|[ )]|$)"
)
_MOTORWAY = lazy(
    rf"(?:{_N}{{2,5}}(?:自動車道|高速道路|高速|道))[ ]?{_N}{{1,6}}(?:SA|PA|IC|JCT|サービスエリア|パーキング|インター|"
    rf"料金所|トンネル|出口)"
)
_SPOT = lazy(
    rf"(?P<n>{_N}{{1,6}}|[ァ-ヺー]{{2,8}}|[ぁ-ゖ]{{3,5}}{_N}{{0,3}})(?P<k>河川敷|峡|湖|瀬戸|海峡|渓流|湿原|海岸|"
    rf"海水浴場|湖畔|渓谷|峠|ダム|漁港|"
    rf"港|埠頭|ふ頭|スキー場|キャンプ場|ゴルフ場|"
    r"スクランブル交差点|交差点|踏切|水門|大橋|公園|遊園地|山頂|登山口|温泉|ドーム|球場|スタジアム|競馬場|駐車場|"
    r"バイパス|トンネル|インター|IC|SA|PA|堤防|用水路|沖|島|岳|山|川|沢|バットレス)"
    r"(?=付近|で(?!は|あ)|から(?:転|滑|搬|落)|より(?:転|搬|滑)|に(?:転落|墜|落ち)|の(?:路上|ホーム|岩|斜面|崖|登山|"
    r"山中|岩淵|水門|船上|船内|駐車場|トイレ|売店|階段|沖)|[)]|、|付近|内)"
)
_SURE_KINDS = stop_words("place_kind")
_ACCIDENT = re.compile(
    r"転落|滑落|溺|遭難|発見|衝突|事故|転倒|受傷|墜落|雪崩|遊泳|登山|下山|救助|墜死|水難|落下|発症|倒れ|搬送|釣り|"
    r"胸痛|意識|痙攣|けいれん|心停止|CPA|暴行|喧嘩|刺され|殴"
)
_HOTEL = lazy(
    rf"(?:ホテル|旅館|民宿|ペンション|コテージ|ゲストハウス|ロッジ|オーベルジュ|ユースホステル)[ ]?(?P<n>{_N}{{1,6}}|"
    rf"[ァ-ヺー]{{2,10}}|[ぁ-ゖ]{{2,6}}(?:の[{KANJI}])?)(?:[ ]?\d{{2,4}}(?=号|室|に|宿|$|[ )、。\n]))?"
    r"(?=号|[ )、。\n]|に|で|から|より|の|宿|滞|泊|$)"
)
_HOUSE = lazy(
    rf"(?:(?:{_N}|[ァ-ヺー]|[ぁ-ゖ]){{0,8}}(?:ハイツ|コーポ|ハイム|メゾン|レジデンス|マンション|団地|アパート|"
    rf"シャトー|シャトレ|ヴィラ|パレス|荘|寮|住宅|官舎|宿舎)"
    rf"(?:{_N}|[ァ-ヺー]|[ぁ-ゖ]){{0,6}})[ ]?(?:\d{{1,3}}号?棟|[A-Z]棟?)?[ \-]?(?:(?:\d{{1,2}}-)?\d{{2,4}}|"
    rf"\d{{1,2}}-[A-Z0-9]{{1,2}})(?![0-9.]|"
    rf"[ ]?(?:mm|cm|年|月|日|歳|人|例))(?:号室|号)?"
    rf"|[ァ-ヺー]{{3,8}}{_N}{{0,4}}[ ]?\d{{3,4}}(?=号室|[ ]*\n(?=[^0-9]))"
)
_HOUSE_LEFT = re.compile(r".{1,8}?(?:は|が|を|に|で|も|から|より)(?=.{2})")
_SCENE = lazy(
    r"[国県府都道市町村林農]道|高速|[一-鿿](?:SA|PA|IC|JCT)|瀬戸|海峡|渓流|湿原|河川敷|海岸|水浴場|湖畔|渓谷|峠|ダム|港|頭|"
    r"スキー場|キャンプ場|ゴルフ場|交差点|踏切|水門|大橋|公園|遊園地|山頂|"
    r"登山|温泉|ドーム|球場|スタジアム|競馬場|駐車場|バイパス|トンネル|インター|堤防|用水路|[岳山川沢島沖湖峡](?:付近|で|"
    r"から|より|に|の)|バットレス"
)
_LODGES = words("ホテル", "旅館", "民宿", "ペンション", "コテージ", "ゲストハウス", "ロッジ", "ホステル")
_ROADS = words(
    "国道",
    "県道",
    "府道",
    "都道",
    "市道",
    "町道",
    "村道",
    "林道",
    "農道",
    "高速",
    "自動車道",
    "SA",
    "PA",
    "IC",
    "JCT",
)
_SPOTS = words(
    *(
        "河川敷",
        "海岸",
        "海水浴場",
        "峡",
        "湖",
        "瀬戸",
        "渓流",
        "湿原",
        "湖畔",
        "渓谷",
        "ダム",
        "港",
        "頭で",
        "ふ頭",
        "スキー場",
        "キャンプ場",
        "ゴルフ場",
        "交差点",
        "踏切",
        "水門",
        "大橋",
    ),
    *(
        "公園",
        "遊園地",
        "登山",
        "温泉",
        "ドーム",
        "球場",
        "スタジアム",
        "競馬場",
        "駐車場",
        "バイパス",
        "トンネル",
        "インター",
        "堤防",
        "用水路",
    ),
    *("バットレス", "岳", "峠", "山", "川", "沢", "島", "沖", "IC", "SA", "PA"),
)
_HOUSES = words(
    *(
        "ハイツ",
        "コーポ",
        "ハイム",
        "メゾン",
        "レジデンス",
        "マンション",
        "団地",
        "アパート",
        "シャト",
        "ヴィラ",
        "パレス",
        "荘",
        "寮",
        "住宅",
        "官舎",
    ),
    "宿舎",
)
_HOUSE_ISH = lazy(
    r"(?:ハイツ|コーポ|ハイム|メゾン|レジデンス|マンション|団地|アパート|シャトー|シャトレ|ヴィラ|パレス|荘|寮|住宅|"
    r"官舎|宿舎).{0,8}[0-9]|[ァ-ヺー][一-鿿]{0,4}[ ]?[0-9]{3,4}号室"
)
_ISLANDS = lazy(
    "(?<![一-鿿])(?:三宅島?|奄美(?:大島)?|礼文島?|利尻島?|佐渡島?|隠岐(?:の島)?|対馬|壱岐|八丈島?|父島|母島|石垣島?|"
    "宮古島?|西表島?|屋久島|種子島|小豆島|淡路島|与那国島?|与論島?|"
    "徳之島|沖永良部島?|喜界島|久米島|大島|神津島|新島|式根島|御蔵島|青ヶ島|天売島?|焼尻島?|奥尻島?|粟島|飛島|舳倉島|"
    "五島|上五島|小値賀島?|姫島|甑島)"
    "(?=(?:から|より)(?:の?搬送|の?転院|の?紹介|来院|ヘリ|の?ヘリ|救急|船)|在住|出身|在勤|に(?:転居|在住|帰)|"
    "の(?:診療所|自宅|実家))"
)

_ACCIDENTS = words(*_ACCIDENT.pattern.split("|"))


def find_scenes(t: str) -> Iterator[Hit]:
    """Places of a folded text that no postal list holds."""
    if ("道" in t or "速" in t) and _ROADS(t):
        for m in _ROAD.finditer(t):
            if any(c.isdigit() for c in m[0]) or len(m[0]) > 4:
                yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.8, "places.road", GRAMMAR)
        for m in _MOTORWAY.finditer(t):
            yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.8, "places.road", GRAMMAR)
    if _ACCIDENTS(t) and _SPOTS(t) and _SCENE.search(t):
        for m in _SPOT.finditer(t):
            yield from _spot(t, m)
    if _LODGES(t):
        for m in _HOTEL.finditer(t):
            if not re.match("療養|勤務|従業|宿泊|利用|業|暮|住|内|等|など|に|で|の|から", m["n"]):
                yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.75, "places.hotel", GRAMMAR)
    if (_HOUSES(t) or "号室" in t) and _HOUSE_ISH.search(t):
        for m in _HOUSE.finditer(t):
            low = m.start()
            if cut := _HOUSE_LEFT.match(m[0]):
                low += cut.end()
            yield Hit(low, m.end(), "ADDRESS", "partial", 0.75, "places.house", GRAMMAR)
    if (
        "島" in t
        or "美" in t
        or "岐" in t
        or "文" in t
        or "尻" in t
        or "渡" in t
        or "馬" in t
        or "宅" in t
        or "丈" in t
    ):
        for m in _ISLANDS.finditer(t):
            yield Hit(m.start(), m.end(), "ADDRESS", "partial", 0.7, "places.island", LISTED)


_NOT_PLACE = re.compile(
    "(?:国道|県道|当時|昨夜|昨日|本日|今朝|午前|午後|夜間|早朝|未明|深夜|帰宅中|通勤中|運転中|登山中|歩行中|散歩中|"
    "作業中|"
    "近隣|近所|自宅前|付近)+"
)


def _spot(t: str, m: re.Match[str]) -> Iterator[Hit]:
    name, kind = m["n"], m["k"]
    low = m.start()
    if cut := _NOT_PLACE.search(name):
        low += cut.end()
        name = name[cut.end() :]
    if not name or name in book().plain_words or name + kind in book().plain_words or name + kind in book().terms:
        return
    near = _ACCIDENT.search(t, m.end(), m.end() + 24) is not None
    named = len(name) > 1 and (placeish(name) or "ァ" <= name[0] <= "ヺ")
    if near and (kind in _SURE_KINDS or named or (len(name) == 1 and kind == "岳")):
        yield Hit(low, m.end(), "ADDRESS", "partial", 0.7, "places.spot", LISTED)
