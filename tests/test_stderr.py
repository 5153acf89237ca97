"""What a browser says on its stderr: every line, its end, and its last words where it could not start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.engines import stderr
from harness.engines.display import end, start_bound
from harness.engines.stderr import Stderr

DEADLINE = 10.0


def following(script: str, then: Callable[[Stderr, list[str]], Awaitable[None]]) -> None:
    """Follow what a shell script says until ``then`` has seen enough; it is told the lines so far."""

    async def follow() -> None:
        heard, begun = list[str](), asyncio.Event()

        def hear(line: str) -> None:
            heard.append(line)
            begun.set()

        following = Stderr(hear, lambda: heard.append("the end"))
        process = start_bound(["sh", "-c", script], stderr=following.write)
        following.follow()
        try:
            await asyncio.wait_for(begun.wait(), DEADLINE)  # however long the shell takes to start
            await asyncio.wait_for(then(following, heard), DEADLINE)
        finally:
            end(process, 0)

    asyncio.run(follow())


def test_every_line_is_heard_and_then_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order, the last one too where it has no end, and bytes that are no UTF-8."""
    monkeypatch.setattr(stderr, "LAST_WORDS", DEADLINE)

    async def then(following: Stderr, heard: list[str]) -> None:
        assert await following.last() == "one\ntwo\n\N{REPLACEMENT CHARACTER}three"
        assert heard == ["one\n", "two\n", "\N{REPLACEMENT CHARACTER}three", "the end"]

    following(r"printf 'one\ntwo\n\377three' >&2", then)


def test_a_child_that_lives_on_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the stderr of its parent, which has ended: the last words are told, and that it is the end is not."""
    monkeypatch.setattr(stderr, "LAST_WORDS", 0.5)

    async def then(following: Stderr, heard: list[str]) -> None:
        assert await following.last() == "said"
        assert heard == ["said\n"]

    following("sleep 60 & echo said >&2", then)


def test_the_last_lines_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser may say much before it ends, and an error is no place for all of it."""
    monkeypatch.setattr(stderr, "LAST_WORDS", DEADLINE)

    async def then(following: Stderr, heard: list[str]) -> None:
        assert (await following.last()).split() == [str(number) for number in range(51, 101)]
        assert len(heard) == 101

    following("seq 100 >&2", then)
