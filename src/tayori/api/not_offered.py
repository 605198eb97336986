"""The honest list: operations of the three models that this release does not answer, each with the reason.

A test holds it against the models of botocore `LISTED_WITH` and the registry: an operation is either registered or
listed here, never both. When a handler arrives, its name leaves this file. Operations of newer models are refused as
well, with their name.
"""

from collections.abc import Mapping

LISTED_WITH = (1, 44, 8)  # the version of botocore whose models were read for this list

_SNS: tuple[tuple[str, str], ...] = (
    (
        "Text messages go over telephone networks, which this service does not reach.",
        """
        CheckIfPhoneNumberIsOptedOut CreateSMSSandboxPhoneNumber DeleteSMSSandboxPhoneNumber GetSMSAttributes
        GetSMSSandboxAccountStatus ListOriginationNumbers ListPhoneNumbersOptedOut ListSMSSandboxPhoneNumbers
        OptInPhoneNumber SetSMSAttributes VerifySMSSandboxPhoneNumber
        """,
    ),
    (
        "Mobile push goes through Apple's and Google's services, which this service does not reach.",
        """
        CreatePlatformApplication CreatePlatformEndpoint DeleteEndpoint DeletePlatformApplication GetEndpointAttributes
        GetPlatformApplicationAttributes ListEndpointsByPlatformApplication ListPlatformApplications
        SetEndpointAttributes SetPlatformApplicationAttributes
        """,
    ),
    (
        "Messages are not searched for personal data.",
        "GetDataProtectionPolicy PutDataProtectionPolicy",
    ),
)

# (reason, operations of SES v2, operations of SES v1)
_REASONS: tuple[tuple[str, str, str], ...] = (
    (
        "AWS measures this with its own network of test mailboxes and panels; there is no such network here.",
        """
        CreateDeliverabilityTestReport GetBlacklistReports GetDeliverabilityDashboardOptions
        GetDeliverabilityTestReport GetDomainDeliverabilityCampaign GetDomainStatisticsReport
        ListDeliverabilityTestReports ListDomainDeliverabilityCampaigns PutDeliverabilityDashboardOption
        """,
        "",
    ),
    (
        "All regions of an installation are played by the same machines, which send from the same addresses: an "
        "endpoint over two of them would fail with both, and spread nothing.",
        """
        CreateMultiRegionEndpoint DeleteMultiRegionEndpoint GetMultiRegionEndpoint ListMultiRegionEndpoints
        PutAccountDeliveryAttributes
        """,
        "",
    ),
    (
        "S/MIME certificates come from AWS Certificate Manager, which has no counterpart here.",
        """
        AssociateEmailIdentityCertificate DisassociateEmailIdentityCertificate ListEmailIdentityCertificates
        """,
        "",
    ),
    (
        "A price plan of AWS's; nothing is charged here.",
        "PutAccountPricingAttributes",
        "",
    ),
)

NOT_OFFERED: Mapping[tuple[str, str], str] = {
    (service, name): reason
    for reason, v2, v1 in _REASONS
    for service, names in (("sesv2", v2), ("ses", v1))
    for name in names.split()
} | {("sns", name): reason for reason, names in _SNS for name in names.split()}
