"""File changes made by recorded tools, and the files that must never be changed."""
