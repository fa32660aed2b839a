"""The secret key of a de-identification run: loaded from a file or the environment, shown to nobody.

All keyed choices (surrogates, pseudonyms, date shifts, remapped UIDs) are HMAC-SHA-256 over a purpose and its parts, so
nothing can be restored from the output, and who destroys the key destroys the link between output and source.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jmid_nlp.errors import KeyMaterialError

MIN_BYTES = 32
_LONGEST_NAME = 32  # a name of so many characters may be a key
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")


@dataclass(frozen=True, slots=True)
class Key:
    """Key bytes with a representation that shows the fingerprint only.

    Args:
        material: At least 32 bytes.
        ephemeral: True for a key that lives in this process only and is never written.

    Raises:
        KeyMaterialError: Fewer than 32 bytes, or bytes that are all the same.
    """

    material: bytes = field(repr=False)
    ephemeral: bool = False
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        if len(self.material) < MIN_BYTES:
            raise KeyMaterialError(
                f"the key is too short: at least {MIN_BYTES} bytes are needed; `jmid-nlp new-key key.txt` makes one"
            )
        if len(set(self.material)) < 8:
            raise KeyMaterialError(
                "the key repeats a few bytes only; take a random one, `jmid-nlp new-key key.txt` makes it"
            )
        object.__setattr__(self, "fingerprint", self.derive("fingerprint").hex()[:12])

    def derive(self, purpose: str, *parts: str) -> bytes:
        """32 bytes that depend on the key, the purpose and the parts, and tell nothing of them.

        Each part goes in with its length, so that ("ab", "c") and ("a", "bc") differ.
        """
        message = f"{len(purpose)}:{purpose}" + "".join([f"{len(p)}:{p}" for p in parts])
        return hmac.digest(self.material, message.encode("utf-8", "surrogatepass"), "sha256")

    def number(self, below: int, purpose: str, *parts: str) -> int:
        """A keyed number in `range(below)`."""
        return int.from_bytes(self.derive(purpose, *parts)[:16], "big") % below

    @classmethod
    def generate_ephemeral(cls) -> Key:
        """A random key for one run. It is never written, so that nobody can rebuild a link (the `tokumei` policy)."""
        return cls(secrets.token_bytes(MIN_BYTES), ephemeral=True)


def load_key(*, key_file: Path | None = None, env: str = "JMID_KEY") -> Key:
    """The key from a file or, without one, from an environment variable. It is never taken from a command line.

    The material is hexadecimal, base64 or raw text or bytes; in each case 32 bytes or more once decoded.

    Args:
        key_file: File that holds the key and nothing else.
        env: Name of the environment variable to read where no file is given.

    Raises:
        KeyMaterialError: There is no key, it cannot be read, or it is too short.
    """
    if key_file is not None:
        try:
            data = Path(key_file).read_bytes()
        except OSError as error:
            raise KeyMaterialError(
                f"the key file{_shown(key_file)} cannot be read: {error.strerror}; `jmid-nlp new-key FILE` makes one"
            ) from None
        except ValueError:
            raise KeyMaterialError("the key file cannot be read: what was given is no path") from None
        return Key(_decode(data))
    value = os.environ.get(env)
    if not value:
        raise KeyMaterialError(
            f"no key: give a key file (`jmid-nlp new-key key.txt` makes one) or set the environment variable {env}"
        )
    return Key(_decode(os.fsencode(value)))


def _shown(path: Path | str) -> str:
    """A file's name for a message, with a space before it; nothing where what was given could be the key itself.

    A key passed in the place of its file is long, has no suffix, or, as base64 with slashes, names folders that are not there.
    """
    given = Path(path)
    try:
        there = given.parent.is_dir()
    except (OSError, ValueError):
        there = False
    plain = len(given.name) < _LONGEST_NAME and (given.suffix != "" or len(given.name) < _LONGEST_NAME // 2)
    return f" {given.name!r}" if there and plain else ""


def _decode(data: bytes) -> bytes:
    """Hexadecimal first, then base64, else the bytes as they are."""
    text = data.strip()
    if _HEX.fullmatch(text):
        return binascii.unhexlify(text)
    if _BASE64.fullmatch(text) and len(text) % 4 == 0:
        return base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")))
    return text if text.isascii() else data


def write_new_key(path: Path) -> Key:
    """Writes a new random key as hexadecimal to a file that only its owner can read, and returns it.

    Raises:
        KeyMaterialError: The file exists already, since an overwritten key cuts the link to all that was made with it, or
            it cannot be written.
    """
    material = secrets.token_bytes(MIN_BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyMaterialError(f"the key file{_shown(path)} exists already and is not overwritten") from None
    except OSError as error:
        raise KeyMaterialError(f"the key file{_shown(path)} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "wb") as out:
        out.write(material.hex().encode() + b"\n")
    return Key(material)
