"""In-process MCP servers that support versions 1 and 2 of the `mcp` package."""
