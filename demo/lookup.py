"""DNS questions to the rehearsal's resolver, asked with dnspython as any verifier would."""

import dns.resolver


class Lookup:
    """Asks one resolver, with no cache in between."""

    def __init__(self, host: str, port: int) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [host]
        self._resolver.port = port
        self._resolver.cache = None
        self._resolver.lifetime = 5

    def values(self, name: str, rdtype: str) -> list[str]:
        """Values as text, none where there are none; the strings of a TXT record joined."""
        try:
            answer = self._resolver.resolve(name, rdtype)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        if rdtype == "TXT":
            return [b"".join(record.strings).decode("latin-1") for record in answer]
        return [record.to_text() for record in answer]

    def mail_host(self, domain: str) -> str:
        """The address of the domain's first MX host."""
        first = min(self.values(domain, "MX"), key=lambda value: int(value.split()[0]))
        return self.values(first.split()[1], "A")[0]
