"""Tests and benchmarks of hachi_tf; `python -m tests.benchmarks` finds them here."""
