"""From what the floors below know to what a page shows: pure functions, no request, no database."""
