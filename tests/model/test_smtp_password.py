"""The derivation of SMTP passwords, against values computed from the code in Amazon's own documentation."""

import base64

import pytest

from tayori.model.smtp_password import smtp_password

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.mark.parametrize(
    ("region", "password"),
    [
        ("us-east-1", "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"),
        ("us-west-2", "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"),
    ],
)
def test_passwords_of_the_example_secret(region, password):
    assert smtp_password(SECRET, region) == password


def test_a_password_begins_with_its_version_and_serves_one_region():
    passwords = {smtp_password(SECRET, region) for region in ("us-east-1", "eu-west-1", "us-gov-west-1")}
    assert len(passwords) == 3
    assert {base64.b64decode(password)[0] for password in passwords} == {4}
