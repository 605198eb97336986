"""What `tayori backup`, `restore` and `db` say, in English and Japanese."""

BACKUP_TEXTS: dict[str, tuple[str, str]] = {
    "command.backup": (
        "everything the installation keeps, into a new folder, while it runs",
        "稼働中のまま、保存されているものすべてを新しいフォルダーにバックアップする",
    ),
    "command.restore": (
        "a backup, into an empty data folder and database",
        "バックアップを空のデータフォルダーとデータベースに復元する",
    ),
    "command.db": ("move an installation to another database", "別のデータベースへ移行する"),
    "backup.made": (
        "Backed up to {folder}: {rows} rows of {tables} tables, {files} files.\n"
        "It holds secret keys and mail: encrypt it before it leaves this machine.",
        "{folder} にバックアップしました: {tables} 個のテーブルの {rows} 行、ファイル {files} 個。\n"
        "秘密鍵とメールが含まれています。このマシンの外に置く前に暗号化してください。",
    ),
    "restore.whole": (
        "{folder} is whole: {rows} rows of {tables} tables, {files} files.",
        "{folder} は完全です: {tables} 個のテーブルの {rows} 行、ファイル {files} 個。",
    ),
    "restore.done": (
        "Restored to {data} as of {made}: {rows} rows of {tables} tables, {files} files.",
        "{made} の状態を {data} に復元しました: {tables} 個のテーブルの {rows} 行、ファイル {files} 個。",
    ),
    "restore.held": (
        "All that waited is held. What was delivered after the backup is among it: look with `tayori queue list`,"
        " then `tayori queue release` or `tayori queue drop`.",
        "待っていたメールはすべて保留しました。バックアップ後に配信済みのものも含まれます。"
        "`tayori queue list` で確認し、`tayori queue release` で送るか `tayori queue drop` で破棄してください。",
    ),
    "restore.again": (
        "What was delivered after the backup is sent once more when the service starts; `--hold` would have kept it.",
        "バックアップ後に配信済みのメールは、サービスを開始するともう一度送られます"
        " (`--hold` を付ければ保留されます)。",
    ),
    "db.table": ("TABLE", "テーブル"),
    "db.rows": ("ROWS", "行数"),
    "db.put": ("PUT", "書き込み"),
    "db.removed": ("REMOVED", "削除"),
    "db.final": (
        "Both databases hold the same: rows counted and hashed. Start the service with --database and the target.",
        "両方のデータベースの内容が一致しました (行数とハッシュを照合)。"
        "--database に移行先を指定してサービスを開始してください。",
    ),
    "db.first": (
        "The service still writes to the source. Stop it, and run the same command again: only what has changed since"
        " is moved.",
        "サービスがまだ移行元に書き込んでいます。"
        "サービスを止めて同じコマンドをもう一度実行すると、その後の変更だけが移されます。",
    ),
}
