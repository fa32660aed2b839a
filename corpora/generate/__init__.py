"""Whole invented radiology reports with exact gold: `python -m corpora.generate --count N --seed S --output FILE`.

`report.py` composes one report, `stream.py` many; what they say stands in `data/`. See `README.md` in this directory.
"""
