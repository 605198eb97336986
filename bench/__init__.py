"""Benchmarks: Tayori against its peers, in the same run, alternating, on the same messages and the same sink."""
