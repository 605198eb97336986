"""Open and click tracking: messages whose HTML is changed, and links that come back from anywhere."""

from contextlib import suppress

from tayori.mail import html_scan
from tayori.mail.lines import has_bare_line_ends, has_line_longer_than
from tayori.mail.structure import StructureError, walk
from tayori.model import tracking_link
from tayori.model.tracking import Tracking, track
from tayori.model.tracking_link import LinkKey, LinkKind, TrackingLink, is_clean

_ID = "0100018774e741e0-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
_KEY = LinkKey(number=692, secret=b"k" * 32)
_ORIGIN = "http://r.us-east-1.tayori.test"
_HTML = (
    b'<html><body title="<a>"><!-- x --><style>a{}</style><a ses:tags="a:b;" href="https://x.test/?a&amp;b">x</a>'
    b"<a ses:no-track href='http://y.test/'>\xe6\x97\xa5</a>{{ses:openTracker}}</body></html>\r\n"
)
_PART = b"Content-Type: text/html; charset=utf-8\r\n"


def message(data: bytes) -> None:
    """The structure of a message stays as it was; no line grows too long, none ends otherwise."""

    def write(link: TrackingLink) -> str:
        return tracking_link.write(link, _ORIGIN, _KEY)

    changed = track(data, _ID, Tracking(opens=True, clicks=True), write)
    assert _shape(changed) == _shape(data)
    if not has_line_longer_than(data + b"\r\n", 1000):
        assert not has_line_longer_than(changed, 1000)
    if not has_bare_line_ends(data):
        assert not has_bare_line_ends(changed)


def _shape(data: bytes) -> list[tuple[int, str, str]]:
    found: list[tuple[int, str, str]] = []
    with suppress(StructureError):
        found.extend((part.depth, part.content_type, part.transfer_encoding) for part in walk(data))
    return found


def scanned(data: bytes) -> None:
    """Ranges lie in the text, in order."""
    for charset in ("", "shift_jis", "iso-2022-jp"):
        view = html_scan.ascii_view(data, charset)
        assert view is not None and len(view) == len(data)
        position = 0
        for attributes in html_scan.scan(view).anchors:
            for one in attributes:
                assert position <= one.start <= one.value_start <= one.value_end <= one.end <= len(data)
                position = one.end


def link(data: bytes) -> None:
    """What was not given out is not ours; what is ours leads to a web page."""
    path, _, query = data.decode("utf-8", "surrogateescape").partition("?")
    found = tracking_link.read(path, query, "r.us-east-1.tayori.test", {692: _KEY.secret}.get)
    assert found is None or found.kind is LinkKind.OPEN or is_clean(found.target)
    with suppress(ValueError):
        is_clean(path)


def _url(target: str) -> bytes:
    wanted = TrackingLink(kind=LinkKind.CLICK, message_id=_ID, target=target, tags="a:b")
    return tracking_link.write(wanted, _ORIGIN, _KEY).removeprefix(_ORIGIN).encode()


TARGETS = {
    "tracked-message": (
        message,
        (
            _PART + b"\r\n" + _HTML,
            _PART + b'Content-Transfer-Encoding: quoted-printable\r\n\r\n<a href=3D"http://x.test/">=\r\n=E3=81=82</a>',
            _PART + b"Content-Transfer-Encoding: base64\r\n\r\nPGEgaHJlZj0iaHR0cDovL3gudGVzdC8iPg==\r\n",
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + _PART + b"\r\n" + _HTML + b"\r\n--b--\r\n",
        ),
    ),
    "html": (scanned, (_HTML, b"\x1b$B<a\x1b(B<a href=x>\x83\x5c", b"<a href='")),
    "tracked-link": (link, (_url("https://x.test/?a=b"), f"/I0/{_ID}/{'a' * 27}=692".encode())),
}
