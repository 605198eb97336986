"""What the page on templates says, done: its commands by the AWS CLI, its programs by boto3, in both languages."""

import json
import os
import re
import subprocess
import sys
from email import message_from_string
from email.policy import default as modern
from pathlib import Path

import pytest
from served import SECRET, key_of

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_commands(service, home, commands):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": key_of(ACCOUNT),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": service.url,
        "LC_ALL": "C.UTF-8",
        "topic": service.client("sns").create_topic(Name="failures")["TopicArn"],
    }
    done = subprocess.run(
        ["bash", "-e"], input=commands, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("page", "name"), [("templates.md", "Aiko"), ("templates.ja.md", "愛子")])
def test_what_the_page_shows_works(service, tmp_path, page, name):
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    service.client("sesv2").create_configuration_set(ConfigurationSetName="news")
    blocks = _BLOCK.findall((HOWTO / page).read_text("utf-8"))
    assert [kind for kind, _ in blocks] == ["sh", "python", "python", "sh"]
    shown = run_commands(service, tmp_path, blocks[0][1])
    rendered = message_from_string(shown, policy=modern)
    assert name in rendered["Subject"]
    assert "<li>a</li><li>b</li>" in rendered.get_body(("html",)).get_content()
    readers = [(f"reader{number}@example.net", f"reader {number}") for number in range(3)]
    names = {"client": service.client("sesv2"), "json": json, "readers": readers}
    for _, program in blocks[1:3]:
        exec(program, names)
    assert [one["Status"] for one in names["answer"]["BulkEmailEntryResults"]] == ["SUCCESS"] * 3
    first, *many = [message_from_string(one.content.decode(), policy=modern)["Subject"] for one in service.accepted()]
    assert name in first and len(many) == 3
    assert all(any(reader in subject for subject in many) for _, reader in readers)
    run_commands(service, tmp_path, blocks[3][1])
    told = service.client("sesv2").get_configuration_set_event_destinations(ConfigurationSetName="news")
    assert told["EventDestinations"][0]["MatchingEventTypes"] == ["RENDERING_FAILURE"]
