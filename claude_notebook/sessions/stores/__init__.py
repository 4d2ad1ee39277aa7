"""Sessions kept in a `SessionStore`."""
