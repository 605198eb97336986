"""White space around tags: `~` takes all of it, and a tag alone on its line takes the line.

Owns handlebars.js's rules: blocks, else, comments and partials may be alone on a line; values never are. A partial that
is alone gives its indentation to each line of what it renders.
"""

from tayori.model.handlebars.nodes import Block, Comment, Content, Inline, Mustache, Partial, Program, Statement


def control(program: Program, *, is_root: bool = True) -> None:
    """Cut `value` of the contents in `program`, and of all that is in it."""
    body = program.body
    for index, statement in enumerate(body):
        match statement:
            case Block():
                _block(body, index, statement, is_root=is_root)
            case Inline() | Partial(program=Program()):
                _wrapped(body, index, statement, is_root=is_root)
            case Comment() | Partial():
                _alone(body, index, statement, is_root=is_root)
            case Mustache():
                _around(body, index, left=statement.strip.left, right=statement.strip.right)


def _around(body: list[Statement], index: int, *, left: bool, right: bool) -> None:
    if right:
        _cut_all_after(body, index + 1)
    if left:
        _cut_all_before(body, index - 1)


def _alone(body: list[Statement], index: int, statement: Comment | Partial, *, is_root: bool) -> None:
    is_alone = _is_line_before(body, index, is_root) and _is_line_after(body, index, is_root)
    _around(body, index, left=statement.strip.left, right=statement.strip.right)
    if is_alone:
        _cut_line_after(body, index + 1)
        if _cut_line_before(body, index - 1) and isinstance(statement, Partial):
            before = body[index - 1]
            assert isinstance(before, Content)
            statement.indent = before.original[len(before.original.rstrip(" \t")) :]


def _wrapped(body: list[Statement], index: int, statement: Inline | Partial, *, is_root: bool) -> None:
    """`{{#*inline}}` and `{{#>}}`: like a block without else."""
    program = statement.program
    assert program is not None
    control(program, is_root=False)
    opening = statement.open if isinstance(statement, Inline) else statement.strip
    inner = program.body
    opens_line = _is_line_after(inner, -1, False)
    closes_line = _is_line_before(inner, len(inner), False)
    if opening.right:
        _cut_all_after(inner, 0)
    if statement.close.left:
        _cut_all_before(inner, len(inner) - 1)
    _ends(
        body,
        index,
        is_root,
        opens=(opening.left, opens_line, inner),
        closes=(statement.close.right, closes_line, inner),
    )


def _block(body: list[Statement], index: int, block: Block, *, is_root: bool) -> None:
    for part in (block.program, block.inverse):
        if part is not None:
            control(part, is_root=False)
    first = block.program or block.inverse
    assert first is not None
    inverse = block.inverse if block.program is not None else None
    next_part, last_part = _chain(inverse)
    opens_line = _is_line_after(first.body, -1, False)
    closing = (next_part or first).body
    closes_line = _is_line_before(closing, len(closing), False)
    if block.open.right:
        _cut_all_after(first.body, 0)
    if next_part is not None and last_part is not None:
        _middle(block, first.body, next_part.body, last_part.body)
    elif block.close.left:
        _cut_all_before(first.body, len(first.body) - 1)
    last = (block.inverse or block.program or first).body
    _ends(
        body,
        index,
        is_root,
        opens=(block.open.left, opens_line, first.body),
        closes=(block.close.right, closes_line, last),
    )


def _chain(inverse: Program | None) -> tuple[Program | None, Program | None]:
    """What an else leads to first, and last: of `else if`, the insides of the chained blocks."""
    first = last = inverse
    if inverse is not None and inverse.is_chained:
        block = inverse.body[0]
        assert isinstance(block, Block)
        first = block.program
        while last is not None and last.is_chained:
            block = last.body[-1]
            assert isinstance(block, Block)
            last = block.inverse if block.inverse is not None else block.program
    return first, last


def _middle(block: Block, before: list[Statement], after: list[Statement], last: list[Statement]) -> None:
    is_alone = _is_line_before(before, len(before), False) and _is_line_after(after, -1, False)
    if block.middle.left:
        _cut_all_before(before, len(before) - 1)
    if block.middle.right:
        _cut_all_after(after, 0)
    if block.close.left:
        _cut_all_before(last, len(last) - 1)
    if is_alone:
        _cut_line_before(before, len(before) - 1)
        _cut_line_after(after, 0)


def _ends(
    body: list[Statement],
    index: int,
    is_root: bool,
    *,
    opens: tuple[bool, bool, list[Statement]],
    closes: tuple[bool, bool, list[Statement]],
) -> None:
    """Around a block: `opens` and `closes` say whether the tag has a `~` outside, and is alone on its line inside."""
    (left, opens_line, first), (right, closes_line, last) = opens, closes
    begins_alone = opens_line and _is_line_before(body, index, is_root)
    ends_alone = closes_line and _is_line_after(body, index, is_root)
    _around(body, index, left=left, right=right)
    if begins_alone:
        _cut_line_after(first, 0)
        _cut_line_before(body, index - 1)
    if ends_alone:
        _cut_line_after(body, index + 1)
        _cut_line_before(last, len(last) - 1)


def _is_line_before(body: list[Statement], index: int, is_root: bool) -> bool:
    """Whether nothing but white space stands on the line before the statement at `index`."""
    if index <= 0:
        return is_root
    before = body[index - 1]
    if not isinstance(before, Content):
        return False
    said = before.original.rstrip()
    return "\n" in before.original[len(said) :] or (not said and index == 1 and is_root)


def _is_line_after(body: list[Statement], index: int, is_root: bool) -> bool:
    if index + 1 >= len(body):
        return is_root
    after = body[index + 1]
    if not isinstance(after, Content):
        return False
    said = after.original.lstrip()
    return "\n" in after.original[: len(after.original) - len(said)] or (
        not said and index + 2 == len(body) and is_root
    )


def _content(body: list[Statement], index: int) -> Content | None:
    found = body[index] if 0 <= index < len(body) else None
    return found if isinstance(found, Content) else None


def _cut_all_after(body: list[Statement], index: int) -> None:
    if content := _content(body, index):
        cut = content.value.lstrip()
        content.is_cut_left, content.value = cut != content.value, cut


def _cut_all_before(body: list[Statement], index: int) -> None:
    if content := _content(body, index):
        cut = content.value.rstrip()
        content.is_cut_right, content.value = cut != content.value, cut


def _cut_line_after(body: list[Statement], index: int) -> None:
    content = _content(body, index)
    if content is not None and not content.is_cut_left:
        cut = content.value.lstrip(" \t")
        cut = cut.removeprefix("\r\n") if cut.startswith("\r\n") else cut.removeprefix("\n")
        content.is_cut_left, content.value = cut != content.value, cut


def _cut_line_before(body: list[Statement], index: int) -> bool:
    content = _content(body, index)
    if content is None or content.is_cut_right:
        return False
    cut = content.value.rstrip(" \t")
    content.is_cut_right, content.value = cut != content.value, cut
    return content.is_cut_right
