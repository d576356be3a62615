"""How an amount of rupiah is written for people: with dots, and in Indonesian words."""

_ONES = ("", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_SCALES = (
    (10**15, "kuadriliun"),
    (10**12, "triliun"),
    (10**9, "miliar"),
    (10**6, "juta"),
    (10**3, "ribu"),
)
MOST = 10**18 - 1
"""The largest amount that has words here; a bigint holds little more."""


def dotted(amount: int) -> str:
    """Write an amount as Indonesians do: ``2.300.123``."""
    return f"{amount:,}".replace(",", ".")


def in_words(amount: int) -> str:
    """Write an amount out, as receipts have it: ``dua juta tiga ratus ribu seratus dua puluh tiga``.

    Raises: ValueError for less than nothing, and for more than `MOST`.
    """
    if not 0 <= amount <= MOST:
        raise ValueError(f"no words for {amount}")
    if amount == 0:
        return "nol"
    words: list[str] = []
    for scale, name in _SCALES:
        many, amount = divmod(amount, scale)
        if many == 1 and scale == 1000:
            words.append("seribu")
        elif many:
            words += [*_below_thousand(many), name]
    return " ".join([*words, *_below_thousand(amount)])


def _below_thousand(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = ["seratus"] if hundreds == 1 else [_ONES[hundreds], "ratus"] if hundreds else []
    if rest < len(_ONES):
        return [*words, _ONES[rest]] if rest else words
    tens, ones = divmod(rest, 10)
    if tens == 1:
        return [*words, _ONES[ones], "belas"]
    return [*words, _ONES[tens], "puluh", *([_ONES[ones]] if ones else [])]
