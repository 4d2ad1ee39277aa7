"""A message at the end of a cell shows itself."""

from claude_notebook.messages import AssistantMessage, StreamEvent, TextBlock


def test_a_message_has_a_picture_of_itself():
    bundle = AssistantMessage([TextBlock("so *said*")])._repr_mimebundle_()

    assert "<em>said</em>" in bundle["text/html"]
    assert "said" in bundle["text/plain"]


def test_what_has_nothing_to_see_shows_as_ever():
    assert StreamEvent()._repr_mimebundle_() is None
