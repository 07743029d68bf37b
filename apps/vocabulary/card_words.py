"""The values of a card in plain words: "1e6-2e6/kg" as "1 to 2 million cells per kg of body weight".

Nothing is rounded, unless the words say "about". A value that is not of its field's form is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from apps.vocabulary.cards import FIELD_BY_SLUG, SEVERITY_MEASURES

Detail = Mapping[str, Any]

_NUMBER = r"\d{1,12}(?:\.\d{1,6})?(?:e\+?\d{1,2})?"
_AMOUNT = re.compile(rf"(>=|<=|>|<|~)?=?({_NUMBER})(?:-({_NUMBER}))?", re.ASCII)
_UNIT = re.compile(r"[a-z][a-z0-9 -]{0,30}", re.ASCII)
_MEASURE = re.compile(r"([a-z][a-z0-9-]*)(?:[:=](?=\d)|(?=[<>~]))", re.ASCII)
_AGES = re.compile(r"(?:(\d{1,4})(min|[mwdh])?)?-(?:(\d{1,4})(min|[mwdh])?)?", re.ASCII)
_AGE_UNITS = {None: "year", "m": "month", "w": "week", "d": "day", "h": "hour", "min": "minute"}
_IN_A_MONTH = {"week": Decimal("4.345"), "day": Decimal("30.4"), "hour": Decimal(730)}
_LIMIT_IN_A_UNIT = re.compile(
    rf"(?P<limit>(?:>=|<=|>|<|~)?=?{_NUMBER}(?:-{_NUMBER})?)(?P<unit>%|[a-z][a-z0-9./]{{0,24}})?", re.ASCII
)
_PARTS = re.compile(r"[a-z0-9]+(?:[-+][a-z0-9]+)*", re.ASCII)
_GRADES = re.compile(r"(>=)?(\d+[A-E](?:-or-\d+[A-E])*)", re.ASCII)
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI"}
# Longer names of measures and products are words, shorter ones abbreviations.
_LONGEST_ABBREVIATION = 6
_LONGEST_ENDING = 3
_MOST_DRUGS = 3

_BOUNDS: Mapping[str, Promise] = {
    ">=": gettext_lazy("at least %(amount)s"),
    "<=": gettext_lazy("at most %(amount)s"),
    ">": gettext_lazy("more than %(amount)s"),
    "<": gettext_lazy("less than %(amount)s"),
    "~": gettext_lazy("about %(amount)s"),
}
_ON_A_SCALE: Mapping[str, Promise] = {
    **_BOUNDS,
    ">": pgettext_lazy("on a scale", "above %(amount)s"),
    "<": pgettext_lazy("on a scale", "below %(amount)s"),
}

# A number from here on is no amount of anything that a card tells.
_MOST = 10**15

# A number of cells is told in the largest scale that it reaches.
_BILLION, _MILLION = 10**9, 10**6
_CELLS = (gettext_lazy("%(count)s cells"), gettext_lazy("%(count)s cells per %(unit)s"))
_CD34_CELLS = (gettext_lazy("%(count)s CD34 cells"), gettext_lazy("%(count)s CD34 cells per %(unit)s"))
_UNITS: Mapping[str, Promise] = {
    "kg": gettext_lazy("kg of body weight"),
    "m2": gettext_lazy("square metre of body surface"),
    "joint": gettext_lazy("joint"),
}

# Parts of a treatment whose names are not the words of their slug.
_NAMED: Mapping[str, Promise] = {
    "atg": gettext_lazy("antithymocyte globulin"),
    "beam": gettext_lazy("BEAM"),
    "g-csf": gettext_lazy("G-CSF"),
    "gm-csf": gettext_lazy("GM-CSF"),
    "ivig": gettext_lazy("immunoglobulin (IVIG)"),
    "tbi": gettext_lazy("total body irradiation"),
    "tli": gettext_lazy("total lymphoid irradiation"),
}

# Trade names that are not their slug with a capital.
_PRODUCTS: Mapping[str, str] = {
    "allorx": "AlloRx",
    "celltex-admsc": "Celltex AdMSC",
    "elixcyte": "ELIXCYTE",
    "jointstem": "JointStem",
    "multistem": "MultiStem",
    "nestacell": "NestaCell",
    "neuronata-r": "NeuroNata-R",
    "nurown": "NurOwn",
    "protrans": "ProTrans",
}

_GATES: Mapping[tuple[str, str], Promise] = {
    ("age", ""): gettext_lazy("Age %(value)s"),
    ("sex", "all"): gettext_lazy("All sexes"),
    ("sex", "female"): gettext_lazy("Only women and girls"),
    ("sex", "male"): gettext_lazy("Only men and boys"),
    ("duration", ""): gettext_lazy("Ill for %(value)s"),
    ("duration", "diagnosis"): gettext_lazy("Diagnosed %(value)s ago"),
    ("failed_drugs", "yes"): gettext_lazy("Earlier treatments did not help enough"),
}


class Amount(NamedTuple):
    """A number or a range, as written, and its bound: `sign` is >=, <=, >, <, ~ (about) or ""."""

    sign: str
    numbers: tuple[Decimal, ...]

    @classmethod
    def parse(cls, text: str) -> Amount | None:
        found = _AMOUNT.fullmatch(text)
        if not found:
            return None
        numbers = tuple(Decimal(part) for part in found.groups()[1:] if part)
        return cls(found[1] or "", numbers) if max(numbers) < _MOST else None

    @property
    def whole(self) -> bool:
        return all(number == int(number) for number in self.numbers)

    def bounded(self, words: str, bounds: Mapping[str, Promise] = _BOUNDS) -> str:
        """The words for the numbers, with what the sign says: "at least 8"."""
        return str(bounds[self.sign]) % {"amount": words} if self.sign else words


def value_words(slug: str, value: str, detail: Detail | None = None) -> str:
    """A value of the field `slug` in the active language. Never raises: what cannot be read is given back as it is."""
    field = FIELD_BY_SLUG.get(slug)
    if field and value in field.words:
        return str(field.words[value])
    words = _WORDS.get(slug)
    return (words(value, detail or {}) if words else None) or value


def gate_words(slug: str, value: str, detail: Detail | None = None) -> str:
    """A gate as a phrase that stands alone: "Age 18 to 65 years", "Diagnosed at most 3 years ago". Never raises.

    A gate of one group names it: "For the group “Cohort 2”: EDSS 3 to 6".
    """
    return with_group(_gate(slug, value, detail), of_group(detail))


def of_group(detail: Detail | None) -> str:
    """The group of participants to which alone a gate applies, in the record's words; empty for everybody."""
    return _text(detail, "of_group")


