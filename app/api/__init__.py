"""HTTP: parse, call the predictor, format."""
