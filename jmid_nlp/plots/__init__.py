"""Figures of findings, labels and datasets: `pip install "jmid-nlp[plots]"`.

Every function returns a `matplotlib` figure that a notebook shows and `figure.savefig("file.png")` writes (or .svg, .pdf).
Labels are Japanese, in the font that comes with the extra; no setting of matplotlib is changed.
"""

from jmid_nlp.plots.course import course
from jmid_nlp.plots.datasets import dataset_card
from jmid_nlp.plots.reports import by_site, prevalence

__all__ = ["by_site", "course", "dataset_card", "prevalence"]
