"""The verb about networks that come with the package."""
