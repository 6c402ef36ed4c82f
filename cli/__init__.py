"""The command line: each verb a few lines over the API."""
