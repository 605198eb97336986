"""`tayori backup`: everything an installation keeps, into a new folder, while it runs."""

import argparse
from pathlib import Path

from tayori.app import backup
from tayori.app.backup import BackupFailed, Manifest, Place
from tayori.cli.command import CommandFailed, Context
from tayori.cli.service import endpoints_of
from tayori.store.database import DatabaseUrlError
from tayori.store.engine import StoreUnavailable
from tayori.store.migrate import SchemaError

# What may go wrong with a database, each with a sentence for the user.
DATABASE_TROUBLE = (DatabaseUrlError, StoreUnavailable, SchemaError)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder, or an empty one")


def run(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    place = Place.of(context.data.resolve(), service.database_url, service.jobs_folder)
    try:
        manifest = backup.back_up(place, options.folder)
    except (BackupFailed, *DATABASE_TROUBLE) as error:
        raise CommandFailed(str(error)) from error
    context.output.emit(manifest.as_json(), context.words("backup.made", folder=options.folder, **facts(manifest)))
    return 0


def facts(manifest: Manifest) -> dict[str, object]:
    tables = sum(1 for table in manifest.tables if table.rows)
    return {"rows": manifest.rows, "tables": tables, "files": len(manifest.files)}
