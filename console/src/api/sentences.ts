/* What the service says in English, and how that reads in Japanese.

   The English stands as in the service's source, with a `{name}` where it puts a value; a test holds each against the
   source. A value in a Japanese sentence that is a sentence of this table itself is shown in Japanese, too. */

export const sentences: readonly (readonly [english: string, japanese: string])[] = [
  // what all operations may say
  ["Access denied.", "アクセスが拒否されました。"],
  ["User: {who} is not authorized to perform: {what}", "ユーザー {who} には、操作 {what} が許可されていません。"],
  [
    "User: {who} would have to be {role} of this account.",
    "ユーザー {who} には、このアカウントの {role} ロールが必要です。",
  ],
  ["User `{who}' is not an operator of this installation.", "ユーザー {who} は、このサービスの運用者ではありません。"],
  [
    "User: {who} is not authorized to perform: SNS:{what} on resource: {arn}",
    "ユーザー {who} には、リソース {arn} に対する SNS:{what} が許可されていません。",
  ],
  [
    "User `{who}' is not authorized to perform `{what}' on resource `{arn}'",
    "ユーザー {who} には、リソース {arn} に対する {what} が許可されていません。",
  ],
  [
    "The request failed because of an error inside the service. Please try again.",
    "サービス内部のエラーで処理できませんでした。もう一度お試しください。",
  ],
  [
    "The service cannot take the request now. Please try again.",
    "現在リクエストを受け付けられません。もう一度お試しください。",
  ],
  [
    "Many large requests are being read. Try again in a moment.",
    "大きなリクエストが集中しています。しばらくしてからお試しください。",
  ],
  ["Request is too large.", "リクエストが大きすぎます。"],
  ["The request took too long to arrive.", "リクエストの受信が時間内に終わりませんでした。"],
  ["Rate exceeded", "リクエストの頻度が上限を超えました。しばらくしてからお試しください。"],
  ["Unknown operation.", "この操作はありません。"],
  ["The body must be JSON.", "リクエストの本文が JSON ではありません。"],
  ["Not known here: {names}.", "使用できない項目です: {names}。"],
  ["The values must be texts.", "値は文字列で指定してください。"],
  ["{name} must be a text.", "{name} は文字列で指定してください。"],
  ["{name} must be a number.", "{name} は数値で指定してください。"],
  ["{name} must be a number from 1 to {most}.", "{name} は 1 から {most} までの数値で指定してください。"],
  ["{name} is too large.", "{name} が大きすぎます。"],
  ["limit must be from 1 to {most}.", "limit は 1 から {most} までで指定してください。"],
  ["behind must be the `next` of an earlier answer.", "続きの位置が正しくありません。一覧を読み込み直してください。"],
  ["page must be the `next` of an earlier answer.", "続きの位置が正しくありません。一覧を読み込み直してください。"],
  [
    "{name} must be a time as in ISO 8601, such as 2026-01-31T12:00:00Z.",
    "{name} は 2026-01-31T12:00:00Z のような ISO 8601 形式の日時で指定してください。",
  ],
  [
    "{name} must be a time like 2026-11-24T10:00:00Z, or 2h for two hours ago.",
    "{name} は 2026-11-24T10:00:00Z のような日時、または 2h (2 時間前) のように指定してください。",
  ],
  [
    "{name} must be a text of at most {most} characters that can be printed.",
    "{name} は、制御文字を含まない {most} 文字以内で指定してください。",
  ],
  // the model's constraints
  ["{count} validation {noun} detected: {violations}", "入力値が条件を満たしていません。{violations}"],
  ["Value {value}at '{path}' failed to satisfy constraint: Member must {demand}", "項目 {path}: {demand}"],
  ["not be null", "必須です。"],
  ["have length less than or equal to {high}", "{high} 文字 (個) 以下で指定してください。"],
  ["have length greater than or equal to {low}", "{low} 文字 (個) 以上で指定してください。"],
  ["have value less than or equal to {high}", "{high} 以下で指定してください。"],
  ["have value greater than or equal to {low}", "{low} 以上で指定してください。"],
  ["satisfy enum value set: [{choices}]", "次のいずれかを指定してください: {choices}"],
  ["satisfy regular expression pattern: {pattern}", "使用できない文字か形式です (パターン: {pattern})。"],
  // identities
  ["Email identity {name} already exist.", "ID {name} はすでに存在します。"],
  ["Email identity {name} does not exist.", "ID {name} は存在しません。"],
  ["Email identity <{name}> does not exist.", "ID {name} は存在しません。"],
  ["Identity {name} does not exist.", "ID {name} は存在しません。"],
  ["Identity <{name}> does not exist.", "ID {name} は存在しません。"],
  ["Missing final '@domain'", "メールアドレスに @ とドメインがありません。"],
  ["Domain {name} is invalid.", "ドメイン {name} は正しくありません。"],
  [
    "An account can have at most {most} identities in a region.",
    "ID は 1 つのリージョンに {most} 個まで作成できます。",
  ],
  ["Domain {domain} is not verified for DKIM signing.", "ドメイン {domain} は DKIM 署名の検証が完了していません。"],
  ["The EmailIdentity value must be a valid domain.", "ID には正しいドメインを指定してください。"],
  [
    "The DKIM signing key length of an identity can be changed once in 24 hours at the most.",
    "DKIM 署名キーの長さは、24 時間に 1 回だけ変更できます。",
  ],
  [
    "Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{name}>.",
    "MAIL FROM ドメイン {domain} は、ID {name} のドメインのサブドメインではありません。",
  ],
  ["Invalid MAIL-FROM domain <{domain}>: {why}.", "MAIL FROM ドメイン {domain} が正しくありません: {why}"],
  [
    "Identity {name} is invalid. Must be a verified email address or domain.",
    "{name} は検証済みのメールアドレスまたはドメインではありません。",
  ],
  [
    "DomainSigningPrivateKey is invalid. It must be an RSA private key of 1024 to 2048 bits.",
    "プライベートキーが正しくありません。1024 から 2048 ビットの RSA キーを指定してください。",
  ],
  [
    "DomainSigningPrivateKey is invalid. It must be an RSA private key in PKCS#1 or PKCS#8 form, encoded in base64, without the BEGIN and END lines and without a passphrase.",
    "プライベートキーが正しくありません。PKCS#1 または PKCS#8 形式の RSA キーを、BEGIN と END の行を除いた Base64 で、パスフレーズなしで指定してください。",
  ],
  [
    "DomainSigningSelector and DomainSigningPrivateKey must be specified together.",
    "セレクターとプライベートキーは両方指定してください。",
  ],
  [
    "An Ed25519 key is for a domain; addresses are signed for by their domain's.",
    "Ed25519 キーはドメインにのみ作成できます。メールアドレスにはドメインの署名が使われます。",
  ],
  ["Identity {name} has no Ed25519 key.", "ID {name} に Ed25519 キーはありません。"],
  [
    "Feedback forwarding of identity <{name}> can be disabled only when Amazon SNS topics are set for both bounces and complaints.",
    "ID {name} の E メールフィードバック転送を無効にするには、バウンスと苦情の両方に SNS トピックを設定する必要があります。",
  ],
  ["Policy {name} already exists", "ポリシー {name} はすでに存在します。"],
  ["Policy {name} does not exist", "ポリシー {name} は存在しません。"],
  [
    "PolicyName is invalid. Policy names must only include alpha-numeric characters, dashes, and underscores.",
    "ポリシー名が正しくありません。英数字、ハイフン、アンダースコアのみ使用できます。",
  ],
  [
    "Number of policies for {name} exceeds max allowed number of policies per resource",
    "{name} のポリシー数が上限を超えています。",
  ],
  ["Invalid policy: {why}", "ポリシーが正しくありません: {why}"],
  ["The policy is not valid JSON.", "ポリシーが正しい JSON ではありません。"],
  ["The policy must be a JSON object.", "ポリシーは JSON オブジェクトで指定してください。"],
  ["The policy is longer than {most} bytes.", "ポリシーが {most} バイトを超えています。"],
  ["Effect must be Allow or Deny.", "Effect には Allow か Deny を指定してください。"],
  ["Statement must hold at least one statement.", "Statement を 1 つ以上指定してください。"],
  ["Unknown element {name}.", "不明な要素です: {name}"],
  ["Unknown element {name} in a statement.", "Statement に不明な要素があります: {name}"],
  ["The action {name} is not one of {service}.", "アクション {name} は {service} のアクションではありません。"],
  [
    "The principal {name} is neither an account nor the ARN of a user or role.",
    "プリンシパル {name} は、アカウント ID でもユーザーやロールの ARN でもありません。",
  ],
  ["A link can be valid for 1 to {most} days.", "リンクの有効期間は 1 日から {most} 日までです。"],
  ["There is no link {id}.", "リンク {id} は存在しません。"],
  [
    "{most} links to this domain open already. Revoke one first.",
    "このドメインの有効なリンクはすでに {most} 件あります。先にどれかを取り消してください。",
  ],
  // sending
  [
    "Email address is not verified. The following identities failed the check in region {region}: {names}",
    "メールアドレスが検証されていません。リージョン {region} で検証済みでない ID: {names}",
  ],
  ["Maximum sending rate exceeded.", "最大送信レートを超えました。"],
  ["Daily message quota exceeded.", "1 日あたりの送信クォータを超えました。"],
  [
    "Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.",
    "このアカウントの送信は一時停止されています。",
  ],
  ["Sending is paused for configuration set {name}", "設定セット {name} の送信は一時停止されています。"],
  ["Sending is paused for identity {name}", "ID {name} の送信は一時停止されています。"],
  [
    "MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.",
    "MAIL FROM ドメインが検証されていません。MAIL FROM ドメインの DNS 設定が正しくありません。",
  ],
  [
    "Message length is more than {most} bytes long: '{length}'.",
    "メッセージが {most} バイトを超えています ({length} バイト)。",
  ],
  ["Missing required header 'From'.", "From ヘッダーがありません。"],
  ["Source cannot be empty", "送信元のアドレスを指定してください。"],
  ["The message has no recipient.", "宛先がありません。"],
  ["Recipient count exceeds {most}.", "宛先の数が {most} を超えています。"],
  ["Invalid email address<{address}>.", "メールアドレスが正しくありません: {address}"],
  ["The tag name must be specified.", "タグ名を指定してください。"],
  ["The tag value must be specified.", "タグの値を指定してください。"],
  ["Duplicate tag name <{name}>.", "タグ名 {name} が重複しています。"],
  [
    "Attachment file extension is not allowed: '.{extension}'.",
    "添付ファイルの拡張子 .{extension} は許可されていません。",
  ],
  // configuration sets
  ["Configuration set {name} already exists.", "設定セット {name} はすでに存在します。"],
  ["Configuration set <{name}> does not exist.", "設定セット {name} は存在しません。"],
  ["Configuration set name cannot exceed 64 characters.", "設定セット名は 64 文字以内で指定してください。"],
  [
    "Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
    "設定セット名 {name} が正しくありません。英数字、_、- のみ使用できます。",
  ],
  ["CustomRedirectDomain must be specified.", "カスタムリダイレクトドメインを指定してください。"],
  [
    "Domain <{domain}> is not verified under this account.",
    "ドメイン {domain} は、このアカウントで検証されていません。",
  ],
  ["SendingPool <{name}> doesn't exist", "IP プール {name} は存在しません。"],
  ["The requested pool <{name}> does not exist.", "IP プール {name} は存在しません。"],
  [
    "Reason {reason} is invalid, must be one of [BOUNCE, COMPLAINT].",
    "理由 {reason} は正しくありません。BOUNCE か COMPLAINT を指定してください。",
  ],
  ["A resource can have at most {most} tags", "タグは 1 つのリソースに {most} 個まで付けられます。"],
  ["Duplicate tag key: {key}", "タグキー {key} が重複しています。"],
  ["Tag keys must not begin with aws:", "aws: で始まるタグキーは使用できません。"],
  [
    "Tag keys have 1 to 128 characters: letters, digits, spaces and _ . : / = + - @",
    "タグキーは 1 から 128 文字です。文字、数字、スペース、_ . : / = + - @ を使用できます。",
  ],
  [
    "Tag values have up to 256 characters: letters, digits, spaces and _ . : / = + - @",
    "タグの値は 256 文字以内です。文字、数字、スペース、_ . : / = + - @ を使用できます。",
  ],
  [
    "To use this feature you must enable Virtual Deliverability Manager",
    "この機能を使用するには、Virtual Deliverability Manager を有効にする必要があります。",
  ],
  // tenants
  ["The requested tenant <{name}> does not exist.", "テナント {name} は存在しません。"],
  [
    "Tenant with name '{name}' already exists in account '{account}'",
    "アカウント {account} には、テナント {name} がすでに存在します。",
  ],
  [
    "An account can have at most {most} tenants in a region.",
    "テナントは 1 つのリージョンに {most} 個まで作成できます。",
  ],
  ["TenantName cannot be empty", "テナント名を指定してください。"],
  ["TenantName cannot exceed {most} characters.", "テナント名は {most} 文字以内で指定してください。"],
  [
    "Invalid tenant name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
    "テナント名 {name} が正しくありません。英数字、_、- のみ使用できます。",
  ],
  [
    "Resources {arn} has already been associated with tenant {name}",
    "リソース {arn} は、すでにテナント {name} に関連付けられています。",
  ],
  ["Sending is paused for tenant {name}", "テナント {name} の送信は一時停止されています。"],
  // event destinations
  [
    "An event destination with name <{name}> already exists for configuration set <{set}>.",
    "設定セット {set} には、イベント送信先 {name} がすでに存在します。",
  ],
  [
    "An event destination with name <{name}> does not exist for configuration set <{set}>.",
    "設定セット {set} に、イベント送信先 {name} は存在しません。",
  ],
  [
    "Configuration set <{set}> has reached the limit of {most} event destinations.",
    "設定セット {set} のイベント送信先は上限の {most} 個に達しています。",
  ],
  ["Event destination name cannot exceed 64 characters.", "イベント送信先名は 64 文字以内で指定してください。"],
  [
    "Invalid event destination name <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
    "イベント送信先名 {name} が正しくありません。英数字、_、- のみ使用できます。",
  ],
  ["At least one event type must be specified.", "イベントタイプを 1 つ以上指定してください。"],
  [
    "The event destination does not take events of the type {type}.",
    "このイベント送信先は、タイプ {type} のイベントを受け取りません。",
  ],
  ["Invalid EventBridge event bus ARN <{arn}>.", "EventBridge イベントバスの ARN が正しくありません: {arn}"],
  [
    "EventBridge event bus <{arn}> is not the default bus of account {account} in {region}: only the default bus is supported.",
    "{arn} は、リージョン {region} のアカウント {account} のデフォルトイベントバスではありません。使用できるのはデフォルトイベントバスのみです。",
  ],
  [
    "EventBridge destinations are not offered by this installation: its operator has set neither events.eventbridge_endpoint nor events.eventbridge_url.",
    "このサービスでは EventBridge に送信できません。運用者が events.eventbridge_endpoint か events.eventbridge_url を設定する必要があります。",
  ],
  ["Invalid Firehose delivery stream ARN <{arn}>.", "Firehose 配信ストリームの ARN が正しくありません: {arn}"],
  ["Invalid IAM role ARN <{arn}>.", "IAM ロールの ARN が正しくありません: {arn}"],
  [
    "Firehose delivery stream <{arn}> is not one of account {account} in {region}.",
    "Firehose 配信ストリーム {arn} は、リージョン {region} のアカウント {account} のものではありません。",
  ],
  [
    "Firehose delivery stream <{arn}> does not exist: events.firehose of this installation names no stream {name}.",
    "Firehose 配信ストリーム {arn} は存在しません。このサービスの設定 events.firehose にストリーム {name} がありません。",
  ],
  [
    "CloudWatch metrics dimension configuration list cannot have more than {most} entries.",
    "CloudWatch のディメンションは {most} 個まで指定できます。",
  ],
  [
    "CloudWatch metrics dimension names must differ from each other.",
    "CloudWatch のディメンション名が重複しています。",
  ],
  [
    "Invalid CloudWatch dimension name <{name}>: only alphanumeric ASCII characters, '_', '-', and ':' are allowed.",
    "CloudWatch のディメンション名 {name} が正しくありません。英数字、_、-、: のみ使用できます。",
  ],
  [
    "Invalid default dimension value <{value}>: only alphanumeric ASCII characters, '_', '-', '@', and '.' are allowed.",
    "ディメンションのデフォルト値 {value} が正しくありません。英数字、_、-、@、. のみ使用できます。",
  ],
  ["Invalid SNS topic ARN <{arn}>.", "SNS トピックの ARN が正しくありません: {arn}"],
  [
    "SNS topic <{arn}> must be in the region {region}.",
    "SNS トピック {arn} は、リージョン {region} のものではありません。",
  ],
  ["SNS topic <{arn}> not found.", "SNS トピック {arn} は存在しません。"],
  [
    "Could not publish to SNS topic <{arn}>: its policy does not allow it.",
    "SNS トピック {arn} に発行できません。トピックのポリシーで許可されていません。",
  ],
  // topics, subscriptions, webhooks
  ["Subscription does not exist", "サブスクリプションは存在しません。"],
  ["Topic does not exist", "トピックは存在しません。"],
  ["An account can have at most {most} topics.", "トピックは 1 つのアカウントに {most} 個まで作成できます。"],
  [
    "A topic can have at most {most} subscriptions.",
    "サブスクリプションは 1 つのトピックに {most} 個まで作成できます。",
  ],
  [
    "A topic can have at most {most} filter policies.",
    "フィルターポリシーは 1 つのトピックに {most} 個まで設定できます。",
  ],
  ["Invalid parameter: Topic Name", "トピック名が正しくありません。"],
  ["Invalid parameter: Endpoint", "エンドポイントが正しくありません。"],
  ["Invalid parameter: Endpoint must match the specified protocol", "エンドポイントがプロトコルと一致していません。"],
  ["Invalid parameter: Endpoint Reason: no value for required parameter", "エンドポイントを指定してください。"],
  ["Invalid parameter: Email address", "メールアドレスが正しくありません。"],
  ["Invalid parameter: SQS endpoint ARN", "SQS キューの ARN が正しくありません。"],
  ["Invalid parameter: Subject", "件名が正しくありません。"],
  ["Invalid parameter: Empty message", "メッセージが空です。"],
  ["Invalid parameter: Message too long", "メッセージが長すぎます。"],
  [
    "Invalid parameter: Message Structure - JSON message body failed to parse",
    "メッセージを JSON として読み取れません。",
  ],
  [
    "Invalid parameter: Message Structure - No default entry in JSON message body",
    "JSON のメッセージに default の項目がありません。",
  ],
  ["Invalid parameter: Token", "トークンが正しくありません。"],
  ["Invalid token", "トークンが正しくありません。"],
  [
    "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    "同じエンドポイントのサブスクリプションが、異なる属性ですでに存在します。",
  ],
  [
    "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    "同じ名前のトピックが、異なる属性ですでに存在します。",
  ],
  [
    "Queues cannot be subscribed to topics of this installation: its operator has not set events.sqs_endpoint.",
    "このサービスのトピックに SQS キューは登録できません。運用者が events.sqs_endpoint を設定する必要があります。",
  ],
  ["{place}FilterPolicy: {why}", "フィルターポリシーが正しくありません: {why}"],
  [
    "{place}DeliveryPolicy: only HTTP/S subscriptions have one",
    "配信ポリシーを設定できるのは、HTTP/S のサブスクリプションのみです。",
  ],
  [
    "{place}RedrivePolicy: deadLetterTargetArn is an invalid arn",
    "再処理ポリシーの deadLetterTargetArn が正しい ARN ではありません。",
  ],
  ["{place}RedrivePolicy: failed to parse JSON.", "再処理ポリシーを JSON として読み取れません。"],
  [
    "{place}RawMessageDelivery: Delivery protocol [{protocol}] does not support raw message delivery.",
    "プロトコル {protocol} では、raw メッセージ配信を使用できません。",
  ],
  ["failed to parse JSON.", "JSON として読み取れません。"],
  ["Filter policy is too large", "フィルターポリシーが大きすぎます。"],
  ["Filter policy is too complex", "フィルターポリシーが複雑すぎます。"],
  ["Filter policy can not have more than 5 keys", "フィルターポリシーのキーは 5 個までです。"],
  [
    "Filter policy scope MessageAttributes does not support nested filter policy",
    "スコープが MessageAttributes の場合、入れ子のフィルターポリシーは使用できません。",
  ],
  ["Empty objects are not allowed", "空のオブジェクトは使用できません。"],
  ["Empty arrays are not allowed", "空の配列は使用できません。"],
  ['"{key}" must be an object or an array', "{key} は、オブジェクトか配列で指定してください。"],
  ["Unrecognized match type {name}", "不明な照合タイプです: {name}"],
  [
    "Match value must be String, number, true, false, or null",
    "照合する値は、文字列、数値、true、false、null のいずれかです。",
  ],
  ["There is no webhook {id}.", "Webhook {id} は存在しません。"],
  [
    "An account can have at most {most} webhooks in a region.",
    "Webhook は 1 つのリージョンに {most} 個まで作成できます。",
  ],
  ["A webhook's URL must begin with https://.", "Webhook の URL は https:// で始まる必要があります。"],
  ["Events cannot be posted to this URL: {why}.", "この URL にはイベントを送信できません: {why}"],
  ["the URL is longer than {most} characters", "URL が {most} 文字を超えています。"],
  [
    "the URL has a space, a backslash or a control character in it",
    "URL にスペース、バックスラッシュ、または制御文字が含まれています。",
  ],
  [
    "the URL must begin with http:// or https:// and a host",
    "http:// または https:// とホスト名で始まる URL を指定してください。",
  ],
  ["the URL's host is no host name", "URL のホスト名が正しくありません。"],
  ["port {port} is not one that web servers listen on", "ポート {port} は Web サーバーのポートではありません。"],
  ["Among what was given up, there is no notification {id}.", "未配信の通知に {id} はありません。"],
  // what endpoints of events said
  ["It answered {status}.", "エンドポイントが {status} を返しました。"],
  ["It answered {status}: {said}", "エンドポイントが {status} を返しました: {said}"],
  ["{place} at {address} cannot be reached: {why}.", "{place} ({address}) に接続できません: {why}"],
  ["It was not sent: {why}.", "送信されませんでした: {why}"],
  ["{host} has no address.", "{host} のアドレスが見つかりません。"],
  ["{host} did not answer within {seconds} seconds.", "{host} が {seconds} 秒以内に応答しませんでした。"],
  [
    "{host} broke off, or answered something that is not HTTP.",
    "{host} が接続を切断したか、HTTP ではない応答を返しました。",
  ],
  [
    "{host} is at {addresses}, which is not a public address; events.private_networks opens others.",
    "{host} のアドレス {addresses} は公開アドレスではありません。許可するには events.private_networks を設定します。",
  ],
  ["The certificate of {host} does not prove its name: {why}.", "{host} の証明書を検証できません: {why}"],
  ["The webhook was deleted.", "Webhook は削除されています。"],
  ["The webhook is paused.", "Webhook は一時停止中です。"],
  ["The EventBridge server said {status}: {said}", "EventBridge サーバーが {status} を返しました: {said}"],
  ["The EventBridge server refused it: {code}: {said}", "EventBridge サーバーが拒否しました: {code}: {said}"],
  ["events.firehose names no stream {name} any more.", "設定 events.firehose にストリーム {name} がなくなっています。"],
  ["The record could not be written: {why}.", "レコードを書き込めませんでした: {why}"],
  ["The Firehose server said {status}: {said}", "Firehose サーバーが {status} を返しました: {said}"],
  ["The server of the bucket said {status}: {said}", "バケットのサーバーが {status} を返しました: {said}"],
  ["The server of the queue said {status}: {said}", "キューのサーバーが {status} を返しました: {said}"],
  [
    "No queue can be reached: events.sqs_endpoint is not set.",
    "キューに送信できません。events.sqs_endpoint が設定されていません。",
  ],
  ["Nothing is delivered over {protocol} here.", "このサービスでは {protocol} で配信できません。"],
  [
    "{name} in this service; its log says more.",
    "サービス内部のエラーです ({name})。詳細はサービスのログで確認できます。",
  ],
  // templates
  ["Template {name} already exists.", "テンプレート {name} はすでに存在します。"],
  ["Template {name} does not exist", "テンプレート {name} は存在しません。"],
  [
    "An account can have at most {most} templates in a region.",
    "テンプレートは 1 つのリージョンに {most} 個まで作成できます。",
  ],
  [
    "The template name may have up to 64 letters, digits, dashes and underscores.",
    "テンプレート名は 64 文字以内です。英数字、ハイフン、アンダースコアを使用できます。",
  ],
  ["The template is larger than {size} KB.", "テンプレートが {size} KB を超えています。"],
  ["The subject must be specified.", "件名を指定してください。"],
  ["The template must have a text part or an HTML part.", "テンプレートにはテキスト部分か HTML 部分が必要です。"],
  ["The {part} of the template is wrong: {why}.", "テンプレートの {part} に誤りがあります: {why}"],
  // contact lists
  ["A maximum of 1 Lists allowed per account.", "連絡先リストは 1 つのアカウントに 1 つまでです。"],
  ["List with name: {name} doesn't exist.", "連絡先リスト {name} は存在しません。"],
  ["List: {name} doesn't contain Topic: {topic}", "連絡先リスト {name} にトピック {topic} はありません。"],
  ["{address} already exists in List.", "{address} はすでに連絡先リストにあります。"],
  ["{address} doesn't exist in List.", "{address} は連絡先リストにありません。"],
  ["ContactListName can't be blank.", "連絡先リスト名を指定してください。"],
  ["EmailAddress can't be blank.", "メールアドレスを指定してください。"],
  ["EmailAddress <{address}> is invalid", "メールアドレス {address} が正しくありません。"],
  ["{name} can't be blank.", "{name} を指定してください。"],
  [
    "{name} can contain up to 64 characters. Only alphanumeric characters, underscores(_) and hyphens(-) are allowed.",
    "{name} は 64 文字以内です。英数字、_、- のみ使用できます。",
  ],
  ["Maximum of <{most}> topics allowed per ContactList", "トピックは 1 つの連絡先リストに {most} 個までです。"],
  ["List description can contain up to {most} characters.", "連絡先リストの説明は {most} 文字以内で指定してください。"],
  [
    "Topic DisplayName can contain up to <{most}> characters.",
    "トピックの表示名は {most} 文字以内で指定してください。",
  ],
  ["Topic description can contain up to {most} characters.", "トピックの説明は {most} 文字以内で指定してください。"],
  ["Duplicate topic names are not allowed within a List.", "連絡先リスト内でトピック名が重複しています。"],
  ["AttributesData can contain up to {most} characters.", "属性データは {most} 文字以内で指定してください。"],
  // suppression, imports
  [
    "The suppression list can be changed only by accounts with production access.",
    "抑制リストを変更できるのは、本稼働アクセスのあるアカウントのみです。",
  ],
  ["Email address {address} does not exist on your suppression list.", "{address} は抑制リストにありません。"],
  ["Import job {id} does not exist.", "インポートジョブ {id} は存在しません。"],
  [
    "There are too many {name} jobs running - {way} to complete before resubmitting.",
    "実行中の {name} ジョブが多すぎます。完了を待つか、キャンセルしてからお試しください。",
  ],
  [
    "Cannot cancel an export job that has a <{status}> status.",
    "ステータスが {status} のエクスポートジョブはキャンセルできません。",
  ],
  ["There is no file s3://{bucket}/{key}.", "ファイル s3://{bucket}/{key} は存在しません。"],
  [
    "There is no room for more files: delete some that are no longer needed.",
    "ファイルの保存領域がいっぱいです。不要なファイルを削除してください。",
  ],
  ["The file has more than {most} octets.", "ファイルが {most} バイトを超えています。"],
  ["The file has more than {most} addresses.", "ファイルのアドレスが {most} 件を超えています。"],
  ["The file cannot be read.", "ファイルを読み取れません。"],
  ["The line is too long.", "行が長すぎます。"],
  ["The line is not valid CSV.", "行が正しい CSV ではありません。"],
  ["The line is not valid JSON.", "行が正しい JSON ではありません。"],
  ["The line has more than an address and a reason.", "行にアドレスと理由以外の項目があります。"],
  ["The line has more cells than the heading.", "行の項目数が見出しより多くなっています。"],
  [
    "SubscriptionStatus {status} is invalid, must be one of [OPT_OUT, OPT_IN].",
    "SubscriptionStatus {status} は正しくありません。OPT_OUT か OPT_IN を指定してください。",
  ],
  // messages, queue, feedback
  ["Message {id} does not exist.", "メッセージ {id} は存在しません。"],
  ["The content of message {id} is no longer kept.", "メッセージ {id} の内容は、保存期間を過ぎたため残っていません。"],
  ["The service's own mail is not sent again by hand.", "サービス自身が送信したメールは再送できません。"],
  ["No recipient of {id} waits.", "メッセージ {id} に待機中の受信者はいません。"],
  ["No recipient of the message has this domain.", "このメッセージに、このドメインの受信者はいません。"],
  ["The page is none of this search.", "検索条件が変わったため、続きを表示できません。もう一度検索してください。"],
  [
    "The beginning of an address must have at least {least} characters before the *.",
    "アドレスの先頭で検索するには、* の前に {least} 文字以上が必要です。",
  ],
  [
    "The beginning of a word must have at least {least} letters before the *.",
    "単語の先頭で検索するには、* の前に {least} 文字以上が必要です。",
  ],
  [
    "One character alone is not searched for: give two that follow each other.",
    "1 文字では検索できません。続いた 2 文字以上を入力してください。",
  ],
  ["The subject to search for has no word that is long enough.", "件名の検索語が短すぎます。"],
  ["At most {most} words are searched for at once.", "一度に検索できるのは {most} 語までです。"],
  [
    "{text} is too short: give {least} letters or more of each word.",
    "{text} は短すぎます。各単語を {least} 文字以上で入力してください。",
  ],
  [
    "A message tag is searched for as name=value, not as {text}.",
    "メッセージタグは name=value の形式で検索してください ({text} ではなく)。",
  ],
  ["{text} is neither an address nor a domain: {why}", "{text} は、メールアドレスでもドメインでもありません: {why}"],
  ["{text} is not a domain: {why}", "{text} はドメインではありません: {why}"],
  ["A length of time has at most 366 days here.", "期間は 366 日以内で指定してください。"],
  [
    "{text} is no length of time: write it like 90s, 15m, 2h or 3d.",
    "{text} は期間として読み取れません。90s、15m、2h、3d のように指定してください。",
  ],
  ["A pause must end in the future.", "一時停止の終了には、未来の日時を指定してください。"],
  ["The {kind} {name} is not paused.", "{name} ({kind}) は一時停止されていません。"],
  ["Say which mail is meant, or else that all is.", "対象のメールを指定してください。"],
  [
    "connections must be from 1 to {most}, or 0 for what the table of providers says.",
    "接続数は 1 から {most} まで、またはプロバイダーの表に従う場合は 0 を指定してください。",
  ],
  [
    "rate must be from 0 to {most} messages a second; 0 is what the table of providers says.",
    "レートは 1 秒あたり 0 から {most} 通までで指定してください。0 はプロバイダーの表に従います。",
  ],
  [
    "Too many probes of this account are under way. Try again in an hour.",
    "このアカウントで実行中のテストが多すぎます。1 時間後にお試しください。",
  ],
  ["A note has at most {most} characters.", "メモは {most} 文字以内で入力してください。"],
  ["The table of feedback loops has no {name}.", "フィードバックループの表に {name} はありません。"],
  [
    "{name} is enrolled through {collector}: note it there.",
    "{name} は {collector} を通じて登録します。登録状況はそちらに記録してください。",
  ],
  [
    "{address} has got {count} mails from this service within an hour. Try again later.",
    "{address} には、1 時間以内にこのサービスから {count} 通のメールが送信されています。後でお試しください。",
  ],
  // accounts, users, keys
  ["Account {id} does not exist.", "アカウント {id} は存在しません。"],
  ["Account {id} does not exist in region {region}.", "アカウント {id} は、リージョン {region} に存在しません。"],
  [
    "Your account details are under review. They can be edited once the review is finished.",
    "アカウントの詳細は審査中です。審査が終わると編集できます。",
  ],
  [
    "{name} must be a number above 0, or -1 for unlimited.",
    "{name} は 0 より大きい数値、または無制限の場合は -1 を指定してください。",
  ],
  ["max24Hour must be a whole number.", "24 時間あたりの受信者数は整数で指定してください。"],
  [
    "A denial needs a reason of at most {most} characters: the account's owner reads it.",
    "却下する場合は、理由を {most} 文字以内で入力してください。アカウントの所有者に伝えられます。",
  ],
  ["There is no access key {id} in this account.", "このアカウントにアクセスキー {id} は存在しません。"],
  [
    "An account has at most {most} access keys. Delete those that nobody uses.",
    "アクセスキーは 1 つのアカウントに {most} 個までです。使用していないキーを削除してください。",
  ],
  [
    "user_name must be 1 to 64 letters, digits, or characters of +=,.@_-",
    "ユーザー名は 1 から 64 文字です。英数字と + = , . @ _ - を使用できます。",
  ],
  ["Only an operator may make the key of an operator.", "運用者のキーを作成できるのは運用者のみです。"],
  ["This is the key of an operator, which only operators may change.", "運用者のキーを変更できるのは運用者のみです。"],
  [
    "A user name has 1 to 64 characters: small letters, digits and . _ @ + -, the first a letter or a digit.",
    "ユーザー名は 1 から 64 文字です。小文字の英字、数字、. _ @ + - を使用でき、先頭は英字か数字です。",
  ],
  [
    "A display name has at most {most} printable characters.",
    "表示名は、制御文字を含まない {most} 文字以内で指定してください。",
  ],
  ["A password has {least} to {most} characters.", "パスワードは {least} 文字以上 {most} 文字以下で指定してください。"],
  ["This password is too easy to guess.", "このパスワードは推測されやすいため使用できません。"],
  ["There is a user {name} already.", "ユーザー {name} はすでに存在します。"],
  ["There is no user {name} in this account.", "このアカウントにユーザー {name} は存在しません。"],
  ["There is no such user.", "このユーザーは存在しません。"],
  ["This user is not in this account.", "このユーザーは、このアカウントに属していません。"],
  [
    "This is the only operator. Make another user an operator first.",
    "運用者はこのユーザーだけです。先に別のユーザーを運用者にしてください。",
  ],
  [
    "{name} is in other accounts, too: only an operator decides about such a user.",
    "{name} は別のアカウントにも属しているため、変更できるのは運用者のみです。",
  ],
  ["Only an operator makes another user an operator.", "ユーザーを運用者にできるのは運用者のみです。"],
  [
    "This link has been used, or its time is over. Ask for a new one.",
    "このリンクは使用済みか、有効期限が切れています。新しいリンクを依頼してください。",
  ],
  [
    "A user has at most {most} passkeys. Remove one that is no longer used.",
    "パスキーは 1 人のユーザーに {most} 個までです。使用していないパスキーを削除してください。",
  ],
  ["This passkey is known already.", "このパスキーは登録済みです。"],
  [
    "Nothing would be left to sign in by. Add a passkey first.",
    "サインインの方法がなくなります。先にパスキーを追加してください。",
  ],
  ["There is no such passkey.", "このパスキーは存在しません。"],
  ["There is no such session.", "このセッションは存在しません。"],
  ["The time for this is over. Begin again.", "時間切れになりました。最初からやり直してください。"],
  [
    "Passkeys need a host with a name: open the console at its public address, or at localhost.",
    "パスキーにはホスト名が必要です。公開アドレスか localhost でコンソールを開いてください。",
  ],
  ["What the device answered is no passkey of this host.", "デバイスの応答は、このホストのパスキーではありません。"],
  ["There is no entry {id} in the audit log.", "監査ログに {id} は存在しません。"],
];

/** What is to be said of a text that the table does not have, by the error's code. */
export const leads: readonly (readonly [code: RegExp, japanese: string])[] = [
  [/NotFound|DoesNotExist|NoSuch/, "指定されたリソースが見つかりません。"],
  [/AlreadyExists/, "同じ名前のリソースがすでに存在します。"],
  [/Limit|TooMany(?!Requests)/, "上限に達しているため、処理できません。"],
  [/Throttl|TooManyRequests/, "リクエストの頻度が上限を超えました。しばらくしてからお試しください。"],
  [/Conflict|ConcurrentModification/, "別の処理と競合しているため、現在は処理できません。"],
  [/AccessDenied|Authorization/, "この操作は許可されていません。"],
  [/MessageRejected/, "メッセージは受け付けられませんでした。"],
  [/SendingPaused/, "送信が一時停止されています。"],
  [/Invalid|BadRequest|Validation|Serialization|Malformed/, "入力値に誤りがあるため、処理できません。"],
];
