"""spaCy pipelines of this library: bundled, offline, made in well under two seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jmid_nlp.errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language

PIPELINES: dict[str, tuple[str, ...]] = {
    "accurate": ("jmid_sentences", "jmid_sections", "jmid_identifiers", "jmid_findings"),
    "fast": ("jmid_sentences", "jmid_sections", "jmid_identifiers", "jmid_findings"),
    "findings": ("jmid_sentences", "jmid_sections", "jmid_findings"),
    "deid": ("jmid_sentences", "jmid_identifiers"),
    "text": ("jmid_sentences", "jmid_sections"),
}


def blank() -> Language:
    """A Japanese pipeline with the tokenizer and nothing else.

    Returns:
        A new `Language` whose `make_doc(text).text` is always `text`.
    """
    import spacy

    import jmid_nlp.components  # noqa: F401  registers the names also where entry points are not installed

    return spacy.blank("ja", config={"nlp": {"tokenizer": {"@tokenizers": "jmid.MecabTokenizer.v1"}}})


def load(name: str = "accurate") -> Language:
    """A bundled pipeline.

    Args:
        name: "accurate" for everything, "fast" for the same with identifiers by rules alone, "findings", "deid" or "text"
            for a part of it.

    Returns:
        A new `Language`. Its documents have sentences, and `doc.spans` with "sections", "identifiers", "entities" and
        "findings"; `doc.user_data["jmid"]` holds the records with exact character offsets.

    Raises:
        InputError: There is no pipeline of that name.
    """
    if name not in PIPELINES:
        raise InputError(f"no pipeline named {name!r}; there are {', '.join(sorted(PIPELINES))}")
    nlp = blank()
    for component in PIPELINES[name]:
        config = {"mode": "fast"} if name == "fast" and component == "jmid_identifiers" else {}
        nlp.add_pipe(component, config=config)
    return nlp
