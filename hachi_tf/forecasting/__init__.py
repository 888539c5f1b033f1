"""Forecasts: paths that a model draws, how good they are, and simple methods to compare with."""
