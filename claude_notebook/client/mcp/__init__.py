"""In-process MCP servers and compatibility with the `mcp` package's versions."""
