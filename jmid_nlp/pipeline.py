"""spaCy pipelines of this library: bundled, offline, made in well under two seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jmid_nlp.errors import InputError

if TYPE_CHECKING:
    from spacy.language import Language

PIPELINES: dict[str, tuple[str, ...]] = {
    "accurate": ("jmid_sentences", "jmid_sections", "jmid_identifiers", "jmid_findings"),
    "balanced": ("jmid_sentences", "jmid_sections", "jmid_identifiers", "jmid_findings"),
    "fast": ("jmid_sentences", "jmid_sections", "jmid_identifiers", "jmid_findings"),
    "findings": ("jmid_sentences", "jmid_sections", "jmid_findings"),
    "deid": ("jmid_sentences", "jmid_identifiers"),
    "text": ("jmid_sentences", "jmid_sections"),
}
#: Folders of trained models in `weights`, by the name of their pipeline.
MODELS = {"spacy": "ja_jmid_core"}


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
        name: "accurate" for everything, "balanced" for the same with identifiers by rules and the small tagger, "fast" by
            rules alone; "findings", "deid" or "text" for a part of it; "spacy" for the trained model alone, without rules.

    Returns:
        A new `Language`. Its documents have sentences, and `doc.spans` with "sections", "identifiers", "entities" and
        "findings"; `doc.user_data["jmid"]` holds the records with exact character offsets. Those of "spacy" have
        "sections", "identifiers" and "entities" as spans of tokens, the latter two with `attrs["scores"]`.

    Raises:
        InputError: There is no pipeline of that name.
    """
    if name in MODELS:
        return _trained(MODELS[name])
    if name not in PIPELINES:
        raise InputError(f"no pipeline named {name!r}; there are {', '.join(sorted({*PIPELINES, *MODELS}))}")
    nlp = blank()
    for component in PIPELINES[name]:
        config = {"mode": name} if name in ("balanced", "fast") and component == "jmid_identifiers" else {}
        nlp.add_pipe(component, config=config)
    return nlp


def _trained(folder: str) -> Language:
    """A trained model of the package, with sentences and sections."""
    import spacy

    import jmid_nlp.components  # noqa: F401  registers the names also where entry points are not installed

    nlp = spacy.load(Path(__file__).parent / "weights" / folder)
    for component in ("jmid_sentences", "jmid_sections"):
        nlp.add_pipe(component)
    return nlp
