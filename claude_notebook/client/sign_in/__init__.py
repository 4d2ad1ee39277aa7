"""Sign-in and sign-out, and queries with an explicit credential."""
