"""Measuring networks: scores of sequences, the trivial baseline, intervals."""
