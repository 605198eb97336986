"""The MTA's client side: from a queued recipient to an answer of the receiver's host."""
