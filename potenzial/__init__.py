"""The product: command line, project folder, import of address stocks, report and demo."""

__version__ = "0.1.0"
