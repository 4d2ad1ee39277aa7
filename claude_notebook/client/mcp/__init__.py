"""In-process MCP servers, on versions 1 and 2 of the `mcp` package."""
