"""Renders conversations: messages in; HTML, Markdown, text and terminal output out.

Every function is pure: no files, no clock, no network. An answer takes this path::

    messages -> view.TurnView -> model.Panel values -> page, text, terminal and the live view
"""
