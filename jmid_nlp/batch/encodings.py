"""Which encoding a text file is in. A wrong guess would let names pass as unreadable characters that anyone can turn back."""

from __future__ import annotations

import codecs
from pathlib import Path

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# ISO-2022-JP looks like ASCII: these sequences switch it to Japanese and stand in no other text.
_SHIFTS = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b$(D")


def sniff_encoding(file: Path) -> str:
    """The encoding of a text file, from its first bytes and from what decodes as a whole.

    Args:
        file: A text file.

    Returns:
        `utf-16` with its BOM, `iso2022_jp_2` where its escapes stand in the file, `utf-8-sig` where the whole file is UTF-8,
        else `euc_jp` or `cp932` where the whole file is that, else `utf-8-sig`. What is both EUC-JP and CP932 is EUC-JP
        where it reads as kana of full width: in CP932 the same bytes are half-width katakana by the line.
    """
    with file.open("rb") as stream:
        start = stream.read(2)
    for bom, name in _BOMS:
        if start == bom:
            return name
    if _decodes(file, "utf-8-sig"):
        return "iso2022_jp_2" if _shifted(file) and _decodes(file, "iso2022_jp_2") else "utf-8-sig"
    if _decodes(file, "euc_jp") and (_kana(file, "euc_jp") or not _decodes(file, "cp932")):
        return "euc_jp"
    return "cp932" if _decodes(file, "cp932") else "utf-8-sig"


def misread(file: Path, encoding: str) -> bool:
    """True where a file that is UTF-8 throughout would be read in another encoding, its names turned into nonsense.

    Raises:
        LookupError: The encoding does not exist.
    """
    name = codecs.lookup(encoding).name
    return not name.startswith("utf") and _decodes(file, "utf-8") and not _decodes(file, "ascii")


def _decodes(file: Path, encoding: str) -> bool:
    try:
        with file.open(encoding=encoding, newline="") as stream:
            while stream.read(_CHUNK):
                pass
    except UnicodeError:
        return False
    return True


def _shifted(file: Path) -> bool:
    tail = b""
    with file.open("rb") as stream:
        while block := stream.read(_CHUNK):
            if any(shift in tail + block for shift in _SHIFTS):
                return True
            tail = block[-3:]
    return False


def _kana(file: Path, encoding: str) -> bool:
    """True where a tenth of the characters beyond ASCII are kana of full width."""
    kana = wide = 0
    with file.open(encoding=encoding, newline="") as stream:
        while block := stream.read(_CHUNK):
            wide += sum(c > "\x7f" for c in block)
            kana += sum("\u3041" <= c <= "\u30fc" for c in block)
    return kana * 10 >= wide > 0
