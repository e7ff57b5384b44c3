"""Predictors of the field to compare with, each behind the protocol of `baseline.py`."""
