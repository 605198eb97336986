"""Content that SES accepts and then rejects: viruses. Here, the one harmless file by which scanners are tested.

Owns where it is looked for: in the message as it stands, and in files that it carries, decoded. Bounded: of each file
the beginning, of all files together a fixed sum; nothing is unpacked. Never looks for real viruses.
"""

from collections.abc import Iterable

# Put together, so that no scanner takes this file for what it looks for (EICAR: anti-malware test file).
EICAR = b"$EICAR-".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}", b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"])

LOOKED_AT = 64 * 1024  # octets of each file in its transfer encoding: the test file has 68, and stands at the beginning
LOOKED_AT_IN_ALL = 1024 * 1024


def is_bad(content: bytes, files: Iterable[bytes] = ()) -> bool:
    """Whether the message or one of the `files` in it has the test file."""
    return EICAR in content or any(EICAR in file for file in files)
