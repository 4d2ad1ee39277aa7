"""Display of messages at the end of a cell."""

from claude_notebook.messages import AssistantMessage, StreamEvent, TextBlock


def test_message_has_mime_bundle():
    bundle = AssistantMessage([TextBlock("so *spoken*")])._repr_mimebundle_()

    assert "<em>spoken</em>" in bundle["text/html"]
    assert "spoken" in bundle["text/plain"]


def test_message_without_content_has_no_mime_bundle():
    assert StreamEvent()._repr_mimebundle_() is None
