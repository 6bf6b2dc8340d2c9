"""The local web page and the REST interface of a finished project."""
