"""Runs that are kept: what each found, so that two of them can be compared customer by customer."""
