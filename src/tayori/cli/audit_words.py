"""What `tayori audit` says, in English and Japanese."""

AUDIT_TEXTS: dict[str, tuple[str, str]] = {
    "command.audit": ("who changed what, with before and after", "監査ログ (誰が何を変更したか、変更前と変更後)"),
    "audit.time": ("TIME", "時刻"),
    "audit.who": ("WHO", "実行者"),
    "audit.operation": ("OPERATION", "操作"),
    "audit.resource": ("RESOURCE", "リソース"),
    "audit.outcome": ("OUTCOME", "結果"),
    "audit.entry": ("ENTRY", "エントリ"),
    "audit.address": ("ADDRESS", "送信元 IP アドレス"),
    "audit.client": ("CLIENT", "クライアント"),
    "audit.request": ("REQUEST", "リクエスト"),
    "audit.what": ("WHAT", "項目"),
    "audit.before": ("BEFORE", "変更前"),
    "audit.after": ("AFTER", "変更後"),
    "audit.done": ("done", "成功"),
    "audit.none": ("Nothing was changed that fits.", "該当する変更はありません。"),
    "audit.more": ("There is more: --behind {behind}", "続きがあります: --behind {behind}"),
    "audit.door-key": ("access key", "アクセスキー"),
    "audit.door-user": ("user of the console", "コンソールのユーザー"),
    "audit.door-link": ("link", "リンク"),
    "audit.door-command": ("command on the machine", "マシン上のコマンド"),
}
