"""Simulated searches over HTTP: how many trainings until the best architecture is found."""
