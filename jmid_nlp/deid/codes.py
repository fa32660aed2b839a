"""Codes in place of codes: pseudonyms, remapped UIDs and invented numbers, all keyed and one-way.

Each carries a check that needs no key, so that a second pass can tell what the first one made from a real identifier.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from jmid_nlp.deid.identity import one
from jmid_nlp.deid.keys import Key

#: Invented numbers of this many letters and digits or more end in two that check the others.
CHECKED = 5
#: The letters of invented numbers: no abbreviation of medicine is made of these alone (RA, DM, PR and CT are some).
ALPHABET = "JQWXYZ"
_PSEUDONYM = re.compile("[A-Z]-[0-9A-F]{24}")


def letters(numbers: Iterable[int], like: str) -> str:
    """Numbers as digits where `like` has digits, as capital letters elsewhere."""
    return "".join(
        [str(n % 10) if c.isdigit() else ALPHABET[n % len(ALPHABET)] for n, c in zip(numbers, like, strict=True)]
    )


def number_check(front: str) -> bytes:
    """What the last two signs of an invented number are made from."""
    return hashlib.sha256(b"jmid number " + front.encode()).digest()[:2]


def is_invented_number(text: str) -> bool:
    """Whether a number has the check of our invented ones; those too short to hold one count as invented; what has no sign of
    a number does not.
    """
    core = re.sub(r"[^0-9A-Za-z]", "", "".join([one(c) for c in text])).upper()
    return 0 < len(core) < CHECKED or (core != "" and core[-2:] == letters(number_check(core[:-2]), core[-2:]))


def looks_official(number: str) -> bool:
    """Whether the check digit of a 個人番号 (12 digits; 総務省令 2014-85, art. 5) or an insurer's number (8) is valid."""
    if not number.isdigit():
        return False
    if len(number) == 12:
        total = sum(int(d) * (n + 1 if n <= 6 else n - 5) for n, d in enumerate(reversed(number[:11]), 1))
        return (0 if total % 11 <= 1 else 11 - total % 11) == int(number[-1])
    if len(number) == 8:
        total = sum(sum(divmod(int(d) * (2 if n % 2 == 0 else 1), 10)) for n, d in enumerate(reversed(number[:7])))
        return (10 - total % 10) % 10 == int(number[-1])
    return False


def pseudonym(key: Key, kind: str, value: str) -> str:
    """A linking code for a value, such as `P-…` for a patient: 20 keyed characters and four that check them.

    The check lets a second pass see that a value is a pseudonym already and keep it.
    """
    body = key.derive("pseudonym", kind, value).hex()[:20].upper()
    return f"{kind[:1].upper()}-{body}{_check(kind[:1].upper() + body)}"


def is_pseudonym(value: str) -> bool:
    """Whether a value is a pseudonym that this library made, with whatever key."""
    return bool(_PSEUDONYM.fullmatch(value)) and _check(value[0] + value[2:22]) == value[22:]


def _check(text: str) -> str:
    return hashlib.sha256(b"jmid pseudonym " + text.encode()).hexdigest()[:4].upper()


def remap_uid(uid: str, key: Key, uids: Callable[[str], str | None] | None = None) -> str:
    """A DICOM UID below 2.25 (DICOM PS3.5 B.2), keyed and one-way: the same for report and images under one key.

    The last 32 bits check the others, so that a second pass keeps what the first one made.

    Args:
        uid: The UID.
        key: The secret key.
        uids: The UIDs that another de-identifier gave, such as a `uids.UidTable`; asked first, None where it knows none.
    """
    bare = uid.strip().strip("\0")
    if uids is not None and (given := uids(bare)) is not None:
        return given
    if is_remapped_uid(uid):
        return uid
    high = int.from_bytes(key.derive("uid", bare)[:12], "big")
    return f"2.25.{high << 32 | _uid_check(high)}"


def is_remapped_uid(uid: str) -> bool:
    """Whether a UID was made by `remap_uid`, with whatever key."""
    if not re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid):
        return False
    value = int(uid[5:])
    return value & 0xFFFFFFFF == _uid_check(value >> 32)


def _uid_check(high: int) -> int:
    return int.from_bytes(hashlib.sha256(b"jmid uid %d" % high).digest()[:4], "big")
