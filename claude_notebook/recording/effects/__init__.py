"""Changes that recorded tools made to files, and the files that are never changed."""
