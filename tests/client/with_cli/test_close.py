"""Turns that end early, at random points and in several ways, leave no process."""

import random

import psutil
import pytest
from leaving import WAYS, cancelled_turn
from processes import living_at, until

from claude_notebook import ClaudeSDKClient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_turn_left_at_any_point_leaves_no_process(real_options):
    options = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    home, chance, me = options.env["HOME"], random.Random(5), psutil.Process()
    await WAYS[0](options, 0.5)
    before = me.num_fds()

    for way in (*WAYS, *WAYS):
        await way(options, chance.uniform(0, 1.6))
        assert until(lambda: not living_at(home)), way.__name__

    assert until(lambda: me.num_fds() <= before)


async def test_client_continues_after_turns_are_left(real_options):
    options = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    home, chance = options.env["HOME"], random.Random(6)

    async with ClaudeSDKClient(options) as client:
        alone = living_at(home)
        for _ in range(2):
            await cancelled_turn(client, chance.uniform(0.1, 1.6))
            assert until(lambda: living_at(home) == alone)

    assert until(lambda: not living_at(home))
