"""Task and thread helpers that work with both asyncio and trio."""
