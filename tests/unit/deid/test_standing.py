"""Where forms stand in a text: many are looked for in one pass, few one by one."""

import random

from jmid_nlp.deid import merge


def test_one_pass_finds_what_looking_for_each_finds(monkeypatch):
    chance = random.Random(3)
    for _ in range(200):
        text = "".join(chance.choices("ああい山本", k=60))
        forms = {"".join(chance.choices("あい山本", k=chance.randint(1, 4))) for _ in range(12)} | {"ああ", "あああ"}
        monkeypatch.setattr(merge, "_MANY", 1000)
        singly = merge.standing(text, forms)
        monkeypatch.setattr(merge, "_MANY", 0)
        assert merge.standing(text, forms) == singly
        assert all(text.startswith(form, at) for form, places in singly.items() for at in places)
        assert sum(map(len, singly.values())) >= text.count("ああ")
