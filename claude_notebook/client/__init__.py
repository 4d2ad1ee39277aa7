"""Talk to Claude: `query()` for one prompt, `ClaudeSDKClient` for a conversation."""