def with_group(words: str, group: str) -> str:
    """The words of a gate that is one group's, with its name."""
    return _("For the group “%(group)s”: %(gate)s") % {"group": group, "gate": words} if group else words


def _gate(slug: str, value: str, detail: Detail | None) -> str:
    if (slug, value) == ("failed_drugs", "yes"):
        return _failed(detail or {})
    if (slug, value) in _GATES:
        return str(_GATES[slug, value])
    told = value_words(slug, value, detail)
    if told == value:
        return told
    phrase = _GATES.get((slug, _text(detail, "since"))) or _GATES.get((slug, ""))
    gate = capfirst(str(phrase) % {"value": told} if phrase else told)
    others = _other_ages(detail or {}) if slug == "age" else []
    if others:
        return _("%(gate)s; the criteria say %(others)s") % {"gate": gate, "others": _(" or ").join(others)}
    return gate


def _other_ages(detail: Detail) -> list[str]:
    """Ages in years that the criteria name beside the registry's fields, in words."""
    told = detail.get("text")
    others = [other for other in told if isinstance(other, dict)] if isinstance(told, list) else []
    limits = ["-".join(_years(other.get(end)) for end in ("low", "high")) for other in others]
    return [words for words in map(_ages, limits, others) if words]


def _years(number: Any) -> str:
    return f"{number:g}" if isinstance(number, (int, float)) else ""


