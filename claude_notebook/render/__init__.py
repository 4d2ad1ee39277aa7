"""A conversation as something to look at: messages in; HTML, Markdown, text and terminal out.

Pure: nothing here reads a file, a clock or the network. The way of an answer::

    messages -> fold.TurnView -> view.Panel values -> html, text, terminal, and the live widget
"""
