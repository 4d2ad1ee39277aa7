"""Task and thread helpers that work on asyncio and trio."""
