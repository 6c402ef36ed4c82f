"""Pages of the site that are made from the package when the site is built.

Each module has a function ``pages`` that returns path -> Markdown; `hook` gives them to MkDocs,
with the navigation. Nothing here is part of the package, and this folder is left out of the site.
"""
