"""The vocabulary of mail: addresses, envelopes, header fields, DKIM. Pure: no clock, no network, no database."""
