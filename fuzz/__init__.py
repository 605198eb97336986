"""Fuzzers of everything that reads octets of strangers. `make fuzz`; a short run of each is part of the tests."""
