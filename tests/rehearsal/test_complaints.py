"""The reader presses "report spam": one provider tells the sender, the other does not."""

import email
import email.policy
from typing import Any

CONTENT = (
    b"From: Shop <hello@shop.test>\r\nTo: Taro <taro.yamada@fbl.test>\r\nSubject: offers\r\n"
    b"Message-ID: <0100-9@us-east-1.tayori.test>\r\nList-Unsubscribe: <mailto:u+Taro.Yamada=fbl.test@shop.test>\r\n"
    b"\r\nDear taro.yamada@fbl.test, notataro.yamada@fbl.test is somebody else.\r\n"
)


def test_a_feedback_loop_sends_a_report_that_hides_who_complained(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.send("0100-9@mail.shop.test", "taro.yamada@fbl.test", CONTENT)
            (message,) = await rig.messages("taro.yamada@fbl.test")
            response = await rig.call("POST", f"messages/{message['id']}/report-spam")
            assert (response.status, response.body["reported_to"]) == (200, "complaints@tayori.test")
            peer, report = await rig.sink.next()
            assert (peer.host, report.recipients) == ("127.77.0.10", ("complaints@tayori.test",))
            assert str(report.reverse_path.text) == "feedback@fbl.test"  # type: ignore[union-attr]
            mail = email.message_from_bytes(report.content, policy=email.policy.default)
            assert mail.get_param("report-type") == "feedback-report"
            _, feedback, original = mail.iter_parts()
            assert feedback.get_content_type() == "message/feedback-report"
            (fields,) = feedback.iter_parts()
            assert (fields["Feedback-Type"], fields["Version"]) == ("abuse", "1")
            assert fields["Original-Mail-From"] == "<0100-9@mail.shop.test>"
            assert fields["Original-Rcpt-To"] == "<redacted@fbl.test>"
            assert fields["Source-IP"] == "127.77.1.1"
            (inner,) = original.iter_parts()
            assert inner["To"] == "Taro <redacted@fbl.test>"
            assert inner["Message-ID"] == "<0100-9@us-east-1.tayori.test>"
            text = report.content.lower()
            assert b"taro.yamada" not in text.replace(b"notataro.yamada@fbl.test", b"")
            (again,) = await rig.messages("taro.yamada@fbl.test")
            assert again["spam_reported_at"] is not None

    run(story())


def test_others_tell_nobody(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            for domain in ("nofbl.test", "inbox.test"):
                await rig.send("x@mail.shop.test", f"taro@{domain}", CONTENT)
                (message,) = await rig.messages(f"taro@{domain}")
                response = await rig.call("POST", f"messages/{message['id']}/report-spam")
                assert (response.status, response.body["reported_to"]) == (200, None)
            await rig.send("x@mail.shop.test", "taro@fbl.test", CONTENT)
            (message,) = await rig.messages("taro@fbl.test")
            await rig.call("POST", f"messages/{message['id']}/report-spam")
            peer, _ = await rig.sink.next()
            assert peer.host == "127.77.0.10"
            assert rig.sink.received.empty()

    run(story())


def test_no_such_message(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            response = await rig.call("POST", "messages/nothing/report-spam")
            assert (response.status, response.body["message"]) == (404, "no mailbox holds a message nothing")

    run(story())
