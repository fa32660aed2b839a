"""Telephone, fax, PHS and extension numbers, e-mail, URL, social handles, IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jmid_nlp.deid.cues import EXPLICIT, NONE, SPACE, Label
from jmid_nlp.deid.evidence import LABELLED, LISTED, SHAPED, Hit
from jmid_nlp.deid.phoneforms import find_phone_forms
from jmid_nlp.text.lazy import lazy
from jmid_nlp.text.shape import shapes, words

_X = r"[0-9OoIl|〇一二三四五六七八九]"
_J = r"[ \t]?[\-‐‑–—−ー―・.~]?[ \t]?"
_S = r"[ \t]?[\-‐‑–—−ー―・.][ \t]?"
_PHONE = lazy(
    rf"(?<![0-9A-Za-z.\-])(?:(?:\+|00|010-)81{_J}\(?0?\)?{_J}[1-9]0?{_J}\d{{1,4}}{_J}\d{{2,4}}{_J}\d{{3,4}}"
    rf"|\+[1-9]\d{{0,2}}[ \-(]{{1,2}}\d{{1,4}}[) \-]{{1,2}}\d{{2,4}}[ \-]?\d{{3,4}}(?:[ \-]\d{{2,4}})?"
    rf"|\+?81{_J}\(?0?\)?{_J}[1-9]0?{_J}\d{{1,4}}{_J}\d{{2,4}}{_J}\d{{3,4}}"
    rf"|[0O〇][5789五七八九][0O〇]{_J}{_X}{{4}}{_J}{_X}{{4}}(?![0-9])"
    rf"|\(0\d{{1,4}}\)[ \t]?\d{{1,4}}{_J}\d{{3,4}}(?![0-9])"
    rf"|0\d{{1,4}}[ \t]?\(\d{{1,4}}\)[ \t]?\d{{3,4}}(?![0-9])"
    rf"|[0O〇]{_X}{{1,4}}{_S}{_X}{{1,4}}{_S}{_X}{{3,4}}(?![0-9])"
    rf"|0120{_J}\d{{3}}{_J}\d{{3}}(?![0-9])"
    rf"|0\d{{1,4}}[ \t]\d{{1,4}}[ \t]\d{{4}}(?![0-9]))"
)
_KN = r"[〇零一二三四五六七八九]"
_SPOKEN = r"(?:ゼロ|レイ|マル|イチ|ニ|サン|ヨン|シ|ゴ|ロク|ナナ|シチ|ハチ|キュウ|ク|[〇零一二三四五六七八九0-9])"
_KANJI_PHONE = lazy(
    rf"(?<!{_KN})(?:[〇零]{_KN}{{1,4}}[のー\-、・ ]{{0,2}}{_KN}{{1,4}}[のー\-、・ ]{{0,2}}{_KN}{{3,4}}|"
    rf"(?:ゼロ|レイ|マル){_SPOKEN}{{1,4}}[のー\-、・, ]{{0,2}}{_SPOKEN}{{1,4}}[のー\-、・, ]{{0,2}}{_SPOKEN}{{3,4}})"
)
_VALUE = re.compile(
    r"(?:No\.?|番号|番|は|が|#|:|\(|の)?[ \t]{0,2}\(?(?P<v>[+(]?[0-9OIl][0-9OIl()\-‐‑–—−ー―・. "
    r"\t*#\n]{0,20}[0-9OIl])(?![0-9A-Za-z])"
)
_KANJI_VALUE = re.compile(rf"(?:番号|番|は|が|:)?[ \t]{{0,2}}(?P<v>(?:{_SPOKEN}[、, のー\-]?){{3,14}})")
_MAIL = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}[ \t]?(?:@|\(at\)|\[at\]|＠|"
    r"(?<=[ \t])at(?=[ \t]))[ \t]?[A-Za-z0-9][A-Za-z0-9.\-]{1,100}\.[A-Za-z]{2,10}"
)
_URL = re.compile(
    r"(?i:https?|ftp|hxxps?)://[!-~]{3,300}|(?<![A-Za-z0-9@./])(?i:www)\.[!-~]{3,300}|"
    r"(?<![A-Za-z0-9@./\-])[a-z0-9][a-z0-9\-]{1,40}(?:\.[a-z0-9\-]{1,40}){0,3}\.(?:co|ac|or|ne|go|lg|ed|"
    r"gr)\.jp(?:/[!-~]{0,200})?|(?<![A-Za-z0-9@./\-])(?:[a-z0-9][a-z0-9\-]{1,40}\.){1,4}(?:jp|com|net|org|info|app|io|"
    r"dev|tv|me|biz)(?:/[!-~]{1,200}|(?![A-Za-z0-9\-.@_]))"
)
_GLUED = re.compile(
    r"(?:LINE|[Ii]nsta(?:gram)?|インスタ(?:グラム)?|TikTok|[Tt]witter|ツイッター|[Ss]kype|Discord|カカオ|WeChat|"
    r"Zoom)(?:ID|名)?[ のは:]{0,3}"
    r"(?P<v>[a-z][a-z0-9]{1,20}[._\-0-9][a-z0-9._\-]{1,20})(?![A-Za-z0-9@])"
)
_OTHER_HOST = re.compile(
    r"(?<![A-Za-z0-9@./\-])(?:[a-z0-9][a-z0-9\-]{1,40}\.){1,4}(?:local|lan|internal|online|site|link|page|cloud|"
    r"xyz)(?:/[!-~]{1,200}|(?![A-Za-z0-9\-.@_]))|"
    r"(?<![A-Za-z0-9@./\-])(?:[a-z0-9][a-z0-9\-]{1,40}\.){1,3}(?:be|ly|gg|us|uk|cn|kr|tw|vn|th|id|ph|de|fr)/[!-~]{2,200}"
)
_HANDLE = re.compile(r"(?<![A-Za-z0-9._%+\-@])@[A-Za-z0-9_][A-Za-z0-9_.]{2,29}")
_SNS_VALUE = re.compile(r"@?[A-Za-z0-9_][A-Za-z0-9_.\-]{2,29}")
_IP = re.compile(
    r"(?<![0-9.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![0-9.])|"
    r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}[:\-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])"
)
_NOT_PHONE_RIGHT = re.compile(r"\s?(?:mm|cm|ms|HU|mg|mL|ml|Gy|%|mGy|Hz|μ)")


_PHONEISH = re.compile(
    r"[0O〇][0-9OoIl|〇一二三四五六七八九]{1,4}[ \t]?[\-‐‑–—−ー―・.~( )]|\+[1-9]|[0O〇][5789五七八九][0O〇]|\(0"
)


def find_contact(t: str, labels: list[Label], *, digits: bool) -> Iterator[Hit]:
    """Everything by which a person can be reached."""
    found = list(_contact(t, labels, digits=digits))
    yield from found
    for hit in found:
        if hit.category == "PHONE":
            yield from _more(t, hit)


# a second number that shares the beginning of the first: 0985-55-0131/0132, 内線2231または2240, PHS5517→5520, FAX同0714
_MORE = re.compile(
    r"(?P<j>[)]?[ \t]?(?:[/・、,~〜→]|->|または|又は|もしくは|及び|および|か|と)[ \t]?(?:(?:FAX|Fax|fax)(?:は|"
    r":)?[ ]?)?(?:同[ ]?)?)"
    r"(?P<v>\d{1,5})(?![0-9:/年月日時分秒歳才]|[.\-]\d|[ ]?(?:mm|cm|mg|mL|ml|%|HU|回|件|名|例|番街|階))"
)


def _more(t: str, hit: Hit) -> Iterator[Hit]:
    last = re.findall(r"\d+", t[hit.start : hit.end])
    if not last:
        return
    at = hit.end
    for _ in range(4):
        m = _MORE.match(t, at)
        if m is None or not (len(m["v"]) == len(last[-1]) or ("~" in m["j"] or "〜" in m["j"])):
            return
        yield hit._replace(start=m.start("v"), end=m.end("v"), detector="contact.more", rank=LABELLED)
        at = m.end()


_EXTENSION = lazy(
    r"(?<![A-Za-z0-9一-鿿])(?:内|P|ピ|☎|℡)[ ]?(?P<a>[2-9]\d{3})(?=[)、。\s]|$)|"
    r"(?<![0-9] )(?<![A-Za-z0-9.×])x[ ]?(?P<b>[2-9]\d{3})(?![0-9.])|"
    r"(?<![0-9A-Za-z.\-/])(?P<c>\d{2,4}-\d{4})(?=(?:に|へ|まで)(?:TEL|Tel|電話|連絡|架電|℡|一報))"
)


def _contact(t: str, labels: list[Label], *, digits: bool) -> Iterator[Hit]:
    if digits:
        for m in _PHONE.finditer(t) if _PHONEISH.search(t) else ():
            if (
                not _NOT_PHONE_RIGHT.match(t, m.end())
                and 9 <= sum(c.isalnum() for c in m[0]) <= 14
                and sum(c.isdigit() or c in "〇一二三四五六七八九" for c in m[0]) >= 7
            ):
                yield Hit(m.start(), m.end(), "PHONE", "phone", 0.93, "contact.phone", SHAPED)
        for m in _EXTENSION.finditer(t) if _extended(t) else ():
            name = m.lastgroup or ""
            yield Hit(m.start(name), m.end(name), "PHONE", "extension", 0.75, "contact.extension", LISTED)
        if (t.count(".") > 2 or t.count(":") > 4) and (_DOTTED_SHAPES(t) or _PAIRS_ISH.search(t)):
            for m in _IP.finditer(t):
                yield Hit(m.start(), m.end(), "ID", "ip", 0.85, "contact.ip", GRAMMAR_IP)
        yield from find_phone_forms(t)
    if _KANJI_ZERO(t):
        for m in _KANJI_PHONE.finditer(t):
            yield Hit(m.start(), m.end(), "PHONE", "phone", 0.9, "contact.phone", SHAPED)
    if "@" in t or "(at)" in t or "[at]" in t or " at " in t:
        for m in _MAIL.finditer(t):
            yield Hit(m.start(), m.end(), "EMAIL", "email", 0.99, "contact.email", SHAPED)
        for m in _HANDLE.finditer(t):
            yield Hit(m.start(), m.end(), "URL", "sns", 0.8, "contact.handle", LABELLED)
    if "://" in t or "." in t:
        for m in _URL.finditer(t) if _URL_WORDS(t) else ():
            yield Hit(m.start(), m.start() + len(m[0].rstrip(".,;:)>]}\"'")), "URL", "url", 0.98, "contact.url", SHAPED)
        if _HOST_ISH.search(t):
            for m in _OTHER_HOST.finditer(t):
                yield Hit(m.start(), m.end(), "URL", "url", 0.9, "contact.url", SHAPED)
    if _NETWORKS(t):
        for m in _GLUED.finditer(t):
            yield Hit(m.start("v"), m.end("v"), "URL", "sns", 0.8, "contact.sns", LABELLED)
    for label in labels:
        if label.kind == "phone":
            yield from _number(t, label)
        elif (
            label.kind == "url"
            and label.subtype == "sns"
            and (label.strength == EXPLICIT or (label.strength == SPACE and label.end - label.start > 4))
        ):
            handle = _SNS_VALUE.match(t, label.value)
            if handle and len(t[label.start : label.end]) > 1 and not handle[0].isdigit():
                yield Hit(handle.start(), handle.end(), "URL", "sns", 0.85, "contact.sns", LABELLED)


GRAMMAR_IP = 55
_GROUPS = ("0", "00", "000")
_DOTTED_SHAPES = shapes(*(f".{second}.{third}.0" for second in _GROUPS for third in _GROUPS))
_PAIRS_ISH = re.compile("[:-](?<=[0-9A-Fa-f]{2}.)[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]")
_EXTENSION_SHAPES = shapes(*(f"{word}{blank}0000" for word in "内Aピa☎℡" for blank in ("", " ")))
_EXTENSION_ISH = re.compile(r"[内Pピ☎℡x][ ]?[2-9]\d{3}")
_CALLED_SHAPES = shapes("00-0000に", "00-0000へ", "00-0000ま")
_URL_WORDS = words(
    "://", *(f"{a}{b}{c}." for a in "Ww" for b in "Ww" for c in "Ww"),
    ".jp", ".com", ".net", ".org", ".info", ".app", ".io", ".dev", ".tv", ".me", ".biz",
)  # fmt: skip


def _extended(t: str) -> bool:
    return (_EXTENSION_SHAPES(t) and _EXTENSION_ISH.search(t) is not None) or _CALLED_SHAPES(t)


_NETWORKS = words(
    "LINE", "nsta", "インスタ", "TikTok", "witter", "ツイッタ", "kype", "Discord", "カカオ", "WeChat", "Zoom"
)
_HOST_ISH = re.compile(r"[a-z0-9]\.(?:local|lan|internal|online|site|link|page|cloud|xyz|[a-z]{2}/)")
_KANJI_ZERO = words("〇", "零", "ゼロ", "レイ", "マル")


def _number(t: str, label: Label) -> Iterator[Hit]:
    m = _VALUE.match(t, label.value)
    short = label.subtype == "extension"
    if m:
        value = m["v"].split("\n")[0] if not short else re.split(r"[\n \t]", m["v"])[0]
        count = sum(c.isdigit() for c in value)
        if (2 if short else 4) <= count <= 15 and not _NOT_PHONE_RIGHT.match(t, m.start("v") + len(value)):
            if label.end - label.start <= 2 and label.strength == NONE and t[label.start].isascii() and not short:
                return
            yield Hit(
                m.start("v"),
                m.start("v") + len(value.rstrip()),
                "PHONE",
                label.subtype,
                0.93,
                "contact.label",
                LABELLED,
            )
        return
    m = _KANJI_VALUE.match(t, label.value)
    if m and len(m["v"]) >= 3 and label.end - label.start > 1:
        yield Hit(
            m.start("v"),
            m.start("v") + len(m["v"].rstrip("、, の")),
            "PHONE",
            label.subtype,
            0.8,
            "contact.label",
            LABELLED,
        )