def _failed(detail: Detail) -> str:
    """That earlier treatments failed, with the names of the first few."""
    told = detail.get("drugs")
    drugs = [drug for drug in told if isinstance(drug, str)] if isinstance(told, list) else []
    named, more = drugs[:_MOST_DRUGS], len(drugs) - _MOST_DRUGS
    phrase = str(_GATES["failed_drugs", "yes"])
    if not named:
        return phrase
    names = ", ".join(named)
    if more > 0:
        names = ngettext("%(drugs)s and %(n)s more", "%(drugs)s and %(n)s more", more) % {"drugs": names, "n": more}
    return _("%(gate)s: %(drugs)s") % {"gate": phrase, "drugs": names}


def _text(detail: Detail | None, key: str) -> str:
    part = (detail or {}).get(key)
    return part if isinstance(part, str) else ""


def _to(words: Sequence[str]) -> str:
    return _("%(low)s to %(high)s") % {"low": words[0], "high": words[1]} if len(words) > 1 else words[0]


def _figure(number: Decimal) -> str:
    """A number with as many decimals as it has, its thousands apart: 0.20, 500,000."""
    return str(number_format(number, force_grouping=number >= 1000))


# Cells


def _cells(value: str, detail: Detail) -> str | None:
    return _counted(value, detail, *_CELLS)


def _cd34_cells(value: str, detail: Detail) -> str | None:
    return _counted(value, detail, *_CD34_CELLS)


def _counted(value: str, detail: Detail, plain: Promise, per: Promise) -> str | None:
    number, slash, unit = value.partition("/")
    amount = Amount.parse(number)
    if amount is None or (slash and not _UNIT.fullmatch(unit)):
        return None
    count = amount.bounded(_large([item.normalize() for item in amount.numbers]))
    dose = str(per if slash else plain) % {"count": count, "unit": _UNITS.get(unit, unit)}
    return _("%(dose)s, all times together") % {"dose": dose} if detail.get("cumulative") is True else dose


def _large(numbers: Sequence[Decimal]) -> str:
    """A large number or a range of two: "1.5 million", "1 to 2 million", "500,000 to 1 million"."""
    figures, scales = zip(*map(_scaled, numbers), strict=True)
    if len(set(scales)) == 1:
        return _in_scale(_to(figures), scales[0])
    return _to([_in_scale(figure, scale) for figure, scale in zip(figures, scales, strict=True)])


def _scaled(number: Decimal) -> tuple[str, int]:
    """A number in the largest scale in which it has at most three decimals, and that scale, 0 for none."""
    for size in (_BILLION, _MILLION):
        figure = (number / size).normalize()
        if figure >= 1 and figure == round(figure, 3):
            return _figure(figure), size
    return _figure(number), 0


def _in_scale(figure: str, scale: int) -> str:
    number = 1 if figure == "1" else 2
    if scale == _BILLION:
        return ngettext("%(n)s billion", "%(n)s billion", number) % {"n": figure}
    if scale == _MILLION:
        return ngettext("%(n)s million", "%(n)s million", number) % {"n": figure}
    return figure


def _times(value: str, detail: Detail) -> str | None:
    amount = Amount.parse(value)
    if amount is None or not amount.whole:
        return None
    if value in {"1", "2"}:
        return _("once") if value == "1" else _("twice")
    return amount.bounded(_("%(n)s times") % {"n": _to([_figure(number) for number in amount.numbers])})


# Time


