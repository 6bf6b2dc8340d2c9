"""The REST interface under /api/v1 for programs: the same code as the command line, typed and documented by OpenAPI."""
