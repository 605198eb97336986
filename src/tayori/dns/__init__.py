"""The DNS: our authoritative server and the resolver everyone uses."""