def _lasting(n: Decimal | int, unit: str, figure: str = "") -> str:
    """So many minutes, hours, days, weeks, months or years; `figure` is what stands for the number, if not itself."""
    count = int(n)
    forms = {
        "minute": ngettext("%(n)s minute", "%(n)s minutes", count),
        "hour": ngettext("%(n)s hour", "%(n)s hours", count),
        "day": ngettext("%(n)s day", "%(n)s days", count),
        "week": ngettext("%(n)s week", "%(n)s weeks", count),
        "month": ngettext("%(n)s month", "%(n)s months", count),
        "year": ngettext("%(n)s year", "%(n)s years", count),
    }
    return forms[unit] % {"n": figure or _figure(Decimal(count))}


def _range(numbers: Sequence[Decimal], unit: str) -> str:
    return _lasting(numbers[-1], unit, _to([_figure(number.normalize()) for number in numbers]))


def _months(value: str, detail: Detail) -> str | None:
    """Months: "18 months", "3 years", "6 months to 5 years". A part of a month stands for hours, days or weeks."""
    amount = Amount.parse(value)
    if amount is None:
        return None
    numbers = amount.numbers
    if all(number != int(number) for number in numbers):
        return amount.bounded(_("about %(amount)s") % {"amount": _less_than_months(numbers)})
    if all(number % 12 == 0 for number in numbers) and max(numbers) >= 24:
        return amount.bounded(_range([number / 12 for number in numbers], "year"))
    if len(numbers) == 1 or max(numbers) < 24:
        return amount.bounded(_range(numbers, "month"))
    return amount.bounded(_to([_months_or_years(number) for number in numbers]))


def _less_than_months(numbers: Sequence[Decimal]) -> str:
    """In the largest unit in which none of the numbers is 0."""
    told = ""
    for unit, size in _IN_A_MONTH.items():
        counts = [Decimal(round(number * size)) for number in numbers]
        told = _range(counts, unit)
        if all(counts):
            break
    return told


def _months_or_years(number: Decimal) -> str:
    years = number and number % 12 == 0
    return _range([number / 12], "year") if years else _range([number], "month")


def _apart(value: str, detail: Detail) -> str | None:
    """Days between two times, where a month counts as 30 days and a year as 365."""
    amount = Amount.parse(value)
    if amount is None or not all(amount.numbers):
        return None
    for unit, days in (("year", 365), ("month", 30), ("week", 7)):
        if all(number % days == 0 for number in amount.numbers):
            words = _range([number / days for number in amount.numbers], unit)
            words = words if unit == "week" or amount.sign == "~" else _("about %(amount)s") % {"amount": words}
            return _("%(time)s apart") % {"time": amount.bounded(words)}
    return _("%(time)s apart") % {"time": amount.bounded(_range(amount.numbers, "day"))}


def _ages(value: str, detail: Detail) -> str | None:
    found = _AGES.fullmatch(value)
    if found is None or value == "-":
        return None
    low, low_unit, high, high_unit = found.groups()
    if low and high:
        if low_unit == high_unit:
            return _range([Decimal(low), Decimal(high)], _AGE_UNITS[high_unit])
        return _to([_lasting(int(low), _AGE_UNITS[low_unit]), _lasting(int(high), _AGE_UNITS[high_unit])])
    if low:
        return _("from %(age)s") % {"age": _lasting(int(low), _AGE_UNITS[low_unit])}
    return _("up to %(age)s") % {"age": _lasting(int(high), _AGE_UNITS[high_unit])}


# Measures and drugs


def _severity(value: str, detail: Detail) -> str | None:
    found = _MEASURE.match(value)
    if found is None:
        return None
    measure, written = found[1], value[found.end() :]
    limits = _grades(written) or _classes(measure, written) or _limits(written, _text(detail, "unit"))
    return f"{_measure(measure)} {limits}" if limits else None


