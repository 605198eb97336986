"""The figures: how a mail is checked, DKIM, MAIL FROM and SPF, DMARC, verification.

Owns what each figure shows. Their words are in the catalogue, their look in `drawing`.
"""

from tayori.dossier.blocks import Figure
from tayori.dossier.catalogue import Texts
from tayori.dossier.drawing import Drawing


def _finished(drawing: Drawing, texts: Texts, name: str) -> Figure:
    section = "background" if name == "overview" else f"why.{name}"
    alternative = texts(f"{section}.alternative")
    return Figure(name=name, svg=drawing.svg(alternative), caption=texts(f"{section}.figure"), alternative=alternative)


def overview(texts: Texts, domain: str) -> Figure:
    on = Drawing("overview", 280)
    on.box(5, 148, 130, 72, texts("figure.requester"))
    on.box(195, 148, 145, 72, texts("figure.service"))
    on.box(405, 148, 150, 72, texts("figure.receiver"))
    on.box(380, 10, 200, 76, texts("figure.dns", domain=domain), texts("figure.records"), style="asked")
    on.box(612, 110, 104, 56, texts("figure.mailbox"), style="good")
    on.box(612, 206, 104, 56, texts("figure.spam"))
    on.arrow((135, 184), (193, 184))
    on.number(164, 165, 1)
    on.label_below(164, 202, texts("figure.mail"), room=56)
    on.arrow((340, 184), (403, 184))
    on.number(371, 165, 2)
    on.label_below(371, 202, texts("figure.signed"), room=58)
    on.arrow((455, 148), (455, 89), asked=True)
    on.number(432, 134, 3)
    on.label(447, 114, texts("figure.ask"), anchor="end")
    on.arrow((505, 86), (505, 146), asked=True)
    on.label(513, 120, texts("figure.answer"), anchor="start")
    on.arrow((555, 170), (584, 170), (584, 138), (610, 138))
    on.arrow((555, 198), (584, 198), (584, 234), (610, 234))
    on.number(584, 184, 4)
    on.label(664, 104, texts("figure.fits"))
    on.label(664, 200, texts("figure.not"))
    on.legend(texts("figure.asked"))
    return _finished(on, texts, "overview")


def dkim(texts: Texts, domain: str, selector: str, *, is_pointer: bool) -> Figure:
    """With CNAMEs the key is in the service's zone, else in the domain's own."""
    on = Drawing("dkim", 310)
    inside = texts("figure.cname") if is_pointer else texts("figure.public-key")
    on.box(470, 12, 240, 74, texts("figure.dns", domain=domain), inside, style="asked")
    on.box(10, 180, 180, 84, texts("figure.service"), texts("figure.private-key"))
    on.box(530, 180, 180, 84, texts("figure.receiver"), texts("figure.check"))
    signature = (texts("figure.signature"), f"`d={domain}", f"`s={selector}")
    on.box(240, 172, 240, 100, texts("figure.signed"), *signature, style="paper")
    on.arrow((190, 222), (238, 222))
    on.arrow((480, 222), (528, 222))
    on.arrow((650, 180), (650, 89), asked=True)
    on.label(658, 140, texts("figure.ask"), anchor="start")
    if is_pointer:
        on.box(10, 12, 240, 74, texts("figure.service-dns"), texts("figure.public-key"))
        on.arrow((470, 40), (252, 40), asked=True)
        on.label(360, 33, texts("figure.points"))
        on.arrow((252, 72), (400, 130), (600, 130), (600, 178))
        on.label(440, 124, texts("figure.public-key"))
    else:
        on.arrow((560, 88), (560, 178), asked=True)
        on.label(552, 140, texts("figure.public-key"), anchor="end")
    on.legend(texts("figure.asked"))
    return _finished(on, texts, "dkim")


def mail_from(texts: Texts, domain: str, name: str) -> Figure:
    on = Drawing("mail-from", 326)
    on.box(10, 142, 150, 84, texts("figure.service"))
    on.box(205, 106, 270, 156, "", style="paper")
    on.words(205, 108, 270, 52, texts("figure.envelope"), texts("figure.envelope-from", mail_from=name))
    on.box(230, 162, 220, 84, texts("figure.letter"), texts("figure.letter-from", domain=domain), style="paper")
    on.box(530, 142, 180, 84, texts("figure.receiver"), texts("figure.is-listed"))
    on.box(470, 8, 240, 84, f"DNS: {name}", texts("figure.spf"), texts("figure.mx"), style="asked")
    on.arrow((160, 184), (203, 184))
    on.arrow((475, 184), (528, 184))
    on.arrow((600, 142), (600, 95), asked=True)
    on.label(592, 124, texts("figure.ask"), anchor="end")
    on.arrow((650, 92), (650, 140), asked=True)
    on.label(658, 124, texts("figure.answer"), anchor="start")
    on.arrow((620, 226), (620, 288), (85, 288), (85, 228), dashed=True)
    on.label(352, 281, texts("figure.returns"), room=300)
    on.legend(texts("figure.asked"))
    return _finished(on, texts, "mail-from")


def dmarc(texts: Texts, domain: str, mail_from_name: str) -> Figure:
    on = Drawing("dmarc", 282)
    on.box(10, 8, 190, 62, texts("figure.author"), f"`From: …@{domain}")
    on.box(10, 86, 190, 62, texts("figure.dkim-proves"), f"`d={domain}")
    on.box(10, 164, 190, 62, texts("figure.spf-proves"), f"`{mail_from_name}")
    on.box(270, 78, 140, 78, texts("figure.same"), texts("figure.receiver"))
    on.arrow((200, 39), (240, 39), (240, 96), (268, 96))
    on.arrow((200, 117), (268, 117))
    on.arrow((200, 195), (240, 195), (240, 138), (268, 138))
    on.box(580, 8, 130, 46, texts("figure.delivered"), style="good")
    on.arrow((340, 78), (340, 31), (578, 31))
    on.label(460, 24, texts("figure.one-fits"), room=200)
    on.box(
        530,
        68,
        180,
        100,
        texts("figure.policy"),
        texts("figure.p-none"),
        texts("figure.p-quarantine"),
        texts("figure.p-reject"),
        style="asked",
    )
    on.arrow((410, 117), (528, 117))
    on.label(468, 110, texts("figure.none-fits"), room=110)
    on.arrow((340, 156), (340, 216), (528, 216), dashed=True)
    on.box(530, 194, 180, 44, texts("figure.reports"))
    on.legend(texts("figure.asked"))
    return _finished(on, texts, "dmarc")


def ownership(texts: Texts, domain: str) -> Figure:
    on = Drawing("ownership", 240)
    on.box(10, 40, 130, 66, texts("figure.service"))
    on.box(225, 40, 120, 66, texts("figure.requester"))
    on.box(430, 40, 120, 66, texts("figure.administrator"))
    on.box(540, 132, 170, 74, texts("figure.dns", domain=domain), style="asked")
    on.arrow((140, 73), (223, 73))
    on.label(182, 64, texts("figure.token"), room=78)
    on.arrow((345, 73), (428, 73))
    on.label(387, 64, texts("figure.hands-over"), room=78)
    on.arrow((550, 73), (650, 73), (650, 130), asked=True)
    on.label(600, 64, texts("figure.registers"))
    on.arrow((75, 106), (75, 176), (538, 176), asked=True)
    on.label(306, 168, texts("figure.looks-up"))
    on.label(306, 194, texts("figure.verified"))
    on.legend(texts("figure.asked"))
    return _finished(on, texts, "ownership")
