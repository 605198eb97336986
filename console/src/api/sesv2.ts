/* Written by scripts/console_models.py from AWS's model of SES v2; not to be edited. */

/** Method, path, and the members that stand in the path or the query with their names there. */
export const operations = {
  AssociateEmailIdentityCertificate: ["POST", "/v2/email/identity/certificates", []],
  BatchGetMetricData: ["POST", "/v2/email/metrics/batch", []],
  CancelExportJob: ["PUT", "/v2/email/export-jobs/{JobId}/cancel", [["JobId", "uri", "JobId"]]],
  CreateConfigurationSet: ["POST", "/v2/email/configuration-sets", []],
  CreateConfigurationSetEventDestination: ["POST", "/v2/email/configuration-sets/{ConfigurationSetName}/event-destinations", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  CreateContact: ["POST", "/v2/email/contact-lists/{ContactListName}/contacts", [["ContactListName", "uri", "ContactListName"]]],
  CreateContactList: ["POST", "/v2/email/contact-lists", []],
  CreateCustomVerificationEmailTemplate: ["POST", "/v2/email/custom-verification-email-templates", []],
  CreateDedicatedIpPool: ["POST", "/v2/email/dedicated-ip-pools", []],
  CreateDeliverabilityTestReport: ["POST", "/v2/email/deliverability-dashboard/test", []],
  CreateEmailIdentity: ["POST", "/v2/email/identities", []],
  CreateEmailIdentityPolicy: ["POST", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}", [["EmailIdentity", "uri", "EmailIdentity"], ["PolicyName", "uri", "PolicyName"]]],
  CreateEmailTemplate: ["POST", "/v2/email/templates", []],
  CreateExportJob: ["POST", "/v2/email/export-jobs", []],
  CreateImportJob: ["POST", "/v2/email/import-jobs", []],
  CreateMultiRegionEndpoint: ["POST", "/v2/email/multi-region-endpoints", []],
  CreateTenant: ["POST", "/v2/email/tenants", []],
  CreateTenantResourceAssociation: ["POST", "/v2/email/tenants/resources", []],
  DeleteConfigurationSet: ["DELETE", "/v2/email/configuration-sets/{ConfigurationSetName}", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  DeleteConfigurationSetEventDestination: ["DELETE", "/v2/email/configuration-sets/{ConfigurationSetName}/event-destinations/{EventDestinationName}", [["ConfigurationSetName", "uri", "ConfigurationSetName"], ["EventDestinationName", "uri", "EventDestinationName"]]],
  DeleteContact: ["DELETE", "/v2/email/contact-lists/{ContactListName}/contacts/{EmailAddress}", [["ContactListName", "uri", "ContactListName"], ["EmailAddress", "uri", "EmailAddress"]]],
  DeleteContactList: ["DELETE", "/v2/email/contact-lists/{ContactListName}", [["ContactListName", "uri", "ContactListName"]]],
  DeleteCustomVerificationEmailTemplate: ["DELETE", "/v2/email/custom-verification-email-templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  DeleteDedicatedIpPool: ["DELETE", "/v2/email/dedicated-ip-pools/{PoolName}", [["PoolName", "uri", "PoolName"]]],
  DeleteEmailIdentity: ["DELETE", "/v2/email/identities/{EmailIdentity}", [["EmailIdentity", "uri", "EmailIdentity"]]],
  DeleteEmailIdentityPolicy: ["DELETE", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}", [["EmailIdentity", "uri", "EmailIdentity"], ["PolicyName", "uri", "PolicyName"]]],
  DeleteEmailTemplate: ["DELETE", "/v2/email/templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  DeleteMultiRegionEndpoint: ["DELETE", "/v2/email/multi-region-endpoints/{EndpointName}", [["EndpointName", "uri", "EndpointName"]]],
  DeleteSuppressedDestination: ["DELETE", "/v2/email/suppression/addresses/{EmailAddress}", [["EmailAddress", "uri", "EmailAddress"], ["TenantName", "querystring", "TenantName"]]],
  DeleteTenant: ["POST", "/v2/email/tenants/delete", []],
  DeleteTenantResourceAssociation: ["POST", "/v2/email/tenants/resources/delete", []],
  DisassociateEmailIdentityCertificate: ["POST", "/v2/email/identity/certificates/delete", []],
  GetAccount: ["GET", "/v2/email/account", []],
  GetBlacklistReports: ["GET", "/v2/email/deliverability-dashboard/blacklist-report", [["BlacklistItemNames", "querystring", "BlacklistItemNames"]]],
  GetConfigurationSet: ["GET", "/v2/email/configuration-sets/{ConfigurationSetName}", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  GetConfigurationSetEventDestinations: ["GET", "/v2/email/configuration-sets/{ConfigurationSetName}/event-destinations", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  GetContact: ["GET", "/v2/email/contact-lists/{ContactListName}/contacts/{EmailAddress}", [["ContactListName", "uri", "ContactListName"], ["EmailAddress", "uri", "EmailAddress"]]],
  GetContactList: ["GET", "/v2/email/contact-lists/{ContactListName}", [["ContactListName", "uri", "ContactListName"]]],
  GetCustomVerificationEmailTemplate: ["GET", "/v2/email/custom-verification-email-templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  GetDedicatedIp: ["GET", "/v2/email/dedicated-ips/{IP}", [["Ip", "uri", "IP"]]],
  GetDedicatedIpPool: ["GET", "/v2/email/dedicated-ip-pools/{PoolName}", [["PoolName", "uri", "PoolName"]]],
  GetDedicatedIps: ["GET", "/v2/email/dedicated-ips", [["PoolName", "querystring", "PoolName"], ["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  GetDeliverabilityDashboardOptions: ["GET", "/v2/email/deliverability-dashboard", []],
  GetDeliverabilityTestReport: ["GET", "/v2/email/deliverability-dashboard/test-reports/{ReportId}", [["ReportId", "uri", "ReportId"]]],
  GetDomainDeliverabilityCampaign: ["GET", "/v2/email/deliverability-dashboard/campaigns/{CampaignId}", [["CampaignId", "uri", "CampaignId"]]],
  GetDomainStatisticsReport: ["GET", "/v2/email/deliverability-dashboard/statistics-report/{Domain}", [["Domain", "uri", "Domain"], ["StartDate", "querystring", "StartDate"], ["EndDate", "querystring", "EndDate"]]],
  GetEmailAddressInsights: ["POST", "/v2/email/email-address-insights/", []],
  GetEmailIdentity: ["GET", "/v2/email/identities/{EmailIdentity}", [["EmailIdentity", "uri", "EmailIdentity"]]],
  GetEmailIdentityPolicies: ["GET", "/v2/email/identities/{EmailIdentity}/policies", [["EmailIdentity", "uri", "EmailIdentity"]]],
  GetEmailTemplate: ["GET", "/v2/email/templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  GetExportJob: ["GET", "/v2/email/export-jobs/{JobId}", [["JobId", "uri", "JobId"]]],
  GetImportJob: ["GET", "/v2/email/import-jobs/{JobId}", [["JobId", "uri", "JobId"]]],
  GetMessageInsights: ["GET", "/v2/email/insights/{MessageId}/", [["MessageId", "uri", "MessageId"]]],
  GetMultiRegionEndpoint: ["GET", "/v2/email/multi-region-endpoints/{EndpointName}", [["EndpointName", "uri", "EndpointName"]]],
  GetReputationEntity: ["GET", "/v2/email/reputation/entities/{ReputationEntityType}/{ReputationEntityReference}", [["ReputationEntityReference", "uri", "ReputationEntityReference"], ["ReputationEntityType", "uri", "ReputationEntityType"]]],
  GetSuppressedDestination: ["GET", "/v2/email/suppression/addresses/{EmailAddress}", [["EmailAddress", "uri", "EmailAddress"], ["TenantName", "querystring", "TenantName"]]],
  GetTenant: ["POST", "/v2/email/tenants/get", []],
  ListConfigurationSets: ["POST", "/v2/email/list-configuration-sets", []],
  ListContactLists: ["GET", "/v2/email/contact-lists", [["PageSize", "querystring", "PageSize"], ["NextToken", "querystring", "NextToken"]]],
  ListContacts: ["POST", "/v2/email/contact-lists/{ContactListName}/contacts/list", [["ContactListName", "uri", "ContactListName"]]],
  ListCustomVerificationEmailTemplates: ["GET", "/v2/email/custom-verification-email-templates", [["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListDedicatedIpPools: ["GET", "/v2/email/dedicated-ip-pools", [["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListDeliverabilityTestReports: ["GET", "/v2/email/deliverability-dashboard/test-reports", [["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListDomainDeliverabilityCampaigns: ["GET", "/v2/email/deliverability-dashboard/domains/{SubscribedDomain}/campaigns", [["StartDate", "querystring", "StartDate"], ["EndDate", "querystring", "EndDate"], ["SubscribedDomain", "uri", "SubscribedDomain"], ["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListEmailIdentities: ["POST", "/v2/email/list-identities", []],
  ListEmailIdentityCertificates: ["POST", "/v2/email/identity/certificates/list", []],
  ListEmailTemplates: ["GET", "/v2/email/templates", [["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListExportJobs: ["POST", "/v2/email/list-export-jobs", []],
  ListImportJobs: ["POST", "/v2/email/import-jobs/list", []],
  ListMultiRegionEndpoints: ["GET", "/v2/email/multi-region-endpoints", [["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListRecommendations: ["POST", "/v2/email/vdm/recommendations", []],
  ListReputationEntities: ["POST", "/v2/email/reputation/entities", []],
  ListResourceTenants: ["POST", "/v2/email/resources/tenants/list", []],
  ListSuppressedDestinations: ["GET", "/v2/email/suppression/addresses", [["TenantName", "querystring", "TenantName"], ["Reasons", "querystring", "Reason"], ["StartDate", "querystring", "StartDate"], ["EndDate", "querystring", "EndDate"], ["NextToken", "querystring", "NextToken"], ["PageSize", "querystring", "PageSize"]]],
  ListTagsForResource: ["GET", "/v2/email/tags", [["ResourceArn", "querystring", "ResourceArn"]]],
  ListTenantResources: ["POST", "/v2/email/tenants/resources/list", []],
  ListTenants: ["POST", "/v2/email/tenants/list", []],
  PutAccountDedicatedIpWarmupAttributes: ["PUT", "/v2/email/account/dedicated-ips/warmup", []],
  PutAccountDetails: ["POST", "/v2/email/account/details", []],
  PutAccountPricingAttributes: ["PUT", "/v2/email/account/pricing-attributes", []],
  PutAccountSendingAttributes: ["PUT", "/v2/email/account/sending", []],
  PutAccountSuppressionAttributes: ["PUT", "/v2/email/account/suppression", []],
  PutAccountVdmAttributes: ["PUT", "/v2/email/account/vdm", []],
  PutConfigurationSetArchivingOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/archiving-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetDeliveryOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/delivery-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetReputationOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/reputation-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetSendingOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/sending", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetSuppressionOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/suppression-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetTrackingOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/tracking-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutConfigurationSetVdmOptions: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/vdm-options", [["ConfigurationSetName", "uri", "ConfigurationSetName"]]],
  PutDedicatedIpInPool: ["PUT", "/v2/email/dedicated-ips/{IP}/pool", [["Ip", "uri", "IP"]]],
  PutDedicatedIpPoolScalingAttributes: ["PUT", "/v2/email/dedicated-ip-pools/{PoolName}/scaling", [["PoolName", "uri", "PoolName"]]],
  PutDedicatedIpWarmupAttributes: ["PUT", "/v2/email/dedicated-ips/{IP}/warmup", [["Ip", "uri", "IP"]]],
  PutDeliverabilityDashboardOption: ["PUT", "/v2/email/deliverability-dashboard", []],
  PutEmailIdentityConfigurationSetAttributes: ["PUT", "/v2/email/identities/{EmailIdentity}/configuration-set", [["EmailIdentity", "uri", "EmailIdentity"]]],
  PutEmailIdentityDkimAttributes: ["PUT", "/v2/email/identities/{EmailIdentity}/dkim", [["EmailIdentity", "uri", "EmailIdentity"]]],
  PutEmailIdentityDkimSigningAttributes: ["PUT", "/v2/email/identities/{EmailIdentity}/dkim/signing", [["EmailIdentity", "uri", "EmailIdentity"]]],
  PutEmailIdentityFeedbackAttributes: ["PUT", "/v2/email/identities/{EmailIdentity}/feedback", [["EmailIdentity", "uri", "EmailIdentity"]]],
  PutEmailIdentityMailFromAttributes: ["PUT", "/v2/email/identities/{EmailIdentity}/mail-from", [["EmailIdentity", "uri", "EmailIdentity"]]],
  PutSuppressedDestination: ["PUT", "/v2/email/suppression/addresses", []],
  PutTenantSuppressionAttributes: ["POST", "/v2/email/tenant/suppression", []],
  SendBulkEmail: ["POST", "/v2/email/outbound-bulk-emails", []],
  SendCustomVerificationEmail: ["POST", "/v2/email/outbound-custom-verification-emails", []],
  SendEmail: ["POST", "/v2/email/outbound-emails", []],
  TagResource: ["POST", "/v2/email/tags", []],
  TestRenderEmailTemplate: ["POST", "/v2/email/templates/{TemplateName}/render", [["TemplateName", "uri", "TemplateName"]]],
  UntagResource: ["DELETE", "/v2/email/tags", [["ResourceArn", "querystring", "ResourceArn"], ["TagKeys", "querystring", "TagKeys"]]],
  UpdateConfigurationSet: ["POST", "/v2/email/update-configuration-sets", []],
  UpdateConfigurationSetEventDestination: ["PUT", "/v2/email/configuration-sets/{ConfigurationSetName}/event-destinations/{EventDestinationName}", [["ConfigurationSetName", "uri", "ConfigurationSetName"], ["EventDestinationName", "uri", "EventDestinationName"]]],
  UpdateContact: ["PUT", "/v2/email/contact-lists/{ContactListName}/contacts/{EmailAddress}", [["ContactListName", "uri", "ContactListName"], ["EmailAddress", "uri", "EmailAddress"]]],
  UpdateContactList: ["PUT", "/v2/email/contact-lists/{ContactListName}", [["ContactListName", "uri", "ContactListName"]]],
  UpdateCustomVerificationEmailTemplate: ["PUT", "/v2/email/custom-verification-email-templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  UpdateEmailIdentityPolicy: ["PUT", "/v2/email/identities/{EmailIdentity}/policies/{PolicyName}", [["EmailIdentity", "uri", "EmailIdentity"], ["PolicyName", "uri", "PolicyName"]]],
  UpdateEmailTemplate: ["PUT", "/v2/email/templates/{TemplateName}", [["TemplateName", "uri", "TemplateName"]]],
  UpdateReputationEntityCustomerManagedStatus: ["PUT", "/v2/email/reputation/entities/{ReputationEntityType}/{ReputationEntityReference}/customer-managed-status", [["ReputationEntityType", "uri", "ReputationEntityType"], ["ReputationEntityReference", "uri", "ReputationEntityReference"]]],
  UpdateReputationEntityPolicy: ["PUT", "/v2/email/reputation/entities/{ReputationEntityType}/{ReputationEntityReference}/policy", [["ReputationEntityType", "uri", "ReputationEntityType"], ["ReputationEntityReference", "uri", "ReputationEntityReference"]]],
} as const satisfies Record<string, readonly [string, string, readonly (readonly string[])[]]>;

export type OperationName = keyof typeof operations;

interface Shapes {
  AssociateEmailIdentityCertificate: [AssociateEmailIdentityCertificateRequest, AssociateEmailIdentityCertificateResponse];
  BatchGetMetricData: [BatchGetMetricDataRequest, BatchGetMetricDataResponse];
  CancelExportJob: [CancelExportJobRequest, CancelExportJobResponse];
  CreateConfigurationSet: [CreateConfigurationSetRequest, CreateConfigurationSetResponse];
  CreateConfigurationSetEventDestination: [CreateConfigurationSetEventDestinationRequest, CreateConfigurationSetEventDestinationResponse];
  CreateContact: [CreateContactRequest, CreateContactResponse];
  CreateContactList: [CreateContactListRequest, CreateContactListResponse];
  CreateCustomVerificationEmailTemplate: [CreateCustomVerificationEmailTemplateRequest, CreateCustomVerificationEmailTemplateResponse];
  CreateDedicatedIpPool: [CreateDedicatedIpPoolRequest, CreateDedicatedIpPoolResponse];
  CreateDeliverabilityTestReport: [CreateDeliverabilityTestReportRequest, CreateDeliverabilityTestReportResponse];
  CreateEmailIdentity: [CreateEmailIdentityRequest, CreateEmailIdentityResponse];
  CreateEmailIdentityPolicy: [CreateEmailIdentityPolicyRequest, CreateEmailIdentityPolicyResponse];
  CreateEmailTemplate: [CreateEmailTemplateRequest, CreateEmailTemplateResponse];
  CreateExportJob: [CreateExportJobRequest, CreateExportJobResponse];
  CreateImportJob: [CreateImportJobRequest, CreateImportJobResponse];
  CreateMultiRegionEndpoint: [CreateMultiRegionEndpointRequest, CreateMultiRegionEndpointResponse];
  CreateTenant: [CreateTenantRequest, CreateTenantResponse];
  CreateTenantResourceAssociation: [CreateTenantResourceAssociationRequest, CreateTenantResourceAssociationResponse];
  DeleteConfigurationSet: [DeleteConfigurationSetRequest, DeleteConfigurationSetResponse];
  DeleteConfigurationSetEventDestination: [DeleteConfigurationSetEventDestinationRequest, DeleteConfigurationSetEventDestinationResponse];
  DeleteContact: [DeleteContactRequest, DeleteContactResponse];
  DeleteContactList: [DeleteContactListRequest, DeleteContactListResponse];
  DeleteCustomVerificationEmailTemplate: [DeleteCustomVerificationEmailTemplateRequest, DeleteCustomVerificationEmailTemplateResponse];
  DeleteDedicatedIpPool: [DeleteDedicatedIpPoolRequest, DeleteDedicatedIpPoolResponse];
  DeleteEmailIdentity: [DeleteEmailIdentityRequest, DeleteEmailIdentityResponse];
  DeleteEmailIdentityPolicy: [DeleteEmailIdentityPolicyRequest, DeleteEmailIdentityPolicyResponse];
  DeleteEmailTemplate: [DeleteEmailTemplateRequest, DeleteEmailTemplateResponse];
  DeleteMultiRegionEndpoint: [DeleteMultiRegionEndpointRequest, DeleteMultiRegionEndpointResponse];
  DeleteSuppressedDestination: [DeleteSuppressedDestinationRequest, DeleteSuppressedDestinationResponse];
  DeleteTenant: [DeleteTenantRequest, DeleteTenantResponse];
  DeleteTenantResourceAssociation: [DeleteTenantResourceAssociationRequest, DeleteTenantResourceAssociationResponse];
  DisassociateEmailIdentityCertificate: [DisassociateEmailIdentityCertificateRequest, DisassociateEmailIdentityCertificateResponse];
  GetAccount: [GetAccountRequest, GetAccountResponse];
  GetBlacklistReports: [GetBlacklistReportsRequest, GetBlacklistReportsResponse];
  GetConfigurationSet: [GetConfigurationSetRequest, GetConfigurationSetResponse];
  GetConfigurationSetEventDestinations: [GetConfigurationSetEventDestinationsRequest, GetConfigurationSetEventDestinationsResponse];
  GetContact: [GetContactRequest, GetContactResponse];
  GetContactList: [GetContactListRequest, GetContactListResponse];
  GetCustomVerificationEmailTemplate: [GetCustomVerificationEmailTemplateRequest, GetCustomVerificationEmailTemplateResponse];
  GetDedicatedIp: [GetDedicatedIpRequest, GetDedicatedIpResponse];
  GetDedicatedIpPool: [GetDedicatedIpPoolRequest, GetDedicatedIpPoolResponse];
  GetDedicatedIps: [GetDedicatedIpsRequest, GetDedicatedIpsResponse];
  GetDeliverabilityDashboardOptions: [GetDeliverabilityDashboardOptionsRequest, GetDeliverabilityDashboardOptionsResponse];
  GetDeliverabilityTestReport: [GetDeliverabilityTestReportRequest, GetDeliverabilityTestReportResponse];
  GetDomainDeliverabilityCampaign: [GetDomainDeliverabilityCampaignRequest, GetDomainDeliverabilityCampaignResponse];
  GetDomainStatisticsReport: [GetDomainStatisticsReportRequest, GetDomainStatisticsReportResponse];
  GetEmailAddressInsights: [GetEmailAddressInsightsRequest, GetEmailAddressInsightsResponse];
  GetEmailIdentity: [GetEmailIdentityRequest, GetEmailIdentityResponse];
  GetEmailIdentityPolicies: [GetEmailIdentityPoliciesRequest, GetEmailIdentityPoliciesResponse];
  GetEmailTemplate: [GetEmailTemplateRequest, GetEmailTemplateResponse];
  GetExportJob: [GetExportJobRequest, GetExportJobResponse];
  GetImportJob: [GetImportJobRequest, GetImportJobResponse];
  GetMessageInsights: [GetMessageInsightsRequest, GetMessageInsightsResponse];
  GetMultiRegionEndpoint: [GetMultiRegionEndpointRequest, GetMultiRegionEndpointResponse];
  GetReputationEntity: [GetReputationEntityRequest, GetReputationEntityResponse];
  GetSuppressedDestination: [GetSuppressedDestinationRequest, GetSuppressedDestinationResponse];
  GetTenant: [GetTenantRequest, GetTenantResponse];
  ListConfigurationSets: [ListConfigurationSetsRequest, ListConfigurationSetsResponse];
  ListContactLists: [ListContactListsRequest, ListContactListsResponse];
  ListContacts: [ListContactsRequest, ListContactsResponse];
  ListCustomVerificationEmailTemplates: [ListCustomVerificationEmailTemplatesRequest, ListCustomVerificationEmailTemplatesResponse];
  ListDedicatedIpPools: [ListDedicatedIpPoolsRequest, ListDedicatedIpPoolsResponse];
  ListDeliverabilityTestReports: [ListDeliverabilityTestReportsRequest, ListDeliverabilityTestReportsResponse];
  ListDomainDeliverabilityCampaigns: [ListDomainDeliverabilityCampaignsRequest, ListDomainDeliverabilityCampaignsResponse];
  ListEmailIdentities: [ListEmailIdentitiesRequest, ListEmailIdentitiesResponse];
  ListEmailIdentityCertificates: [ListEmailIdentityCertificatesRequest, ListEmailIdentityCertificatesResponse];
  ListEmailTemplates: [ListEmailTemplatesRequest, ListEmailTemplatesResponse];
  ListExportJobs: [ListExportJobsRequest, ListExportJobsResponse];
  ListImportJobs: [ListImportJobsRequest, ListImportJobsResponse];
  ListMultiRegionEndpoints: [ListMultiRegionEndpointsRequest, ListMultiRegionEndpointsResponse];
  ListRecommendations: [ListRecommendationsRequest, ListRecommendationsResponse];
  ListReputationEntities: [ListReputationEntitiesRequest, ListReputationEntitiesResponse];
  ListResourceTenants: [ListResourceTenantsRequest, ListResourceTenantsResponse];
  ListSuppressedDestinations: [ListSuppressedDestinationsRequest, ListSuppressedDestinationsResponse];
  ListTagsForResource: [ListTagsForResourceRequest, ListTagsForResourceResponse];
  ListTenantResources: [ListTenantResourcesRequest, ListTenantResourcesResponse];
  ListTenants: [ListTenantsRequest, ListTenantsResponse];
  PutAccountDedicatedIpWarmupAttributes: [PutAccountDedicatedIpWarmupAttributesRequest, PutAccountDedicatedIpWarmupAttributesResponse];
  PutAccountDetails: [PutAccountDetailsRequest, PutAccountDetailsResponse];
  PutAccountPricingAttributes: [PutAccountPricingAttributesRequest, PutAccountPricingAttributesResponse];
  PutAccountSendingAttributes: [PutAccountSendingAttributesRequest, PutAccountSendingAttributesResponse];
  PutAccountSuppressionAttributes: [PutAccountSuppressionAttributesRequest, PutAccountSuppressionAttributesResponse];
  PutAccountVdmAttributes: [PutAccountVdmAttributesRequest, PutAccountVdmAttributesResponse];
  PutConfigurationSetArchivingOptions: [PutConfigurationSetArchivingOptionsRequest, PutConfigurationSetArchivingOptionsResponse];
  PutConfigurationSetDeliveryOptions: [PutConfigurationSetDeliveryOptionsRequest, PutConfigurationSetDeliveryOptionsResponse];
  PutConfigurationSetReputationOptions: [PutConfigurationSetReputationOptionsRequest, PutConfigurationSetReputationOptionsResponse];
  PutConfigurationSetSendingOptions: [PutConfigurationSetSendingOptionsRequest, PutConfigurationSetSendingOptionsResponse];
  PutConfigurationSetSuppressionOptions: [PutConfigurationSetSuppressionOptionsRequest, PutConfigurationSetSuppressionOptionsResponse];
  PutConfigurationSetTrackingOptions: [PutConfigurationSetTrackingOptionsRequest, PutConfigurationSetTrackingOptionsResponse];
  PutConfigurationSetVdmOptions: [PutConfigurationSetVdmOptionsRequest, PutConfigurationSetVdmOptionsResponse];
  PutDedicatedIpInPool: [PutDedicatedIpInPoolRequest, PutDedicatedIpInPoolResponse];
  PutDedicatedIpPoolScalingAttributes: [PutDedicatedIpPoolScalingAttributesRequest, PutDedicatedIpPoolScalingAttributesResponse];
  PutDedicatedIpWarmupAttributes: [PutDedicatedIpWarmupAttributesRequest, PutDedicatedIpWarmupAttributesResponse];
  PutDeliverabilityDashboardOption: [PutDeliverabilityDashboardOptionRequest, PutDeliverabilityDashboardOptionResponse];
  PutEmailIdentityConfigurationSetAttributes: [PutEmailIdentityConfigurationSetAttributesRequest, PutEmailIdentityConfigurationSetAttributesResponse];
  PutEmailIdentityDkimAttributes: [PutEmailIdentityDkimAttributesRequest, PutEmailIdentityDkimAttributesResponse];
  PutEmailIdentityDkimSigningAttributes: [PutEmailIdentityDkimSigningAttributesRequest, PutEmailIdentityDkimSigningAttributesResponse];
  PutEmailIdentityFeedbackAttributes: [PutEmailIdentityFeedbackAttributesRequest, PutEmailIdentityFeedbackAttributesResponse];
  PutEmailIdentityMailFromAttributes: [PutEmailIdentityMailFromAttributesRequest, PutEmailIdentityMailFromAttributesResponse];
  PutSuppressedDestination: [PutSuppressedDestinationRequest, PutSuppressedDestinationResponse];
  PutTenantSuppressionAttributes: [PutTenantSuppressionAttributesRequest, PutTenantSuppressionAttributesResponse];
  SendBulkEmail: [SendBulkEmailRequest, SendBulkEmailResponse];
  SendCustomVerificationEmail: [SendCustomVerificationEmailRequest, SendCustomVerificationEmailResponse];
  SendEmail: [SendEmailRequest, SendEmailResponse];
  TagResource: [TagResourceRequest, TagResourceResponse];
  TestRenderEmailTemplate: [TestRenderEmailTemplateRequest, TestRenderEmailTemplateResponse];
  UntagResource: [UntagResourceRequest, UntagResourceResponse];
  UpdateConfigurationSet: [UpdateConfigurationSetRequest, UpdateConfigurationSetResponse];
  UpdateConfigurationSetEventDestination: [UpdateConfigurationSetEventDestinationRequest, UpdateConfigurationSetEventDestinationResponse];
  UpdateContact: [UpdateContactRequest, UpdateContactResponse];
  UpdateContactList: [UpdateContactListRequest, UpdateContactListResponse];
  UpdateCustomVerificationEmailTemplate: [UpdateCustomVerificationEmailTemplateRequest, UpdateCustomVerificationEmailTemplateResponse];
  UpdateEmailIdentityPolicy: [UpdateEmailIdentityPolicyRequest, UpdateEmailIdentityPolicyResponse];
  UpdateEmailTemplate: [UpdateEmailTemplateRequest, UpdateEmailTemplateResponse];
  UpdateReputationEntityCustomerManagedStatus: [UpdateReputationEntityCustomerManagedStatusRequest, UpdateReputationEntityCustomerManagedStatusResponse];
  UpdateReputationEntityPolicy: [UpdateReputationEntityPolicyRequest, UpdateReputationEntityPolicyResponse];
}

export type Input<N extends OperationName> = Shapes[N][0];
export type Output<N extends OperationName> = Shapes[N][1];

export interface AccountDetails {
  MailType?: MailType;
  WebsiteURL?: string;
  ContactLanguage?: ContactLanguage;
  UseCaseDescription?: string;
  AdditionalContactEmailAddresses?: Array<string>;
  ReviewDetails?: ReviewDetails;
}
export interface ArchivingOptions {
  ArchiveArn?: string;
}
export interface AssociateEmailIdentityCertificateRequest {
  EmailIdentity: string;
  FromAddress?: string;
  CertificateArn: string;
}
export interface AssociateEmailIdentityCertificateResponse {
}
export interface Attachment {
  RawContent: string;
  ContentDisposition?: AttachmentContentDisposition;
  FileName: string;
  ContentDescription?: string;
  ContentId?: string;
  ContentTransferEncoding?: AttachmentContentTransferEncoding;
  ContentType?: string;
}
export type AttachmentContentDisposition = "ATTACHMENT" | "INLINE";
export type AttachmentContentTransferEncoding = "BASE64" | "QUOTED_PRINTABLE" | "SEVEN_BIT";
export interface BatchGetMetricDataQuery {
  Id: string;
  Namespace: MetricNamespace;
  Metric: Metric;
  Dimensions?: Record<string, string>;
  StartDate: number;
  EndDate: number;
}
export interface BatchGetMetricDataRequest {
  Queries: Array<BatchGetMetricDataQuery>;
}
export interface BatchGetMetricDataResponse {
  Results?: Array<MetricDataResult>;
  Errors?: Array<MetricDataError>;
}
export type BehaviorOnMxFailure = "USE_DEFAULT_VALUE" | "REJECT_MESSAGE";
export interface BlacklistEntry {
  RblName?: string;
  ListingTime?: number;
  Description?: string;
}
export interface Body {
  Text?: Content;
  Html?: Content;
}
export interface Bounce {
  BounceType?: BounceType;
  BounceSubType?: string;
  DiagnosticCode?: string;
}
export type BounceType = "UNDETERMINED" | "TRANSIENT" | "PERMANENT";
export interface BulkEmailContent {
  Template?: Template;
}
export interface BulkEmailEntry {
  Destination: Destination;
  ReplacementTags?: Array<MessageTag>;
  ReplacementEmailContent?: ReplacementEmailContent;
  ReplacementHeaders?: Array<MessageHeader>;
}
export interface BulkEmailEntryResult {
  Status?: BulkEmailStatus;
  Error?: string;
  MessageId?: string;
}
export type BulkEmailStatus = "SUCCESS" | "MESSAGE_REJECTED" | "MAIL_FROM_DOMAIN_NOT_VERIFIED" | "CONFIGURATION_SET_NOT_FOUND" | "TEMPLATE_NOT_FOUND" | "ACCOUNT_SUSPENDED" | "ACCOUNT_THROTTLED" | "ACCOUNT_DAILY_QUOTA_EXCEEDED" | "INVALID_SENDING_POOL_NAME" | "ACCOUNT_SENDING_PAUSED" | "CONFIGURATION_SET_SENDING_PAUSED" | "INVALID_PARAMETER" | "TRANSIENT_FAILURE" | "FAILED";
export interface CancelExportJobRequest {
  JobId: string;
}
export interface CancelExportJobResponse {
}
export interface CloudWatchDestination {
  DimensionConfigurations: Array<CloudWatchDimensionConfiguration>;
}
export interface CloudWatchDimensionConfiguration {
  DimensionName: string;
  DimensionValueSource: DimensionValueSource;
  DefaultDimensionValue: string;
}
export interface Complaint {
  ComplaintSubType?: string;
  ComplaintFeedbackType?: string;
}
export interface ConfigurationOverrides {
  Tracking?: TrackingConfigurationOverrides;
}
export type ConfigurationSetFilterKey = "CONFIGURATION_SET_NAME_CONTAINS";
export interface Contact {
  EmailAddress?: string;
  TopicPreferences?: Array<TopicPreference>;
  TopicDefaultPreferences?: Array<TopicPreference>;
  UnsubscribeAll?: boolean;
  LastUpdatedTimestamp?: number;
}
export type ContactLanguage = "EN" | "JA";
export interface ContactList {
  ContactListName?: string;
  LastUpdatedTimestamp?: number;
}
export interface ContactListDestination {
  ContactListName: string;
  ContactListImportAction: ContactListImportAction;
}
export type ContactListImportAction = "DELETE" | "PUT";
export interface Content {
  Data: string;
  Charset?: string;
}
export interface CreateConfigurationSetEventDestinationRequest {
  ConfigurationSetName: string;
  EventDestinationName: string;
  EventDestination: EventDestinationDefinition;
}
export interface CreateConfigurationSetEventDestinationResponse {
}
export interface CreateConfigurationSetRequest {
  ConfigurationSetName: string;
  TrackingOptions?: TrackingOptions;
  DeliveryOptions?: DeliveryOptions;
  ReputationOptions?: ReputationOptions;
  SendingOptions?: SendingOptions;
  Tags?: Array<Tag>;
  SuppressionOptions?: SuppressionOptions;
  VdmOptions?: VdmOptions;
  ArchivingOptions?: ArchivingOptions;
  MessageSecurityOptions?: MessageSecurityOptions;
}
export interface CreateConfigurationSetResponse {
}
export interface CreateContactListRequest {
  ContactListName: string;
  Topics?: Array<Topic>;
  Description?: string;
  Tags?: Array<Tag>;
}
export interface CreateContactListResponse {
}
export interface CreateContactRequest {
  ContactListName: string;
  EmailAddress: string;
  TopicPreferences?: Array<TopicPreference>;
  UnsubscribeAll?: boolean;
  AttributesData?: string;
}
export interface CreateContactResponse {
}
export interface CreateCustomVerificationEmailTemplateRequest {
  TemplateName: string;
  FromEmailAddress: string;
  TemplateSubject: string;
  TemplateContent: string;
  Tags?: Array<Tag>;
  SuccessRedirectionURL: string;
  FailureRedirectionURL: string;
}
export interface CreateCustomVerificationEmailTemplateResponse {
}
export interface CreateDedicatedIpPoolRequest {
  PoolName: string;
  Tags?: Array<Tag>;
  ScalingMode?: ScalingMode;
}
export interface CreateDedicatedIpPoolResponse {
}
export interface CreateDeliverabilityTestReportRequest {
  ReportName?: string;
  FromEmailAddress: string;
  Content: EmailContent;
  Tags?: Array<Tag>;
}
export interface CreateDeliverabilityTestReportResponse {
  ReportId: string;
  DeliverabilityTestStatus: DeliverabilityTestStatus;
}
export interface CreateEmailIdentityPolicyRequest {
  EmailIdentity: string;
  PolicyName: string;
  Policy: string;
}
export interface CreateEmailIdentityPolicyResponse {
}
export interface CreateEmailIdentityRequest {
  EmailIdentity: string;
  Tags?: Array<Tag>;
  DkimSigningAttributes?: DkimSigningAttributes;
  ConfigurationSetName?: string;
}
export interface CreateEmailIdentityResponse {
  IdentityType?: IdentityType;
  VerifiedForSendingStatus?: boolean;
  DkimAttributes?: DkimAttributes;
}
export interface CreateEmailTemplateRequest {
  TemplateName: string;
  TemplateContent: EmailTemplateContent;
  Tags?: Array<Tag>;
}
export interface CreateEmailTemplateResponse {
}
export interface CreateExportJobRequest {
  ExportDataSource: ExportDataSource;
  ExportDestination: ExportDestination;
}
export interface CreateExportJobResponse {
  JobId?: string;
}
export interface CreateImportJobRequest {
  ImportDestination: ImportDestination;
  ImportDataSource: ImportDataSource;
}
export interface CreateImportJobResponse {
  JobId?: string;
}
export interface CreateMultiRegionEndpointRequest {
  EndpointName: string;
  Details: Details;
  Tags?: Array<Tag>;
}
export interface CreateMultiRegionEndpointResponse {
  Status?: Status;
  EndpointId?: string;
}
export interface CreateTenantRequest {
  TenantName: string;
  Tags?: Array<Tag>;
  SuppressionAttributes?: TenantSuppressionAttributes;
}
export interface CreateTenantResourceAssociationRequest {
  TenantName: string;
  ResourceArn: string;
}
export interface CreateTenantResourceAssociationResponse {
}
export interface CreateTenantResponse {
  TenantName?: string;
  TenantId?: string;
  TenantArn?: string;
  CreatedTimestamp?: number;
  Tags?: Array<Tag>;
  SendingStatus?: SendingStatus;
  SuppressionAttributes?: TenantSuppressionAttributes;
}
export interface CustomVerificationEmailTemplateMetadata {
  TemplateName?: string;
  FromEmailAddress?: string;
  TemplateSubject?: string;
  SuccessRedirectionURL?: string;
  FailureRedirectionURL?: string;
}
export interface DailyVolume {
  StartDate?: number;
  VolumeStatistics?: VolumeStatistics;
  DomainIspPlacements?: Array<DomainIspPlacement>;
}
export interface DashboardAttributes {
  EngagementMetrics?: FeatureStatus;
}
export interface DashboardOptions {
  EngagementMetrics?: FeatureStatus;
}
export type DataFormat = "CSV" | "JSON";
export interface DedicatedIp {
  Ip: string;
  WarmupStatus: WarmupStatus;
  WarmupPercentage: number;
  PoolName?: string;
}
export interface DedicatedIpPool {
  PoolName: string;
  ScalingMode: ScalingMode;
}
export interface DefaultSigningScheme {
}
export interface DeleteConfigurationSetEventDestinationRequest {
  ConfigurationSetName: string;
  EventDestinationName: string;
}
export interface DeleteConfigurationSetEventDestinationResponse {
}
export interface DeleteConfigurationSetRequest {
  ConfigurationSetName: string;
}
export interface DeleteConfigurationSetResponse {
}
export interface DeleteContactListRequest {
  ContactListName: string;
}
export interface DeleteContactListResponse {
}
export interface DeleteContactRequest {
  ContactListName: string;
  EmailAddress: string;
}
export interface DeleteContactResponse {
}
export interface DeleteCustomVerificationEmailTemplateRequest {
  TemplateName: string;
}
export interface DeleteCustomVerificationEmailTemplateResponse {
}
export interface DeleteDedicatedIpPoolRequest {
  PoolName: string;
}
export interface DeleteDedicatedIpPoolResponse {
}
export interface DeleteEmailIdentityPolicyRequest {
  EmailIdentity: string;
  PolicyName: string;
}
export interface DeleteEmailIdentityPolicyResponse {
}
export interface DeleteEmailIdentityRequest {
  EmailIdentity: string;
}
export interface DeleteEmailIdentityResponse {
}
export interface DeleteEmailTemplateRequest {
  TemplateName: string;
}
export interface DeleteEmailTemplateResponse {
}
export interface DeleteMultiRegionEndpointRequest {
  EndpointName: string;
}
export interface DeleteMultiRegionEndpointResponse {
  Status?: Status;
}
export interface DeleteSuppressedDestinationRequest {
  EmailAddress: string;
  TenantName?: string;
}
export interface DeleteSuppressedDestinationResponse {
}
export interface DeleteTenantRequest {
  TenantName: string;
}
export interface DeleteTenantResourceAssociationRequest {
  TenantName: string;
  ResourceArn: string;
}
export interface DeleteTenantResourceAssociationResponse {
}
export interface DeleteTenantResponse {
}
export type DeliverabilityDashboardAccountStatus = "ACTIVE" | "PENDING_EXPIRATION" | "DISABLED";
export interface DeliverabilityTestReport {
  ReportId?: string;
  ReportName?: string;
  Subject?: string;
  FromEmailAddress?: string;
  CreateDate?: number;
  DeliverabilityTestStatus?: DeliverabilityTestStatus;
}
export type DeliverabilityTestStatus = "IN_PROGRESS" | "COMPLETED";
export type DeliveryEventType = "SEND" | "DELIVERY" | "TRANSIENT_BOUNCE" | "PERMANENT_BOUNCE" | "UNDETERMINED_BOUNCE" | "COMPLAINT";
export interface DeliveryOptions {
  TlsPolicy?: TlsPolicy;
  SendingPoolName?: string;
  MaxDeliverySeconds?: number;
}
export interface Destination {
  ToAddresses?: Array<string>;
  CcAddresses?: Array<string>;
  BccAddresses?: Array<string>;
}
export interface Details {
  RoutesDetails: Array<RouteDetails>;
}
export type DimensionValueSource = "MESSAGE_TAG" | "EMAIL_HEADER" | "LINK_TAG";
export interface DisassociateEmailIdentityCertificateRequest {
  EmailIdentity: string;
  FromAddress?: string;
}
export interface DisassociateEmailIdentityCertificateResponse {
}
export interface DkimAttributes {
  SigningEnabled?: boolean;
  Status?: DkimStatus;
  Tokens?: Array<string>;
  SigningHostedZone?: string;
  SigningAttributesOrigin?: DkimSigningAttributesOrigin;
  NextSigningKeyLength?: DkimSigningKeyLength;
  CurrentSigningKeyLength?: DkimSigningKeyLength;
  LastKeyGenerationTimestamp?: number;
}
export interface DkimSigningAttributes {
  DomainSigningSelector?: string;
  DomainSigningPrivateKey?: string;
  NextSigningKeyLength?: DkimSigningKeyLength;
  DomainSigningAttributesOrigin?: DkimSigningAttributesOrigin;
}
export type DkimSigningAttributesOrigin = "AWS_SES" | "EXTERNAL" | "AWS_SES_AF_SOUTH_1" | "AWS_SES_EU_NORTH_1" | "AWS_SES_AP_SOUTH_1" | "AWS_SES_EU_WEST_3" | "AWS_SES_EU_WEST_2" | "AWS_SES_EU_SOUTH_1" | "AWS_SES_EU_WEST_1" | "AWS_SES_AP_NORTHEAST_3" | "AWS_SES_AP_NORTHEAST_2" | "AWS_SES_ME_SOUTH_1" | "AWS_SES_AP_NORTHEAST_1" | "AWS_SES_IL_CENTRAL_1" | "AWS_SES_SA_EAST_1" | "AWS_SES_CA_CENTRAL_1" | "AWS_SES_AP_SOUTHEAST_1" | "AWS_SES_AP_SOUTHEAST_2" | "AWS_SES_AP_SOUTHEAST_3" | "AWS_SES_EU_CENTRAL_1" | "AWS_SES_US_EAST_1" | "AWS_SES_US_EAST_2" | "AWS_SES_US_WEST_1" | "AWS_SES_US_WEST_2" | "AWS_SES_ME_CENTRAL_1" | "AWS_SES_AP_SOUTH_2" | "AWS_SES_EU_CENTRAL_2" | "AWS_SES_AP_SOUTHEAST_5" | "AWS_SES_CA_WEST_1" | "AWS_SES_US_GOV_EAST_1" | "AWS_SES_US_GOV_WEST_1";
export type DkimSigningKeyLength = "RSA_1024_BIT" | "RSA_2048_BIT";
export type DkimStatus = "PENDING" | "SUCCESS" | "FAILED" | "TEMPORARY_FAILURE" | "NOT_STARTED";
export interface DomainDeliverabilityCampaign {
  CampaignId?: string;
  ImageUrl?: string;
  Subject?: string;
  FromAddress?: string;
  SendingIps?: Array<string>;
  FirstSeenDateTime?: number;
  LastSeenDateTime?: number;
  InboxCount?: number;
  SpamCount?: number;
  ReadRate?: number;
  DeleteRate?: number;
  ReadDeleteRate?: number;
  ProjectedVolume?: number;
  Esps?: Array<string>;
}
export interface DomainDeliverabilityTrackingOption {
  Domain?: string;
  SubscriptionStartDate?: number;
  InboxPlacementTrackingOption?: InboxPlacementTrackingOption;
}
export interface DomainIspPlacement {
  IspName?: string;
  InboxRawCount?: number;
  SpamRawCount?: number;
  InboxPercentage?: number;
  SpamPercentage?: number;
}
export type EmailAddressInsightsConfidenceVerdict = "LOW" | "MEDIUM" | "HIGH";
export interface EmailAddressInsightsMailboxEvaluations {
  HasValidSyntax?: EmailAddressInsightsVerdict;
  HasValidDnsRecords?: EmailAddressInsightsVerdict;
  MailboxExists?: EmailAddressInsightsVerdict;
  IsRoleAddress?: EmailAddressInsightsVerdict;
  IsDisposable?: EmailAddressInsightsVerdict;
  IsRandomInput?: EmailAddressInsightsVerdict;
}
export interface EmailAddressInsightsVerdict {
  ConfidenceVerdict?: EmailAddressInsightsConfidenceVerdict;
}
export interface EmailContent {
  Simple?: Message;
  Raw?: RawMessage;
  Template?: Template;
}
export interface EmailInsights {
  Destination?: string;
  Isp?: string;
  Events?: Array<InsightsEvent>;
}
export interface EmailTemplateContent {
  Subject?: string;
  Text?: string;
  Html?: string;
}
export interface EmailTemplateMetadata {
  TemplateName?: string;
  CreatedTimestamp?: number;
}
export type EngagementEventType = "OPEN" | "CLICK";
export interface EventBridgeDestination {
  EventBusArn: string;
}
export interface EventDestination {
  Name: string;
  Enabled?: boolean;
  MatchingEventTypes: Array<EventType>;
  KinesisFirehoseDestination?: KinesisFirehoseDestination;
  CloudWatchDestination?: CloudWatchDestination;
  SnsDestination?: SnsDestination;
  EventBridgeDestination?: EventBridgeDestination;
  PinpointDestination?: PinpointDestination;
}
export interface EventDestinationDefinition {
  Enabled?: boolean;
  MatchingEventTypes?: Array<EventType>;
  KinesisFirehoseDestination?: KinesisFirehoseDestination;
  CloudWatchDestination?: CloudWatchDestination;
  SnsDestination?: SnsDestination;
  EventBridgeDestination?: EventBridgeDestination;
  PinpointDestination?: PinpointDestination;
}
export interface EventDetails {
  Bounce?: Bounce;
  Complaint?: Complaint;
}
export type EventType = "SEND" | "REJECT" | "BOUNCE" | "COMPLAINT" | "DELIVERY" | "OPEN" | "CLICK" | "RENDERING_FAILURE" | "DELIVERY_DELAY" | "SUBSCRIPTION";
export interface ExportDataSource {
  MetricsDataSource?: MetricsDataSource;
  MessageInsightsDataSource?: MessageInsightsDataSource;
}
export interface ExportDestination {
  DataFormat: DataFormat;
  S3Url?: string;
}
export interface ExportJobSummary {
  JobId?: string;
  ExportSourceType?: ExportSourceType;
  JobStatus?: JobStatus;
  CreatedTimestamp?: number;
  CompletedTimestamp?: number;
}
export interface ExportMetric {
  Name?: Metric;
  Aggregation?: MetricAggregation;
}
export type ExportSourceType = "METRICS_DATA" | "MESSAGE_INSIGHTS";
export interface ExportStatistics {
  ProcessedRecordsCount?: number;
  ExportedRecordsCount?: number;
}
export interface FailureInfo {
  FailedRecordsS3Url?: string;
  ErrorMessage?: string;
}
export type FeatureStatus = "ENABLED" | "DISABLED";
export interface GetAccountRequest {
}
export interface GetAccountResponse {
  DedicatedIpAutoWarmupEnabled?: boolean;
  EnforcementStatus?: string;
  ProductionAccessEnabled?: boolean;
  SendQuota?: SendQuota;
  SendingEnabled?: boolean;
  SuppressionAttributes?: SuppressionAttributes;
  Details?: AccountDetails;
  VdmAttributes?: VdmAttributes;
  PricingAttributes?: PricingAttributes;
}
export interface GetBlacklistReportsRequest {
  BlacklistItemNames: Array<string>;
}
export interface GetBlacklistReportsResponse {
  BlacklistReport: Record<string, Array<BlacklistEntry>>;
}
export interface GetConfigurationSetEventDestinationsRequest {
  ConfigurationSetName: string;
}
export interface GetConfigurationSetEventDestinationsResponse {
  EventDestinations?: Array<EventDestination>;
}
export interface GetConfigurationSetRequest {
  ConfigurationSetName: string;
}
export interface GetConfigurationSetResponse {
  ConfigurationSetName?: string;
  TrackingOptions?: TrackingOptions;
  DeliveryOptions?: DeliveryOptions;
  ReputationOptions?: ReputationOptions;
  SendingOptions?: SendingOptions;
  Tags?: Array<Tag>;
  SuppressionOptions?: SuppressionOptions;
  VdmOptions?: VdmOptions;
  ArchivingOptions?: ArchivingOptions;
  MessageSecurityOptions?: MessageSecurityOptions;
}
export interface GetContactListRequest {
  ContactListName: string;
}
export interface GetContactListResponse {
  ContactListName?: string;
  Topics?: Array<Topic>;
  Description?: string;
  CreatedTimestamp?: number;
  LastUpdatedTimestamp?: number;
  Tags?: Array<Tag>;
}
export interface GetContactRequest {
  ContactListName: string;
  EmailAddress: string;
}
export interface GetContactResponse {
  ContactListName?: string;
  EmailAddress?: string;
  TopicPreferences?: Array<TopicPreference>;
  TopicDefaultPreferences?: Array<TopicPreference>;
  UnsubscribeAll?: boolean;
  AttributesData?: string;
  CreatedTimestamp?: number;
  LastUpdatedTimestamp?: number;
}
export interface GetCustomVerificationEmailTemplateRequest {
  TemplateName: string;
}
export interface GetCustomVerificationEmailTemplateResponse {
  TemplateName?: string;
  FromEmailAddress?: string;
  TemplateSubject?: string;
  TemplateContent?: string;
  Tags?: Array<Tag>;
  SuccessRedirectionURL?: string;
  FailureRedirectionURL?: string;
}
export interface GetDedicatedIpPoolRequest {
  PoolName: string;
}
export interface GetDedicatedIpPoolResponse {
  DedicatedIpPool?: DedicatedIpPool;
}
export interface GetDedicatedIpRequest {
  Ip: string;
}
export interface GetDedicatedIpResponse {
  DedicatedIp?: DedicatedIp;
}
export interface GetDedicatedIpsRequest {
  PoolName?: string;
  NextToken?: string;
  PageSize?: number;
}
export interface GetDedicatedIpsResponse {
  DedicatedIps?: Array<DedicatedIp>;
  NextToken?: string;
}
export interface GetDeliverabilityDashboardOptionsRequest {
}
export interface GetDeliverabilityDashboardOptionsResponse {
  DashboardEnabled: boolean;
  SubscriptionExpiryDate?: number;
  AccountStatus?: DeliverabilityDashboardAccountStatus;
  ActiveSubscribedDomains?: Array<DomainDeliverabilityTrackingOption>;
  PendingExpirationSubscribedDomains?: Array<DomainDeliverabilityTrackingOption>;
}
export interface GetDeliverabilityTestReportRequest {
  ReportId: string;
}
export interface GetDeliverabilityTestReportResponse {
  DeliverabilityTestReport: DeliverabilityTestReport;
  OverallPlacement: PlacementStatistics;
  IspPlacements: Array<IspPlacement>;
  Message?: string;
  Tags?: Array<Tag>;
}
export interface GetDomainDeliverabilityCampaignRequest {
  CampaignId: string;
}
export interface GetDomainDeliverabilityCampaignResponse {
  DomainDeliverabilityCampaign: DomainDeliverabilityCampaign;
}
export interface GetDomainStatisticsReportRequest {
  Domain: string;
  StartDate: number;
  EndDate: number;
}
export interface GetDomainStatisticsReportResponse {
  OverallVolume: OverallVolume;
  DailyVolumes: Array<DailyVolume>;
}
export interface GetEmailAddressInsightsRequest {
  EmailAddress: string;
}
export interface GetEmailAddressInsightsResponse {
  MailboxValidation?: MailboxValidation;
}
export interface GetEmailIdentityPoliciesRequest {
  EmailIdentity: string;
}
export interface GetEmailIdentityPoliciesResponse {
  Policies?: Record<string, string>;
}
export interface GetEmailIdentityRequest {
  EmailIdentity: string;
}
export interface GetEmailIdentityResponse {
  IdentityType?: IdentityType;
  FeedbackForwardingStatus?: boolean;
  VerifiedForSendingStatus?: boolean;
  DkimAttributes?: DkimAttributes;
  MailFromAttributes?: MailFromAttributes;
  Policies?: Record<string, string>;
  Tags?: Array<Tag>;
  ConfigurationSetName?: string;
  VerificationStatus?: VerificationStatus;
  VerificationInfo?: VerificationInfo;
}
export interface GetEmailTemplateRequest {
  TemplateName: string;
}
export interface GetEmailTemplateResponse {
  TemplateName: string;
  TemplateContent: EmailTemplateContent;
  Tags?: Array<Tag>;
}
export interface GetExportJobRequest {
  JobId: string;
}
export interface GetExportJobResponse {
  JobId?: string;
  ExportSourceType?: ExportSourceType;
  JobStatus?: JobStatus;
  ExportDestination?: ExportDestination;
  ExportDataSource?: ExportDataSource;
  CreatedTimestamp?: number;
  CompletedTimestamp?: number;
  FailureInfo?: FailureInfo;
  Statistics?: ExportStatistics;
}
export interface GetImportJobRequest {
  JobId: string;
}
export interface GetImportJobResponse {
  JobId?: string;
  ImportDestination?: ImportDestination;
  ImportDataSource?: ImportDataSource;
  FailureInfo?: FailureInfo;
  JobStatus?: JobStatus;
  CreatedTimestamp?: number;
  CompletedTimestamp?: number;
  ProcessedRecordsCount?: number;
  FailedRecordsCount?: number;
}
export interface GetMessageInsightsRequest {
  MessageId: string;
}
export interface GetMessageInsightsResponse {
  MessageId?: string;
  FromEmailAddress?: string;
  Subject?: string;
  EmailTags?: Array<MessageTag>;
  Insights?: Array<EmailInsights>;
}
export interface GetMultiRegionEndpointRequest {
  EndpointName: string;
}
export interface GetMultiRegionEndpointResponse {
  EndpointName?: string;
  EndpointId?: string;
  Routes?: Array<Route>;
  Status?: Status;
  CreatedTimestamp?: number;
  LastUpdatedTimestamp?: number;
}
export interface GetReputationEntityRequest {
  ReputationEntityReference: string;
  ReputationEntityType: ReputationEntityType;
}
export interface GetReputationEntityResponse {
  ReputationEntity?: ReputationEntity;
}
export interface GetSuppressedDestinationRequest {
  EmailAddress: string;
  TenantName?: string;
}
export interface GetSuppressedDestinationResponse {
  SuppressedDestination: SuppressedDestination;
}
export interface GetTenantRequest {
  TenantName: string;
}
export interface GetTenantResponse {
  Tenant?: Tenant;
}
export interface GuardianAttributes {
  OptimizedSharedDelivery?: FeatureStatus;
}
export interface GuardianOptions {
  OptimizedSharedDelivery?: FeatureStatus;
}
export type HttpsPolicy = "REQUIRE" | "REQUIRE_OPEN_ONLY" | "OPTIONAL";
export interface IdentityCertificate {
  FromAddress?: string;
  Status?: IdentityCertificateStatus;
  CertificateArn?: string;
  CertificateExpiryTime?: number;
}
export type IdentityCertificateStatus = "PROVISIONING" | "INACTIVE" | "DEPROVISIONING" | "ACTIVE" | "FAILED";
export type IdentityFilterKey = "IDENTITY_NAME_CONTAINS" | "IDENTITY_TYPE" | "VERIFICATION_STATUS";
export interface IdentityInfo {
  IdentityType?: IdentityType;
  IdentityName?: string;
  SendingEnabled?: boolean;
  VerificationStatus?: VerificationStatus;
}
export type IdentityType = "EMAIL_ADDRESS" | "DOMAIN" | "MANAGED_DOMAIN";
export interface ImportDataSource {
  S3Url: string;
  DataFormat: DataFormat;
}
export interface ImportDestination {
  SuppressionListDestination?: SuppressionListDestination;
  ContactListDestination?: ContactListDestination;
}
export type ImportDestinationType = "SUPPRESSION_LIST" | "CONTACT_LIST";
export interface ImportJobSummary {
  JobId?: string;
  ImportDestination?: ImportDestination;
  JobStatus?: JobStatus;
  CreatedTimestamp?: number;
  ProcessedRecordsCount?: number;
  FailedRecordsCount?: number;
}
export interface InboxPlacementTrackingOption {
  Global?: boolean;
  TrackedIsps?: Array<string>;
}
export interface InsightsEvent {
  Timestamp?: number;
  Type?: EventType;
  Details?: EventDetails;
}
export interface IspPlacement {
  IspName?: string;
  PlacementStatistics?: PlacementStatistics;
}
export type JobStatus = "CREATED" | "PROCESSING" | "COMPLETED" | "FAILED" | "CANCELLED";
export interface KinesisFirehoseDestination {
  IamRoleArn: string;
  DeliveryStreamArn: string;
}
export interface ListConfigurationSetsRequest {
  Filter?: Record<string, string>;
  NextToken?: string;
  PageSize?: number;
}
export interface ListConfigurationSetsResponse {
  ConfigurationSets?: Array<string>;
  NextToken?: string;
}
export interface ListContactListsRequest {
  PageSize?: number;
  NextToken?: string;
}
export interface ListContactListsResponse {
  ContactLists?: Array<ContactList>;
  NextToken?: string;
}
export interface ListContactsFilter {
  FilteredStatus?: SubscriptionStatus;
  TopicFilter?: TopicFilter;
}
export interface ListContactsRequest {
  ContactListName: string;
  Filter?: ListContactsFilter;
  PageSize?: number;
  NextToken?: string;
}
export interface ListContactsResponse {
  Contacts?: Array<Contact>;
  NextToken?: string;
}
export interface ListCustomVerificationEmailTemplatesRequest {
  NextToken?: string;
  PageSize?: number;
}
export interface ListCustomVerificationEmailTemplatesResponse {
  CustomVerificationEmailTemplates?: Array<CustomVerificationEmailTemplateMetadata>;
  NextToken?: string;
}
export interface ListDedicatedIpPoolsRequest {
  NextToken?: string;
  PageSize?: number;
}
export interface ListDedicatedIpPoolsResponse {
  DedicatedIpPools?: Array<string>;
  NextToken?: string;
}
export interface ListDeliverabilityTestReportsRequest {
  NextToken?: string;
  PageSize?: number;
}
export interface ListDeliverabilityTestReportsResponse {
  DeliverabilityTestReports: Array<DeliverabilityTestReport>;
  NextToken?: string;
}
export interface ListDomainDeliverabilityCampaignsRequest {
  StartDate: number;
  EndDate: number;
  SubscribedDomain: string;
  NextToken?: string;
  PageSize?: number;
}
export interface ListDomainDeliverabilityCampaignsResponse {
  DomainDeliverabilityCampaigns: Array<DomainDeliverabilityCampaign>;
  NextToken?: string;
}
export interface ListEmailIdentitiesRequest {
  Filter?: Record<string, string>;
  NextToken?: string;
  PageSize?: number;
}
export interface ListEmailIdentitiesResponse {
  EmailIdentities?: Array<IdentityInfo>;
  NextToken?: string;
}
export interface ListEmailIdentityCertificatesRequest {
  EmailIdentity: string;
  NextToken?: string;
  PageSize?: number;
}
export interface ListEmailIdentityCertificatesResponse {
  Certificates?: Array<IdentityCertificate>;
  NextToken?: string;
}
export interface ListEmailTemplatesRequest {
  NextToken?: string;
  PageSize?: number;
}
export interface ListEmailTemplatesResponse {
  TemplatesMetadata?: Array<EmailTemplateMetadata>;
  NextToken?: string;
}
export interface ListExportJobsRequest {
  NextToken?: string;
  PageSize?: number;
  ExportSourceType?: ExportSourceType;
  JobStatus?: JobStatus;
}
export interface ListExportJobsResponse {
  ExportJobs?: Array<ExportJobSummary>;
  NextToken?: string;
}
export interface ListImportJobsRequest {
  ImportDestinationType?: ImportDestinationType;
  NextToken?: string;
  PageSize?: number;
}
export interface ListImportJobsResponse {
  ImportJobs?: Array<ImportJobSummary>;
  NextToken?: string;
}
export interface ListManagementOptions {
  ContactListName: string;
  TopicName?: string;
}
export interface ListMultiRegionEndpointsRequest {
  NextToken?: string;
  PageSize?: number;
}
export interface ListMultiRegionEndpointsResponse {
  MultiRegionEndpoints?: Array<MultiRegionEndpoint>;
  NextToken?: string;
}
export type ListRecommendationsFilterKey = "TYPE" | "IMPACT" | "STATUS" | "RESOURCE_ARN";
export interface ListRecommendationsRequest {
  Filter?: Record<string, string>;
  NextToken?: string;
  PageSize?: number;
}
export interface ListRecommendationsResponse {
  Recommendations?: Array<Recommendation>;
  NextToken?: string;
}
export interface ListReputationEntitiesRequest {
  Filter?: Record<string, string>;
  NextToken?: string;
  PageSize?: number;
}
export interface ListReputationEntitiesResponse {
  ReputationEntities?: Array<ReputationEntity>;
  NextToken?: string;
}
export interface ListResourceTenantsRequest {
  ResourceArn: string;
  PageSize?: number;
  NextToken?: string;
}
export interface ListResourceTenantsResponse {
  ResourceTenants?: Array<ResourceTenantMetadata>;
  NextToken?: string;
}
export interface ListSuppressedDestinationsRequest {
  TenantName?: string;
  Reasons?: Array<SuppressionListReason>;
  StartDate?: number;
  EndDate?: number;
  NextToken?: string;
  PageSize?: number;
}
export interface ListSuppressedDestinationsResponse {
  SuppressedDestinationSummaries?: Array<SuppressedDestinationSummary>;
  NextToken?: string;
}
export interface ListTagsForResourceRequest {
  ResourceArn: string;
}
export interface ListTagsForResourceResponse {
  Tags: Array<Tag>;
}
export type ListTenantResourcesFilterKey = "RESOURCE_TYPE";
export interface ListTenantResourcesRequest {
  TenantName: string;
  Filter?: Record<string, string>;
  PageSize?: number;
  NextToken?: string;
}
export interface ListTenantResourcesResponse {
  TenantResources?: Array<TenantResource>;
  NextToken?: string;
}
export type ListTenantsFilterKey = "TENANT_NAME_CONTAINS" | "SENDING_STATUS";
export interface ListTenantsRequest {
  Filter?: Record<string, string>;
  NextToken?: string;
  PageSize?: number;
}
export interface ListTenantsResponse {
  Tenants?: Array<TenantInfo>;
  NextToken?: string;
}
export interface MailFromAttributes {
  MailFromDomain: string;
  MailFromDomainStatus: MailFromDomainStatus;
  BehaviorOnMxFailure: BehaviorOnMxFailure;
}
export type MailFromDomainStatus = "PENDING" | "SUCCESS" | "FAILED" | "TEMPORARY_FAILURE";
export type MailType = "MARKETING" | "TRANSACTIONAL";
export interface MailboxValidation {
  IsValid?: EmailAddressInsightsVerdict;
  Evaluations?: EmailAddressInsightsMailboxEvaluations;
}
export interface Message {
  Subject: Content;
  Body: Body;
  Headers?: Array<MessageHeader>;
  Attachments?: Array<Attachment>;
}
export interface MessageHeader {
  Name: string;
  Value: string;
}
export interface MessageInsightsDataSource {
  StartDate: number;
  EndDate: number;
  Include?: MessageInsightsFilters;
  Exclude?: MessageInsightsFilters;
  MaxResults?: number;
}
export interface MessageInsightsFilters {
  FromEmailAddress?: Array<string>;
  Destination?: Array<string>;
  Subject?: Array<string>;
  Isp?: Array<string>;
  TenantName?: Array<string>;
  LastDeliveryEvent?: Array<DeliveryEventType>;
  LastEngagementEvent?: Array<EngagementEventType>;
}
export interface MessageSecurityOptions {
  SigningScheme?: SigningScheme;
}
export interface MessageTag {
  Name: string;
  Value: string;
}
export type Metric = "SEND" | "COMPLAINT" | "PERMANENT_BOUNCE" | "TRANSIENT_BOUNCE" | "OPEN" | "CLICK" | "DELIVERY" | "DELIVERY_OPEN" | "DELIVERY_CLICK" | "DELIVERY_COMPLAINT";
export type MetricAggregation = "RATE" | "VOLUME";
export interface MetricDataError {
  Id?: string;
  Code?: QueryErrorCode;
  Message?: string;
}
export interface MetricDataResult {
  Id?: string;
  Timestamps?: Array<number>;
  Values?: Array<number>;
}
export type MetricDimensionName = "EMAIL_IDENTITY" | "CONFIGURATION_SET" | "ISP" | "TENANT_NAME";
export type MetricNamespace = "VDM";
export interface MetricsDataSource {
  Dimensions: Record<string, Array<string>>;
  Namespace: MetricNamespace;
  Metrics: Array<ExportMetric>;
  StartDate: number;
  EndDate: number;
}
export interface MultiRegionEndpoint {
  EndpointName?: string;
  Status?: Status;
  EndpointId?: string;
  Regions?: Array<string>;
  CreatedTimestamp?: number;
  LastUpdatedTimestamp?: number;
}
export interface OverallVolume {
  VolumeStatistics?: VolumeStatistics;
  ReadRatePercent?: number;
  DomainIspPlacements?: Array<DomainIspPlacement>;
}
export interface PinpointDestination {
  ApplicationArn?: string;
}
export interface PlacementStatistics {
  InboxPercentage?: number;
  SpamPercentage?: number;
  MissingPercentage?: number;
  SpfPercentage?: number;
  DkimPercentage?: number;
}
export interface PricingAttributes {
  CurrentPlan?: PricingPlan;
  NextPlan?: PricingPlan;
}
export type PricingPlan = "NONE" | "ESSENTIALS" | "PRO" | "ENTERPRISE";
export interface PutAccountDedicatedIpWarmupAttributesRequest {
  AutoWarmupEnabled?: boolean;
}
export interface PutAccountDedicatedIpWarmupAttributesResponse {
}
export interface PutAccountDetailsRequest {
  MailType: MailType;
  WebsiteURL: string;
  ContactLanguage?: ContactLanguage;
  UseCaseDescription?: string;
  AdditionalContactEmailAddresses?: Array<string>;
  ProductionAccessEnabled?: boolean;
}
export interface PutAccountDetailsResponse {
}
export interface PutAccountPricingAttributesRequest {
  Plan: PricingPlan;
}
export interface PutAccountPricingAttributesResponse {
}
export interface PutAccountSendingAttributesRequest {
  SendingEnabled?: boolean;
}
export interface PutAccountSendingAttributesResponse {
}
export interface PutAccountSuppressionAttributesRequest {
  SuppressedReasons?: Array<SuppressionListReason>;
  ValidationAttributes?: SuppressionValidationAttributes;
}
export interface PutAccountSuppressionAttributesResponse {
}
export interface PutAccountVdmAttributesRequest {
  VdmAttributes: VdmAttributes;
}
export interface PutAccountVdmAttributesResponse {
}
export interface PutConfigurationSetArchivingOptionsRequest {
  ConfigurationSetName: string;
  ArchiveArn?: string;
}
export interface PutConfigurationSetArchivingOptionsResponse {
}
export interface PutConfigurationSetDeliveryOptionsRequest {
  ConfigurationSetName: string;
  TlsPolicy?: TlsPolicy;
  SendingPoolName?: string;
  MaxDeliverySeconds?: number;
}
export interface PutConfigurationSetDeliveryOptionsResponse {
}
export interface PutConfigurationSetReputationOptionsRequest {
  ConfigurationSetName: string;
  ReputationMetricsEnabled?: boolean;
}
export interface PutConfigurationSetReputationOptionsResponse {
}
export interface PutConfigurationSetSendingOptionsRequest {
  ConfigurationSetName: string;
  SendingEnabled?: boolean;
}
export interface PutConfigurationSetSendingOptionsResponse {
}
export interface PutConfigurationSetSuppressionOptionsRequest {
  ConfigurationSetName: string;
  SuppressionScope?: SuppressionListScope;
  SuppressedReasons?: Array<SuppressionListReason>;
  ValidationOptions?: SuppressionValidationOptions;
}
export interface PutConfigurationSetSuppressionOptionsResponse {
}
export interface PutConfigurationSetTrackingOptionsRequest {
  ConfigurationSetName: string;
  CustomRedirectDomain?: string;
  HttpsPolicy?: HttpsPolicy;
}
export interface PutConfigurationSetTrackingOptionsResponse {
}
export interface PutConfigurationSetVdmOptionsRequest {
  ConfigurationSetName: string;
  VdmOptions?: VdmOptions;
}
export interface PutConfigurationSetVdmOptionsResponse {
}
export interface PutDedicatedIpInPoolRequest {
  Ip: string;
  DestinationPoolName: string;
}
export interface PutDedicatedIpInPoolResponse {
}
export interface PutDedicatedIpPoolScalingAttributesRequest {
  PoolName: string;
  ScalingMode: ScalingMode;
}
export interface PutDedicatedIpPoolScalingAttributesResponse {
}
export interface PutDedicatedIpWarmupAttributesRequest {
  Ip: string;
  WarmupPercentage: number;
}
export interface PutDedicatedIpWarmupAttributesResponse {
}
export interface PutDeliverabilityDashboardOptionRequest {
  DashboardEnabled: boolean;
  SubscribedDomains?: Array<DomainDeliverabilityTrackingOption>;
}
export interface PutDeliverabilityDashboardOptionResponse {
}
export interface PutEmailIdentityConfigurationSetAttributesRequest {
  EmailIdentity: string;
  ConfigurationSetName?: string;
}
export interface PutEmailIdentityConfigurationSetAttributesResponse {
}
export interface PutEmailIdentityDkimAttributesRequest {
  EmailIdentity: string;
  SigningEnabled?: boolean;
}
export interface PutEmailIdentityDkimAttributesResponse {
}
export interface PutEmailIdentityDkimSigningAttributesRequest {
  EmailIdentity: string;
  SigningAttributesOrigin: DkimSigningAttributesOrigin;
  SigningAttributes?: DkimSigningAttributes;
}
export interface PutEmailIdentityDkimSigningAttributesResponse {
  DkimStatus?: DkimStatus;
  DkimTokens?: Array<string>;
  SigningHostedZone?: string;
}
export interface PutEmailIdentityFeedbackAttributesRequest {
  EmailIdentity: string;
  EmailForwardingEnabled?: boolean;
}
export interface PutEmailIdentityFeedbackAttributesResponse {
}
export interface PutEmailIdentityMailFromAttributesRequest {
  EmailIdentity: string;
  MailFromDomain?: string;
  BehaviorOnMxFailure?: BehaviorOnMxFailure;
}
export interface PutEmailIdentityMailFromAttributesResponse {
}
export interface PutSuppressedDestinationRequest {
  EmailAddress: string;
  Reason: SuppressionListReason;
  TenantName?: string;
}
export interface PutSuppressedDestinationResponse {
}
export interface PutTenantSuppressionAttributesRequest {
  TenantName: string;
  SuppressedReasons?: Array<SuppressionListReason>;
  SuppressionScope?: SuppressionListScope;
}
export interface PutTenantSuppressionAttributesResponse {
}
export type QueryErrorCode = "INTERNAL_FAILURE" | "ACCESS_DENIED";
export interface RawMessage {
  Data: string;
}
export interface Recommendation {
  ResourceArn?: string;
  Type?: RecommendationType;
  Description?: string;
  Status?: RecommendationStatus;
  CreatedTimestamp?: number;
  LastUpdatedTimestamp?: number;
  Impact?: RecommendationImpact;
}
export type RecommendationImpact = "LOW" | "HIGH";
export type RecommendationStatus = "OPEN" | "FIXED";
export type RecommendationType = "DKIM" | "DMARC" | "SPF" | "BIMI" | "COMPLAINT" | "BOUNCE" | "FEEDBACK_3P" | "IP_LISTING";
export interface ReplacementEmailContent {
  ReplacementTemplate?: ReplacementTemplate;
}
export interface ReplacementTemplate {
  ReplacementTemplateData?: string;
}
export interface ReputationEntity {
  ReputationEntityReference?: string;
  ReputationEntityType?: ReputationEntityType;
  ReputationManagementPolicy?: string;
  CustomerManagedStatus?: StatusRecord;
  AwsSesManagedStatus?: StatusRecord;
  SendingStatusAggregate?: SendingStatus;
  ReputationImpact?: RecommendationImpact;
}
export type ReputationEntityFilterKey = "ENTITY_TYPE" | "REPUTATION_IMPACT" | "SENDING_STATUS" | "ENTITY_REFERENCE_PREFIX";
export type ReputationEntityType = "RESOURCE";
export interface ReputationOptions {
  ReputationMetricsEnabled?: boolean;
  LastFreshStart?: number;
}
export interface ResourceTenantMetadata {
  TenantName?: string;
  TenantId?: string;
  ResourceArn?: string;
  AssociatedTimestamp?: number;
}
export type ResourceType = "EMAIL_IDENTITY" | "CONFIGURATION_SET" | "EMAIL_TEMPLATE";
export interface ReviewDetails {
  Status?: ReviewStatus;
  CaseId?: string;
}
export type ReviewStatus = "PENDING" | "FAILED" | "GRANTED" | "DENIED";
export interface Route {
  Region: string;
}
export interface RouteDetails {
  Region: string;
}
export interface SOARecord {
  PrimaryNameServer?: string;
  AdminEmail?: string;
  SerialNumber?: number;
}
export type ScalingMode = "STANDARD" | "MANAGED";
export interface SendBulkEmailRequest {
  FromEmailAddress?: string;
  FromEmailAddressIdentityArn?: string;
  ReplyToAddresses?: Array<string>;
  FeedbackForwardingEmailAddress?: string;
  FeedbackForwardingEmailAddressIdentityArn?: string;
  DefaultEmailTags?: Array<MessageTag>;
  DefaultContent: BulkEmailContent;
  BulkEmailEntries: Array<BulkEmailEntry>;
  ConfigurationSetName?: string;
  EndpointId?: string;
  TenantName?: string;
  ConfigurationOverrides?: ConfigurationOverrides;
}
export interface SendBulkEmailResponse {
  BulkEmailEntryResults: Array<BulkEmailEntryResult>;
}
export interface SendCustomVerificationEmailRequest {
  EmailAddress: string;
  TemplateName: string;
  ConfigurationSetName?: string;
}
export interface SendCustomVerificationEmailResponse {
  MessageId?: string;
}
export interface SendEmailRequest {
  FromEmailAddress?: string;
  FromEmailAddressIdentityArn?: string;
  Destination?: Destination;
  ReplyToAddresses?: Array<string>;
  FeedbackForwardingEmailAddress?: string;
  FeedbackForwardingEmailAddressIdentityArn?: string;
  Content: EmailContent;
  EmailTags?: Array<MessageTag>;
  ConfigurationSetName?: string;
  EndpointId?: string;
  TenantName?: string;
  ListManagementOptions?: ListManagementOptions;
  ConfigurationOverrides?: ConfigurationOverrides;
}
export interface SendEmailResponse {
  MessageId?: string;
}
export interface SendQuota {
  Max24HourSend?: number;
  MaxSendRate?: number;
  SentLast24Hours?: number;
}
export interface SendingOptions {
  SendingEnabled?: boolean;
}
export type SendingStatus = "ENABLED" | "REINSTATED" | "DISABLED";
export type SignatureFormat = "DETACHED";
export interface SigningScheme {
  DefaultScheme?: DefaultSigningScheme;
  SmimeScheme?: SmimeSigningScheme;
}
export interface SmimeSigningScheme {
  SignatureFormat?: SignatureFormat;
}
export interface SnsDestination {
  TopicArn: string;
}
export type Status = "CREATING" | "READY" | "FAILED" | "DELETING";
export interface StatusRecord {
  Status?: SendingStatus;
  Cause?: string;
  LastUpdatedTimestamp?: number;
}
export type SubscriptionStatus = "OPT_IN" | "OPT_OUT";
export interface SuppressedDestination {
  EmailAddress: string;
  Reason: SuppressionListReason;
  LastUpdateTime: number;
  Attributes?: SuppressedDestinationAttributes;
  TenantName?: string;
}
export interface SuppressedDestinationAttributes {
  MessageId?: string;
  FeedbackId?: string;
}
export interface SuppressedDestinationSummary {
  EmailAddress: string;
  Reason: SuppressionListReason;
  LastUpdateTime: number;
}
export interface SuppressionAttributes {
  SuppressedReasons?: Array<SuppressionListReason>;
  ValidationAttributes?: SuppressionValidationAttributes;
}
export interface SuppressionConditionThreshold {
  ConditionThresholdEnabled: FeatureStatus;
  OverallConfidenceThreshold?: SuppressionConfidenceThreshold;
}
export interface SuppressionConfidenceThreshold {
  ConfidenceVerdictThreshold: SuppressionConfidenceVerdictThreshold;
}
export type SuppressionConfidenceVerdictThreshold = "MEDIUM" | "HIGH" | "MANAGED";
export interface SuppressionListDestination {
  SuppressionListImportAction: SuppressionListImportAction;
}
export type SuppressionListImportAction = "DELETE" | "PUT";
export type SuppressionListReason = "BOUNCE" | "COMPLAINT";
export type SuppressionListScope = "ACCOUNT" | "TENANT";
export interface SuppressionOptions {
  SuppressedReasons?: Array<SuppressionListReason>;
  SuppressionScope?: SuppressionListScope;
  ValidationOptions?: SuppressionValidationOptions;
}
export interface SuppressionValidationAttributes {
  ConditionThreshold: SuppressionConditionThreshold;
}
export interface SuppressionValidationOptions {
  ConditionThreshold: SuppressionConditionThreshold;
}
export interface Tag {
  Key: string;
  Value: string;
}
export interface TagResourceRequest {
  ResourceArn: string;
  Tags: Array<Tag>;
}
export interface TagResourceResponse {
}
export interface Template {
  TemplateName?: string;
  TemplateArn?: string;
  TemplateContent?: EmailTemplateContent;
  TemplateData?: string;
  Headers?: Array<MessageHeader>;
  Attachments?: Array<Attachment>;
}
export interface Tenant {
  TenantName?: string;
  TenantId?: string;
  TenantArn?: string;
  CreatedTimestamp?: number;
  Tags?: Array<Tag>;
  SendingStatus?: SendingStatus;
  SuppressionAttributes?: TenantSuppressionAttributes;
}
export interface TenantInfo {
  TenantName?: string;
  TenantId?: string;
  TenantArn?: string;
  CreatedTimestamp?: number;
  SendingStatus?: SendingStatus;
}
export interface TenantResource {
  ResourceType?: ResourceType;
  ResourceArn?: string;
}
export interface TenantSuppressionAttributes {
  SuppressedReasons?: Array<SuppressionListReason>;
  SuppressionScope?: SuppressionListScope;
}
export interface TestRenderEmailTemplateRequest {
  TemplateName: string;
  TemplateData: string;
}
export interface TestRenderEmailTemplateResponse {
  RenderedTemplate: string;
}
export type TlsPolicy = "REQUIRE" | "OPTIONAL";
export interface Topic {
  TopicName: string;
  DisplayName: string;
  Description?: string;
  DefaultSubscriptionStatus: SubscriptionStatus;
}
export interface TopicFilter {
  TopicName?: string;
  UseDefaultIfPreferenceUnavailable?: boolean;
}
export interface TopicPreference {
  TopicName: string;
  SubscriptionStatus: SubscriptionStatus;
}
export interface TrackingConfigurationOverrides {
  OpenTrackingEnabled?: FeatureStatus;
  ClickTrackingEnabled?: FeatureStatus;
}
export interface TrackingOptions {
  CustomRedirectDomain: string;
  HttpsPolicy?: HttpsPolicy;
}
export interface UntagResourceRequest {
  ResourceArn: string;
  TagKeys: Array<string>;
}
export interface UntagResourceResponse {
}
export interface UpdateConfigurationSetEventDestinationRequest {
  ConfigurationSetName: string;
  EventDestinationName: string;
  EventDestination: EventDestinationDefinition;
}
export interface UpdateConfigurationSetEventDestinationResponse {
}
export interface UpdateConfigurationSetRequest {
  ConfigurationSetName: string;
  MessageSecurityOptions?: MessageSecurityOptions;
}
export interface UpdateConfigurationSetResponse {
}
export interface UpdateContactListRequest {
  ContactListName: string;
  Topics?: Array<Topic>;
  Description?: string;
}
export interface UpdateContactListResponse {
}
export interface UpdateContactRequest {
  ContactListName: string;
  EmailAddress: string;
  TopicPreferences?: Array<TopicPreference>;
  UnsubscribeAll?: boolean;
  AttributesData?: string;
}
export interface UpdateContactResponse {
}
export interface UpdateCustomVerificationEmailTemplateRequest {
  TemplateName: string;
  FromEmailAddress: string;
  TemplateSubject: string;
  TemplateContent: string;
  SuccessRedirectionURL: string;
  FailureRedirectionURL: string;
}
export interface UpdateCustomVerificationEmailTemplateResponse {
}
export interface UpdateEmailIdentityPolicyRequest {
  EmailIdentity: string;
  PolicyName: string;
  Policy: string;
}
export interface UpdateEmailIdentityPolicyResponse {
}
export interface UpdateEmailTemplateRequest {
  TemplateName: string;
  TemplateContent: EmailTemplateContent;
}
export interface UpdateEmailTemplateResponse {
}
export interface UpdateReputationEntityCustomerManagedStatusRequest {
  ReputationEntityType: ReputationEntityType;
  ReputationEntityReference: string;
  SendingStatus: SendingStatus;
}
export interface UpdateReputationEntityCustomerManagedStatusResponse {
}
export interface UpdateReputationEntityPolicyRequest {
  ReputationEntityType: ReputationEntityType;
  ReputationEntityReference: string;
  ReputationEntityPolicy: string;
}
export interface UpdateReputationEntityPolicyResponse {
}
export interface VdmAttributes {
  VdmEnabled: FeatureStatus;
  DashboardAttributes?: DashboardAttributes;
  GuardianAttributes?: GuardianAttributes;
}
export interface VdmOptions {
  DashboardOptions?: DashboardOptions;
  GuardianOptions?: GuardianOptions;
}
export type VerificationError = "SERVICE_ERROR" | "DNS_SERVER_ERROR" | "HOST_NOT_FOUND" | "TYPE_NOT_FOUND" | "INVALID_VALUE" | "REPLICATION_ACCESS_DENIED" | "REPLICATION_PRIMARY_NOT_FOUND" | "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED" | "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED" | "REPLICATION_PRIMARY_INVALID_REGION";
export interface VerificationInfo {
  LastCheckedTimestamp?: number;
  LastSuccessTimestamp?: number;
  ErrorType?: VerificationError;
  SOARecord?: SOARecord;
}
export type VerificationStatus = "PENDING" | "SUCCESS" | "FAILED" | "TEMPORARY_FAILURE" | "NOT_STARTED";
export interface VolumeStatistics {
  InboxRawCount?: number;
  SpamRawCount?: number;
  ProjectedInbox?: number;
  ProjectedSpam?: number;
}
export type WarmupStatus = "IN_PROGRESS" | "DONE" | "NOT_APPLICABLE";

/** The model's bounds on texts, lists and numbers, by shape; a pattern is for the whole text. */
export interface Limit {
  min?: number;
  max?: number;
  pattern?: string;
}

export const limits = {
  AdditionalContactEmailAddress: {"min": 6, "max": 254, "pattern": "^(.+)@(.+)$"},
  AdditionalContactEmailAddresses: {"min": 1, "max": 4},
  AmazonResourceName: {"min": 1},
  ArchiveArn: {"min": 20, "max": 1011, "pattern": "arn:(aws|aws-[a-z-]+):ses:[a-z]{2,4}-[a-z-]+-[0-9]:[0-9]{1,20}:mailmanager-archive/a-[a-z0-9]{24,62}"},
  AttachmentContentDescription: {"max": 1000},
  AttachmentContentId: {"min": 1, "max": 78},
  AttachmentContentType: {"min": 1, "max": 78},
  AttachmentFileName: {"max": 255},
  BatchGetMetricDataQueries: {"min": 1, "max": 10},
  CertificateArn: {"min": 20, "max": 2048, "pattern": "arn:[\\w+=/,.@-]+:[\\w+=/,.@-]+:[\\w+=/,.@-]*:[0-9]+:certificate/[\\w+=,.@-]+"},
  ConfigurationSetFilterValue: {"min": 1},
  Dimensions: {"min": 1, "max": 3},
  EmailAddressFilterList: {"max": 5},
  EmailSubject: {"min": 1, "max": 998},
  EmailSubjectFilterList: {"max": 1},
  EmailTemplateData: {"max": 262144},
  EmailTemplateName: {"min": 1},
  EndpointName: {"min": 1, "max": 64, "pattern": "^[\\w\\-_]+$"},
  ExportDimensionValue: {"min": 1, "max": 10},
  ExportDimensions: {"min": 1, "max": 3},
  ExportMetrics: {"min": 1, "max": 10},
  Identity: {"min": 1},
  IdentityFilterValue: {"min": 1},
  InsightsEmailAddress: {"min": 1, "max": 320},
  IspFilterList: {"max": 5},
  JobId: {"min": 1},
  LastDeliveryEventList: {"max": 5},
  LastEngagementEventList: {"max": 2},
  ListRecommendationFilterValue: {"min": 1, "max": 512},
  ListRecommendationsFilter: {"min": 1, "max": 2},
  ListTenantResourcesFilterValue: {"min": 1, "max": 512},
  ListTenantsFilterValue: {"min": 1},
  MaxDeliverySeconds: {"min": 300, "max": 50400},
  MessageHeaderList: {"min": 0, "max": 15},
  MessageHeaderName: {"min": 1, "max": 126, "pattern": "^[!-9;-@A-~]+$"},
  MessageHeaderValue: {"min": 1, "max": 995, "pattern": "[ -~]*"},
  MessageInsightsExportMaxResults: {"min": 1, "max": 10000},
  NextTokenV2: {"min": 1, "max": 5000, "pattern": "^^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
  PageSizeV2: {"min": 1, "max": 1000},
  Policy: {"min": 1},
  PolicyName: {"min": 1, "max": 64},
  PrivateKey: {"min": 1, "max": 20480, "pattern": "^[a-zA-Z0-9+\\/]+={0,2}$"},
  QueryIdentifier: {"min": 1, "max": 255},
  ReputationEntityFilterValue: {"min": 1, "max": 512},
  ReputationEntityReference: {"min": 1},
  S3Url: {"pattern": "^s3:\\/\\/([^\\/]+)\\/(.*?([^\\/]+)\\/?)$"},
  Selector: {"min": 1, "max": 63, "pattern": "^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9]))$"},
  StatusCause: {"min": 1, "max": 512},
  TenantName: {"min": 1},
  TenantNameFilterList: {"max": 5},
  UseCaseDescription: {"max": 5000},
  WebsiteURL: {"min": 1, "max": 1000, "pattern": "^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?"},
} as const satisfies Record<string, Limit>;
