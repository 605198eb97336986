"""Each mistake that a DNS administrator makes, made in the rehearsal internet, and the sentence that the service says.

The zones are edited as their administrators do it. What goes wrong at a whole server is played by the name servers of
`rehearsal.name_servers`. Not here but in tests/dns/test_investigation.py: what needs packets that no server of this
internet sends (answers that cannot be read, hosts that cannot be reached), and servers of a parent zone that disagree.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from service import Service

DOMAIN = "mistaken.test"
BOUNCE = f"bounce.{DOMAIN}"
FEEDBACK = "feedback-smtp.us-east-1.tayori.test"
SPF = "v=spf1 include:spf.tayori.test ~all"
GOOD = "ns.rehearsal.test"

Record = dict[str, Any]


class Customer:
    """The domain's DNS administrator, and what the service says to them."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def put(self, name: str, rdtype: str, *values: str, ttl: int = 10) -> None:
        body = {"values": list(values), "ttl": ttl}
        self.service.rehearsal.call("PUT", f"dns/{name}/{rdtype}", body)

    def delete(self, name: str, rdtype: str) -> None:
        self.service.rehearsal.call("DELETE", f"dns/{name}/{rdtype}")

    def move(self, record: Record, to: str) -> None:
        """Register a record at another name than it belongs to."""
        self.delete(record["name"], record["type"])
        self.put(to, record["type"], record["expected"])

    def records(self) -> list[Record]:
        return list(self.service.rehearsal.request("GET", f"/tayori/domains/{DOMAIN}/records")["records"])

    def record(self, purpose: str, name: str = "") -> Record:
        """The first record of a purpose, or the one at a name."""
        return next(r for r in self.records() if r["purpose"] == purpose and name in ("", r["name"]))

    def again(self, record: Record) -> Record:
        return self.record(record["purpose"], record["name"])


def _clear(service: Service) -> None:
    for item in service.rehearsal.call("GET", f"dns?under={DOMAIN}")["record_sets"]:
        service.rehearsal.call("DELETE", f"dns/{item['name']}/{item['type']}")


@pytest.fixture
def customer(service: Service) -> Iterator[Customer]:
    """Every record of the domain is in place."""
    client = service.client()
    client.create_email_identity(EmailIdentity=DOMAIN)
    client.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain=BOUNCE)
    service.rehearsal.adopt(DOMAIN)
    yield Customer(service)
    client.delete_email_identity(EmailIdentity=DOMAIN)
    _clear(service)


