"""Dedicated addresses and their pools through the API: an account sees what the operator has lent it, and no more."""

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION
from tayori.model.errors import AlreadyExists, Invalid
from tayori.model.source import SourceAddress
from tayori.resources import sources
from tayori.resources.sources import Warmth

BOTH = ["sqlite", "postgres"]
DAY = 24 * 3600


def lent(address, account=ACCOUNT, **more):
    return SourceAddress(address=address, ehlo_name="a5.example.com", account_id=account, region=REGION, **more)


def text_of(refusal):
    return refusal.value.response["Error"]["Message"]


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_pool_is_made_shown_listed_tagged_and_deleted(service):
    client = service.client("sesv2")
    client.create_dedicated_ip_pool(PoolName="news", Tags=[{"Key": "team", "Value": "mail"}])
    client.create_dedicated_ip_pool(PoolName="alerts", ScalingMode="STANDARD")
    with pytest.raises(client.exceptions.AlreadyExistsException) as refusal:
        client.create_dedicated_ip_pool(PoolName="news")
    assert text_of(refusal) == "The pool <news> already exists."
    found = client.get_dedicated_ip_pool(PoolName="news")["DedicatedIpPool"]
    assert found == {"PoolName": "news", "ScalingMode": "STANDARD"}
    first = client.list_dedicated_ip_pools(PageSize=1)
    assert first["DedicatedIpPools"] == ["alerts"]
    assert client.list_dedicated_ip_pools(NextToken=first["NextToken"])["DedicatedIpPools"] == ["news"]
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:dedicated-ip-pool/news"
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "mail"}]
    client.delete_dedicated_ip_pool(PoolName="news")
    for operation in (client.get_dedicated_ip_pool, client.delete_dedicated_ip_pool):
        with pytest.raises(client.exceptions.NotFoundException) as refusal:
            operation(PoolName="news")
        assert text_of(refusal) == "The requested pool <news> does not exist."


def test_a_managed_pool_is_refused_in_words(service):
    client = service.client("sesv2")
    client.create_dedicated_ip_pool(PoolName="news")
    client.put_dedicated_ip_pool_scaling_attributes(PoolName="news", ScalingMode="STANDARD")
    for call in (
        lambda: client.create_dedicated_ip_pool(PoolName="more", ScalingMode="MANAGED"),
        lambda: client.put_dedicated_ip_pool_scaling_attributes(PoolName="news", ScalingMode="MANAGED"),
    ):
        with pytest.raises(client.exceptions.BadRequestException) as refusal:
            call()
        assert "Managed pools are not offered" in text_of(refusal)


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_an_account_groups_the_addresses_that_it_has(service):
    client, other = service.client("sesv2"), service.client("sesv2", OTHER_ACCOUNT)
    service.transact(sources.add, lent("203.0.113.5"))
    service.transact(sources.add, lent("203.0.113.6"), Warmth.WARM)
    client.create_dedicated_ip_pool(PoolName="news")
    fresh = {
        "Ip": "203.0.113.5",
        "WarmupStatus": "IN_PROGRESS",
        "WarmupPercentage": 0,
        "PoolName": "ses-default-dedicated-pool",
    }
    assert client.get_dedicated_ip(Ip="203.0.113.5")["DedicatedIp"] == fresh
    client.put_dedicated_ip_in_pool(Ip="203.0.113.6", DestinationPoolName="news")
    warm = {"Ip": "203.0.113.6", "WarmupStatus": "DONE", "WarmupPercentage": 100, "PoolName": "news"}
    assert client.get_dedicated_ips()["DedicatedIps"] == [fresh, warm]
    assert client.get_dedicated_ips(PoolName="news")["DedicatedIps"] == [warm]
    assert client.get_dedicated_ips(PoolName="ses-default-dedicated-pool")["DedicatedIps"] == [fresh]
    assert other.get_dedicated_ips()["DedicatedIps"] == []
    with pytest.raises(other.exceptions.NotFoundException):
        other.get_dedicated_ip(Ip="203.0.113.5")
    with pytest.raises(client.exceptions.NotFoundException) as refusal:
        client.put_dedicated_ip_in_pool(Ip="203.0.113.6", DestinationPoolName="none")
    assert text_of(refusal) == "The requested pool <none> does not exist."
    client.delete_dedicated_ip_pool(PoolName="news")
    assert client.get_dedicated_ip(Ip="203.0.113.6")["DedicatedIp"]["PoolName"] == "ses-default-dedicated-pool"


def test_warm_up_grows_with_time_and_can_be_set_and_stopped(service, clock):
    client = service.client("sesv2")
    service.transact(sources.add, lent("203.0.113.5"))

    def state():
        found = client.get_dedicated_ip(Ip="203.0.113.5")["DedicatedIp"]
        return found["WarmupStatus"], found["WarmupPercentage"]

    assert client.get_account()["DedicatedIpAutoWarmupEnabled"] is True
    clock.advance(9 * DAY)
    assert state() == ("IN_PROGRESS", 20)
    client.put_dedicated_ip_warmup_attributes(Ip="203.0.113.5", WarmupPercentage=60)
    assert state() == ("IN_PROGRESS", 60)
    client.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=False)
    assert client.get_account()["DedicatedIpAutoWarmupEnabled"] is False
    clock.advance(45 * DAY)
    assert state() == ("IN_PROGRESS", 60)
    client.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=True)
    clock.advance(18 * DAY)
    assert state() == ("DONE", 100)


def test_with_automatic_warm_up_off_a_new_address_is_taken_for_warm(service):
    client = service.client("sesv2")
    client.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=False)
    service.transact(sources.add, lent("203.0.113.5"))
    assert client.get_dedicated_ip(Ip="203.0.113.5")["DedicatedIp"]["WarmupPercentage"] == 100


def test_a_configuration_set_names_a_pool_that_there_is(service):
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_configuration_set_delivery_options(ConfigurationSetName="main", SendingPoolName="news")
    assert text_of(refusal) == "SendingPool <news> doesn't exist"
    client.create_dedicated_ip_pool(PoolName="news")
    client.put_configuration_set_delivery_options(ConfigurationSetName="main", SendingPoolName="news")
    assert client.get_configuration_set(ConfigurationSetName="main")["DeliveryOptions"] == {"SendingPoolName": "news"}
    service.transact(sources.add, lent("203.0.113.5", pool="news"))
    assert service.transact(sources.plan).pools == {(ACCOUNT, REGION, "main"): "news"}


def test_an_address_is_registered_once_and_has_ipv4(service):
    service.transact(sources.add, lent("203.0.113.5", ipv6="2001:db8::5"))
    for address, words in (("203.0.113.5", "registered already"), ("2001:db8::9", "companion"), ("x", "no")):
        with pytest.raises((AlreadyExists, Invalid)) as refusal:
            service.transact(sources.add, lent(address))
        assert words in refusal.value.message
    assert service.transact(sources.sending_addresses) == ("203.0.113.5", "2001:db8::5")
