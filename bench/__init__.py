"""Benchmarks: two ways, one run, one ratio."""
