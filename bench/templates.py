"""Rendering alone: a template of a kilobyte with ten values in each of its parts, compiled once, beside jinja2.

One core, one thread; jinja2 without escaping, and strict about what is missing, as SES is. Then the same with the
message composed of it, which is what an entry of a bulk costs before the database.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.measure import machine
from tayori.api.template_work import parts_of
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import SimpleContent, compose
from tayori.model.template import TemplateContent, compiled

_NAMES = [f"value{number}" for number in range(10)]
DATA = {name: f"what stands at {name}" for name in _NAMES}
HTML = "<html><body>" + "".join([f"<p>{'x' * 75} {{{{{name}}}}}</p>\n" for name in _NAMES]) + "</body></html>"
_SENDER, _READER = Mailbox("News", AddrSpec("news", "example.com")), Mailbox("", AddrSpec("reader", "example.net"))


def _of_tayori() -> tuple[Callable[[], Any], Callable[[], Any]]:
    template = compiled(TemplateContent(subject="s", html=HTML))

    def whole() -> Any:
        subject, body = parts_of(template.render(DATA))
        return compose(SimpleContent(sender=_SENDER, to=(_READER,), subject=subject, body=body), "boundary")

    return (lambda: template.html.render(DATA)), whole


def _of_jinja2() -> Callable[[], Any] | None:
    try:
        import jinja2
    except ImportError:
        return None
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(HTML)
    return lambda: template.render(DATA)


def _a_second(work: Callable[[], Any], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - started)


def main(*, rounds: int, messages: int) -> None:
    render, whole = _of_tayori()
    peers = {"Tayori": render, "jinja2": _of_jinja2(), "Tayori, with the message": whole}
    works = {name: work for name, work in peers.items() if work is not None}
    results: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            rate = _a_second(work, messages)
            if number:  # the first round warms up
                results[name].append(rate)
    print(f"Rendering {len(HTML)} characters with {len(_NAMES)} values, {rounds} rounds; {machine()}")
    for name, rates in results.items():
        print(f"  {name}: {statistics.median(rates):,.0f} a second")
