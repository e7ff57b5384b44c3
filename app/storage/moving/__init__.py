"""Everything of one store moved into another, and compared there."""