@pytest.fixture
def with_own_key(service: Service) -> Iterator[Customer]:
    """The domain brings a key of its own, whose record is a long TXT."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    attributes = {"DomainSigningSelector": "s1", "DomainSigningPrivateKey": base64.b64encode(text).decode()}
    client = service.client()
    client.create_email_identity(EmailIdentity=DOMAIN, DkimSigningAttributes=attributes)
    service.rehearsal.adopt(DOMAIN)
    yield Customer(service)
    client.delete_email_identity(EmailIdentity=DOMAIN)
    _clear(service)


def says(record: Record, mistake: str, english: str, japanese: str) -> None:
    """Among what is said of the record is this mistake, in these words."""
    found = {advice["mistake"]: (advice["en"], advice["ja"]) for advice in record["advice"]}
    assert mistake in found, record
    assert found[mistake] == (english, japanese)


def says_first(record: Record, mistake: str, english: str, japanese: str) -> None:
    assert (record["verdict"], record["hint"]) == ("wrong", mistake), record
    says(record, mistake, english, japanese)


def test_records_in_place_need_nothing(customer: Customer) -> None:
    found = customer.records()
    assert [r["purpose"] for r in found] == ["dkim"] * 3 + ["mail-from-mx", "mail-from-spf", "dmarc"]
    assert {r["verdict"] for r in found} == {"ok"}
    for record in found:
        name = record["name"]
        says(record, "in-place", f"{name} is in place; nothing needs to be done.",
             f"{name} は正しく登録されています。対応は不要です。")  # fmt: skip


def test_a_record_that_nobody_registered(customer: Customer) -> None:
    customer.delete(BOUNCE, "MX")
    record = customer.record("mail-from-mx")
    assert (record["verdict"], record["hint"]) == ("missing", "missing")
    says(
        record,
        "missing",
        f"No such MX record stands at {BOUNCE}. Register it in the zone {DOMAIN}: host bounce, type MX, "
        f"value 10 {FEEDBACK}.",
        f"{BOUNCE} に該当する MX レコードがありません。ゾーン {DOMAIN} に、ホスト名 bounce、種別 MX、"
        f"値 10 {FEEDBACK} で登録してください。",
    )


# -- names -------------------------------------------------------------------------------------------------------------


def test_the_panel_appended_the_domain_to_a_name_that_had_it_already(customer: Customer) -> None:
    record = customer.record("dkim")
    name = record["name"]
    customer.move(record, f"{name}.{DOMAIN}")
    host = name.removesuffix(f".{DOMAIN}")
    says_first(
        customer.again(record),
        "name-doubled",
        f"The record stands at {name}.{DOMAIN}: the DNS panel appended the domain to a name that had it already. "
        f"Delete it and enter only {host} in the host field.",
        f"レコードが {name}.{DOMAIN} に登録されています。ドメイン名まで入力した名前の後ろに、管理画面がもう一度"
        f"ドメイン名を付けたためです。これを削除し、ホスト名の欄には {host} だけを入力してください。",
    )


def test_the_panel_appended_the_domain_to_the_value(customer: Customer) -> None:
    customer.put(BOUNCE, "MX", f"10 {FEEDBACK}.{DOMAIN}")
    says_first(
        customer.record("mail-from-mx"),
        "value-doubled",
        f"The value of {BOUNCE} ended up as 10 {FEEDBACK}.{DOMAIN}: the panel appended the domain to it. Enter the "
        f"value with a final dot: 10 {FEEDBACK}.",
        f"{BOUNCE} の値が 10 {FEEDBACK}.{DOMAIN} になっています。管理画面が値の後ろにドメイン名を付けたためです。"
        f"値の末尾にドットを付けて「10 {FEEDBACK}.」と入力してください。",
    )


def test_domainkey_is_missing_from_the_name(customer: Customer) -> None:
    record = customer.record("dkim")
    name = record["name"]
    place = name.replace("._domainkey.", ".")
    customer.move(record, place)
    host = name.removesuffix(f".{DOMAIN}")
    says_first(
        customer.again(record),
        "domainkey-missing",
        f"The record stands at {place}: the part _domainkey is missing from its name. It must stand at {name}; "
        f"enter {host} in the host field.",
        f"レコードが {place} に登録されており、名前に _domainkey がありません。正しい名前は {name} です。ホスト名の欄"
        f"には {host} を入力してください。",
    )


def test_the_panel_refused_the_underscore(customer: Customer) -> None:
    record = customer.record("dkim")
    name = record["name"]
    place = name.replace("_", "")
    customer.move(record, place)
    host = name.removesuffix(f".{DOMAIN}")
    says_first(
        customer.again(record),
        "underscore-refused",
        f"The record stands at {place}, without the underscore. The underscore belongs to the name {name}. "
        f"Where the panel refuses it, ask the DNS provider to register {host}, or move the zone to a provider that "
        "allows it.",
        f"レコードが、アンダースコアのない {place} に登録されています。アンダースコアは名前 {name} の一部です。管理画面"
        f"が受け付けない場合は、DNS 事業者に {host} の登録を依頼するか、対応している事業者へゾーンを移してください。",
    )


# -- CNAME -------------------------------------------------------------------------------------------------------------


def test_the_provider_flattened_the_cname_to_the_key(customer: Customer) -> None:
    record = customer.record("dkim")
    name, value = record["name"], record["expected"]
    customer.delete(name, "CNAME")
    customer.put(name, "TXT", "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB")
    says_first(
        customer.again(record),
        "flattened",
        f"{name} answers with the key itself and not with a CNAME: the DNS provider flattens the alias. That breaks "
        f"at the next change of the key. Switch flattening off for this name, so that a CNAME to {value} is answered.",
        f"{name} は CNAME ではなく、鍵そのものを応答しています。DNS 事業者が CNAME を展開 (フラット化) しているため"
        f"で、次の鍵の更新で壊れます。この名前の展開を無効にし、{value} への CNAME が応答されるようにしてください。",
    )


def test_a_proxy_hides_the_cname(customer: Customer) -> None:
    record = customer.record("dkim")
    name, value = record["name"], record["expected"]
    customer.delete(name, "CNAME")
    customer.put(name, "A", "192.0.2.7")
    says_first(
        customer.again(record),
        "proxied",
        f"{name} answers with the addresses 192.0.2.7 and not with a CNAME: the DNS provider's proxy hides it. Switch "
        f"the proxy off for this record (DNS only), so that a CNAME to {value} is answered.",
        f"{name} は CNAME ではなく、アドレス 192.0.2.7 を応答しています。DNS 事業者のプロキシが CNAME を隠しています。"
        f"このレコードのプロキシを無効 (DNS のみ) にし、{value} への CNAME が応答されるようにしてください。",
    )


def test_a_cname_stands_where_the_mx_should(customer: Customer) -> None:
    customer.delete(BOUNCE, "MX")
    customer.delete(BOUNCE, "TXT")
    customer.put(BOUNCE, "CNAME", f"www.{DOMAIN}")
    record = customer.record("mail-from-mx")
    assert (record["hint"], record["found"]) == ("cname-in-the-way", [f"CNAME www.{DOMAIN}"])
    says(
        record,
        "cname-in-the-way",
        f"At {BOUNCE} stands a CNAME to www.{DOMAIN}, beside which no MX record can stand. Delete the CNAME, or choose "
        "another subdomain.",
        f"{BOUNCE} に www.{DOMAIN} への CNAME があり、MX レコードを並べて置けません。CNAME を削除するか、別のサブ"
        "ドメインを選んでください。",
    )


def test_a_cname_beside_other_records(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", "lax.rehearsal.test")
    record = customer.record("dkim")
    name = record["name"]
    customer.put(name, "TXT", "site-verification=1")
    says(
        customer.again(record),
        "cname-beside-others",
        f"At {name} a CNAME stands beside records of other types (TXT), which the DNS forbids. Delete those.",
        f"{name} に、CNAME とほかの種別 (TXT) のレコードが並んでいます。DNS では許されません。ほかの種別のレコード"
        "を削除してください。",
    )
    customer.delete(name, "TXT")
    customer.delete(DOMAIN, "NS")


def test_two_of_three_cnames_are_right(customer: Customer) -> None:
    record = customer.record("dkim")
    customer.delete(record["name"], "CNAME")
    found = [r for r in customer.records() if r["purpose"] == "dkim"]
    assert sorted(r["verdict"] for r in found) == ["missing", "ok", "ok"]
    says(
        customer.again(record),
        "dkim-partial",
        f"2 of 3 DKIM records are in place; all are needed. Missing: {record['name']}.",
        "DKIM のレコードは 3 件のうち 2 件だけが正しく登録されています。すべて必要です。不足: " + record["name"],
    )


def test_a_cname_has_the_value_of_its_neighbour(customer: Customer) -> None:
    first, second = [r for r in customer.records() if r["purpose"] == "dkim"][:2]
    customer.put(first["name"], "CNAME", second["expected"])
    says_first(
        customer.again(first),
        "dkim-swapped",
        f"{first['name']} points to {second['expected']}, which belongs to another record. It must point to "
        f"{first['expected']}.",
        f"{first['name']} の値が {second['expected']} になっていますが、これは別のレコードの値です。正しい値は "
        f"{first['expected']} です。",
    )


# -- TXT and MX --------------------------------------------------------------------------------------------------------


def test_the_quotes_became_part_of_a_txt_value(with_own_key: Customer) -> None:
    record = with_own_key.record("dkim")
    name, value = record["name"], record["expected"]
    with_own_key.put(name, "TXT", _as_strings(f'"{value}"'))
    found = with_own_key.record("dkim")
    assert found["hint"] == "txt-quoted"
    (english, japanese), shown = _words(found), found["found"][0]
    assert shown.startswith('"v=DKIM1')
    assert english.startswith(f"The TXT value of {name} holds quotation marks as text: ")
    assert english.endswith(f"Enter it without quotes: {value}")
    assert japanese.startswith(f"{name} の TXT の値に、引用符が文字として含まれています: ")
    assert japanese.endswith(f"引用符を付けずに入力してください: {value}")


def test_a_txt_value_was_pasted_in_quoted_pieces(with_own_key: Customer) -> None:
    record = with_own_key.record("dkim")
    name, value = record["name"], record["expected"]
    with_own_key.put(name, "TXT", _as_strings(f'"{value[:200]}" "{value[200:]}"'))
    assert with_own_key.record("dkim")["hint"] == "txt-quoted"


def test_a_txt_value_has_its_semicolons_escaped(with_own_key: Customer) -> None:
    record = with_own_key.record("dkim")
    name, value = record["name"], record["expected"]
    with_own_key.put(name, "TXT", value.replace(";", "\\;"))
    found = with_own_key.record("dkim")
    assert found["hint"] == "txt-escaped"
    english, japanese = _words(found)
    assert english.endswith(f"Enter it without them: {value}")
    assert japanese.endswith(f"バックスラッシュを付けずに入力してください: {value}")


def test_a_txt_value_was_cut_into_two_records(with_own_key: Customer) -> None:
    record = with_own_key.record("dkim")
    name, value = record["name"], record["expected"]
    with_own_key.put(name, "TXT", value[:200], value[200:])
    says_first(
        with_own_key.record("dkim"),
        "txt-split",
        f"The TXT value of {name} was cut into several records. It must be one record, of several strings where it is "
        f"longer than 255 characters: {value}",
        f"{name} の TXT の値が、複数のレコードに分かれています。1 つのレコードにまとめてください (255 文字を超える"
        f"場合は、1 つのレコードの中で文字列を分けます): {value}",
    )


def test_two_spf_records(customer: Customer) -> None:
    customer.put(BOUNCE, "TXT", SPF, "v=spf1 mx -all")
    record = customer.record("mail-from-spf")
    assert record["hint"] == "several-spf"
    english, japanese = _words(record)
    assert english.startswith(f"{BOUNCE} has several SPF records (") and "Merge them into one" in english
    assert japanese.startswith(f"{BOUNCE} に SPF レコードが複数あり (") and "1 件にまとめてください" in japanese


def test_the_spf_record_does_not_name_the_service(customer: Customer) -> None:
    customer.put(BOUNCE, "TXT", "v=spf1 mx -all")
    expected = customer.record("mail-from-spf")["expected"]
    says_first(
        customer.record("mail-from-spf"),
        "spf-without-us",
        f"The SPF record of {BOUNCE} (v=spf1 mx -all) does not name this service. Add the include of {expected} before "
        "its last term; do not add a second record.",
        f"{BOUNCE} の SPF レコード (v=spf1 mx -all) に、本サービスが含まれていません。末尾の項の前に {expected} の "
        "include を追加してください。2 件目のレコードは追加しないでください。",
    )


def test_several_mx_records(customer: Customer) -> None:
    customer.put(BOUNCE, "MX", f"10 {FEEDBACK}", "20 mx.inbox.test")
    record = customer.record("mail-from-mx")
    assert record["hint"] == "several-mx"
    english, japanese = _words(record)
    assert english.endswith(f"Exactly one may stand there: 10 {FEEDBACK}. Delete the others.")
    assert japanese.endswith(f"10 {FEEDBACK} の 1 件だけを残し、ほかを削除してください。")


def test_a_value_for_amazon_ses_was_kept(customer: Customer) -> None:
    customer.put(BOUNCE, "MX", "10 feedback-smtp.us-east-1.amazonses.com")
    says_first(
        customer.record("mail-from-mx"),
        "still-amazon",
        f"{BOUNCE} still has the value for Amazon SES (10 feedback-smtp.us-east-1.amazonses.com). Replace it with "
        f"10 {FEEDBACK}.",
        f"{BOUNCE} の値が Amazon SES のもの (10 feedback-smtp.us-east-1.amazonses.com) のままです。10 {FEEDBACK} に"
        "置き換えてください。",
    )


# -- caches, zones and their servers -----------------------------------------------------------------------------------


def test_the_old_value_is_still_cached_and_the_time_that_is_left_is_told(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", "cached.rehearsal.test")
    customer.put(BOUNCE, "MX", f"10 mx.{DOMAIN}", ttl=600)
    assert customer.record("mail-from-mx")["hint"] == "wrong-value"
    customer.put(BOUNCE, "MX", f"10 {FEEDBACK}", ttl=600)
    record = customer.record("mail-from-mx")
    assert (record["verdict"], record["resolver"]["values"]) == ("waiting", [f"10 mx.{DOMAIN}"])
    assert record["servers"][0]["values"] == [f"10 {FEEDBACK}"]
    seconds = record["resolver"]["ttl"]
    assert 500 < seconds < 600
    says(
        record,
        "old-value-cached",
        f"The zone is right; resolvers still remember the old value 10 mx.{DOMAIN} of {BOUNCE}, for {seconds} more "
        "seconds at the most. Only wait.",
        f"ゾーンの登録は正しい状態です。リゾルバーが {BOUNCE} の以前の値 10 mx.{DOMAIN} をまだ記憶しています "
        f"(最長であと {seconds} 秒)。お待ちいただくだけで結構です。",
    )
    customer.service.rehearsal.clock.advance(600)
    assert customer.record("mail-from-mx")["verdict"] == "ok"


def test_the_record_is_on_the_wrong_side_of_a_zone_cut(customer: Customer) -> None:
    customer.put(BOUNCE, "NS", "empty.rehearsal.test")  # what the zone above holds for the name is never seen
    record = customer.record("mail-from-mx")
    assert record["zone"]["name"] == BOUNCE
    says(
        record,
        "wrong-zone",
        f"{BOUNCE} belongs to the zone {BOUNCE}, which is delegated to empty.rehearsal.test. A record in {DOMAIN} is "
        f"never seen: register it at those servers, type MX, value 10 {FEEDBACK}.",
        f"{BOUNCE} は、empty.rehearsal.test に委任されたゾーン {BOUNCE} に属します。{DOMAIN} に登録しても参照されま"
        f"せん。委任先のサーバーに、種別 MX、値 10 {FEEDBACK} で登録してください。",
    )


def test_the_delegation_is_lame(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", "lame.rehearsal.test")
    record = customer.record("dkim")
    assert record["verdict"] == "trouble"  # it proves nothing against the record
    server = "lame.rehearsal.test [127.77.0.101]: REFUSED"
    says(
        record,
        "zone-lame",
        f"No name server of the zone {DOMAIN} answers for it ({server}). Correct the NS records at the registrar or in "
        "the parent zone test, or create the zone at these servers.",
        f"ゾーン {DOMAIN} のネームサーバーが、いずれもこのゾーンに応答しません ({server})。レジストラまたは親ゾーン "
        "test の NS レコードを直すか、これらのサーバーにゾーンを作成してください。",
    )


def test_one_of_two_name_servers_is_lame(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", GOOD, "lame.rehearsal.test")
    record = customer.record("dkim")
    assert record["verdict"] == "ok"
    server = "lame.rehearsal.test [127.77.0.101]"
    says(
        record,
        "server-lame",
        f"The name server {server} is named for the zone {DOMAIN} and does not answer for it (REFUSED). Remove it from "
        "the delegation, or create the zone there.",
        f"ネームサーバー {server} はゾーン {DOMAIN} のサーバーとされていますが、このゾーンに応答しません (REFUSED)。"
        "委任から外すか、そのサーバーにゾーンを作成してください。",
    )


def test_one_of_two_name_servers_is_silent(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", GOOD, "silent.rehearsal.test")
    server = "silent.rehearsal.test [127.77.0.102]"
    says(
        customer.record("dkim"),
        "server-silent",
        f"The name server {server} of {DOMAIN} did not answer in time. See that it runs and that UDP and TCP port 53 "
        "are open.",
        f"{DOMAIN} のネームサーバー {server} から時間内に応答がありません。稼働状況と、UDP・TCP の 53 番ポートが開いて"
        "いることを確認してください。",
    )


def test_the_name_servers_disagree(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", GOOD, "empty.rehearsal.test")
    record = customer.record("mail-from-mx")
    right, wrong = "ns.rehearsal.test [127.0.0.1]", "empty.rehearsal.test [127.77.0.103]"
    says(
        record,
        "servers-disagree",
        f"The name servers disagree on {BOUNCE}: it is right at {right} and not at {wrong}. Wait for the zone "
        "transfer, or see why it does not happen.",
        f"{BOUNCE} について、ネームサーバーの応答が一致しません。{right} では正しく、{wrong} では正しくありません。"
        "ゾーン転送を待つか、転送されない原因を確認してください。",
    )


def test_dnssec_is_broken(customer: Customer) -> None:
    customer.put(DOMAIN, "NS", "bogus.rehearsal.test")
    record = customer.record("dkim")
    assert (record["verdict"], record["hint"]) == ("trouble", "dnssec-broken")
    says(
        record,
        "dnssec-broken",
        f"DNSSEC of the zone {DOMAIN} is broken: validating resolvers refuse it, without validation it answers. "
        "Correct the DS record in the parent zone test, or sign the zone again.",
        f"ゾーン {DOMAIN} の DNSSEC が壊れています。検証するリゾルバーは応答を拒否し、検証しなければ応答があります。"
        "親ゾーン test の DS レコードを直すか、ゾーンに署名し直してください。",
    )


def test_the_command_says_the_same_as_http(customer: Customer) -> None:
    customer.put(BOUNCE, "MX", f"10 {FEEDBACK}.{DOMAIN}")
    by_http = customer.record("mail-from-mx")
    service = customer.service
    shown = json.loads(service.tayori("dns", "records", DOMAIN, "--json"))
    rows = shown["records"] if isinstance(shown, dict) else shown
    (by_command,) = [row for row in rows if row["purpose"] == "mail-from-mx"]
    assert by_command["advice"] == by_http["advice"]
    assert by_http["advice"][0]["ja"] in service.tayori("dns", "records", DOMAIN, "--lang", "ja")


def _as_strings(text: str) -> str:
    """A TXT value as a zone file has it, with the quotes in it escaped."""
    return " ".join('"' + text[at : at + 100].replace('"', '\\"') + '"' for at in range(0, len(text), 100))


def _words(record: Record) -> tuple[str, str]:
    return record["advice"][0]["en"], record["advice"][0]["ja"]
