"""OAuth 2.0: configuration, sign-in and renewal at a company's gateway."""
