"""What is shown of a URL with a password."""

import pytest

from tayori.model.shown_url import shown


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://name:secret@app.example.com/hook?a=b:c@d", "https://name:****@app.example.com/hook?a=b:c@d"),
        ("http://name:se:cr@et@app.example.com:8080/", "http://name:****@app.example.com:8080/"),
        ("HTTPS://name:secret@app.example.com", "HTTPS://name:****@app.example.com"),
        ("https://:secret@app.example.com/", "https://:****@app.example.com/"),
        ("https://name@app.example.com/", "https://name@app.example.com/"),
        ("https://app.example.com:8443/a:b@c", "https://app.example.com:8443/a:b@c"),
        ("reader@inbox.test", "reader@inbox.test"),
        ("arn:aws:sqs:us-east-1:111111111111:queue", "arn:aws:sqs:us-east-1:111111111111:queue"),
        ("", ""),
    ],
)
def test_only_the_password_is_covered(url: str, seen: str) -> None:
    assert shown(url) == seen
