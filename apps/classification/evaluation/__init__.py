"""Holding what the rules say against what people read. Pure but for reading the named file: no database.

`trials` scores scope, disease, cell type, donor and source on labelled ids, `cards` the fields of the card on cards
that were read by hand. How it is measured, and the figures, stand in docs/measuring.md.
"""

from __future__ import annotations
