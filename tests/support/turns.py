"""Turns of a conversation and their texts."""

from claude_notebook import AssistantMessage, ClaudeSDKClient, TextBlock


def texts(messages: list) -> list[str]:
    return [
        block.text
        for message in messages
        if isinstance(message, AssistantMessage)
        for block in message.content
        if isinstance(block, TextBlock)
    ]


async def turn(client: ClaudeSDKClient, prompt: str) -> list:
    await client.query(prompt)
    return [message async for message in client.receive_response()]
