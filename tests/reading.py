"""The reading grade of what patients read (Flesch and Kincaid: the year at school in which a text is understood)."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # It asks for its word list by a module that announces its end.
    warnings.simplefilter("ignore")
    import textstat

# The year at school that texts for patients may ask for.
HIGHEST_GRADE = 8.0


def grade(text: str) -> float:
    """The grade of some sentences. A single short one says little: give a paragraph where there is one."""
    return float(textstat.flesch_kincaid_grade(text))


def spanish_ease(text: str) -> float:
    """How easily a Spanish text reads, of 100 (Fernández Huerta): 60 to 70 is "normal", more is easier."""
    textstat.set_lang("es")
    try:
        return float(textstat.fernandez_huerta(text))
    finally:
        textstat.set_lang("en_US")
