"""Turns that are left at random points, in every way there is: nothing of them lives on."""

import random

import psutil
import pytest
from leaving import WAYS, cancelled_turn
from processes import living_at, until

from claude_notebook import ClaudeSDKClient

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_whatever_way_it_is_left_and_whenever(real_options):
    options = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    home, chance, me = options.env["HOME"], random.Random(5), psutil.Process()
    await WAYS[0](options, 0.5)
    before = me.num_fds()

    for way in (*WAYS, *WAYS):
        await way(options, chance.uniform(0, 1.6))
        assert until(lambda: not living_at(home)), way.__name__

    assert until(lambda: me.num_fds() <= before)


async def test_a_client_whose_turns_are_left_lives_alone_and_goes_on(real_options):
    options = real_options(allowed_tools=["Bash"], include_partial_messages=True)
    home, chance = options.env["HOME"], random.Random(6)

    async with ClaudeSDKClient(options) as client:
        alone = living_at(home)
        for _ in range(2):
            await cancelled_turn(client, chance.uniform(0.1, 1.6))
            assert until(lambda: living_at(home) == alone)

    assert until(lambda: not living_at(home))
