"""Attachments that SES does not send, by the extension of their file names (ses: mime-types)."""

from tayori.mail import structure
from tayori.model import content_scan
from tayori.model.errors import Invalid

BLOCKED_EXTENSIONS = frozenset(
    (
        "ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its js jse ksh lib "
        "lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh msh1 msh2 mshxml msh1xml "
        "msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp "
        "url vb vbe vbs vps vsmacros vss vst vsw vxd ws wsc wsf wsh xnk"
    ).split()
)


def check_name(name: str) -> None:
    """Refuse a file name whose extension is blocked. Raises Invalid."""
    extension = name.rpartition(".")[2].strip().lower() if "." in name else ""
    if extension in BLOCKED_EXTENSIONS:
        raise Invalid(f"Attachment file extension is not allowed: '.{extension}'.")


def check(content: bytes) -> list[bytes]:
    """Refuse a message with a blocked attachment, forwarded messages included. Raises Invalid.

    Returns the beginnings of the files in it, decoded, as far as content is looked into (`content_scan`).
    """
    beginnings: list[bytes] = []
    left = content_scan.LOOKED_AT_IN_ALL
    try:
        for part in structure.walk(content):
            check_name(part.file_name)
            if left > 0 and _is_file(part):
                beginnings.append(part.beginning(min(left, content_scan.LOOKED_AT)))
                left -= min(part.end - part.start, content_scan.LOOKED_AT)
    except structure.StructureError as error:  # what we cannot look through, we do not send
        raise Invalid(str(error)) from error
    return beginnings


def _is_file(part: structure.Part) -> bool:
    """Text to read is no file, and what holds others neither."""
    if part.is_multipart or part.content_type in structure.FORWARDED_TYPES:
        return False
    return bool(part.file_name) or part.disposition == "attachment" or not part.content_type.startswith("text/")
