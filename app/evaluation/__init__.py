"""How good the estimates are, on tables of finished searches."""
