"""Country names as the registry spells them, now and in the past, against ISO 3166-1."""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping
from functools import cache, lru_cache

import pycountry
from django.utils.translation import get_language
from django.utils.translation import gettext as catalogue_name


def gettext_noop(name: str) -> str:
    """Marks a name for the catalogues. Django's own asks for settings, and the vocabulary loads without them."""
    return name


# Spellings that ISO 3166-1 (as pycountry holds it) does not know: the registry's own, and usual ones in older records.
# "Former Serbia and Montenegro", "Former Yugoslavia" and "Netherlands Antilles" are two or more countries today: they
# stay without a code on purpose and are shown as written.
SPELLINGS: Mapping[str, str] = {
    "Bolivia": "BO",
    "Bosnia-Herzegovina": "BA",
    "Brunei": "BN",
    "Burma": "MM",
    "Cape Verde": "CV",
    "Congo, The Democratic Republic of the": "CD",
    "Cote d'Ivoire": "CI",
    "Czech Republic": "CZ",
    "Democratic Republic of the Congo": "CD",
    "East Timor": "TL",
    "Federated States of Micronesia": "FM",
    "Great Britain": "GB",
    "Heard Island and McDonald Islands": "HM",
    "Holy See (Vatican City State)": "VA",
    "Hong Kong SAR": "HK",
    "Iran": "IR",
    "Iran (Islamic Republic of)": "IR",
    "Ivory Coast": "CI",
    "Korea, Democratic People's Republic of": "KP",
    "Korea, Republic of": "KR",
    "Kosovo": "XK",
    "Laos": "LA",
    "Lao People's Democratic Republic": "LA",
    "Libya": "LY",
    "Libyan Arab Jamahiriya": "LY",
    "Macao": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Macedonia, The Former Yugoslav Republic of": "MK",
    "Moldova": "MD",
    "North Korea": "KP",
    "Palestine": "PS",
    "Palestinian Territories": "PS",
    "Palestinian Territory": "PS",
    "Palestinian Territories, Occupied": "PS",
    "Palestinian Territory, occupied": "PS",
    "Republic of Korea": "KR",
    "Republic of North Macedonia": "MK",
    "Reunion": "RE",
    "Russia": "RU",
    "Saint Barthelemy": "BL",
    "Saint Martin": "MF",
    "Sint Maarten": "SX",
    "South Korea": "KR",
    "Swaziland": "SZ",
    "Syria": "SY",
    "Taiwan": "TW",
    "Tanzania": "TZ",
    "The Bahamas": "BS",
    "The Gambia": "GM",
    "The Netherlands": "NL",
    "Turkey": "TR",
    "Turkey (Türkiye)": "TR",
    "Turkiye": "TR",
    "Türkiye": "TR",
    "Türkiye (Türkiye)": "TR",
    "UK": "GB",
    "USA": "US",
    "United States of America": "US",
    "Vatican City": "VA",
    "Venezuela": "VE",
    "Vietnam": "VN",
    "Virgin Islands (U.S.)": "VI",
}

# What people read where ISO's own name is stiff or carries a comma.
SHORT_NAMES: Mapping[str, str] = {
    "BO": gettext_noop("Bolivia"),
    "BN": gettext_noop("Brunei"),
    "CD": gettext_noop("Democratic Republic of the Congo"),
    "CG": gettext_noop("Republic of the Congo"),
    "FK": gettext_noop("Falkland Islands"),
    "FM": gettext_noop("Micronesia"),
    "IR": gettext_noop("Iran"),
    "KP": gettext_noop("North Korea"),
    "KR": gettext_noop("South Korea"),
    "LA": gettext_noop("Laos"),
    "MD": gettext_noop("Moldova"),
    "PS": gettext_noop("Palestinian territories"),
    "RU": gettext_noop("Russia"),
    "SY": gettext_noop("Syria"),
    "TR": gettext_noop("Türkiye"),
    "TW": gettext_noop("Taiwan"),
    "TZ": gettext_noop("Tanzania"),
    "VA": gettext_noop("Vatican City"),
    "VE": gettext_noop("Venezuela"),
    "VG": gettext_noop("British Virgin Islands"),
    "VI": gettext_noop("U.S. Virgin Islands"),
    "VN": gettext_noop("Vietnam"),
    "XK": gettext_noop("Kosovo"),
}

# Countries of older records that are several countries today: they have no code, so the name stands for it.
FORMER_COUNTRIES: tuple[str, ...] = ("Former Serbia and Montenegro", "Former Yugoslavia", "Netherlands Antilles")


def _key(name: str) -> str:
    return " ".join(name.casefold().replace("’", "'").split())


@cache
def _codes() -> dict[str, str]:
    """Every known spelling, in folded form, to its alpha-2 code."""
    codes = {}
    for country in pycountry.countries:
        for name in ("official_name", "common_name", "name", "alpha_3", "alpha_2"):
            if spelling := getattr(country, name, None):
                codes[_key(spelling)] = country.alpha_2
    codes.update({_key(code): code for code in SHORT_NAMES})
    codes.update({_key(name): code for code, name in SHORT_NAMES.items()})
    codes.update({_key(spelling): code for spelling, code in SPELLINGS.items()})
    return codes


@cache
def _names() -> dict[str, str]:
    names = {country.alpha_2: getattr(country, "common_name", country.name) for country in pycountry.countries}
    return names | dict(SHORT_NAMES)


def country_code(name: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a country's name, old or new, or of its code; None when it has none today."""
    return _codes().get(_key(name)) if name else None


@cache
def _names_in(language: str) -> Mapping[str, str]:
    """The names in the active language, not English: short ones of our catalogue, the others of pycountry's."""
    try:
        known = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
    except FileNotFoundError:
        return _names()
    ours = {code: told for code, name in SHORT_NAMES.items() if (told := catalogue_name(name)) != name}
    return {code: known.gettext(name) for code, name in _names().items()} | ours


def country_name(code_or_name: str) -> str:
    """The name that people read, in the active language; a name without a code today comes back as written."""
    language = get_language() or "en"
    names = _names() if language == "en" else _names_in(language)
    return names.get(country_code(code_or_name) or "", code_or_name)


def countries_named(text: str) -> tuple[str, ...]:
    """The code of a country's name or code; else of every country whose name holds these words ("Korea").

    Empty where there is none. A country that is several countries today stands under its name.
    """
    if code := country_code(text):
        return (code,)
    asked = _words(text)
    if not any(char.isalpha() for char in asked):
        return ()
    named = {name: code for name, code in _codes().items() if len(name) > 3}
    named |= {name: name for name in FORMER_COUNTRIES}
    return tuple(sorted({code for name, code in named.items() if asked in _words(name)}))


@lru_cache(maxsize=2048)
def _words(name: str) -> str:
    return " ".join(["", *re.findall(r"\w+", name.casefold()), ""])
