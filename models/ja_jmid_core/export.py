"""Writes a trained pipeline into the package, without the words of its training reports and without its training settings.

python -m models.ja_jmid_core.export OUT/model-best
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import spacy

import jmid_nlp
import jmid_nlp.components
from jmid_nlp.training.spacy_engine import without_words

TARGET = Path(jmid_nlp.__file__).parent / "weights" / "ja_jmid_core"
META = {
    "name": "jmid_core",
    "version": "1.0.0",
    "description": "Identifiers, entities and their certainty in Japanese radiology reports",
    "author": "The jmid-nlp developers",
    "license": "MIT",
    "requirements": ["jmid-nlp"],
}


def main(trained: Path) -> None:
    nlp = spacy.load(trained)
    kept = {
        key: nlp.meta["performance"].get(key) for key in ("spans_identifiers_f", "spans_entities_f", "entities_attr")
    }
    clean = without_words(nlp)
    clean.meta.update(META, performance=kept)
    shutil.rmtree(TARGET, ignore_errors=True)
    clean.to_disk(TARGET)
    sys.stdout.write(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
