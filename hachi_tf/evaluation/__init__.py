"""Measuring networks and data: scores, baselines, intervals, pictures, reading back, figures."""
