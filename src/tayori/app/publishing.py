"""The loops that tell of events, put together: what publishes, what sends, and what HTTP serves for them.

Owns which endpoints there are and what they may reach. Mail to subscribers goes through the service's own sending: no
quota, no sandbox, and never enough of it to flood anybody.
"""

import ipaddress
from collections.abc import Callable, Mapping

from tayori import ids
from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import event_targets
from tayori.app.mailbox_simulator import SimulatorEndpoint
from tayori.app.sending import Sending, handed_by_service
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.clock import Clock
from tayori.config import Config
from tayori.events import feedback_endpoint, webhook_endpoint
from tayori.events.aws_request import Keys
from tayori.events.endpoint import Endpoint
from tayori.events.http_endpoint import HttpEndpoint
from tayori.events.mail_endpoint import MailEndpoint, NotificationMail
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.sender import Sender
from tayori.events.signing import FILE_PREFIX, Signing
from tayori.events.sqs_endpoint import SqsEndpoint, SqsSettings
from tayori.events.webhook_endpoint import Owner
from tayori.mail.address import AddressError, AddrSpec, Mailbox
from tayori.mail.answer import Resolver
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model.errors import Invalid
from tayori.model.message import Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_raw, from_simple
from tayori.resources import service_mail, signing_certificates, simulated_mail
from tayori.store.engine import Store

_ANYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_DAY = 86_400


class FeedbackMailer:
    """A RawMailer over the service's own sending (see tayori.events.feedback_endpoint)."""

    def __init__(self, store: Store, sending: Sending, names: Callable[[str], ServiceNames], clock: Clock) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock

    async def __call__(self, account_id: str, region: str, to: str, content: bytes) -> None:
        try:
            recipient = AddrSpec.parse(to)
        except AddressError as error:
            raise Invalid(str(error)) from error
        now, names = self._clock.now(), self._names(region)
        handed = handed_by_service(account_id, names, now, Operation.SERVICE, [recipient])
        await self._sending.submit(from_raw(content, handed))


class NotificationMailer:
    """A Mailer over the service's own sending (see tayori.events.mail_endpoint)."""

    def __init__(self, store: Store, sending: Sending, names: Callable[[str], ServiceNames], clock: Clock) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock

    async def __call__(self, mail: NotificationMail) -> None:
        to = AddrSpec.parse(mail.to)
        most = service_mail.VERIFICATIONS_AN_HOUR if mail.is_to_stranger else service_mail.MAILS_AN_HOUR
        await self._store.write(
            service_mail.book, mail.account_id, str(to), most_an_hour=most, most_a_day=service_mail.MAILS_A_DAY
        )
        now, names = self._clock.now(), self._names(mail.region)
        content = SimpleContent(
            sender=Mailbox("", AddrSpec.parse(names.postmaster)),
            to=[Mailbox("", to)],
            subject=Content(data=mail.subject),
            body=Body(text=Content(data=mail.text)),
            headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 5
        )
        handed = handed_by_service(mail.account_id, names, now, Operation.SERVICE, [to])
        await self._sending.submit(from_simple(content, handed, boundary=ids.url_token()))


def sender(
    config: Config,
    store: Store,
    clock: Clock,
    resolver: Resolver,
    worker: str,
    *,
    mailer: NotificationMailer,
    feedback: FeedbackMailer,
    tell_owner: Owner,
    others: Mapping[str, Endpoint],
) -> Sender:
    """What sends notifications; `others` are endpoints beside those of topics, webhooks and mail."""
    settings, base_url = config.events, config.http_url.rstrip("/")
    tls = event_targets.tls_of(config)
    signing = Signing(store, clock, f"sns.{config.service.domain}")
    networks = tuple(ipaddress.ip_network(text) for text in settings.private_networks)
    outgoing = OutgoingHttp(resolver, OutgoingSettings(allowed_networks=networks, tls=tls))
    http = HttpEndpoint(outgoing, signing, base_url)
    queues = SqsEndpoint(
        OutgoingHttp(resolver, OutgoingSettings(allowed_networks=_ANYWHERE, tls=tls)),
        signing,
        base_url,
        SqsSettings(
            endpoint=settings.sqs_endpoint,
            keys=Keys(access_key_id=settings.sqs_access_key_id, secret_access_key=settings.sqs_secret_access_key),
        ),
        clock,
    )
    mail = MailEndpoint(mailer, signing, base_url)
    endpoints: Mapping[str, Endpoint] = {
        "http": http,
        "https": http,
        "sqs": queues,
        "email": mail,
        "email-json": mail,
        webhook_endpoint.PROTOCOL: webhook_endpoint.WebhookEndpoint(outgoing, store, tell_owner),
        feedback_endpoint.PROTOCOL: feedback_endpoint.FeedbackEndpoint(feedback),
        simulated_mail.PROTOCOL: SimulatorEndpoint(config, store, resolver, clock),
        **others,
    }
    return Sender(store, clock, worker, endpoints)


class SigningCertificates:
    """Certificates over HTTP, where the SigningCertURL of a notification leads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [
            Route(
                method="GET", prefix=f"/{FILE_PREFIX}", suffix=".pem", handler=self.certificate, access=Access.EVERYBODY
            )
        ]

    async def certificate(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        name = request.path.removeprefix(f"/{FILE_PREFIX}").removesuffix(".pem")
        found = await self._store.read(signing_certificates.published, name)
        if found is None:
            return HttpResponse(status=404, headers=(("content-type", "text/plain; charset=utf-8"),), body=b"")
        headers = (("content-type", "application/x-pem-file"), ("cache-control", f"public, max-age={_DAY}"))
        return HttpResponse(status=200, headers=headers, body=found.encode("ascii"))
