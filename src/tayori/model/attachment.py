"""Attachments that SES does not send, by the extension of their file names (ses: mime-types)."""

from tayori.mail import structure
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


def check(content: bytes) -> None:
    """Refuse a message with a blocked attachment, forwarded messages included. Raises Invalid."""
    try:
        names = structure.attachment_names(content)
    except structure.StructureError as error:  # what we cannot look through, we do not send
        raise Invalid(str(error)) from error
    for name in names:
        check_name(name)
