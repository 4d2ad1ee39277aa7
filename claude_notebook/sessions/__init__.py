"""Transcripts, session stores, and mirrors of running conversations."""
