"""`tayori restore`: a backup, into a data folder and a database that hold nothing yet."""

import argparse
from pathlib import Path

from tayori.app import backup
from tayori.app.backup import BackupFailed, Place
from tayori.app.data_folder import FolderError, held
from tayori.cli.backup import DATABASE_TROUBLE, facts
from tayori.cli.command import CommandFailed, Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that `tayori backup` wrote")
    parser.add_argument("--hold", action="store_true", help="let nothing that waits go out before it is released")
    parser.add_argument("--check", action="store_true", help="only look whether the backup is whole")
    parser.add_argument("--database", metavar="URL", default="", help="postgresql://… (default: in the data folder)")
    parser.add_argument(
        "--jobs", metavar="FOLDER", default="", help="for jobs' files, as jobs.folder (default: in the data folder)"
    )


def run(context: Context, options: argparse.Namespace) -> int:
    words = context.words
    try:
        if options.check:
            manifest = backup.read_manifest(options.folder)
            backup.check(options.folder, manifest)
            context.output.emit(manifest.as_json(), words("restore.whole", folder=options.folder, **facts(manifest)))
            return 0
        data = context.data.resolve()
        with held(data):
            place = Place.of(data, options.database, options.jobs)
            manifest = backup.restore(options.folder, place, hold=options.hold)
    except (BackupFailed, FolderError, *DATABASE_TROUBLE) as error:
        raise CommandFailed(str(error)) from error
    told = words("restore.done", data=data, made=f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC", **facts(manifest))
    following = words("restore.held" if options.hold else "restore.again")
    context.output.emit(manifest.as_json(), f"{told}\n{following}")
    return 0
