"""The texts that the rules read, and the way back from a path to its text."""

from __future__ import annotations

import pytest

from apps.studies.texts import iter_texts, value_at
from tests.unit.classification.builders import payload, record_of

TOLD = payload(
    "Short",
    official="Long",
    conditions=["Lupus", ""],
    keywords=["cells"],
    interventions=[("Cells", "Given once"), "Placebo"],
    arms=[("One", "Cells")],
    summary="Why",
    description="How",
    eligibility="Who",
    meshes=[("D008180", "Lupus Erythematosus, Systemic")],
)


def test_texts_come_with_paths_that_lead_back():
    texts = list(iter_texts(record_of(TOLD)))
    assert [text for _, text in texts] == [
        "Short", "Long", "Lupus", "cells", "Cells", "Given once", "Placebo", "One", "Cells", "Why", "How",
        "Lupus Erythematosus, Systemic",
    ]  # fmt: skip
    for path, text in texts:
        assert value_at(TOLD, path) == text
        assert value_at(record_of(TOLD), path) == text


def test_eligibility_is_not_among_them():
    assert "Who" not in [text for _, text in iter_texts(record_of(TOLD))]
    assert value_at(TOLD, "protocolSection.eligibilityModule.eligibilityCriteria") == "Who"


@pytest.mark.parametrize(
    "path",
    [
        "protocolSection",
        "protocolSection.nowhere",
        "protocolSection.identificationModule.briefTitle.more",
        "protocolSection.conditionsModule.conditions[9]",
        "protocolSection.conditionsModule[0]",
    ],
)
def test_path_that_leads_to_no_text(path):
    for told in (TOLD, record_of(TOLD)):
        with pytest.raises(LookupError):
            value_at(told, path)


@pytest.mark.parametrize("path", ["", "a b", "a[-1]", "a[x]"])
def test_what_is_no_path(path):
    with pytest.raises((ValueError, LookupError)):
        value_at(TOLD, path)
