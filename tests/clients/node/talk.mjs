// What applications written for Node.js do with SES, told of the endpoint by the environment and of nothing else.
// Prints what was answered, as JSON. Given a folder: that of the packages.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(path.join(process.argv[2], 'x.js')));
const v2 = require('@aws-sdk/client-sesv2');
const v1 = require('@aws-sdk/client-ses');
const nodemailer = require('nodemailer');

const said = {};
const client = new v2.SESv2Client({ maxAttempts: 1 });
const old = new v1.SESClient({ maxAttempts: 1 });
const from = 'news@example.com';
const to = ['reader@inbox.test'];
const text = { Text: { Data: 'Hello' } };

async function all(pages, member) {
  const found = [];
  for await (const page of pages) found.push(...page[member]);
  return found;
}

async function refusal(promise, kind) {
  try {
    await promise;
  } catch (error) {
    return { name: error.name, ours: error instanceof kind, status: error.$metadata.httpStatusCode, text: error.message };
  }
  return null;
}

// -- @aws-sdk/client-sesv2 --------------------------------------------------------------------------------------------

said.quota = (await client.send(new v2.GetAccountCommand({}))).SendQuota;
for (const name of ['one', 'two', 'three']) {
  await client.send(new v2.CreateConfigurationSetCommand({ ConfigurationSetName: name }));
}
said.sets = await all(v2.paginateListConfigurationSets({ client, pageSize: 2 }, {}), 'ConfigurationSets');
await client.send(
  new v2.CreateEmailTemplateCommand({
    TemplateName: 'hello',
    TemplateContent: { Subject: 'Hello {{name}}', Text: 'Dear {{name}}' },
  }),
);
said.simple = await client.send(
  new v2.SendEmailCommand({
    FromEmailAddress: from,
    Destination: { ToAddresses: to },
    ConfigurationSetName: 'one',
    EmailTags: [{ Name: 'campaign', Value: 'spring' }],
    Content: {
      Simple: {
        Subject: { Data: '件名', Charset: 'UTF-8' },
        Body: text,
        Headers: [{ Name: 'X-Order', Value: '17' }],
        Attachments: [{ FileName: 'a.txt', RawContent: new TextEncoder().encode('attached'), ContentType: 'text/plain' }],
      },
    },
  }),
);
said.templated = await client.send(
  new v2.SendEmailCommand({
    FromEmailAddress: from,
    Destination: { ToAddresses: to },
    Content: { Template: { TemplateName: 'hello', TemplateData: JSON.stringify({ name: '花子' }) } },
  }),
);
said.bulk = (
  await client.send(
    new v2.SendBulkEmailCommand({
      FromEmailAddress: from,
      DefaultContent: { Template: { TemplateName: 'hello', TemplateData: '{"name": "all"}' } },
      BulkEmailEntries: [
        { Destination: { ToAddresses: ['a@inbox.test'] } },
        {
          Destination: { ToAddresses: ['b@inbox.test'] },
          ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: '{"name": "b"}' } },
        },
      ],
    }),
  )
).BulkEmailEntryResults;
said.missing = await refusal(
  client.send(new v2.GetConfigurationSetCommand({ ConfigurationSetName: 'none' })),
  v2.NotFoundException,
);
const identity = await client.send(new v2.GetEmailIdentityCommand({ EmailIdentity: 'example.com' }));
said.identity = [identity.IdentityType, identity.VerifiedForSendingStatus];
await client.send(new v2.PutSuppressedDestinationCommand({ EmailAddress: 'gone@inbox.test', Reason: 'BOUNCE' }));
const { SuppressedDestination: gone } = await client.send(
  new v2.GetSuppressedDestinationCommand({ EmailAddress: 'gone@inbox.test' }),
);
said.suppressed = [gone.Reason, gone.LastUpdateTime instanceof Date];

// -- @aws-sdk/client-ses ----------------------------------------------------------------------------------------------

const waited = await v1.waitUntilIdentityExists({ client: old, maxWaitTime: 30 }, { Identities: ['example.com'] });
said.waited = waited.state;
said.identities = await all(v1.paginateListIdentities({ client: old, pageSize: 1 }, {}), 'Identities');
said.old = await old.send(
  new v1.SendEmailCommand({
    Source: from,
    Destination: { ToAddresses: to },
    Message: { Subject: { Data: 'old' }, Body: text },
  }),
);
said.raw = await old.send(
  new v1.SendRawEmailCommand({
    RawMessage: { Data: new TextEncoder().encode(`From: ${from}\r\nTo: ${to}\r\nSubject: raw\r\n\r\nHello\r\n`) },
  }),
);
said.oldTemplated = await old.send(
  new v1.SendTemplatedEmailCommand({
    Source: from,
    Destination: { ToAddresses: to },
    Template: 'hello',
    TemplateData: '{"name": "old"}',
  }),
);
said.rejected = await refusal(
  old.send(
    new v1.SendEmailCommand({
      Source: 'me@other.test',
      Destination: { ToAddresses: to },
      Message: { Subject: { Data: 'x' }, Body: text },
    }),
  ),
  v1.MessageRejected,
);

// -- nodemailer -------------------------------------------------------------------------------------------------------

const transport = nodemailer.createTransport({ SES: { sesClient: client, SendEmailCommand: v2.SendEmailCommand } });
said.verified = await transport.verify();
const sent = await transport.sendMail({
  from: `お知らせ <${from}>`,
  to: 'reader@inbox.test',
  bcc: 'hidden@inbox.test',
  subject: 'nodemailer で',
  text: 'こんにちは',
  html: '<p>こんにちは</p>',
  attachments: [{ filename: 'b.txt', content: 'attached' }],
  ses: { ConfigurationSetName: 'two', EmailTags: [{ Name: 'campaign', Value: 'nodemailer' }] },
});
said.nodemailer = sent.response;
console.log(JSON.stringify(said));
