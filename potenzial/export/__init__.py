"""The lists as files that spreadsheets open."""
