"""Lists for programs that take everything: labels and changes, paged by a cursor, and what stands behind one study."""