def _limits(written: str, unit: str) -> str | None:
    """A limit with its unit. Labels from before values had units have it in their detail, as the record writes it."""
    found = _LIMIT_IN_A_UNIT.fullmatch(written)
    amount = Amount.parse(found["limit"]) if found else None
    if found is None or amount is None:
        return None
    limit = amount.bounded(_to([_figure(number) for number in amount.numbers]), _ON_A_SCALE)
    if found["unit"] == "ratio":
        return _("%(limit)s (ratio to creatinine)") % {"limit": limit}
    unit = _unit(found["unit"]) if found["unit"] else unit
    return f"{limit}{unit}" if unit == "%" else f"{limit} {unit}".rstrip()


def without_unit(value: str) -> str:
    """A limit of severity without the unit that it has: "crp>2.0" of "crp>2.0mg/dl". Anything else as it is."""
    measure = _MEASURE.match(value)
    found = measure and _LIMIT_IN_A_UNIT.fullmatch(value, measure.end())
    return value[: found.start("unit")] if found and found["unit"] else value


def _unit(slug: str) -> str:
    """A unit of a value as people write it: "mg/dl" as "mg/dL"."""
    return "/".join(_("day") if part == "day" else _UNIT_PARTS.get(part, part) for part in slug.split("/"))


_UNIT_PARTS: Mapping[str, str] = {
    "l": "L",
    "dl": "dL",
    "ml": "mL",
    "umol": "µmol",
    "ug": "µg",
    "u": "U",
    "iu": "IU",
    "1.73m2": "1.73 m²",
}


def _grades(written: str) -> str | None:
    """Grades of organs, as BILAG has them: "at least 1A or 2B"."""
    found = _GRADES.fullmatch(written)
    if not found:
        return None
    told = _(" or ").join(found[2].split("-or-"))
    return str(_BOUNDS[">="]) % {"amount": told} if found[1] else told


def _classes(measure: str, written: str) -> str | None:
    """Classes of lupus nephritis, which are written in Roman numerals."""
    classes = [_ROMAN.get(part) for part in written.split("-")]
    if measure != "ln-class" or len(classes) > 2 or None in classes:
        return None
    return _to([str(part) for part in classes])


def _measure(slug: str) -> str:
    """The name of a measure; one that is not listed is an abbreviation when it is short and one word."""
    if slug in SEVERITY_MEASURES:
        return str(SEVERITY_MEASURES[slug])
    if slug == "ln-class":
        return _("Lupus nephritis, class")
    return slug.upper() if len(slug) <= _LONGEST_ABBREVIATION and "-" not in slug else capfirst(slug.replace("-", " "))


def _product(value: str, detail: Detail) -> str | None:
    """A trade name: "Prochymal", "Lomecel-B", "CYP-004"."""
    if not _PARTS.fullmatch(value):
        return None
    return _PRODUCTS.get(value) or "-".join(
        part.upper() if len(part) <= _LONGEST_ENDING or any(sign.isdigit() for sign in part) else capfirst(part)
        for part in value.split("-")
    )


def _drugs(value: str, detail: Detail) -> str | None:
    """Drugs given together: "Cyclophosphamide with G-CSF and plerixafor"."""
    if not _PARTS.fullmatch(value):
        return None
    first, *others = (str(_NAMED.get(part) or part.replace("-", " ")) for part in value.split("+"))
    if not others:
        return capfirst(first)
    *most, last = others
    told = _("%(drugs)s and %(last)s") % {"drugs": ", ".join(most), "last": last} if most else last
    return capfirst(_("%(drug)s with %(others)s") % {"drug": first, "others": told})


_WORDS: Mapping[str, Callable[[str, Detail], str | None]] = {
    "dose": _cells,
    "cd34_dose": _cd34_cells,
    "administrations": _times,
    "interval": _apart,
    "product": _product,
    "co_treatment": _drugs,
    "mobilisation": _drugs,
    "conditioning": _drugs,
    "age": _ages,
    "duration": _months,
    "severity": _severity,
    "follow_up": _months,
}
