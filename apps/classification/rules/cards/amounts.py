"""Numbers of cells in a text: every notation met in records, and the one spelling in which they are kept."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, NamedTuple

import re2

Basis = Literal["kg", "m2", "joint", "total"]

# What a unit may be that makes a number something else than a dose: cells in a volume or on an area, in a minute, at
# one of many sites of the same sitting.
Measure = Literal["kg", "m2", "joint", "total", "concentration", "area", "rate", "site"]


class Number(NamedTuple):
    """Numbers that share one power of ten, at [start, end) of a text: each (low, high), high None unless a range.

    `form` says how the size is written; `shaky` that signs seem lost or the notation says two things.
    """

    values: tuple[tuple[float, float | None], ...]
    start: int
    end: int
    form: Literal["power", "million", "digits"]
    shaky: bool


class Unit(NamedTuple):
    """What stands behind a number: up to where it reaches, and the measure that it names (None for none)."""

    measure: Measure | None
    end: int


# A text without one of these holds no number of cells; one pass of RE2 tells.
_options = re2.Options()
_options.case_sensitive = False
_options.log_errors = False
NUMBER_CUE = re2.compile(
    r"10 ?\\?[\^ˆ＾eE⁰¹²³⁴-⁹(/~*'’´`]|10 ?(?:exp|to the) ?|[x×✕∗·⋅*] ?\\?10|\d\.10\d|\b10[5-9] ?/|\b10 [5-9]\b"
    r"|\b10[5-9] (?:[a-z+-]+ ){0,2}[a-z+-]+ ?(?:/|per) ?k"
    r"|millions?\b|billions?\b|\bm(?:ill|io|ln)\b|\d ?M\b|\d{5}|\d[.,]\d{3}|000 000|\d ?e ?\+?\d",
    _options,
)

_DECIMAL = r"(?:\d{1,4}(?:[.,·]\d{1,3})?|(?<!\w)\.\d{1,2})"
_ALONE = r"(?<!\d)(?<!\d[.,·])"
_RANGE = r"[-‐‑‒–—−~～〜]"
_JOIN = rf"(?:\s?(?:{_RANGE}|\+/-|±|/|&)\s?|,\s(?:(?:and|or)\s)?|\s(?:to|and|or)\s)"
_TIMES = r"\s?\\?[x×✕*∗·⋅•хᵡ]\s?\\?"
_WORDS = {
    word: value
    for value, words in {
        1: "one",
        2: "two",
        3: "three",
        4: "four",
        5: "five",
        6: "six",
        7: "seven",
        8: "eight",
        9: "nine",
        10: "ten",
        12: "twelve",
        15: "fifteen",
        20: "twenty",
        25: "twenty-five",
        30: "thirty",
        40: "forty",
        50: "fifty",
        60: "sixty",
        80: "eighty",
        100: "hundred|one hundred|a hundred",
        200: "two hundred",
        300: "three hundred",
    }.items()
    for word in words.split("|")
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

# The size: ten with an exponent, a word for it, or all its digits.
_SIZE = re.compile(
    rf"""
      10(?:
          \s?\\?[\^ˆ＾]\s?[({{]?\s?\+?(?P<caret>\d{{1,2}})
        | \s?(?:exp|ee|e)\s?\+?(?P<letter>\d{{1,2}})
        | (?P<raised>[⁰¹²³⁴-⁹]{{1,2}})
        | \s?\((?P<bracketed>\d{{1,2}})\)
        | \s?(?:to\sthe\s(?:power\s(?:of\s)?)?)(?P<spoken>\d{{1,2}})
        | \s?[/~*'’´`]\s?(?P<odd>\d)
        | \s?(?P<lost>[3-9])
      )(?!\d|\.\d|,\d(?![\d.]{{0,5}}\s?[x×*]))
    | (?P<word>millions?|m(?:ill|io|ln)\b(?:\.(?=\s[a-z]))?|billions?)(?![a-z])
    | (?<=\d)\s?(?P<short>(?-i:M)|m(?=\s(?:cells|MSCs?)))\b(?!\s?[.:=])
    | (?<![\d.,_])(?<![a-wyz])(?P<plain>\d{{1,3}}(?:[.,]\d{{3}}){{1,4}}|\d{{1,3}}(?:\s000){{2,3}}|\d{{5,12}})
      (?!\d|[.,]\d|\s?e\d)
    | (?P<mantissa>{_ALONE}(?!\d[.,]\d10e){_DECIMAL})\s?e\s?\+?(?P<scientific>\d{{1,2}})(?!\d|[.,]\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FACTORS = re.compile(
    rf"{_ALONE}(?P<factors>{_DECIMAL}(?:{_JOIN}{_DECIMAL}){{0,5}})(?:\s?\)(?={_TIMES}$))?(?P<times>{_TIMES}|\s?)$", re.I
)
_WORD_FACTOR = re.compile(rf"\b(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})\s$", re.I)
_DOT_FACTOR = re.compile(rf"{_ALONE}(?P<factor>\d{{1,2}})\.$")
_DOT_LOST = re.compile(r"(?P<factor>\d{1,2})[.]10(?P<lost>[4-9])")
_FACTOR = re.compile(_DECIMAL)
_TWICE = re.compile(rf"{_ALONE}(?P<factor>{_DECIMAL}){_TIMES}$", re.I)
_BETWEEN = re.compile(r"\bbetween\s$", re.I)
# "Group 1, 2 million": the number of an arm or a day is not one of the factors.
_COUNTED = re.compile(
    r"\b(?:arms?|cohorts?|days?|doses?|groups?|infusions?|levels?|months?|no|parts?|phases?|stages?|steps?|weeks?)\s?$",
    re.I,
)
_APART = re.compile(r"\s")
_RANGE_BETWEEN = re.compile(rf"\s?(?:{_RANGE}|to|and)\s?$", re.I)
_LIST_BETWEEN = re.compile(
    r"(?:\s?\([^()]{0,12}\))?\s?(?:,|or|and|/|&|vs\.?|versus|,\s?(?:or|and)|followed by|then|to)\s?$", re.I
)
_PER_KG = re.compile(r"\s?(?:[^\W\d_][\w-]*\s?){0,3}(?:/|per)\s?k", re.I)

_POWERS_OF_TEN = frozenset(10**power for power in range(3, 10))
# "6.10e7" means six times ten to the seventh more often than 6.1, which nobody writes with a zero behind it.
_DOT_TEN = re.compile(r"(?P<factor>\d{1,2})\.10")
# Code points before a size in which its factors stand, and numbers that one sentence may hold.
_REACH = 64
_MOST_NUMBERS = 16


def read_numbers(text: str, start: int = 0, end: int | None = None) -> list[Number]:
    """The first large numbers in [start, end) of a text, in reading order; two that bound a range come as one."""
    end = len(text) if end is None else end
    numbers: list[Number] = []
    for size in _SIZE.finditer(text, start, end):
        if len(numbers) == _MOST_NUMBERS:
            break
        if numbers and size.start() < numbers[-1].end:
            continue
        number = _number(text, numbers[-1].end if numbers else start, end, size)
        if number is None:
            continue
        last = numbers[-1] if numbers else None
        if last and _bound(text, last, number):
            values = ((last.values[0][0], number.values[0][0]),)
            numbers[-1] = Number(values, last.start, number.end, last.form, last.shaky or number.shaky)
        elif last is None or last.end <= number.start:
            numbers.append(number)
    return numbers


def listed_together(between: str) -> bool:
    """Whether the text between two numbers only lists them, so that both have the unit of the second."""
    return bool(_LIST_BETWEEN.match(between))


def _number(text: str, start: int, end: int, size: re.Match[str]) -> Number | None:
    if size["mantissa"]:
        dotted = _DOT_TEN.fullmatch(size["mantissa"])
        factor, exponent = _decimal(dotted["factor"] if dotted else size["mantissa"]), int(size["scientific"])
        return _made([(factor, None)], 10**exponent, size.start(), size.end(), "power", bool(dotted))
    if size["plain"]:
        return _digits(text, start, end, size)
    low = max(start, size.start() - _REACH)
    if size["word"] or size["short"]:
        # "90-million": a hyphen joins as a space does.
        hyphen = bool(size["word"]) and text[low : size.start()].endswith("-")
        return _million(text, low, size, _FACTORS.search(text[low : size.start() - hyphen]))
    before = _FACTORS.search(text[low : size.start()])
    power = next(
        int(found.translate(_SUPERSCRIPTS))
        for name in ("caret", "letter", "raised", "bracketed", "spoken", "odd", "lost")
        if (found := size[name])
    )
    if power > 12:
        return None
    sure = bool(size["caret"] or size["raised"] or size["letter"] or size["bracketed"] or size["spoken"])
    said_twice = bool(re.match(r"\s?millions?\b", text[size.end() : min(end, size.end() + 10)], re.I))
    if before and (before["times"].strip() or sure):
        first, factors = _factors(text, low, before)
        shaky = said_twice or not before["times"].strip()
        return _made(factors, 10**power, first, size.end(), "power", shaky)
    dotted = _DOT_FACTOR.search(text[low : size.start()])
    if dotted and sure:
        return _made([(float(dotted["factor"]), None)], 10**power, low + dotted.start(), size.end(), "power", False)
    if size["caret"] or size["raised"] or size["spoken"]:
        return _made([(1, None)], 10**power, size.start(), size.end(), "power", said_twice)
    if (size["letter"] or size["lost"]) and not before and _PER_KG.match(text, size.end(), end):
        return _made([(1, None)], 10**power, size.start(), size.end(), "power", True)
    return None


def _million(text: str, low: int, size: re.Match[str], before: re.Match[str] | None) -> Number | None:
    scale = 10**9 if (size["word"] or "").lower().startswith("b") else 10**6
    if before is None:
        word = _WORD_FACTOR.search(text[low : size.start()])
        if word is None:
            return None
        return _made([(_WORDS[word["word"].lower()], None)], scale, low + word.start(), size.end(), "million", False)
    first, factors = _factors(text, low, before)
    twice = _TWICE.search(text[low:first])
    if twice and len(factors) == 1:
        times = _decimal(twice["factor"])
        return _made([(factors[0][0] * times, None)], scale, low + twice.start(), size.end(), "million", True)
    return _made(factors, scale, first, size.end(), "million", False)


def _digits(text: str, start: int, end: int, size: re.Match[str]) -> Number | None:
    dotted = _DOT_LOST.fullmatch(size["plain"])
    if dotted:
        if not _PER_KG.match(text, size.end(), end):
            return None
        return _made(
            [(float(dotted["factor"]), None)], 10 ** int(dotted["lost"]), size.start(), size.end(), "power", True
        )
    value = int(re.sub(r"\D", "", size["plain"]))
    low = max(start, size.start() - _REACH)
    before = _FACTORS.search(text[low : size.start()])
    if before and before["times"].strip() and value in _POWERS_OF_TEN:
        first, factors = _factors(text, low, before)
        return _made(factors, value, first, size.end(), "power", False)
    return _made([(value, None)], 1, size.start(), size.end(), "digits", False)


def _factors(text: str, low: int, found: re.Match[str]) -> tuple[int, list[tuple[float, float | None]]]:
    """Where the factors begin, and each with its upper end; `found` is counted from `low`."""
    parts = list(_FACTOR.finditer(found["factors"]))
    joins = [found["factors"][one.end() : other.start()] for one, other in pairwise(parts)]
    start = low + found.start("factors")
    if joins and _APART.search(joins[0]) and _COUNTED.search(text[max(low, start - 12) : start]):
        parts, joins = parts[-1:], []
    start += parts[0].start()
    between = bool(_BETWEEN.search(text[max(low, start - 10) : start]))
    values: list[tuple[float, float | None]] = []
    at = 0
    while at < len(parts):
        one = _decimal(parts[at].group())
        join = joins[at].strip().lower() if at < len(joins) else ""
        if join in ("±", "+/-"):
            spread = _decimal(parts[at + 1].group())
            values.append((one - spread, one + spread))
            at += 2
        elif join == "to" or (join and re.fullmatch(_RANGE, join)) or (join == "and" and between):
            other = _decimal(parts[at + 1].group())
            values.append((one, other) if one < other else (other, None))
            at += 2
        else:
            values.append((one, None))
            at += 1
    return start, values


def _made(
    factors: list[tuple[float, float | None]],
    scale: int,
    start: int,
    end: int,
    form: Literal["power", "million", "digits"],
    shaky: bool,
) -> Number | None:
    values = tuple(
        (low * scale, None if high is None else high * scale) for low, high in factors if low > 0 or (high or 0) > 0
    )
    return Number(values, start, end, form, shaky) if values else None


def _bound(text: str, first: Number, second: Number) -> bool:
    """Whether two numbers are the ends of one range: "5x10^6 to 1x10^7"."""
    if len(first.values) > 1 or len(second.values) > 1 or first.values[0][1] or second.values[0][1]:
        return False
    between = text[first.end : second.start]
    if (
        second.start < first.end
        or len(between) > 5
        or first.values[0][0] >= second.values[0][0]
        or not _RANGE_BETWEEN.match(between)
    ):
        return False
    return between.strip().lower() != "and" or bool(_BETWEEN.search(text, max(0, first.start - 10), first.start))


def _decimal(written: str) -> float:
    return float("0" + re.sub(r"[,·]", ".", written))


_WORD = r"[^\W\d_][\w'’®™+-]{0,30}\)?"
_UNIT = re.compile(
    rf"""
    (?:\s?\([^()\n]{{1,40}}\))?                    # the number said again: (20 million)
    (?:\s?(?:±|\+/-|\+-)\s?\d[\d.,]*\s?%)?         # its tolerance
    (?P<words>(?:[\s(,]{{0,2}}{_WORD}(?:[\s(,]{{1,2}}{_WORD}){{0,8}}?)??)
    (?:\s?\([^()\n]{{1,40}}\))?
    \s?(?:/|\bper\b\s?/?|\bfor\s(?:each|every|one)\b|\bpr\b\.?|[x×*](?=\s?(?:kg|weight|body)))\s{{0,2}}\(?(?:each\s|the\s)?
    (?:
        (?P<kg>kg|kilo(?:gram(?:me)?)?s?\b|(?:body\s?)?weight\b|b\.?w\b|recipient|k\.?g)
      | (?P<weights>\d+\s?kg)
      | (?P<m2>m\s?\\?\^?\s?[2²]|(?:square|sq\.?)\s?m(?:et(?:er|re)s?)?\b|met(?:er|re)s?\ssquared?)
      | (?P<volume>(?:~|app\w*\.?\s)?\d[\d.,]*\s?(?:{_RANGE}\s?\d[\d.,]*\s?)?
          (?:m\s?l|cc|c\.c|l|[uµμ]\s?l|cubic|millil)\w*)
      | (?P<concentration>(?:m\s?l|cc|c\.c\.?|l|[uµμ]\s?l|dl|millilit(?:er|re)s?|lit(?:er|re)s?|mm\s?\\?\^?\s?[3³]
          |cm\s?\\?\^?\s?[3³]|cubic\s\w+|m[lL])(?![a-z]))
      | (?P<area>cm\s?\\?\^?\s?[2²]|(?:square|sq\.?)\s?(?:cm|centi\w+)|centimet\w+|wells?\b|flask|dish|field)
      | (?P<rate>min(?:ute)?s?\b|h(?:ou)?rs?\b|h\b|sec)
      | (?P<site>(?:[a-z]+\s)?(?:sites?|points?|spots?|segments?|punctures?)\b)
      | (?P<joint>joint|knee|hip)
      | (?P<whole>[a-z]+)
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


_PER_SITE = re.compile(
    r"\s?(?:\([^()]*\)\s?)?(?:per|/|at\seach|each)\s?(?:1\s|one\s)?(?:[a-z]+\s)?(?:site|point|injection)", re.I
)


def read_unit(text: str, start: int, end: int) -> Unit:
    """The unit behind a number that ends at `start`; words such as the cells' name may stand between."""
    found = _UNIT.match(text, start, min(end, start + 160))
    if found is None:
        return Unit(None, start)
    name = found.lastgroup or ""
    measure: Measure = "total"
    if name == "volume" and _PER_SITE.match(text, found.end(), end):
        measure = "site"
    elif name == "weights":
        measure = "rate"
    elif name in ("kg", "m2", "joint", "concentration", "area", "rate", "site"):
        measure = name  # type: ignore[assignment]
    return Unit(measure, found.end())


def spelled(low: float, high: float | None = None, basis: Basis = "total", bound: str | None = None) -> str:
    """The canonical spelling: 1e6/kg, 1.5e6-2e6/kg, 3e7, >=2e6/kg."""
    sign = {"at-least": ">=", "at-most": "<="}.get(bound or "", "")
    numbers = _spelled(low) if high is None else f"{_spelled(low)}-{_spelled(high)}"
    return sign + numbers + ("" if basis == "total" else f"/{basis}")


def _spelled(value: float) -> str:
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
