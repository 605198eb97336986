"""Names and values of message tags, and of the headers beside Simple content: nothing of them opens a line."""

import pytest

from tayori.model.errors import Invalid
from tayori.model.message import MessageTag
from tayori.model.submission import check_custom_headers, check_tags


@pytest.mark.parametrize(("name", "value"), [("a", "b\n"), ("a\n", "b"), ("a", "b c"), ("a", "b" * 257)])
def test_a_tag_has_letters_digits_dashes_and_underscores_only(name: str, value: str) -> None:
    with pytest.raises(Invalid, match="Invalid tag"):
        check_tags([MessageTag(name=name, value=value)])


def test_values_may_be_addresses_and_versions() -> None:
    tags = [MessageTag(name="a", value="b@example.com"), MessageTag(name="ses:feedback-id-a", value="c_1.2-3")]
    assert check_tags(tags) == tuple(tags)


@pytest.mark.parametrize(("name", "value"), [("X-A", "b\n"), ("From\n", "b"), ("X:A", "b"), ("X-A", "é")])
def test_a_header_is_printable_ascii_to_its_end(name: str, value: str) -> None:
    with pytest.raises(Invalid, match="printable US-ASCII"):
        check_custom_headers([{"Name": name, "Value": value}])
