"""The rehearsal internet: real servers on loopback, for learning, demonstrating and testing."""
