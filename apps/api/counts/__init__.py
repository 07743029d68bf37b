"""Numbers in the place of records: facets of a query, and who runs the studies that it finds."""
