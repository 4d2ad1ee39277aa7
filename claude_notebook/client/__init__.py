"""Conversations with Claude: `query()` for one prompt, `ClaudeSDKClient` for several turns."""
